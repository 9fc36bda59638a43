"""The operations of OCPP 1.6, chapters 4 and 5, by who asks; DataTransfer stands in both."""

OPERATIONS = {
    "<-": {
        "Authorize", "BootNotification", "DataTransfer", "DiagnosticsStatusNotification",
        "FirmwareStatusNotification", "Heartbeat", "MeterValues", "StartTransaction", "StatusNotification",
        "StopTransaction",
    },
    "->": {
        "CancelReservation", "ChangeAvailability", "ChangeConfiguration", "ClearCache", "ClearChargingProfile",
        "DataTransfer", "GetCompositeSchedule", "GetConfiguration", "GetDiagnostics", "GetLocalListVersion",
        "RemoteStartTransaction", "RemoteStopTransaction", "ReserveNow", "Reset", "SendLocalList",
        "SetChargingProfile", "TriggerMessage", "UnlockConnector", "UpdateFirmware",
    },
}  # fmt: skip
# Of the security extension.
SECURITY = {
    "<-": {
        "LogStatusNotification", "SecurityEventNotification", "SignCertificate",
        "SignedFirmwareStatusNotification",
    },
    "->": {
        "CertificateSigned", "ChangeConfiguration", "DeleteCertificate", "ExtendedTriggerMessage",
        "GetInstalledCertificateIds", "GetLog", "InstallCertificate", "SignedUpdateFirmware",
    },
}
TITLES = {"<-": "by the charge point", "->": "by the central system"}


def missing(seen, wanted=OPERATIONS, title="OCPP 1.6"):
    """Prints how often each operation was asked for and answered, both payloads valid. Those that were not."""
    for direction, operations in wanted.items():
        print(f"{TITLES[direction]}:", ", ".join(f"{name} {seen[direction, name]}" for name in sorted(operations)))
    asked = [pair for direction, names in wanted.items() for pair in [(direction, name) for name in sorted(names)]]
    found = {name for direction, name in asked if seen[direction, name]}
    print(f"operations of {title}: {len(found)} of {len({name for _, name in asked})}")
    return [f"{name} {TITLES[direction]}" for direction, name in asked if not seen[direction, name]]
