//! From text to octets: finds the certificates between their markers (RFC 7468).

use super::MalformedCertificate;
use crate::base64::Decoder;

/// Where the text stands.
#[derive(Clone, Copy)]
pub(super) enum Pem {
    /// Before a certificate: so many characters of [`BEGIN`] have come.
    Outside(u8),
    /// In its base64.
    Inside(Decoder),
    /// So many characters of [`END`] have come.
    Ending(u8),
}

/// What a character of the text brings.
pub(super) enum FoundBlock<'o> {
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
    pub(super) fn push<'o>(
        &mut self,
        character: u8,
        octets: &'o mut [u8; 3],
    ) -> Result<FoundBlock<'o>, MalformedCertificate> {
        match self {
            Self::Outside(matched) => {
                let place = usize::from(*matched);
                let is_label = place >= BEGIN.len();
                let expected = if is_label { LABEL.get(place - BEGIN.len()) } else { BEGIN.get(place) };
                if expected == Some(&character) {
                    *matched += 1;
                    if usize::from(*matched) == BEGIN.len() + LABEL.len() {
                        *self = Self::Inside(Decoder::new());
                        return Ok(FoundBlock::Begin);
                    }
                } else if is_label {
                    return Err(MalformedCertificate);
                } else {
                    // Of a longer row of dashes the last five count.
                    *matched = match character {
                        b'-' if *matched == DASHES => DASHES,
                        b'-' => 1,
                        _ => 0,
                    };
                }
                Ok(FoundBlock::Nothing)
            }
            Self::Inside(base64) => match character {
                b' ' | b'\t' | b'\r' | b'\n' => Ok(FoundBlock::Nothing),
                b'-' if base64.is_whole() => {
                    *self = Self::Ending(1);
                    Ok(FoundBlock::Nothing)
                }
                _ => match base64.push(character, octets).ok_or(MalformedCertificate)? {
                    [] => Ok(FoundBlock::Nothing),
                    octets => Ok(FoundBlock::Octets(octets)),
                },
            },
            Self::Ending(matched) => {
                if END.get(usize::from(*matched)) != Some(&character) {
                    return Err(MalformedCertificate);
                }
                *matched += 1;
                if usize::from(*matched) < END.len() {
                    return Ok(FoundBlock::Nothing);
                }
                *self = Self::Outside(0);
                Ok(FoundBlock::End)
            }
        }
    }
}
