//! Signed values on the wire (note §3.2.1): JSON within a text of JSON, a page for each piece. And the keys that go with them.

use super::keys::NAME_LEN_MAX;
use super::meter_values::write_reading;
use crate::base64;
use crate::json::{BufferFull, Json, JsonStr, Writer, integer, name};
use crate::rpc::Composer;
use crate::station::core_profile::Core;
use crate::station::metering::ENERGY;
use crate::station::signed_values::{KEY_LEN_MAX, MeterPublicKey, PageOfPiece, Piece, SignedForm, SignedPiece};
use crate::station::{ConnectorId, MeterReading, ReadingContext};
use crate::store::Scratch;
use crate::types::Symbol;

/// The number of the connector follows (note §3.3.1).
const METER_PUBLIC_KEY: &str = "MeterPublicKey";

/// The key MeterPublicKey that is named so.
pub(super) fn meter_public_key_named<'k>(core: &'k Core<'_>, name: JsonStr<'_>) -> Option<MeterPublicKey<'k>> {
    let mut text = [0; NAME_LEN_MAX as usize];
    let name = name.copy_to(&mut text).ok()?;
    let (key, number) = name.split_at_checked(METER_PUBLIC_KEY.len())?;
    let id = integer(number.as_bytes()).and_then(|id| ConnectorId::try_from(id).ok())?;
    if key.eq_ignore_ascii_case(METER_PUBLIC_KEY) { core.meter_public_key(id) } else { None }
}

/// Writes the page of a piece; nothing yet, when the piece must be loaded first.
pub(super) fn write_on(core: &mut Core<'_>, scratch: &Scratch<'_>, composer: &mut Composer<'_>) {
    let page = composer.page();
    match core.signed_piece(page, scratch) {
        PageOfPiece::None => {}
        PageOfPiece::Wanted => composer.suspend(page),
        PageOfPiece::Ready(piece) => {
            // A page of its own has room for the longest piece.
            let _: Result<(), BufferFull> = composer.payload(&piece);
            if !piece.is_last {
                composer.suspend(page + 1);
            }
        }
    }
}

impl Json for SignedPiece<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        if self.is_first {
            if self.follows {
                writer.raw(b",");
            }
            writer.raw(b"{\"timestamp\":");
            writer.date(self.signed);
            writer.raw(br#","sampledValue":[{"value":"{\"signedMeterData\":\""#);
        }
        match &self.piece {
            Some(Piece::Tail { reading, signing_method, encoding_method, public_key }) => {
                write_tail(writer, signing_method, encoding_method, public_key, self.context, reading);
            }
            _ if self.is_tail => write_tail(writer, "", "", &[], self.context, &ENERGY),
            Some(Piece::Data { form: SignedForm::Base64, bytes }) => writer.raw(bytes),
            Some(Piece::Data { form: SignedForm::Bytes, bytes }) => write_base64(writer, bytes),
            None => {}
        }
        if self.is_last {
            writer.raw(b"]}");
        }
    }
}

impl Json for MeterPublicKey<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("key")).raw(b"\"");
        members.raw(METER_PUBLIC_KEY.as_bytes());
        members.whole(self.id.into());
        members.raw(b"\"");
        members.name(name!("readonly")).raw(b"true");
        members.name(name!("value")).raw(b"\"");
        let mut field = [0; KEY_LEN_MAX];
        write_base64(members, self.field(&mut field));
        members.raw(b"\"");
        members.close();
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

fn write_base64(writer: &mut Writer<'_>, bytes: &[u8]) {
    base64::groups(bytes.iter().copied()).for_each(|group| writer.raw(&group));
}
