use super::JsonStr;
use super::grammar::{after_colon, after_space, after_string, after_value, between, is_end};
use super::read::{Field, FieldValue, Opening, ReadError, Strictness, leading_integer};
use crate::bytes::same;

/// Walks into objects and arrays, so that each byte of a long message is looked at once, however deep it lies. What it has
/// passed is proven to be JSON.
pub(crate) struct MemberWalk<'a> {
    /// What is still to be read.
    rest: &'a [u8],
    strictness: Strictness,
    /// What comes next is the bracket that opens the object or array.
    is_before: bool,
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

impl<'a> MemberWalk<'a> {
    /// Stands before an object or array.
    pub(crate) const fn of(text: &'a [u8], strictness: Strictness) -> Self {
        Self::at(text, strictness, true)
    }

    /// Stands before one, or in it behind a member or element.
    pub(super) const fn at(rest: &'a [u8], strictness: Strictness, is_before: bool) -> Self {
        Self { rest, strictness, is_before, twice: 0 }
    }

    /// The next member of the object that the walk stands before or in, with its place in `fields`; `None` at its end, when
    /// all that are required have been there. Before a nested one the walk stands still: whoever gets it must walk to its
    /// end.
    #[inline(never)]
    pub(crate) fn member(
        &mut self,
        seen: &mut Seen,
        fields: &[Field],
    ) -> Result<Option<(usize, FieldValue<'a>)>, ReadError> {
        while self.step(b'{', b'}')? {
            let [b'"', name @ ..] = self.rest else { return Err(ReadError::Malformed) };
            // No name of OCPP needs an escape, so one with escapes is none of them.
            let is_it = |field: &Field| {
                name.get(field.name.len()) == Some(&b'"')
                    && name.get(..field.name.len()).is_some_and(|name| same(name, field.name.as_bytes()))
            };
            let Some((place, field)) = fields.iter().enumerate().find(|(_, field)| is_it(field)) else {
                if self.strictness == Strictness::NoOthers {
                    return Err(ReadError::Unknown);
                }
                self.rest = value_of(after_string(name).ok_or(ReadError::Malformed)?)?;
                self.raw()?;
                continue;
            };
            self.rest = value_of(name.get(field.name.len() + 1..).unwrap_or_default())?;
            let value = self.value(field)?;
            let bit = 1u32.wrapping_shl(place as u32);
            if seen.0 & bit != 0 {
                self.twice = place;
                return Err(ReadError::Twice);
            }
            if value != FieldValue::Absent {
                seen.0 |= bit;
                return Ok(Some((place, value)));
            }
        }
        if seen.has_all(fields) { Ok(None) } else { Err(ReadError::Missing) }
    }

