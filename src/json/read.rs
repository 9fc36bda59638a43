use super::JsonStr;
use super::walk::{Seen, Walk};

/// One member of a JSON object that is looked for. There are many of these tables, so each is twelve bytes.
pub(crate) struct Field {
    pub(super) name: &'static str,
    /// The most characters of a string.
    pub(super) max: u16,
    pub(super) opening: Opening,
    pub(super) required: bool,
}

/// How the value begins.
#[derive(Clone, Copy)]
pub(super) enum Opening {
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
    read_at(&mut Walk::of(object, strictness), fields)
}

/// The same for the object that the walk stands before.
pub(crate) fn read_at<'a, const N: usize>(
    walk: &mut Walk<'a>,
    fields: &[Field; N],
) -> Result<[Value<'a>; N], ReadError> {
    let mut values = [Value::Absent; N];
    read_into(walk, fields, &mut values)?;
    Ok(values)
}

/// The same for fields whose number differs from case to case; values without a field are left alone.
#[inline(never)]
pub(crate) fn read_into<'a>(walk: &mut Walk<'a>, fields: &[Field], values: &mut [Value<'a>]) -> Result<(), ReadError> {
    let mut seen = Seen::default();
    while let Some((place, value)) = walk.member(&mut seen, fields)? {
        if let Some(slot) = values.get_mut(place) {
            *slot = if let Value::Nested(_) = value { Value::Nested(walk.raw()) } else { value };
        }
    }
    Ok(())
}

/// A plain decimal number that fits; `7.0` and `1e2` are none.
pub(crate) fn integer(text: &str) -> Option<i32> {
    match leading_integer(text.as_bytes())? {
        (integer, []) => Some(integer),
        _ => None,
    }
}

/// The same at the beginning of `bytes`, with what stands behind it.
pub(super) fn leading_integer(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let (is_negative, digits) = match bytes {
        [b'-', digits @ ..] => (true, digits),
        _ => (false, bytes),
    };
    let mut rest = digits;
    let mut number = 0u32;
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        // 4 294 967 295 is the greatest that is held, and twice as much as is wanted.
        if number > (u32::MAX - 9) / 10 {
            return None;
        }
        number = number * 10 + u32::from(digit - b'0');
        rest = after;
    }
    if rest.len() == digits.len() {
        return None;
    }
    let integer = if is_negative { 0i32.checked_sub_unsigned(number) } else { i32::try_from(number).ok() };
    Some((integer?, rest))
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
