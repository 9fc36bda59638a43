"""Steps that scenarios share."""

import contextlib

from central_system import Failure
from ocpp.v16 import call

SAMPLED = "Energy.Active.Import.Register,Power.Active.Import"


def demand(holds, text):
    if not holds:
        raise Failure(text)


async def plugged_in(central, evse, connector=1):
    await evse("plug_in", connector=connector)
    await central.status(connector, "Preparing")


async def unplugged(central, evse, connector=1):
    await evse("plug_out", connector=connector)
    await central.status(connector, "Available")


async def started(central, id_tag, connector=1):
    """What every start of a transaction shows. Returns its id and the register."""
    start = await central.expect("StartTransaction", connectorId=connector, idTag=id_tag)
    await central.status(connector, "Charging")
    transaction_id = max(central.transactions)
    await central.expect("MeterValues", connectorId=connector, transactionId=transaction_id)
    return transaction_id, start["meterStart"]


async def started_from_afar(central, evse, id_tag, connector=1):
    await plugged_in(central, evse, connector)
    await central.request(call.RemoteStartTransaction(id_tag=id_tag, connector_id=connector), status="Accepted")
    return (await started(central, id_tag, connector))[0]


async def stopped_from_afar(central, transaction_id):
    await central.request(call.RemoteStopTransaction(transaction_id), status="Accepted")
    return await central.expect("StopTransaction", transactionId=transaction_id, reason="Remote")


async def stopped_by_card(central, evse, transaction_id, id_tag, connector=1):
    await evse("swipe", id_tag=id_tag, connectors=[connector])
    await central.expect("StopTransaction", transactionId=transaction_id, reason="Local", idTag=id_tag)
    await central.status(connector, "Finishing")


async def card_session(central, evse, id_tag, is_asked_about=True):
    """The cable, a card, energy, the card again, the cable."""
    await plugged_in(central, evse)
    await evse("swipe", id_tag=id_tag, connectors=[1])
    if is_asked_about:
        await central.expect("Authorize", idTag=id_tag)
    transaction_id, _ = await started(central, id_tag)
    await stopped_by_card(central, evse, transaction_id, id_tag)
    central.missing("Authorize")
    await unplugged(central, evse)


async def change(central, key, value, status="Accepted"):
    await central.request(call.ChangeConfiguration(key, value), status=status)


async def values_of(central, *keys):
    """What GetConfiguration tells of these keys, or of all."""
    answer = await central.request(call.GetConfiguration(key=list(keys) or None))
    return {entry["key"]: entry for entry in answer.configuration_key}


@contextlib.asynccontextmanager
async def configured(central, **keys):
    """These values while the block runs, and then those of before."""
    before = await values_of(central, *keys)
    for key, value in keys.items():
        await change(central, key, value)
    yield
    for key, entry in before.items():
        await change(central, key, entry["value"])


async def triggered(central, message, may_refuse=False, **fields):
    """TriggerMessage is answered, then the message comes; or it is refused where that is a choice."""
    answer = await central.request(call.TriggerMessage(message, connector_id=fields.get("connectorId")))
    if answer.status == "Accepted":
        await central.expect(message, **fields)
    elif not may_refuse:
        raise Failure(f"TriggerMessage {message}: {answer.status}")


def contexts(meter_value):
    return {value.get("context", "Sample.Periodic") for value in meter_value["sampledValue"]}


async def available(central, connector, kind, status):
    await central.request(call.ChangeAvailability(connector, kind), status=status)
