"""DataTransfer, TriggerMessage, and what is refused."""

from central_system import MALFORMED
from ocpp.v16 import call

from .steps import change, contexts, demand, triggered


async def data_transfer(central, evse):
    """DataTransfer, both ways."""
    text = 'a "b" \\ \N{EURO SIGN}\n'
    reply = await evse("data_transfer", vendor_id="org.example", message_id="Hello", data=text)
    await central.expect("DataTransfer", vendorId="org.example", messageId="Hello", data=text)
    if reply:
        demand(reply["status"] == "Accepted" and reply["data"] == text, f"the answer came back as {reply}")
    await evse("data_transfer", vendor_id="org.example")
    await central.expect("DataTransfer", vendorId="org.example")

    await central.request(call.DataTransfer("org.example.unknown", "hello", "world"), status="UnknownVendorId")
    await central.request(call.DataTransfer("com.example.charger", "Hello", text), status="Accepted", data="hello")
    await central.request(call.DataTransfer("com.example.charger", "Bye"), status="UnknownMessageId")


async def trigger(central, evse):
    """TriggerMessage of each message, of one connector and of all."""
    await triggered(central, "Heartbeat")
    await triggered(central, "StatusNotification", connectorId=1)
    await triggered(central, "MeterValues", connectorId=1)
    await triggered(central, "BootNotification", may_refuse=True)
    await triggered(central, "FirmwareStatusNotification", status="Idle")
    await triggered(central, "DiagnosticsStatusNotification", status="Idle")
    await central.request(call.TriggerMessage("StatusNotification", connector_id=99), status="Rejected")
    await triggered(central, "StatusNotification")
    for connector in (1, 2):
        await central.expect("StatusNotification", connectorId=connector)
    await central.request(call.TriggerMessage("MeterValues"), status="Accepted")
    for connector in (1, 2):
        values = await central.expect("MeterValues", connectorId=connector)
        demand(contexts(values["meterValue"][0]) == {"Trigger"}, f"context: {values}")


async def refusals(central, evse):
    """What does not exist, and frames that are wrong."""
    await change(central, "NoSuchKey", "1", "NotSupported")
    await central.request(call.RemoteStopTransaction(4711), status="Rejected")
    await central.request(call.RemoteStartTransaction(id_tag="REMOTE01", connector_id=99), status="Rejected")

    await central.refused("NoSuchAction", {}, {"NotImplemented"})
    for action, payload in [
        ("ChangeConfiguration", {"key": "HeartbeatInterval"}),  # a field is missing
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": 600}),  # wrong type
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "600", "more": 1}),  # extra field
        ("RemoteStartTransaction", {"idTag": "x" * 21}),  # too long
        ("Reset", {"type": "Lukewarm"}),  # no such enum value
        ("GetConfiguration", {"key": "HeartbeatInterval"}),  # not a list
    ]:
        await central.refused(action, payload, MALFORMED)

    # An unknown message type and answers that nobody waits for are ignored; the connection outlives them.
    for text in ('[9,"stray",{}]', '[3,"stray",{}]', '[4,"stray","GenericError","",{}]'):
        await central.charge_point.send_stray(text)
    await triggered(central, "Heartbeat")

    # So it does with what is no OCPP at all, which may be answered with GenericError.
    central.charge_point.may_answer_strays = True
    for text in ("no JSON", "{}", "[]", "[" * 100, '[2,"cut short"'):
        await central.charge_point.send_stray(text)
    await triggered(central, "Heartbeat")
