//! UpdateFirmware: download, installation, and what is told of both (OCPP 1.6 §4.5, §5.19).

use super::Operations;
use crate::rpc::CallError;
use crate::store::{SetKey, registry};
use crate::time::Instant;

/// What the firmware can load from and to.
pub(super) const SUPPORTED_FILE_TRANSFER_PROTOCOLS: SetKey =
    SetKey::new(46, "SupportedFileTransferProtocols", &["FTP", "FTPS", "HTTP", "HTTPS"]);

/// The update that was asked for, or is under way.
pub(super) struct Firmware {}

impl Firmware {
    pub(super) const fn new() -> Self {
        Self {}
    }

    /// The record of the update is loaded after the boot.
    pub(super) fn load(&mut self, record: &[u8]) {
        let _ = (record, registry::FIRMWARE_UPDATE);
    }
}

impl Operations<'_> {
    /// `None` while the device is busy with it.
    pub(super) fn update_firmware(
        &mut self,
        now: Instant,
        payload: &str,
        record: &mut [u8],
    ) -> Result<Option<()>, CallError> {
        let _ = (now, payload, record);
        Ok(Some(()))
    }

    /// Moves the update on as far as its conditions allow.
    pub(super) fn advance_firmware(&mut self, now: Instant) {
        let _ = now;
    }
}
