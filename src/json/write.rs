use crate::time::DateTime;
use serde::Serialize;

/// The buffer is too small; what was written before stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("buffer full")]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BufferFull;

/// Anything that can be written as JSON.
pub trait Json {
    /// Writes itself. Running out of room shows afterwards, in the writer.
    fn write(&self, writer: &mut Writer<'_>);
}

/// Any value of serde, written by `serde-json-core`: for payloads of the firmware's own.
///
/// The messages of OCPP itself are written by hand: at `opt-level = "z"` a byte costs 19 instructions through
/// `serde-json-core` and 4 here, and a derived `Serialize` some 300 bytes of flash for each message.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Serde<T>(pub T);

impl<T: Serialize> Json for Serde<T> {
    fn write(&self, writer: &mut Writer<'_>) {
        let rest = writer.buffer.get_mut(writer.len..).unwrap_or_default();
        match serde_json_core::to_slice(&self.0, rest) {
            Ok(len) => writer.len += len,
            Err(_) => writer.overflow = true,
        }
    }
}

/// JSON that is written as it is.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Raw<'a>(pub &'a [u8]);

impl Json for Raw<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.raw(self.0);
    }
}

/// The name of a member, with all that stands around it; made by [`name!`](crate::json::name).
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Name(#[doc(hidden)] pub &'static str);

/// The name of a member of a JSON object, for [`Writer::name`](crate::json::Writer::name). It must not need escapes.
#[macro_export]
#[doc(hidden)]
macro_rules! __name {
    ($name:literal) => {
        $crate::json::Name(concat!(",\"", $name, "\":"))
    };
}

#[doc(inline)]
pub use crate::__name as name;

/// Writes JSON into a lent buffer. A member whose name was written is followed by its value.
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Writer<'b> {
    buffer: &'b mut [u8],
    len: usize,
    overflow: bool,
    pub(crate) has_milliseconds: bool,
}

impl<'b> Writer<'b> {
    /// Writes behind the first `len` bytes of `buffer`.
    pub fn new(buffer: &'b mut [u8], len: usize) -> Self {
        Self { buffer, len, overflow: false, has_milliseconds: false }
    }

    /// The length of what is written.
    ///
    /// # Errors
    /// [`BufferFull`] when something did not fit.
    pub fn finish(self) -> Result<usize, BufferFull> {
        if self.overflow { Err(BufferFull) } else { Ok(self.len) }
    }

    /// Writes bytes as they are.
    #[inline(never)]
    pub fn raw(&mut self, bytes: &[u8]) {
        match self.buffer.get_mut(self.len..).and_then(|rest| rest.get_mut(..bytes.len())) {
            Some(place) => {
                // By hand, because these pieces are shorter than what a call of memcpy costs.
                let (words, rest) = place.as_chunks_mut::<4>();
                let (from_words, from_rest) = bytes.as_chunks::<4>();
                words.iter_mut().zip(from_words).for_each(|(place, word)| *place = *word);
                rest.iter_mut().zip(from_rest).for_each(|(place, byte)| *place = *byte);
                self.len += bytes.len();
            }
            None => self.overflow = true,
        }
    }

    pub(super) fn byte(&mut self, byte: u8) {
        match self.buffer.get_mut(self.len) {
            Some(place) => {
                *place = byte;
                self.len += 1;
            }
            None => self.overflow = true,
        }
    }

    /// Begins an object; its members follow.
    pub fn open(&mut self) -> &mut Self {
        self.byte(b'{');
        self
    }

    /// Ends an object.
    pub fn close(&mut self) {
        self.byte(b'}');
    }

    /// Writes the name of a member of an object, and the comma before it.
    #[inline(never)]
    pub fn name(&mut self, name: Name) -> &mut Self {
        let first = self.len.checked_sub(1).and_then(|last| self.buffer.get(last)) == Some(&b'{');
        self.raw(name.0.as_bytes().get(usize::from(first)..).unwrap_or_default());
        self
    }

    /// Writes a string with escapes where JSON wants them.
    #[inline(never)]
    pub fn text(&mut self, text: &str) {
        self.byte(b'"');
        for byte in text.bytes() {
            if needs_escape(byte) { self.escape(byte) } else { self.byte(byte) }
        }
        self.byte(b'"');
    }

    /// Writes a text that holds no character to escape.
    pub fn plain(&mut self, text: &str) {
        self.byte(b'"');
        self.raw(text.as_bytes());
        self.byte(b'"');
    }

    /// Writes a whole number.
    #[inline(never)]
    pub fn whole(&mut self, number: i64) {
        self.number(number, 0);
    }

    /// Writes a decimal number as a number.
    #[cfg(feature = "smart-charging")]
    pub(crate) fn tenths(&mut self, tenths: u32) {
        self.number(tenths.into(), 1);
    }

