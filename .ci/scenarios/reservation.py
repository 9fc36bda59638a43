"""ReserveNow and CancelReservation."""

import asyncio
from datetime import datetime, timedelta, timezone

from central_system import Failure
from ocpp.v16 import call

from .steps import available, plugged_in, started_from_afar, stopped_by_card, stopped_from_afar, unplugged


def expiry(seconds):
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).isoformat(timespec="seconds")


async def reserve(central, connector, id_tag, reservation_id, status="Accepted", seconds=300, **more):
    await central.request(call.ReserveNow(connector, expiry(seconds), id_tag, reservation_id, **more), status=status)


async def cancel(central, reservation_id, status="Accepted"):
    await central.request(call.CancelReservation(reservation_id), status=status)


async def reserved_session(central, evse):
    """A reserved connector takes its own card alone, whose StartTransaction names the reservation."""
    await reserve(central, 1, "RESERV01", 11)
    await central.status(1, "Reserved")
    await central.request(call.RemoteStartTransaction(id_tag="REMOTE01", connector_id=1), status="Rejected")
    await evse("swipe", id_tag="STRANGER", connectors=[1])
    await asyncio.sleep(0.3)
    await evse("swipe", id_tag="RESERV01", connectors=[1])
    await central.status(1, "Preparing")
    await evse("plug_in", connector=1)
    start = await central.expect("StartTransaction", connectorId=1)
    if (start["idTag"], start.get("reservationId")) != ("RESERV01", 11):
        raise Failure(f"a start with the reservation 11: {start}")
    await central.status(1, "Charging")
    await reserve(central, 1, "RESERV02", 12, "Occupied")
    await stopped_by_card(central, evse, max(central.transactions), "RESERV01")
    await unplugged(central, evse)
    await cancel(central, 11, "Rejected")


async def reserved_from_afar(central, evse):
    """RemoteStartTransaction with the card of the reservation; the same id again moves it to another card."""
    await reserve(central, 1, "RESERV01", 21)
    await reserve(central, 1, "RESERV02", 21)
    await central.status(1, "Reserved")
    await central.request(call.RemoteStartTransaction(id_tag="RESERV01", connector_id=1), status="Rejected")
    await central.request(call.RemoteStartTransaction(id_tag="RESERV02", connector_id=1), status="Accepted")
    await evse("plug_in", connector=1)
    start = await central.expect("StartTransaction", connectorId=1, idTag="RESERV02", reservationId=21)
    await stopped_from_afar(central, max(central.transactions))
    await unplugged(central, evse, start["connectorId"])


async def reserved_for_group(central, evse):
    """A card of the same group may use the reservation."""
    await reserve(central, 1, "FAMILY01", 31, parent_id_tag="FAMILY")
    await central.status(1, "Reserved")
    await evse("swipe", id_tag="FAMILY02", connectors=[1])
    await central.expect("Authorize", idTag="FAMILY02")
    await central.status(1, "Preparing")
    await evse("plug_in", connector=1)
    await central.expect("StartTransaction", connectorId=1, idTag="FAMILY02", reservationId=31)
    await stopped_from_afar(central, max(central.transactions))
    await unplugged(central, evse)


async def reservation_ends(central, evse):
    """CancelReservation, the expiry date, a fault, and what cannot be reserved at all."""
    await reserve(central, 1, "RESERV01", 41)
    await central.status(1, "Reserved")
    await cancel(central, 41)
    await central.status(1, "Available")
    await cancel(central, 41, "Rejected")

    await reserve(central, 1, "RESERV01", 42, seconds=2)
    await central.status(1, "Reserved")
    await central.status(1, "Available")

    await reserve(central, 1, "RESERV01", 43)
    await central.status(1, "Reserved")
    await evse("fault", connector=1, active=True, error_code="GroundFailure")
    await central.status(1, "Faulted")
    await reserve(central, 1, "RESERV01", 44, "Faulted")
    await evse("fault", connector=1, active=False)
    await central.status(1, "Available")
    await cancel(central, 43, "Rejected")

    await available(central, 1, "Inoperative", "Accepted")
    await central.status(1, "Unavailable")
    await reserve(central, 1, "RESERV01", 45, "Unavailable")
    await available(central, 1, "Operative", "Accepted")
    await central.status(1, "Available")
    await plugged_in(central, evse)
    await reserve(central, 1, "RESERV01", 46, "Occupied")
    await unplugged(central, evse)


async def reserved_anywhere(central, evse):
    """A reservation of connector 0 keeps one connector free for its card."""
    await reserve(central, 0, "RESERV01", 51)
    transaction_id = await started_from_afar(central, evse, "REMOTE01", 2)
    await central.request(call.RemoteStartTransaction(id_tag="REMOTE02", connector_id=1), status="Rejected")
    await evse("plug_in", connector=1)
    await central.status(1, "Preparing")
    await evse("swipe", id_tag="RESERV01", connectors=[1])
    own = await central.expect("StartTransaction", connectorId=1, idTag="RESERV01", reservationId=51)
    for connector, each in ((own["connectorId"], max(central.transactions)), (2, transaction_id)):
        await stopped_from_afar(central, each)
        await unplugged(central, evse, connector)
