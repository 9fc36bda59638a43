//! GetDiagnostics: the upload, and what is told of it (OCPP 1.6 §4.4, §5.9).

use super::progress::{Transfer, TransferStage, TransferStatus};
use super::request::TransferRequest;
use crate::json::clip;
use crate::store::registry;
use crate::time::DateTime;
use crate::types::DiagnosticsStatus;

/// The diagnostics that the central system wants (OCPP 1.6 §6.25).
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DiagnosticsRequest<'r> {
    /// The URL of the directory into which the file is to be uploaded. It may name a user and a password, and has no blanks
    /// or control characters.
    pub location: &'r str,
    /// The oldest entry that is wanted; all when there is none.
    pub start_time: Option<DateTime>,
    /// The latest entry that is wanted; all when there is none.
    pub stop_time: Option<DateTime>,
}

impl<'r> DiagnosticsRequest<'r> {
    fn new(request: &TransferRequest<'r>) -> Self {
        let [start_time, stop_time] = request.span();
        Self { location: request.location, start_time, stop_time }
    }
}

/// Names the file that is to be uploaded.
pub(crate) type FileNameInput<'a> = &'a dyn Fn(&DiagnosticsRequest<'_>) -> Option<&'a str>;

/// Begins to upload the file of this name.
pub(crate) type UploadOutput<'a> = &'a dyn Fn(&DiagnosticsRequest<'_>, &str);

/// The upload that was asked for, or is under way.
pub(crate) struct Diagnostics<'a> {
    pub(super) transfer: Transfer<'a>,
    file_name_input: Option<FileNameInput<'a>>,
    on_upload: Option<UploadOutput<'a>>,
    pub(crate) file_name: &'a str,
}

/// The longest name of a file that may be told (OCPP 1.6 §6.26, security whitepaper §5.10).
pub(super) const FILE_NAME_LEN_MAX: usize = 255;

impl<'a> Diagnostics<'a> {
    pub(super) const fn new() -> Self {
        Self { transfer: Transfer::new(), file_name_input: None, on_upload: None, file_name: "" }
    }

    pub(crate) fn set_file_name_input(&mut self, input: FileNameInput<'a>) {
        self.file_name_input = Some(input);
    }

    pub(crate) fn set_on_upload(&mut self, output: UploadOutput<'a>) {
        self.on_upload = Some(output);
    }

    pub(crate) fn set_upload_status_input(&mut self, input: &'a dyn Fn() -> TransferStatus) {
        self.transfer.status = Some(input);
    }

    pub(super) fn can_upload(&self) -> bool {
        self.file_name_input.is_some() && self.on_upload.is_some()
    }

    /// How far an upload of diagnostics is.
    pub(crate) fn status(&self) -> DiagnosticsStatus {
        match self.transfer.stage {
            TransferStage::Retrying => DiagnosticsStatus::UploadFailed,
            TransferStage::Loading | TransferStage::Running => DiagnosticsStatus::Uploading,
            _ => DiagnosticsStatus::Idle,
        }
    }

    /// Asks the firmware for the name of the file; `false` when there is nothing to upload.
    pub(super) fn name_file(&mut self, record: &[u8]) -> bool {
        let Some(request) = TransferRequest::read(registry::DIAGNOSTICS, record).filter(|_| self.can_upload()) else {
            return false;
        };
        let input = self.file_name_input;
        let Some(file_name) = input.and_then(|input| input(&DiagnosticsRequest::new(&request))) else { return false };
        self.file_name = clip(file_name, FILE_NAME_LEN_MAX);
        true
    }

    pub(super) fn upload(&self, request: &TransferRequest<'_>) {
        if let Some(upload) = self.on_upload {
            upload(&DiagnosticsRequest::new(request), self.file_name);
        }
    }
}
