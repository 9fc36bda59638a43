use super::JsonStr;
use super::scan::Members;
use crate::bytes::same;

/// One member of a JSON object that is looked for. There are many of these tables, so each is twelve bytes.
pub(crate) struct Field {
    pub(super) name: &'static str,
    /// The most characters of a string.
    max: u16,
    /// How the value begins.
    opening: Opening,
    pub(super) required: bool,
}

#[derive(Clone, Copy)]
enum Opening {
    Quote,
    Digit,
    Brace,
    Bracket,
    #[cfg(feature = "smart-charging")]
    Number,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A string of at most this many characters.
    Text(u16),
    Integer,
    Object,
    Array,
    /// Any number, as it stands in the message.
    #[cfg(feature = "smart-charging")]
    Number,
}

impl Field {
    pub(crate) const fn required(name: &'static str, kind: Kind) -> Self {
        Self::new(name, kind, true)
    }

    pub(crate) const fn optional(name: &'static str, kind: Kind) -> Self {
        Self::new(name, kind, false)
    }

    const fn new(name: &'static str, kind: Kind, required: bool) -> Self {
        let (opening, max) = match kind {
            Kind::Text(max) => (Opening::Quote, max),
            Kind::Integer => (Opening::Digit, 0),
            Kind::Object => (Opening::Brace, 0),
            Kind::Array => (Opening::Bracket, 0),
            #[cfg(feature = "smart-charging")]
            Kind::Number => (Opening::Number, 0),
        };
        Self { name, max, opening, required }
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
    /// A number, as it stands in the message.
    #[cfg(feature = "smart-charging")]
    Number(&'a str),
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

    #[cfg(feature = "smart-charging")]
    pub(crate) fn number(self) -> Option<&'a str> {
        match self {
            Self::Number(number) => Some(number),
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
/// One table-driven reader serves every message. A visitor of serde in its place costs 3 KB of flash more, derived
/// visitors 41 KB, and both parse again what the scanner has proven.
pub(crate) fn read<'a, const N: usize>(
    object: &'a str,
    fields: &[Field; N],
    strictness: Strictness,
) -> Result<[Value<'a>; N], ReadError> {
    let mut values = [Value::Absent; N];
    read_members(&mut Members::of(object), fields, strictness, &mut values)?;
    Ok(values)
}

/// The same for the element of an array in `text` that follows at `position`, which is where the array begins or where the
/// last element has ended, and is moved to where this one ends. `None` at the end of the array.
#[cfg(feature = "local-auth-list")]
pub(crate) fn read_element<'a, const N: usize>(
    text: &'a str,
    position: &mut usize,
    fields: &[Field; N],
    strictness: Strictness,
) -> Result<Option<[Value<'a>; N]>, ReadError> {
    let mut values = [Value::Absent; N];
    let Some(mut members) = Members::of_element(text, *position) else { return Ok(None) };
    read_members(&mut members, fields, strictness, &mut values)?;
    *position = members.end();
    Ok(Some(values))
}

/// The same for fields whose number differs from case to case; values without a field are left alone.
#[cfg(feature = "firmware-management")]
pub(crate) fn read_into<'a>(
    object: &'a str,
    fields: &[Field],
    strictness: Strictness,
    values: &mut [Value<'a>],
) -> Result<(), ReadError> {
    read_members(&mut Members::of(object), fields, strictness, values)
}

fn read_members<'a>(
    members: &mut Members<'a>,
    fields: &[Field],
    strictness: Strictness,
    values: &mut [Value<'a>],
) -> Result<(), ReadError> {
    while let Some((name, value)) = members.next() {
        // No name of OCPP needs an escape, so one with escapes is none of them.
        let found = fields
            .iter()
            .zip(values.iter_mut())
            .find(|(field, _)| field.name.len() == name.len() && same(field.name.as_bytes(), name.as_bytes()));
        match found {
            Some((field, slot @ Value::Absent)) => *slot = field.value(value)?,
            Some(_) => return Err(ReadError::Twice),
            None if strictness == Strictness::NoOthers => return Err(ReadError::Unknown),
            None => {}
        }
    }
    let missing = fields.iter().zip(&*values).any(|(field, value)| field.required && *value == Value::Absent);
    if missing { Err(ReadError::Missing) } else { Ok(()) }
}

impl Field {
    /// The bracket that the value begins with.
    #[cfg(feature = "smart-charging")]
    pub(super) fn bracket(&self) -> Option<u8> {
        match self.opening {
            Opening::Brace => Some(b'{'),
            Opening::Bracket => Some(b'['),
            _ => None,
        }
    }

    pub(super) fn value<'a>(&self, value: &'a str) -> Result<Value<'a>, ReadError> {
        if value == "null" {
            return Ok(Value::Absent);
        }
        match self.opening {
            Opening::Quote => {
                let max = self.max;
                let inside = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                let text = JsonStr::from_escaped(inside.ok_or(ReadError::WrongType)?);
                let too_long = text.escaped().len() > usize::from(max) && text.chars().nth(max.into()).is_some();
                if too_long { Err(ReadError::TooLong) } else { Ok(Value::Text(text)) }
            }
            Opening::Digit => integer(value).map(Value::Integer).ok_or(ReadError::WrongType),
            Opening::Brace if value.as_bytes().first() == Some(&b'{') => Ok(Value::Nested(value)),
            Opening::Bracket if value.as_bytes().first() == Some(&b'[') => Ok(Value::Nested(value)),
            Opening::Brace | Opening::Bracket => Err(ReadError::WrongType),
            #[cfg(feature = "smart-charging")]
            Opening::Number if matches!(value.as_bytes().first(), Some(b'-' | b'0'..=b'9')) => Ok(Value::Number(value)),
            #[cfg(feature = "smart-charging")]
            Opening::Number => Err(ReadError::WrongType),
        }
    }
}