    /// Reads the object that the walk stands before, and fields whose number differs from case to case; values without a field
    /// are left alone.
    pub(crate) fn read_into(&mut self, fields: &[Field], values: &mut [FieldValue<'a>]) -> Result<(), ReadError> {
        self.read_leniently(fields, values, &mut 0)
    }

    /// The same for an object that may be in an answer: there, members that cannot be read or stand there twice are absent,
    /// and are added to `left_out`.
    #[inline(never)]
    pub(crate) fn read_leniently(
        &mut self,
        fields: &[Field],
        values: &mut [FieldValue<'a>],
        left_out: &mut u32,
    ) -> Result<(), ReadError> {
        let mut seen = Seen::default();
        loop {
            match self.member(&mut seen, fields) {
                Ok(Some((place, value))) => {
                    let value = if let FieldValue::Nested(_) = value { FieldValue::Nested(self.raw()?) } else { value };
                    if let Some(slot) = values.get_mut(place) {
                        *slot = value;
                    }
                }
                Ok(None) => return Ok(()),
                Err(error) => {
                    let place = self.pass(error)?;
                    if let (ReadError::Twice, Some(slot)) = (error, values.get_mut(place)) {
                        *slot = FieldValue::Absent;
                    }
                    *left_out = left_out.saturating_add(1);
                }
            }
        }
    }

    /// Moves over the member of an answer that could not be read; what came `Twice` has this place in the table of fields.
    ///
    /// # Errors
    /// `error`, when it is that of a request, or of no member.
    #[inline(never)]
    fn pass(&mut self, error: ReadError) -> Result<usize, ReadError> {
        if self.strictness == Strictness::NoOthers || matches!(error, ReadError::Missing | ReadError::Malformed) {
            return Err(error);
        }
        // It has been moved over already, or not at all.
        if !matches!(after_space(self.rest), [b',' | b'}', ..]) {
            self.raw()?;
        }
        Ok(self.twice)
    }

    /// Whether there is another element of the array that the walk stands before or in; the walk stands before it then, and
    /// whoever asked must walk over it.
    pub(crate) fn element(&mut self) -> Result<bool, ReadError> {
        let has_more = self.step(b'[', b']')?;
        self.is_before = has_more;
        Ok(has_more)
    }

    /// The same for an array of objects.
    #[cfg(any(feature = "local-auth-list", feature = "smart-charging"))]
    pub(crate) fn object(&mut self) -> Result<bool, ReadError> {
        match (self.element()?, self.rest) {
            (true, [b'{', ..]) => Ok(true),
            (true, _) => Err(ReadError::WrongType),
            (false, _) => Ok(false),
        }
    }

    /// Moves over the value that the walk stands before, which is returned as it is written.
    pub(crate) fn raw(&mut self) -> Result<&'a [u8], ReadError> {
        let value = self.rest;
        self.rest = after_value(value).map_err(|_| ReadError::Malformed)?;
        self.is_before = false;
        Ok(between(value, self.rest))
    }

    /// How many bytes are still to be read.
    #[cfg(feature = "local-auth-list")]
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// Proves that the message ends where its payload does, at whose end the walk stands.
    pub(crate) fn end(&self) -> Result<(), ReadError> {
        if is_end(self.rest) { Ok(()) } else { Err(ReadError::Malformed) }
    }

    /// Moves over the value of a member, but for a nested one.
    fn value(&mut self, field: &Field) -> Result<FieldValue<'a>, ReadError> {
        Ok(match (field.opening, self.rest) {
            (Opening::Quote, [b'"', inside @ ..]) => {
                let quoted = self.rest;
                self.rest = after_string(inside).ok_or(ReadError::Malformed)?;
                let text = JsonStr::from_quoted(between(quoted, self.rest)).ok_or(ReadError::Malformed)?;
                if text.is_longer_than(field.max.into()) {
                    return Err(ReadError::TooLong);
                }
                FieldValue::Text(text)
            }
            (Opening::Digit, [b'0', b'0'..=b'9', ..] | [b'-', b'0', b'0'..=b'9', ..]) => {
                return Err(ReadError::Malformed);
            }
            (Opening::Digit, [b'-' | b'0'..=b'9', ..]) => {
                let (integer, after) = leading_integer(self.rest).ok_or(ReadError::TooLong)?;
                if let [b'.' | b'e' | b'E', ..] = after {
                    return Err(ReadError::WrongType);
                }
                self.rest = after;
                FieldValue::Integer(integer)
            }
            (Opening::Number, [b'-' | b'0'..=b'9', ..]) => FieldValue::Number(self.raw()?),
            (Opening::Brace, [b'{', ..]) | (Opening::Bracket, [b'[', ..]) => {
                self.is_before = true;
                FieldValue::Nested(b"")
            }
            (_, [b'n', ..]) => {
                self.raw()?; // null
                FieldValue::Absent
            }
            _ => return Err(ReadError::WrongType),
        })
    }

    /// Moves to the next member or element of the object or array that the walk stands before or in, or behind its end.
    #[inline(never)]
    fn step(&mut self, opening: u8, closing: u8) -> Result<bool, ReadError> {
        let is_before = core::mem::take(&mut self.is_before);
        self.rest = match after_space(self.rest) {
            [first, inside @ ..] if is_before && *first == opening => match after_space(inside) {
                [first, after @ ..] if *first == closing => {
                    self.rest = after;
                    return Ok(false);
                }
                inside => inside,
            },
            [b',', after @ ..] if !is_before => after_space(after),
            [first, after @ ..] if !is_before && *first == closing => {
                self.rest = after;
                return Ok(false);
            }
            _ => return Err(ReadError::Malformed),
        };
        Ok(true)
    }
}

