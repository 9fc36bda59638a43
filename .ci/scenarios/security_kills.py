"""Power cuts while certificates and signed updates come in: nothing is half there."""

import asyncio
import functools
import random

import file_server
from authority import Certificate
from ocpp.v16 import call

from .boot import booted_again, power_cut
from .certificates import CENTRAL, MANUFACTURER, asked_request, delete, install, is_shown, lost_power, roots, sign
from .files import FIRMWARE
from .security import REQUESTS, reconnected, told
from .signed_update import ask_for_update, signed_status
from .steps import demand

ROOT_KILLS, CERTIFICATE_KILLS = 12, 8
CHANCE = random.Random(1)
STATUSES = ["Downloading", "Downloaded", "SignatureVerified", "Installing"]


async def killed(central, evse, request, within, back=lost_power):
    """Killed at some moment of a request. Whether it was accepted, and what `back` gives."""
    asked = asyncio.create_task(request)
    await asyncio.sleep(CHANCE.uniform(0, within))
    boot = await back(central, evse)
    if asked.done():
        await asked
        return True, boot
    asked.cancel()  # nobody will answer
    await asyncio.gather(asked, return_exceptions=True)
    return False, boot


async def root_kills(central, evse):
    """Killed at any moment of an installation: the root is there as a whole or not at all, and there if that was said."""
    installed, said = [central.authority], 0
    for number in range(ROOT_KILLS):
        root = Certificate(f"number {number}", is_ca=True)
        is_accepted, _ = await killed(central, evse, install(central, root), 0.015)
        answer = await central.request(call.GetInstalledCertificateIds(CENTRAL), status="Accepted")
        is_there = root.id() in answer.certificate_hash_data
        demand(is_there or not is_accepted, "what was accepted is there")
        installed += [root] if is_there else []
        said += is_accepted
        await roots(central, CENTRAL, *installed)
    central.note(f"{ROOT_KILLS} kills, {len(installed) - 1} are there, {said} were accepted")
    for root in installed[1:]:
        await delete(central, root, "Accepted")


async def certificate_kills(central, evse):
    """Killed at any moment of CertificateSigned: the new certificate is shown, or the old one until it comes again."""
    there, said = 0, 0
    for number in range(CERTIFICATE_KILLS):
        begin = number / 100 - 0.9  # each begins after the one before
        old, new = central.granted, central.authority.grant(await asked_request(central), days=(begin, 300))
        is_accepted, _ = await killed(central, evse, sign(central, new), 0.05)
        is_there = is_shown(central, new)
        demand(is_there or not is_accepted and is_shown(central, old), "the new one, or else the old one")
        if not is_there:
            first = central.charge_point
            await sign(central, new)
            await reconnected(central, first)
            demand(is_shown(central, new), "the new one")
        central.granted = new
        there += is_there
        said += is_accepted
    central.note(f"{CERTIFICATE_KILLS} kills, {there} are there, {said} were accepted")


async def update_kills(central, evse):
    """Killed before SignedUpdateFirmware is answered, and behind each status: it goes on with its id, and ends once."""
    root = Certificate("maker of much", is_ca=True)
    await install(central, root, MANUFACTURER)
    signer = Certificate("signer", root)
    build = build_of(await lost_power(central, evse))
    with file_server.http({"/firmware.bin": FIRMWARE}) as url:
        for last in (None, None, *STATUSES, "Installing", "Installing"):
            id = next(REQUESTS)
            ask = functools.partial(ask_for_update, central, id, url, signer, signer.sign(FIRMWARE))
            if last:
                await ask(status="Accepted")
                for status in STATUSES[: STATUSES.index(last) + 1]:
                    await signed_status(central, status, id)
                await asyncio.sleep(CHANCE.uniform(0, 0.05))
                boot = await power_cut(central, evse)
            else:
                is_accepted, boot = await killed(central, evse, ask(status="Accepted"), 0.03, power_cut)
                if not is_accepted:
                    await ask()  # something may have come of the first time
            is_installed = build_of(boot) == build + 1
            await told(central, "FirmwareUpdated" if is_installed else "StartupOfTheDevice")

            statuses = await statuses_after_boot(central, id)
            central.note(f"{id} was cut behind {last}, its firmware was installed: {is_installed}; then {statuses}")
            if statuses[-1] == "Installing":
                demand(not is_installed, "what is installed does not begin anew")
                boot = await booted_again(central)
                await signed_status(central, "Installed", id)
                await told(central, "FirmwareUpdated")
                is_installed = True
            elif not is_installed:
                demand((last, statuses[-1]) == ("Installing", "InstallationFailed"), "it had begun, and has failed")
            else:
                demand(statuses[-1] == "Installed", "it is installed")
            build += is_installed
            demand(build_of(boot) == build, f"build {build} runs: {boot}")


async def statuses_after_boot(central, id):
    """Until the update is over, or has begun anew and boots."""
    found = []
    while found[-1:] not in (["Installed"], ["InstallationFailed"]) and found[-len(STATUSES) :] != STATUSES:
        report = await central.expect("SignedFirmwareStatusNotification")
        demand(report["requestId"] == id, f"of {id}: {report}")
        found.append(report["status"])
    return found


def build_of(boot):
    """How often the firmware that boots has been replaced."""
    return int(boot["firmwareVersion"].rpartition(".")[2])
