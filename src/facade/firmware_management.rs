use super::controls::Controls;
use crate::station::{
    DiagnosticsRequest, DiagnosticsStatus, FileNameInput, FileTransferProtocol, FirmwareStatus, InstallationStatus,
    TransferStatus, set_file_transfer_protocols,
};

/// Updates and diagnostics: the profile FirmwareManagement (OCPP 1.6 §5.9, §5.19). All is to be set before the first poll.
///
/// The crate decides when something is done and tells the central system; how files go over the network, and how a firmware
/// is installed, the firmware knows. The profile is supported when both [`set_on_download`](Self::set_on_download) and
/// [`set_on_install`](Self::set_on_install) are set, or both
/// [`set_diagnostics_file_name_input`](Self::set_diagnostics_file_name_input) and [`set_on_upload`](Self::set_on_upload).
impl<'a> Controls<'a> {
    /// Begins to download a firmware from this URL, in place of a download that still runs. It may name a user and a
    /// password, and has no blanks or control characters; a protocol that is not understood is a download that has failed.
    ///
    /// A request with a location that does not fit a record of 512 bytes is refused with a CALLERROR. One that is accepted
    /// survives a reboot until the installation begins: what was interrupted begins anew.
    pub fn set_on_download(&mut self, output: &'a dyn Fn(&str)) {
        self.engine.change().transfers.firmware.set_on_download(output);
    }

    /// How far the download is: asked every 10 ms while one runs, and may move it on by a piece each time. Without it a
    /// download is done when the [output](Self::set_on_download) returns.
    pub fn set_download_status_input(&mut self, input: &'a dyn Fn() -> TransferStatus) {
        self.engine.change().transfers.firmware.set_download_status_input(input);
    }

    /// Installs the firmware that was downloaded, when no session is under way; from the end of the download on connectors
    /// that are free are Unavailable. It may
    /// restart the charge point at once or later. After that Installed is told if
    /// [`Boot::firmware_version`](crate::Boot::firmware_version) differs from that of before, or if there is none; else
    /// InstallationFailed.
    pub fn set_on_install(&mut self, output: &'a dyn Fn()) {
        self.engine.change().transfers.firmware.set_on_install(output);
    }

    /// How far the installation is: asked every 10 ms while one runs, and may move it on by a piece each time. Installed is told
    /// as soon as it says so, also where the new firmware runs only after a reset. Until then a reset is rejected. Without it
    /// the installation ends with the reboot, and only so.
    pub fn set_installation_status_input(&mut self, input: &'a dyn Fn() -> InstallationStatus) {
        self.engine.change().transfers.firmware.set_installation_status_input(input);
    }

    /// How far an update is: what a trigger tells. Idle also while it waits for its date.
    pub fn firmware_status(&self) -> FirmwareStatus {
        self.engine.station.transfers.firmware.status()
    }

    /// Names the file that is going to be uploaded, or says that there is nothing to upload. More than 255 characters are
    /// cut.
    pub fn set_diagnostics_file_name_input(&mut self, input: FileNameInput<'a>) {
        self.engine.change().transfers.diagnostics.set_file_name_input(input);
    }

    /// Begins to upload the file of this name, in place of an upload that still runs. Does not outlive a reboot.
    pub fn set_on_upload(&mut self, output: &'a dyn Fn(&DiagnosticsRequest<'_>, &str)) {
        self.engine.change().transfers.diagnostics.set_on_upload(output);
    }

    /// How far the upload is: asked every 10 ms while one runs, and may move it on by a piece each time. Without it an upload
    /// is done when the [output](Self::set_on_upload) returns.
    pub fn set_upload_status_input(&mut self, input: &'a dyn Fn() -> TransferStatus) {
        self.engine.change().transfers.diagnostics.set_upload_status_input(input);
    }

    /// How far an upload is: what a trigger tells.
    pub fn diagnostics_status(&self) -> DiagnosticsStatus {
        self.engine.station.transfers.diagnostics.status()
    }

    /// What the firmware can load files over: the value of SupportedFileTransferProtocols. None at first.
    pub fn set_file_transfer_protocols(&mut self, protocols: &[FileTransferProtocol]) {
        set_file_transfer_protocols(&mut self.engine.change().core.common.keys, protocols);
    }
}
