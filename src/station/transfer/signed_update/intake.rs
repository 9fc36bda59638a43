//! The certificate and the signature of an update, on their way to the firmware.

use super::verifier::FirmwareVerifier;

/// The certificate and the signature on their way to the firmware.
pub(super) struct SignerIntake {
    pub(super) stage: SignerStage,
    /// Characters of the certificate that have come.
    pub(super) len: u32,
    /// The firmware could not take all of it.
    pub(super) has_failed: bool,
    /// Another update was under way.
    pub(super) cancels: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SignerStage {
    Idle,
    /// The certificate comes in before the rest of its message is known.
    Taking,
    /// The firmware looks at it.
    Examining,
    /// The record of the request is being written.
    Storing,
}

impl SignerIntake {
    pub(super) const fn new() -> Self {
        Self { stage: SignerStage::Idle, len: 0, has_failed: false, cancels: false }
    }

    pub(super) fn begin(&mut self, verifier: &dyn FirmwareVerifier) {
        *self = Self { stage: SignerStage::Taking, has_failed: !verifier.begin(), ..Self::new() };
    }

    pub(super) fn take(&mut self, verifier: &dyn FirmwareVerifier, piece: &[u8]) {
        self.len = self.len.saturating_add(piece.len() as u32);
        self.has_failed = self.has_failed || !verifier.certificate(piece);
    }
}
