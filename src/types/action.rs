use super::symbols::symbols;

macro_rules! actions {
    ($($of_security:tt)*) => {
        symbols! {
            /// What a central system can ask a charge point for (OCPP 1.6 chapter 5).
            Action {
                /// Cancel a reservation.
                CancelReservation = "CancelReservation",
                /// Take a connector out of service or back.
                ChangeAvailability = "ChangeAvailability",
                /// Change a configuration key.
                ChangeConfiguration = "ChangeConfiguration",
                /// Empty the authorisation cache.
                ClearCache = "ClearCache",
                /// Remove charging profiles.
                ClearChargingProfile = "ClearChargingProfile",
                /// Hand over data of a vendor.
                DataTransfer = "DataTransfer",
                /// Tell the limits that profiles make.
                GetCompositeSchedule = "GetCompositeSchedule",
                /// Tell configuration keys.
                GetConfiguration = "GetConfiguration",
                /// Upload diagnostics.
                GetDiagnostics = "GetDiagnostics",
                /// Tell the version of the local authorisation list.
                GetLocalListVersion = "GetLocalListVersion",
                /// Begin a transaction.
                RemoteStartTransaction = "RemoteStartTransaction",
                /// End a transaction.
                RemoteStopTransaction = "RemoteStopTransaction",
                /// Reserve a connector.
                ReserveNow = "ReserveNow",
                /// Restart.
                Reset = "Reset",
                /// Change the local authorisation list.
                SendLocalList = "SendLocalList",
                /// Install a charging profile.
                SetChargingProfile = "SetChargingProfile",
                /// Send a message now.
                TriggerMessage = "TriggerMessage",
                /// Release a cable.
                UnlockConnector = "UnlockConnector",
                /// Install a firmware.
                UpdateFirmware = "UpdateFirmware",
                $($of_security)*
            }
        }
    };
}

#[cfg(not(feature = "security"))]
actions! {}

#[cfg(feature = "security")]
actions! {
    /// Hand over the certificate of the charge point, signed.
    CertificateSigned = "CertificateSigned",
    /// Forget a root certificate.
    DeleteCertificate = "DeleteCertificate",
    /// Send a message now, of those of the security whitepaper too.
    ExtendedTriggerMessage = "ExtendedTriggerMessage",
    /// Tell the root certificates that are installed.
    GetInstalledCertificateIds = "GetInstalledCertificateIds",
    /// Upload a log.
    GetLog = "GetLog",
    /// Install a firmware that is signed.
    SignedUpdateFirmware = "SignedUpdateFirmware",
    /// Install a root certificate.
    InstallCertificate = "InstallCertificate",
}
