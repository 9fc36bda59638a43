"""Signed meter values. The central system proves the signature of each that comes, whatever a scenario looks at."""

import asyncio
import json
from datetime import timedelta

import ocmf
from central_system import moment
from ocpp.v16 import call

from .boot import boot, power_cut
from .kills import kills
from .steps import configured, contexts, demand, plugged_in, started, started_from_afar, stopped_from_afar, unplugged

ENERGY = "Energy.Active.Import.Register"
SIGNED = {"SampledDataSignReadings": "true", "StopTxnSampledData": ENERGY}
STARTED = SIGNED | {
    "SampledDataSignStartedReadings": "true", "StartTxnSampledData": ENERGY, "MeterValueSampleInterval": "0",
}  # fmt: skip
BEGIN, END = "Transaction.Begin", "Transaction.End"


async def signed_boot(central, evse):
    """The charge point boots and tells the public key of each meter that signs; so it does of no other."""
    await boot(central, evse)
    answer = await central.request(call.GetConfiguration(key=["MeterPublicKey1", "MeterPublicKey2", "MeterPublicKey3"]))
    demand(answer.unknown_key == ["MeterPublicKey3"], f"there is no connector 3: {answer}")
    for entry in answer.configuration_key:
        demand(entry["readonly"] and ocmf.read_key(entry["value"]), f"public key: {entry}")
        central.meter_keys[int(entry["key"].removeprefix("MeterPublicKey"))] = entry["value"]
    demand(len(set(central.meter_keys.values())) == 2, f"each meter has its own: {answer}")


async def signed_session(central, evse):
    """SampledDataSignReadings: StopTransaction holds a signed value of the begin and one of the end, and no other does."""
    await evse("set_meter", connector=1, wh=1000, w=7200)
    async with configured(central, **SIGNED):
        transaction_id = await started_from_afar(central, evse, "REMOTE01")
        start = central.transactions[transaction_id]
        await evse("set_meter", connector=1, wh=2500)
        sample = await central.expect("MeterValues", connectorId=1, transactionId=transaction_id)
        demand(not signed_in(central, sample), f"a sample is signed: {sample}")
        stop = await stopped_from_afar(central, transaction_id)
        await unplugged(central, evse)
    begin, end = both(central, stop)
    demand(begin.readings == [["B", start["meter_start"]]], f"the begin {start}: {begin}")
    demand(end.readings == [["E", stop["meterStop"]]] and stop["meterStop"] >= 2500, f"the end: {end}, {stop}")
    for value, timestamp in ((begin, start["timestamp"]), (end, stop["timestamp"])):
        told = next(each for each in stop["transactionData"] if contexts(each) == {value.context} and is_signed(each))
        near(told["timestamp"], timestamp)
        near(told["timestamp"], value.time)


async def signed_container(central, evse):
    """A meter that gives both readings in one container: that one alone is told, as the value of the end."""
    await evse("set_meter", connector=2, wh=5000)
    async with configured(central, **SIGNED):
        transaction_id = await started_from_afar(central, evse, "REMOTE02", 2)
        await evse("set_meter", connector=2, wh=5700)
        await evse("state")  # it is in force
        stop = await stopped_from_afar(central, transaction_id)
        await unplugged(central, evse, 2)
    values = signed_in(central, stop, connector=2)
    demand([value.context for value in values] == [END], f"one value: {values}")
    demand(values[0].readings == [["B", 5000], ["E", 5700]], f"both readings: {values}")


async def signed_start(central, evse):
    """SampledDataSignStartedReadings: the value of the begin comes right after StartTransaction, and again at the end."""
    async with configured(central, **STARTED):
        told = await told_begin(central, evse, "REMOTE01")
        begin, _ = both(central, await stopped_from_afar(central, max(central.transactions)))
        demand(begin.data == told.data, f"{told}, then {begin}")
        await unplugged(central, evse)


async def signed_samples(central, evse):
    """SampledDataSignUpdatedReadings and AlignedDataSignUpdatedReadings: so are the values of the time between."""
    keys = SIGNED | {"SampledDataSignUpdatedReadings": "true", "MeterValuesSampledData": ENERGY}
    await between(central, evse, keys, "Sample.Periodic")
    keys = {
        "AlignedDataSignReadings": "true", "AlignedDataSignUpdatedReadings": "true", "MeterValuesAlignedData": ENERGY,
        "StopTxnAlignedData": ENERGY, "ClockAlignedDataInterval": "1", "MeterValueSampleInterval": "0",
    }  # fmt: skip
    await between(central, evse, keys, "Sample.Clock")


async def between(central, evse, keys, context):
    async with configured(central, **keys):
        await plugged_in(central, evse)
        await evse("swipe", id_tag="DEADBEEF", connectors=[1])
        await central.expect("StartTransaction", connectorId=1)
        transaction_id, values = max(central.transactions), []
        while len(values) < 2:
            sample = await central.expect("MeterValues", connectorId=1, transactionId=transaction_id)
            values += [value for value in signed_in(central, sample) if value.context == context]
        begin, end = both(central, await stopped_from_afar(central, transaction_id))
        await unplugged(central, evse)
    demand(all([tx for tx, _ in value.readings] == ["C"] for value in values), f"while it charges: {values}")
    pages = [value.page for value in (begin, *values, end)]
    demand(pages == sorted(set(pages)), f"the pages of the meter: {pages}")


