use super::{JsonStr, scan};
use core::fmt;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json_core::str::EscapedStr;

/// One member of a JSON object that is looked for.
pub(crate) struct Field {
    name: &'static str,
    kind: Kind,
    required: bool,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A string of at most this many characters.
    Text(u16),
    Integer,
    /// An object or an array, told apart by its opening bracket.
    Nested(char),
}

impl Kind {
    pub(crate) const OBJECT: Self = Self::Nested('{');
    pub(crate) const ARRAY: Self = Self::Nested('[');
}

impl Field {
    pub(crate) const fn required(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, required: true }
    }

    pub(crate) const fn optional(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, required: false }
    }
}

/// What was found for a [`Field`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Absent,
    Text(JsonStr<'a>),
    Integer(i32),
    /// An object or array, as it stands in the message.
    Nested(&'a str),
}

impl<'a> Value<'a> {
    pub(crate) fn text(self) -> Option<JsonStr<'a>> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn integer(self) -> Option<i32> {
        match self {
            Self::Integer(integer) => Some(integer),
            _ => None,
        }
    }

    pub(crate) fn nested(self) -> Option<&'a str> {
        match self {
            Self::Nested(nested) => Some(nested),
            _ => None,
        }
    }
}

/// Whether members that are not in the table make the object wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// Requests of the central system: the schemas allow no other members.
    NoOthers,
    /// Answers: what we do not need is not our business.
    IgnoreOthers,
}

/// What is wrong with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadError {
    Missing,
    Twice,
    Unknown,
    WrongType,
    TooLong,
}

/// Reads the members named in `fields` from `object`, which the scanner has accepted.
///
/// One visitor serves every message: a derived one for each would cost 41 KB of flash in all.
pub(crate) fn read<'a, const N: usize>(
    object: &'a str,
    fields: &[Field; N],
    strictness: Strictness,
) -> Result<[Value<'a>; N], ReadError> {
    let mut values = [Value::Absent; N];
    read_into(object, fields, strictness, &mut values)?;
    Ok(values)
}

fn read_into<'a>(
    object: &'a str,
    fields: &[Field],
    strictness: Strictness,
    values: &mut [Value<'a>],
) -> Result<(), ReadError> {
    let mut error = ReadError::WrongType;
    let members = Members { object, fields, strictness, values, error: &mut error };
    let mut deserializer = serde_json_core::de::Deserializer::new(object.as_bytes(), None);
    members.deserialize(&mut deserializer).map_err(|_| error)?;
    let missing = fields.iter().zip(&*values).any(|(field, value)| field.required && *value == Value::Absent);
    if missing { Err(ReadError::Missing) } else { Ok(()) }
}

struct Members<'t, 'a> {
    object: &'a str,
    fields: &'t [Field],
    strictness: Strictness,
    values: &'t mut [Value<'a>],
    /// Serde's errors carry no reason; ours is left here.
    error: &'t mut ReadError,
}

impl<'a> DeserializeSeed<'a> for Members<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Members<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let fault = |error: &mut ReadError, reason| {
            *error = reason;
            A::Error::custom("")
        };
        while let Some(name) = map.next_key::<&'a str>()? {
            let found = self.fields.iter().zip(self.values.iter_mut()).find(|(field, _)| field.name == name);
            let Some((field, slot)) = found else {
                if self.strictness == Strictness::NoOthers {
                    return Err(fault(self.error, ReadError::Unknown));
                }
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if *slot != Value::Absent {
                return Err(fault(self.error, ReadError::Twice));
            }
            let value = match field.kind {
                Kind::Text(max) => match map.next_value::<Option<EscapedStr<'a>>>()? {
                    Some(EscapedStr(escaped)) => {
                        let text = JsonStr::from_escaped(escaped);
                        if text.chars().nth(usize::from(max)).is_some() {
                            return Err(fault(self.error, ReadError::TooLong));
                        }
                        Value::Text(text)
                    }
                    None => Value::Absent,
                },
                Kind::Integer => map.next_value::<Option<i32>>()?.map_or(Value::Absent, Value::Integer),
                Kind::Nested(opening) => {
                    map.next_value::<IgnoredAny>()?;
                    match value_after(self.object, name) {
                        Some(value) if value.starts_with(opening) => Value::Nested(value),
                        Some("null") => Value::Absent,
                        _ => return Err(fault(self.error, ReadError::WrongType)),
                    }
                }
            };
            *slot = value;
        }
        Ok(())
    }
}

/// The value of the member `name`, found by where the name stands in `object`: serde hands out no raw text.
fn value_after<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let at = (name.as_ptr() as usize).checked_sub(object.as_ptr() as usize)?;
    let behind_the_quote = object.get(at..)?.get(name.len() + 1..)?;
    scan::value_at(behind_the_quote.trim_ascii_start().strip_prefix(':')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [Field; 4] = [
        Field::required("id", Kind::Integer),
        Field::optional("tag", Kind::Text(5)),
        Field::optional("info", Kind::OBJECT),
        Field::optional("list", Kind::ARRAY),
    ];

    fn read_strictly(object: &str) -> Result<[Value<'_>; 4], ReadError> {
        read(object, &FIELDS, Strictness::NoOthers)
    }

    #[test]
    fn rpc_06_any_order_null_and_white_space() {
        let values =
            read_strictly(r#"{ "list" : [1,{"a":"]"}] , "tag":"a\u0062c\ud83d\ude00d", "info":null, "id" : -7 }"#)
                .unwrap();
        assert_eq!(values[0], Value::Integer(-7));
        assert!(values[1].text().unwrap().is("abc😀d"));
        assert_eq!(values[2], Value::Absent);
        assert_eq!(values[3], Value::Nested(r#"[1,{"a":"]"}]"#));
        assert_eq!(read_strictly(r#"{"id":1,"info":{"id":2}}"#).unwrap()[2].nested(), Some(r#"{"id":2}"#));
    }

    #[test]
    fn rpc_15_every_fault_has_its_reason() {
        for (object, error) in [
            (r#"{}"#, ReadError::Missing),
            (r#"{"id":null}"#, ReadError::Missing),
            (r#"{"id":1,"id":1}"#, ReadError::Twice),
            (r#"{"id":1,"more":[{}]}"#, ReadError::Unknown),
            (r#"{"id":"1"}"#, ReadError::WrongType),
            (r#"{"id":1.5}"#, ReadError::WrongType),
            (r#"{"id":2147483648}"#, ReadError::WrongType),
            (r#"{"id":1,"tag":2}"#, ReadError::WrongType),
            (r#"{"id":1,"tag":"\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"}"#, ReadError::TooLong),
            (r#"{"id":1,"info":[]}"#, ReadError::WrongType),
            (r#"{"id":1,"list":{}}"#, ReadError::WrongType),
        ] {
            assert_eq!(read_strictly(object), Err(error), "{object}");
        }
    }

    #[test]
    fn answers_may_hold_more_than_we_read() {
        let values = read(
            r#"{"id":1,"x":{"y":["\ud83d\ude00 long text that nobody reads"]}}"#,
            &FIELDS,
            Strictness::IgnoreOthers,
        );
        assert_eq!(values.unwrap()[0], Value::Integer(1));
    }
}
