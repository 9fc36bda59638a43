//! SignedUpdateFirmware: first the certificate, then the record of the request, then the answer (security whitepaper §5.21).

use super::intake::IntakeStage;
use super::{FirmwareVerifier, SignerVerdict};
use crate::base64::Decoder;
use crate::json::{Field, JsonStr, Kind, Payload, Value};
use crate::station::Station;
use crate::station::answer::{Cause, StatusAnswer};
use crate::station::transfer::Transfers;
use crate::station::transfer::direction::Direction;
use crate::station::transfer::progress::{POLL_INTERVAL, Stage};
use crate::station::transfer::request::TransferRequest;
use crate::store::{Scratch, StorageOp, registry};
use crate::time::Instant;
use crate::types::SecurityEvent;
use core::task::Poll;

/// SignedUpdateFirmware.req.
const FIELDS: [Field; 4] = [
    Field::required("requestId", Kind::Integer),
    Field::required("firmware", Kind::Object),
    Field::optional("retries", Kind::Integer),
    Field::optional("retryInterval", Kind::Integer),
];
/// FirmwareType (security whitepaper §6.8).
const FIRMWARE_FIELDS: [Field; 5] = [
    Field::required("location", Kind::Text(512)),
    Field::required("retrieveDateTime", Kind::DATE),
    Field::optional("installDateTime", Kind::DATE),
    Field::required("signingCertificate", Kind::Text(CERTIFICATE_LEN_MAX)),
    Field::required("signature", Kind::Text(800)),
];
const CERTIFICATE_LEN_MAX: u16 = 5500;

impl Transfers<'_> {
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
        let (IntakeStage::Taking, Some(verifier)) = (signed.intake.stage, signed.verifier) else { return false };
        signed.intake.take(verifier, piece);
        true
    }

    /// What came is void: the call that brought it is gone, or refused.
    pub(crate) fn drop_signing_certificate(&mut self) {
        let signed = &mut self.firmware.signed;
        if let (IntakeStage::Taking | IntakeStage::Examining, Some(verifier)) = (signed.intake.stage, signed.verifier) {
            verifier.abort();
        }
        signed.intake.stage = IntakeStage::Idle;
    }

    /// Whether such a request can be taken at all.
    pub(crate) fn has_verifier(&self) -> bool {
        self.firmware.signed.verifier.is_some()
    }

    /// Hands the certificate, unless it has come in pieces, and the signature to the firmware.
    fn take_update(
        &mut self,
        verifier: &dyn FirmwareVerifier,
        certificate: Option<JsonStr<'_>>,
        signature: Option<JsonStr<'_>>,
    ) -> Result<(), Cause> {
        let intake = &mut self.firmware.signed.intake;
        if intake.stage != IntakeStage::Taking {
            intake.begin(verifier);
            certificate.unwrap_or(JsonStr::EMPTY).in_pieces(&mut |piece| intake.take(verifier, piece));
        }
        if intake.len > CERTIFICATE_LEN_MAX.into() {
            return Err(Cause::ValueTooLong);
        }
        let mut is_taken = true;
        decode(signature.unwrap_or(JsonStr::EMPTY), &mut |octets| is_taken &= verifier.signature(octets))?;
        if intake.has_failed || !is_taken {
            return Err(Cause::DeviceFailed);
        }
        intake.stage = IntakeStage::Examining;
        Ok(())
    }
}

