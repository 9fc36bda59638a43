//! Tags in records. Most of them are the number of a card in hexadecimal, which takes half the bytes.

use crate::station::IdToken;
use crate::store::record::{RecordReader, RecordWriter};

/// A tag as it lies in its record.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tag<'a> {
    Text(&'a str),
    Digits(Digits<'a>),
}

/// So many hexadecimal digits, two in a byte, the first in the high half.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digits<'a> {
    bytes: &'a [u8],
    count: usize,
    /// The digit ten.
    ten: u8,
}

/// In the length: digits follow, of one case.
const IS_DIGITS: u8 = 0x80;
const IS_LOWER: u8 = 0x40;
const LEN: u8 = 0x3f;
const LEN_MAX: usize = 20;

pub(in crate::station) fn write(record: &mut RecordWriter<'_>, id_tag: &IdToken) {
    let text = id_tag.as_str();
    let mut cases = 0;
    for character in text.bytes() {
        cases |= match character {
            b'0'..=b'9' => 0,
            b'A'..=b'F' => 1,
            b'a'..=b'f' => 2,
            _ => 3,
        };
    }
    if cases > 2 {
        return record.text(text);
    }
    record.byte(text.len() as u8 | IS_DIGITS | if cases == 2 { IS_LOWER } else { 0 });
    let mut high = None;
    for character in text.bytes() {
        let digit = (character & 0xf) + if character > b'9' { 9 } else { 0 };
        match high.take() {
            None => high = Some(digit << 4),
            Some(high) => record.byte(high | digit),
        }
    }
    if let Some(high) = high {
        record.byte(high);
    }
}

impl<'a> Tag<'a> {
    pub(crate) fn read(record: &mut RecordReader<'a>) -> Option<Self> {
        let len = *record.rest().first()?;
        if len & IS_DIGITS == 0 {
            return Self::read_plain(record);
        }
        record.byte()?;
        let count = usize::from(len & LEN);
        let ten = if len & IS_LOWER == 0 { b'A' } else { b'a' };
        Some(Self::Digits(Digits { bytes: record.take(count.div_ceil(2))?, count, ten }))
    }

    pub(in crate::station) fn read_plain(record: &mut RecordReader<'a>) -> Option<Self> {
        record.text().map(Self::Text)
    }

    /// The tag; empty when it is longer than a tag may be.
    #[inline(never)]
    pub(crate) fn to_token(self) -> IdToken {
        let mut characters = [0; LEN_MAX];
        let text = match self {
            Self::Text(text) => Some(text),
            Self::Digits(Digits { bytes, count, ten }) => {
                for (index, place) in characters.iter_mut().enumerate() {
                    let byte = bytes.get(index / 2).copied().unwrap_or(0);
                    let digit = if index % 2 == 0 { byte >> 4 } else { byte & 0xf };
                    *place = if digit < 10 { b'0' + digit } else { ten + (digit - 10) };
                }
                characters.get(..count).and_then(|text| core::str::from_utf8(text).ok())
            }
        };
        text.and_then(|text| IdToken::from_text(text).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tx_31_every_tag_is_read_as_it_was_written() {
        for (text, len) in [
            ("04A1B2C3D4E5F6", 1 + 7),
            ("04a1b2c3d4e5f", 1 + 7),
            ("0", 1 + 1),
            ("12345678901234567890", 1 + 10),
            ("04A1b2", 1 + 6),
            ("Tag-1", 1 + 5),
        ] {
            let mut buffer = [0; 32];
            let mut record = RecordWriter::bare(&mut buffer);
            write(&mut record, &IdToken::from_text(text).unwrap());
            assert_eq!(record.position(), len, "{text}");
            let mut reader = RecordReader::content(&buffer[..len]);
            assert_eq!(Tag::read(&mut reader).unwrap().to_token().as_str(), text);
            assert!(reader.rest().is_empty());
        }
    }
}
