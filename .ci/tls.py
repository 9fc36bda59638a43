"""tls.py FIRMWARE FOLDER [WORD...]: runs each case of the firmware of tests/tls, or those that have one of the words.

FOLDER holds what is made for this run: certificates, and what the factory writes into the flash of each charger.
What the central system changes is in tls_security.py.
"""

import asyncio
import logging
import ssl
import subprocess
import sys
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import tls_security
from central_system import CentralSystem
from scenarios import SCENARIOS
from tls_line import HOST, TODAY, Factory, charger, port_of

PASSWORD = "a pass phrase of 30 characters"
TIMEOUT = 60

LONG_AGO, LATER = TODAY - timedelta(days=400), TODAY + timedelta(days=400)  # the certificates are good for 30 days

logging.getLogger("websockets").setLevel(logging.CRITICAL)  # a charger that distrusts the server hangs up
TLS_1_1, TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS = {TLS_1_1: "TLS 1.1", TLS_1_2: "TLS 1.2", TLS_1_3: "TLS 1.3"}
# Those of TLS 1.2 that OCPP demands of a charge point with an ECDSA key (security whitepaper, A00.FR.318)
AES_128, AES_256 = "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"
CHACHA = "ECDHE-ECDSA-CHACHA20-POLY1305"

DELIVERED = ["all delivered"]


def not_connected(why, *certificate):
    return [*(f"certificate: {what}" for what in certificate), f"not connected: {why}"]


def untrusted(*certificate):
    return not_connected("ServerCertificate", *certificate)


@dataclass
class Case:
    """What differs from the good case, and all that the firmware has to print."""

    name: str
    end: list
    version: ssl.TLSVersion = TLS_1_3
    suites: str | None = None
    server: str = "server"  # whose certificate it shows
    demands_client: bool = False
    client: str | None = None  # whose certificate the charger has: profile 3, else 2
    hangs_up: bool = False  # once, when a transaction runs
    made: datetime | None = LONG_AGO
    battery_clock: datetime | None = TODAY

    def __str__(self):
        return f"{VERSIONS[self.version]}, {self.name}"


def in_both_versions(name, end, **fields):
    return [Case(name, end, version, **fields) for version in (TLS_1_2, TLS_1_3)]


CASES = [
    Case("AES-128", DELIVERED, TLS_1_2, suites=AES_128),
    Case("AES-256", DELIVERED, TLS_1_2, suites=AES_256),
    Case("no client certificate", DELIVERED),
    *in_both_versions("client certificate", DELIVERED, demands_client=True, client="client"),
    *in_both_versions("closed and opened again", DELIVERED, demands_client=True, client="client", hangs_up=True),
    Case("CA between root and server", DELIVERED, server="server_of_ca"),
    # The date comes from the central system: at its first connection a charger without a clock knows that it is not before
    # the day of its making, and a certificate that began later may have been renewed since. When it knows not even that, it
    # trusts nobody.
    Case("no date but that of its making", DELIVERED, made=TODAY, battery_clock=None),
    *in_both_versions("no date, renewed since its making", DELIVERED, made=LONG_AGO, battery_clock=None),
    *in_both_versions("no date, renewed for another host", untrusted("another name"), battery_clock=None, server="other_host"),
    Case("battery clock that begins anew", DELIVERED, made=TODAY, battery_clock=LONG_AGO),
    *in_both_versions("no date, made when it was over", untrusted("expired"), made=LATER, battery_clock=None),
    *in_both_versions("no date at all", untrusted(), made=None, battery_clock=None),
    *in_both_versions("expired", untrusted("expired"), battery_clock=LATER),
    *in_both_versions("not yet valid", untrusted("not yet valid"), battery_clock=LONG_AGO),
    *in_both_versions("another host", untrusted("another name"), server="other_host"),
    *in_both_versions("another root", untrusted("not signed by the root"), server="server_of_other_root"),
    *in_both_versions("leaf as CA", untrusted("not signed by the root"), server="server_of_leaf"),
    *in_both_versions("client certificate missing", not_connected("ClientCertificate"), demands_client=True),
    *in_both_versions(
        "client certificate of another root",
        not_connected("ClientCertificate"),
        demands_client=True,
        client="client_of_other_root",
    ),
    Case("too old a version", not_connected("TlsVersion"), TLS_1_1, suites="ALL:@SECLEVEL=0"),
    Case("no common suite", not_connected("TlsCipherSuite"), TLS_1_2, suites=CHACHA),
]  # fmt: skip


