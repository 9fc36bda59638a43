"""The scenes of what must not harm the simulator: bad input, many pages, strangers. And those without a page."""

import base64
import contextlib
import json
import re
import ssl
import subprocess
import tempfile
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

from authority import Certificate
from cryptography.x509 import DNSName
from simulator_page import Failure, status_of
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.server import serve

ROOT = Path(__file__).resolve().parents[1]


def bad_input(page):
    """broken lines, a second page, one that goes away, 100 messages a second"""
    page.open().online()
    broken = [
        "",
        "{",
        "[]",
        "7",
        '{"cmd":7}',
        '{"cmd":"nonsense","id":1}',
        '{"cmd":"plug_in","connector":9}',
        '{"cmd":"call"}',
        "x" * 60000,
    ]
    with page.simulator.live() as socket:
        for line in broken:
            socket.send(line)
        errors = 0
        while errors < len(broken):
            errors += json.loads(socket.recv(timeout=10)).get("event") == "error"
        socket.send(b"\x00\xff binary")
    for _ in range(20):  # pages that go away without a word
        socket = page.simulator.live()
        socket.socket.close()
    with page.simulator.live() as socket:
        try:
            socket.send("y" * 200_000)  # longer than a command may be
            while True:
                socket.recv(timeout=10)
        except ConnectionClosed:
            pass
    began = time.monotonic()
    with page.simulator.live() as socket:
        for number in range(500):
            socket.send(
                json.dumps(
                    {"id": f"m{number}", "cmd": "data_transfer", "vendor_id": "com.example", "data": str(number)}
                )
            )
            time.sleep(max(0, began + number / 100 - time.monotonic()))
        replies = 0
        while replies < 500:
            replies += str(json.loads(socket.recv(timeout=20)).get("reply", "")).startswith("m")
    page.driver.switch_to.new_window("tab")
    page.load()
    page.online().charge()
    page.driver.close()
    page.driver.switch_to.window(page.driver.window_handles[0])
    page.until_status("Charging")
    rows = len(page.all("#messages > *"))
    if rows > 200:
        raise Failure(f"{rows} rows of messages")


def restart(page):
    """of the process: the page says so, and comes back by itself"""
    page.open().online().charge()
    page.restart()
    page.online()
    page.until_status("Available")  # another charger
    if len(page.messages("BootNotification")) != 1:
        raise Failure("messages of the process before are shown")


def strangers(page):
    """pages of other sites are not let in; beyond this machine a token is wanted"""
    page.open().online()
    url = page.simulator.url
    for origin, is_welcome in ((None, True), (url.rstrip("/"), True), ("http://example.com", False)):
        try:
            page.simulator.live(origin=origin).close()
            is_let_in = True
        except InvalidStatus:
            is_let_in = False
        if is_let_in != is_welcome:
            raise Failure(f"origin {origin}: let in is {is_let_in}")
    if status_of(url, Host="example.com") != 403:
        raise Failure("another name for this machine was let in")
    public = page.start(listen="0.0.0.0:0")
    address, _, token = public.url.replace("0.0.0.0", "127.0.0.1").partition("?")
    answers = [status_of(address), status_of(f"{address}?token=wrong"), status_of(f"{address}?{token}")]
    if len(token) < 32 or answers != [403, 403, 200]:
        raise Failure(f"token {token}: {answers}")
    public.facts["page"] = f"{address}?{token}"
    page.simulator = public
    page.load()
    page.online()


def another_central_system(page):
    """is a URL away: the page plays none, the rest is as before"""
    other = page.start()
    page.open(other.facts["central system"].split(",")[0], "--data", str(page.browser.folder / "flash-of-another"))
    page.online().charge()
    if page.one("#tab-central").is_displayed():
        raise Failure("a central system is played that is another one")


def tls(page):
    """to a central system with a certificate of its own authority, and a password"""
    authority = Certificate("root", is_ca=True)
    ca_file = page.browser.folder / "ca.pem"
    ca_file.write_text(authority.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_to(context, names=[DNSName("localhost")])
    expected = "Basic " + base64.b64encode(b"CP_9:a secret of 22 letters").decode()
    seen = []

    def answer(socket):
        seen.append((socket.request.path, socket.request.headers.get("Authorization")))
        with contextlib.suppress(ConnectionClosed):
            for message in socket:
                _, number, action, *_ = json.loads(message)
                now = datetime.now(timezone.utc).isoformat()
                boot = {"status": "Accepted", "currentTime": now, "interval": 60}
                socket.send(json.dumps([3, number, boot if action == "BootNotification" else {}]))

    with serve(answer, "localhost", 0, ssl=context, subprotocols=["ocpp1.6"]) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"wss://localhost:{server.socket.getsockname()[1]}/ocpp/CP_9"
        folders = [page.stack.enter_context(tempfile.TemporaryDirectory()) for _ in range(2)]
        arguments = [url, "--password", "a secret of 22 letters", "--data"]
        page.open(*arguments, folders[0], "--ca-file", str(ca_file)).online()
        if seen[0] != ("/ocpp/CP_9", expected):
            raise Failure(f"the central system has seen {seen}")
        page.simulator.__exit__()
        page.open(*arguments, folders[1])  # a charger that trusts the web alone
        page.until_text("#messages", "certificate of the server is not to be trusted")
        page.until_text("#fact-next", "in ")
        server.shutdown()


def script(page):
    """without a page: it plays a whole session, tells a broken line, and leaves"""
    lines = [
        {"cmd": "wait", "online": True, "status": "Available"},
        "broken",
        {"cmd": "plug_in", "connector": 1},
        {"cmd": "swipe", "id_tag": "DEADBEEF", "connectors": [1]},
        {"cmd": "wait", "status": "Charging", "transaction": 1},
        {"cmd": "power_cut"},
        {"cmd": "wait", "s": 1},
        {"cmd": "wait", "status": "Finishing", "online": True, "waiting": 0},
        {"id": 9, "cmd": "state"},
        {"cmd": "wait", "s": 0.5},
        {"cmd": "leave"},
    ]
    file = page.browser.folder / "script.jsonl"
    file.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    command = [page.browser.program, "--listen", "127.0.0.1:0", "--script", file]
    played = subprocess.run(command, capture_output=True, text=True, timeout=60)
    replies = [json.loads(line) for line in played.stdout.splitlines() if line.startswith("{")]
    if played.returncode or [reply.get("event") for reply in replies] != ["error", None]:
        raise Failure(f"exit code {played.returncode}, replies {replies}, {played.stderr}")
    file.write_text('{"cmd":"wait","status":"Charging","within":0.2}\n')
    if subprocess.run(command, capture_output=True, timeout=60).returncode != 1:
        raise Failure("a script that waits in vain has succeeded")
    page.open().online()


def commands(page):
    """of the page are those of the README, and the other way round"""
    page.open().online()
    scripts = "".join(path.read_text() for path in (ROOT / "examples/simulator/page").glob("*.js"))
    in_page = set(re.findall(r"cmd: '(\w+)'|\? '(\w+)' : '(\w+)', connector|\? '(connect)' : '(disconnect)'", scripts))
    in_page = {name for names in in_page for name in names if name}
    readme = (ROOT / "examples/simulator/README.md").read_text()
    in_readme = set(re.findall(r'"cmd":"(\w+)"', readme))
    only = {"wait", "leave"}  # for scripts
    if in_page != in_readme - only:
        raise Failure(f"only in the page: {in_page - in_readme}; only in the README: {in_readme - only - in_page}")


HARM = [bad_input, restart, strangers, another_central_system, tls, script, commands]
