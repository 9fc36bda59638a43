//! The AuthorizationKey: how it is written, and the bytes that it stands for.

/// The bytes of an AuthorizationKey; none when there is no key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Password {
    bytes: [u8; LEN_MAX],
    len: u8,
}

/// As text; as hex digits half of it (security whitepaper A00.FR.205, OCPP-J errata 3.12).
const LEN_MAX: usize = 40;
const LEN_MIN: usize = 16;
const HEX_DIGITS_MIN: usize = 32;

impl Password {
    pub(crate) const NONE: Self = Self { bytes: [0; LEN_MAX], len: 0 };

    /// An even count of 32 to 40 hex digits is bytes; any other text of 16 to 40 printable characters stands for itself,
    /// as several central systems use it (SEC-03).
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        if text.len() < LEN_MIN || text.len() > LEN_MAX || !text.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            return None;
        }
        let is_hex =
            text.len() >= HEX_DIGITS_MIN && text.len().is_multiple_of(2) && text.iter().all(u8::is_ascii_hexdigit);
        let mut bytes = [0; LEN_MAX];
        if !is_hex {
            bytes.iter_mut().zip(text).for_each(|(place, byte)| *place = *byte);
            return Some(Self { bytes, len: text.len() as u8 });
        }
        for (place, digits) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *place = digits.iter().fold(0, |byte, digit| byte << 4 | nibble(*digit));
        }
        Some(Self { bytes, len: (text.len() / 2) as u8 })
    }

    /// One that was stored.
    pub(super) fn new(stored: &[u8]) -> Self {
        let mut bytes = [0; LEN_MAX];
        let len = bytes.iter_mut().zip(stored).map(|(place, byte)| *place = *byte).count();
        Self { bytes, len: len as u8 }
    }

    pub(super) fn is_some(&self) -> bool {
        self.len > 0
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20).wrapping_sub(b'a').wrapping_add(10),
    }
}

#[cfg(test)]
mod tests {
    use super::Password;

    #[test]
    fn sec_03_hex_digits_are_bytes_and_other_texts_stand_for_themselves() {
        let parse = |text: &str| Password::parse(text.as_bytes()).map(|password| password.as_bytes().to_vec());
        // The key of the example of OCPP-J 1.6 §6.2.2: 20 bytes, NUL among them.
        let example = parse("0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF").unwrap();
        assert_eq!(example, [0, 1, 2, 3, 4, 5, 6, 7, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255]);
        // The default key of a certification tool: 38 digits.
        assert_eq!(parse("4f43415f4f4354545f61646d696e5f74657374").unwrap(), b"OCA_OCTT_admin_test");
        for text in [
            "DEADBEEFDEADBEEF",
            "AABBCCDDEEFFGGHH",
            "a pass phrase with 30 letters.",
            "000102030405060708090a0b0c0d0e0f1",
        ] {
            assert_eq!(parse(text).unwrap(), text.as_bytes());
        }
        for text in [
            "",
            "fifteen chars..",
            "a text of forty-one characters, all plain",
            "sixteen chars.\u{7f}.",
            "sechzehn zeichen ä",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