class Certificates:
    """All that the cases need, made by OpenSSL; a certificate with its chain is NAME.pem, its key NAME.key."""

    CA = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign")
    LEAF = ("basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature")

    def __init__(self, folder):
        self.folder = folder
        self.make("root", "ACME Root", self.CA)
        self.make("other_root", "ACME Root", self.CA)
        self.make("ca", "ACME CA", self.CA, "root")
        self.server("server", "root")
        self.server("server_of_ca", "ca")
        self.server("server_of_other_root", "other_root")
        self.server("other_host", "root", host="csms.example.org")
        self.client("client", "root")
        self.client("client_of_other_root", "other_root")
        self.server("server_of_leaf", "client")

    def server(self, name, issuer, host=HOST):
        self.make(name, host, (*self.LEAF, "extendedKeyUsage=serverAuth", f"subjectAltName=DNS:{host}"), issuer)

    def client(self, name, issuer):
        self.make(name, "CORTEX-M4", (*self.LEAF, "extendedKeyUsage=clientAuth"), issuer)

    def make(self, name, common_name, extensions, issuer=None):
        key, chain = self.path(name, "key"), self.path(name, "pem")
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        configuration = self.path(name, "cnf")
        configuration.write_text("\n".join(["[req]", "distinguished_name=name", "[name]", "[extensions]", *extensions]))
        request = ["req", "-new", "-config", configuration, "-key", key, "-subj", f"/O=ACME/CN={common_name}"]
        if not issuer:
            openssl(*request, "-x509", "-days", "30", "-extensions", "extensions", "-out", chain)
            return
        openssl(*request, "-out", self.path(name, "csr"))
        openssl(
            "x509", "-req", "-in", self.path(name, "csr"), "-days", "30", "-out", chain,
            "-CA", self.path(issuer, "pem"), "-CAkey", self.path(issuer, "key"), "-CAcreateserial",
            "-extfile", configuration, "-extensions", "extensions",
        )  # fmt: skip
        if issuer not in ("root", "other_root"):
            chain.write_text(chain.read_text() + self.path(issuer, "pem").read_text())

    def path(self, name, kind):
        return self.folder / f"{name}.{kind}"

    def pem(self, name):
        return self.path(name, "pem").read_bytes()

    def key_der(self, name):
        return openssl("ec", "-in", self.path(name, "key"), "-outform", "DER")


def openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], capture_output=True)
    if done.returncode:
        sys.exit(f"openssl {arguments[0]}: {done.stderr.decode()}")
    return done.stdout


def factory(case, certificates):
    factory = Factory(
        HOST, certificates.pem("root"), made=case.made, battery_clock=case.battery_clock, password=PASSWORD,
        profile="3" if case.client else "2", has_customer=True,
    )  # fmt: skip
    if case.client:
        factory.chain, factory.key = certificates.pem(case.client), certificates.key_der(case.client)
    return factory


def server(case, certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings(action="ignore"):  # TLS 1.1 is not what it should be, which is the point
        context.minimum_version = context.maximum_version = case.version
    if case.suites:
        context.set_ciphers(case.suites)
    context.load_cert_chain(certificates.path(case.server, "pem"), certificates.path(case.server, "key"))
    if case.demands_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificates.path("root", "pem"))
    return context


async def observe(central, case):
    """True when a whole session came over as many connections as it should."""
    hanging_up = asyncio.create_task(hang_up(central)) if case.hangs_up else None
    passed = await central.run(SCENARIOS["observed_session"], None, TIMEOUT - 5)
    if hanging_up:
        hanging_up.cancel()
    connections = sum("connected at" in line for line in central.transcript)
    return passed and connections == (2 if case.hangs_up else 1)


async def hang_up(central):
    await central.until(lambda: central.seen["<-", "MeterValues"], "MeterValues", TIMEOUT)
    await central.charge_point._connection.close()


async def run(case, firmware, certificates):
    """What is wrong with how it ended, or None."""
    file = certificates.folder / "factory.bin"
    central = CentralSystem(password=None if case.client else PASSWORD.encode())
    async with central.listen() as listening:
        context, port = server(case, certificates), port_of(listening)
        async with charger(factory(case, certificates), firmware, file, context, port) as charging:
            try:
                async with asyncio.timeout(TIMEOUT):
                    if case.end == DELIVERED and not await observe(central, case):
                        return "no whole session"
                    printed = await charging.printed()
            except TimeoutError:
                return f"has not ended after {TIMEOUT} s"
    if central.complaints:
        return f"the central system complains: {central.complaints}"
    if case.end != DELIVERED and central.transcript:
        return f"the charger came through: {central.transcript}"
    return None if printed == case.end else f"the firmware printed {printed}, not {case.end}"


async def main(firmware, folder, *words):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    certificates = Certificates(folder)
    certificate_cases, security_cases = (
        [case for case in cases if not words or any(word in str(case) for word in words)]
        for cases in (CASES, tls_security.CASES)
    )
    passed = 0

    async def pass_through(case, end, running):
        nonlocal passed
        wrong = await running
        print(f"{case}: {f'FAILED: {wrong}' if wrong else end}", flush=True)
        passed += not wrong

    for case in certificate_cases:
        await pass_through(case, case.end[-1], run(case, firmware, certificates))
    await asyncio.gather(*(pass_through(case, "passed", case.run(firmware, folder)) for case in security_cases))
    count = len(certificate_cases) + len(security_cases)
    print(f"tls: {passed} of {count} cases passed, {len(CASES) + len(tls_security.CASES) - count} were not asked for")
    return 0 if passed == count and count else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
