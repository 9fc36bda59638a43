"""The security extension: events and their log, the credentials of the connection."""

import asyncio
import contextlib
import itertools
import tempfile
from datetime import datetime, timezone
from pathlib import Path

import file_server
from ocpp.v16 import call

from .boot import boot, power_cut
from .files import ago
from .steps import change, demand, values_of

REQUESTS = itertools.count(1)
KEY = "a pass phrase of 30 characters"
HEX_KEY = "00fF" * 10  # 20 bytes, NUL among them


async def told(central, event, **fields):
    """The next event that is told is this one, with a date of its own."""
    found = await central.expect("SecurityEventNotification")
    demand(found.items() >= {"type": event, **fields}.items(), f"{event} {fields} is next: {found}")
    return datetime.fromisoformat(found["timestamp"])


async def get_log(central, log_type, location, *statuses, status="Accepted", between=(None, None), **more):
    """GetLog, and each status of the upload with the id of the request. The name of the file."""
    request_id = next(REQUESTS)
    log = {"remote_location": location, "oldest_timestamp": between[0], "latest_timestamp": between[1]}
    log = {name: value for name, value in log.items() if value}
    answer = await central.request(call.GetLog(log, log_type, request_id, **more), status=status)
    for each in statuses:
        await log_status(central, each, request_id)
    return answer.filename


async def log_status(central, status, request_id):
    found = await central.expect("LogStatusNotification")
    demand(found == {"status": status, "requestId": request_id}, f"{status} of {request_id} is next: {found}")


async def reconnected(central, old, timeout=10):
    """On another connection, without a boot in between."""
    await central.until(lambda: central.charge_point not in (None, old), "another connection", timeout=timeout)
    central.missing("BootNotification")


async def secure_boot(central, evse):
    """The boot is told, once it is accepted."""
    await boot(central, evse)
    await told(central, "StartupOfTheDevice")


async def security_events(central, evse):
    """The critical ones and the firmware's own are told in their order, those of an offline time with its date."""
    await evse("security_event", type="TamperDetectionActivated", info='the "front" door')
    await told(central, "TamperDetectionActivated", techInfo='the "front" door')
    await evse("security_event", type="AttemptedReplayAttacks", info="not critical")
    await evse("security_event", type="com.example.CoffeeSpilled")
    await told(central, "com.example.CoffeeSpilled")
    await evse("disconnect")
    await central.until(lambda: not central.charge_point, "end of the connection")
    for door in range(6):
        await evse("security_event", type="TamperDetectionActivated", info=f"door {door}")
    await asyncio.sleep(1.1)
    back = datetime.now(timezone.utc)
    await evse("connect")
    for door in range(6):
        date = await told(central, "TamperDetectionActivated", techInfo=f"door {door}")
        demand(date < back, f"happened before {back}: {date}")


async def security_log(central, evse):
    """All events over HTTP and FTP, an entry a line, between the dates that are wanted."""
    with contextlib.ExitStack() as servers:
        files, folder = {}, servers.enter_context(tempfile.TemporaryDirectory())
        http, ftp = servers.enter_context(file_server.http(files)), servers.enter_context(file_server.ftp(folder))
        name = await get_log(central, "SecurityLog", f"{http}/logs/", "Uploading", "Uploaded")
        lines = [line.split(maxsplit=2) for line in files[f"/logs/{name}"].decode().splitlines()]
        dates = [datetime.fromisoformat(line[0]) for line in lines]
        demand(dates == sorted(dates), f"in their order: {lines}")
        events = [line[1:] for line in lines]
        wanted = [
            ["StartupOfTheDevice"],
            ["TamperDetectionActivated", 'the "front" door'],
            ["AttemptedReplayAttacks", "not critical"],
            ["com.example.CoffeeSpilled"],
            *(["TamperDetectionActivated", f"door {door}"] for door in range(6)),
        ]
        demand(events == wanted, f"all events: {events}")

        name = await get_log(central, "SecurityLog", ftp, "Uploading", "Uploaded", between=(ago(600), ago(300)))
        demand(Path(folder, name).read_text() == "", "nothing is that old")


