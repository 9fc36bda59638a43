//! RPC: OCPP-J with a handler of the test's own, without any floor above (OCPP-J 1.6 §4).

mod support;

use embedded_ocpp::rpc::{Call, CallComposer, CallError, CallErrorCode, Composer, Handler, Outcome, Reply, Rpc};
use embedded_ocpp::time::{Duration, Instant};
use embedded_ocpp::transport::Received;
use serde_json::{Value, json};
use std::collections::{HashSet, VecDeque};
use support::Frame;

/// Sends what it is told to, answers "Echo" and "Pages", holds "Hold" for a while, and writes down how its calls ended.
#[derive(Default)]
struct Application {
    to_send: VecDeque<(u32, &'static str)>,
    ended: Vec<(u32, String)>,
    /// Payloads of "Echo" that it was asked to deal with.
    served: Vec<String>,
    /// It says nothing to anybody.
    mute: bool,
    /// So many times more "Hold" is not answered yet, and how often it was asked to.
    holds: u32,
    held: u32,
}

const PAGES: u16 = 5;

impl Handler for Application {
    type Call = u32;

    fn handle_call(&mut self, _: Instant, call: &Call<'_>, answer: &mut Composer<'_>) -> Result<Reply, CallError> {
        if self.mute {
            return Ok(Reply::Never);
        }
        if call.action.is("Echo") {
            let payload = call.payload.text()?;
            self.served.push(payload.to_owned());
            answer.raw(payload.as_bytes())?;
        } else if call.action.is("Pages") {
            let page = answer.page();
            answer.raw(if page == 0 { b"{\"pages\":[" } else { b"," })?;
            answer.raw(page.to_string().as_bytes())?;
            if page + 1 < PAGES {
                answer.suspend(page + 1);
            } else {
                answer.raw(b"]}")?;
            }
        } else if call.action.is("Hold") {
            self.held += 1;
            if self.holds > 0 {
                self.holds -= 1;
                answer.raw(b"what was written is dropped")?;
                return Ok(Reply::Held);
            }
            let payload = call.payload.text()?;
            if payload == r#"{"refuse":true}"# {
                return Err(CallErrorCode::GenericError.into());
            }
            answer.raw(payload.as_bytes())?;
        } else {
            return Err(CallErrorCode::NotImplemented.into());
        }
        Ok(Reply::Now)
    }

    fn next_call(&mut self, _: Instant, call: &mut CallComposer<'_>) -> Option<u32> {
        let (name, action) = self.to_send.pop_front()?;
        let composer = call.begin(action).ok()?;
        if action == "PagedCall" {
            composer.raw(b"{\"pages\":[0").ok()?;
            composer.suspend(1);
        } else {
            composer.raw(b"{}").ok()?;
        }
        Some(name)
    }

    fn continue_call(&mut self, _: Instant, _: u32, call: &mut Composer<'_>) {
        let page = call.page();
        call.raw(b",").unwrap();
        call.raw(page.to_string().as_bytes()).unwrap();
        if page + 1 < PAGES {
            call.suspend(page + 1);
        } else {
            call.raw(b"]}").unwrap();
        }
    }

    fn conclude(&mut self, _: Instant, name: u32, outcome: Outcome<'_>) {
        let text = match outcome {
            Outcome::Result(payload) => format!("result {}", payload.text().unwrap()),
            Outcome::Error { code, description } => format!("error {} {}", code.escaped(), description.escaped()),
            Outcome::TimedOut { peer_alive } => format!("timed out, peer alive: {peer_alive}"),
            Outcome::LinkLost => "link lost".to_owned(),
            other => panic!("{other:?}"),
        };
        self.ended.push((name, text));
    }
}

const RECEIVE: usize = 256;

/// One end of OCPP-J with a driver around it.
struct End {
    rpc: Rpc<u32>,
    application: Application,
    now: Instant,
    receive: [u8; RECEIVE],
    send: [u8; 256],
}

impl End {
    fn new() -> Self {
        let mut rpc = Rpc::new(7);
        rpc.set_timeout(Duration::from_secs(30));
        rpc.connected();
        let application = Application::default();
        Self { rpc, application, now: Instant::ZERO, receive: [0; RECEIVE], send: [0; 256] }
    }

