//! UpdateFirmware: what is known of the update (OCPP 1.6 §4.5, §5.19).

use super::progress::{Transfer, TransferStage, TransferStatus};
use super::request::{TransferRefused, TransferRequest};
use super::signed_update::SignedUpdate;
use crate::types::FirmwareStatus;

/// What the firmware says of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum InstallationStatus {
    /// It goes on; ask again.
    Running,
    /// The new firmware is installed, though it may take a reset for it to run.
    Installed,
    /// The old firmware stays.
    Failed,
}

/// The update that was asked for, or is under way.
pub(crate) struct Firmware<'a> {
    pub(super) transfer: Transfer<'a>,
    on_download: Option<&'a dyn Fn(&str)>,
    pub(super) on_install: Option<&'a dyn Fn()>,
    pub(super) installation_status: Option<&'a dyn Fn() -> InstallationStatus>,
    /// Connectors go out of service as they become free.
    pub(super) closes_connectors: bool,
    /// It was installed with this boot.
    pub(super) is_new: bool,
    pub(crate) signed: SignedUpdate<'a>,
}

/// Seconds that the central system has to hear of what comes before it does: of the download before connectors go out of
/// service, of the installation before it begins.
pub(super) const ANNOUNCEMENT_S: u32 = 30;

impl<'a> Firmware<'a> {
    pub(super) const fn new() -> Self {
        Self {
            transfer: Transfer::new(),
            on_download: None,
            on_install: None,
            installation_status: None,
            closes_connectors: false,
            is_new: false,
            signed: SignedUpdate::new(),
        }
    }

    pub(crate) fn set_on_download(&mut self, output: &'a dyn Fn(&str)) {
        self.on_download = Some(output);
    }

    pub(crate) fn set_download_status_input(&mut self, input: &'a dyn Fn() -> TransferStatus) {
        self.transfer.status = Some(input);
    }

    pub(crate) fn set_on_install(&mut self, output: &'a dyn Fn()) {
        self.on_install = Some(output);
    }

    pub(crate) fn set_installation_status_input(&mut self, input: &'a dyn Fn() -> InstallationStatus) {
        self.installation_status = Some(input);
    }

    pub(super) fn can_update(&self) -> bool {
        self.on_download.is_some() && self.on_install.is_some()
    }

    /// How far an update is; `Idle` also while it waits for its date.
    pub(crate) fn status(&self) -> FirmwareStatus {
        match self.transfer.stage {
            TransferStage::Idle | TransferStage::Asked | TransferStage::Reading | TransferStage::Waiting => {
                FirmwareStatus::Idle
            }
            TransferStage::Retrying => FirmwareStatus::DownloadFailed,
            TransferStage::Loading | TransferStage::Running => FirmwareStatus::Downloading,
            TransferStage::Verifying | TransferStage::Scheduled | TransferStage::Downloaded => {
                FirmwareStatus::Downloaded
            }
            TransferStage::Announced | TransferStage::Storing | TransferStage::Stored | TransferStage::Installing => {
                FirmwareStatus::Installing
            }
        }
    }

    /// Whether no other update can take its place any more.
    pub(crate) fn is_being_installed(&self) -> bool {
        self.transfer.stage >= TransferStage::Announced
    }

    /// Whether another update may take the place of the one that there is (FW-08).
    pub(super) fn may_update(&self) -> Result<(), TransferRefused> {
        if !self.can_update() {
            Err(TransferRefused::NotSupported)
        } else if self.is_being_installed() {
            Err(TransferRefused::Installing)
        } else {
            Ok(())
        }
    }

    pub(super) fn download(&self, request: &TransferRequest<'_>) {
        if let Some(download) = self.on_download {
            download(request.location);
        }
    }
}
