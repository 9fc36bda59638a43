//! Through the octets of one certificate (RFC 5280 §4.1): each is looked at once, and nothing of it is kept but what names it.

use super::MalformedCertificate;
use super::identity::{Hash, Outline};
use sha2::digest::FixedOutputReset;
use sha2::{Digest, Sha256};

/// What comes next. The order is that of the certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DerStep {
    Certificate,
    ToBeSigned,
    /// The version, which the oldest leave out, or the serial number already.
    Version,
    Serial,
    SignatureAlgorithm,
    Issuer,
    Validity,
    Name,
    KeyInfo,
    KeyAlgorithm,
    Key,
    /// All that may stand behind the key.
    Extensions,
    OuterAlgorithm,
    Signature,
    End,
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const VERSION: u8 = 0xa0;

#[derive(Clone)]
pub(super) struct Der {
    step: DerStep,
    header: DerHeader,
    /// Octets that have come.
    position: u32,
    /// Octets of the value of this step that are to come; 0 while its header is read.
    missing: u32,
    /// The octet that comes next is the first of its value.
    is_first: bool,
    /// Where the certificate, what is signed of it, and the information on its key end.
    ends: [u32; 3],
    hash: Sha256,
}

impl Der {
    pub(super) fn new() -> Self {
        Self {
            step: DerStep::Certificate,
            header: DerHeader::default(),
            position: 0,
            missing: 0,
            is_first: false,
            ends: [0; 3],
            hash: Sha256::new(),
        }
    }

    /// Whether the certificate is whole.
    pub(super) fn is_whole(&self) -> bool {
        self.step == DerStep::End
    }

    /// Looks at one octet; what names the certificate goes into `outline`, if it is wanted.
    pub(super) fn push(&mut self, octet: u8, mut outline: Option<&mut Outline>) -> Result<(), MalformedCertificate> {
        self.position = self.position.checked_add(1).ok_or(MalformedCertificate)?;
        if self.missing == 0 {
            return match self.header.push(octet)? {
                Some(length) => self.begin(length, outline),
                None => Ok(()),
            };
        }
        let is_first = core::mem::take(&mut self.is_first);
        match self.step {
            DerStep::Serial if outline.as_mut().is_some_and(|outline| !outline.serial.push(octet, is_first)) => {
                return Err(MalformedCertificate);
            }
            // RFC 6960: without the octet that counts unused bits, of which a key has none.
            DerStep::Key if is_first && octet != 0 => return Err(MalformedCertificate),
            DerStep::Key if is_first => {}
            DerStep::Issuer | DerStep::Name | DerStep::Key if outline.is_some() => self.hash.update([octet]),
            _ => {}
        }
        self.missing -= 1;
        if self.missing == 0 {
            self.end(outline);
        }
        Ok(())
    }

    /// The header of a value has come.
    fn begin(&mut self, length: u32, outline: Option<&mut Outline>) -> Result<(), MalformedCertificate> {
        let header = core::mem::take(&mut self.header);
        let tag = header.tag();
        if self.step == DerStep::Version && tag != VERSION {
            self.step = DerStep::Serial;
        }
        let end = self.position.checked_add(length).ok_or(MalformedCertificate)?;
        let [whole, signed, key] = self.ends;
        let (expected, parent) = match self.step {
            DerStep::Certificate => (SEQUENCE, u32::MAX),
            DerStep::ToBeSigned | DerStep::OuterAlgorithm => (SEQUENCE, whole),
            DerStep::Signature => (BIT_STRING, whole),
            DerStep::Version => (VERSION, signed),
            DerStep::Serial => (INTEGER, signed),
            DerStep::KeyAlgorithm => (SEQUENCE, key),
            DerStep::Key => (BIT_STRING, key),
            DerStep::End | DerStep::Extensions => return Err(MalformedCertificate),
            _ => (SEQUENCE, signed),
        };
        if tag != expected || end > parent {
            return Err(MalformedCertificate);
        }
        // The last of its parent ends where that does.
        if matches!(self.step, DerStep::Key | DerStep::Signature) && end != parent {
            return Err(MalformedCertificate);
        }
        if matches!(self.step, DerStep::Serial | DerStep::Key | DerStep::Signature) && length == 0 {
            return Err(MalformedCertificate);
        }
        (self.missing, self.is_first) = (length, true);
        let [whole, signed, key] = &mut self.ends;
        match self.step {
            DerStep::Certificate => (*whole, self.missing, self.step) = (end, 0, DerStep::ToBeSigned),
            DerStep::ToBeSigned => (*signed, self.missing, self.step) = (end, 0, DerStep::Version),
            DerStep::KeyInfo => (*key, self.missing, self.step) = (end, 0, DerStep::KeyAlgorithm),
            DerStep::Issuer | DerStep::Name => {
                if outline.is_some() {
                    self.hash.update(header.octets()); // a name is hashed as it is encoded
                }
                if length == 0 {
                    self.end(outline);
                }
            }
            _ if length == 0 => self.end(outline),
            _ => {}
        }
        Ok(())
    }

