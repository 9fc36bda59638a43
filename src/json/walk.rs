use super::JsonStr;
use super::grammar::{after_colon, after_known_value, after_space, after_string, between};
use super::read::{Field, Opening, ReadError, Strictness, Value, leading_integer};
use crate::bytes::same;

/// Walks into objects and arrays that the scanner has accepted, so that each byte of a long message is looked at once,
/// however deep it lies. It proves nothing again.
pub(crate) struct Walk<'a> {
    text: &'a str,
    /// What is still to be read of it.
    rest: &'a [u8],
    strictness: Strictness,
    /// The place in the table of fields of the member that came a second time.
    twice: usize,
}

/// The members of an object that have been there, by their place in the table of fields.
#[derive(Clone, Copy, Default)]
pub(crate) struct Seen(u32);

impl Seen {
    /// Whether all members that are required have been there.
    pub(crate) fn has_all(&self, fields: &[Field]) -> bool {
        fields.iter().zip(0..).all(|(field, place)| !field.required || self.0 >> place & 1 == 1)
    }
}

impl<'a> Walk<'a> {
    /// Stands at the beginning of `text`.
    pub(crate) fn of(text: &'a str, strictness: Strictness) -> Self {
        Self { text, rest: text.as_bytes(), strictness, twice: 0 }
    }

    /// The next member of the object that the walk stands before or in, with its place in `fields`; `None` at its end, when
    /// all that are required have been there. Before a nested one the walk stands still: whoever gets it must walk to its
    /// end.
    #[inline(never)]
    pub(crate) fn member(
        &mut self,
        seen: &mut Seen,
        fields: &[Field],
    ) -> Result<Option<(usize, Value<'a>)>, ReadError> {
        loop {
            let name = match step(self.rest, b'{', b'}') {
                Ok([b'"', name @ ..]) => name,
                Ok(rest) | Err(rest) => {
                    self.rest = rest;
                    return if seen.has_all(fields) { Ok(None) } else { Err(ReadError::Missing) };
                }
            };
            // No name of OCPP needs an escape, so one with escapes is none of them.
            let is_it = |field: &Field| {
                name.get(field.name.len()) == Some(&b'"')
                    && name.get(..field.name.len()).is_some_and(|name| same(name, field.name.as_bytes()))
            };
            let Some((place, field)) = fields.iter().enumerate().find(|(_, field)| is_it(field)) else {
                if self.strictness == Strictness::NoOthers {
                    return Err(ReadError::Unknown);
                }
                self.rest = value_of(after_string(name).unwrap_or_default())?;
                self.raw();
                continue;
            };
            self.rest = value_of(name.get(field.name.len() + 1..).unwrap_or_default())?;
            let value = self.value(field)?;
            let bit = 1u32.wrapping_shl(place as u32);
            if seen.0 & bit != 0 {
                self.twice = place;
                return Err(ReadError::Twice);
            }
            if value != Value::Absent {
                seen.0 |= bit;
                return Ok(Some((place, value)));
            }
        }
    }

    /// Moves over the member of an answer that could not be read; what came `Twice` has this place in the table of fields.
    ///
    /// # Errors
    /// `error`, when it is that of a request, or of no member.
    #[inline(never)]
    pub(super) fn pass(&mut self, error: ReadError) -> Result<usize, ReadError> {
        if self.strictness == Strictness::NoOthers || error == ReadError::Missing {
            return Err(error);
        }
        // It has been moved over already, or not at all.
        if !matches!(after_space(self.rest), [b',' | b'}', ..]) {
            self.raw();
        }
        Ok(self.twice)
    }

    /// Whether there is another element of the array that the walk stands before or in; the walk stands before it then, and
    /// whoever asked must walk over it.
    pub(crate) fn element(&mut self) -> bool {
        let (has_more, rest) = match step(self.rest, b'[', b']') {
            Ok(rest) => (!rest.is_empty(), rest),
            Err(rest) => (false, rest),
        };
        self.rest = rest;
        has_more
    }

    /// The same for an array of objects.
    #[cfg(any(feature = "local-auth-list", feature = "smart-charging"))]
    pub(crate) fn object(&mut self) -> Result<bool, ReadError> {
        match (self.element(), self.rest) {
            (true, [b'{', ..]) => Ok(true),
            (true, _) => Err(ReadError::WrongType),
            (false, _) => Ok(false),
        }
    }