async def public_keys(central, evse):
    """PublicKeyWithSignedMeterValue: in no value, in one of each transaction, in all."""
    keys = SIGNED | {"SampledDataSignStartedReadings": "true", "StartTxnSampledData": ENERGY}
    for telling, holds in (
        ("Never", lambda told: not any(told)),
        ("OncePerTransaction", lambda told: told[-1] and told.count(True) == 1),
        ("EveryMeterValue", all),
    ):
        async with configured(central, PublicKeyWithSignedMeterValue=telling, MeterValueSampleInterval="0", **keys):
            first = await told_begin(central, evse, "REMOTE01")
            values = [first, *both(central, await stopped_from_afar(central, max(central.transactions)))]
            await unplugged(central, evse)
        told = [value.public_key != "" for value in values]
        demand(holds(told), f"{telling}: {told}")


async def slow_meter(central, evse):
    """A meter that needs two seconds: begin and end wait for it, and are dated when they were."""
    async with configured(central, **SIGNED):
        await evse("signed_meter", connector=1, delay_s=2)
        await plugged_in(central, evse)
        await evse("swipe", id_tag="DEADBEEF", connectors=[1])
        await asyncio.sleep(1.5)
        central.missing("StartTransaction")
        transaction_id, _ = await started(central, "DEADBEEF")
        begun = asyncio.get_running_loop().time()
        stop = await stopped_from_afar(central, transaction_id)
        demand(asyncio.get_running_loop().time() - begun > 1.9, "the end did not wait")
        _, end = both(central, stop)
        near(end.time, stop["timestamp"])
        await evse("signed_meter", connector=1, delay_s=0)
        await unplugged(central, evse)


async def failing_meter(central, evse):
    """Nobody charges at a meter that is silent; one that fails at the end is asked again."""
    async with configured(central, **SIGNED):
        await evse("signed_meter", connector=1, answer="none")
        await plugged_in(central, evse)
        await evse("swipe", id_tag="DEADBEEF", connectors=[1])
        await asyncio.sleep(1)
        central.missing("StartTransaction")
        await evse("signed_meter", connector=1, answer="value")
        transaction_id, _ = await started(central, "DEADBEEF")
        await evse("signed_meter", connector=1, answer="failure")
        await central.request(call.RemoteStopTransaction(transaction_id), status="Accepted")
        await asyncio.sleep(0.5)
        central.missing("StopTransaction")
        await evse("signed_meter", connector=1, answer="value")
        both(central, await central.expect("StopTransaction", transactionId=transaction_id))
        await unplugged(central, evse)


async def signed_power_loss(central, evse):
    """The power fails in a transaction: StopTransaction has the value of the begin as it was told, and one of the end."""
    async with configured(central, **STARTED):
        told = await told_begin(central, evse, "REMOTE01")
        await power_cut(central, evse)
        stop = await central.expect("StopTransaction", transactionId=max(central.transactions), reason="PowerLoss")
        begin, end = both(central, stop)
        demand(begin.data == told.data, f"{told}, then {begin}")
        demand(end.page > begin.page and end.readings[0][1] >= begin.readings[0][1], f"{begin}, then {end}")
        await unplugged(central, evse)


async def signed_resend(central, evse):
    """StopTransaction is on its way when the link is cut, and then when the power is: the same bytes come again."""
    async with configured(central, PublicKeyWithSignedMeterValue="EveryMeterValue", **SIGNED):
        for cuts_power in (False, True):
            transaction_id = await started_from_afar(central, evse, "REMOTE01")
            central.cut_at = "StopTransaction"
            await central.request(call.RemoteStopTransaction(transaction_id), status="Accepted")
            await central.until(lambda: not central.charge_point, "cut of the link")
            if cuts_power:
                await power_cut(central, evse)
            else:
                await evse("connect")
            stop = await central.expect("StopTransaction", transactionId=transaction_id)
            both(central, stop)
            text = next(text for text in central.frames.values() if json.loads(text)[3] == stop)
            came = sum(line.endswith(f"<- {text}") for line in central.transcript)
            demand(came == 2, f"came {came} times: {text}")
            await unplugged(central, evse)


async def signed_kills(central, evse):
    """Killed at any moment, again and again: each transaction that was begun has the two values that are its own."""
    before = set(central.transactions)
    async with configured(central, **SIGNED):
        await kills(central, evse, session_s=1)  # to sign takes its time
    stops = [payload for action, payload in central.calls if action == "StopTransaction"]
    told = {stop["transactionId"]: both(central, stop) for stop in stops}
    demand(told.keys() == central.transactions.keys() - before, f"told: {sorted(told)}")
    pages = [value.page for values in told.values() for value in values]
    demand(pages == sorted(set(pages)), f"each value once, in order: {pages}")


async def told_begin(central, evse, id_tag):
    """Starts a transaction. The signed value that is told of its begin."""
    await plugged_in(central, evse)
    await central.request(call.RemoteStartTransaction(id_tag=id_tag, connector_id=1), status="Accepted")
    start = await central.expect("StartTransaction", connectorId=1, idTag=id_tag)
    sample = await central.expect("MeterValues", connectorId=1, transactionId=max(central.transactions))
    (value,) = signed_in(central, sample)
    demand((value.context, value.readings) == (BEGIN, [["B", start["meterStart"]]]), f"the begin {start}: {value}")
    return value


def signed_in(central, payload, connector=1):
    meter_key = central.meter_keys[connector]
    return [ocmf.proven(sampled, meter_key) for sampled in ocmf.all_of(payload)]


def both(central, stop):
    values = signed_in(central, stop)
    demand([value.context for value in values] == [BEGIN, END], f"begin and end: {stop}")
    return values


def is_signed(meter_value):
    return any(value.get("format") == "SignedData" for value in meter_value["sampledValue"])


def near(one, other):
    demand(abs(moment(one) - moment(other)) <= timedelta(seconds=1.5), f"far apart: {one}, {other}")
