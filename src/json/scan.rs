use super::JsonStr;

/// The deepest nesting of a payload that is accepted. OCPP 1.6 needs six levels.
pub const DEPTH_MAX: u32 = 32;

/// One OCPP-J message, still in the buffer that it arrived in (OCPP-J 1.6 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// `[2,id,action,payload]`
    Call {
        /// The message id, to be copied into the answer.
        id: JsonStr<'a>,
        /// What is asked for.
        action: JsonStr<'a>,
        /// A well-formed JSON object; `null` was replaced by `{}`.
        payload: &'a str,
    },
    /// `[3,id,payload]`
    CallResult {
        /// The message id of the call that this answers.
        id: JsonStr<'a>,
        /// A well-formed JSON object; `null` was replaced by `{}`.
        payload: &'a str,
    },
    /// `[4,id,code,description,details]`
    CallError {
        /// The message id of the call that this answers.
        id: JsonStr<'a>,
        /// The error code as it was sent; its spelling differs between servers (OCPP-J errata 5.1, 5.2).
        code: JsonStr<'a>,
        /// A text for people, empty when the server left it out.
        description: JsonStr<'a>,
    },
    /// A message type number that OCPP does not know; to be ignored (OCPP-J 1.6 §4.1.3).
    Unknown,
}

/// Which of the three kinds of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum MessageKind {
    /// Type 2.
    Call,
    /// Type 3.
    CallResult,
    /// Type 4.
    CallError,
}

/// A message that is not what OCPP-J allows, with as much of it as could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed<'a> {
    /// Kind and message id, when the message was sound up to them.
    pub head: Option<(MessageKind, JsonStr<'a>)>,
    /// What is wrong.
    pub problem: Problem,
}

/// Why a message was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Problem {
    /// Not JSON, or the text ends early.
    Syntax,
    /// Nested deeper than [`DEPTH_MAX`].
    TooDeep,
    /// JSON, but not a message of OCPP-J.
    Structure,
    /// Not UTF-8.
    Encoding,
}

/// Takes a message apart without copying, recursing or trusting it.
///
/// # Errors
/// [`Malformed`], with kind and id whenever they stand before the fault.
pub fn scan(message: &[u8]) -> Result<Frame<'_>, Malformed<'_>> {
    match core::str::from_utf8(message) {
        Ok(text) => scan_text(text),
        Err(fault) => {
            let sound = message.get(..fault.valid_up_to()).and_then(|sound| core::str::from_utf8(sound).ok());
            let head = sound.and_then(|text| scan_text(text).err()).and_then(|malformed| malformed.head);
            Err(Malformed { head, problem: Problem::Encoding })
        }
    }
}

fn scan_text(text: &str) -> Result<Frame<'_>, Malformed<'_>> {
    let mut scanner = Scanner { text, position: 0 };
    let (kind, id) = match scanner.head() {
        Ok(Some(head)) => head,
        Ok(None) => return Ok(Frame::Unknown),
        Err(problem) => return Err(Malformed { head: None, problem }),
    };
    scanner.body(kind, id).map_err(|problem| Malformed { head: Some((kind, id)), problem })
}

/// The members of a JSON object that has been scanned already: names as they were written, and values.
pub(super) struct Members<'a> {
    scanner: Scanner<'a>,
    separator: u8,
}

impl<'a> Members<'a> {
    pub(super) fn of(object: &'a str) -> Self {
        Self { scanner: Scanner { text: object, position: 0 }, separator: b'{' }
    }

    /// Those of the element that follows in an array: `position` is where that begins, or where the last element has ended.
    /// `None` at its end.
    #[cfg(feature = "local-auth-list")]
    pub(super) fn of_element(text: &'a str, position: usize) -> Option<Self> {
        let mut scanner = Scanner { text, position };
        scanner.peek().filter(|byte| matches!(byte, b'[' | b','))?;
        scanner.position += 1;
        (scanner.peek()? != b']').then_some(Self { scanner, separator: b'{' })
    }

    /// Where the object has ended, after its last member.
    #[cfg(feature = "local-auth-list")]
    pub(super) fn end(mut self) -> usize {
        let _ = self.scanner.token(b'}');
        self.scanner.position
    }

    pub(super) fn next(&mut self) -> Option<(&'a str, &'a str)> {
        self.scanner.token(self.separator).ok()?;
        self.separator = b',';
        let name = self.scanner.string().ok()?;
        self.scanner.token(b':').ok()?;
        Some((name.escaped(), self.scanner.known_value()?))
    }
}

