//! Diagnostics: what the log remembers, as a file.

use crate::config::Config;
use crate::files::Transfer;
use crate::trace::Log;
use embedded_ocpp::ocpp16::{DiagnosticsRequest, TransferStatus};
use std::cell::RefCell;

pub(crate) struct Diagnostics<'o> {
    config: &'o Config,
    log: &'o Log,
    upload: RefCell<Option<Transfer>>,
}

impl<'o> Diagnostics<'o> {
    pub(crate) fn new(config: &'o Config, log: &'o Log) -> Self {
        Self { config, log, upload: RefCell::default() }
    }

    pub(crate) fn begin(&self, request: &DiagnosticsRequest<'_>, file_name: &str) {
        self.log.note(&format!("uploads {file_name} to {}", request.location));
        let content = self.log.remembered(request.start_time, request.stop_time);
        let ca_file = self.config.ca_file.as_deref();
        *self.upload.borrow_mut() = Some(Transfer::upload(request.location, file_name, content.into_bytes(), ca_file));
    }

    pub(crate) fn status(&self) -> TransferStatus {
        let result = match &*self.upload.borrow() {
            Some(upload) => upload.result(),
            None => return TransferStatus::Failed,
        };
        match result {
            None => TransferStatus::Running,
            Some(Ok(_)) => TransferStatus::Done,
            Some(Err(error)) => {
                self.log.note(&format!("not uploaded: {error}"));
                TransferStatus::Failed
            }
        }
    }
}
