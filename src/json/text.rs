use core::fmt;
use heapless::String;
use heapless::string::StringView;

/// A JSON string in the buffer that it arrived in, without its quotes but still with its escapes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct JsonStr<'a> {
    /// UTF-8, as all that is proven to be JSON.
    escaped: &'a [u8],
}

impl<'a> JsonStr<'a> {
    pub(crate) const EMPTY: JsonStr<'static> = JsonStr { escaped: b"" };

    /// `escaped` is the inside of a JSON string that the scanner has accepted.
    pub(crate) const fn from_escaped(escaped: &'a str) -> Self {
        Self { escaped: escaped.as_bytes() }
    }

    /// The same as bytes.
    pub(crate) const fn from_bytes(escaped: &'a [u8]) -> Self {
        Self { escaped }
    }

    /// `quoted` is a JSON value that has been proven; `None` when it is no string.
    pub(crate) fn from_quoted(quoted: &'a [u8]) -> Option<Self> {
        match quoted {
            [b'"', escaped @ .., b'"'] => Some(Self { escaped }),
            _ => None,
        }
    }

    /// The string as it stands between its quotes in the message.
    pub fn escaped(self) -> &'a str {
        core::str::from_utf8(self.escaped).unwrap_or_default()
    }

    /// The same as bytes.
    pub(crate) const fn as_bytes(self) -> &'a [u8] {
        self.escaped
    }

    /// Whether it has more than `max` characters.
    pub(crate) fn is_longer_than(self, max: usize) -> bool {
        self.escaped.len() > max && self.chars().nth(max).is_some()
    }

    /// The characters that the string stands for. Half a surrogate pair becomes U+FFFD.
    pub fn chars(self) -> impl Iterator<Item = char> + 'a {
        Unescape { rest: self.escaped() }
    }

    /// Whether the string is exactly `text`.
    pub fn is(self, text: &str) -> bool {
        if self.escaped.len() <= text.len() { self.escaped == text.as_bytes() } else { self.chars().eq(text.chars()) }
    }

    /// Whether the string is `text` when case is ignored, as identifiers of OCPP are compared.
    pub fn is_ignoring_case(self, text: &str) -> bool {
        if self.escaped.len() <= text.len() {
            return self.escaped.eq_ignore_ascii_case(text.as_bytes());
        }
        self.chars().map(|c| c.to_ascii_lowercase()).eq(text.chars().map(|c| c.to_ascii_lowercase()))
    }

    /// The string without escapes, copied.
    ///
    /// # Errors
    /// [`TextTooLong`] when it does not fit `N` bytes.
    pub fn to_string<const N: usize>(self) -> Result<String<N, u8>, TextTooLong>
    where
        u8: heapless::LenType,
    {
        let mut text = String::new();
        self.append_to(&mut text).map(|()| text)
    }

    fn append_to(self, text: &mut StringView<u8>) -> Result<(), TextTooLong> {
        if self.escaped.iter().position(|byte| *byte == b'\\').is_none() {
            return text.push_str(self.escaped()).map_err(|_| TextTooLong);
        }
        for c in self.chars() {
            text.push(c).map_err(|_| TextTooLong)?;
        }
        Ok(())
    }

    /// The string without escapes, piece by piece. Of a text that is to be ASCII, as PEM is: what is not becomes a question
    /// mark.
    #[cfg(feature = "security")]
    #[inline(never)]
    pub(crate) fn in_pieces(self, take: &mut dyn FnMut(&[u8])) {
        let mut piece = [0; 64];
        let mut characters = self.chars().map(|c| if c.is_ascii() { c as u8 } else { b'?' }).peekable();
        while characters.peek().is_some() {
            let len = piece.iter_mut().zip(&mut characters).map(|(place, character)| *place = character).count();
            take(piece.get(..len).unwrap_or_default());
        }
    }

    /// The string without escapes, written into `buffer`.
    ///
    /// # Errors
    /// [`TextTooLong`] when it does not fit.
    pub fn copy_to(self, buffer: &mut [u8]) -> Result<&str, TextTooLong> {
        let mut len = 0;
        for c in self.chars() {
            let place = buffer.get_mut(len..len + c.len_utf8()).ok_or(TextTooLong)?;
            write_utf8(c, place);
            len += c.len_utf8();
        }
        core::str::from_utf8(buffer.get(..len).unwrap_or_default()).map_err(|_| TextTooLong)
    }
}

impl fmt::Debug for JsonStr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JsonStr").field(&self.escaped()).finish()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for JsonStr<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}", self.escaped());
    }
}

/// `char::encode_utf8` without its panic on a place that is too short.
fn write_utf8(c: char, place: &mut [u8]) {
    let code = u32::from(c);
    let [first, rest @ ..] = place else { return };
    let mut shift = 6 * rest.len() as u32;
    let lead: u8 = match rest.len() {
        0 => 0,
        1 => 0xc0,
        2 => 0xe0,
        _ => 0xf0,
    };
    *first = lead | (code >> shift) as u8;
    for byte in rest {
        shift = shift.saturating_sub(6);
        *byte = 0x80 | (code >> shift) as u8 & 0x3f;
    }
}

struct Unescape<'a> {
    rest: &'a str,
}