impl Station<'_> {
    /// `None` while the firmware or the device is at work.
    #[inline(never)]
    pub(crate) fn signed_update_firmware(
        &mut self,
        now: Instant,
        payload: Payload<'_>,
        scratch: &mut Scratch<'_>,
    ) -> Result<Option<StatusAnswer>, Cause> {
        if self.transfers.firmware.signed.intake.stage == IntakeStage::Storing {
            let Some(result) = self.core.common.device_result() else { return Ok(None) };
            self.transfers.request_stored(&mut self.core.common, Direction::Download, result.is_ok());
            let intake = &mut self.transfers.firmware.signed.intake;
            intake.stage = IntakeStage::Idle;
            result.map_err(|_| Cause::DeviceFailed)?;
            let status = if intake.cancels { StatusAnswer::AcceptedCanceled } else { StatusAnswer::Accepted };
            return Ok(Some(status));
        }
        match self.look_at_update(now, payload, scratch) {
            Ok(Poll::Pending) => Ok(None),
            Ok(Poll::Ready(status)) => {
                self.transfers.drop_signing_certificate();
                Ok(Some(status))
            }
            Err(cause) => {
                self.transfers.drop_signing_certificate();
                Err(cause)
            }
        }
    }

    fn look_at_update(
        &mut self,
        now: Instant,
        payload: Payload<'_>,
        scratch: &mut Scratch<'_>,
    ) -> Result<Poll<StatusAnswer>, Cause> {
        let verifier = self.transfers.firmware.signed.verifier.ok_or(Cause::NotSupported)?;
        if !self.transfers.firmware.can_update() {
            return Err(Cause::NotSupported);
        }
        let is_new = self.transfers.firmware.signed.intake.stage != IntakeStage::Examining;
        let update = if is_new { Some(Update::read(payload)?) } else { None };
        if self.transfers.firmware.transfer.stage >= Stage::Announced {
            return Ok(Poll::Ready(StatusAnswer::Rejected)); // L01.FR.27
        }
        if let Some(update) = update {
            self.transfers.take_update(verifier, update.certificate, update.signature)?;
        }
        match verifier.is_trusted() {
            Poll::Pending => {
                self.core.common.wake_at(now + POLL_INTERVAL);
                return Ok(Poll::Pending);
            }
            Poll::Ready(SignerVerdict::Trusted) => {}
            Poll::Ready(SignerVerdict::Failed) => return Ok(Poll::Ready(StatusAnswer::Rejected)),
            Poll::Ready(SignerVerdict::Revoked) => return Ok(Poll::Ready(StatusAnswer::RevokedCertificate)),
            Poll::Ready(SignerVerdict::Invalid) => {
                self.security.security_event(
                    &mut self.core.common,
                    now,
                    SecurityEvent::InvalidFirmwareSigningCertificate,
                    "",
                ); // L01.FR.02
                return Ok(Poll::Ready(StatusAnswer::InvalidCertificate));
            }
        }
        let Update { id, request, .. } = Update::read(payload)?;
        let len = TransferRequest::write(scratch.blank(), registry::FIRMWARE_UPDATE, &request, id)?;
        let transfer = &mut self.transfers.firmware.transfer;
        let cancels = transfer.stage != Stage::Idle;
        transfer.begin();
        let intake = &mut self.transfers.firmware.signed.intake;
        intake.cancels = cancels;
        intake.stage = IntakeStage::Storing;
        self.core.common.ask_device(StorageOp::Store(registry::FIRMWARE_UPDATE, len));
        Ok(Poll::Pending)
    }
}

/// What is asked for.
struct Update<'p> {
    id: Option<i32>,
    /// What goes into the record.
    request: [Value<'p>; 5],
    certificate: Option<JsonStr<'p>>,
    signature: Option<JsonStr<'p>>,
}

impl<'p> Update<'p> {
    fn read(payload: Payload<'p>) -> Result<Self, Cause> {
        let [id, firmware, retries, interval] = payload.read(&FIELDS)?;
        let [location, retrieve, install, certificate, signature] = firmware.members(&FIRMWARE_FIELDS)?;
        let request = [location, retrieve, retries, interval, install];
        Ok(Self { id: id.integer(), request, certificate: certificate.text(), signature: signature.text() })
    }
}

/// Base64, with white space between as some write it.
fn decode(text: JsonStr<'_>, take: &mut dyn FnMut(&[u8])) -> Result<(), Cause> {
    let (mut base64, mut octets) = (Decoder::new(), [0; 3]);
    let mut is_empty = true;
    for c in text.chars().filter(|c| !c.is_ascii_whitespace()) {
        is_empty = false;
        let character = u8::try_from(c).unwrap_or(b'?');
        match base64.push(character, &mut octets) {
            Some([]) => {}
            Some(octets) => take(octets),
            None => return Err(Cause::Signature),
        }
    }
    if is_empty || !base64.is_whole() { Err(Cause::Signature) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn decoded(text: &'static str) -> Option<Vec<u8>> {
        let mut octets = Vec::new();
        decode(JsonStr::from_escaped(text), &mut |piece| octets.extend_from_slice(piece)).ok().map(|()| octets)
    }

    #[test]
    fn sec_33_a_signature_is_base64() {
        // RFC 4648 §10
        for (octets, text) in
            [("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9v\\nYmFy")]
        {
            assert_eq!(decoded(text).as_deref(), Some(octets.as_bytes()));
        }
        assert_eq!(decoded("+/+/"), Some([0xfb, 0xff, 0xbf].to_vec()));
        for text in ["", "Zg", "Zg=", "Zg===", "Z===", "=Zg=", "Zg==Zg==", "Zm9v!", "Zm9-", "äöüß"] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }
}
