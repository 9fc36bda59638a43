//! What is asked for, until its record is written: only then it is answered.

use super::Transfers;
use super::direction::Direction;
use super::progress::TransferStage;
use super::request::{TransferRefused, TransferRequest, WantedTransfer};
use crate::station::common::Common;
#[cfg(feature = "security")]
use crate::store::registry;
use crate::store::{Scratch, StorageOp};
#[cfg(feature = "security")]
use crate::types::LogType;

impl Transfers<'_> {
    /// Whether an update or diagnostics may be asked for.
    pub(crate) fn may_request(&self, direction: Direction) -> Result<(), TransferRefused> {
        match direction {
            Direction::Download => {
                self.firmware.may_update()?;
                self.firmware.signed.may_update_unsigned()
            }
            _ => Ok(()), // the profile is there, or nobody would ask
        }
    }

    /// An update or diagnostics are wanted; `false` when there is nothing to upload.
    pub(crate) fn request(
        &mut self,
        common: &mut Common<'_>,
        direction: Direction,
        wanted: &WantedTransfer<'_>,
        scratch: &mut Scratch<'_>,
    ) -> Result<bool, TransferRefused> {
        let record = scratch.blank();
        let len = TransferRequest::write(record, direction.key(), wanted, None)?;
        let is_there =
            direction == Direction::Download || self.diagnostics.name_file(record.get(..len).unwrap_or_default());
        if is_there {
            self.transfer(direction).begin();
            common.persistence.held_call.ask(StorageOp::Store(direction.key(), len));
        }
        Ok(is_there)
    }

    /// A log is wanted; `false` when there is nothing to upload.
    #[cfg(feature = "security")]
    pub(crate) fn request_log(
        &mut self,
        common: &mut Common<'_>,
        log_type: LogType,
        id: i32,
        wanted: &WantedTransfer<'_>,
        scratch: &mut Scratch<'_>,
    ) -> Result<bool, TransferRefused> {
        let record = scratch.blank();
        let len = TransferRequest::write(record, registry::LOG_UPLOAD, wanted, None)?;
        let log = &mut self.log;
        let Some(file_name) = log.file_of(log_type, record.get(..len).unwrap_or_default()) else { return Ok(false) };
        log.replaces = log.transfer.stage > TransferStage::Asked;
        if log.transfer.stage == TransferStage::Running
            && let Some(upload) = log.upload
        {
            upload.cancel();
        }
        (log.file_name, log.request_id, log.log_type) = (file_name, id, log_type);
        log.transfer.begin();
        common.persistence.held_call.ask(StorageOp::Store(registry::LOG_UPLOAD, len));
        Ok(true)
    }

    /// Whether the record of a request is being written.
    pub(crate) fn is_requested(&mut self, direction: Direction) -> bool {
        self.transfer(direction).stage == TransferStage::Asked
    }

    /// What has become of that record; `None` while the device is at work.
    pub(crate) fn request_kept(
        &mut self,
        common: &mut Common<'_>,
        direction: Direction,
    ) -> Option<Result<(), TransferRefused>> {
        let result = common.persistence.held_call.result()?;
        self.request_stored(common, direction, result.is_ok());
        Some(result.map(|_| ()).map_err(|_| TransferRefused::DeviceFailed))
    }
}
