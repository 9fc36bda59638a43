"""UpdateFirmware and GetDiagnostics, over HTTP and FTP."""

import contextlib
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import file_server
from ocpp.v16 import call

from .steps import demand, started_from_afar, stopped_from_afar, triggered

FIRMWARE = bytes(range(256)) * 400


def ago(seconds):
    return (datetime.now(timezone.utc) - timedelta(seconds=seconds)).isoformat(timespec="seconds")


async def statuses(central, kind, *wanted, timeout=10):
    """These and no others, in this order."""
    for status in wanted:
        found = await central.expect(f"{kind}StatusNotification", timeout=timeout)
        demand(found == {"status": status}, f"{status} is next: {found}")


async def update(central, location, retrieve_date=None, **more):
    await central.request(call.UpdateFirmware(location, retrieve_date or ago(60), **more))


async def restarted(central, old):
    """Back with another version, and done."""
    await central.until(lambda: not central.charge_point, "end of the connection")
    central.booted = False
    boot = await central.expect("BootNotification", timeout=20)
    demand(boot["firmwareVersion"] != old, f"another version than {old}: {boot}")
    await statuses(central, "Firmware", "Installed", timeout=20)
    await central.status(1, "Available")
    return boot["firmwareVersion"]


async def firmware(central, evse):
    """Over HTTP: loaded at its date, installed, restarted with the new version."""
    with file_server.http({"/firmware.bin": FIRMWARE}) as url:
        await update(central, f"{url}/firmware.bin", ago(-2))
        await triggered(central, "FirmwareStatusNotification")
        await statuses(central, "Firmware", "Downloading", "Downloaded", "Installing")
        await restarted(central, "1.0.0")


async def firmware_in_session(central, evse):
    """Over FTP: a transaction goes on, and the firmware waits for its end."""
    with tempfile.TemporaryDirectory() as folder, file_server.ftp(folder) as url:
        Path(folder, "next.bin").write_bytes(FIRMWARE)
        transaction_id = await started_from_afar(central, evse, "REMOTE01")
        await update(central, f"{url}/next.bin")
        await statuses(central, "Firmware", "Downloading", "Downloaded")
        await central.status(2, "Unavailable")
        await central.expect("MeterValues", transactionId=transaction_id)
        central.missing("FirmwareStatusNotification")
        await stopped_from_afar(central, transaction_id)
        await evse("plug_out", connector=1)
        await statuses(central, "Firmware", "Installing")
        await restarted(central, None)


async def firmware_fails(central, evse):
    """No such file, tried again; then a file that is no firmware."""
    with file_server.http({"/empty.bin": b""}) as url:
        await update(central, f"{url}/nothing.bin", retries=1, retry_interval=1)
        await statuses(central, "Firmware", *["Downloading", "DownloadFailed"] * 2)
        await update(central, f"{url}/empty.bin")
        await statuses(central, "Firmware", "Downloading", "Downloaded", "Installing", "InstallationFailed")
        for connector in (1, 2):
            await central.status(connector, "Available")


async def diagnostics(central, evse):
    """Uploaded over HTTP and over FTP; no entries but those of the time that was asked for."""
    with contextlib.ExitStack() as servers:
        files, folder = {}, servers.enter_context(tempfile.TemporaryDirectory())
        http, ftp = servers.enter_context(file_server.http(files)), servers.enter_context(file_server.ftp(folder))
        name = (await central.request(call.GetDiagnostics(f"{http}/logs/"))).file_name
        await statuses(central, "Diagnostics", "Uploading", "Uploaded")
        demand(b"GetDiagnostics" in files.get(f"/logs/{name}", b""), f"a log named {name}: {files.keys()}")
        await triggered(central, "DiagnosticsStatusNotification", status="Idle")

        name = (await central.request(call.GetDiagnostics(ftp, start_time=ago(60), stop_time=ago(30)))).file_name
        await statuses(central, "Diagnostics", "Uploading", "Uploaded")
        log = Path(folder, name).read_text()
        dates = [datetime.fromisoformat(line.split()[0]) for line in log.splitlines()]
        demand(all(timedelta(seconds=28) < datetime.now(timezone.utc) - each for each in dates), f"too young: {log}")


async def diagnostics_fails(central, evse):
    """Nobody takes the file."""
    with file_server.http({}) as url:
        wrong = url.replace(file_server.LOGIN_IN_URL, "nobody:knows")
        await central.request(call.GetDiagnostics(wrong, retries=1, retry_interval=1))
        await statuses(central, "Diagnostics", *["Uploading", "UploadFailed"] * 2)


async def secure_files(central, evse):
    """Both over HTTPS, with a server of the same authority as the central system."""
    files = {"/firmware.bin": FIRMWARE}
    with file_server.http(files, central.tls) as url:
        name = (await central.request(call.GetDiagnostics(url))).file_name
        await statuses(central, "Diagnostics", "Uploading", "Uploaded")
        demand(f"/{name}" in files, f"a log named {name}: {files.keys()}")
        await update(central, f"{url}/firmware.bin")
        await statuses(central, "Firmware", "Downloading", "Downloaded", "Installing")
        await restarted(central, "1.0.0")