async def diagnostics_log(central, evse):
    """The other log, over HTTP and FTP, and what becomes of an upload that fails."""
    with contextlib.ExitStack() as servers:
        files, folder = {}, servers.enter_context(tempfile.TemporaryDirectory())
        http, ftp = servers.enter_context(file_server.http(files)), servers.enter_context(file_server.ftp(folder))
        name = await get_log(central, "DiagnosticsLog", f"{http}/logs", "Uploading", "Uploaded")
        demand(b"GetLog" in files.get(f"/logs/{name}", b""), f"a log named {name}: {files.keys()}")
        name = await get_log(central, "DiagnosticsLog", ftp, "Uploading", "Uploaded")
        demand("GetLog" in Path(folder, name).read_text(), "the log")

        for login in (http, ftp):
            wrong = login.replace(file_server.LOGIN_IN_URL, "nobody:knows")
            await get_log(central, "DiagnosticsLog", wrong, "Uploading", "PermissionDenied")
        await get_log(central, "SecurityLog", "gopher://127.0.0.1/", "Uploading", "NotSupportedOperation")
        await get_log(central, "SecurityLog", "somewhere", "Uploading", "BadMessage")
    failed = ["Uploading", "UploadFailure"] * 2
    await get_log(central, "SecurityLog", "http://127.0.0.1:1/", *failed, retries=1, retry_interval=1)


async def replaced_log(central, evse):
    """While a server keeps an upload waiting, another one takes its place."""
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as slow:
        port = slow.sockets[0].getsockname()[1]
        await get_log(central, "DiagnosticsLog", f"http://127.0.0.1:{port}/", "Uploading")
        await extended_trigger_of(central, "LogStatusNotification", status="Uploading")
        files = {}
        with file_server.http(files) as url:
            await get_log(central, "SecurityLog", url, "Uploading", "Uploaded", status="AcceptedCanceled")
            demand(len(files) == 1, f"one file: {files.keys()}")


async def extended_trigger_of(central, message, **fields):
    connector_id = fields.get("connectorId")
    await central.request(call.ExtendedTriggerMessage(message, connector_id=connector_id), status="Accepted")
    await central.expect(message, **fields)


async def extended_trigger(central, evse):
    """ExtendedTriggerMessage of each message; that of a certificate is refused where no operator is known."""
    await extended_trigger_of(central, "Heartbeat")
    # Whoever is accepted may refuse to boot again.
    await central.request(call.ExtendedTriggerMessage("BootNotification"))
    for connector in (1, 2):
        await extended_trigger_of(central, "StatusNotification", connectorId=connector)
        await extended_trigger_of(central, "MeterValues", connectorId=connector)
    await central.request(call.ExtendedTriggerMessage("FirmwareStatusNotification"), status="Accepted")
    await central.expect("SignedFirmwareStatusNotification", status="Idle")  # 6.16: that one, not the plain one
    await extended_trigger_of(central, "LogStatusNotification", status="Idle")
    await central.request(call.ExtendedTriggerMessage("StatusNotification", connector_id=99), status="Rejected")
    answer = await central.request(call.ExtendedTriggerMessage("SignChargePointCertificate"))
    demand(answer.status in {"Rejected", "NotImplemented"}, f"there is no operator: {answer}")


async def first_key(central, evse):
    """In profile 0 a key opens no other connection. There is no profile 1 without one."""
    await change(central, "SecurityProfile", "1", "Rejected")
    await change(central, "AuthorizationKey", "too short", "Rejected")
    first = central.charge_point
    await change(central, "AuthorizationKey", KEY)
    await asyncio.sleep(0.3)
    demand(central.charge_point is first, f"still the same connection: {central.charge_point}")


async def profile_taken_back(central, evse):
    """A profile in which nobody is let in is given up after three tries, for the one before."""
    first, central.password = central.charge_point, b"another password"
    await change(central, "SecurityProfile", "1")
    await central.until(lambda: central.charge_point is not first, "end of the connection")
    while len(central.refused_logins) < 3:
        await evse("connect")
        await asyncio.sleep(0.2)
    central.password = None
    central.refused_logins.clear()
    await evse("connect")
    await reconnected(central, first)
    await profile_is(central, "0")