impl Unescape<'_> {
    fn next_char(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    fn code_unit(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        u32::from_str_radix(digits, 16).ok()
    }

    /// What follows `\u`: one code unit, or two when they are a surrogate pair.
    fn code_point(&mut self) -> Option<char> {
        let unit = self.code_unit()?;
        if !(0xd800..0xdc00).contains(&unit) {
            return char::from_u32(unit);
        }
        let after_high = self.rest;
        self.rest = self.rest.strip_prefix("\\u")?;
        match self.code_unit() {
            Some(low @ 0xdc00..0xe000) => char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00)),
            _ => {
                self.rest = after_high;
                None
            }
        }
    }
}

impl Iterator for Unescape<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self.next_char()? {
            '\\' => Some(match self.next_char()? {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => self.code_point().unwrap_or(char::REPLACEMENT_CHARACTER),
                itself => itself,
            }),
            plain => Some(plain),
        }
    }
}

/// The first `max` characters.
pub(crate) fn clip(text: &str, max: usize) -> &str {
    offset_of_char(text, max).and_then(|end| text.get(..end)).unwrap_or(text)
}

/// Where the `n`th character of `text` begins, counted from 0.
#[inline(never)]
pub(crate) fn offset_of_char(text: &str, n: usize) -> Option<usize> {
    let mut left = n;
    text.bytes().position(|byte| {
        let begins = byte & 0xc0 != 0x80;
        let found = begins && left == 0;
        left = left.wrapping_sub(usize::from(begins));
        found
    })
}

/// The text is longer than the place for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("text too long")]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TextTooLong;

/// Text of at most `N` bytes that compares without regard to case: OCPP's `CiStringN` (OCPP 1.6 §7).
///
/// OCPP counts characters; as its identifiers are printable ASCII, bytes are the same. The case that it was
/// given in is kept and sent back.
#[derive(Clone, Debug, Default)]
pub struct CiString<const N: usize>(String<N, u8>);

impl<const N: usize> CiString<N> {
    /// The empty text.
    pub const fn new() -> Self {
        Self(String::new())
    }

    /// A copy of `text`.
    ///
    /// # Errors
    /// [`TextTooLong`] above `N` bytes.
    pub fn from_text(text: &str) -> Result<Self, TextTooLong> {
        let mut copy = String::new();
        copy.push_str(text).map_err(|_| TextTooLong)?;
        Ok(Self(copy))
    }

    /// Copies a string of a message to where the text lies already. `false` when there is none, or it does not fit.
    #[inline(never)]
    pub(crate) fn set(&mut self, text: Option<JsonStr<'_>>) -> bool {
        self.0.clear();
        text.is_some_and(|text| text.append_to(&mut self.0).is_ok())
    }

    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<const N: usize> TryFrom<JsonStr<'_>> for CiString<N> {
    type Error = TextTooLong;

    fn try_from(text: JsonStr<'_>) -> Result<Self, TextTooLong> {
        text.to_string().map(Self)
    }
}

impl<const N: usize> PartialEq for CiString<N> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl<const N: usize> Eq for CiString<N> {}

impl<const N: usize> fmt::Display for CiString<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(feature = "defmt")]
impl<const N: usize> defmt::Format for CiString<N> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}", self.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String as StdString;

    fn unescaped(escaped: &str) -> StdString {
        JsonStr::from_escaped(escaped).chars().collect()
    }

    #[test]
    fn characters_are_written_as_utf_8() {
        for text in ["a", "ä", "€", "😀", "\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}"] {
            let mut buffer = [0; 32];
            assert_eq!(JsonStr::from_escaped(text).copy_to(&mut buffer), Ok(text));
        }
        assert_eq!(JsonStr::from_escaped("€€").copy_to(&mut [0; 5]), Err(TextTooLong));
    }

    #[test]
    fn escapes_and_surrogate_pairs() {
        assert_eq!(unescaped(r#"plain ä"#), "plain ä");
        assert_eq!(unescaped(r#"\"\\\/\b\f\n\r\t"#), "\"\\/\u{8}\u{c}\n\r\t");
        assert_eq!(unescaped(r#"\u00e4\u20AC"#), "ä€");
        assert_eq!(unescaped(r#"\ud83d\ude00!"#), "😀!");
    }

    #[test]
    fn half_a_surrogate_pair_is_replaced() {
        assert_eq!(unescaped(r#"\ud83d"#), "\u{fffd}");
        assert_eq!(unescaped(r#"\ude00x"#), "\u{fffd}x");
        assert_eq!(unescaped(r#"\ud83d\u0041"#), "\u{fffd}A");
        assert_eq!(unescaped(r#"\ud83dA"#), "\u{fffd}A");
    }

    #[test]
    fn rpc_27_identifiers_compare_without_case_and_keep_theirs() {
        let tag = CiString::<20>::from_text("DeadBeef").unwrap();
        assert_eq!(tag, CiString::from_text("DEADBEEF").unwrap());
        assert_eq!(tag.as_str(), "DeadBeef");
        assert!(JsonStr::from_escaped(r#"dead\u0042eef"#).is_ignoring_case("DEADBEEF"));
        assert!(!JsonStr::from_escaped(r#"Reset"#).is("reset"));
    }

    #[test]
    fn rpc_27_limits_count_as_maxima() {
        assert!(CiString::<20>::from_text("12345678901234567890").is_ok());
        assert_eq!(CiString::<20>::from_text("123456789012345678901"), Err(TextTooLong));
        let escaped = JsonStr::from_escaped(r#"\u0031\u0032\u0033"#);
        assert_eq!(CiString::<3>::try_from(escaped).unwrap().as_str(), "123");
        assert_eq!(CiString::<2>::try_from(escaped), Err(TextTooLong));
    }
}
