use super::grammar::{after_space, after_string, after_value, after_word, between};
use super::problem::Problem;
use super::{JsonStr, Payload};

/// One OCPP-J message, still in the buffer that it arrived in (OCPP-J 1.6 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Frame<'a> {
    /// `[2,id,action,payload]`
    Call {
        /// The message id, to be copied into the answer.
        id: JsonStr<'a>,
        /// What is asked for.
        action: JsonStr<'a>,
        /// What it is asked with, not yet proven.
        payload: Payload<'a>,
    },
    /// `[3,id,payload]`
    CallResult {
        /// The message id of the call that this answers.
        id: JsonStr<'a>,
        /// What is answered, not yet proven.
        payload: Payload<'a>,
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
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Malformed<'a> {
    /// Kind and message id, when the message was sound up to them.
    pub head: Option<(MessageKind, JsonStr<'a>)>,
    /// What is wrong.
    pub problem: Problem,
}

/// Takes a message apart without copying, recursing or trusting it.
///
/// The payload of a call or of its result is not looked at here: it is [proven](Payload) by whoever reads it, so that each
/// byte of a long message is looked at once.
///
/// # Errors
/// [`Malformed`], with kind and id whenever they stand before the fault.
pub fn scan(message: &[u8]) -> Result<Frame<'_>, Malformed<'_>> {
    let mut scanner = Scanner { rest: message };
    let (kind, id) = match scanner.head() {
        Ok(Some(head)) => head,
        Ok(None) => return Ok(Frame::Unknown),
        Err(problem) => return Err(Malformed { head: None, problem }),
    };
    scanner.body(kind, id).map_err(|problem| Malformed { head: Some((kind, id)), problem })
}

struct Scanner<'a> {
    /// What is still to be read.
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    fn head(&mut self) -> Result<Option<(MessageKind, JsonStr<'a>)>, Problem> {
        self.token(b'[')?;
        let number = after_space(self.rest);
        self.rest = after_word(number).ok_or(Problem::Syntax)?;
        let kind = match between(number, self.rest) {
            b"2" => MessageKind::Call,
            b"3" => MessageKind::CallResult,
            b"4" => MessageKind::CallError,
            [b'0'..=b'9', ..] => return Ok(None),
            _ => return Err(Problem::Structure),
        };
        self.token(b',')?;
        let id = self.string()?;
        Ok(Some((kind, id)))
    }

    fn body(&mut self, kind: MessageKind, id: JsonStr<'a>) -> Result<Frame<'a>, Problem> {
        self.token(b',')?;
        match kind {
            MessageKind::Call => {
                let action = self.string()?;
                self.token(b',')?;
                Ok(Frame::Call { id, action, payload: self.payload() })
            }
            MessageKind::CallResult => Ok(Frame::CallResult { id, payload: self.payload() }),
            MessageKind::CallError => {
                let code = self.string()?;
                let mut description = JsonStr::EMPTY;
                // Seen in the field: errors that end after the code or the description.
                if let [b',', ..] = after_space(self.rest) {
                    self.token(b',')?;
                    description = self.string()?;
                }
                if let [b',', ..] = after_space(self.rest) {
                    self.token(b',')?;
                    self.rest = after_value(self.rest)?;
                }
                self.token(b']')?;
                match after_space(self.rest) {
                    [] => Ok(Frame::CallError { id, code, description }),
                    _ => Err(Problem::Syntax),
                }
            }
        }
    }

    fn payload(&self) -> Payload<'a> {
        Payload::before_end(after_space(self.rest))
    }

    fn string(&mut self) -> Result<JsonStr<'a>, Problem> {
        match after_space(self.rest) {
            quoted @ [b'"', inside @ ..] => {
                self.rest = after_string(inside).ok_or(Problem::Syntax)?;
                JsonStr::from_quoted(between(quoted, self.rest)).ok_or(Problem::Syntax)
            }
            [] => Err(Problem::Syntax),
            _ => Err(Problem::Structure),
        }
    }

    fn token(&mut self, token: u8) -> Result<(), Problem> {
        match after_space(self.rest) {
            [found, after @ ..] if *found == token => {
                self.rest = after;
                Ok(())
            }
            [b',' | b']', ..] => Err(Problem::Structure),
            _ => Err(Problem::Syntax),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{format, string::String};

    fn raw(text: &str) -> JsonStr<'_> {
        JsonStr::from_escaped(text)
    }

    /// Takes a message apart and proves its payload.
    fn proven(message: &[u8]) -> Result<(), Malformed<'_>> {
        let (kind, id, payload) = match scan(message)? {
            Frame::Call { id, payload, .. } => (MessageKind::Call, id, payload),
            Frame::CallResult { id, payload } => (MessageKind::CallResult, id, payload),
            _ => return Ok(()),
        };
        payload.text().map_or_else(|problem| Err(Malformed { head: Some((kind, id)), problem }), |_| Ok(()))
    }

    #[test]
    fn rpc_04_the_three_kinds() {
        let boot = br#"[2,"19223201","BootNotification",{"chargePointVendor":"V","x":[1,{"y":null}]}]"#;
        let Ok(Frame::Call { id, action, payload }) = scan(boot) else { panic!() };
        assert_eq!((id, action), (raw("19223201"), raw("BootNotification")));
        assert_eq!(payload.text(), Ok(r#"{"chargePointVendor":"V","x":[1,{"y":null}]}"#));
        let Ok(Frame::CallResult { id, payload }) = scan(br#"[3,"19223201",{"status":"Accepted"}]"#) else { panic!() };
        assert_eq!((id, payload.text()), (raw("19223201"), Ok(r#"{"status":"Accepted"}"#)));
        assert_eq!(
            scan(br#"[4,"1","InternalError","no \"luck\"",{}]"#),
            Ok(Frame::CallError { id: raw(r#"1"#), code: raw(r#"InternalError"#), description: raw(r#"no \"luck\""#) })
        );
    }

    #[test]
    fn rpc_06_white_space_and_null_payload() {
        let Ok(Frame::CallResult { id, payload }) = scan(b" [ 3 ,\t\"a\" ,\r\n null ] ") else { panic!() };
        assert_eq!((id, payload.text()), (raw("a"), Ok("{}")));
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
            (b"[2,\"1\",\"A\",{\"a\":\"\xff\"}]", Problem::Syntax),
        ] {
            let expected = Malformed { head: Some((MessageKind::Call, raw("1"))), problem };
            assert_eq!(proven(text), Err(expected), "{}", String::from_utf8_lossy(text));
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
        assert!(proven(nested(31).as_bytes()).is_ok());
        let deep = nested(32);
        assert_eq!(proven(deep.as_bytes()).unwrap_err().problem, Problem::TooDeep);
        let abyss = format!(r#"[2,"1","A",{{"a":{}"#, "[{\"a\":".repeat(100_000));
        assert_eq!(proven(abyss.as_bytes()).unwrap_err().problem, Problem::TooDeep);
    }
}
