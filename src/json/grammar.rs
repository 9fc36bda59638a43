//! The grammar of JSON (RFC 8259), as functions that get what is still to be read and return what stands behind the thing
//! that they are named after. What is still to be read stays in registers, which halves the instructions for a byte.

use super::problem::{DEPTH_MAX, Problem};

/// Any value, which is proven to be JSON. Nothing recurses.
pub(super) fn after_value(bytes: &[u8]) -> Result<&[u8], Problem> {
    let mut nesting = Nesting::default();
    let mut rest = bytes;
    loop {
        rest = after_space(rest);
        match rest {
            [b'{', inside @ ..] => {
                nesting.open(true)?;
                rest = after_space(inside);
                if !matches!(rest, [b'}', ..]) {
                    rest = after_name(rest).ok_or(Problem::Syntax)?;
                    continue;
                }
            }
            [b'[', inside @ ..] => {
                nesting.open(false)?;
                rest = after_space(inside);
                if !matches!(rest, [b']', ..]) {
                    continue;
                }
            }
            [b'"', inside @ ..] => rest = after_string(inside).ok_or(Problem::Syntax)?,
            _ => rest = after_word(rest).ok_or(Problem::Syntax)?,
        }
        loop {
            if nesting.depth == 0 {
                return Ok(rest);
            }
            match (after_space(rest), nesting.in_object()) {
                ([b',', after @ ..], true) => {
                    rest = after_name(after).ok_or(Problem::Syntax)?;
                    break;
                }
                ([b',', after @ ..], false) => {
                    rest = after;
                    break;
                }
                ([b'}', after @ ..], true) | ([b']', after @ ..], false) => {
                    nesting.close();
                    rest = after;
                }
                _ => return Err(Problem::Syntax),
            }
        }
    }
}

/// The name of a member, with its colon.
fn after_name(bytes: &[u8]) -> Option<&[u8]> {
    let [b'"', inside @ ..] = after_space(bytes) else { return None };
    after_colon(after_string(inside)?)
}

pub(super) fn after_colon(bytes: &[u8]) -> Option<&[u8]> {
    match after_space(bytes) {
        [b':', after @ ..] => Some(after),
        _ => None,
    }
}

/// A string, from behind its first quote.
pub(super) fn after_string(inside: &[u8]) -> Option<&[u8]> {
    let mut rest = inside;
    loop {
        rest = match after_plain(rest) {
            [b'"', after @ ..] => return Some(after),
            [b'\\', escape @ ..] => after_escape(escape)?,
            wide => after_wide(wide)?,
        };
    }
}

/// An escape, from behind its backslash.
#[inline(never)]
fn after_escape(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', after @ ..] => Some(after),
        [b'u', digits @ ..] => {
            let (digits, after) = digits.split_at_checked(4)?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(after)
        }
        _ => None,
    }
}

/// A character of several bytes, as UTF-8 has it. It begins with none of those that are below.
#[inline(never)]
fn after_wide(bytes: &[u8]) -> Option<&[u8]> {
    let len = match bytes.first()? {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let (character, after) = bytes.split_at_checked(len)?;
    core::str::from_utf8(character).ok().map(|_| after)
}

/// Everything up to a quote, a backslash, a control character or one of several bytes.
fn after_plain(bytes: &[u8]) -> &[u8] {
    const ONES: u32 = 0x0101_0101;
    const HIGHS: u32 = 0x8080_8080;
    let mut rest = bytes;
    while let [a, b, c, d, after @ ..] = rest {
        let word = u32::from_le_bytes([*a, *b, *c, *d]);
        // Four bytes at once: one that is to be found borrows from its highest bit.
        let below_space = word.wrapping_sub(ONES * 0x20);
        let quote = (word ^ (ONES * 0x22)).wrapping_sub(ONES);
        let backslash = (word ^ (ONES * 0x5c)).wrapping_sub(ONES);
        let found = (word | below_space | quote | backslash) & HIGHS;
        if found != 0 {
            return rest.get(found.trailing_zeros() as usize / 8..).unwrap_or_default();
        }
        rest = after;
    }
    while let [first, after @ ..] = rest {
        if matches!(first, b'"' | b'\\' | 0..=0x1f | 0x80..) {
            break;
        }
        rest = after;
    }
    rest
}

/// A literal or a number.
pub(super) fn after_word(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [b't', b'r', b'u', b'e', after @ ..]
        | [b'f', b'a', b'l', b's', b'e', after @ ..]
        | [b'n', b'u', b'l', b'l', after @ ..] => Some(after),
        [b'-', after @ ..] => after_number(after),
        _ => after_number(bytes),
    }
}

fn after_number(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = match bytes {
        [b'0', after @ ..] => after,
        _ => after_digits(bytes)?,
    };
    if let [b'.', after @ ..] = rest {
        rest = after_digits(after)?;
    }
    if let [b'e' | b'E', after @ ..] = rest {
        rest = match after {
            [b'+' | b'-', after @ ..] => after_digits(after)?,
            _ => after_digits(after)?,
        };
    }
    Some(rest)
}

/// At least one digit.
fn after_digits(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes;
    while let [b'0'..=b'9', after @ ..] = rest {
        rest = after;
    }
    (rest.len() < bytes.len()).then_some(rest)
}

pub(super) fn after_space(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let [first @ 0..=b' ', after @ ..] = rest {
        if !matches!(first, b' ' | b'\t' | b'\n' | b'\r') {
            break;
        }
        rest = after;
    }
    rest
}

/// What stands from one place of a text to another, each told by what stands behind it.
pub(super) fn between<'a>(begin: &'a [u8], end: &[u8]) -> &'a [u8] {
    begin.get(..begin.len().wrapping_sub(end.len())).unwrap_or_default()
}

/// One bit per open bracket tells object from array: no recursion, and a depth bound for free.
#[derive(Default)]
struct Nesting {
    depth: u32,
    objects: u32,
}

impl Nesting {
    fn open(&mut self, object: bool) -> Result<(), Problem> {
        if self.depth == DEPTH_MAX {
            return Err(Problem::TooDeep);
        }
        self.depth += 1;
        self.objects = self.objects << 1 | u32::from(object);
        Ok(())
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.objects >>= 1;
    }

    fn in_object(&self) -> bool {
        self.objects & 1 == 1
    }
}

/// Whether this is how a message ends.
pub(super) fn is_end(rest: &[u8]) -> bool {
    matches!(after_space(rest), [b']', after @ ..] if after_space(after).is_empty())
}
