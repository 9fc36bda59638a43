//! The course of a transfer: when it is tried, what a try comes to, and when it is tried again.

use super::Transfers;
use super::direction::Direction;
use super::firmware::ANNOUNCEMENT_S;
use super::progress::{POLL_INTERVAL, Transfer, TransferStage, TransferStatus, seconds_after};
use super::request::TransferRequest;
use crate::station::common::Common;
use crate::station::{Station, keys};
use crate::store::StorageOp;
use crate::time::{Duration, Instant};
use crate::types::FeatureProfile;

impl Transfers<'_> {
    /// The profile is there when the firmware does some of it.
    pub(crate) fn announce_firmware_management(&self, common: &mut Common<'_>) {
        let is_there = self.manages_firmware();
        common.keys.set_member(
            &keys::SUPPORTED_FEATURE_PROFILES,
            FeatureProfile::FirmwareManagement as usize,
            is_there,
        );
    }

    /// The record of a request is written, or may be. An update is what the record says; diagnostics that nobody knows of any
    /// more are not uploaded.
    pub(super) fn request_stored(&mut self, common: &mut Common<'_>, direction: Direction, is_stored: bool) {
        if is_stored || direction == Direction::Download {
            self.transfer(direction).stage = TransferStage::Reading;
            common.persistence.has_chores = true;
        } else {
            self.end_transfer(common, direction);
        }
    }

    /// The link came up or went down.
    pub(crate) fn transfers_link(&mut self, common: &mut Common<'_>, online: bool) {
        for direction in Direction::ALL {
            let direction = *direction;
            let transfer = self.transfer(direction);
            transfer.reports.link(online);
            if transfer.stage == TransferStage::Asked {
                self.request_stored(common, direction, false);
            }
        }
    }

    /// Whether there is anything to move on.
    fn has_transfers(&self) -> bool {
        let is_idle = |transfer: &Transfer<'_>| transfer.stage == TransferStage::Idle;
        #[cfg(feature = "security")]
        if !is_idle(&self.log.transfer) {
            return true;
        }
        !is_idle(&self.firmware.transfer) || !is_idle(&self.diagnostics.transfer) || self.firmware.closes_connectors
    }

    /// Moves a transfer on as far as its conditions allow.
    #[inline(never)]
    pub(super) fn advance_transfer(&mut self, common: &mut Common<'_>, now: Instant, direction: Direction) {
        let transfer = self.transfer(direction);
        let at = transfer.at;
        let due = match transfer.stage {
            TransferStage::Running => return self.advance_running(common, now, direction),
            TransferStage::Retrying => Instant::from_secs(at.into()),
            TransferStage::Waiting if at == 0 => now,
            TransferStage::Waiting => match common.clock.date(now) {
                Some(date) => now + Duration::from_secs(at.saturating_sub(date.as_unix())),
                None => return,
            },
            _ => return,
        };
        if due > now {
            common.agenda.wake_at(due);
        } else if common.online {
            // Without a link a try would be in vain.
            self.transfer(direction).stage = TransferStage::Loading;
            common.persistence.has_chores = true;
        }
    }

    fn advance_running(&mut self, common: &mut Common<'_>, now: Instant, direction: Direction) {
        #[cfg(feature = "security")]
        if direction == Direction::Log {
            return self.advance_log(common, now);
        }
        let [_, done, _] = direction.statuses();
        let transfer = self.transfer(direction);
        match transfer.status.map_or(TransferStatus::Done, |status| status()) {
            TransferStatus::Running => common.agenda.wake_at(now + POLL_INTERVAL),
            TransferStatus::Failed => self.transfer_failed(common, now, direction),
            TransferStatus::Done => {
                transfer.reports.push(done);
                match direction {
                    Direction::Download => {
                        transfer.at = seconds_after(now, ANNOUNCEMENT_S);
                        self.firmware.transfer.stage = self.firmware.signed.stage_after_download();
                    }
                    _ => self.end_transfer(common, direction),
                }
            }
        }
    }

    pub(super) fn transfer_failed(&mut self, common: &mut Common<'_>, now: Instant, direction: Direction) {
        let [_, _, failed] = direction.statuses();
        let transfer = self.transfer(direction);
        transfer.reports.push(failed);
        if let Some(left) = transfer.retries_left.checked_sub(1) {
            transfer.retries_left = left;
            transfer.at = seconds_after(now, transfer.interval);
            transfer.stage = TransferStage::Retrying;
            common.agenda.look_again();
        } else {
            self.end_transfer(common, direction);
        }
    }

    pub(super) fn end_transfer(&mut self, common: &mut Common<'_>, direction: Direction) {
        let transfer = self.transfer(direction);
        transfer.stage = TransferStage::Idle;
        transfer.unsaved = true;
        common.persistence.has_chores = true;
        common.agenda.look_again();
    }

    /// A record that is to be read, for a request or for a try.
    pub(crate) fn transfer_to_load(&mut self, direction: Direction) -> Option<StorageOp> {
        match self.transfer(direction).stage {
            TransferStage::Reading | TransferStage::Loading => Some(StorageOp::Load(direction.key())),
            #[cfg(feature = "security")]
            TransferStage::Running if direction == Direction::Log => self.log_entry_op(),
            _ => None,
        }
    }

    /// The device fails to read the location: that is a try that has failed.
    pub(crate) fn transfer_unreadable(&mut self, common: &mut Common<'_>, now: Instant, direction: Direction) {
        if self.transfer(direction).stage == TransferStage::Loading {
            self.transfer_failed(common, now, direction);
        }
    }
}

impl Station<'_> {
    /// Moves on what is under way.
    pub(crate) fn advance_transfers(&mut self, now: Instant) {
        if self.transfers.has_transfers() {
            self.advance_firmware(now);
            self.transfers.advance_transfer(&mut self.core.common, now, Direction::Upload);
            #[cfg(feature = "security")]
            self.transfers.advance_transfer(&mut self.core.common, now, Direction::Log);
        }
    }

    /// The record is loaded, if there is one that can be.
    pub(crate) fn transfer_loaded(&mut self, now: Instant, direction: Direction, record: Option<&[u8]>) {
        #[cfg(feature = "security")]
        if direction == Direction::Log && self.transfers.log.transfer.stage == TransferStage::Running {
            return self.log_entry_loaded(now, record);
        }
        let request = record.and_then(|record| TransferRequest::read(direction.key(), record));
        let transfer = self.transfers.transfer(direction);
        match (request, transfer.stage) {
            (Some(request), TransferStage::Reading) => {
                let is_download = direction == Direction::Download;
                transfer.adopt(&request, if is_download { request.from } else { 0 });
                if is_download {
                    self.transfers.firmware.signed.adopt(request.id, request.to);
                    self.transfers.firmware.signed_update_adopted(&self.core.common.clock, now, request.from);
                }
            }
            (None, TransferStage::Reading) => self.transfers.end_transfer(&mut self.core.common, direction),
            (Some(request), TransferStage::Loading) => {
                let [begun, ..] = direction.statuses();
                transfer.stage = TransferStage::Running;
                transfer.reports.push(begun);
                match direction {
                    Direction::Download => self.transfers.firmware.download(&request),
                    Direction::Upload => self.transfers.diagnostics.upload(&request),
                    #[cfg(feature = "security")]
                    Direction::Log => self.upload_log(&request),
                }
            }
            (None, TransferStage::Loading) => self.transfers.transfer_failed(&mut self.core.common, now, direction),
            _ => {}
        }
    }
}