async def profile_up(central, evse):
    """From profile 0 to 1, with another connection, and not back."""
    first, central.password = central.charge_point, KEY.encode()
    await change(central, "SecurityProfile", "1")
    await reconnected(central, first)
    await profile_is(central, "1")
    for profile in ("0", "1", "4"):
        await change(central, "SecurityProfile", profile, "Rejected")
    await change(central, "SecurityProfile", "2", "Rejected")  # there is no root of a central system


async def profile_is(central, profile):
    entries = await values_of(central, "SecurityProfile", "AuthorizationKey")
    demand(entries["SecurityProfile"]["value"] == profile, f"profile {profile}: {entries}")
    demand(not entries.get("AuthorizationKey", {}).get("value"), f"no password is told: {entries}")


async def new_key(central, evse):
    """A new key opens another connection with the new password, is in no log, and outlives the loss of power."""
    first = central.charge_point
    central.password = bytes.fromhex(HEX_KEY)
    await change(central, "AuthorizationKey", HEX_KEY)
    await reconnected(central, first)
    demand(not central.refused_logins, f"the first try has it: {central.refused_logins}")
    files = {}
    with file_server.http(files) as url:
        for log_type in ("DiagnosticsLog", "SecurityLog"):
            await get_log(central, log_type, url, "Uploading", "Uploaded")
    demand(b"ReconfigurationOfSecurityParameters" in b"".join(files.values()), "the change is logged")
    for content in files.values():
        demand(HEX_KEY.encode() not in content and KEY.encode() not in content, f"no password is logged: {content}")
    await power_cut(central, evse)
    await profile_is(central, "1")


async def forgetful_server(central, evse):
    """A server that accepts a new key and still wants the old one is reached again, and its refusals are logged."""
    first = central.charge_point
    await change(central, "AuthorizationKey", KEY)
    await central.until(lambda: central.charge_point is not first, "end of the connection")
    while not central.charge_point:
        await evse("connect")
        await asyncio.sleep(0.2)
    demand(len(central.refused_logins) == 3, f"three tries with the new key: {central.refused_logins}")
    files = {}
    with file_server.http(files) as url:
        name = await get_log(central, "SecurityLog", url, "Uploading", "Uploaded")
    last = [line.split()[1] for line in files[f"/{name}"].decode().splitlines()[-2:]]
    wanted = ["ReconfigurationOfSecurityParameters", "FailedToAuthenticateAtCentralSystem"]
    demand(last == wanted, f"one cause is one entry: {files}")


async def events_unknown(central, evse):
    """Whoever does not know of events is asked once a connection; a log is uploaded all the same."""
    for _ in range(2):
        await evse("security_event", type="TamperDetectionActivated")
    files = {}
    with file_server.http(files) as url:
        while b"".join(files.values()).count(b"TamperDetectionActivated") < 2:
            await get_log(central, "SecurityLog", url, "Uploading", "Uploaded")
    central.missing("SecurityEventNotification")
    first = central.charge_point
    await evse("disconnect")
    await central.until(lambda: not central.charge_point, "end of the connection")
    await evse("connect")
    await reconnected(central, first)
    await central.expect("SecurityEventNotification")


async def events_unanswered(central, evse):
    """Whoever never answers is asked again after a pause."""
    first = await central.expect("SecurityEventNotification", timeout=20)
    again = await central.expect("SecurityEventNotification", timeout=20)
    demand(again == first, f"the same event: {first}, {again}")


async def factory_access(central, evse):
    """Profile and password of the factory: TLS although the URL has none. A key of the server's takes their place."""
    await profile_is(central, "2")
    first, central.password = central.charge_point, KEY.encode()
    await change(central, "AuthorizationKey", KEY)
    await reconnected(central, first)
    demand(not central.refused_logins, f"the first try has it: {central.refused_logins}")
