use super::symbols::symbols;

symbols! {
    /// How far an update is (OCPP 1.6 §7.25).
    FirmwareStatus {
        /// The new firmware is there, and waits to be installed.
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
    }
}

symbols! {
    /// How far an upload of diagnostics is (OCPP 1.6 §7.24).
    DiagnosticsStatus {
        /// There is nothing to do.
        Idle = "Idle",
        /// The file is uploaded.
        Uploaded = "Uploaded",
        /// The upload has failed.
        UploadFailed = "UploadFailed",
        /// The file is being uploaded.
        Uploading = "Uploading",
    }
}
