"""Every configuration key."""

from ocpp.v16 import call

from .steps import SAMPLED, change, demand, values_of

TIME = ("60", "-1")
SWITCH = ("true", "maybe")
MEASURANDS = (SAMPLED, "Energy.Active.Import.Register,Nonsense")
VALUES = {  # of each key that can be written: a value that is good and one that is not
    "AllowOfflineTxForUnknownId": SWITCH,
    "AuthorizationCacheEnabled": SWITCH,
    "AuthorizeRemoteTxRequests": SWITCH,
    "BlinkRepeat": ("3", "three"),
    "ClockAlignedDataInterval": ("900", "-900"),
    "ConnectionTimeOut": TIME,
    "ConnectorPhaseRotation": ("1.RST,2.SRT", "1.RST,2.RRR"),
    "Cst_AuthorizationTimeout": TIME,
    "Cst_FreeVendActive": ("false", "maybe"),
    "Cst_FreeVendIdTag": ("FREE", "more than 20 characters"),
    "Cst_MeterValuesInTxOnly": SWITCH,
    "Cst_PreBootTransactions": SWITCH,
    "Cst_SilentOfflineTransactions": SWITCH,
    "HeartbeatInterval": ("600", "6 minutes"),
    "LightIntensity": ("50", "-1"),
    "LocalAuthListEnabled": SWITCH,
    "LocalAuthorizeOffline": SWITCH,
    "LocalPreAuthorize": SWITCH,
    "MaxEnergyOnInvalidId": ("1500", "1.5"),
    "MessageTimeout": TIME,
    "MeterValuesAlignedData": MEASURANDS,
    "MeterValuesSampledData": MEASURANDS,
    "MeterValueSampleInterval": ("30", "99999999999"),
    "MinimumStatusDuration": ("0", "-1"),
    "ResetRetries": ("2", "-2"),
    "StopTransactionOnEVSideDisconnect": SWITCH,
    "StopTransactionOnInvalidId": SWITCH,
    "StopTxnAlignedData": MEASURANDS,
    "StopTxnSampledData": MEASURANDS,
    "TransactionMessageAttempts": ("5", "-5"),
    "TransactionMessageRetryInterval": TIME,
    "UnlockConnectorOnEVSideDisconnect": SWITCH,
    "WebSocketPingInterval": ("30", "-30"),
}


async def configuration(central, evse):
    """Every key: what can be written takes a good value and refuses a bad one; what cannot be, refuses all."""
    some = await central.request(call.GetConfiguration(key=["heartbeatinterval", "NoKey"]), unknown_key=["NoKey"])
    demand([entry["key"] for entry in some.configuration_key] == ["HeartbeatInterval"], f"one key: {some}")
    everything = await values_of(central)
    demand({"HeartbeatInterval", "NumberOfConnectors"} < everything.keys(), f"all keys: {everything.keys()}")
    for key, entry in everything.items():
        if entry["readonly"]:
            await change(central, key, entry["value"], "Rejected")
            continue
        demand(key in VALUES, f"a value to set {key} to")
        good, bad = VALUES[key]
        await change(central, key, good)
        await change(central, key, bad, "Rejected")
        told = (await values_of(central, key))[key]["value"]
        demand(told == good, f"{key} was set to {good}: {told}")
        await change(central, key, entry["value"])
    demand(await values_of(central) == everything, "all values are as they were")
