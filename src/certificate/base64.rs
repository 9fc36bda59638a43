//! Base64, character by character (RFC 4648 §4).

use super::Malformed;

/// A group of four characters, as far as it has come.
#[derive(Clone, Copy)]
pub(crate) struct Base64 {
    bits: u32,
    count: u8,
    /// How many characters of padding have come; [`PADDED`] when they have ended the text.
    padding: u8,
}

/// The padding has ended the base64.
const PADDED: u8 = 3;

impl Base64 {
    pub(crate) const fn new() -> Self {
        Self { bits: 0, count: 0, padding: 0 }
    }

    /// Whether the text may end here: no character waits for others of its group.
    pub(crate) fn is_whole(self) -> bool {
        self.count == 0
    }

    /// Looks at one character, and returns the octets of a group that is whole with it.
    pub(crate) fn push<'o>(&mut self, character: u8, octets: &'o mut [u8; 3]) -> Result<&'o [u8], Malformed> {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' if self.count >= 2 => {
                self.padding += 1;
                0
            }
            _ => return Err(Malformed),
        };
        // Nothing stands behind padding.
        if self.padding > 0 && character != b'=' || self.padding == PADDED {
            return Err(Malformed);
        }
        (self.bits, self.count) = (self.bits << 6 | u32::from(value), self.count + 1);
        if self.count < 4 {
            return Ok(&[]);
        }
        let [_, decoded @ ..] = self.bits.to_be_bytes();
        *octets = decoded;
        let len = octets.len().saturating_sub(usize::from(self.padding));
        (self.bits, self.count) = (0, 0);
        self.padding = if self.padding > 0 { PADDED } else { 0 };
        Ok(octets.get(..len).unwrap_or_default())
    }
}
