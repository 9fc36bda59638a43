//! GetLog: the security log, an entry a line, and what the log remembers.

use crate::config::Config;
use crate::files::{Transfer, TransferError};
use crate::trace::Log;
use embedded_ocpp::ocpp16::{LogRequest, LogType, LogUpload, LogUploadStatus, SecurityLogEntry};
use std::cell::RefCell;

pub(crate) struct Logs<'o> {
    config: &'o Config,
    log: &'o Log,
    diagnostics_name: String,
    security_name: String,
    /// Whose entries are still to come.
    draft: RefCell<Option<Draft>>,
    upload: RefCell<Option<Transfer>>,
}

/// A file that is being written.
struct Draft {
    location: String,
    file_name: String,
    content: String,
}

impl<'o> Logs<'o> {
    pub(crate) fn new(config: &'o Config, log: &'o Log) -> Self {
        let name = config.file_name();
        Self {
            config,
            log,
            diagnostics_name: format!("{name}.log"),
            security_name: format!("{name}.security.log"),
            draft: RefCell::default(),
            upload: RefCell::default(),
        }
    }

    fn upload(&self, Draft { location, file_name, content }: Draft) {
        self.log.note(&format!("uploads {file_name} to {location}"));
        let ca_file = self.config.ca_file.as_deref();
        *self.upload.borrow_mut() = Some(Transfer::upload(&location, &file_name, content.into_bytes(), ca_file));
    }
}

impl LogUpload for Logs<'_> {
    fn file_name(&self, request: &LogRequest<'_>) -> Option<&str> {
        Some(match request.log_type {
            LogType::DiagnosticsLog => &self.diagnostics_name,
            LogType::SecurityLog => &self.security_name,
        })
    }

    fn begin(&self, request: &LogRequest<'_>, file_name: &str) {
        let draft = |content| Draft { location: request.location.into(), file_name: file_name.into(), content };
        match request.log_type {
            LogType::DiagnosticsLog => {
                self.upload(draft(self.log.remembered(request.oldest_timestamp, request.latest_timestamp)));
            }
            LogType::SecurityLog => *self.draft.borrow_mut() = Some(draft(String::new())),
        }
    }

    fn entry(&self, entry: Option<&SecurityLogEntry<'_>>) -> bool {
        let mut draft = self.draft.borrow_mut();
        match (entry, draft.as_mut()) {
            (Some(entry), Some(draft)) => draft.content.push_str(&line(entry)),
            (None, Some(_)) => draft.take().into_iter().for_each(|draft| self.upload(draft)),
            (_, None) => {} // it was cancelled
        }
        true
    }

    fn status(&self) -> LogUploadStatus {
        let result = match &*self.upload.borrow() {
            Some(upload) => upload.result(),
            None => return LogUploadStatus::Failed,
        };
        let Some(result) = result else { return LogUploadStatus::Running };
        match result.inspect_err(|error| self.log.note(&format!("not uploaded: {error}"))) {
            Ok(_) => LogUploadStatus::Done,
            Err(TransferError::NoUrl) => LogUploadStatus::BadMessage,
            Err(TransferError::UnknownProtocol(_)) => LogUploadStatus::NotSupported,
            Err(TransferError::NotAllowed(_)) => LogUploadStatus::PermissionDenied,
            Err(TransferError::Failed(_)) => LogUploadStatus::Failed,
        }
    }

    fn cancel(&self) {
        self.draft.take();
        self.upload.take();
    }
}

/// `2026-01-31T12:00:00Z ResetOrReboot more about it`
fn line(entry: &SecurityLogEntry<'_>) -> String {
    let date = entry.timestamp.map_or("undated".into(), |date| date.to_string());
    let line = format!("{date} {} {}", entry.event, entry.tech_info);
    format!("{}\n", line.trim_end())
}