/// The elements of a JSON array that has been scanned already.
pub(crate) fn elements(array: &str) -> impl Iterator<Item = &str> {
    let mut scanner = Scanner { text: array, position: 0 };
    let mut separator = b'[';
    core::iter::from_fn(move || {
        scanner.token(separator).ok()?;
        separator = b',';
        scanner.known_value()
    })
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

struct Scanner<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Scanner<'a> {
    fn head(&mut self) -> Result<Option<(MessageKind, JsonStr<'a>)>, Problem> {
        self.token(b'[')?;
        let number = self.value()?;
        self.token(b',')?;
        let kind = match number.as_bytes() {
            b"2" => MessageKind::Call,
            b"3" => MessageKind::CallResult,
            b"4" => MessageKind::CallError,
            [b'0'..=b'9', ..] => return Ok(None),
            _ => return Err(Problem::Structure),
        };
        let id = self.string()?;
        Ok(Some((kind, id)))
    }

    fn body(&mut self, kind: MessageKind, id: JsonStr<'a>) -> Result<Frame<'a>, Problem> {
        self.token(b',')?;
        let frame = match kind {
            MessageKind::Call => {
                let action = self.string()?;
                self.token(b',')?;
                Frame::Call { id, action, payload: self.payload()? }
            }
            MessageKind::CallResult => Frame::CallResult { id, payload: self.payload()? },
            MessageKind::CallError => {
                let code = self.string()?;
                let mut description = JsonStr::EMPTY;
                // Seen in the field: errors that end after the code or the description.
                if self.peek() == Some(b',') {
                    self.token(b',')?;
                    description = self.string()?;
                }
                if self.peek() == Some(b',') {
                    self.token(b',')?;
                    self.value()?;
                }
                Frame::CallError { id, code, description }
            }
        };
        self.token(b']')?;
        match self.peek() {
            None => Ok(frame),
            Some(_) => Err(Problem::Syntax),
        }
    }

    fn payload(&mut self) -> Result<&'a str, Problem> {
        let value = self.value()?;
        match value.as_bytes() {
            [b'{', ..] => Ok(value),
            b"null" => Ok("{}"),
            _ => Err(Problem::Structure),
        }
    }

    fn string(&mut self) -> Result<JsonStr<'a>, Problem> {
        match self.peek() {
            Some(b'"') => {
                let start = self.position;
                self.skip_string()?;
                let inside = self.text.get(start + 1..self.position - 1);
                inside.map(JsonStr::from_escaped).ok_or(Problem::Syntax)
            }
            Some(_) => Err(Problem::Structure),
            None => Err(Problem::Syntax),
        }
    }

    /// Any value, proven to be JSON.
    fn value(&mut self) -> Result<&'a str, Problem> {
        let mut nesting = Nesting::default();
        let mut first = self.peek().ok_or(Problem::Syntax)?;
        let start = self.position;
        loop {
            let opened = match first {
                b'{' => Some((true, b'}')),
                b'[' => Some((false, b']')),
                b'"' => self.skip_string().map(|()| None)?,
                b't' => self.skip_literal("true").map(|()| None)?,
                b'f' => self.skip_literal("false").map(|()| None)?,
                b'n' => self.skip_literal("null").map(|()| None)?,
                _ => self.skip_number().map(|()| None)?,
            };
            if let Some((object, closing)) = opened {
                self.position += 1;
                nesting.open(object)?;
                let next = self.peek().ok_or(Problem::Syntax)?;
                if next != closing {
                    if object {
                        self.member_name()?;
                        first = self.peek().ok_or(Problem::Syntax)?;
                    } else {
                        first = next;
                    }
                    continue;
                }
            }
            if nesting.depth == 0 || !self.next_in_line(&mut nesting)? {
                return self.since(start);
            }
            first = self.peek().ok_or(Problem::Syntax)?;
        }
    }

    /// Any value of a text that has been scanned: only its end is looked for.
    fn known_value(&mut self) -> Option<&'a str> {
        let first = self.peek()?;
        let start = self.position;
        if first == b'"' {
            self.skip_string().ok()?;
            return self.since(start).ok();
        }
        if matches!(first, b'}' | b']') {
            return None;
        }
        let mut depth = 0u32;
        loop {
            match *self.text.as_bytes().get(self.position)? {
                b'"' => {
                    self.skip_string().ok()?;
                    continue;
                }
                b'{' | b'[' => depth = depth.saturating_add(1),
                b'}' | b']' if depth > 1 => depth -= 1,
                b'}' | b']' => {
                    self.position += usize::from(depth == 1);
                    return self.since(start).ok();
                }
                0..=b' ' | b',' if depth == 0 => return self.since(start).ok(),
                _ => {}
            }
            self.position += 1;
        }
    }

    /// Moves past what follows a value; `false` when nothing is open any more.
    fn next_in_line(&mut self, nesting: &mut Nesting) -> Result<bool, Problem> {
        while nesting.depth > 0 {
            let object = nesting.in_object();
            match self.peek().ok_or(Problem::Syntax)? {
                b',' => {
                    self.position += 1;
                    if object {
                        self.member_name()?;
                    }
                    return Ok(true);
                }
                b'}' if object => nesting.close(),
                b']' if !object => nesting.close(),
                _ => return Err(Problem::Syntax),
            }
            self.position += 1;
        }
        Ok(false)
    }

    fn member_name(&mut self) -> Result<(), Problem> {
        if self.peek() != Some(b'"') {
            return Err(Problem::Syntax);
        }
        self.skip_string()?;
        self.token(b':')
    }

    fn skip_string(&mut self) -> Result<(), Problem> {
        self.position += 1;
        loop {
            let rest = self.text.as_bytes().get(self.position..).unwrap_or_default();
            let run = plain_run(rest);
            self.position += run + 1;
            match rest.get(run..) {
                Some([b'"', ..]) => return Ok(()),
                Some([b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..]) => self.position += 1,
                Some([b'\\', b'u', a, b, c, d, ..]) if [a, b, c, d].into_iter().all(u8::is_ascii_hexdigit) => {
                    self.position += 5;
                }
                _ => return Err(Problem::Syntax),
            }
        }
    }

    fn skip_literal(&mut self, literal: &str) -> Result<(), Problem> {
        let rest = self.text.get(self.position..).unwrap_or_default();
        if !rest.starts_with(literal) {
            return Err(Problem::Syntax);
        }
        self.position += literal.len();
        Ok(())
    }

    fn skip_number(&mut self) -> Result<(), Problem> {
        let rest = self.text.as_bytes().get(self.position..).unwrap_or_default();
        let digits = |from: usize| {
            let mut end = from;
            while rest.get(end).is_some_and(u8::is_ascii_digit) {
                end += 1;
            }
            if end == from { Err(Problem::Syntax) } else { Ok(end) }
        };
        let first = usize::from(rest.first() == Some(&b'-'));
        let mut end = if rest.get(first) == Some(&b'0') { first + 1 } else { digits(first)? };
        if rest.get(end) == Some(&b'.') {
            end = digits(end + 1)?;
        }
        if let Some(b'e' | b'E') = rest.get(end) {
            let has_sign = matches!(rest.get(end + 1), Some(b'+' | b'-'));
            end = digits(end + 1 + usize::from(has_sign))?;
        }
        self.position += end;
        Ok(())
    }

    fn token(&mut self, token: u8) -> Result<(), Problem> {
        match self.peek() {
            Some(found) if found == token => {
                self.position += 1;
                Ok(())
            }
            Some(b',' | b']') => Err(Problem::Structure),
            _ => Err(Problem::Syntax),
        }
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.position)?;
            if byte > b' ' || !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.position += 1;
        }
    }

    fn since(&self, start: usize) -> Result<&'a str, Problem> {
        self.text.get(start..self.position).ok_or(Problem::Syntax)
    }
}

