//! A signed update between its request and its installation (security whitepaper L01).

use super::FirmwareVerifier;
use crate::station::Station;
use crate::station::common::Common;
use crate::station::transfer::Transfers;
use crate::station::transfer::direction::Direction;
use crate::station::transfer::firmware::{ANNOUNCEMENT_S, Firmware};
use crate::station::transfer::progress::{POLL_INTERVAL, TransferStage, seconds_after};
use crate::time::{Clock, Duration, Instant};
use crate::types::{SecurityEvent, SignedFirmwareStatus, Symbol};
use core::task::Poll;

impl Firmware<'_> {
    /// A request has been taken over; the central system hears when it is not for now (L01.FR.13).
    pub(crate) fn signed_update_adopted(&mut self, clock: &Clock, now: Instant, from: u32) {
        let is_signed = self.signed.request_id.is_some();
        if is_signed && clock.date(now).is_some_and(|date| date.as_unix() < from) {
            self.transfer.reports.push(SignedFirmwareStatus::DownloadScheduled.code());
        }
    }
}

impl Transfers<'_> {
    fn signature_verified(&mut self, common: &mut Common<'_>, now: Instant) {
        let is_early = self.firmware.signed.until_installation(&common.clock, now) > 0;
        let transfer = &mut self.firmware.transfer;
        transfer.reports.push(SignedFirmwareStatus::SignatureVerified.code());
        if is_early {
            transfer.reports.push(SignedFirmwareStatus::InstallScheduled.code()); // L01.FR.16
            transfer.stage = TransferStage::Scheduled;
            common.agenda.look_again();
        } else {
            self.go_on_to_installation(common, now);
        }
    }

    fn go_on_to_installation(&mut self, common: &mut Common<'_>, now: Instant) {
        let transfer = &mut self.firmware.transfer;
        transfer.stage = TransferStage::Downloaded;
        transfer.at = seconds_after(now, ANNOUNCEMENT_S);
        common.agenda.look_again();
    }
}

impl Station<'_> {
    /// Between the download of a signed update and its installation.
    pub(crate) fn advance_signed_update(&mut self, now: Instant) {
        let signed = &self.transfers.firmware.signed;
        match self.transfers.firmware.transfer.stage {
            TransferStage::Verifying => match signed.verifier.map_or(Poll::Ready(false), FirmwareVerifier::verify) {
                Poll::Pending => self.core.common.agenda.wake_at(now + POLL_INTERVAL),
                Poll::Ready(true) => self.transfers.signature_verified(&mut self.core.common, now),
                Poll::Ready(false) => {
                    let reports = &mut self.transfers.firmware.transfer.reports;
                    reports.push(SignedFirmwareStatus::InvalidSignature.code());
                    self.transfers.end_transfer(&mut self.core.common, Direction::Download);
                    self.security.security_event(
                        &mut self.core.common,
                        now,
                        SecurityEvent::InvalidFirmwareSignature,
                        "",
                    ); // L01.FR.03
                }
            },
            TransferStage::Scheduled => {
                match self.transfers.firmware.signed.until_installation(&self.core.common.clock, now) {
                    0 => self.transfers.go_on_to_installation(&mut self.core.common, now),
                    seconds => self.core.common.agenda.wake_at(now + Duration::from_secs(seconds)),
                }
            }
            _ => {}
        }
    }
}
