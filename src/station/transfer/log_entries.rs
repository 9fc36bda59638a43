//! GetLog: the upload of a log, and what is told of it (security whitepaper N01, §5.9, §5.10).
//!
//! The security log lies on the device: its entries are read one by one and handed to the firmware, which uploads them.

use super::Transfers;
use super::direction::Direction;
use super::log::{Feeding, LogRequest, LogUpload, LogUploadStatus};
use super::progress::{POLL_INTERVAL, TransferStage};
use super::request::TransferRequest;
use crate::station::common::Common;
use crate::station::{Station, security};
use crate::store::StorageOp;
use crate::time::Instant;
use crate::types::{LogStatus, LogType, Symbol};

impl Transfers<'_> {
    /// The entry that is wanted from the device.
    pub(super) fn log_entry_op(&self) -> Option<StorageOp> {
        let log = &self.log;
        match log.feeding {
            Feeding::Entry(number) if log.transfer.stage == TransferStage::Running => {
                Some(StorageOp::Load(security::slot(number)?))
            }
            _ => None,
        }
    }

    /// Moves an upload on that is running.
    pub(super) fn advance_log(&mut self, common: &mut Common<'_>, now: Instant) {
        let log = &mut self.log;
        match log.feeding {
            Feeding::Entry(_) => return,
            Feeding::Again(_, at) if now < at => return common.agenda.wake_at(at),
            Feeding::Again(number, _) => {
                log.feeding = Feeding::Entry(number);
                common.persistence.has_chores = true;
                return;
            }
            Feeding::Done => {}
        }
        let status = match log.upload.map_or(LogUploadStatus::Failed, LogUpload::status) {
            LogUploadStatus::Running => return common.agenda.wake_at(now + POLL_INTERVAL),
            LogUploadStatus::Failed => return self.transfer_failed(common, now, Direction::Log),
            LogUploadStatus::Done => LogStatus::Uploaded,
            LogUploadStatus::BadMessage => LogStatus::BadMessage,
            LogUploadStatus::PermissionDenied => LogStatus::PermissionDenied,
            LogUploadStatus::NotSupported => LogStatus::NotSupportedOperation,
        };
        log.transfer.reports.push(status.code());
        self.end_transfer(common, Direction::Log);
    }
}

impl Station<'_> {
    /// The request lies on the device, and is read for a try.
    pub(super) fn upload_log(&mut self, request: &TransferRequest<'_>) {
        let entries = self.security.log_entries();
        let log = &mut self.transfers.log;
        (log.from, log.to) = (request.from, request.to);
        log.feeding = match log.log_type {
            LogType::SecurityLog => Feeding::Entry(entries.start),
            LogType::DiagnosticsLog => Feeding::Done,
        };
        if let Some(upload) = log.upload {
            upload.begin(&LogRequest::new(log.log_type, request), log.file_name);
        }
        self.core.common.persistence.has_chores = true;
    }

    /// An entry was loaded for the upload, if it is there.
    pub(super) fn log_entry_loaded(&mut self, now: Instant, record: Option<&[u8]>) {
        let (Feeding::Entry(number), Some(upload)) = (self.transfers.log.feeding, self.transfers.log.upload) else {
            return;
        };
        let is_over = !self.security.log_entries().contains(&number);
        let entry = record.and_then(|record| self.security.security_log_entry(&self.core.common, number, record));
        let entry = entry.filter(|entry| self.transfers.log.wants(entry));
        let is_taken = match &entry {
            _ if is_over => upload.entry(None),
            Some(entry) => upload.entry(Some(entry)),
            None => true,
        };
        self.transfers.log.feeding = match is_taken {
            false => Feeding::Again(number, now + POLL_INTERVAL),
            true if is_over => Feeding::Done,
            true => Feeding::Entry(number.wrapping_add(1)),
        };
        self.core.common.persistence.has_chores = true;
    }
}