/// Where the value of a member begins, from behind its name.
fn value_of(name: &[u8]) -> Result<&[u8], ReadError> {
    after_colon(name).map(after_space).ok_or(ReadError::Malformed)
}

#[cfg(feature = "security")]
impl<'a> FieldValue<'a> {
    /// The members of an object in a request.
    pub(crate) fn members<const N: usize>(self, fields: &[Field; N]) -> Result<[FieldValue<'a>; N], ReadError> {
        let mut values = [FieldValue::Absent; N];
        MemberWalk::of(self.nested().unwrap_or_default(), Strictness::NoOthers).read_into(fields, &mut values)?;
        Ok(values)
    }
}

/// The elements of a JSON array that has been proven.
pub(crate) fn elements(array: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut walk = MemberWalk::of(array, Strictness::NoOthers);
    core::iter::from_fn(move || walk.element().is_ok_and(|has_more| has_more).then(|| walk.raw().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::FieldKind as Json;

    #[test]
    fn elements_of_an_array() {
        let all: std::vec::Vec<_> = elements(br#" [ 1 , {"a":[2]} ,"x"] "#).collect();
        assert_eq!(all, [&b"1"[..], br#"{"a":[2]}"#, br#""x""#]);
        assert_eq!(elements(b"[]").count(), 0);
    }

    #[test]
    fn elements_are_read_one_after_the_other_and_from_where_the_last_one_ended() {
        const FIELDS: [Field; 2] = [Field::required("id", Json::Integer), Field::optional("info", Json::Object)];
        let text = r#"{"x":{},"list" : [ {"id":1,"info":{"a":[]}} , { "id":2 }],"y":[{"id":3}]}"#;
        let mut position = text.find('[').unwrap();
        for id in [1, 2] {
            let mut walk = MemberWalk::at(&text.as_bytes()[position..], Strictness::NoOthers, id == 1);
            assert_eq!(walk.element(), Ok(true));
            let mut values = [FieldValue::Absent; 2];
            walk.read_into(&FIELDS, &mut values).unwrap();
            assert_eq!(values[0], FieldValue::Integer(id));
            position = text.len() - walk.rest.len();
        }
        assert_eq!(MemberWalk::at(&text.as_bytes()[position..], Strictness::NoOthers, false).element(), Ok(false));
        assert_eq!(MemberWalk::of(b"", Strictness::NoOthers).element(), Err(ReadError::Malformed));
    }

    #[test]
    fn what_is_no_object_has_no_members() {
        const FIELDS: [Field; 1] = [Field::required("id", Json::Integer)];
        for element in [
            "5",
            "[]",
            "{}",
            r#"{,"id":1}"#,
            r#"{"id":1]"#,
            r#"{"id":01}"#,
            r#""id","1""#,
            r#""other""#,
            r#"[{"id":1}]"#,
            "null",
            "",
        ] {
            let mut walk = MemberWalk::of(element.as_bytes(), Strictness::NoOthers);
            assert!(walk.read_into(&FIELDS, &mut [FieldValue::Absent]).is_err(), "{element}");
        }
    }

    #[test]
    fn rpc_17_what_stands_between_elements_is_looked_at() {
        for broken in
            [r#"[1[2]]"#, "[1 2]", "[,1]", "[1,]", "[1,,2]", "[1", "[", "]", "1]", "[1}", r#"[{}[{}]"#, "[01]"]
        {
            let mut walk = MemberWalk::of(broken.as_bytes(), Strictness::NoOthers);
            let end = loop {
                match walk.element() {
                    Ok(true) => match walk.raw() {
                        Ok(_) => {}
                        Err(error) => break Err(error),
                    },
                    end => break end,
                }
            };
            assert_eq!(end, Err(ReadError::Malformed), "{broken}");
        }
    }
}
