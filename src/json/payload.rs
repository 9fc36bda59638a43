use super::grammar::{after_space, after_value, between, is_end};
use super::{Field, FieldValue, MemberWalk, Problem, ReadError, Strictness};
use crate::log::format_as_debug;
use core::fmt;
use serde::Deserialize;

/// The payload of a message, still in the buffer that it arrived in: a JSON object, once it is proven.
///
/// Reading it to its end is what proves it: that of a call has been looked at by nobody before. So read first, then act; an
/// error of [`text`](Self::text) is returned as it is, and the RPC layer looks after the rest. The payload that comes with
/// an [`Outcome`](crate::rpc::Outcome) has been proven.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Payload<'a> {
    /// All of the message from where it begins.
    rest: &'a [u8],
}

format_as_debug!(Payload<'_>);

impl<'a> Payload<'a> {
    /// What stands behind `[2,id,action,` or `[3,id,`.
    pub(super) const fn before_end(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// The object, proven to be well-formed JSON of bounded depth and the last of its message; `null` was replaced by `{}`.
    ///
    /// # Errors
    /// What is wrong with it: nothing in it is to be trusted then.
    #[inline(never)]
    pub fn text(self) -> Result<&'a str, Problem> {
        let object = self.object();
        let text = between(object, self.prove()?);
        core::str::from_utf8(text).map_err(|_| Problem::Syntax)
    }

    /// The same without the text. Returns what stands behind.
    #[inline(never)]
    pub(crate) fn prove(self) -> Result<&'a [u8], Problem> {
        let object = self.object();
        let after = after_value(object)?;
        let mut end = after;
        while let [b',', more @ ..] = after_space(end) {
            end = after_value(more)?;
        }
        match object {
            _ if !is_end(end) => Err(Problem::Syntax),
            [b'{', ..] if end == after => Ok(after),
            _ => Err(Problem::Structure),
        }
    }

    /// Reads the members named in `fields` of a request, and proves the payload by it.
    pub(crate) fn read<const N: usize>(self, fields: &[Field; N]) -> Result<[FieldValue<'a>; N], ReadError> {
        let mut values = [FieldValue::Absent; N];
        self.read_into(fields, &mut values)?;
        Ok(values)
    }

    /// The same for fields whose number differs from case to case; values without a field are left alone.
    #[inline(never)]
    pub(crate) fn read_into(self, fields: &[Field], values: &mut [FieldValue<'a>]) -> Result<(), ReadError> {
        let mut walk = self.walk();
        walk.read_into(fields, values)?;
        walk.end()
    }

    /// Stands before the object of a request.
    pub(crate) fn walk(self) -> MemberWalk<'a> {
        MemberWalk::of(self.object(), Strictness::NoOthers)
    }

    /// Stands before the object of an answer, which has been proven.
    pub(super) fn walk_answer(self) -> MemberWalk<'a> {
        MemberWalk::of(self.object(), Strictness::IgnoreOthers)
    }

    /// Stands where another walk had so much [left](Walk::left): before an array, or in it behind an element.
    #[cfg(feature = "local-auth-list")]
    pub(crate) fn walk_from(self, left: usize, is_before: bool) -> MemberWalk<'a> {
        let object = self.object();
        MemberWalk::at(
            object.get(object.len().wrapping_sub(left)..).unwrap_or_default(),
            Strictness::NoOthers,
            is_before,
        )
    }

    /// Where it begins in `message`, which holds it.
    pub(crate) fn place_in(self, message: &[u8]) -> usize {
        message.len().wrapping_sub(self.rest.len())
    }

    /// The payload that begins there.
    pub(crate) fn at(message: &'a [u8], place: usize) -> Self {
        Self { rest: message.get(place..).unwrap_or_default() }
    }

    fn object(self) -> &'a [u8] {
        match self.rest {
            // RPC-06
            [b'n', b'u', b'l', b'l', after @ ..] if is_end(after) => b"{}]",
            object => object,
        }
    }
}