    /// The value of a step is over.
    fn end(&mut self, outline: Option<&mut Outline>) {
        if let Some(outline) = outline {
            match self.step {
                DerStep::Serial => outline.serial.end(),
                DerStep::Issuer => self.take_hash(&mut outline.issuer_name),
                DerStep::Name => self.take_hash(&mut outline.name),
                DerStep::Key => self.take_hash(&mut outline.key),
                _ => {}
            }
        }
        self.step = match self.step {
            DerStep::Certificate | DerStep::ToBeSigned | DerStep::Version => DerStep::Serial,
            DerStep::Serial => DerStep::SignatureAlgorithm,
            DerStep::SignatureAlgorithm => DerStep::Issuer,
            DerStep::Issuer => DerStep::Validity,
            DerStep::Validity => DerStep::Name,
            DerStep::Name => DerStep::KeyInfo,
            DerStep::KeyInfo | DerStep::KeyAlgorithm => DerStep::Key,
            DerStep::Key => {
                let [_, signed, _] = self.ends;
                self.missing = signed.saturating_sub(self.position);
                if self.missing > 0 { DerStep::Extensions } else { DerStep::OuterAlgorithm }
            }
            DerStep::Extensions => DerStep::OuterAlgorithm,
            DerStep::OuterAlgorithm => DerStep::Signature,
            DerStep::Signature | DerStep::End => DerStep::End,
        };
    }

    fn take_hash(&mut self, place: &mut Hash) {
        *place = self.hash.finalize_fixed_reset().into();
    }
}

/// Tag and length as they come in.
#[derive(Clone, Copy, Default)]
struct DerHeader {
    octets: [u8; Self::LEN_MAX],
    len: u8,
}

impl DerHeader {
    /// A tag, and a length of at most four octets behind the one that counts them.
    const LEN_MAX: usize = 6;

    /// The next octet; the length when it was the last. DER allows no other form of it than the shortest.
    fn push(&mut self, octet: u8) -> Result<Option<u32>, MalformedCertificate> {
        *self.octets.get_mut(usize::from(self.len)).ok_or(MalformedCertificate)? = octet;
        self.len += 1;
        match *self.octets() {
            [tag] if tag & 0x1f == 0x1f => Err(MalformedCertificate), // of several octets
            [_, length @ ..0x80] => Ok(Some(length.into())),
            [_, count, ref length @ ..] => {
                let wanted = usize::from(count & 0x7f);
                if !matches!(wanted, 1..=4) {
                    return Err(MalformedCertificate);
                }
                if length.len() < wanted {
                    return Ok(None);
                }
                let value = length.iter().fold(0u32, |value, octet| value << 8 | u32::from(*octet));
                let is_shortest = value >= 0x80 && length.first() != Some(&0);
                if is_shortest { Ok(Some(value)) } else { Err(MalformedCertificate) }
            }
            _ => Ok(None),
        }
    }

    fn tag(&self) -> u8 {
        let [tag, ..] = self.octets;
        tag
    }

    fn octets(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }
}
