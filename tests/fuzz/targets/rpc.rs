//! The RPC layer alone, its functions called in any order that its driver may call them.
#![no_main]

use arbitrary::Arbitrary;
use embedded_ocpp::json::{Frame, Malformed, MessageKind, Problem, Raw, scan};
use embedded_ocpp::rpc::{Call, CallComposer, CallError, CallErrorCode, Composer, Handler, Outcome, Part, Reply, Rpc};
use embedded_ocpp::time::{Duration, Instant};
use embedded_ocpp::transport::Received;
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;

#[derive(Arbitrary, Debug)]
enum Step<'a> {
    Connect,
    Disconnect,
    /// Any bytes arrive, or the beginning of a longer message.
    Receive {
        message: &'a [u8],
        whole: bool,
    },
    /// A call arrives that is answered in this way.
    Call {
        manner: Manner,
        payload: &'a str,
    },
    /// An answer arrives: to our last call, or to none.
    Answer {
        is_ours: bool,
        is_error: bool,
        payload: &'a str,
    },
    /// The answer that was put off is known.
    Recollect,
    Transmit,
    Transmitted,
    Pass {
        ms: u16,
    },
    SetTimeout {
        ms: u16,
    },
    /// A call of our own, of so many pages.
    Enqueue {
        pages: u8,
    },
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Manner {
    Now,
    Pages,
    Later,
    Never,
    Error,
}

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    send_buffer: u8,
    steps: Vec<Step<'a>>,
}

fuzz_target!(|input: Input<'_>| {
    let mut driver = Driver::new(64 + usize::from(input.send_buffer));
    for step in input.steps {
        driver.step(step);
        driver.check();
    }
    driver.step(Step::Disconnect);
    assert_eq!(driver.application.open, None, "a call that nobody concluded");
});

/// Moves the bytes, and knows what must come of them.
struct Driver {
    rpc: Rpc<u32>,
    application: Application,
    now: Instant,
    receive: Vec<u8>,
    send: Vec<u8>,
    /// What [`Rpc::transmit`] has returned last, until it is transmitted.
    part: Option<Part>,
    /// The parts of the message that is being sent.
    message: Vec<u8>,
    /// The id of our last call.
    id: String,
    /// The ids of all calls of the other side that were not answered.
    unanswered: Vec<String>,
}

impl Driver {
    fn new(send_buffer: usize) -> Self {
        Self {
            rpc: Rpc::new(7),
            application: Application::default(),
            now: Instant::ZERO,
            receive: Vec::new(),
            send: vec![0; send_buffer],
            part: None,
            message: Vec::new(),
            id: String::new(),
            unanswered: Vec::new(),
        }
    }