    fn at(&mut self, seconds: u64) -> &mut Self {
        self.now = Instant::from_secs(seconds);
        if self.now >= self.rpc.next_deadline() {
            self.rpc.tick(self.now, &mut self.application);
        }
        self
    }

    fn will_send(&mut self, name: u32, action: &'static str) -> &mut Self {
        self.application.to_send.push_back((name, action));
        self
    }

    /// Hands a message over, cut off where the receive buffer ends.
    fn arrives(&mut self, message: impl AsRef<[u8]>) {
        assert!(self.rpc.can_receive());
        let message = message.as_ref();
        let len = message.len().min(RECEIVE);
        self.receive[..len].copy_from_slice(&message[..len]);
        let received = if len < message.len() { Received::TooLong(len) } else { Received::Message(len) };
        self.rpc.receive(self.now, &mut self.application, received, &self.receive, &mut self.send);
    }

    /// The next message and the number of its parts.
    fn sends_in_parts(&mut self) -> Option<(String, usize)> {
        let mut message = Vec::new();
        for parts in 1.. {
            let part = self.rpc.transmit(self.now, &mut self.application, &self.receive, &mut self.send)?;
            // Asked again, it says the same.
            let again = self.rpc.transmit(self.now, &mut self.application, &self.receive, &mut self.send);
            assert_eq!(again, Some(part));
            message.extend_from_slice(&self.send[..part.len]);
            self.rpc.transmitted(self.now);
            if part.last {
                return Some((String::from_utf8(message).unwrap(), parts));
            }
        }
        None
    }

    fn sends(&mut self) -> Option<Frame> {
        self.sends_in_parts().map(|(text, _)| Frame::read(&text))
    }

    /// The next message is this call; returns its id.
    fn calls(&mut self, wanted: &str) -> String {
        match self.sends() {
            Some(Frame::Call { id, action, .. }) if action == wanted => id,
            other => panic!("expected {wanted}, found {other:?}"),
        }
    }

    fn ended(&mut self) -> Vec<(u32, String)> {
        std::mem::take(&mut self.application.ended)
    }

