use super::read::{Field, ReadError, Value};
use super::scan::plain_run;
use crate::bytes::same;

/// Walks into objects and arrays that the scanner has accepted, so that each byte of a long message is looked at once,
/// however deep it lies. It proves nothing again, which the scanner would: that takes a third of its time.
pub(crate) struct Walk<'a> {
    text: &'a str,
    position: usize,
}

/// Where the walk stands in an object or array. A fresh one stands before its bracket.
#[derive(Default)]
pub(crate) struct Level {
    is_inside: bool,
    /// The members that have been there, by their place in the table of fields.
    seen: u32,
}

impl<'a> Walk<'a> {
    /// Stands before the first bracket of `text`.
    pub(crate) fn of(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    /// The next member of an object, with its place in `fields`; `None` at its end, when all that are required have been
    /// there. Before a nested one the walk stands still: whoever gets it must walk to its end.
    #[inline(never)]
    pub(crate) fn member(
        &mut self,
        level: &mut Level,
        fields: &[Field],
    ) -> Result<Option<(usize, Value<'a>)>, ReadError> {
        while self.step(level, b'{', b'}') {
            let name = self.text.as_bytes().get(self.position + 1..).unwrap_or_default();
            // No name of OCPP needs an escape, so one with escapes is none of them.
            let is_it = |field: &Field| {
                name.get(field.name.len()) == Some(&b'"')
                    && name.get(..field.name.len()).is_some_and(|name| same(name, field.name.as_bytes()))
            };
            let place = fields.iter().position(is_it).ok_or(ReadError::Unknown)?;
            let field = fields.get(place).ok_or(ReadError::Unknown)?;
            self.position += field.name.len() + "\"\"".len();
            self.take(b':');
            let opening = self.peek();
            let value = match opening {
                b'{' | b'[' if field.bracket() == Some(opening) => Value::Nested(""),
                b'{' | b'[' => return Err(ReadError::WrongType),
                _ => field.value(self.scalar(opening == b'"'))?,
            };
            if level.seen & 1 << place != 0 {
                return Err(ReadError::Twice);
            }
            if value != Value::Absent {
                level.seen |= 1 << place;
                return Ok(Some((place, value)));
            }
        }
        let missing = fields.iter().zip(0..).any(|(field, place)| field.required && level.seen & 1 << place == 0);
        if missing { Err(ReadError::Missing) } else { Ok(None) }
    }

    /// Whether there is another element of an array; the walk stands before it then, and whoever asked must walk over it.
    pub(crate) fn element(&mut self, level: &mut Level) -> bool {
        self.step(level, b'[', b']')
    }

    /// Moves over the opening bracket or a comma; `false` after the closing bracket.
    fn step(&mut self, level: &mut Level, opening: u8, closing: u8) -> bool {
        if core::mem::replace(&mut level.is_inside, true) {
            let has_more = self.take(b',');
            self.position += usize::from(!has_more);
            self.peek();
            return has_more;
        }
        self.take(opening) && !self.take(closing)
    }

    /// Moves over what follows, if it is this.
    fn take(&mut self, token: u8) -> bool {
        let is_it = self.peek() == token;
        self.position += usize::from(is_it);
        is_it
    }

    /// What follows white space; 0 at the end.
    fn peek(&mut self) -> u8 {
        loop {
            match self.text.as_bytes().get(self.position) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.position += 1,
                found => return found.copied().unwrap_or(0),
            }
        }
    }

    /// Moves over a text, or over a number or literal.
    fn scalar(&mut self, is_text: bool) -> &'a str {
        let start = self.position;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let mut len = 0;
        if is_text {
            len = 1;
            loop {
                len += plain_run(rest.get(len..).unwrap_or_default()) + 1;
                match rest.get(len - 1) {
                    Some(b'\\') => len += 1,
                    _ => break,
                }
            }
        } else {
            while rest.get(len).is_some_and(|byte| !matches!(byte, b',' | b'}' | b']' | 0..=b' ')) {
                len += 1;
            }
        }
        self.position += len;
        self.text.get(start..self.position).unwrap_or_default()
    }
}
