"""Values in StopTransaction, and at the times of the clock."""

from central_system import moment

from .steps import (
    SAMPLED,
    configured,
    contexts,
    demand,
    plugged_in,
    started_from_afar,
    stopped_by_card,
    stopped_from_afar,
    unplugged,
)


async def transaction_data(central, evse):
    """StopTxnSampledData: StopTransaction holds the values of the begin, of the time between, and of the end."""
    transaction_id = await started_from_afar(central, evse, "REMOTE01")
    demand("transactionData" not in await stopped_from_afar(central, transaction_id), "transactionData unasked for")
    await unplugged(central, evse)

    async with configured(central, StopTxnSampledData=SAMPLED):
        transaction_id = await started_from_afar(central, evse, "REMOTE01")
        data = (await stopped_from_afar(central, transaction_id))["transactionData"]
        await unplugged(central, evse)
    found = [contexts(meter_value) for meter_value in data]
    between = found[1:-1]
    demand(found[0] == {"Transaction.Begin"} and found[-1] == {"Transaction.End"}, f"the ends: {data}")
    demand(between and all(each == {"Sample.Periodic"} for each in between), f"between the ends: {data}")
    for meter_value in data:
        measurands = [value["measurand"] for value in meter_value["sampledValue"]]
        demand(measurands == SAMPLED.split(","), f"{SAMPLED}: {measurands}")
    dates = [moment(meter_value["timestamp"]) for meter_value in data]
    demand(dates == sorted(dates), f"not in order: {dates}")


async def clock_aligned(central, evse):
    """ClockAlignedDataInterval: values of all connectors, and those of a transaction with its id."""
    await evse("set_meter", connector=2, wh=2000)
    async with configured(central, ClockAlignedDataInterval="2", MeterValuesAlignedData=SAMPLED):
        for connector in (1, 2):
            values = await central.expect("MeterValues", connectorId=connector)
            demand("transactionId" not in values, f"no transaction runs: {values}")
            check_aligned(values)
        async with configured(central, MeterValueSampleInterval="0"):
            await plugged_in(central, evse)
            await evse("swipe", id_tag="DEADBEEF", connectors=[1])
            await central.expect("StartTransaction", connectorId=1)
            transaction_id = max(central.transactions)
            check_aligned(await central.expect("MeterValues", connectorId=1, transactionId=transaction_id))
            await stopped_by_card(central, evse, transaction_id, "DEADBEEF")
            await unplugged(central, evse)


def check_aligned(values):
    for meter_value in values["meterValue"]:
        demand(contexts(meter_value) == {"Sample.Clock"}, f"context: {values}")
        demand(moment(meter_value["timestamp"]).second % 2 == 0, f"timestamp: {values}")
        measurands = [value["measurand"] for value in meter_value["sampledValue"]]
        demand(measurands == SAMPLED.split(","), f"{SAMPLED}: {values}")