/// Reads the members named in `fields` from an answer. Those that cannot be read or stand there twice are absent, and are added
/// to `left_out`; that none is missing which decides is for the caller to see.
///
/// One table-driven reader serves every message. A visitor of serde in its place costs 3 KB of flash more, derived
/// visitors 41 KB, and both parse again what the walk has proven.
pub(crate) fn read_answer<'a, const N: usize>(
    answer: Payload<'a>,
    fields: &[Field; N],
    left_out: &mut u32,
) -> [FieldValue<'a>; N] {
    let mut values = [FieldValue::Absent; N];
    let _ = answer.walk_answer().read_leniently(fields, &mut values, left_out);
    values
}

/// A whole number of an answer. One that is none is absent, and is added to `left_out`.
pub(crate) fn long_of_answer(value: FieldValue<'_>, left_out: &mut u32) -> Option<i64> {
    value.long().unwrap_or_else(|_| {
        *left_out = left_out.saturating_add(1);
        None
    })
}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Ok(text) => fmt::Debug::fmt(text, f),
            Err(problem) => fmt::Debug::fmt(&problem, f),
        }
    }
}

/// Reads a payload into a type of the firmware's own, by `serde-json-core`.
///
/// Texts with escapes want the type `serde_json_core::str::EscapedStr`; a plain `&str` keeps them escaped. Floats cost
/// 17 KB of flash.
///
/// `None` when the payload is not of this type, or no JSON of bounded depth.
pub fn from_payload<'a, T: Deserialize<'a>>(payload: Payload<'a>) -> Option<T> {
    serde_json_core::from_str(payload.text().ok()?).ok().map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::FieldKind;
    use serde_json_core::str::EscapedStr;

    #[derive(Deserialize, Debug, PartialEq)]
    struct Vendor<'a> {
        level: i32,
        #[serde(borrow)]
        note: Option<EscapedStr<'a>>,
    }

    #[test]
    fn a_type_of_the_firmware() {
        let payload = |text: &'static str| Payload::before_end(text.as_bytes());
        let read = from_payload::<Vendor<'_>>(payload(r#"{"more":[1,{"x":"\ud83d"}],"level":7,"note":"a\nb"}]"#));
        assert_eq!(read, Some(Vendor { level: 7, note: Some(EscapedStr(r"a\nb")) }));
        assert_eq!(from_payload::<Vendor<'_>>(payload(r#"{"level":"7"}]"#)), None);
        assert_eq!(from_payload::<Vendor<'_>>(payload(r#"{"level":7}"#)), None);
    }

    #[test]
    fn rpc_17_what_is_read_of_a_payload_is_proven_to_its_end() {
        const FIELDS: [Field; 2] =
            [Field::required("id", FieldKind::Integer), Field::optional("list", FieldKind::Array)];
        for sound in [r#"{"id":1}]"#, " {\"id\" : -0,\"list\":[{}, \"\u{e4}\"]\n} \t]\r\n", r#"{"list":null,"id":7}]"#]
        {
            let payload = Payload::before_end(sound.trim_start().as_bytes());
            assert!(payload.read(&FIELDS).is_ok() && payload.text().is_ok(), "{sound}");
        }
        for broken in [
            r#"{"id":1}"#,
            r#"{"id":1}]]"#,
            r#"{"id":1}]x"#,
            r#"{"id":1}x]"#,
            r#"{"id":1]}"#,
            r#"{"id":1,}]"#,
            r#"{,"id":1}]"#,
            r#"{"id":1"list":[]}]"#,
            r#"{"id":1 "list":[]}]"#,
            r#"{"id":01}]"#,
            r#"{"id":-01}]"#,
            r#"{"id":-}]"#,
            r#"{"id"1}]"#,
            r#"{"id":1,"list":[}]"#,
            r#"{"id":1,"list":nul}]"#,
            r#"{"id":1,"list":["\x"]}]"#,
            r#"nulL]"#,
        ] {
            let payload = Payload::before_end(broken.as_bytes());
            assert!(payload.read(&FIELDS).is_err(), "{broken}");
            assert_eq!(payload.text(), Err(Problem::Syntax), "{broken}");
        }
        for longer in [r#"null,7]"#, r#"{"id":1},7]"#] {
            let payload = Payload::before_end(longer.as_bytes());
            assert!(payload.read(&FIELDS).is_err(), "{longer}");
            assert_eq!(payload.text(), Err(Problem::Structure), "{longer}");
        }
    }
}