    /// Writes the digits of `mantissa`, with a point before the last `places`.
    #[inline(never)]
    pub(super) fn number(&mut self, mantissa: i64, places: u8) {
        if mantissa < 0 {
            self.byte(b'-');
        }
        let places = usize::from(places);
        let mut rest = mantissa.unsigned_abs();
        let mut digits = places + 1;
        let mut bound: u64 = (0..digits).fold(1, |bound, _| bound.wrapping_mul(10));
        while rest >= bound {
            digits += 1;
            bound = bound.wrapping_mul(10); // at most 10^19
        }
        let len = if places > 0 { digits + 1 } else { digits };
        let Some(place) = self.buffer.get_mut(self.len..).and_then(|room| room.get_mut(..len)) else {
            self.overflow = true;
            return;
        };
        self.len += len;
        for (index, place) in place.iter_mut().rev().enumerate() {
            if places > 0 && index == places {
                *place = b'.';
            } else {
                let digit;
                (rest, digit) = div_rem_10(rest);
                *place = b'0' + digit;
            }
        }
    }

    /// Writes a date as a string, and `null` for none.
    pub fn date(&mut self, date: Option<DateTime>) {
        match date {
            Some(date) => {
                self.byte(b'"');
                let text = date.to_text();
                match text.split_last() {
                    Some((_, seconds)) if self.has_milliseconds => {
                        self.raw(seconds);
                        self.raw(b".000Z");
                    }
                    _ => self.raw(&text),
                }
                self.byte(b'"');
            }
            None => self.raw(b"null"),
        }
    }

    fn escape(&mut self, byte: u8) {
        let hex = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
        match byte {
            b'"' | b'\\' => self.raw(&[b'\\', byte]),
            b'\n' => self.raw(b"\\n"),
            _ => self.raw(&[b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 0xf)]),
        }
    }
}

fn needs_escape(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..=0x1f)
}

/// Appends `value` as JSON behind the first `len` bytes of `buffer`, whole or not at all, and returns the new length.
///
/// # Errors
/// [`BufferFull`]
pub fn append(buffer: &mut [u8], len: usize, value: &dyn Json) -> Result<usize, BufferFull> {
    let mut writer = Writer::new(buffer, len);
    value.write(&mut writer);
    writer.finish()
}

/// By hand, 16 bits at a time: 64-bit division is a large and slow library call on 32-bit chips.
fn div_rem_10(number: u64) -> (u64, u8) {
    if let Ok(small) = u32::try_from(number) {
        return (u64::from(small / 10), (small % 10) as u8);
    }
    let divide = |(quotient, rest): (u64, u32), shift: u32| {
        let part = rest << 16 | (number >> shift) as u32 & 0xffff;
        (quotient << 16 | u64::from(part / 10), part % 10)
    };
    let (quotient, rest) = [48, 32, 16, 0].into_iter().fold((0, 0), divide);
    (quotient, rest as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::{String, ToString};

    fn written(value: &dyn Json) -> String {
        let mut buffer = [0; 200];
        let len = append(&mut buffer, 0, value).unwrap();
        String::from_utf8(buffer[..len].to_vec()).unwrap()
    }

    struct Text(&'static str);

    impl Json for Text {
        fn write(&self, writer: &mut Writer<'_>) {
            let members = writer.open();
            members.name(name!("a")).text(self.0);
            members.name(name!("b")).whole(-7);
            members.close();
        }
    }

    #[test]
    fn texts_are_read_back_as_they_were() {
        for text in ["", "plain", "\"\\\n\r\t\u{0}\u{1f}\u{7f}", "\"", "a\"\"b", "ä€😀\"ä"] {
            let value: serde_json::Value = serde_json::from_str(&written(&Text(text))).unwrap();
            assert_eq!(value, serde_json::json!({"a": text, "b": -7}));
        }
    }

    #[test]
    fn serde_values_and_raw_bytes() {
        assert_eq!(written(&Serde((1u8, "x\"y"))), r#"[1,"x\"y"]"#);
        assert_eq!(written(&Raw(b"[true]")), "[true]");
        assert_eq!(written(&Serde(serde_bytes())), "[1.5]".to_string());
    }

    /// `serde-json-core` writes bytes as they are, which it does not promise.
    fn serde_bytes() -> impl Serialize {
        struct Bytes;
        impl Serialize for Bytes {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(b"1.5")
            }
        }
        [Bytes]
    }

    #[test]
    fn what_does_not_fit_is_not_written() {
        let mut buffer = [0; 16];
        assert_eq!(append(&mut buffer, 0, &Text("0123456789")), Err(BufferFull));
        assert_eq!(append(&mut buffer, 0, &Serde("0123456789012345")), Err(BufferFull));
        assert_eq!(append(&mut buffer, 15, &Raw(b"[]")), Err(BufferFull));
        assert_eq!(append(&mut buffer, 14, &Raw(b"[]")), Ok(16));
    }
}
