//! A request for a signed update: first the certificate, then the record of the request, then the answer (security whitepaper
//! §5.21).

use super::SignerVerdict;
use super::intake::SignerStage;
use crate::station::Station;
use crate::station::common::Common;
use crate::station::transfer::Transfers;
use crate::station::transfer::direction::Direction;
use crate::station::transfer::progress::{POLL_INTERVAL, TransferStage};
use crate::station::transfer::request::{TransferRefused, TransferRequest, WantedTransfer};
use crate::store::{Scratch, StorageOp, registry};
use crate::time::Instant;
use crate::types::SecurityEvent;
use core::task::Poll;

impl Transfers<'_> {
    /// Whether a signed update may be asked for at all.
    pub(crate) fn may_request_signed(&self) -> Result<(), TransferRefused> {
        if self.has_verifier() && self.firmware.can_update() { Ok(()) } else { Err(TransferRefused::NotSupported) }
    }

    /// A request begins that is longer than the receive buffer: its certificate is taken in pieces.
    pub(crate) fn begin_signing_certificate(&mut self) {
        let signed = &mut self.firmware.signed;
        if let Some(verifier) = signed.verifier {
            signed.intake.begin(verifier);
        }
    }

    /// Takes the next piece of that; `false` when it is not of such a request.
    pub(crate) fn take_signing_certificate(&mut self, piece: &[u8]) -> bool {
        let signed = &mut self.firmware.signed;
        let (SignerStage::Taking, Some(verifier)) = (signed.intake.stage, signed.verifier) else { return false };
        signed.intake.take(verifier, piece);
        true
    }

    /// What came is void: the call that brought it is gone, or refused.
    pub(crate) fn drop_signing_certificate(&mut self) {
        let signed = &mut self.firmware.signed;
        if let (SignerStage::Taking | SignerStage::Examining, Some(verifier)) = (signed.intake.stage, signed.verifier) {
            verifier.abort();
        }
        signed.intake.stage = SignerStage::Idle;
    }

    /// Whether such a request can be taken at all.
    pub(crate) fn has_verifier(&self) -> bool {
        self.firmware.signed.verifier.is_some()
    }

    /// Takes the next piece of the signature, which comes behind the certificate.
    pub(crate) fn take_signature(&mut self, piece: &[u8]) {
        let signed = &mut self.firmware.signed;
        if let Some(verifier) = signed.verifier {
            signed.intake.has_failed |= !verifier.signature(piece);
        }
    }

    /// Both have come: the firmware is going to look at the certificate.
    pub(crate) fn signature_taken(&mut self) -> Result<(), TransferRefused> {
        let intake = &mut self.firmware.signed.intake;
        if intake.has_failed {
            return Err(TransferRefused::DeviceFailed);
        }
        intake.stage = SignerStage::Examining;
        Ok(())
    }

    /// The certificate is trusted: the record of the request is written.
    pub(crate) fn request_signed(
        &mut self,
        common: &mut Common<'_>,
        id: Option<i32>,
        wanted: &WantedTransfer<'_>,
        scratch: &mut Scratch<'_>,
    ) -> Result<(), TransferRefused> {
        let len = TransferRequest::write(scratch.blank(), registry::FIRMWARE_UPDATE, wanted, id)?;
        let transfer = &mut self.firmware.transfer;
        let cancels = transfer.stage != TransferStage::Idle;
        transfer.begin();
        let intake = &mut self.firmware.signed.intake;
        intake.cancels = cancels;
        intake.stage = SignerStage::Storing;
        common.persistence.held_call.ask(StorageOp::Store(registry::FIRMWARE_UPDATE, len));
        Ok(())
    }

    /// What has become of that record, and whether the request takes the place of another one; `None` while the device is at
    /// work.
    pub(crate) fn signed_request_kept(&mut self, common: &mut Common<'_>) -> Option<Result<bool, TransferRefused>> {
        let result = self.request_kept(common, Direction::Download)?;
        let intake = &mut self.firmware.signed.intake;
        intake.stage = SignerStage::Idle;
        Some(result.map(|()| intake.cancels))
    }
}

impl Station<'_> {
    /// What the firmware says of the certificate.
    pub(crate) fn signer_verdict(&mut self, now: Instant) -> Poll<SignerVerdict> {
        let common = &mut self.core.common;
        let verdict = self
            .transfers
            .firmware
            .signed
            .verifier
            .map_or(Poll::Ready(SignerVerdict::Failed), |verifier| verifier.is_trusted());
        match verdict {
            Poll::Pending => common.agenda.wake_at(now + POLL_INTERVAL),
            Poll::Ready(SignerVerdict::Invalid) => {
                self.security.security_event(common, now, SecurityEvent::InvalidFirmwareSigningCertificate, ""); // L01.FR.02
            }
            Poll::Ready(_) => {}
        }
        verdict
    }
}
