"""Power cuts without end: nothing that was charged is lost."""

import asyncio
import random

from ocpp.v16 import call

from .boot import power_cut
from .local_list import entry, send, version_is
from .reservation import cancel, reserve
from .smart_charging import composite, profile, put
from .steps import configured, demand, unplugged

KILLS = 15
CHANCE = random.Random(1)


async def kills(central, evse, session_s=0.6):
    """Killed at any moment of a session, again and again: each that gave energy begins and ends at the server, once."""
    async with configured(central, LocalAuthorizeOffline="true", AllowOfflineTxForUnknownId="true"):
        charged = set()
        for number in range(KILLS):
            charged |= await killed_session(central, evse, f"KILLED{number:02}", number, session_s)
        await central.expect("BootNotification", timeout=20)
        async with asyncio.timeout(15):
            while is_busy(await evse("state")):
                await asyncio.sleep(0.1)

        told = [each["id_tag"] for each in central.transactions.values() if each["id_tag"].startswith("KILLED")]
        central.note(f"energy in {len(charged)} of {KILLS} sessions, {len(told)} told")
        demand(len(charged) >= KILLS / 3, f"too few were charged: {charged}")
        demand(charged <= set(told), f"charged, but not told: {charged - set(told)}")
        demand(len(told) == len(set(told)), f"told twice: {sorted(told)}")
        still_open = [each for each in central.transactions.values() if each["open"]]
        demand(not still_open, f"begun, but not ended: {still_open}")
        await central.status(1, "Available", "Preparing")
        await unplugged(central, evse)


def is_busy(state):
    return state["journal"]["waiting"] > 0 or any(each.get("transaction") for each in state["connectors"])


async def killed_session(central, evse, id_tag, number, session_s):
    """Every second one begins while the charge point boots, and every third one ends before the kill."""
    await evse("set_meter", connector=1, wh=10_000 + 100 * number, w=7200)
    await evse("plug_in", connector=1)
    if number % 2:
        await central.status(1, "Preparing", "Finishing")  # the session before may still be ending when the cable comes
    await evse("swipe", id_tag=id_tag, connectors=[1])
    await asyncio.sleep(CHANCE.uniform(0, session_s))
    state = await evse("state")
    if number % 3 == 2:
        await evse("swipe", id_tag=id_tag, connectors=[1])
        await asyncio.sleep(CHANCE.uniform(0, 0.1))
    await evse("power_cut")
    await central.until(lambda: not central.charge_point, "end of the connection")
    central.booted = False
    return {id_tag} if state["connectors"][1]["permits_charge"] else set()


async def kept(central, evse):
    """What the operator has set outlives a power cut: the list, a reservation, a charging profile."""
    await send(central, 7, "Full", [entry("LISTED01")])
    await reserve(central, 1, "RESERV01", 71)
    await put(central, 0, profile(71, "TxDefaultProfile", (0, 9)))
    await central.status(1, "Reserved")
    await power_cut(central, evse)
    await central.status(1, "Reserved")
    await version_is(central, 7)
    await composite(central, 1, 60, [(0, 9)])
    await central.request(call.ClearChargingProfile(id=71), status="Accepted")
    await cancel(central, 71)
    await central.status(1, "Available")
    await send(central, 8, "Full", [])
