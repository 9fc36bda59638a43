"""SetChargingProfile, ClearChargingProfile and GetCompositeSchedule, and what they do to a transaction."""

from datetime import datetime, timedelta, timezone

from central_system import Failure, moment
from ocpp.v16 import call

from .steps import demand, plugged_in, started, started_from_afar, stopped_from_afar, unplugged

CAN_A = 48  # what the hardware can


def profile(number, purpose, *limits, level=0, kind="Absolute", unit="A", **more):
    """Limits are (start in seconds, limit)."""
    began = datetime.now(timezone.utc) - timedelta(seconds=5)
    schedule = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": start, "limit": limit} for start, limit in limits],
    }
    if kind == "Absolute":
        schedule["startSchedule"] = began.isoformat(timespec="seconds")
    return {
        "chargingProfileId": number,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": schedule,
        **more,
    }


async def put(central, connector, cs_charging_profiles, status="Accepted"):
    await central.request(call.SetChargingProfile(connector, cs_charging_profiles), status=status)


async def limit(central, evse, wanted, connector=1):
    """The connector has this limit in A now."""
    state = await evse("state")
    if state:
        found = next(each["limit_a"] for each in state["connectors"] if each["connector"] == connector)
        demand(found == wanted, f"limit {wanted} A: {state}")


async def composite(central, connector, duration, limits, unit="A"):
    """GetCompositeSchedule tells these limits: (start in seconds, within a second of it, limit)."""
    answer = await central.request(call.GetCompositeSchedule(connector, duration, unit), status="Accepted")
    schedule = answer.charging_schedule
    begin = moment(answer.schedule_start)
    demand(abs(datetime.now(timezone.utc) - begin) < timedelta(seconds=5), f"begins now: {answer}")
    demand(answer.connector_id == connector and schedule["charging_rate_unit"] == unit, f"as it was asked: {answer}")
    demand(abs(schedule.get("duration", duration) - duration) <= 2, f"duration {duration}: {answer}")
    periods = [(each["start_period"], each["limit"]) for each in schedule["charging_schedule_period"]]
    same = len(periods) == len(limits) and all(
        abs(found[0] - start) <= 1 and found[1] == limit for found, (start, limit) in zip(periods, limits)
    )
    demand(same, f"limits {limits}: {answer}")


async def cleared(central):
    answer = await central.request(call.ClearChargingProfile())
    demand(answer.status in {"Accepted", "Unknown"}, f"{answer}")
    await central.request(call.ClearChargingProfile(), status="Unknown")


async def charging_profiles(central, evse):
    """A limit for all, one for a transaction, one for the charge point; each goes, and the next below it holds."""
    await cleared(central)
    await composite(central, 1, 60, [(0, CAN_A)])
    await put(central, 1, profile(1, "TxProfile", (0, 6)), "Rejected")
    await put(central, 1, profile(2, "ChargePointMaxProfile", (0, 6)), "Rejected")
    await put(central, 0, profile(3, "TxDefaultProfile", (0, 16)))
    transaction_id = await started_from_afar(central, evse, "REMOTE01")
    await limit(central, evse, 16)
    await put(central, 1, profile(4, "TxProfile", (0, 6), transactionId=transaction_id + 1), "Rejected")
    await put(central, 1, profile(4, "TxProfile", (0, 6.5), (35, 20), transactionId=transaction_id))
    await limit(central, evse, 6.5)
    await composite(central, 1, 60, [(0, 6.5), (30, 20)])
    await put(central, 0, profile(5, "ChargePointMaxProfile", (0, 10)))
    await composite(central, 1, 60, [(0, 6.5), (30, 10)])
    await central.request(call.ClearChargingProfile(id=4), status="Accepted")
    await limit(central, evse, 10)
    maximum = call.ClearChargingProfile(charging_profile_purpose="ChargePointMaxProfile")
    await central.request(maximum, status="Accepted")
    await limit(central, evse, 16)
    await put(central, 1, profile(6, "TxDefaultProfile", (0, 11_040), level=1, unit="W"))
    await limit(central, evse, 16)
    await composite(central, 1, 60, [(0, 11_040)], "W")
    await put(central, 1, profile(7, "TxProfile", (0, 0), transactionId=transaction_id))
    await central.status(1, "SuspendedEVSE")
    await put(central, 1, profile(7, "TxProfile", (0, 32), transactionId=transaction_id))
    await central.status(1, "Charging")
    await stopped_from_afar(central, transaction_id)
    await unplugged(central, evse)
    await central.request(call.ClearChargingProfile(id=7), status="Unknown")
    await cleared(central)
    await central.request(call.GetCompositeSchedule(99, 60), status="Rejected")


async def profile_from_afar(central, evse):
    """RemoteStartTransaction brings a profile for its transaction, which goes with it."""
    await plugged_in(central, evse)
    relative = profile(8, "TxProfile", (0, 13), (600, 16), kind="Relative")
    await central.request(call.RemoteStartTransaction("REMOTE01", 1, relative), status="Accepted")
    transaction_id, _ = await started(central, "REMOTE01")
    await limit(central, evse, 13)
    await stopped_from_afar(central, transaction_id)
    await unplugged(central, evse)
    await central.request(call.ClearChargingProfile(id=8), status="Unknown")


async def shared_limit(central, evse):
    """What the charge point may take is shared by its connectors."""
    await put(central, 0, profile(9, "ChargePointMaxProfile", (0, 20)))
    one = await started_from_afar(central, evse, "REMOTE01", 1)
    two = await started_from_afar(central, evse, "REMOTE02", 2)
    state = await evse("state")
    if state:
        sum_of_limits = sum(each["limit_a"] or CAN_A for each in state["connectors"] if each["connector"] > 0)
        if sum_of_limits > 20:
            raise Failure(f"20 A for both: {state}")
    await composite(central, 0, 60, [(0, 20)])
    for connector, transaction_id in ((1, one), (2, two)):
        await stopped_from_afar(central, transaction_id)
        await unplugged(central, evse, connector)
    await cleared(central)
