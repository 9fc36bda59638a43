//! A text that is longer than any buffer, taken out of its message while that comes in.

use super::grammar::{after_space, after_string};
use crate::bytes::remove_front;
use core::cell::Cell;

/// Takes the text of one member out of a message of which always some bytes are in a buffer. What stays there is the message
/// with an empty text in its place: whoever reads that proves all the rest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drain {
    name: &'static str,
    /// Everything before this place of the buffer has been looked at.
    at: usize,
    /// The text that is looked for goes on there.
    is_inside: bool,
    /// The last thing before it was its name.
    is_name: bool,
    /// The last thing before it was its name, with its colon.
    is_before: bool,
    /// There was no JSON in the text: it stays, so that whoever reads the message finds it.
    is_broken: bool,
}

/// Why a text does not go on.
enum DrainStop {
    /// At its quote.
    Quote,
    /// More of it must come first.
    End,
    NotJson,
}

impl Drain {
    /// Looks for the member from this place of the buffer on, where the payload begins. At what depth it stands does not
    /// matter: no message has two members of this name.
    pub(crate) fn new(name: &'static str, at: usize) -> Self {
        Self { name, at, is_inside: false, is_name: false, is_before: false, is_broken: false }
    }

    /// Gives `take` what has come of the text, without escapes, and returns how many bytes of the message are left in
    /// the buffer, of `len`.
    pub(crate) fn pass(&mut self, buffer: &mut [u8], mut len: usize, take: &mut dyn FnMut(&[u8])) -> usize {
        while !self.is_broken {
            if self.is_inside || self.find(buffer.get(..len).unwrap_or_default()) {
                let text = buffer.get_mut(self.at..len).unwrap_or_default();
                let (read, written, stop) = unescape(text);
                if written > 0 {
                    take(text.get(..written).unwrap_or_default());
                }
                remove_front(text, read);
                len = len.saturating_sub(read);
                self.is_inside = matches!(stop, DrainStop::End);
                self.is_broken = matches!(stop, DrainStop::NotJson);
                if let DrainStop::Quote = stop {
                    self.at += 1;
                    continue;
                }
            }
            break;
        }
        len
    }

    /// Moves on to the text that is looked for; `false` when it has not come yet.
    fn find(&mut self, message: &[u8]) -> bool {
        let mut rest = message.get(self.at..).unwrap_or_default();
        loop {
            rest = after_space(rest);
            self.at = message.len().saturating_sub(rest.len());
            let [first, inside @ ..] = rest else { return false };
            let (is_name, is_before) = (self.is_name, self.is_before);
            let mut after = inside;
            if *first == b'"' {
                if is_before {
                    self.at += 1;
                    (self.is_inside, self.is_name, self.is_before) = (true, false, false);
                    return true;
                }
                let Some(end) = after_string(inside) else { return false };
                after = end;
            }
            let name = self.name.as_bytes();
            self.is_name = *first == b'"' && inside.strip_prefix(name).is_some_and(|rest| rest.first() == Some(&b'"'));
            self.is_before = *first == b':' && is_name;
            rest = after;
        }
    }
}

