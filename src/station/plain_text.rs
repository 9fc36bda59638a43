//! Configuration keys whose value is a text, kept as it is.

use crate::store::TextSink;

/// Takes over a text of at most `max` bytes that JSON writes without an escape.
pub(super) fn encode(text: &str, max: usize, buffer: &mut [u8]) -> Option<usize> {
    let is_plain = text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
    if !is_plain || text.len() > max {
        return None;
    }
    buffer.iter_mut().zip(text.bytes()).for_each(|(place, byte)| *place = byte);
    Some(text.len())
}

pub(super) fn decode(bytes: &[u8], write: TextSink<'_>) {
    write(core::str::from_utf8(bytes).unwrap_or_default());
}
