"""Boot, reset, and the loss of power."""

from ocpp.v16 import call

from .steps import available, change, started_from_afar


async def boot(central, evse):
    """The charge point boots, reports connector 0 and all others, and is free."""
    await central.expect("BootNotification", timeout=20)
    for connector in range(3):
        await central.expect("StatusNotification", connectorId=connector, status="Available")
    await change(central, "MeterValueSampleInterval", "1")


async def booted_again(central):
    """Its BootNotification."""
    await central.until(lambda: not central.charge_point, "end of the connection")
    central.booted = False
    boot = await central.expect("BootNotification", timeout=20)
    await central.expect("StatusNotification", connectorId=0, status="Available")
    await central.until(lambda: 1 in central.statuses, "status of connector 1")
    return boot


async def power_cut(central, evse):
    """Killed where it stands, and back. Its BootNotification."""
    await evse("power_cut")
    return await booted_again(central)


async def reset(central, evse):
    """A soft and a hard reset in a transaction: StopTransaction tells the reason, then comes a new boot."""
    transaction_id = await started_from_afar(central, evse, "REMOTE02")
    await central.request(call.Reset("Soft"), status="Accepted")
    await central.expect("StopTransaction", transactionId=transaction_id, reason="SoftReset")
    await booted_again(central)

    transaction_id = await started_from_afar(central, evse, "REMOTE02")
    await central.request(call.Reset("Hard"), status="Accepted")
    await booted_again(central)
    await central.expect("StopTransaction", transactionId=transaction_id, reason="HardReset")


async def power_loss(central, evse):
    """The power fails in a transaction: StopTransaction tells so after the boot."""
    transaction_id = await started_from_afar(central, evse, "REMOTE02")
    await power_cut(central, evse)
    await central.expect("StopTransaction", transactionId=transaction_id, reason="PowerLoss")


async def availability_over_reset(central, evse):
    """An unavailable connector stays so over a reset."""
    await available(central, 2, "Inoperative", "Accepted")
    await central.status(2, "Unavailable")
    await central.request(call.Reset("Soft"), status="Accepted")
    await booted_again(central)
    await central.status(2, "Unavailable")
    await available(central, 2, "Operative", "Accepted")
    await central.status(2, "Available")
