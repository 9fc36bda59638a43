//! SignedUpdateFirmware (security whitepaper L01, §5.21).

use super::answer::{Cause, StatusAnswer};
use super::transfers::wanted;
use crate::base64::Decoder;
use crate::json::{Field, FieldKind, FieldValue, JsonStr, Payload};
use crate::station::transfer::Transfers;
use crate::station::{SignerVerdict, Station};
use crate::store::Scratch;
use crate::time::Instant;
use core::task::Poll;

/// SignedUpdateFirmware.req.
const FIELDS: [Field; 4] = [
    Field::required("requestId", FieldKind::Integer),
    Field::required("firmware", FieldKind::Object),
    Field::optional("retries", FieldKind::Integer),
    Field::optional("retryInterval", FieldKind::Integer),
];
/// FirmwareType (security whitepaper §6.8).
const FIRMWARE_FIELDS: [Field; 5] = [
    Field::required("location", FieldKind::Text(512)),
    Field::required("retrieveDateTime", FieldKind::DATE),
    Field::optional("installDateTime", FieldKind::DATE),
    Field::required("signingCertificate", FieldKind::Text(CERTIFICATE_LEN_MAX)),
    Field::required("signature", FieldKind::Text(800)),
];
const CERTIFICATE_LEN_MAX: u16 = 5500;

/// `None` while the firmware or the device is at work.
#[inline(never)]
pub(super) fn signed_update_firmware(
    station: &mut Station<'_>,
    now: Instant,
    payload: Payload<'_>,
    scratch: &mut Scratch<'_>,
) -> Result<Option<StatusAnswer>, Cause> {
    if station.transfers.firmware.signed.is_requested() {
        let Some(kept) = station.transfers.signed_request_kept(&mut station.core.common) else { return Ok(None) };
        return Ok(Some(if kept? { StatusAnswer::AcceptedCanceled } else { StatusAnswer::Accepted }));
    }
    let looked = look_at_update(station, now, payload, scratch);
    if !matches!(looked, Ok(None)) {
        station.transfers.drop_signing_certificate();
    }
    looked
}

fn look_at_update(
    station: &mut Station<'_>,
    now: Instant,
    payload: Payload<'_>,
    scratch: &mut Scratch<'_>,
) -> Result<Option<StatusAnswer>, Cause> {
    station.transfers.may_request_signed()?;
    let is_new = !station.transfers.firmware.signed.is_examining_certificate();
    let update = if is_new { Some(UpdateRequest::read(payload)?) } else { None };
    if station.transfers.firmware.is_being_installed() {
        return Ok(Some(StatusAnswer::Rejected)); // L01.FR.27
    }
    if let Some(update) = update {
        hand_over(&mut station.transfers, &update)?;
    }
    match station.signer_verdict(now) {
        Poll::Pending => return Ok(None),
        Poll::Ready(SignerVerdict::Trusted) => {}
        Poll::Ready(SignerVerdict::Failed) => return Ok(Some(StatusAnswer::Rejected)),
        Poll::Ready(SignerVerdict::Revoked) => return Ok(Some(StatusAnswer::RevokedCertificate)),
        Poll::Ready(SignerVerdict::Invalid) => return Ok(Some(StatusAnswer::InvalidCertificate)),
    }
    let UpdateRequest { id, request, .. } = UpdateRequest::read(payload)?;
    station.transfers.request_signed(&mut station.core.common, id, &wanted(&request)?, scratch)?;
    Ok(None)
}

/// Hands the certificate, unless it has come in pieces, and the signature to the firmware.
fn hand_over(transfers: &mut Transfers<'_>, update: &UpdateRequest<'_>) -> Result<(), Cause> {
    if !transfers.firmware.signed.is_taking_certificate() {
        transfers.begin_signing_certificate();
        update.certificate.unwrap_or(JsonStr::EMPTY).in_pieces(&mut |piece| {
            transfers.take_signing_certificate(piece);
        });
    }
    if transfers.firmware.signed.certificate_len() > CERTIFICATE_LEN_MAX.into() {
        return Err(Cause::ValueTooLong);
    }
    decode(update.signature.unwrap_or(JsonStr::EMPTY), &mut |octets| transfers.take_signature(octets))?;
    Ok(transfers.signature_taken()?)
}

/// What the message says.
struct UpdateRequest<'p> {
    id: Option<i32>,
    /// What is wanted of any update.
    request: [FieldValue<'p>; 5],
    certificate: Option<JsonStr<'p>>,
    signature: Option<JsonStr<'p>>,
}

impl<'p> UpdateRequest<'p> {
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
