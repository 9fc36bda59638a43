//! SignedUpdateFirmware: an update that proves where it comes from (security whitepaper L01).
//!
//! It goes the way of any other update; before it, the firmware looks at the certificate that has signed it, and behind the
//! download at the signature.

mod intake;
mod request;
mod verification;
mod verifier;

pub use verifier::{FirmwareVerifier, SignerVerdict};

use super::progress::TransferStage;
use super::request::TransferRefused;
use crate::time::{Clock, Instant};
use crate::types::{FirmwareStatus, SignedFirmwareStatus, Symbol};
use intake::{SignerIntake, SignerStage};

/// What an update has more that is signed.
pub(crate) struct SignedUpdate<'a> {
    verifier: Option<&'a dyn FirmwareVerifier>,
    accepts_unsigned: bool,
    intake: SignerIntake,
    /// The request that is under way, or was last, if it was a signed one.
    request_id: Option<i32>,
    /// Not to be installed before, in seconds since 1970; 0 for at once.
    install_at: u32,
    /// The last status that was told.
    last: Option<SignedFirmwareStatus>,
    /// The trigger that waits is one of the security whitepaper.
    pub(crate) is_triggered: bool,
}

impl<'a> SignedUpdate<'a> {
    pub(super) const fn new() -> Self {
        Self {
            verifier: None,
            accepts_unsigned: false,
            intake: SignerIntake::new(),
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

    /// Whether the record of a request is being written.
    pub(crate) fn is_requested(&self) -> bool {
        self.intake.stage == SignerStage::Storing
    }

    /// Whether the certificate of a request comes in.
    pub(crate) fn is_taking_certificate(&self) -> bool {
        self.intake.stage == SignerStage::Taking
    }

    /// Whether the firmware looks at it.
    pub(crate) fn is_examining_certificate(&self) -> bool {
        self.intake.stage == SignerStage::Examining
    }

    /// So many characters of it have come.
    pub(crate) fn certificate_len(&self) -> u32 {
        self.intake.len
    }

    /// How many statuses there are to be told of what is under way.
    pub(super) fn statuses(&self) -> usize {
        if self.request_id.is_some() { SignedFirmwareStatus::ALL.len() } else { FirmwareStatus::ALL.len() }
    }

    #[cfg(feature = "remote-trigger")]
    pub(super) fn trigger(&mut self, is_signed: bool) {
        self.is_triggered = is_signed;
    }

    /// A status goes out; that of a trigger is told with the same words.
    pub(super) fn told(&mut self, status: Option<SignedFirmwareStatus>) {
        self.last = status;
    }

    /// What a trigger of the security whitepaper is answered with (L01.FR.28, L01.FR.29).
    pub(super) fn present(&self) -> SignedFirmwareStatus {
        match self.last {
            Some(SignedFirmwareStatus::Installed) | None => SignedFirmwareStatus::Idle,
            _ if self.request_id.is_none() => SignedFirmwareStatus::Idle,
            Some(status) => status,
        }
    }
    pub(crate) fn set_verifier(&mut self, verifier: &'a dyn FirmwareVerifier) {
        self.verifier = Some(verifier);
    }

    pub(crate) fn accept_unsigned(&mut self, accepts: bool) {
        self.accepts_unsigned = accepts;
    }

    /// L01.FR.20: who verifies takes no update that nobody has signed, unless the firmware says otherwise.
    pub(super) fn may_update_unsigned(&self) -> Result<(), TransferRefused> {
        if self.verifier.is_some() && !self.accepts_unsigned { Err(TransferRefused::NotSupported) } else { Ok(()) }
    }

    /// Where a download that is done goes on.
    pub(super) fn stage_after_download(&self) -> TransferStage {
        match self.request_id {
            Some(_) => TransferStage::Verifying,
            None => TransferStage::Downloaded,
        }
    }

    /// Seconds until the update may be installed.
    fn until_installation(&self, clock: &Clock, now: Instant) -> u32 {
        let at = self.install_at;
        clock.date(now).map_or(0, |date| at.saturating_sub(date.as_unix()))
    }
}
