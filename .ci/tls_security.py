"""What a central system does with the security of the firmware of tests/tls: keys, profiles, certificates.

The scenarios run all at once, each with a charger and a central system of its own. `site` has what a scenario needs.
"""

import functools
import ssl
import sys
from dataclasses import dataclass
from datetime import timedelta

from authority import Certificate
from central_system import CentralSystem
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from scenarios.boot import booted_again
from scenarios.certificates import (
    CENTRAL, MANUFACTURER, OPERATOR, asked_request, certificate_asked_for, delete, install, roots, sign,
)  # fmt: skip
from scenarios.files import ago
from scenarios.security import HEX_KEY, KEY, REQUESTS, profile_is, reconnected, told
from scenarios.signed_update import PSS, ask_for_update, bad_signers, signed_status, update_signed
from scenarios.steps import change, demand, values_of
from tls_line import HOST, TODAY, Factory, charger, port_of

TIMEOUT = 240
PATIENCE = 60  # until a profile is taken back
TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


class Site:
    def __init__(self, profile):
        self.central = CentralSystem(password=KEY.encode())
        self.authority = Certificate("ACME Root", is_ca=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.serve_with(self.authority)
        self.factory = Factory(
            HOST, self.authority.pem.encode(), made=TODAY - timedelta(days=400), profile=profile, password=KEY,
            update=UPDATE,
        )  # fmt: skip

    def serve_with(self, authority):
        """From now on the certificate of the server is one that this CA has signed."""
        authority.issue_to(self.context, HOST, names=[x509.DNSName(HOST)])

    def demand_client_of(self, authority):
        """From now on a client has to have a certificate of this CA; there is no password."""
        self.context.verify_mode, self.central.password = ssl.CERT_REQUIRED, None
        self.context.load_verify_locations(cadata=authority.pem)

    async def cut_power(self):
        central = self.central
        await central.until(lambda: not central.charge_point.unanswered, "answer to what was told last")
        await values_of(central, "SecurityProfile")  # now it has that answer
        await self.charger.cut_power()
        await booted_again(central)
        await told(central, "StartupOfTheDevice")

    async def connected_anew(self):
        first = self.central.charge_point
        await first._connection.close()
        await reconnected(self.central, first, PATIENCE)

    async def changed(self, key, value):
        """Accepted, and another connection for it."""
        first = self.central.charge_point
        await change(self.central, key, value)
        await reconnected(self.central, first, PATIENCE)

    def has(self, is_secure, has_password, shown=None):
        """What the connection is like that stands."""
        line, headers = self.charger.line, self.central.charge_point._connection.request.headers
        demand(line.is_secure == is_secure, f"TLS is {is_secure}")
        demand(("Authorization" in headers) == has_password, f"a password is {has_password}: {headers}")
        expected = shown and shown.x509.public_bytes(Encoding.DER)
        demand(line.shown == expected, "the certificate that is shown")


async def profiles(site):
    """From profile 1 over 2 to 3, with a new password and a certificate that was asked for; a loss of power anywhere."""
    central = site.central
    await profile_is(central, "1")
    site.has(is_secure=False, has_password=True)
    await delete(central, site.authority, "Accepted")
    await site.cut_power()
    await roots(central, CENTRAL)  # the one of the factory does not come back
    await change(central, "SecurityProfile", "2", "Rejected")
    await install(central, site.authority)
    central.password = bytes.fromhex(HEX_KEY)
    await site.changed("AuthorizationKey", HEX_KEY)
    site.has(is_secure=False, has_password=True)
    demand(not central.refused_logins, f"the first try has it: {central.refused_logins}")

    await site.changed("SecurityProfile", "2")
    await profile_is(central, "2")
    site.has(is_secure=True, has_password=True)
    await change(central, "SecurityProfile", "3", "Rejected")  # there is no certificate
    await change(central, "SecurityProfile", "1", "Rejected")

    await change(central, "CpoName", OPERATOR)
    granted, below = await certificate_asked_for(central, site.authority)
    await site.cut_power()  # the key outlives it
    await profile_is(central, "2")
    site.has(is_secure=True, has_password=True)
    await sign(central, granted, below)
    await sign(central, granted, below, status="Rejected")  # it is used up
    await told(central, "InvalidChargePointCertificate")

    site.demand_client_of(site.authority)
    await site.changed("SecurityProfile", "3")
    await profile_is(central, "3")
    site.has(is_secure=True, has_password=False, shown=granted)
    site.context.maximum_version = TLS_1_2
    await site.cut_power()
    await profile_is(central, "3")
    site.has(is_secure=True, has_password=False, shown=granted)
    site.context.maximum_version = TLS_1_3

    later = site.authority.grant(await asked_request(central), days=(1, 300))
    first = central.charge_point
    await sign(central, later)
    await reconnected(central, first, PATIENCE)
    site.has(is_secure=True, has_password=False, shown=granted)  # it has not begun
    renewed = site.authority.grant(await asked_request(central), days=(-0.5, 300))
    first = central.charge_point
    await sign(central, renewed)
    await reconnected(central, first, PATIENCE)
    site.has(is_secure=True, has_password=False, shown=renewed)
    await change(central, "SecurityProfile", "2", "Rejected")


async def new_root(site):
    """A root is installed, outlives a loss of power, and a server of it is trusted; then the one before goes. Again with one
    that the root has signed."""
    central, first = site.central, site.authority
    newer = Certificate("newer", is_ca=True)
    bad = {
        "of the past": Certificate("old", is_ca=True, days=(-3, -1)),  # the date has come just now
        "of no CA": Certificate("plain"),
        "of the future": Certificate("new", is_ca=True, days=(1, 3)),
        "of an unknown issuer": Certificate("below", newer, is_ca=True),
        "of a wrong issuer": Certificate("below", Certificate("ACME Root", is_ca=True), is_ca=True),
    }
    for what, certificate in bad.items():
        central.note(what)
        await install(central, certificate, status="Rejected")
        await told(central, "InvalidCentralSystemCertificate")
    await install(central, newer)
    await roots(central, CENTRAL, first, newer)
    await delete(central, first, "Failed")  # it is in use

    site.serve_with(newer)
    await site.cut_power()
    await roots(central, CENTRAL, first, newer)
    await delete(central, newer, "Failed")
    site.serve_with(first)
    await site.connected_anew()  # the newest has no luck, then the one before has its turn
    await delete(central, first, "Failed")
    site.serve_with(newer)
    await site.connected_anew()
    await delete(central, first, "Accepted")
    await roots(central, CENTRAL, newer)

    below = Certificate("below", newer, is_ca=True)
    await install(central, below)
    site.serve_with(below)
    await site.connected_anew()
    await delete(central, newer, "Accepted")
    await site.connected_anew()  # the path ends at a root that another has signed
    await roots(central, CENTRAL, below)
    central.missing("SecurityEventNotification")  # nobody was accused


async def fallback(site):
    """Profile 3 with a server that does not trust the charger is taken back after three tries; it is reached when it does."""
    central, stranger = site.central, Certificate("stranger", is_ca=True)
    await change(central, "CpoName", OPERATOR)
    granted = site.authority.grant(await asked_request(central))
    await sign(central, granted)
    site.context.verify_mode = ssl.CERT_OPTIONAL  # in profile 2 there is none
    site.context.load_verify_locations(cadata=stranger.pem)
    await site.changed("SecurityProfile", "3")
    await profile_is(central, "2")
    site.has(is_secure=True, has_password=True)
    site.demand_client_of(site.authority)
    await site.changed("SecurityProfile", "3")
    await profile_is(central, "3")
    site.has(is_secure=True, has_password=False, shown=granted)


async def signed_update(site):
    """Only what a root of the manufacturer has signed is installed, also when the power fails before the download."""
    central = site.central
    maker, stranger = Certificate("maker", is_ca=True), Certificate("maker", is_ca=True)
    await install(central, maker, MANUFACTURER)
    signer, elliptic = Certificate("signer", maker, kind=2048), Certificate("signer", maker)
    for what, bad in bad_signers(maker, stranger, site.authority).items():
        central.note(what)
        await update_signed(central, bad, b"", signer.sign(UPDATE, PSS), status="InvalidCertificate")
        await told(central, "InvalidFirmwareSigningCertificate")

    downloaded = ["Downloading", "Downloaded"]
    for what, signature in (
        ("of another firmware", signer.sign(UPDATE + b"!", PSS)),
        ("of another signer", elliptic.sign(UPDATE)),
    ):
        central.note(what)
        await update_signed(central, signer, b"", signature, *downloaded, "InvalidSignature")
        await told(central, "InvalidFirmwareSignature")

    installed = [*downloaded, "SignatureVerified", "Installing", "Installed"]
    await update_signed(central, signer, b"", signer.sign(UPDATE, padding.PKCS1v15()), *installed)
    await update_signed(central, elliptic, b"", elliptic.sign(UPDATE), *installed)

    id = next(REQUESTS)
    later = {"retrieve_date": ago(-12), "status": "Accepted"}
    await ask_for_update(central, id, "http://127.0.0.1", signer, signer.sign(UPDATE, PSS), **later)
    await signed_status(central, "DownloadScheduled", id)
    await site.cut_power()
    await central.until(lambda: "SignedFirmwareStatusNotification" in dict(central.calls), "download", timeout=30)
    for status in installed:
        await signed_status(central, status, id)


UPDATE = bytes(range(256)) * 100
DISTRUSTED = "certificate: not signed by the root"


@dataclass
class Case:
    scenario: object
    profile: str  # of the factory
    printed: list  # by the firmware

    def __str__(self):
        return f"security, {self.scenario.__name__.replace('_', ' ')}"

    async def run(self, firmware, folder):
        """What is wrong with how it went, or None."""
        site = Site(self.profile)
        central, file = site.central, folder / f"{self.scenario.__name__}.bin"
        async with central.listen() as listening:
            async with charger(site.factory, firmware, file, site.context, port_of(listening)) as site.charger:
                passed = await central.run(booted(self.scenario, site), None, TIMEOUT)
                site.charger.kill()
                printed = await site.charger.printed()
        if not passed:
            return f"see above; the firmware printed {printed}"
        if printed == self.printed:
            return None
        print(*central.transcript, sep="\n", file=sys.stderr)
        return f"the firmware printed {printed}, not {self.printed}"


def booted(scenario, site):
    @functools.wraps(scenario)
    async def after_boot(central, evse):
        await central.expect("BootNotification", timeout=20)
        await central.status(1, "Available")
        await told(central, "StartupOfTheDevice")
        await scenario(site)

    return after_boot


CASES = [
    Case(profiles, "1", []),
    Case(new_root, "2", [DISTRUSTED, "not connected: Tls"] * 2),
    Case(signed_update, "2", []),
    Case(fallback, "2", ["not connected: ClientCertificate"] * 3),
]