    /// Moves over the value that the walk stands before, which is returned as it is written.
    pub(crate) fn raw(&mut self) -> &'a str {
        self.move_to(after_known_value(self.rest).unwrap_or_default())
    }

    /// Moves over the value of a member, but for a nested one.
    fn value(&mut self, field: &Field) -> Result<Value<'a>, ReadError> {
        Ok(match (field.opening, self.rest) {
            (Opening::Quote, [b'"', ..]) => {
                let max = usize::from(field.max);
                let text = JsonStr::from_quoted(self.raw()).ok_or(ReadError::WrongType)?;
                if text.escaped().len() > max && text.chars().nth(max).is_some() {
                    return Err(ReadError::TooLong);
                }
                Value::Text(text)
            }
            (Opening::Digit, [b'-' | b'0'..=b'9', ..]) => {
                let (integer, after) = leading_integer(self.rest).ok_or(ReadError::TooLong)?;
                if let [b'.' | b'e' | b'E', ..] = after {
                    return Err(ReadError::WrongType);
                }
                self.rest = after;
                Value::Integer(integer)
            }
            (Opening::Number, [b'-' | b'0'..=b'9', ..]) => Value::Number(self.raw()),
            (Opening::Brace, [b'{', ..]) | (Opening::Bracket, [b'[', ..]) => Value::Nested(""),
            (_, [b'n', ..]) => {
                self.raw(); // null
                Value::Absent
            }
            _ => return Err(ReadError::WrongType),
        })
    }

    /// How many bytes are still to be read.
    #[cfg(feature = "local-auth-list")]
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// Returns what was passed over.
    fn move_to(&mut self, after: &'a [u8]) -> &'a str {
        let passed = between(self.text, self.rest, after).unwrap_or_default();
        self.rest = after;
        passed
    }
}

/// What stands behind an opening bracket or a comma; `Err` with what stands behind the closing bracket, if that comes next.
fn step(bytes: &[u8], opening: u8, closing: u8) -> Result<&[u8], &[u8]> {
    let mut rest = after_space(bytes);
    if let [first, inside @ ..] = rest
        && (*first == b',' || *first == opening)
    {
        rest = after_space(inside);
    }
    match rest {
        [first, after @ ..] if *first == closing => Err(after),
        _ => Ok(rest),
    }
}

/// Where the value of a member begins, from behind its name. A string that is not in an object has none.
fn value_of(name: &[u8]) -> Result<&[u8], ReadError> {
    after_colon(name).map(after_space).ok_or(ReadError::WrongType)
}

/// The elements of a JSON array that has been scanned already.
pub(crate) fn elements(array: &str) -> impl Iterator<Item = &str> {
    let mut walk = Walk::of(array, Strictness::NoOthers);
    core::iter::from_fn(move || walk.element().then(|| walk.raw()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Kind as Json;
    use crate::json::read::read_into;

    #[test]
    fn elements_of_an_array() {
        let all: std::vec::Vec<_> = elements(r#" [ 1 , {"a":[2]} ,"x"] "#).collect();
        assert_eq!(all, ["1", r#"{"a":[2]}"#, r#""x""#]);
        assert_eq!(elements("[]").count(), 0);
    }

    #[test]
    fn elements_are_read_one_after_the_other_and_from_where_the_last_one_ended() {
        const FIELDS: [Field; 2] = [Field::required("id", Json::Integer), Field::optional("info", Json::Object)];
        let text = r#"{"x":{},"list" : [ {"id":1,"info":{"a":[]}} , { "id":2 }],"y":[{"id":3}]}"#;
        let mut position = text.find('[').unwrap();
        for id in [1, 2] {
            let mut walk = Walk::of(&text[position..], Strictness::NoOthers);
            assert!(walk.element());
            let mut values = [Value::Absent; 2];
            read_into(&mut walk, &FIELDS, &mut values).unwrap();
            assert_eq!(values[0], Value::Integer(id));
            position = text.len() - walk.rest.len();
        }
        assert!(!Walk::of(&text[position..], Strictness::NoOthers).element());
        assert!(!Walk::of("", Strictness::NoOthers).element());
    }

    #[test]
    fn what_is_no_object_has_no_members() {
        const FIELDS: [Field; 1] = [Field::required("id", Json::Integer)];
        for element in ["5", "[]", "{}", r#""id","1""#, r#""other""#, r#"[{"id":1}]"#, "null", ""] {
            let mut walk = Walk::of(element, Strictness::NoOthers);
            assert!(walk.member(&mut Seen::default(), &FIELDS).is_err(), "{element}");
        }
    }
}
