"""The firmware of tests/tls in QEMU, and the end of its serial line."""

import asyncio
import contextlib
import ssl
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

HOST = "csms.example.com"
TODAY = datetime.now(timezone.utc) + timedelta(hours=1)  # when the certificates are made already
FACTORY_ADDRESS = 0x0030_0000  # of tests/tls/src/factory.rs
QEMU = [
    "qemu-system-arm", "-M", "mps2-an386", "-nographic",
    "-semihosting-config", "enable=on,target=native", "-serial", "null",
]  # fmt: skip
CLIENT_HELLO, HANDSHAKE, RECORDS = 1, 22, range(20, 24)  # RFC 8446 §4, §5.1


@dataclass
class Factory:
    """What tests/tls/src/factory.rs reads. Certificates are in PEM, the key is in DER."""

    host: str
    root: bytes
    chain: bytes = b""
    key: bytes = b""
    made: datetime | None = None
    battery_clock: datetime | None = None
    profile: str = ""
    password: str = ""
    has_customer: bool = False
    update: bytes = b""

    def content(self):
        dates = (f"{date:%Y-%m-%dT%H:%M:%SZ}".encode() if date else b"" for date in (self.made, self.battery_clock))
        fields = [
            self.host.encode(), self.root + b"\0", self.chain and self.chain + b"\0", self.key, *dates,
            self.profile.encode(), self.password.encode(), b"1" * self.has_customer, self.update,
        ]  # fmt: skip
        return b"".join(len(field).to_bytes(2, "little") + field for field in fields)


class Line:
    """Over it come connections, one after the other: a serial line has none of its own. Those with TLS get it here, as
    `context` wants it, and what is in them is passed on to a port.

    The TLS of asyncio would hang up without the alert that says why, and QEMU forgets what its UART has not read yet when
    the other end hangs up. So this stays until the charger leaves.
    """

    def __init__(self, context, port):
        self.context, self.port = context, port
        self.ahead = b""  # what has come, and belongs to the next connection
        self.connection = None
        self.is_secure, self.shown = False, None  # of the last connection: whether it has TLS, the client certificate

    def listen(self):
        return asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def cut(self):
        """The charger has stopped in the middle of it, and will begin anew."""
        self.connection.cancel()
        await asyncio.wait([self.connection])
        with contextlib.suppress(TimeoutError):
            while True:
                await asyncio.wait_for(self.reader.read(4096), 0.1)
        self.ahead = b""
        self.is_cut.set()

    async def _accept(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.is_cut = asyncio.Event()
        with contextlib.suppress(EOFError, ConnectionError):
            while True:
                self.connection = asyncio.create_task(self._serve())
                await asyncio.wait([self.connection])
                if self.connection.cancelled():
                    await self.is_cut.wait()
                    self.is_cut.clear()
                else:
                    self.connection.result()
        writer.close()

    async def _serve(self):
        if await self._begins_with_tls():
            await self._serve_tls()
        else:
            await self._serve_plain()

    async def _begins_with_tls(self):
        """What was on the way when the connection before ended is dropped."""
        while True:
            await self._look_ahead(6)
            kind, length, message = self.ahead[0], int.from_bytes(self.ahead[3:5]), self.ahead[5]
            if kind == ord("G") or kind == HANDSHAKE and message == CLIENT_HELLO:
                return kind == HANDSHAKE
            rest = 5 + length if kind in RECORDS else 1
            await self._look_ahead(rest)
            self.ahead = self.ahead[rest:]

    async def _look_ahead(self, count):
        while len(self.ahead) < count:
            self.ahead += await self._receive()

    async def _receive(self):
        some = await self.reader.read(4096)
        if not some:
            raise EOFError
        return some

    async def _serve_plain(self):
        async with connected(self.port) as (from_server, to_server):
            self.is_secure, self.shown = False, None

            async def up():
                to_server.write(self.ahead)
                self.ahead = b""
                while True:
                    to_server.write(await self._receive())

            async with running(up()):
                while some := await from_server.read(4096):
                    self.writer.write(some)

    async def _serve_tls(self):
        self.received, self.to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.received.write(self.ahead)
        self.tls = self.context.wrap_bio(self.received, self.to_send, server_side=True)
        with contextlib.suppress(ssl.SSLError):
            await self._await(self.tls.do_handshake)
            self.is_secure, self.shown = True, self.tls.getpeercert(binary_form=True)
            async with connected(self.port) as (from_server, to_server), running(self._pass_down(from_server)):
                while some := await self._await(lambda: self.tls.read(4096)):
                    to_server.write(some)
        self.ahead = self.received.read()

    async def _pass_down(self, from_server):
        while some := await from_server.read(4096):
            self.tls.write(some)
            self.writer.write(self.to_send.read())

    async def _await(self, step):
        """What this step of TLS comes to, when all that it needs has come."""
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self.writer.write(self.to_send.read())
                self.received.write(await self._receive())
            finally:
                self.writer.write(self.to_send.read())


@contextlib.asynccontextmanager
async def connected(port):
    from_server, to_server = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield from_server, to_server
    finally:
        to_server.close()


@contextlib.asynccontextmanager
async def running(work):
    """Something that goes on while the block does."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Charger:
    """One in QEMU, as its factory has made it."""

    def __init__(self, line):
        self.line = line

    async def start(self, firmware, flash, port):
        monitors = asyncio.Queue()
        listening = await asyncio.start_server(lambda *streams: monitors.put_nowait(streams), "127.0.0.1", 0)
        self.process = await asyncio.create_subprocess_exec(
            *QEMU, "-monitor", f"tcp:127.0.0.1:{port_of(listening)}", "-serial", f"tcp:127.0.0.1:{port}",
            "-kernel", firmware, "-device", f"loader,file={flash},addr={FACTORY_ADDRESS},force-raw=on",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.monitor = await asyncio.wait_for(monitors.get(), 30)
        listening.close()
        await self._prompt()

    async def cut_power(self):
        """At whatever it is. What is in its flash stays."""
        await self._command("stop")
        await self.line.cut()
        await self._command("system_reset")
        await self._command("cont")

    async def printed(self):
        """All lines, when it has ended."""
        return (await self.process.communicate())[0].decode().splitlines()

    def kill(self):
        if self.process.returncode is None:
            self.process.kill()

    async def _command(self, text):
        self.monitor[1].write(text.encode() + b"\n")
        await self._prompt()

    async def _prompt(self):
        await self.monitor[0].readuntil(b"(qemu) ")


@contextlib.asynccontextmanager
async def charger(factory, firmware, file, context, port):
    """A charger at the end of a line, where TLS is as `context` has it and central systems are at `port`."""
    file.write_bytes(factory.content())
    line = Line(context, port)
    async with await line.listen() as listening:
        started = Charger(line)
        await started.start(firmware, file, port_of(listening))
        try:
            yield started
        finally:
            started.kill()
            await started.process.wait()
            listening.close()


def port_of(listening):
    return listening.sockets[0].getsockname()[1]
