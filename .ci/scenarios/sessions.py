"""Sessions, with cards and from afar, with a connection and without."""

import asyncio
from datetime import datetime, timedelta, timezone

from central_system import Failure, moment
from ocpp.v16 import call

from .steps import (
    card_session,
    configured,
    demand,
    plugged_in,
    started,
    started_from_afar,
    stopped_by_card,
    stopped_from_afar,
    unplugged,
)


async def session(central, evse):
    """RemoteStartTransaction, the cable, energy, RemoteStopTransaction."""
    await evse("set_meter", connector=1, wh=1000, w=7200)
    await central.request(call.RemoteStartTransaction(id_tag="REMOTE01", connector_id=1), status="Accepted")
    await central.status(1, "Preparing")
    await evse("plug_in", connector=1)
    transaction_id, meter_start = await started(central, "REMOTE01")
    await evse("set_meter", connector=1, wh=meter_start + 1500)
    await central.expect("MeterValues", connectorId=1, transactionId=transaction_id)
    await central.request(call.RemoteStopTransaction(transaction_id + 1), status="Rejected")
    stop = await stopped_from_afar(central, transaction_id)
    if stop["meterStop"] < meter_start + 1500:
        raise Failure(f"meterStop {stop['meterStop']}, but the register went from {meter_start} up by 1500")
    central.missing("Authorize")
    await central.status(1, "Finishing")
    await unplugged(central, evse)


async def local_session(central, evse):
    """The cable, a card, energy, the card again."""
    await card_session(central, evse, "DEADBEEF")


async def remote_authorization(central, evse):
    """AuthorizeRemoteTxRequests: the card of a RemoteStartTransaction is asked about first."""
    async with configured(central, AuthorizeRemoteTxRequests="true", LocalPreAuthorize="false"):
        await plugged_in(central, evse)
        await central.request(call.RemoteStartTransaction(id_tag="REMOTE03"), status="Accepted")
        await central.expect("Authorize", idTag="REMOTE03")
        transaction_id, _ = await started(central, "REMOTE03")
        await stopped_from_afar(central, transaction_id)
        await unplugged(central, evse)


async def refused_card(central, evse):
    """A card that the central system does not accept starts nothing."""
    await plugged_in(central, evse)
    await evse("swipe", id_tag="BLOCKED1", connectors=[1])
    await central.expect("Authorize", idTag="BLOCKED1")
    await asyncio.sleep(0.5)
    await unplugged(central, evse)
    central.missing("StartTransaction")


async def refused_start(central, evse):
    """StartTransaction is answered with Blocked: the transaction ends, and its card alone gets the cable back."""
    await plugged_in(central, evse)
    await evse("swipe", id_tag="LATE0001", connectors=[1])
    await central.expect("Authorize", idTag="LATE0001")
    await central.expect("StartTransaction", idTag="LATE0001")
    await central.expect("StopTransaction", transactionId=max(central.transactions), reason="DeAuthorized")
    await central.status(1, "Finishing")
    await evse("swipe", id_tag="LATE0001", connectors=[1])
    await unplugged(central, evse)
    central.missing("StartTransaction")


async def tolerated_start(central, evse):
    """The same without StopTransactionOnInvalidId: no energy, but the transaction stays open until somebody ends it."""
    async with configured(central, StopTransactionOnInvalidId="false"):
        await plugged_in(central, evse)
        await evse("swipe", id_tag="LATE0002", connectors=[1])
        await central.expect("StartTransaction", idTag="LATE0002")
        await central.status(1, "SuspendedEVSE")
        await asyncio.sleep(0.5)
        central.missing("StopTransaction")
        await stopped_by_card(central, evse, max(central.transactions), "LATE0002")
        await unplugged(central, evse)


async def side_by_side(central, evse):
    """Transactions on both connectors at once."""
    one = await started_from_afar(central, evse, "REMOTE01", 1)
    two = await started_from_afar(central, evse, "REMOTE02", 2)
    central.calls.clear()
    for connector, transaction_id in ((2, two), (1, one)):
        await central.expect("MeterValues", connectorId=connector, transactionId=transaction_id)
        await stopped_from_afar(central, transaction_id)
        await unplugged(central, evse, connector)


async def no_plug(central, evse):
    """Nobody plugs in within ConnectionTimeOut."""
    async with configured(central, ConnectionTimeOut="1"):
        await evse("swipe", id_tag="DEADBEEF", connectors=[1])
        await central.status(1, "Preparing")
        await central.status(1, "Available")
    central.missing("StartTransaction")


async def reader(central, evse):
    """One reader for two connectors: the card goes to the one where an EV waits, and ends what it began."""
    await plugged_in(central, evse, 2)
    await evse("swipe", id_tag="DEADBEEF", connectors=[1, 2])
    transaction_id, _ = await started(central, "DEADBEEF", 2)
    await evse("swipe", id_tag="DEADBEEF", connectors=[1, 2])
    await central.expect("StopTransaction", transactionId=transaction_id, reason="Local", idTag="DEADBEEF")
    await central.status(2, "Finishing")
    await unplugged(central, evse, 2)


