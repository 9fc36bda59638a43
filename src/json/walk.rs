use super::read::{Field, ReadError, Value};
use super::scan::Scanner;

/// Walks into objects and arrays that the scanner has accepted, so that each byte of a long message is looked at once,
/// however deep it lies.
pub(crate) struct Walk<'a> {
    scanner: Scanner<'a>,
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
        Self { scanner: Scanner { text, position: 0 } }
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
            let name = self.scanner.string().map_err(|_| ReadError::WrongType)?.escaped();
            self.scanner.token(b':').map_err(|_| ReadError::WrongType)?;
            let place = fields.iter().position(|field| field.name == name).ok_or(ReadError::Unknown)?;
            let field = fields.get(place).ok_or(ReadError::Unknown)?;
            let is_first = level.seen & 1 << place == 0;
            let value = if field.bracket().is_some() && field.bracket() == self.scanner.peek() {
                Value::Nested("")
            } else {
                field.value(self.scanner.value().map_err(|_| ReadError::WrongType)?)?
            };
            if !is_first {
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
        let separator = if core::mem::replace(&mut level.is_inside, true) { b',' } else { opening };
        let is_next = self.scanner.token(separator).is_ok() && self.scanner.peek() != Some(closing);
        if !is_next && self.scanner.peek() == Some(closing) {
            self.scanner.position += 1;
        }
        is_next
    }
}
