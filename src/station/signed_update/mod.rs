//! SignedUpdateFirmware: an update that proves where it comes from (security whitepaper L01).
//!
//! It goes the way of any other update; before it, the firmware looks at the certificate that has signed it, and behind the
//! download at the signature.

mod request;
mod verifier;

pub use verifier::{FirmwareVerifier, SignerVerdict};

use super::answer::Cause;
use super::transfer::{Direction, POLL_INTERVAL, Stage, seconds_after};
use super::{FirmwareStatus, SecurityEvent, SignedFirmwareStatus, Station, firmware};
use crate::station::common::Common;
use crate::station::transfer::Transfers;
use crate::time::{Duration, Instant};
use crate::types::Symbol;
use core::task::Poll;
use request::Intake;

/// What an update has more that is signed.
pub(super) struct SignedUpdate<'a> {
    verifier: Option<&'a dyn FirmwareVerifier>,
    accepts_unsigned: bool,
    intake: Intake,
    /// The request that is under way, or was last, if it was a signed one.
    request_id: Option<i32>,
    /// Not to be installed before, in seconds since 1970; 0 for at once.
    install_at: u32,
    /// The last status that was told.
    last: Option<SignedFirmwareStatus>,
    /// The trigger that waits is one of the security whitepaper.
    pub(super) is_triggered: bool,
}

impl SignedUpdate<'_> {
    pub(super) const fn new() -> Self {
        Self {
            verifier: None,
            accepts_unsigned: false,
            intake: Intake::new(),
            request_id: None,
            install_at: 0,
            last: None,
            is_triggered: false,
        }
    }

    /// What is under way now was asked for by this request; by none, it is not signed.
    pub(super) fn adopt(&mut self, request_id: Option<i32>, install_at: u32) {
        self.request_id = request_id;
        self.install_at = install_at;
    }

    /// The request that is under way, or was last, if it was a signed one.
    pub(super) fn request_id(&self) -> Option<i32> {
        self.request_id
    }

    /// How many statuses there are to be told of what is under way.
    pub(super) fn statuses(&self) -> usize {
        if self.request_id.is_some() { SignedFirmwareStatus::ALL.len() } else { FirmwareStatus::ALL.len() }
    }

    /// A status goes out; that of a trigger is told with the same words.
    pub(super) fn told(&mut self, status: u8) {
        self.last = SignedFirmwareStatus::from_code(status);
    }

    /// What a trigger of the security whitepaper is answered with (L01.FR.28, L01.FR.29).
    pub(super) fn present(&self) -> SignedFirmwareStatus {
        match self.last {
            Some(SignedFirmwareStatus::Installed) | None => SignedFirmwareStatus::Idle,
            _ if self.request_id.is_none() => SignedFirmwareStatus::Idle,
            Some(status) => status,
        }
    }
}

impl<'a> Transfers<'a> {
    pub(crate) fn set_firmware_verifier(&mut self, verifier: &'a dyn FirmwareVerifier) {
        self.firmware.signed.verifier = Some(verifier);
    }

    pub(crate) fn accept_unsigned_updates(&mut self, accepts: bool) {
        self.firmware.signed.accepts_unsigned = accepts;
    }

    /// L01.FR.20: who verifies takes no update that nobody has signed, unless the firmware says otherwise.
    pub(super) fn may_update_unsigned(&self) -> Result<(), Cause> {
        let signed = &self.firmware.signed;
        if signed.verifier.is_some() && !signed.accepts_unsigned { Err(Cause::NotSupported) } else { Ok(()) }
    }

    /// A request has been taken over; the central system hears when it is not for now (L01.FR.13).
    pub(super) fn signed_update_adopted(&mut self, common: &Common<'_>, now: Instant, from: u32) {
        let is_signed = self.firmware.signed.request_id.is_some();
        if is_signed && common.clock.date(now).is_some_and(|date| date.as_unix() < from) {
            let reports = &mut self.firmware.transfer.reports;
            reports.push(SignedFirmwareStatus::DownloadScheduled.code());
        }
    }

    /// Where a download that is done goes on.
    pub(super) fn stage_after_download(&self) -> Stage {
        match self.firmware.signed.request_id {
            Some(_) => Stage::Verifying,
            None => Stage::Downloaded,
        }
    }

    fn signature_verified(&mut self, common: &mut Common<'_>, now: Instant) {
        let is_early = self.until_installation(common, now) > 0;
        let transfer = &mut self.firmware.transfer;
        transfer.reports.push(SignedFirmwareStatus::SignatureVerified.code());
        if is_early {
            transfer.reports.push(SignedFirmwareStatus::InstallScheduled.code()); // L01.FR.16
            transfer.stage = Stage::Scheduled;
            common.look_again();
        } else {
            self.go_on_to_installation(common, now);
        }
    }

    fn go_on_to_installation(&mut self, common: &mut Common<'_>, now: Instant) {
        let transfer = &mut self.firmware.transfer;
        transfer.stage = Stage::Downloaded;
        transfer.at = seconds_after(now, firmware::ANNOUNCEMENT_S);
        common.look_again();
    }

    /// Seconds until the update may be installed.
    fn until_installation(&self, common: &Common<'_>, now: Instant) -> u32 {
        let at = self.firmware.signed.install_at;
        common.clock.date(now).map_or(0, |date| at.saturating_sub(date.as_unix()))
    }
}

impl Station<'_> {
    /// Between the download of a signed update and its installation.
    pub(super) fn advance_signed_update(&mut self, now: Instant) {
        let signed = &self.transfers.firmware.signed;
        match self.transfers.firmware.transfer.stage {
            Stage::Verifying => match signed.verifier.map_or(Poll::Ready(false), FirmwareVerifier::verify) {
                Poll::Pending => self.core.common.wake_at(now + POLL_INTERVAL),
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
            Stage::Scheduled => match self.transfers.until_installation(&self.core.common, now) {
                0 => self.transfers.go_on_to_installation(&mut self.core.common, now),
                seconds => self.core.common.wake_at(now + Duration::from_secs(seconds)),
            },
            _ => {}
        }
    }
}
