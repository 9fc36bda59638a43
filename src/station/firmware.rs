//! UpdateFirmware: download, installation, and what is told of both (OCPP 1.6 §4.5, §5.19).
//!
//! Until the installation begins the record is the request: whatever a reboot interrupts begins anew. Then it is what must
//! be known after the reboot: the version that was replaced, and what the central system has not been told.

use super::answer::Cause;
use super::common::Common;
use super::session::Phase;
use super::shelf::RecordChange;
use super::signed_update::SignedUpdate;
use super::transfer::Transfers;
use super::transfer::{Direction, POLL_INTERVAL, Stage, Transfer, seconds_after};
use super::transfer_request::TransferRequest;
use super::{FirmwareStatus, Station};
use crate::json::{Field, Kind};
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::{Scratch, SetKey, registry};
use crate::time::Instant;
use crate::types::Symbol;

/// What the firmware can load from and to.
pub(super) const SUPPORTED_FILE_TRANSFER_PROTOCOLS: SetKey =
    SetKey::new(46, "SupportedFileTransferProtocols", &["FTP", "FTPS", "HTTP", "HTTPS"]);

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
pub(super) struct Firmware<'a> {
    pub(super) transfer: Transfer<'a>,
    on_download: Option<&'a dyn Fn(&str)>,
    on_install: Option<&'a dyn Fn()>,
    installation_status: Option<&'a dyn Fn() -> InstallationStatus>,
    /// Connectors go out of service as they become free.
    pub(super) closes_connectors: bool,
    /// It was installed with this boot.
    is_new: bool,
    pub(super) signed: SignedUpdate<'a>,
}

/// UpdateFirmware.req (OCPP 1.6 §6.55).
pub(super) const REQUEST_FIELDS: [Field; 4] = [
    Field::required("location", Kind::Text(u16::MAX)),
    Field::required("retrieveDate", Kind::DATE),
    Field::optional("retries", Kind::Integer),
    Field::optional("retryInterval", Kind::Integer),
];

/// Seconds that the central system has to hear of what comes before it does: of the download before connectors go out of
/// service, of the installation before it begins.
pub(super) const ANNOUNCEMENT_S: u32 = 30;

/// The first byte of a record that is no [request](TransferRequest).
const INSTALLING: u8 = 1;
const OVER: u8 = 2;

impl Firmware<'_> {
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
}

impl<'a> Transfers<'a> {
    pub(crate) fn set_on_download(&mut self, output: &'a dyn Fn(&str)) {
        self.firmware.on_download = Some(output);
    }

    pub(crate) fn set_download_status_input(&mut self, input: &'a dyn Fn() -> super::TransferStatus) {
        self.firmware.transfer.status = Some(input);
    }

    pub(crate) fn set_on_install(&mut self, output: &'a dyn Fn()) {
        self.firmware.on_install = Some(output);
    }

    pub(crate) fn set_installation_status_input(&mut self, input: &'a dyn Fn() -> InstallationStatus) {
        self.firmware.installation_status = Some(input);
    }

    pub(super) fn can_update(&self) -> bool {
        self.firmware.on_download.is_some() && self.firmware.on_install.is_some()
    }

    /// How far an update is; `Idle` also while it waits for its date.
    pub(crate) fn firmware_status(&self) -> FirmwareStatus {
        match self.firmware.transfer.stage {
            Stage::Idle | Stage::Asked | Stage::Reading | Stage::Waiting => FirmwareStatus::Idle,
            Stage::Retrying => FirmwareStatus::DownloadFailed,
            Stage::Loading | Stage::Running => FirmwareStatus::Downloading,
            Stage::Verifying | Stage::Scheduled | Stage::Downloaded => FirmwareStatus::Downloaded,
            Stage::Announced | Stage::Storing | Stage::Stored | Stage::Installing => FirmwareStatus::Installing,
        }
    }

    /// RST-07: whether a reset would leave half a firmware. Of one that does not tell nobody knows.
    pub(super) fn is_writing_firmware(&self) -> bool {
        self.firmware.transfer.stage == Stage::Installing && self.firmware.installation_status.is_some()
    }

    /// Whether another update may take the place of the one that there is (FW-08).
    pub(super) fn may_update(&self) -> Result<(), Cause> {
        if !self.can_update() {
            Err(Cause::NotSupported)
        } else if self.firmware.transfer.stage >= Stage::Announced {
            Err(Cause::Installing)
        } else {
            Ok(())
        }
    }

    /// Whether the installation of this firmware ended with this boot.
    pub(super) fn is_firmware_new(&self) -> bool {
        self.firmware.is_new
    }

    pub(super) fn download(&self, request: &TransferRequest<'_>) {
        if let Some(download) = self.firmware.on_download {
            download(request.location);
        }
    }