/// How many bytes stand before the first quote, backslash or control character.
pub(super) fn plain_run(bytes: &[u8]) -> usize {
    const ONES: u32 = 0x0101_0101;
    const HIGHS: u32 = 0x8080_8080;
    let mut run = 0;
    for word in bytes.as_chunks::<4>().0 {
        let word = u32::from_le_bytes(*word);
        // Four bytes at once: a byte that is to be found borrows from its highest bit.
        let is_below = |word: u32, bound: u32| word.wrapping_sub(ONES * bound) & !word & HIGHS;
        let found = is_below(word, 0x20) | is_below(word ^ (ONES * 0x22), 1) | is_below(word ^ (ONES * 0x5c), 1);
        if found != 0 {
            return run + found.trailing_zeros() as usize / 8;
        }
        run += 4;
    }
    let rest = bytes.get(run..).unwrap_or_default();
    run + rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{format, string::String};

    fn raw(text: &str) -> JsonStr<'_> {
        JsonStr::from_escaped(text)
    }

    #[test]
    fn rpc_04_the_three_kinds() {
        assert_eq!(
            scan(br#"[2,"19223201","BootNotification",{"chargePointVendor":"V","x":[1,{"y":null}]}]"#),
            Ok(Frame::Call {
                id: raw(r#"19223201"#),
                action: raw(r#"BootNotification"#),
                payload: r#"{"chargePointVendor":"V","x":[1,{"y":null}]}"#,
            })
        );
        assert_eq!(
            scan(br#"[3,"19223201",{"status":"Accepted"}]"#),
            Ok(Frame::CallResult { id: raw(r#"19223201"#), payload: r#"{"status":"Accepted"}"# })
        );
        assert_eq!(
            scan(br#"[4,"1","InternalError","no \"luck\"",{}]"#),
            Ok(Frame::CallError { id: raw(r#"1"#), code: raw(r#"InternalError"#), description: raw(r#"no \"luck\""#) })
        );
    }

    #[test]
    fn rpc_06_white_space_and_null_payload() {
        let frame = scan(b" [ 3 ,\t\"a\" ,\r\n null ] ");
        assert_eq!(frame, Ok(Frame::CallResult { id: raw(r#"a"#), payload: "{}" }));
    }

    #[test]
    fn rpc_07_the_id_stays_as_it_was_written() {
        let Ok(Frame::Call { id, .. }) = scan(br#"[2,"\u00e4\"/","Reset",{}]"#) else { panic!() };
        assert_eq!(id.escaped(), r#"\u00e4\"/"#);
    }

    #[test]
    fn rpc_11_unknown_message_types_are_told_apart() {
        assert_eq!(scan(br#"[7,"a",{}]"#), Ok(Frame::Unknown));
        assert_eq!(scan(br#"[22,"a"]"#), Ok(Frame::Unknown));
    }

    #[test]
    fn rpc_16_errors_may_end_early() {
        for text in [r#"[4,"1","GenericError"]"#, r#"[4,"1","GenericError",""]"#] {
            assert!(matches!(scan(text.as_bytes()), Ok(Frame::CallError { .. })), "{text}");
        }
    }

    /// Everything but the last entry has a readable head.
    #[test]
    fn rpc_17_broken_text_is_named_with_its_id() {
        for (text, problem) in [
            (&br#"[2,"1","A",{"a":}]"#[..], Problem::Syntax),
            (br#"[2,"1","A",{"a":1,}]"#, Problem::Syntax),
            (br#"[2,"1","A",{,"a":1}]"#, Problem::Syntax),
            (br#"[2,"1","A",{"a":1]}"#, Problem::Syntax),
            (br#"[2,"1","A",{"a":tru}]"#, Problem::Syntax),
            (br#"[2,"1","A",{"a":01}]"#, Problem::Syntax),
            (br#"[2,"1","A",{"a":1.}]"#, Problem::Syntax),
            (br#"[2,"1","A",{"a":"\x"}]"#, Problem::Syntax),
            (br#"[2,"1","A",{"a":"\u12g4"}]"#, Problem::Syntax),
            (b"[2,\"1\",\"A\",{\"a\":\"\n\"}]", Problem::Syntax),
            (br#"[2,"1","A",{}"#, Problem::Syntax),
            (br#"[2,"1","A",{}]x"#, Problem::Syntax),
            (br#"[2,"1","A",[]]"#, Problem::Structure),
            (br#"[2,"1","A"]"#, Problem::Structure),
            (br#"[2,"1",7,{}]"#, Problem::Structure),
            (b"[2,\"1\",\"A\",{\"a\":\"\xff\"}]", Problem::Encoding),
        ] {
            let malformed = scan(text).unwrap_err();
            assert_eq!(malformed.problem, problem, "{}", String::from_utf8_lossy(text));
            assert_eq!(malformed.head, Some((MessageKind::Call, raw(r#"1"#))), "{}", String::from_utf8_lossy(text));
        }
        for text in
            [&b"hello"[..], b"", b"[", b"{}", b"[2]", b"[2,", b"[2,3,\"A\",{}]", b"[\"2\",\"1\",\"A\",{}]", b"\xff"]
        {
            assert_eq!(scan(text).unwrap_err().head, None, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn rpc_15_depth_is_bounded() {
        let nested = |depth: usize| format!(r#"[2,"1","A",{{"a":{}{}}}]"#, "[".repeat(depth), "]".repeat(depth));
        assert!(scan(nested(31).as_bytes()).is_ok());
        let deep = nested(32);
        assert_eq!(scan(deep.as_bytes()).unwrap_err().problem, Problem::TooDeep);
        let abyss = format!(r#"[2,"1","A",{{"a":{}"#, "[{\"a\":".repeat(100_000));
        assert_eq!(scan(abyss.as_bytes()).unwrap_err().problem, Problem::TooDeep);
    }

    #[test]
    fn elements_of_an_array() {
        let all: std::vec::Vec<_> = elements(r#" [ 1 , {"a":[2]} ,"x"] "#).collect();
        assert_eq!(all, ["1", r#"{"a":[2]}"#, r#""x""#]);
        assert_eq!(elements("[]").count(), 0);
    }
}
