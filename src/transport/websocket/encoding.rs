//! ASCII text into a lent buffer, percent-encoded (RFC 3986) or as base64 (RFC 4648).

use crate::base64;

/// The buffer is too short for the text.
pub(super) struct TextFull;

pub(super) struct TextFrame<'b> {
    buffer: &'b mut [u8],
    length: usize,
}

impl<'b> TextFrame<'b> {
    pub(super) fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, length: 0 }
    }

    pub(super) fn into_str(self) -> &'b str {
        let buffer: &'b [u8] = self.buffer;
        buffer.get(..self.length).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
    }

    pub(super) fn push_str(&mut self, text: &str) -> Result<(), TextFull> {
        text.bytes().try_for_each(|byte| self.push(byte))
    }

    /// Appends `text` with all but the unreserved characters of RFC 3986 §2.3 encoded.
    pub(super) fn push_percent_encoded(&mut self, text: &str) -> Result<(), TextFull> {
        text.bytes().try_for_each(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => self.push(byte),
            _ => {
                self.push(b'%')?;
                self.push(hex_digit(byte >> 4))?;
                self.push(hex_digit(byte & 0xF))
            }
        })
    }

    pub(super) fn push_base64(&mut self, bytes: impl Iterator<Item = u8>) -> Result<(), TextFull> {
        base64::groups(bytes).flatten().try_for_each(|character| self.push(character))
    }

    fn push(&mut self, byte: u8) -> Result<(), TextFull> {
        *self.buffer.get_mut(self.length).ok_or(TextFull)? = byte;
        self.length += 1;
        Ok(())
    }
}

fn hex_digit(value: u8) -> u8 {
    match value {
        0..=9 => b'0' + value,
        _ => b'A' + (value - 10),
    }
}
