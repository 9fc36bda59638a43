//! What updates and diagnostics have in common: a file goes over the network by the hands of the firmware, and the central
//! system is told how far it is (OCPP 1.6 §4.4, §4.5).
//!
//! The request lies in a record, not in RAM, for a location may be long: it is written before the request is answered, and
//! read again for each try.

mod asking;
mod course;
mod diagnostics;
mod direction;
mod firmware;
mod installation;
#[cfg(feature = "security")]
mod log;
#[cfg(feature = "security")]
mod log_entries;
mod progress;
mod protocols;
mod records;
mod reports;
mod request;
#[cfg_attr(not(feature = "security"), path = "../absent/signed_update.rs")]
mod signed_update;
mod telling;

pub use diagnostics::DiagnosticsRequest;
pub(crate) use diagnostics::FileNameInput;
pub(crate) use direction::Direction;
pub use firmware::InstallationStatus;
#[cfg(feature = "security")]
pub use log::{LogRequest, LogUpload, LogUploadStatus};
#[cfg(feature = "security")]
pub(super) use progress::POLL_INTERVAL;
pub use progress::TransferStatus;
pub use protocols::FileTransferProtocol;
pub(crate) use protocols::{SUPPORTED_FILE_TRANSFER_PROTOCOLS, set_file_transfer_protocols};
pub(crate) use request::{TransferRefused, WantedTransfer};
#[cfg(feature = "security")]
pub use signed_update::{FirmwareVerifier, SignerVerdict};
pub(crate) use telling::StatusReport;

use diagnostics::Diagnostics;
use firmware::Firmware;
#[cfg(feature = "security")]
use log::LogTransfer;
use progress::{Transfer, TransferStage};

/// All of them.
pub(crate) struct Transfers<'a> {
    pub(crate) firmware: Firmware<'a>,
    pub(crate) diagnostics: Diagnostics<'a>,
    #[cfg(feature = "security")]
    pub(crate) log: LogTransfer<'a>,
}

impl<'a> Transfers<'a> {
    pub(super) const fn new() -> Self {
        Self {
            firmware: Firmware::new(),
            diagnostics: Diagnostics::new(),
            #[cfg(feature = "security")]
            log: LogTransfer::new(),
        }
    }

    /// Whether there is anything of the profile FirmwareManagement.
    pub(super) fn manages_firmware(&self) -> bool {
        self.firmware.can_update() || self.diagnostics.can_upload()
    }

    /// Whether the installation of this firmware ended with this boot.
    pub(super) fn is_firmware_new(&self) -> bool {
        self.firmware.is_new
    }

    /// RST-07: whether a reset would leave half a firmware. Of one that does not tell nobody knows.
    pub(super) fn is_writing_firmware(&self) -> bool {
        self.firmware.transfer.stage == TransferStage::Installing && self.firmware.installation_status.is_some()
    }

    fn transfer(&mut self, direction: Direction) -> &mut Transfer<'a> {
        match direction {
            Direction::Download => &mut self.firmware.transfer,
            Direction::Upload => &mut self.diagnostics.transfer,
            #[cfg(feature = "security")]
            Direction::Log => &mut self.log.transfer,
        }
    }
}
