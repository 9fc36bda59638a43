//! Base64 (RFC 4648 §4).

/// The characters of each three bytes, padded at the end.
#[cfg(any(feature = "websocket", feature = "signed-meter-values"))]
pub(crate) fn groups(mut bytes: impl Iterator<Item = u8>) -> impl Iterator<Item = [u8; 4]> {
    core::iter::from_fn(move || {
        let (first, second, third) = (bytes.next()?, bytes.next(), bytes.next());
        let bits = u32::from_be_bytes([0, first, second.unwrap_or(0), third.unwrap_or(0)]);
        let third = third.map_or(b'=', |_| character(bits));
        Some([character(bits >> 18), character(bits >> 12), second.map_or(b'=', |_| character(bits >> 6)), third])
    })
}

/// That of the lowest six bits.
#[cfg(any(feature = "websocket", feature = "signed-meter-values"))]
fn character(bits: u32) -> u8 {
    match (bits & 0x3F) as u8 {
        value @ 0..=25 => b'A' + value,
        value @ 26..=51 => b'a' + (value - 26),
        value @ 52..=61 => b'0' + (value - 52),
        62 => b'+',
        _ => b'/',
    }
}

/// Reads character by character: a group of four, as far as it has come.
#[cfg(feature = "security")]
#[derive(Clone, Copy)]
pub(crate) struct Decoder {
    bits: u32,
    count: u8,
    /// How many characters of padding have come; [`PADDED`] when they have ended the text.
    padding: u8,
}

/// The padding has ended the base64.
#[cfg(feature = "security")]
const PADDED: u8 = 3;

#[cfg(feature = "security")]
impl Decoder {
    pub(crate) const fn new() -> Self {
        Self { bits: 0, count: 0, padding: 0 }
    }

    /// Whether the text may end here: no character waits for others of its group.
    pub(crate) fn is_whole(self) -> bool {
        self.count == 0
    }

    /// Looks at one character, and returns the octets of a group that is whole with it; `None` where it must not stand.
    pub(crate) fn push<'o>(&mut self, character: u8, octets: &'o mut [u8; 3]) -> Option<&'o [u8]> {
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
            _ => return None,
        };
        // Nothing stands behind padding.
        if self.padding > 0 && character != b'=' || self.padding == PADDED {
            return None;
        }
        (self.bits, self.count) = (self.bits << 6 | u32::from(value), self.count + 1);
        if self.count < 4 {
            return Some(&[]);
        }
        let [_, decoded @ ..] = self.bits.to_be_bytes();
        *octets = decoded;
        let len = octets.len().saturating_sub(usize::from(self.padding));
        (self.bits, self.count) = (0, 0);
        self.padding = if self.padding > 0 { PADDED } else { 0 };
        Some(octets.get(..len).unwrap_or_default())
    }
}

#[cfg(all(test, any(feature = "websocket", feature = "signed-meter-values")))]
mod tests {
    use super::groups;
    use std::string::String;

    #[test]
    fn the_examples_of_the_rfc() {
        for (text, base64) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
        {
            let written: String = groups(text.bytes()).flatten().map(char::from).collect();
            assert_eq!(written, base64);
        }
        let written: String = groups([0xfb, 0xff, 0xbe].into_iter()).flatten().map(char::from).collect();
        assert_eq!(written, "+/++");
    }
}
