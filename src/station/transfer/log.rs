//! GetLog: what is known of the upload (security whitepaper N01).

use super::diagnostics::FILE_NAME_LEN_MAX;
use super::progress::{Transfer, TransferStage};
use super::request::TransferRequest;
use crate::json::clip;
use crate::station::SecurityLogEntry;
use crate::store::registry;
use crate::time::{DateTime, Instant};
use crate::types::{LogStatus, LogType};

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

impl<'r> LogRequest<'r> {
    pub(super) fn new(log_type: LogType, request: &TransferRequest<'r>) -> Self {
        let [oldest_timestamp, latest_timestamp] = request.span();
        Self { log_type, location: request.location, oldest_timestamp, latest_timestamp }
    }
}

/// The upload that was asked for, or is under way.
pub(crate) struct LogTransfer<'a> {
    pub(super) transfer: Transfer<'a>,
    pub(super) upload: Option<&'a dyn LogUpload>,
    pub(crate) file_name: &'a str,
    pub(super) request_id: i32,
    pub(super) log_type: LogType,
    /// It took the place of another one.
    pub(crate) replaces: bool,
    /// What the request limits the entries to, in seconds since 1970; 0 for no limit.
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) feeding: Feeding,
}

/// How far the firmware has the security log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Feeding {
    /// This entry is wanted from the device.
    Entry(u32),
    /// The firmware has not taken it, and is asked again then.
    Again(u32, Instant),
    Done,
}

impl<'a> LogTransfer<'a> {
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
    pub(crate) fn set_upload(&mut self, upload: &'a dyn LogUpload) {
        self.upload = Some(upload);
    }

    /// What the firmware calls the file that is wanted, if it has one.
    pub(super) fn file_of(&self, log_type: LogType, record: &[u8]) -> Option<&'a str> {
        let request = TransferRequest::read(registry::LOG_UPLOAD, record)?;
        self.upload?.file_name(&LogRequest::new(log_type, &request)).map(|name| clip(name, FILE_NAME_LEN_MAX))
    }

    /// How far an upload of a log is: what a trigger tells.
    pub(crate) fn status(&self) -> LogStatus {
        match self.transfer.stage {
            TransferStage::Retrying => LogStatus::UploadFailure,
            TransferStage::Loading | TransferStage::Running => LogStatus::Uploading,
            _ => LogStatus::Idle,
        }
    }

    /// Whether the request covers an entry. What nobody can date it does.
    pub(super) fn wants(&self, entry: &SecurityLogEntry<'_>) -> bool {
        let Some(date) = entry.timestamp.map(DateTime::as_unix) else { return true };
        date >= self.from && (self.to == 0 || date <= self.to)
    }
}
