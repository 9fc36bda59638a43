use super::JsonStr;

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
    Number,
}

#[derive(Clone, Copy)]
pub(crate) enum FieldKind {
    /// A string of at most this many characters.
    Text(u16),
    /// A whole number of 32 bits.
    Integer,
    Object,
    Array,
    /// Any number, as it stands in the message.
    Number,
}

impl FieldKind {
    /// A date; no schema bounds the digits of its fraction.
    pub(crate) const DATE: Self = Self::Text(u16::MAX);
}

impl Field {
    pub(crate) const fn required(name: &'static str, kind: FieldKind) -> Self {
        Self::new(name, kind, true)
    }

    pub(crate) const fn optional(name: &'static str, kind: FieldKind) -> Self {
        Self::new(name, kind, false)
    }

    const fn new(name: &'static str, kind: FieldKind, required: bool) -> Self {
        let (opening, max) = match kind {
            FieldKind::Text(max) => (Opening::Quote, max),
            FieldKind::Integer => (Opening::Digit, 0),
            FieldKind::Object => (Opening::Brace, 0),
            FieldKind::Array => (Opening::Bracket, 0),
            FieldKind::Number => (Opening::Number, 0),
        };
        Self { name, max, opening, required }
    }
}

/// What was found for a [`Field`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldValue<'a> {
    Absent,
    Text(JsonStr<'a>),
    Integer(i32),
    /// An object or array, as it stands in the message.
    Nested(&'a [u8]),
    /// A number, as it stands in the message.
    Number(&'a [u8]),
}

impl<'a> FieldValue<'a> {
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

    /// A [`Kind::Number`] that is a whole one of up to 64 bits.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn long(self) -> Result<Option<i64>, ReadError> {
        match self {
            Self::Number(number) => long(number).map(Some),
            _ => Ok(None),
        }
    }

    #[cfg(feature = "smart-charging")]
    pub(crate) fn number(self) -> Option<&'a [u8]> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(crate) fn nested(self) -> Option<&'a [u8]> {
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
    /// A text or a number.
    TooLong,
    /// No JSON.
    Malformed,
}

/// A whole number of up to 64 bits.
#[inline(never)]
fn long(text: &[u8]) -> Result<i64, ReadError> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let mut number = 0u64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return Err(ReadError::WrongType);
        }
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
    }
    match i64::try_from(number) {
        Ok(number) if digits.len() <= 19 => Ok(if is_negative { -number } else { number }),
        _ => Err(ReadError::TooLong),
    }
}

/// A plain decimal number that fits; `7.0` and `1e2` are none.
pub(crate) fn integer(text: &[u8]) -> Option<i32> {
    match leading_integer(text)? {
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
    use crate::json::{MemberWalk, Payload, read_answer};

    const FIELDS: [Field; 4] = [
        Field::required("id", FieldKind::Integer),
        Field::optional("tag", FieldKind::Text(5)),
        Field::optional("info", FieldKind::Object),
        Field::optional("list", FieldKind::Array),
    ];

    fn read_strictly(object: &str) -> Result<[FieldValue<'_>; 4], ReadError> {
        let mut values = [FieldValue::Absent; 4];
        MemberWalk::of(object.as_bytes(), Strictness::NoOthers).read_into(&FIELDS, &mut values)?;
        Ok(values)
    }

    #[test]
    fn rpc_06_any_order_null_and_white_space() {
        let values =
            read_strictly(r#"{ "list" : [1,{"a":"]"}] , "tag":"a\u0062c\ud83d\ude00d", "info":null, "id" : -7 }"#)
                .unwrap();
        assert_eq!(values[0], FieldValue::Integer(-7));
        assert!(values[1].text().unwrap().is("abc😀d"));
        assert_eq!(values[2], FieldValue::Absent);
        assert_eq!(values[3], FieldValue::Nested(br#"[1,{"a":"]"}]"#));
        assert_eq!(read_strictly(r#"{"id":1,"info":{"id":2}}"#).unwrap()[2].nested(), Some(&br#"{"id":2}"#[..]));
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
            (r#"{"id":2147483648}"#, ReadError::TooLong),
            (r#"{"id":-99999999999999999999}"#, ReadError::TooLong),
            (r#"{"id":1e2}"#, ReadError::WrongType),
            (r#"{"id":1,"tag":2}"#, ReadError::WrongType),
            (r#"{"id":1,"tag":"\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"}"#, ReadError::TooLong),
            (r#"{"id":1,"info":[]}"#, ReadError::WrongType),
            (r#"{"id":1,"list":{}}"#, ReadError::WrongType),
        ] {
            assert_eq!(read_strictly(object), Err(error), "{object}");
        }
    }

    #[test]
    fn rpc_30_in_an_answer_what_cannot_be_read_is_left_out_and_counted() {
        for (object, values, counted) in [
            (r#"{"id":1,"x":{"y":["\ud83d\ude00 long text that nobody reads"]}}"#, (Some(1), None), 0),
            (r#"{"id":1,"tag":"longer","info":7,"list":[{}]}"#, (Some(1), None), 2),
            (r#"{"id":"1","tag":"abc"}"#, (None, Some("abc")), 1),
            (r#"{"id":1,"tag":"abc","id":2}"#, (None, Some("abc")), 1),
            (r#"{"list":[1],"list":[2],"tag":"abc","id":1}"#, (Some(1), Some("abc")), 1),
            (r#"{"id":2147483648,"tag":{"a":[1,{}]}}"#, (None, None), 2),
            (r#"{"tag":null}"#, (None, None), 0),
            ("{}", (None, None), 0),
        ] {
            let mut left_out = 0;
            let [id, tag, ..] = read_answer(Payload::before_end(object.as_bytes()), &FIELDS, &mut left_out);
            assert_eq!((id.integer(), tag.text().map(JsonStr::escaped)), values, "{object}");
            assert_eq!(left_out, counted, "{object}");
        }
    }

    #[test]
    fn rpc_32_long_numbers_have_64_bits() {
        const LONG: [Field; 1] = [Field::required("id", FieldKind::Number)];
        for (number, expected) in [
            ("0", Ok(0)),
            ("-1", Ok(-1)),
            ("2147483648", Ok(2_147_483_648)),
            ("7213456789012345678", Ok(7_213_456_789_012_345_678)),
            ("9223372036854775807", Ok(i64::MAX)),
            ("-9223372036854775807", Ok(-i64::MAX)),
            ("9223372036854775808", Err(ReadError::TooLong)),
            ("-9999999999999999999", Err(ReadError::TooLong)),
            ("99999999999999999999", Err(ReadError::TooLong)),
            ("42.0", Err(ReadError::WrongType)),
            ("1e2", Err(ReadError::WrongType)),
            ("\"42\"", Err(ReadError::WrongType)),
        ] {
            let payload = std::format!("{{\"id\":{number}}}]");
            let found = Payload::before_end(payload.as_bytes()).read(&LONG).and_then(|[id]| id.long());
            assert_eq!(found, expected.map(Some), "{number}");
        }
    }
}
