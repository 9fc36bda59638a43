"""interop.py CHARGER SECURE_CHARGER SIGNING_CHARGER [PORT]

runs the program CHARGER, SECURE_CHARGER which has the security extension, and SIGNING_CHARGER which has meters that sign,
against the central system of this folder; or CHARGER against the one at PORT.
"""

import asyncio
import json
import ssl
import sys
import tempfile
from collections import Counter
from pathlib import Path

import file_server
import operations
import origin
from authority import Certificate
from central_system import CentralSystem, Failure
from scenarios import (
    CERTIFICATES, IN_ORDER, OVER_TLS, SECURITY, SECURITY_IGNORED, SECURITY_TLS, SECURITY_UNKNOWN, SIGNED_VALUES,
    WITHOUT_LOCK,
)  # fmt: skip

REPLYING = {"state", "data_transfer"}


class Charger:
    """The charger as a process, driven through its control protocol; started again after each reset."""

    def __init__(self, program, port, folder, note, **settings):
        self.program, self.folder, self.note = program, folder, note
        self.config = folder / "config.json"
        settings = configuration(port, folder / "flash") | settings
        self.data_dir = Path(settings["data_dir"])
        self.config.write_text(json.dumps(settings))
        self.ready = asyncio.Event()  # this process reads commands
        self.replies = {}  # id of each command that has a reply -> future of it
        self.last_id = 0
        self.is_cut = False

    async def run(self):
        """Until its end. Failure when it ends badly or complains."""
        while True:
            with open(self.folder / "log", "ab") as log:
                self.process = await asyncio.create_subprocess_exec(
                    self.program, "--config", self.config,
                    stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
                )  # fmt: skip
            try:
                if not await self._events():
                    return
            finally:
                self.ready.clear()
                if self.process.returncode is None:
                    self.process.kill()
                    await self.process.wait()

    async def _events(self):
        """Reads to the end of this process. True when another one is to follow it."""
        is_reset = False
        async for line in self.process.stdout:
            self.note(f"charger: {line.decode().strip()}")
            event = json.loads(line)
            if event.get("event") == "ready":
                self.ready.set()
            if event.get("event") == "error":
                raise Failure(f"charger: {event}")
            is_reset = is_reset or event.get("event") == "exit" and event["reason"] == "reset"
            if event.get("reply") in self.replies:
                self.replies.pop(event["reply"]).set_result(event)
        if (await self.process.wait()) != 0 and not self.is_cut:
            raise Failure(f"charger: exit code {self.process.returncode}")
        is_cut, self.is_cut = self.is_cut, False
        return is_reset or is_cut

    async def command(self, name, **fields):
        """Has a command carried out. The reply of those that have one."""
        await self.ready.wait()
        if name == "power_cut":
            self.is_cut = True
            self.ready.clear()
            self.process.kill()
            return None
        if name == "put_file":  # by whoever tends the charge point
            (self.data_dir / fields["file"]).write_text(fields["text"])
            return None
        self.last_id += 1
        line = json.dumps({"id": self.last_id, "cmd": name, **fields})
        self.note(f"evse: {line}")
        if name in REPLYING:
            self.replies[self.last_id] = asyncio.get_running_loop().create_future()
        reply = self.replies.get(self.last_id)
        self.process.stdin.write(line.encode() + b"\n")
        await self.process.stdin.drain()
        return reply and await reply

    async def until(self, wanted, what, timeout=30):
        """Asks for the state until it is as wanted."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    state = await self.command("state")
                    if wanted(state, next(each for each in state["connectors"] if each["connector"] == 1)):
                        return
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise Failure(f"charger: not {what} within {timeout} s") from None

    async def leave(self):
        """End of its input: it has to leave by itself."""
        await self.ready.wait()
        self.process.stdin.close()


def configuration(port, flash):
    flash.mkdir()
    return {
        "url": f"ws://127.0.0.1:{port}/CP_1",
        "charge_point_id": "CP_1",
        "boot": {
            "chargePointVendor": "ACME",
            "chargePointModel": "Wallbox One",
            "chargeBoxSerialNumber": "0001",
            "firmwareVersion": "1.0.0",
        },
        "connectors": 2,
        "connector_lock": True,
        "on_reset": "exit",
        "data_dir": str(flash),
        "ca_file": None,
        "keys": {"MeterValueSampleInterval": "1"},
        "nominal_voltage": 230,
        "max_current_a": 48,
    }


async def with_our_central_system(program, folder, scenarios, seen, tls=None, server=None, **settings):
    folder.mkdir()
    central = CentralSystem(seen, tls, **(server or {}))
    async with central.listen() as server:
        port = server.sockets[0].getsockname()[1]
        if tls and settings.pop("scheme", "wss") == "wss":
            settings["url"] = f"wss://127.0.0.1:{port}/CP_1"
        charger = Charger(program, port, folder, central.note, **settings)

        async def all_of_them():
            for scenario in scenarios:
                if not await central.run(scenario, charger.command, timeout=25):
                    raise Failure(scenario.__name__)
            await charger.leave()

        await together(charger, all_of_them())
    if central.complaints:
        raise Failure(central.complaints[0])
    return central


async def with_security(program, folder, seen):
    """Also where the server does not know of it, where it never answers, and over TLS with a password of the factory."""
    folder.mkdir()
    await with_our_central_system(program, folder / "known", SECURITY, seen)
    server = {"security": "unknown"}
    await with_our_central_system(program, folder / "unknown", SECURITY_UNKNOWN, Counter(), server=server)
    server = {"security": "ignored", "message_timeout": 2}
    keys = {"MeterValueSampleInterval": "1", "MessageTimeout": "2", "TransactionMessageRetryInterval": "1"}
    await with_our_central_system(program, folder / "ignored", SECURITY_IGNORED, Counter(), server=server, keys=keys)

    authority, tls = Certificate("root", is_ca=True), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_to(tls)
    (folder / "ca.pem").write_text(authority.pem)
    keys = {"SecurityProfile": "2", "AuthorizationKey": "a password of the factory"}
    settings = {"tls": tls, "server": {"password": keys["AuthorizationKey"].encode()}, "ca_file": str(folder / "ca.pem")}
    await with_our_central_system(program, folder / "tls", SECURITY_TLS, seen, keys=keys, scheme="ws", **settings)


async def with_certificates(program, folder, seen):
    """From profile 2 with a root of the factory to profile 3."""
    folder.mkdir()
    authority, tls = Certificate("root", is_ca=True), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_to(tls)
    tls.load_verify_locations(cadata=authority.pem)
    (folder / "ca.pem").write_text(authority.pem)
    keys = {"SecurityProfile": "2", "AuthorizationKey": "a password of the factory"}
    server = {"password": keys["AuthorizationKey"].encode(), "authority": authority}
    settings = {"tls": tls, "server": server, "ca_file": str(folder / "ca.pem"), "keys": keys}
    await with_our_central_system(program, folder / "trusted", CERTIFICATES, seen, **settings)
    data_dir = folder / "trusted" / "flash"
    trusting = tls.verify_flags
    tls.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF  # and there is no list
    for tls.maximum_version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        why = "server does not trust our certificate"
        await not_let_in(program, folder / tls.maximum_version.name, data_dir, tls, why)
    tls.verify_flags, tls.maximum_version = trusting, ssl.TLSVersion.TLSv1_2
    authority.issue_to(tls, kind=2048)
    tls.set_ciphers("AES128-GCM-SHA256:AES256-GCM-SHA384")  # exchange of keys by RSA
    await not_let_in(program, folder / "rsa", data_dir, tls, "no common TLS cipher suite")


async def not_let_in(program, folder, data_dir, tls, why):
    """The charger of `data_dir` knows why a server does not let it in."""
    folder.mkdir()
    with file_server.http({}, tls) as url:
        url = f"wss://127.0.0.1:{url.rsplit(':', 1)[1]}/CP_1"
        charger = Charger(program, 0, folder, note=lambda text: None, url=url, data_dir=str(data_dir))

        async def until_told():
            async with asyncio.timeout(20):
                while why not in (folder / "log").read_text():
                    await asyncio.sleep(0.05)
            await charger.leave()

        await together(charger, until_told())


async def with_signed_values(program, folder):
    """The meter of connector 2 gives both readings of a transaction in one container."""
    meters = {"1": {}, "2": {"ends_with_both": True}}
    central = await with_our_central_system(program, folder, SIGNED_VALUES, Counter(), signed_meters=meters)
    print(f"signed values: {central.proven}, the signature of each proven")


async def over_tls(program, folder, seen):
    """The certificate that `ca_file` names is trusted, and no other."""
    folder.mkdir()
    trusted, stranger = Certificate("trusted", is_ca=True), Certificate("stranger", is_ca=True)
    ca_file = folder / "ca.pem"
    ca_file.write_text(trusted.pem)
    for authority in (stranger, trusted):
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_to(tls)
        settings = {"tls": tls, "ca_file": str(ca_file)}
        if authority is trusted:
            await with_our_central_system(program, folder / "trusted", OVER_TLS, seen, **settings)
        else:
            await with_our_central_system(program, folder / "stranger", [nobody_comes], seen, **settings)
            if "not connected" not in (folder / "stranger" / "log").read_text():
                raise Failure("it did not try")


async def nobody_comes(central, evse):
    """The charge point does not talk to a server that it does not trust."""
    await asyncio.sleep(1)
    if central.charge_point:
        raise Failure("it came")


async def with_a_check_of_the_origin(program, folder):
    folder.mkdir()
    port, seen = origin.listen()
    await with_another_central_system(program, folder, port, note=lambda text: None)
    if missing := {"BootNotification", "StartTransaction", "StopTransaction"} - set(seen):
        raise Failure(f"never seen by Tornado: {missing}")


async def with_another_central_system(program, folder, port, note=lambda text: print(text, file=sys.stderr)):
    charger = Charger(program, port, folder, note)

    async def one_session():
        await charger.until(lambda state, one: state["online"] and one["status"] == "Available", "ready")
        await charger.command("set_meter", connector=1, wh=1000, w=7200)
        await charger.command("plug_in", connector=1)
        await charger.until(lambda _, one: one["status"] == "Preparing", "plugged in")
        await charger.command("swipe", id_tag="DEADBEEF", connectors=[1])
        await charger.until(lambda _, one: one["transaction"] and one["transaction"]["id"] is not None, "started")
        await charger.until(lambda _, one: one["status"] == "Charging", "charging")
        await asyncio.sleep(3)
        await charger.command("plug_out", connector=1)
        await charger.until(
            lambda state, one: one["status"] == "Available" and state["journal"]["waiting"] == 0, "done"
        )
        await asyncio.sleep(0.5)  # the last StatusNotification
        await charger.leave()

    await together(charger, one_session())


async def together(charger, work):
    """Runs the charger and the work; the first failure ends both."""
    async with asyncio.timeout(300):
        running = asyncio.create_task(charger.run())
        working = asyncio.create_task(work)
        try:
            await asyncio.wait({running, working}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                await running  # what ended it
                raise Failure("the charger left too early")
            await working
            await running
        finally:
            working.cancel()
            running.cancel()
            await asyncio.gather(working, running, return_exceptions=True)


async def main(program, secure_program, signing_program, port=None):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        try:
            if port:
                await with_another_central_system(program, folder, port)
            else:
                seen = Counter()
                await with_our_central_system(program, folder / "lock", IN_ORDER, seen)
                await with_our_central_system(program, folder / "no_lock", WITHOUT_LOCK, seen, connector_lock=False)
                await over_tls(program, folder / "tls", seen)
                await with_a_check_of_the_origin(program, folder / "origin")
                seen_secure = Counter()
                await with_security(secure_program, folder / "security", seen_secure)
                await with_certificates(secure_program, folder / "certificates", seen_secure)
                await with_signed_values(signing_program, folder / "signed_values")
                missing = operations.missing(seen)
                missing += operations.missing(seen_secure, operations.SECURITY, "the security extension")
                if missing:
                    raise Failure(f"never seen: {', '.join(missing)}")
        except (Failure, TimeoutError) as failure:
            for log in folder.rglob("log"):
                print("log of the charger:", log.read_text(errors="replace"), sep="\n", file=sys.stderr)
            return f"interop: FAILED: {failure!r}"
    print("interop: passed")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
