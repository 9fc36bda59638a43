//! GetLog: the upload of a log, and what is told of it (security whitepaper N01, §5.9, §5.10).
//!
//! The security log lies on the device: its entries are read one by one and handed to the firmware, which uploads them.

use super::Transfers;
use super::direction::Direction;
use super::log::{Feeding, LogRequest, LogUpload, LogUploadStatus};
use super::progress::{POLL_INTERVAL, Stage};
use super::request::TransferRequest;
use crate::json::{Field, Json, Kind, Payload, Value, Writer, name};
use crate::rpc::{Composer, Reply};
use crate::station::answer::Cause;
use crate::station::common::Common;
use crate::station::{Station, security};
use crate::store::{Scratch, StorageOp, registry};
use crate::time::Instant;
use crate::types::{LogStatus, LogType, Symbol};

/// GetLog.conf (security whitepaper §5.10).
struct LogAnswer<'f> {
    status: &'static str,
    file_name: Option<&'f str>,
}

impl Json for LogAnswer<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("status")).plain(self.status);
        if let Some(file_name) = self.file_name {
            members.name(name!("filename")).text(file_name);
        }
        members.close();
    }
}

impl Transfers<'_> {
    /// Answers GetLog when the record of the request is written.
    #[inline(never)]
    pub(crate) fn get_log(
        &mut self,
        common: &mut Common<'_>,
        payload: Payload<'_>,
        answer: &mut Composer<'_>,
        scratch: &mut Scratch<'_>,
    ) -> Result<Reply, Cause> {
        if self.log.transfer.stage == Stage::Asked {
            let Some(result) = common.device_result() else { return Ok(Reply::Held) };
            self.request_stored(common, Direction::Log, result.is_ok());
            result.map_err(|_| Cause::DeviceFailed)?;
            let log = &self.log;
            let status = if log.replaces { "AcceptedCanceled" } else { "Accepted" };
            answer.payload(&LogAnswer { status, file_name: Some(log.file_name) })?;
            return Ok(Reply::Now);
        }
        let (log_type, id, values) = read_request(payload)?;
        let record = scratch.blank();
        let len = TransferRequest::write(record, registry::LOG_UPLOAD, &values, None)?;
        let Some(file_name) = self.log.file_of(log_type, record.get(..len).unwrap_or_default()) else {
            answer.payload(&LogAnswer { status: "Rejected", file_name: None })?;
            return Ok(Reply::Now);
        };
        let log = &mut self.log;
        log.replaces = log.transfer.stage > Stage::Asked;
        if log.transfer.stage == Stage::Running
            && let Some(upload) = log.upload
        {
            upload.cancel();
        }
        (log.file_name, log.request_id, log.log_type) = (file_name, id, log_type);
        log.transfer.begin();
        common.ask_device(StorageOp::Store(registry::LOG_UPLOAD, len));
        Ok(Reply::Held)
    }

    /// The entry that is wanted from the device.
    pub(super) fn log_entry_op(&self) -> Option<StorageOp> {
        let log = &self.log;
        match log.feeding {
            Feeding::Entry(number) if log.transfer.stage == Stage::Running => {
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
            Feeding::Again(_, at) if now < at => return common.wake_at(at),
            Feeding::Again(number, _) => {
                log.feeding = Feeding::Entry(number);
                common.persistence.has_chores = true;
                return;
            }
            Feeding::Done => {}
        }
        let status = match log.upload.map_or(LogUploadStatus::Failed, LogUpload::status) {
            LogUploadStatus::Running => return common.wake_at(now + POLL_INTERVAL),
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

/// The type, the id, and what goes into the record.
fn read_request(payload: Payload<'_>) -> Result<(LogType, i32, [Value<'_>; 5]), Cause> {
    const FIELDS: [Field; 5] = [
        Field::required("logType", Kind::Text(20)),
        Field::required("requestId", Kind::Integer),
        Field::required("log", Kind::Object),
        Field::optional("retries", Kind::Integer),
        Field::optional("retryInterval", Kind::Integer),
    ];
    const LOG_FIELDS: [Field; 3] = [
        Field::required("remoteLocation", Kind::Text(512)),
        Field::optional("oldestTimestamp", Kind::DATE),
        Field::optional("latestTimestamp", Kind::DATE),
    ];
    let [log_type, id, log, retries, interval] = payload.read(&FIELDS)?;
    let log_type = log_type.text().and_then(LogType::from_json).ok_or(Cause::Type)?;
    let [location, oldest, latest] = log.members(&LOG_FIELDS)?;
    Ok((log_type, id.integer().unwrap_or(0), [location, oldest, retries, interval, latest]))
}