    pub(super) fn change_firmware(&self, common: &Common<'_>, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        let transfer = &self.firmware.transfer;
        let untold = transfer.reports.untold();
        let is_over = transfer.stage == Stage::Idle;
        if is_over && untold == 0 {
            return Some(RecordChange::remove(registry::FIRMWARE_UPDATE));
        }
        let mut writer = RecordWriter::new(scratch.blank());
        writer.byte(if is_over { OVER } else { INSTALLING });
        writer.unsigned(untold.into());
        writer.text(common.boot.version().unwrap_or_default());
        if let Some(id) = self.firmware.signed.request_id() {
            writer.signed(id.into());
        }
        RecordChange::store(registry::FIRMWARE_UPDATE, writer)
    }
}

impl Station<'_> {
    /// Moves the update on as far as its conditions allow.
    pub(super) fn advance_firmware(&mut self, now: Instant) {
        self.transfers.advance_transfer(&mut self.core.common, now, Direction::Download);
        self.advance_signed_update(now);
        let is_resetting = self.reset.is_pending();
        let transfer = &mut self.transfers.firmware.transfer;
        let until = Instant::from_secs(transfer.at.into());
        let is_told = transfer.reports.untold() == 0;
        let is_heard = is_told || now >= until || !self.core.common.online;
        match transfer.stage {
            Stage::Downloaded | Stage::Announced if !is_heard => self.core.common.wake_at(until),
            // A reset that is under way comes first.
            Stage::Downloaded | Stage::Announced if is_resetting => {}
            // FW-05
            Stage::Downloaded
                if self.core.connectors.iter().all(|connector| connector.session.phase() == Phase::Idle) =>
            {
                transfer.reports.push(FirmwareStatus::Installing.code());
                if is_told {
                    transfer.at = seconds_after(now, ANNOUNCEMENT_S);
                }
                transfer.stage = Stage::Announced;
                self.core.common.look_again();
            }
            Stage::Announced => {
                transfer.stage = Stage::Storing;
                transfer.unsaved = true;
                self.core.common.persistence.has_chores = true;
            }
            Stage::Stored if is_resetting => transfer.stage = Stage::Announced,
            Stage::Stored => {
                transfer.stage = Stage::Installing;
                if let Some(install) = self.transfers.firmware.on_install {
                    install();
                }
                self.core.common.look_again();
            }
            Stage::Installing => {
                let ended = match self.transfers.firmware.installation_status.map(|status| status()) {
                    None => None, // FW-06: with the reboot
                    Some(InstallationStatus::Running) => {
                        self.core.common.wake_at(now + POLL_INTERVAL);
                        None
                    }
                    Some(InstallationStatus::Installed) => Some(FirmwareStatus::Installed),
                    Some(InstallationStatus::Failed) => Some(FirmwareStatus::InstallationFailed),
                };
                if let Some(ended) = ended {
                    self.transfers.firmware.transfer.reports.push(ended.code());
                    self.transfers.end_transfer(&mut self.core.common, Direction::Download);
                }
            }
            _ => {}
        }
        // The central system hears first why connectors go out of service.
        let stage = self.transfers.firmware.transfer.stage;
        let closes = stage > Stage::Downloaded || stage == Stage::Downloaded && is_heard;
        if closes != self.transfers.firmware.closes_connectors {
            self.transfers.firmware.closes_connectors = closes;
            self.core.close_connectors(now, closes);
        }
    }
}

impl Transfers<'_> {
    /// The record of the update is loaded after the boot.
    pub(super) fn load_firmware(&mut self, common: &mut Common<'_>, record: &[u8]) -> Option<()> {
        if let Some(request) = TransferRequest::read(registry::FIRMWARE_UPDATE, record) {
            if self.can_update() {
                self.firmware.transfer.adopt(&request, request.from);
                self.firmware.signed.adopt(request.id, request.to);
            }
            return None;
        }
        let mut reader = RecordReader::open(registry::FIRMWARE_UPDATE, record)?;
        let kind = reader.byte()?;
        let untold = reader.u32()?;
        let version = reader.text()?;
        let signed = &mut self.firmware.signed;
        signed.adopt(reader.signed().and_then(|id| i32::try_from(id).ok()), 0);
        let statuses = signed.statuses();
        let reports = &mut self.firmware.transfer.reports;
        reports.restore(untold, statuses);
        if kind == INSTALLING {
            let is_replaced = common.boot.version() != Some(version); // FW-06
            let status = if is_replaced { FirmwareStatus::Installed } else { FirmwareStatus::InstallationFailed };
            reports.push(status.code());
            if is_replaced {
                self.firmware.is_new = true;
            }
            self.end_transfer(common, Direction::Download);
        }
        Some(())
    }
}

pub(crate) fn set_file_transfer_protocols(common: &mut Common<'_>, protocols: &[super::FileTransferProtocol]) {
    for place in 0..4 {
        let is_in = protocols.iter().any(|protocol| *protocol as usize == place);
        common.keys.set_member(&SUPPORTED_FILE_TRANSFER_PROTOCOLS, place, is_in);
    }
}
