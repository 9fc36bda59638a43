use super::symbols::symbols;

symbols! {
    /// What matters to the security of a charge point (security whitepaper §8).
    SecurityEvent {
        /// The firmware was replaced. Critical.
        FirmwareUpdated = "FirmwareUpdated",
        /// The central system did not take the credentials of this charge point.
        FailedToAuthenticateAtCentralSystem = "FailedToAuthenticateAtCentralSystem",
        /// The credentials of the central system were not right.
        CentralSystemFailedToAuthenticate = "CentralSystemFailedToAuthenticate",
        /// The clock was set to another time. Critical.
        SettingSystemTime = "SettingSystemTime",
        /// The charge point has booted. Critical.
        StartupOfTheDevice = "StartupOfTheDevice",
        /// It was reset. Critical.
        ResetOrReboot = "ResetOrReboot",
        /// The security log was cleared. Critical.
        SecurityLogWasCleared = "SecurityLogWasCleared",
        /// A key, a profile or another security parameter was changed.
        ReconfigurationOfSecurityParameters = "ReconfigurationOfSecurityParameters",
        /// Memory has run out. Critical.
        MemoryExhaustion = "MemoryExhaustion",
        /// Messages came in that are none.
        InvalidMessages = "InvalidMessages",
        /// Somebody has sent again what was sent before.
        AttemptedReplayAttacks = "AttemptedReplayAttacks",
        /// The case was opened, say. Critical.
        TamperDetectionActivated = "TamperDetectionActivated",
        /// The signature of a firmware is not right.
        InvalidFirmwareSignature = "InvalidFirmwareSignature",
        /// The certificate that signs a firmware is not to be trusted.
        InvalidFirmwareSigningCertificate = "InvalidFirmwareSigningCertificate",
        /// The certificate of the central system is not to be trusted.
        InvalidCentralSystemCertificate = "InvalidCentralSystemCertificate",
        /// A certificate for this charge point is not valid.
        InvalidChargePointCertificate = "InvalidChargePointCertificate",
        /// The central system speaks no TLS version that may be used.
        InvalidTLSVersion = "InvalidTLSVersion",
        /// The central system has no TLS cipher suite that may be used.
        InvalidTLSCipherSuite = "InvalidTLSCipherSuite",
    }
}

symbols! {
    /// How far a signed update is (security whitepaper §6.7). The first ones are those of an update that is not signed.
    SignedFirmwareStatus {
        /// The new firmware is there.
        Downloaded = "Downloaded",
        /// The download has failed.
        DownloadFailed = "DownloadFailed",
        /// The new firmware is being downloaded.
        Downloading = "Downloading",
        /// There is nothing to do.
        Idle = "Idle",
        /// The installation has failed.
        InstallationFailed = "InstallationFailed",
        /// The new firmware is being installed.
        Installing = "Installing",
        /// The new firmware is installed.
        Installed = "Installed",
        /// The download waits for its date.
        DownloadScheduled = "DownloadScheduled",
        /// The download pauses.
        DownloadPaused = "DownloadPaused",
        /// The charge point reboots to install it.
        InstallRebooting = "InstallRebooting",
        /// The installation waits for its date.
        InstallScheduled = "InstallScheduled",
        /// What was installed does not work.
        InstallVerificationFailed = "InstallVerificationFailed",
        /// The signature is not right.
        InvalidSignature = "InvalidSignature",
        /// The signature is right.
        SignatureVerified = "SignatureVerified",
    }
}

symbols! {
    /// How far an upload of a log is (security whitepaper §6.19).
    LogStatus {
        /// The request cannot be followed, as its location cannot be.
        BadMessage = "BadMessage",
        /// There is nothing to do.
        Idle = "Idle",
        /// The protocol of the location is not known here.
        NotSupportedOperation = "NotSupportedOperation",
        /// The server of the location does not allow it.
        PermissionDenied = "PermissionDenied",
        /// The file is uploaded.
        Uploaded = "Uploaded",
        /// The upload has failed.
        UploadFailure = "UploadFailure",
        /// The file is being uploaded.
        Uploading = "Uploading",
    }
}

symbols! {
    /// Which log is wanted (security whitepaper §6.13).
    LogType {
        /// What helps to find a fault.
        DiagnosticsLog = "DiagnosticsLog",
        /// What matters to security.
        SecurityLog = "SecurityLog",
    }
}

impl SecurityEvent {
    /// Whether the central system must hear of it (security whitepaper A04.FR.01, §8).
    pub const fn is_critical(self) -> bool {
        matches!(
            self,
            Self::FirmwareUpdated
                | Self::SettingSystemTime
                | Self::StartupOfTheDevice
                | Self::ResetOrReboot
                | Self::SecurityLogWasCleared
                | Self::MemoryExhaustion
                | Self::TamperDetectionActivated
        )
    }

    /// Whether it is told. Those about firmware (L01.FR.02, L01.FR.03), certificates and TLS are, though they are not
    /// critical: certification tools wait for them, and OCPP 2.0.1 has them among the critical ones.
    pub(crate) const fn is_told(self) -> bool {
        self.is_critical() || self as u8 >= Self::InvalidFirmwareSignature as u8
    }
}