/// Takes the escapes out of a text in its place, as far as it goes; returns how many bytes were read, and how many are left of
/// them. Such texts are ASCII: what an escape stands for that is not becomes a question mark.
fn unescape(text: &mut [u8]) -> (usize, usize, DrainStop) {
    let cells = Cell::from_mut(text).as_slice_of_cells();
    let (mut read, mut written) = (0, 0);
    let stop = loop {
        let Some(rest @ [first, ..]) = cells.get(read..) else { break DrainStop::End };
        let mut character = [first.get(), 0, 0, 0];
        let (taken, len) = match first.get() {
            b'"' => break DrainStop::Quote,
            b'\\' => {
                let Some(kind) = rest.get(1) else { break DrainStop::End };
                let (escaped, taken) = match kind.get() {
                    itself @ (b'"' | b'\\' | b'/') => (itself, 2),
                    b'b' => (0x8, 2),
                    b'f' => (0xc, 2),
                    b'n' => (b'\n', 2),
                    b'r' => (b'\r', 2),
                    b't' => (b'\t', 2),
                    b'u' => {
                        let Some(digits) = rest.get(2..6) else { break DrainStop::End };
                        let value = digits.iter().try_fold(0, |value, digit| {
                            char::from(digit.get()).to_digit(16).map(|digit| value << 4 | digit)
                        });
                        match value {
                            Some(ascii @ ..0x80) => (ascii as u8, 6),
                            Some(_) => (b'?', 6),
                            None => break DrainStop::NotJson,
                        }
                    }
                    _ => break DrainStop::NotJson,
                };
                character = [escaped, 0, 0, 0];
                (taken, 1)
            }
            ..b' ' => break DrainStop::NotJson,
            b' '..0x80 => (1, 1),
            lead => {
                let len = match lead {
                    ..0xe0 => 2,
                    0xe0..0xf0 => 3,
                    _ => 4,
                };
                let Some(bytes) = rest.get(..len) else { break DrainStop::End };
                character.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte.get());
                if core::str::from_utf8(character.get(..len).unwrap_or_default()).is_err() {
                    break DrainStop::NotJson;
                }
                (len, len)
            }
        };
        for (place, byte) in cells.iter().skip(written).zip(character).take(len) {
            place.set(byte);
        }
        read += taken;
        written += len;
    };
    (read, written, stop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    /// What is left of a message, and what was taken out of it, when it comes in pieces of these lengths.
    fn drained(message: &[u8], lengths: &[usize]) -> (Vec<u8>, Vec<u8>) {
        let mut drain = Drain::new("certificate", 0);
        let (mut left, mut taken) = (Vec::new(), Vec::new());
        let mut rest = message;
        for length in lengths.iter().copied().cycle() {
            let (piece, after) = rest.split_at(length.min(rest.len()));
            left.extend_from_slice(piece);
            let len = left.len();
            let kept = drain.pass(&mut left, len, &mut |piece| taken.extend_from_slice(piece));
            left.truncate(kept);
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        (left, taken)
    }

    #[test]
    fn sec_43_the_text_is_the_same_wherever_the_message_is_cut() {
        let message = concat!(
            r#"{"a":"certificate","b":["\"certificate\":"], "certificate" : "-----\nBEGIN\/A\u000A+\u003dä€\ud83d\ude00"#,
            r#"\\\"\t,\r\b\f\u00e4","certificateType":"x","c":{"certificate":""}}]"#
        );
        let left = concat!(
            r#"{"a":"certificate","b":["\"certificate\":"], "certificate" : """#,
            r#","certificateType":"x","c":{"certificate":""}}]"#
        );
        let taken = "-----\nBEGIN/A\n+=ä€??\\\"\t,\r\u{8}\u{c}?";
        let expected = (left.as_bytes().to_vec(), taken.as_bytes().to_vec());
        for length in 1..=message.len() {
            assert_eq!(drained(message.as_bytes(), &[length]), expected, "{length}");
            assert_eq!(drained(message.as_bytes(), &[length, usize::MAX]), expected, "cut at {length}");
        }
    }

    #[test]
    fn sec_43_what_is_no_json_stays_for_the_reader_to_find() {
        for broken in [&br"\x41"[..], br"\u00g0", b"\n", b"\x00", b"\xff", b"\xc3A", b"\xe2\x82A", b"\xed\xa0\x80"] {
            let message = [br#"{"certificate":"abc"#, broken, br#"def","certificate":"ghi"}]"#].concat();
            for length in 1..=message.len() {
                let (left, taken) = drained(&message, &[length]);
                let left = String::from_utf8_lossy(&left).into_owned();
                let rest =
                    format!(r#"{{"certificate":"{}def","certificate":"ghi"}}]"#, String::from_utf8_lossy(broken));
                assert_eq!((left, &*taken), (rest, &b"abc"[..]), "{length}");
            }
        }
        // What ends early: the quote is missing.
        assert_eq!(drained(br#"{"certificate":"abc\u00"#, &[3]).0, br#"{"certificate":"\u00"#);
    }

    #[test]
    fn sec_43_two_of_them_are_both_taken_and_both_left() {
        let (left, taken) = drained(br#"{"certificate":"abc","certificate":"def"}]"#, &[5]);
        assert_eq!((&*left, &*taken), (&br#"{"certificate":"","certificate":""}]"#[..], &b"abcdef"[..]));
    }
}
