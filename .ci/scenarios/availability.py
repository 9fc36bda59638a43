"""ChangeAvailability and UnlockConnector."""

from ocpp.v16 import call

from .steps import available, configured, demand, plugged_in, started, started_from_afar, stopped_from_afar, unplugged


async def availability(central, evse):
    """ChangeAvailability of a connector, of all, and in a transaction."""
    await available(central, 1, "Inoperative", "Accepted")
    await central.status(1, "Unavailable")
    await central.request(call.RemoteStartTransaction(id_tag="REMOTE01", connector_id=1), status="Rejected")
    await available(central, 1, "Inoperative", "Accepted")
    await evse("plug_in", connector=1)
    await available(central, 1, "Operative", "Accepted")
    await central.status(1, "Preparing")
    await available(central, 1, "Inoperative", "Scheduled")
    await available(central, 1, "Operative", "Accepted")
    await unplugged(central, evse)

    await available(central, 0, "Inoperative", "Accepted")
    for connector in range(3):
        await central.status(connector, "Unavailable")
    await available(central, 0, "Operative", "Accepted")
    for connector in range(3):
        await central.status(connector, "Available")

    transaction_id = await started_from_afar(central, evse, "REMOTE01")
    await available(central, 0, "Inoperative", "Scheduled")
    await central.status(2, "Unavailable")
    demand(central.statuses[1] == "Charging", "connector 1 is in a transaction")
    await stopped_from_afar(central, transaction_id)
    for connector in range(3):
        await central.status(connector, "Unavailable")
    await evse("plug_out", connector=1)
    await available(central, 0, "Operative", "Accepted")
    for connector in range(3):
        await central.status(connector, "Available")
    await available(central, 99, "Inoperative", "Rejected")


async def unlock(central, evse):
    """UnlockConnector of a free connector, and in a transaction, which ends first."""
    await central.request(call.UnlockConnector(1), status="Unlocked")
    transaction_id = await started_from_afar(central, evse, "REMOTE01")
    await central.request(call.UnlockConnector(1), status="Unlocked")
    await central.expect("StopTransaction", transactionId=transaction_id, reason="UnlockCommand")
    await central.status(1, "Finishing")
    await unplugged(central, evse)
    for connector in (0, 99):
        await central.request(call.UnlockConnector(connector), status="NotSupported")


async def unlock_without_lock(central, evse):
    """UnlockConnector where there is no lock changes nothing."""
    await central.request(call.UnlockConnector(1), status="NotSupported")
    transaction_id = await started_from_afar(central, evse, "REMOTE01")
    await central.request(call.UnlockConnector(1), status="NotSupported")
    await central.expect("MeterValues", transactionId=transaction_id)
    await stopped_from_afar(central, transaction_id)
    await unplugged(central, evse)


async def kept_locked(central, evse):
    """The cable is pulled at the EV, and stays locked until its card is shown."""
    async with configured(central, UnlockConnectorOnEVSideDisconnect="false"):
        await plugged_in(central, evse)
        await evse("swipe", id_tag="DEADBEEF", connectors=[1])
        transaction_id, _ = await started(central, "DEADBEEF")
        await evse("plug_out", connector=1)
        await central.expect("StopTransaction", transactionId=transaction_id, reason="EVDisconnected")
        await central.status(1, "Finishing")
        await evse("swipe", id_tag="DEADBEEF", connectors=[1])
        await central.status(1, "Available")
        central.missing("StartTransaction")
