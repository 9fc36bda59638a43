//! From text to octets: finds the certificates between their markers (RFC 7468) and decodes base64.

use super::Malformed;

/// Where the text stands.
#[derive(Clone, Copy)]
pub(super) enum Pem {
    /// Before a certificate: so many characters of [`BEGIN`] have come.
    Outside(u8),
    /// In its base64: bits that make no octet yet, and how many characters they come from.
    Inside { bits: u32, count: u8, padding: u8 },
    /// So many characters of [`END`] have come.
    Ending(u8),
}

/// What a character of the text brings.
pub(super) enum Found<'o> {
    Nothing,
    Begin,
    Octets(&'o [u8]),
    End,
}

const BEGIN: &[u8] = b"-----BEGIN ";
const LABEL: &[u8] = b"CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";
const DASHES: u8 = 5;

impl Pem {
    /// Whether the text may end here.
    pub(super) fn may_end(&self) -> bool {
        matches!(self, Self::Outside(matched) if usize::from(*matched) < BEGIN.len())
    }

    /// Looks at one character. What stands outside of the markers is nobody's business; anything but a certificate between
    /// such markers is none of ours, and may be a secret that has lost its way.
    pub(super) fn push<'o>(&mut self, character: u8, octets: &'o mut [u8; 3]) -> Result<Found<'o>, Malformed> {
        match self {
            Self::Outside(matched) => {
                let place = usize::from(*matched);
                let is_label = place >= BEGIN.len();
                let expected = if is_label { LABEL.get(place - BEGIN.len()) } else { BEGIN.get(place) };
                if expected == Some(&character) {
                    *matched += 1;
                    if usize::from(*matched) == BEGIN.len() + LABEL.len() {
                        *self = Self::Inside { bits: 0, count: 0, padding: 0 };
                        return Ok(Found::Begin);
                    }
                } else if is_label {
                    return Err(Malformed);
                } else {
                    // Of a longer row of dashes the last five count.
                    *matched = match character {
                        b'-' if *matched == DASHES => DASHES,
                        b'-' => 1,
                        _ => 0,
                    };
                }
                Ok(Found::Nothing)
            }
            Self::Inside { bits, count, padding } => {
                let value = match character {
                    b'A'..=b'Z' => character - b'A',
                    b'a'..=b'z' => character - b'a' + 26,
                    b'0'..=b'9' => character - b'0' + 52,
                    b'+' => 62,
                    b'/' => 63,
                    b'=' if *count >= 2 => {
                        *padding += 1;
                        0
                    }
                    b' ' | b'\t' | b'\r' | b'\n' => return Ok(Found::Nothing),
                    b'-' if *count == 0 => {
                        *self = Self::Ending(1);
                        return Ok(Found::Nothing);
                    }
                    _ => return Err(Malformed),
                };
                // Nothing stands behind padding.
                if *padding > 0 && character != b'=' || *padding == PADDED {
                    return Err(Malformed);
                }
                (*bits, *count) = (*bits << 6 | u32::from(value), *count + 1);
                if *count < 4 {
                    return Ok(Found::Nothing);
                }
                let [_, decoded @ ..] = bits.to_be_bytes();
                *octets = decoded;
                let len = octets.len().saturating_sub(usize::from(*padding));
                (*bits, *count) = (0, 0);
                *padding = if *padding > 0 { PADDED } else { 0 };
                Ok(Found::Octets(octets.get(..len).unwrap_or_default()))
            }
            Self::Ending(matched) => {
                if END.get(usize::from(*matched)) != Some(&character) {
                    return Err(Malformed);
                }
                *matched += 1;
                if usize::from(*matched) < END.len() {
                    return Ok(Found::Nothing);
                }
                *self = Self::Outside(0);
                Ok(Found::End)
            }
        }
    }
}

/// The padding has ended the base64.
const PADDED: u8 = 3;
