//! Tags in records. Most of them are the number of a card in hexadecimal, which takes half the bytes.

use crate::ocpp16::IdToken;
use crate::store::record::{RecordReader, RecordWriter};

/// A tag as it lies in its record.
#[derive(Clone, Copy, Debug)]
pub(in crate::ocpp16) enum Tag<'a> {
    Text(&'a str),
    /// So many digits, two in a byte, the first in the high half.
    Digits {
        bytes: &'a [u8],
        count: usize,
        alphabet: &'static [u8; 16],
    },
}

const UPPER: &[u8; 16] = b"0123456789ABCDEF";
const LOWER: &[u8; 16] = b"0123456789abcdef";
/// In the length: digits follow.
const IS_UPPER: u8 = 0x80;
const IS_LOWER: u8 = 0xc0;
const LEN: u8 = 0x3f;

pub(super) fn write(record: &mut RecordWriter<'_>, id_tag: &IdToken) {
    let text = id_tag.as_str().as_bytes();
    let Some((alphabet, kind)) = [(UPPER, IS_UPPER), (LOWER, IS_LOWER)]
        .into_iter()
        .find(|(alphabet, _)| text.iter().all(|character| alphabet.contains(character)))
    else {
        record.text(id_tag.as_str());
        return;
    };
    let digit = |character: &u8| alphabet.iter().position(|known| known == character).unwrap_or(0) as u8;
    record.byte(kind | text.len() as u8 & LEN);
    for pair in text.chunks(2) {
        record.byte(pair.first().map_or(0, digit) << 4 | pair.get(1).map_or(0, digit));
    }
}

impl<'a> Tag<'a> {
    pub(super) fn read(record: &mut RecordReader<'a>) -> Option<Self> {
        let len = record.rest().first()?;
        let alphabet = match len & !LEN {
            IS_UPPER => UPPER,
            IS_LOWER => LOWER,
            _ => return Self::read_plain(record),
        };
        record.byte()?;
        let count = usize::from(len & LEN);
        Some(Self::Digits { bytes: record.take(count.div_ceil(2))?, count, alphabet })
    }

    pub(super) fn read_plain(record: &mut RecordReader<'a>) -> Option<Self> {
        record.text().map(Self::Text)
    }

    /// The tag; empty when it is longer than a tag may be.
    pub(in crate::ocpp16) fn to_token(self) -> IdToken {
        match self {
            Self::Text(text) => IdToken::from_text(text).unwrap_or_default(),
            Self::Digits { bytes, count, alphabet } => {
                let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]).take(count);
                let mut characters = [0; LEN as usize];
                for (place, digit) in characters.iter_mut().zip(digits) {
                    *place = alphabet.get(usize::from(digit)).copied().unwrap_or(b'0');
                }
                let text = characters.get(..count).and_then(|text| core::str::from_utf8(text).ok());
                text.and_then(|text| IdToken::from_text(text).ok()).unwrap_or_default()
            }
        }
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
