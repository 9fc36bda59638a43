//! GetLog: the upload of a log, and what is told of it (security whitepaper N01, §5.9, §5.10).
//!
//! The security log lies on the device: its entries are read one by one and handed to the firmware, which uploads them.

use super::answer::Cause;
use super::common::Common;
use super::diagnostics::FILE_NAME_LEN_MAX;
use super::security;
use super::transfer::Transfers;
use super::transfer::{Direction, POLL_INTERVAL, Stage, Transfer};
use super::transfer_request::TransferRequest;
use super::{LogStatus, LogType, SecurityLogEntry, Station};
use crate::json::{Field, Json, Kind, Payload, Value, Writer, clip, name};
use crate::rpc::{Composer, Reply};
use crate::store::{Scratch, StorageOp, registry};
use crate::time::{DateTime, Instant};
use crate::types::Symbol;

/// How the firmware uploads logs.
pub trait LogUpload {
    /// Names the file that is going to be uploaded, or says that there is nothing to upload: then GetLog is rejected. More
    /// than 255 characters are cut.
    fn file_name(&self, request: &LogRequest<'_>) -> Option<&str>;

    /// Begins to upload the file of this name; anew when a try has failed. The entries of a security log follow.
    fn begin(&self, request: &LogRequest<'_>, file_name: &str);

    /// Takes the next entry of the security log, the oldest first; `None` says that there is no other one. `false`: not now,
    /// the same is offered again 10 ms later.
    fn entry(&self, entry: Option<&SecurityLogEntry<'_>>) -> bool;

    /// How far the upload is: asked every 10 ms once it has all entries, and may move it on by a piece each time.
    fn status(&self) -> LogUploadStatus;

    /// Another log is wanted: this upload is given up.
    fn cancel(&self);
}

/// What the firmware says of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LogUploadStatus {
    /// It goes on; ask again.
    Running,
    /// The file is whole where it belongs.
    Done,
    /// It is given up; there may be another try.
    Failed,
    /// The location makes no sense.
    BadMessage,
    /// The server does not allow it.
    PermissionDenied,
    /// The protocol of the location is not known here.
    NotSupported,
}

/// The log that the central system wants (security whitepaper §5.9, §6.14).
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LogRequest<'r> {
    /// Which log.
    pub log_type: LogType,
    /// The URL of the directory into which the file is to be uploaded. It may name a user and a password, and has no blanks
    /// or control characters.
    pub location: &'r str,
    /// The oldest entry that is wanted; all when there is none. A security log comes with no older one.
    pub oldest_timestamp: Option<DateTime>,
    /// The latest entry that is wanted; all when there is none.
    pub latest_timestamp: Option<DateTime>,
}

/// The upload that was asked for, or is under way.
pub(super) struct Log<'a> {
    pub(super) transfer: Transfer<'a>,
    upload: Option<&'a dyn LogUpload>,
    file_name: &'a str,
    pub(super) request_id: i32,
    log_type: LogType,
    /// It took the place of another one.
    replaces: bool,
    /// What the request limits the entries to, in seconds since 1970; 0 for no limit.
    from: u32,
    to: u32,
    feeding: Feeding,
}

/// How far the firmware has the security log.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Feeding {
    /// This entry is wanted from the device.
    Entry(u32),
    /// The firmware has not taken it, and is asked again then.
    Again(u32, Instant),
    Done,
}

impl Log<'_> {
    pub(super) const fn new() -> Self {
        Self {
            transfer: Transfer::new(),
            upload: None,
            file_name: "",
            request_id: 0,
            log_type: LogType::DiagnosticsLog,
            replaces: false,
            from: 0,
            to: 0,
            feeding: Feeding::Done,
        }
    }
}

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

impl<'a> Transfers<'a> {
    pub(crate) fn set_log_upload(&mut self, upload: &'a dyn LogUpload) {
        self.log.upload = Some(upload);
    }

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
            let Some(result) = common.persistence.held_call.result() else { return Ok(Reply::Held) };
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
        let Some(file_name) = self.log_file(log_type, record.get(..len).unwrap_or_default()) else {
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
        common.persistence.held_call.ask(StorageOp::Store(registry::LOG_UPLOAD, len));
        Ok(Reply::Held)
    }

    /// What the firmware calls the file that is wanted, if it has one.
    fn log_file(&self, log_type: LogType, record: &[u8]) -> Option<&'a str> {
        let request = TransferRequest::read(registry::LOG_UPLOAD, record)?;
        self.log.upload?.file_name(&log_request(log_type, &request)).map(|name| clip(name, FILE_NAME_LEN_MAX))
    }

    /// How far an upload of a log is: what a trigger tells.
    pub(crate) fn log_status(&self) -> LogStatus {
        match self.log.transfer.stage {
            Stage::Retrying => LogStatus::UploadFailure,
            Stage::Loading | Stage::Running => LogStatus::Uploading,
            _ => LogStatus::Idle,
        }
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
            upload.begin(&log_request(log.log_type, request), log.file_name);
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

impl Log<'_> {
    /// Whether the request covers an entry. What nobody can date it does.
    fn wants(&self, entry: &SecurityLogEntry<'_>) -> bool {
        let Some(date) = entry.timestamp.map(DateTime::as_unix) else { return true };
        date >= self.from && (self.to == 0 || date <= self.to)
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

fn log_request<'r>(log_type: LogType, request: &TransferRequest<'r>) -> LogRequest<'r> {
    let [oldest_timestamp, latest_timestamp] = request.span();
    LogRequest { log_type, location: request.location, oldest_timestamp, latest_timestamp }
}