    /// A call of the other side is answered as ever, and call 1, which is in flight under `id`, lives on.
    fn lives_on(&mut self, id: &str) {
        assert!(self.ended().is_empty() && self.rpc.is_in_flight());
        self.arrives(r#"[2,"still there?","Echo",{}]"#);
        assert_eq!(self.sends(), Some(Frame::Result { id: "still there?".into(), payload: json!({}) }));
        self.arrives(json!([3, id, {"a": 1}]).to_string());
        assert_eq!(self.ended(), [(1, r#"result {"a":1}"#.to_owned())]);
    }
}

/// A call is in flight while `message` arrives; what is answered to that.
fn answer_to(message: impl AsRef<[u8]>) -> Option<Frame> {
    let mut end = End::new();
    let id = end.will_send(1, "Test").calls("Test");
    end.arrives(message);
    let answer = end.sends();
    end.lives_on(&id);
    answer
}

fn code_of(answer: Option<Frame>) -> (String, String) {
    match answer {
        Some(Frame::Error { id, code, .. }) => (id, code),
        other => panic!("no CALLERROR: {other:?}"),
    }
}

fn refused(id: &str, code: &str) -> (String, String) {
    (id.to_owned(), code.to_owned())
}

// ---- Answers to own calls ----

#[test]
fn rpc_04_rpc_05_calls_and_results_have_their_form() {
    let mut end = End::new();
    let (text, _) = end.will_send(1, "Test").sends_in_parts().unwrap();
    let Frame::Call { id, .. } = Frame::read(&text) else { panic!("{text}") };
    assert_eq!(text, format!(r#"[2,"{id}","Test",{{}}]"#));
    end.arrives(format!(r#"[3,"{id}",{{"status":"Accepted"}}]"#));
    assert_eq!(end.ended(), [(1, r#"result {"status":"Accepted"}"#.to_owned())]);
    end.arrives(r#"[2,"x","Echo",{}]"#);
    assert_eq!(end.sends_in_parts().unwrap().0, r#"[3,"x",{}]"#);
    end.arrives(r#"[2,"y","Nonsense",{}]"#);
    assert_eq!(end.sends_in_parts().unwrap().0, r#"[4,"y","NotImplemented","",{}]"#);
}

#[test]
fn rpc_08_ids_differ_over_calls_connections_and_epochs() {
    let mut ids = HashSet::new();
    for epoch in [7, 8] {
        let mut end = End::new();
        end.rpc.set_epoch(epoch);
        for round in 0..100 {
            let id = end.will_send(round, "Test").calls("Test");
            assert!(id.len() <= 36 && ids.insert(id.clone()), "{id}");
            if round % 3 == 0 {
                end.rpc.disconnected(end.now, &mut end.application);
                end.rpc.connected();
            } else {
                end.arrives(json!([3, id, {}]).to_string());
            }
        }
    }
    assert_eq!(ids.len(), 200);
}

#[test]
fn rpc_09_the_next_call_waits_for_the_answer() {
    let mut end = End::new();
    let first = end.will_send(1, "First").will_send(2, "Second").will_send(3, "Third").calls("First");
    assert_eq!(end.at(20).sends(), None);
    end.arrives(json!([4, first, "InternalError", "", {}]).to_string());
    let second = end.calls("Second");
    assert_eq!(end.sends(), None);
    end.arrives(json!([3, second, {}]).to_string());
    end.calls("Third");
    assert_eq!(end.at(50).sends(), None);
    assert_eq!(end.ended()[..2], [(1, "error InternalError ".to_owned()), (2, "result {}".to_owned())]);
}

#[test]
fn rpc_10_a_call_is_answered_while_an_own_one_is_pending() {
    let mut end = End::new();
    let id = end.will_send(1, "Test").calls("Test");
    for number in 0..10 {
        end.arrives(json!([2, number.to_string(), "Echo", { "n": number }]).to_string());
        assert_eq!(end.sends(), Some(Frame::Result { id: number.to_string(), payload: json!({ "n": number }) }));
    }
    end.lives_on(&id);
}

#[test]
fn rpc_10_nothing_is_received_before_the_answer_has_left() {
    let mut end = End::new();
    end.arrives(r#"[2,"x","Echo",{}]"#);
    assert!(!end.rpc.can_receive());
    assert!(end.sends().is_some());
    assert!(end.rpc.can_receive());
}

#[test]
fn rpc_11_unknown_message_types_are_ignored() {
    for message in [r#"[5,"1",{}]"#, r#"[1,"1"]"#, r#"[0,"1","Echo",{}]"#, r#"[23,"1","Echo",{}]"#] {
        assert_eq!(answer_to(message), None, "{message}");
    }
}

#[test]
fn rpc_12_late_answer_is_ignored() {
    let mut end = End::new();
    let late = end.will_send(1, "Late").calls("Late");
    end.at(30);
    assert_eq!(end.ended().len(), 1);
    let id = end.will_send(1, "Test").calls("Test");
    end.arrives(json!([3, late, {"late": true}]).to_string());
    end.arrives(json!([4, late, "InternalError", "", {}]).to_string());
    assert_eq!(end.rpc.statistics().stray, 2);
    end.lives_on(&id);
}

#[test]
fn rpc_12_foreign_answer_is_ignored() {
    let mut end = End::new();
    let id = end.will_send(1, "Test").calls("Test");
    for foreign in ["", "1", &id[..id.len() - 1], &format!("{id}0"), &id.replace('7', "8"), "ä"] {
        end.arrives(json!([3, foreign, {}]).to_string());
        end.arrives(json!([4, foreign, "InternalError", "", {}]).to_string());
    }
    assert_eq!(end.rpc.statistics().stray, 12);
    end.lives_on(&id);
}

#[test]
fn rpc_12_duplicate_answer_is_ignored() {
    let mut end = End::new();
    let first = end.will_send(1, "First").calls("First");
    end.arrives(json!([3, first, {}]).to_string());
    end.arrives(json!([3, first, {}]).to_string());
    assert_eq!(end.ended().len(), 1);
    let second = end.will_send(1, "Second").calls("Second");
    end.arrives(json!([3, first, {}]).to_string());
    assert_eq!(end.rpc.statistics().stray, 2);
    end.lives_on(&second);
}

#[test]
fn rpc_12_an_answer_before_the_call_has_left_is_none() {
    let mut end = End::new();
    end.will_send(1, "Test");
    let part = end.rpc.transmit(end.now, &mut end.application, &end.receive, &mut end.send).unwrap();
    assert!(part.last && !end.rpc.is_in_flight());
    assert!(!end.rpc.can_receive());
    end.rpc.transmitted(end.now);
    assert!(end.rpc.is_in_flight());
}

#[test]
fn rpc_16_any_spelling_of_an_error_code_is_an_error() {
    for code in ["FormatViolation", "OccurrenceConstraintViolation", "FormationViolation", "what ever"] {
        let mut end = End::new();
        let id = end.will_send(1, "Test").calls("Test");
        end.arrives(json!([4, id, code, "why", {"more": [1]}]).to_string());
        assert_eq!(end.ended(), [(1, format!("error {code} why"))]);
    }
}

#[test]
fn rpc_18_an_unreadable_answer_fails_its_call_at_once() {
    for rest in [r#"{"a":}]"#, r#"[]]"#, r#"{}"#, "\u{1}]", r#"7]"#] {
        let mut end = End::new();
        let id = end.will_send(1, "Test").will_send(2, "Next").calls("Test");
        end.arrives(format!("[3,\"{id}\",{rest}"));
        assert_eq!(end.ended(), [(1, "error FormationViolation ".to_owned())], "{rest}");
        end.calls("Next");
    }
    let mut end = End::new();
    let id = end.will_send(1, "Test").calls("Test");
    end.arrives(json!([3, id, {"text": "x".repeat(RECEIVE)}]).to_string());
    assert_eq!(end.ended(), [(1, "error FormationViolation ".to_owned())]);
    assert_eq!(end.rpc.statistics().too_long, 1);
}

#[test]
fn rpc_21_a_call_times_out() {
    let mut end = End::new();
    end.at(100).will_send(1, "Test").calls("Test");
    assert_eq!(end.rpc.next_deadline(), Instant::from_secs(130));
    end.now = Instant::from_millis(129_999);
    end.rpc.tick(end.now, &mut end.application);
    assert!(end.ended().is_empty());
    end.at(130);
    assert_eq!(end.ended(), [(1, "timed out, peer alive: false".to_owned())]);
    assert_eq!(end.rpc.next_deadline(), Instant::NEVER);
    end.will_send(2, "Next").calls("Next");
}

#[test]
fn rpc_21_a_timeout_tells_whether_the_other_side_lives() {
    let mut end = End::new();
    end.at(100).will_send(1, "Test").calls("Test");
    end.at(110).arrives(r#"[2,"x","Echo",{}]"#);
    assert!(end.sends().is_some());
    end.at(130);
    assert_eq!(end.ended(), [(1, "timed out, peer alive: true".to_owned())]);
}

#[test]
fn rpc_21_a_new_timeout_counts_from_the_next_call_on() {
    let mut end = End::new();
    end.will_send(1, "Test").calls("Test");
    end.rpc.set_timeout(Duration::from_secs(5));
    assert_eq!(end.rpc.next_deadline(), Instant::from_secs(30));
    end.at(30).will_send(2, "Next").calls("Next");
    assert_eq!(end.rpc.next_deadline(), Instant::from_secs(35));
}

#[test]
fn rpc_22_a_lost_link_ends_the_call_at_once() {
    let mut end = End::new();
    let id = end.will_send(1, "Test").calls("Test");
    end.at(3);
    end.rpc.disconnected(end.now, &mut end.application);
    assert_eq!(end.ended(), [(1, "link lost".to_owned())]);
    assert_eq!(end.rpc.next_deadline(), Instant::NEVER);
    assert_eq!(end.will_send(2, "Next").sends(), None);
    end.rpc.connected();
    let next = end.calls("Next");
    // The answer to the old one comes on the new connection.
    end.arrives(json!([3, id, {}]).to_string());
    assert!(end.ended().is_empty() && end.rpc.is_in_flight());
    end.arrives(json!([3, next, {}]).to_string());
    assert_eq!(end.ended(), [(2, "result {}".to_owned())]);
}

#[test]
fn rpc_22_a_link_lost_before_the_call_has_left_ends_it_once() {
    let mut end = End::new();
    end.will_send(1, "Test");
    end.rpc.transmit(end.now, &mut end.application, &end.receive, &mut end.send).unwrap();
    end.rpc.disconnected(end.now, &mut end.application);
    end.rpc.disconnected(end.now, &mut end.application);
    assert_eq!(end.ended(), [(1, "link lost".to_owned())]);
    end.rpc.connected();
    assert_eq!(end.sends(), None);
}

#[test]
fn rpc_22_a_link_lost_before_an_answer_has_left_drops_it() {
    let mut end = End::new();
    end.arrives(r#"[2,"x","Pages",{}]"#);
    end.rpc.transmit(end.now, &mut end.application, &end.receive, &mut end.send).unwrap();
    end.rpc.transmitted(end.now);
    end.rpc.disconnected(end.now, &mut end.application);
    end.rpc.connected();
    assert_eq!(end.sends(), None);
    assert!(end.rpc.can_receive());
}

// ---- Calls of the other side ----

#[test]
fn rpc_06_null_white_space_and_any_order() {
    let mut end = End::new();
    end.arrives(" [ 2 ,\t\"x\"\r\n, \"Echo\" , null ] ");
    assert_eq!(end.sends(), Some(Frame::Result { id: "x".into(), payload: json!({}) }));
    end.arrives(r#"[2,"y","Echo",{ "b" : 1 , "a" : [ ] }]"#);
    assert_eq!(end.sends(), Some(Frame::Result { id: "y".into(), payload: json!({"a": [], "b": 1}) }));
}

#[test]
fn rpc_07_the_id_is_copied_byte_for_byte() {
    let long = "x".repeat(36);
    for id in ["", "1", r#"\u00e4\"\\\/"#, "ä😀", "a b", &long] {
        let mut end = End::new();
        end.arrives(format!(r#"[2,"{id}","Echo",{{}}]"#));
        assert_eq!(end.sends_in_parts().unwrap().0, format!(r#"[3,"{id}",{{}}]"#));
        end.arrives(format!(r#"[2,"{id}","Nonsense",{{}}]"#));
        assert_eq!(end.sends_in_parts().unwrap().0, format!(r#"[4,"{id}","NotImplemented","",{{}}]"#));
    }
}

#[test]
fn rpc_27_actions_are_case_sensitive_and_may_be_escaped() {
    assert_eq!(code_of(answer_to(r#"[2,"x","echo",{}]"#)), refused("x", "NotImplemented"));
    let answer = answer_to(r#"[2,"x","\u0045cho",{}]"#);
    assert_eq!(answer, Some(Frame::Result { id: "x".into(), payload: json!({}) }));
}

#[test]
fn rpc_15_calls_of_another_structure_are_refused() {
    for rest in [r#""Echo",[]]"#, r#""Echo",7]"#, r#""Echo","{}"]"#, r#""Echo"]"#, r#"7,{}]"#, r#"null,{}]"#] {
        let answer = code_of(answer_to(format!(r#"[2,"id 1",{rest}"#)));
        assert_eq!(answer, refused("id 1", "FormationViolation"), "{rest}");
    }
}

/// The message is counted and dropped; the connection and the call in flight live on.
fn dropped(message: impl AsRef<[u8]>) {
    let mut end = End::new();
    let id = end.will_send(1, "Test").calls("Test");
    end.arrives(&message);
    assert_eq!(end.sends(), None, "{:?}", String::from_utf8_lossy(message.as_ref()));
    assert_eq!(end.rpc.statistics().dropped, 1, "{:?}", String::from_utf8_lossy(message.as_ref()));
    end.lives_on(&id);
    assert!(end.application.served.len() == 1);
}

#[test]
fn rpc_17_text_that_is_no_json_is_counted_and_dropped() {
    for rest in [
        r#""Echo",{"a":}]"#,
        r#""Echo",{"a":1,}]"#,
        r#""Echo",{"a":1"#,
        r#""Echo",{]"#,
        r#""Echo","#,
        r#""Echo",{}],"#,
        r#""Echo",{}]]"#,
        "\"Echo\",{\"a\":\"\n\"}]",
        r#""Echo",{"a":"\x"}]"#,
        r#""Echo",{"a":nul}]"#,
        r#""Echo",{"a":01}]"#,
    ] {
        dropped(format!(r#"[2,"id 1",{rest}"#));
    }
}

#[test]
fn rpc_17_text_without_a_readable_id_is_counted_and_dropped() {
    for message in [
        &b""[..],
        b"hello",
        b"{}",
        b"[]",
        b"null",
        b"7",
        b"\"text\"",
        b"[2]",
        b"[2,7,\"Echo\",{}]",
        b"[2,null,\"Echo\",{}]",
        b"[\"2\",\"x\",\"Echo\",{}]",
        b"[2,\"x",
        b"[2,\"x\\",
        b"\xff\xfe",
        b"[2,\"\xff\",\"Echo\",{}]",
        b"\0",
    ] {
        dropped(message);
    }
}

#[test]
fn rpc_17_a_call_that_is_not_utf_8_is_counted_and_dropped() {
    dropped(b"[2,\"x\",\"Echo\",{\"a\":\"\xc3\x28\"}]");
    dropped(b"[2,\"x\",\"Echo\",{\"a\":\"\xed\xa0\x80\"}]"); // a surrogate
    dropped(b"[2,\"x\",\"Echo\",{\"a\":\"\xc0\xaf\"}]"); // longer than need be
}

#[test]
fn rpc_17_nesting_is_bounded() {
    let nested = |depth: usize| {
        let open = "[".repeat(depth - 1);
        let close = "]".repeat(depth - 1);
        format!(r#"[2,"deep","Echo",{{"a":{open}{close}}}]"#)
    };
    assert!(matches!(answer_to(nested(32)), Some(Frame::Result { .. })));
    assert_eq!(code_of(answer_to(nested(33))), refused("deep", "FormationViolation"));
    assert_eq!(code_of(answer_to(nested(100))), refused("deep", "FormationViolation"));
    // Even before the head can be read, and longer than the buffer.
    assert_eq!(answer_to("[".repeat(200)), None);
    assert_eq!(answer_to("[".repeat(100_000)), None);
}

#[test]
fn rpc_18_a_call_longer_than_the_buffer_is_refused_with_its_id() {
    let call = |len: usize| {
        let filler = "x".repeat(len - r#"[2,"id","Echo",{"a":""}]"#.len());
        format!(r#"[2,"id","Echo",{{"a":"{filler}"}}]"#)
    };
    for len in [RECEIVE + 1, RECEIVE + 2, 10_000, 1_000_000] {
        assert_eq!(code_of(answer_to(call(len))), refused("id", "InternalError"), "{len}");
    }
    // The cut may fall anywhere: into a character, between brackets, behind a whole message.
    let whole = format!(r#"[2,"id","Echo",{{}}]{}"#, " ".repeat(RECEIVE));
    assert_eq!(code_of(answer_to(whole)), refused("id", "InternalError"));
    let odd = format!(r#"[2,"id","Echo",{{"a":"{}"#, "ä".repeat(RECEIVE));
    assert_eq!(code_of(answer_to(odd)), refused("id", "InternalError"));
    let odd = format!(r#"[2,"id","Echo", {{"a":"{}"#, "ä".repeat(RECEIVE));
    assert_eq!(code_of(answer_to(odd)), refused("id", "InternalError"));
}

#[test]
fn rpc_18_without_a_readable_id_it_is_dropped() {
    let mut end = End::new();
    let id = end.will_send(1, "Test").calls("Test");
    end.arrives(format!(r#"[2,"{}","Echo",{{}}]"#, "x".repeat(RECEIVE)));
    assert_eq!(end.sends(), None);
    assert_eq!((end.rpc.statistics().too_long, end.rpc.statistics().dropped), (1, 1));
    end.lives_on(&id);
}

#[test]
fn rpc_18_an_answer_longer_than_the_send_buffer_is_an_error_of_ours() {
    let mut end = End::new();
    let id = "i".repeat(90);
    end.arrives(format!(r#"[2,"{id}","Echo",{{"a":"{}"}}]"#, "x".repeat(140)));
    // 256 bytes hold it.
    assert!(matches!(end.sends(), Some(Frame::Result { .. })));
    let mut small = End::new();
    let call = format!(r#"[2,"{id}","Echo",{{"a":"{}"}}]"#, "x".repeat(100));
    small.receive[..call.len()].copy_from_slice(call.as_bytes());
    let received = Received::Message(call.len());
    let mut send = [0; 170];
    small.rpc.receive(small.now, &mut small.application, received, &small.receive, &mut send);
    let part = small.rpc.transmit(small.now, &mut small.application, &small.receive, &mut send).unwrap();
    let answer = Frame::read(std::str::from_utf8(&send[..part.len]).unwrap());
    assert_eq!(code_of(Some(answer)), refused(&id, "InternalError"));
}

#[test]
fn rpc_25_a_long_answer_goes_out_in_parts() {
    let mut end = End::new();
    let id = end.will_send(1, "Test").calls("Test");
    end.arrives(r#"[2,"x","Pages",{}]"#);
    let (text, parts) = end.sends_in_parts().unwrap();
    assert_eq!((text.as_str(), parts), (r#"[3,"x",{"pages":[0,1,2,3,4]}]"#, 5));
    end.lives_on(&id);
}

#[test]
fn rpc_25_a_long_call_goes_out_in_parts() {
    let mut end = End::new();
    let (text, parts) = end.will_send(1, "PagedCall").sends_in_parts().unwrap();
    let message: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&message[3], parts), (&json!({"pages": [0, 1, 2, 3, 4]}), 5));
    end.arrives(json!([3, message[1], {}]).to_string());
    assert_eq!(end.ended(), [(1, "result {}".to_owned())]);
}

// ---- Calls that are held ----

#[test]
fn rpc_10_a_held_call_is_handed_over_again_until_it_is_answered() {
    for rounds in [1, 2, 7] {
        let mut end = End::new();
        end.application.holds = rounds;
        end.arrives(r#"[2,"the id","Hold",{"a":[1,"\u00e4"]}]"#);
        for round in 1..rounds {
            assert!(end.rpc.is_holding());
            assert_eq!(end.rpc.transmit(end.now, &mut end.application, &end.receive, &mut end.send), None);
            assert_eq!(end.application.held, round + 1);
        }
        assert!(end.rpc.is_holding());
        assert_eq!(end.sends(), Some(Frame::Result { id: "the id".into(), payload: json!({"a": [1, "ä"]}) }));
        assert_eq!(end.application.held, rounds + 1);
        assert!(!end.rpc.is_holding() && end.rpc.can_receive());
        assert_eq!(end.sends(), None, "it is answered once");
    }
}

#[test]
fn rpc_10_nothing_else_goes_in_or_out_while_a_call_is_held() {
    let mut end = End::new();
    end.application.holds = 3;
    end.arrives(r#"[2,"x","Hold",{}]"#);
    end.will_send(1, "Test");
    for _ in 0..2 {
        assert!(!end.rpc.can_receive());
        assert_eq!(end.rpc.transmit(end.now, &mut end.application, &end.receive, &mut end.send), None);
        end.rpc.transmitted(end.now); // of nothing
    }
    // What is handed over nevertheless is dropped; the held one lies where it was.
    let (mut other, mut answer) = ([0; 64], [0; 64]);
    let text = br#"[2,"y","Echo",{}]"#;
    other[..text.len()].copy_from_slice(text);
    end.rpc.receive(end.now, &mut end.application, Received::Message(text.len()), &other, &mut answer);
    assert!(end.application.served.is_empty());
    assert_eq!(end.sends(), Some(Frame::Result { id: "x".into(), payload: json!({}) }));
    let id = end.calls("Test");
    end.lives_on(&id);
}

#[test]
fn rpc_10_rpc_15_a_held_call_may_be_refused() {
    let mut end = End::new();
    end.application.holds = 2;
    end.arrives(r#"[2,"x","Hold",{"refuse":true}]"#);
    assert_eq!(end.sends(), None);
    assert_eq!(code_of(end.sends()), refused("x", "GenericError"));
    assert!(end.rpc.can_receive());
}

#[test]
fn rpc_09_a_call_in_flight_outlives_a_held_one() {
    let mut end = End::new();
    let id = end.will_send(1, "Test").calls("Test");
    end.application.holds = 2;
    end.arrives(r#"[2,"x","Hold",{}]"#);
    assert_eq!(end.sends(), None);
    assert_eq!(end.sends(), Some(Frame::Result { id: "x".into(), payload: json!({}) }));
    end.lives_on(&id);
    // It ends in time, too.
    end.will_send(2, "Test").calls("Test");
    end.application.holds = 100;
    end.arrives(r#"[2,"x","Hold",{}]"#);
    end.at(30);
    assert_eq!(end.ended(), [(2, "timed out, peer alive: false".to_owned())]);
}

#[test]
fn rpc_12_a_lost_link_forgets_the_held_call() {
    let mut end = End::new();
    end.application.holds = 100;
    end.arrives(r#"[2,"x","Hold",{}]"#);
    assert_eq!(end.sends(), None);
    end.rpc.disconnected(end.now, &mut end.application);
    assert!(!end.rpc.is_holding());
    let held = end.application.held;
    end.rpc.connected();
    assert_eq!(end.sends(), None);
    assert_eq!(end.application.held, held);
    end.application.holds = 0;
    end.arrives(r#"[2,"x","Hold",{"again":1}]"#);
    assert_eq!(end.sends(), Some(Frame::Result { id: "x".into(), payload: json!({"again": 1}) }));
}

#[test]
fn rpc_06_a_call_without_payload_is_held_as_any_other() {
    let mut end = End::new();
    end.application.holds = 1;
    end.arrives(r#"[2,"x","Hold",null]"#);
    assert_eq!(end.sends(), Some(Frame::Result { id: "x".into(), payload: json!({}) }));
    assert_eq!(end.application.held, 2);
}

#[test]
fn boot_06_an_application_may_say_nothing() {
    let mut end = End::new();
    end.application.mute = true;
    end.arrives(r#"[2,"x","Echo",{}]"#);
    assert_eq!(end.sends(), None);
    assert!(end.rpc.can_receive());
}

/// Cut, flipped, doubled: whatever happens to sound frames, an end neither panics nor gets stuck.
#[test]
fn rpc_15_every_damage_to_every_frame_is_survived() {
    let id = End::new().will_send(1, "Test").calls("Test");
    let frames = [
        r#"[2,"id","Echo",{"a":[1,-2.5e3,{"b":null}],"c":"\u00e4\n"}]"#.to_owned(),
        format!(r#"[3,"{id}",{{"status":"Accepted"}}]"#),
        format!(r#"[4,"{id}","GenericError","why",{{}}]"#),
        r#"[2,"id","Pages",{}]"#.to_owned(),
    ];
    for frame in frames {
        let bytes = frame.as_bytes();
        let cuts = (0..bytes.len()).map(|len| bytes[..len].to_vec());
        let flips = (0..bytes.len() * 8).map(|bit| {
            let mut damaged = bytes.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            damaged
        });
        let doubled = (0..bytes.len()).map(|at| [&bytes[..at], &bytes[at.saturating_sub(1)..]].concat());
        for message in cuts.chain(flips).chain(doubled) {
            let mut end = End::new();
            end.will_send(1, "Test").calls("Test");
            end.arrives(&message);
            while end.sends().is_some() {}
            end.arrives(r#"[2,"still there?","Echo",{}]"#);
            assert_eq!(end.sends(), Some(Frame::Result { id: "still there?".into(), payload: json!({}) }));
            end.at(30);
            assert_eq!(end.ended().len(), 1, "{:?}", String::from_utf8_lossy(&message));
        }
    }
}
