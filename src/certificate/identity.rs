//! By what a certificate is known.

use core::fmt;

/// SHA-256.
pub type Hash = [u8; 32];

/// What a certificate says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Outline {
    /// The serial number that its issuer has given it.
    pub serial: Serial,
    /// Hash of the name of its issuer.
    pub issuer_name: Hash,
    /// Hash of its own name.
    pub name: Hash,
    /// Hash of its own public key.
    pub key: Hash,
}

impl Outline {
    /// Whether it names itself as its issuer, as what has signed itself does.
    pub fn is_self_issued(&self) -> bool {
        self.issuer_name == self.name
    }

    /// Its identity, when its issuer has the public key with this hash: its [own](Self::key) one where it has signed itself.
    pub fn issued_by(self, issuer_key: Hash) -> Identity {
        Identity { outline: self, issuer_key }
    }
}

/// By what a certificate is known, whether its issuer is still there or not: to be kept beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Identity {
    outline: Outline,
    /// Hash of the public key of its issuer.
    pub issuer_key: Hash,
}

impl Identity {
    /// The length of the [kept](Self::to_bytes) form.
    pub const LEN: usize = 1 + Serial::LEN_MAX + 4 * size_of::<Hash>();

    /// What the certificate says of itself.
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// Whether `self` has signed `other`, as far as names and keys tell.
    pub fn has_issued(&self, other: &Self) -> bool {
        self.outline.name == other.outline.issuer_name && self.outline.key == other.issuer_key
    }

    /// The form to be kept, which will not change.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let Outline { serial, issuer_name, name, key } = &self.outline;
        let mut bytes = [0; Self::LEN];
        let hashes = [issuer_name, name, key, &self.issuer_key];
        let all = core::iter::once(&serial.head).chain(&serial.octets).chain(hashes.into_iter().flatten());
        bytes.iter_mut().zip(all).for_each(|(place, byte)| *place = *byte);
        bytes
    }

    /// Reads the form that was kept.
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let mut rest = bytes.iter().copied();
        let mut identity = Outline::default().issued_by([0; _]);
        let Identity { outline: Outline { serial, issuer_name, name, key }, issuer_key } = &mut identity;
        serial.head = rest.next().unwrap_or_default();
        for part in [&mut serial.octets[..], issuer_name, name, key, issuer_key] {
            part.iter_mut().zip(&mut rest).for_each(|(place, byte)| *place = byte);
        }
        identity
    }
}

/// Writes the hexadecimal digits of `octets`, two for each.
#[inline(never)]
pub(crate) fn write_hex(octets: &[u8], digits: &mut [u8]) {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    for (pair, octet) in digits.as_chunks_mut().0.iter_mut().zip(octets) {
        *pair = [digit(octet >> 4), digit(octet & 0xf)];
    }
}

/// A serial number: a whole number of at most 20 octets, as the issuer has given it. A few are negative, against the rules.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Serial {
    /// How many octets, and the sign.
    head: u8,
    /// Its amount, the most significant octet first.
    octets: [u8; Self::LEN_MAX],
}

const NEGATIVE: u8 = 0x80;

impl Serial {
    /// The most octets (RFC 5280 §4.1.2.2).
    const LEN_MAX: usize = 20;
    /// The most characters that it is [written](Self::to_text) with: a sign, and two digits for each octet.
    pub const TEXT_LEN_MAX: usize = 1 + 2 * Self::LEN_MAX;

    /// The hexadecimal digits without leading zeros, at the end of `buffer`.
    pub fn to_text<'b>(&self, buffer: &'b mut [u8; Self::TEXT_LEN_MAX]) -> &'b str {
        buffer.iter_mut().rev().take(1).for_each(|last| *last = b'0');
        let octets = self.octets();
        let begin = buffer.len().saturating_sub(2 * octets.len());
        let digits = buffer.get_mut(begin..).unwrap_or_default();
        write_hex(octets, digits);
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        let mut begin = (begin + zeros).min(buffer.len().saturating_sub(1));
        if self.head & NEGATIVE != 0 {
            begin = begin.saturating_sub(1);
            buffer.iter_mut().skip(begin).take(1).for_each(|place| *place = b'-');
        }
        core::str::from_utf8(buffer.get(begin..).unwrap_or_default()).unwrap_or_default()
    }

    /// The next octet of the number, as DER has it. `false` when there is no room for it.
    pub(super) fn push(&mut self, octet: u8, is_first: bool) -> bool {
        if is_first && octet >= 0x80 {
            self.head = NEGATIVE;
        }
        if self.head == 0 && octet == 0 {
            return true; // a leading zero
        }
        let Some(place) = self.octets.get_mut(usize::from(self.head & !NEGATIVE)) else { return false };
        *place = octet;
        self.head = self.head.wrapping_add(1);
        true
    }

    /// All octets have been pushed: the amount of a negative number is its two's complement.
    pub(super) fn end(&mut self) {
        if self.head & NEGATIVE == 0 {
            return;
        }
        let len = self.octets().len();
        let mut carry = true;
        for octet in self.octets.iter_mut().take(len).rev() {
            (*octet, carry) = (!*octet).overflowing_add(u8::from(carry));
        }
    }

    fn octets(&self) -> &[u8] {
        self.octets.get(..usize::from(self.head & !NEGATIVE)).unwrap_or_default()
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_text(&mut [0; Self::TEXT_LEN_MAX]))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Serial {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}", self.to_text(&mut [0; Self::TEXT_LEN_MAX]));
    }
}
