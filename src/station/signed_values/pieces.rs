//! The pieces of a signed value as they are stored, in the records of a connector and in the journal.
//!
//! | piece | content |
//! |---|---|
//! | data | its form, then as many bytes as a piece has, fewer in the last one |
//! | tail, the last piece of a value | what is measured, signing method, encoding method, public key as its field has it |
//!
//! In the record of a tail stands before it: the entry of the start that the value belongs to, how many pieces of data there
//! are, and how many seconds before that start it was asked for.

use super::meter::{PrintedKey, SignedForm, SignedMeter, SigningMoment};
use crate::json::Decimal;
use crate::station::metering::{read_value, write_value};
use crate::station::{ConnectorId, MeterReading};
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::{RecordKey, registry};

/// The most pieces of data of a value.
pub(super) const DATA_PIECES_MAX: u8 = 7;
/// The longest name of an encoding or of a signing method (OCPP 2.0.1 §2.46).
pub(super) const METHOD_LEN_MAX: usize = 50;
/// The longest public key that goes into a configuration value of 500 characters (note §3.3.1), still without Base64.
pub(crate) const KEY_LEN_MAX: usize = 375;

/// The first byte of a piece in its high half, where messages have their format.
const PIECE: u8 = 0x20;
const BYTES: u8 = PIECE;
const BASE64: u8 = PIECE | 1;
const TAIL: u8 = PIECE | 2;

/// Which of the two values that a connector has records for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhichValue {
    Begin,
    /// Of the end, or of a sample.
    Other,
}

impl WhichValue {
    pub(super) fn of(moment: SigningMoment) -> Self {
        if moment == SigningMoment::Begin { Self::Begin } else { Self::Other }
    }
}

/// The record of a piece of data, or of the tail.
pub(super) fn record_of(id: ConnectorId, group: WhichValue, piece: u8) -> Option<RecordKey> {
    let place = usize::from(id) * 16 + if group == WhichValue::Other { 8 } else { 0 } + usize::from(piece);
    registry::nth(registry::SIGNED_VALUES, place)
}

/// The place of the tail among the records of a value.
pub(super) const TAIL_PLACE: u8 = DATA_PIECES_MAX;

/// Whether a key can be told.
pub(super) fn fits(key: PrintedKey<'_>) -> bool {
    let [format, printed] = key.parts();
    format.len() + printed.len() <= KEY_LEN_MAX && printed.is_ascii()
}

/// The beginning of the content of a piece of data.
pub(super) fn head_of_data(form: SignedForm) -> u8 {
    match form {
        SignedForm::Bytes => BYTES,
        SignedForm::Base64 => BASE64,
    }
}

/// Whether these bytes can go out in this form.
pub(super) fn is_told(form: SignedForm, bytes: &[u8]) -> bool {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    form == SignedForm::Bytes || bytes.iter().all(is_base64)
}

/// Writes a tail.
pub(super) fn write_tail(record: &mut RecordWriter<'_>, meter: &dyn SignedMeter, with_key: bool) {
    record.byte(TAIL);
    write_value(record, &meter.reading(), Decimal::whole(0));
    record.text(method(meter.signing_method()));
    record.text(method(meter.encoding_method()));
    if let Some(key) = meter.public_key().filter(|key| with_key && fits(*key)) {
        write_key(record, key);
    }
}

/// A key that fits, as its field has it, but for Base64 (note §3.2.2).
pub(super) fn field_of<'b>(key: PrintedKey<'_>, buffer: &'b mut [u8; KEY_LEN_MAX]) -> &'b [u8] {
    let mut field = RecordWriter::bare(buffer);
    write_key(&mut field, key);
    let len = field.position();
    buffer.get(..len).unwrap_or_default()
}

fn write_key(field: &mut RecordWriter<'_>, key: PrintedKey<'_>) {
    key.parts().iter().for_each(|part| field.bytes(part.as_bytes()));
}

/// The name of a method as it can be told.
fn method(name: &str) -> &str {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    if name.len() <= METHOD_LEN_MAX && name.bytes().all(is_plain) { name } else { "" }
}

/// A piece as it lies in the journal.
pub(crate) enum Piece<'p> {
    Data { form: SignedForm, bytes: &'p [u8] },
    Tail { reading: MeterReading, signing_method: &'p str, encoding_method: &'p str, public_key: &'p [u8] },
}

impl<'p> Piece<'p> {
    /// Reads an entry of the journal that is sound.
    pub(super) fn reread(record: &'p [u8]) -> Option<Self> {
        let mut content = RecordReader::reopen(record)?;
        let form = match content.byte()? {
            BYTES => SignedForm::Bytes,
            BASE64 => SignedForm::Base64,
            TAIL => {
                let (reading, _) = read_value(&mut content)?;
                let (signing_method, encoding_method) = (method(content.text()?), method(content.text()?));
                return Some(Self::Tail { reading, signing_method, encoding_method, public_key: content.rest() });
            }
            _ => return None,
        };
        let bytes = content.rest();
        is_told(form, bytes).then_some(Self::Data { form, bytes })
    }
}

/// Whether an entry of the journal is a piece, and not a message.
pub(crate) fn is_piece(record: &[u8]) -> bool {
    record.first().is_some_and(|first| first & 0xf0 == PIECE)
}

/// What the record of a tail tells beside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seal {
    /// The entry of the start.
    pub(super) start: u32,
    /// How many pieces of data there are.
    pub(super) pieces: u8,
    pub(super) before_start_s: u32,
}

impl Seal {
    pub(super) fn write(self, record: &mut RecordWriter<'_>) {
        record.unsigned(self.start.into());
        record.byte(self.pieces);
        record.unsigned(self.before_start_s.into());
    }

    /// The seal in the record of a tail, which follows in what is left of `content`.
    pub(crate) fn read(content: &mut RecordReader<'_>) -> Option<Self> {
        let (start, pieces, before_start_s) = (content.u32()?, content.byte()?, content.u32()?);
        (pieces <= DATA_PIECES_MAX).then_some(Self { start, pieces, before_start_s })
    }
}
