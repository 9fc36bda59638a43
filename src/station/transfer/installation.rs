//! From a download to the end of its installation (OCPP 1.6 §4.5).

use super::direction::Direction;
use super::firmware::{ANNOUNCEMENT_S, InstallationStatus};
use super::progress::{POLL_INTERVAL, TransferStage, seconds_after};
use crate::station::Station;
use crate::station::session::Phase;
use crate::time::Instant;
use crate::types::{FirmwareStatus, Symbol};

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
            TransferStage::Downloaded | TransferStage::Announced if !is_heard => self.core.common.agenda.wake_at(until),
            // A reset that is under way comes first.
            TransferStage::Downloaded | TransferStage::Announced if is_resetting => {}
            // FW-05
            TransferStage::Downloaded
                if self.core.connectors.iter().all(|connector| connector.session.phase() == Phase::Idle) =>
            {
                transfer.reports.push(FirmwareStatus::Installing.code());
                if is_told {
                    transfer.at = seconds_after(now, ANNOUNCEMENT_S);
                }
                transfer.stage = TransferStage::Announced;
                self.core.common.agenda.look_again();
            }
            TransferStage::Announced => {
                transfer.stage = TransferStage::Storing;
                transfer.unsaved = true;
                self.core.common.persistence.has_chores = true;
            }
            TransferStage::Stored if is_resetting => transfer.stage = TransferStage::Announced,
            TransferStage::Stored => {
                transfer.stage = TransferStage::Installing;
                if let Some(install) = self.transfers.firmware.on_install {
                    install();
                }
                self.core.common.agenda.look_again();
            }
            TransferStage::Installing => {
                let ended = match self.transfers.firmware.installation_status.map(|status| status()) {
                    None => None, // FW-06: with the reboot
                    Some(InstallationStatus::Running) => {
                        self.core.common.agenda.wake_at(now + POLL_INTERVAL);
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
        let closes = stage > TransferStage::Downloaded || stage == TransferStage::Downloaded && is_heard;
        if closes != self.transfers.firmware.closes_connectors {
            self.transfers.firmware.closes_connectors = closes;
            self.core.close_connectors(now, closes);
        }
    }
}