/// A plain decimal number that fits; `7.0` and `1e2` are none.
pub(crate) fn integer(text: &str) -> Option<i32> {
    let (digits, is_negative) = match text.strip_prefix('-') {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    if digits.is_empty() {
        return None;
    }
    let mut number = 0u32;
    for digit in digits.bytes() {
        let digit = digit.wrapping_sub(b'0');
        // 4 294 967 295 is the greatest that is held, and twice as much as is wanted.
        if digit > 9 || number > (u32::MAX - 9) / 10 {
            return None;
        }
        number = number * 10 + u32::from(digit);
    }
    if is_negative { 0i32.checked_sub_unsigned(number) } else { i32::try_from(number).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [Field; 4] = [
        Field::required("id", Kind::Integer),
        Field::optional("tag", Kind::Text(5)),
        Field::optional("info", Kind::Object),
        Field::optional("list", Kind::Array),
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

    #[cfg(feature = "local-auth-list")]
    #[test]
    fn elements_are_read_one_after_the_other() {
        let text = r#"{"x":{},"list" : [ {"id":1,"info":{"a":[]}} , { "id":2 }],"y":[{"id":3}]}"#;
        let mut position = text.find('[').unwrap();
        let mut next = || read_element(text, &mut position, &FIELDS, Strictness::NoOthers);
        for id in [1, 2] {
            assert_eq!(next().unwrap().unwrap()[0], Value::Integer(id));
        }
        assert_eq!((next(), next()), (Ok(None), Ok(None)));
        for (array, found) in [
            ("[]", Ok(None)),
            (" [ ] ", Ok(None)),
            ("[5]", Err(ReadError::Missing)),
            ("[[]]", Err(ReadError::Missing)),
            ("[{}]", Err(ReadError::Missing)),
            ("", Ok(None)),
        ] {
            assert_eq!(read_element(array, &mut 0, &FIELDS, Strictness::NoOthers), found, "{array}");
        }
        assert_eq!(read_element("[]", &mut 7, &FIELDS, Strictness::NoOthers), Ok(None));
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
