use super::der::Der;
use super::pem::{FoundBlock, Pem};
use super::{MalformedCertificate, Outline};

/// Goes through the text of one certificate, or of a chain, as it comes in.
///
/// ```
/// use embedded_ocpp::certificate::{MalformedCertificate, Walk};
///
/// let mut walk = Walk::new();
/// for piece in ["-----BEGIN CERTIFI", "CATE-----\nMIIB", "no base64!"] {
///     walk.push(piece.as_bytes());
/// }
/// assert_eq!(walk.finish(), Err(MalformedCertificate));
/// ```
#[derive(Clone)]
pub struct Walk {
    pem: Pem,
    der: Der,
    /// That of the first one.
    outline: Outline,
    /// How many are whole.
    count: u16,
    is_broken: bool,
}

impl Walk {
    /// Nothing has come yet.
    pub fn new() -> Self {
        Self { pem: Pem::Outside(0), der: Der::new(), outline: Outline::default(), count: 0, is_broken: false }
    }

    /// The next piece of the text, of any length.
    pub fn push(&mut self, piece: &[u8]) {
        for character in piece {
            if self.is_broken {
                return;
            }
            self.is_broken = self.push_character(*character).is_err();
        }
    }

    /// How many certificates have been whole so far: the first of a chain is the one that it is about.
    pub fn count(&self) -> u16 {
        self.count
    }

    /// The text is over: what the first certificate says of itself.
    ///
    /// # Errors
    /// [`MalformedCertificate`]
    pub fn finish(&self) -> Result<Outline, MalformedCertificate> {
        let is_whole = !self.is_broken && self.count > 0 && self.pem.may_end();
        if is_whole { Ok(self.outline) } else { Err(MalformedCertificate) }
    }

    fn push_character(&mut self, character: u8) -> Result<(), MalformedCertificate> {
        match self.pem.push(character, &mut [0; 3])? {
            FoundBlock::Nothing => Ok(()),
            FoundBlock::Begin => {
                self.der = Der::new();
                Ok(())
            }
            FoundBlock::Octets(octets) => octets.iter().try_for_each(|octet| {
                let is_first = self.count == 0; // of the others only the form is looked at
                self.der.push(*octet, is_first.then_some(&mut self.outline))
            }),
            FoundBlock::End if self.der.is_whole() => {
                self.count = self.count.saturating_add(1);
                Ok(())
            }
            FoundBlock::End => Err(MalformedCertificate),
        }
    }
}

impl Default for Walk {
    fn default() -> Self {
        Self::new()
    }
}