async def group(central, evse):
    """Another card ends a transaction if it is of the same group."""
    await plugged_in(central, evse)
    await evse("swipe", id_tag="FAMILY01", connectors=[1])
    transaction_id, _ = await started(central, "FAMILY01")
    await evse("swipe", id_tag="STRANGER", connectors=[1])
    await central.expect("Authorize", idTag="STRANGER")
    await central.expect("MeterValues", transactionId=transaction_id)
    central.missing("StopTransaction")
    await stopped_by_card(central, evse, transaction_id, "FAMILY02")
    await unplugged(central, evse)


async def cache(central, evse):
    """A card that was seen before needs no Authorize, until ClearCache."""
    async with configured(central, LocalPreAuthorize="true"):
        await card_session(central, evse, "SEENONCE", is_asked_about=True)
        await card_session(central, evse, "SEENONCE", is_asked_about=False)
        await central.request(call.ClearCache(), status="Accepted")
        await card_session(central, evse, "SEENONCE", is_asked_about=True)
    async with configured(central, AuthorizationCacheEnabled="false"):
        await central.request(call.ClearCache(), status="Rejected")


async def offline(central, evse):
    """What happens without a connection is told as it was when the connection is back; two cards, one known."""
    await card_session(central, evse, "SEENONCE", is_asked_about=True)
    async with configured(
        central, LocalAuthorizeOffline="true", AllowOfflineTxForUnknownId="true", LocalPreAuthorize="false"
    ):
        await evse("disconnect")
        await central.until(lambda: not central.charge_point, "end of the connection")
        for id_tag in ("SEENONCE", "NEVERYET"):
            await evse("plug_in", connector=1)
            await evse("swipe", id_tag=id_tag, connectors=[1])
            await asyncio.sleep(1.3)
            await evse("swipe", id_tag=id_tag, connectors=[1])
            await evse("plug_out", connector=1)
            await asyncio.sleep(0.3)
        await evse("connect")
        ends = []
        for id_tag in ("SEENONCE", "NEVERYET"):
            start = await central.expect("StartTransaction", idTag=id_tag)
            transaction_id = max(central.transactions)
            await central.expect("MeterValues", transactionId=transaction_id)
            stop = await central.expect("StopTransaction", transactionId=transaction_id, reason="Local")
            ends += [moment(start["timestamp"]), moment(stop["timestamp"])]
        demand(ends == sorted(ends) and len(set(ends)) > 2, f"dates of two transactions: {ends}")
        demand((ends[1] - ends[0]).total_seconds() >= 1, f"the first of them took a second: {ends}")
        central.missing("BootNotification")
        central.missing("Authorize")
        await central.status(1, "Available")


async def interrupted(central, evse):
    """The connection is lost in a transaction, which goes on; its samples are told later."""
    transaction_id = await started_from_afar(central, evse, "REMOTE01")
    await evse("disconnect")
    await central.until(lambda: not central.charge_point, "end of the connection")
    lost = datetime.now(timezone.utc)
    await asyncio.sleep(1.3)
    central.calls.clear()
    await evse("connect")
    found = datetime.now(timezone.utc)
    values = await central.expect("MeterValues", connectorId=1, transactionId=transaction_id)
    sampled = moment(values["meterValue"][0]["timestamp"])
    demand(lost - timedelta(seconds=1) <= sampled <= found, f"sampled between {lost} and {found}: {values}")
    await stopped_from_afar(central, transaction_id)
    await unplugged(central, evse)
    central.missing("StartTransaction")
    central.missing("BootNotification")


async def suspended(central, evse):
    """The EV pauses and goes on; then a fault comes and goes."""
    transaction_id = await started_from_afar(central, evse, "REMOTE01")
    await evse("ev_ready", connector=1, ready=False)
    await central.status(1, "SuspendedEV")
    await evse("ev_ready", connector=1, ready=True)
    await central.status(1, "Charging")
    await evse("fault", connector=1, active=True, error_code="GroundFailure", info="relay 1")
    await central.expect(
        "StatusNotification", connectorId=1, status="Faulted", errorCode="GroundFailure", info="relay 1"
    )
    await evse("fault", connector=1, active=False)
    await central.status(1, "Charging", "Finishing")
    if central.statuses[1] == "Charging":
        await stopped_from_afar(central, transaction_id)
    await unplugged(central, evse)


async def free_vend(central, evse):
    """Plugging in is all that it takes."""
    async with configured(central, Cst_FreeVendActive="true"):
        await evse("plug_in", connector=1)
        await started(central, "A0000000")
        central.missing("Authorize")
        await evse("plug_out", connector=1)
        await central.expect("StopTransaction", transactionId=max(central.transactions), reason="EVDisconnected")
        await central.status(1, "Available")


async def observed_session(central, evse):
    """A charge point that acts by itself boots and has one whole session, started with a card."""
    await central.expect("BootNotification", timeout=20)
    start = await central.expect("StartTransaction", timeout=30)
    connector, transaction_id = start["connectorId"], max(central.transactions)
    await central.expect("Authorize", idTag=start["idTag"])
    for status in ("Available", "Charging"):
        await central.expect("StatusNotification", connectorId=connector, status=status)
    await central.expect("MeterValues", connectorId=connector, transactionId=transaction_id, timeout=30)
    await central.expect("StopTransaction", transactionId=transaction_id, timeout=30)
    await central.expect("StatusNotification", connectorId=connector, status="Available", timeout=30)
