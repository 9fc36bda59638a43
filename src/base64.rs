//! Base64 (RFC 4648 §4).

/// The characters of each three bytes, padded at the end.
pub(crate) fn groups(mut bytes: impl Iterator<Item = u8>) -> impl Iterator<Item = [u8; 4]> {
    core::iter::from_fn(move || {
        let (first, second, third) = (bytes.next()?, bytes.next(), bytes.next());
        let bits = u32::from_be_bytes([0, first, second.unwrap_or(0), third.unwrap_or(0)]);
        let third = third.map_or(b'=', |_| character(bits));
        Some([character(bits >> 18), character(bits >> 12), second.map_or(b'=', |_| character(bits >> 6)), third])
    })
}

/// That of the lowest six bits.
fn character(bits: u32) -> u8 {
    match (bits & 0x3F) as u8 {
        value @ 0..=25 => b'A' + value,
        value @ 26..=51 => b'a' + (value - 26),
        value @ 52..=61 => b'0' + (value - 52),
        62 => b'+',
        _ => b'/',
    }
}

#[cfg(test)]
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
