//! The signed values of a message on the wire (note §3.2.1): JSON within a text of JSON, a page for each piece.

use super::attached::Piece;
use super::meter::SignedForm;
use super::sending::Sending;
use crate::base64;
use crate::json::{Json, Writer};
use crate::station::metering::{ENERGY, write_reading};
use crate::station::{MeterReading, ReadingContext};
use crate::types::Symbol;

/// One piece on the wire.
pub(super) struct SignedPiece<'s> {
    pub(super) sending: &'s Sending,
    pub(super) index: u8,
    /// Other values stand before.
    pub(super) follows: bool,
    /// None: it cannot be read.
    pub(super) piece: Option<Piece<'s>>,
}

impl Json for SignedPiece<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let Sending { attached, signed: [begun, ended], context, .. } = self.sending;
        let (place, count, signed, context) = match self.index.checked_sub(attached.begin) {
            None => (self.index, attached.begin, *begun, ReadingContext::TransactionBegin),
            Some(place) => (place, attached.other, *ended, *context),
        };
        let is_tail = place.saturating_add(1) >= count;
        if place == 0 {
            if self.follows {
                writer.raw(b",");
            }
            writer.raw(b"{\"timestamp\":");
            writer.date(signed);
            writer.raw(br#","sampledValue":[{"value":"{\"signedMeterData\":\""#);
        }
        match &self.piece {
            Some(Piece::Tail { reading, signing_method, encoding_method, public_key }) => {
                write_tail(writer, signing_method, encoding_method, public_key, context, reading);
            }
            _ if is_tail => write_tail(writer, "", "", &[], context, &ENERGY),
            Some(Piece::Data { form: SignedForm::Base64, bytes }) => writer.raw(bytes),
            Some(Piece::Data { form: SignedForm::Bytes, bytes }) => write_base64(writer, bytes),
            None => {}
        }
        if self.index.saturating_add(1) >= attached.pieces() {
            writer.raw(b"]}");
        }
    }
}

/// What stands behind the data, up to the end of the meter value.
fn write_tail(
    writer: &mut Writer<'_>,
    signing_method: &str,
    encoding_method: &str,
    public_key: &[u8],
    context: ReadingContext,
    reading: &MeterReading,
) {
    writer.raw(br#"\",\"signingMethod\":\""#);
    writer.raw(signing_method.as_bytes());
    writer.raw(br#"\",\"encodingMethod\":\""#);
    writer.raw(encoding_method.as_bytes());
    writer.raw(br#"\",\"publicKey\":\""#);
    write_base64(writer, public_key);
    writer.raw(br#"\"}","context":"#);
    writer.raw(context.quoted());
    writer.raw(br#","format":"SignedData""#);
    write_reading(writer, reading);
    writer.raw(b"}]}");
}

pub(super) fn write_base64(writer: &mut Writer<'_>, bytes: &[u8]) {
    base64::groups(bytes.iter().copied()).for_each(|group| writer.raw(&group));
}