    fn step(&mut self, step: Step<'_>) {
        match step {
            Step::Connect => self.rpc.connected(),
            Step::Disconnect => {
                self.rpc.disconnected(self.now, &mut self.application);
                self.part = None;
                self.message.clear();
                self.unanswered.clear();
                assert_eq!(self.application.open, None, "LinkLost concludes");
            }
            Step::Receive { message, whole } => self.receive(message, whole),
            Step::Call { manner, payload } => {
                self.receive(format!(r#"[2,"call","{manner:?}",{payload}]"#).as_bytes(), true)
            }
            Step::Answer { is_ours, is_error, payload } => {
                let (message_type, id) = (if is_error { 4 } else { 3 }, if is_ours { &self.id } else { "none" });
                self.receive(format!(r#"[{message_type},"{id}",{payload}]"#).as_bytes(), true);
            }
            Step::Recollect => self.application.recollects = true,
            Step::Transmit => self.transmit(),
            Step::Transmitted => self.transmitted(),
            Step::Pass { ms } => {
                self.now = self.now + Duration::from_millis(ms.into());
                self.rpc.tick(self.now, &mut self.application);
            }
            Step::SetTimeout { ms } => self.rpc.set_timeout(Duration::from_millis(ms.into())),
            Step::Enqueue { pages } => self.application.queue.push(pages % 4),
        }
    }

    fn receive(&mut self, message: &[u8], whole: bool) {
        let received = if whole { Received::Message(message.len()) } else { Received::TooLong(message.len()) };
        let can_receive = self.rpc.can_receive();
        let before = self.application.asked;
        if can_receive {
            self.receive = message.to_vec();
            match scan(message) {
                Ok(Frame::Call { id, .. }) | Err(Malformed { head: Some((MessageKind::Call, id)), .. }) => {
                    self.unanswered.push(id.escaped().to_owned());
                }
                _ => {}
            }
        }
        self.rpc.receive(self.now, &mut self.application, received, message, &mut self.send);
        let asked = self.application.asked - before;
        assert!(asked <= u32::from(can_receive && whole));
        // RPC-17: that it is no JSON may show only when the handler reads it.
        let is_json =
            !matches!(scan(message), Ok(Frame::Call { payload, .. }) if payload.text() == Err(Problem::Syntax));
        if asked == 1 && self.application.must_answer && is_json {
            assert!(!self.rpc.can_receive(), "a call without an answer");
        }
    }

    fn transmit(&mut self) {
        let again = self.part;
        self.part = self.rpc.transmit(self.now, &mut self.application, &self.receive, &mut self.send);
        assert!(again.is_none() || again == self.part, "the same part until it is transmitted");
        assert!(self.part.is_none_or(|part| part.len <= self.send.len()));
    }

    fn transmitted(&mut self) {
        let Some(part) = self.part.take() else { return };
        self.message.extend_from_slice(&self.send[..part.len]);
        self.rpc.transmitted(self.now);
        if part.last {
            self.check_message();
        }
    }

    fn check_message(&mut self) {
        let message = std::mem::take(&mut self.message);
        let text = String::from_utf8_lossy(&message);
        serde_json::from_slice::<IgnoredAny>(&message).unwrap_or_else(|error| panic!("{error}: {text}"));
        match scan(&message) {
            Ok(Frame::Call { id, .. }) => {
                assert!(self.rpc.is_in_flight());
                self.id = id.escaped().to_owned();
            }
            Ok(Frame::CallResult { id, .. } | Frame::CallError { id, .. }) => {
                let call = self.unanswered.iter().position(|other| other == id.escaped());
                self.unanswered.swap_remove(call.expect("an answer to nothing, or one too many"));
            }
            other => panic!("{other:?}: {text}"),
        }
    }

    fn check(&mut self) {
        // A deadline that is past would be one forever.
        self.rpc.tick(self.now, &mut self.application);
        assert!(self.rpc.next_deadline() > self.now);
        if self.rpc.is_in_flight() {
            assert!(self.application.open.is_some());
        }
        assert!(self.rpc.is_connected() || self.application.open.is_none());
    }
}

#[derive(Default)]
struct Application {
    /// How many pages the calls have that wait for their turn.
    queue: Vec<u8>,
    /// Numbers the calls.
    last: u32,
    /// The call that was handed out and not concluded.
    open: Option<u32>,
    /// How often a call of the other side was to be answered.
    asked: u32,
    must_answer: bool,
    recollects: bool,
}

impl Handler for Application {
    type Call = u32;

    fn handle_call(&mut self, _: Instant, call: &Call<'_>, answer: &mut Composer<'_>) -> Result<Reply, CallError> {
        if answer.page() > 0 {
            write_page(answer, 3);
            return Ok(Reply::Now);
        }
        let reply = if call.action.is("Now") {
            answer.payload(&Raw(call.payload.text()?.as_bytes()))?;
            Ok(Reply::Now)
        } else if call.action.is("Pages") {
            write_page(answer, 3);
            Ok(Reply::Now)
        } else if call.action.is("Later") {
            Ok(Reply::Later)
        } else if call.action.is("Never") {
            Ok(Reply::Never)
        } else {
            Err(CallErrorCode::NotImplemented.into())
        };
        self.asked += 1;
        self.must_answer = call.action.is("Now") || call.action.is("Pages") || call.action.is("Error");
        reply
    }

    fn late_answer(&mut self, _: Instant, answer: &mut Composer<'_>) -> bool {
        std::mem::take(&mut self.recollects) && answer.raw(b"{}").is_ok()
    }

    fn next_call(&mut self, _: Instant, call: &mut CallComposer<'_>) -> Option<u32> {
        assert_eq!(self.open, None, "one call at a time");
        let pages = self.queue.pop()?;
        write_page(call.begin("Action").ok()?, pages);
        self.last += 1;
        self.open = Some(self.last);
        self.open
    }

    fn continue_call(&mut self, _: Instant, name: u32, call: &mut Composer<'_>) {
        assert_eq!(self.open, Some(name));
        write_page(call, 3);
    }

    fn conclude(&mut self, _: Instant, name: u32, outcome: Outcome<'_>) {
        assert_eq!(self.open.take(), Some(name), "concluded once: {outcome:?}");
        if let Outcome::Result(payload) = outcome {
            serde_json::from_str::<IgnoredAny>(payload.text().unwrap()).expect("an object");
        }
    }
}

/// A payload of `pages` pages and one more.
fn write_page(composer: &mut Composer<'_>, pages: u8) {
    let page = composer.page();
    let last = page >= pages.into();
    let begins: &[u8] = if page == 0 { b"{" } else { b"," };
    composer.raw(begins).expect("room");
    let _ = composer.raw(format!(r#""member{page}":null"#).as_bytes());
    if last {
        composer.raw(b"}").expect("room");
    } else {
        composer.suspend(page + 1);
    }
}
