//! The log: notes of the charge point, and each OCPP message with its direction.

use embedded_ocpp::json::{Frame, scan};
use embedded_ocpp::time::DateTime;
use embedded_ocpp::transport::{ConnectFailure, Received};
use embedded_ocpp::{Instant, WebSocketTransport};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::task::Poll;
use std::time::{self, SystemTime, UNIX_EPOCH};

/// A log with the time since the start before each line.
pub(crate) struct Log {
    start: time::Instant,
    /// The last lines, for diagnostics, each with the second of its time.
    lines: RefCell<VecDeque<(u64, String)>>,
    show: Show,
}

/// Shows a line, the seconds since the start given: in the terminal, or elsewhere.
pub(crate) type Show = Box<dyn Fn(f64, &Line<'_>)>;

pub(crate) struct Line<'l> {
    pub kind: Kind,
    pub text: &'l str,
    /// The message itself, if it is one.
    #[allow(dead_code)] // the simulator's page shows it
    pub message: &'l [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something that is no message.
    Note,
    /// How a connector stands.
    State,
    /// A message of the charge point.
    Sent,
    /// A message of the central system.
    Received,
}

/// How many lines are remembered.
const LINES_MAX: usize = 2000;

impl Log {
    pub(crate) fn new(show: Show) -> Self {
        Self { start: time::Instant::now(), lines: RefCell::default(), show }
    }

    /// Monotonic time since the start: the clock of the charge point.
    pub(crate) fn now(&self) -> Instant {
        Instant::from_millis(self.start.elapsed().as_millis() as u64)
    }

    pub(crate) fn note(&self, text: &str) {
        self.line(&Line { kind: Kind::Note, text, message: &[] });
    }

    pub(crate) fn state(&self, text: &str) {
        self.line(&Line { kind: Kind::State, text, message: &[] });
    }

    fn line(&self, line: &Line<'_>) {
        self.remember(line.text);
        (self.show)(self.start.elapsed().as_secs_f64(), line);
    }

    fn remember(&self, text: &str) {
        let second = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let mut lines = self.lines.borrow_mut();
        if lines.len() == LINES_MAX {
            lines.pop_front();
        }
        lines.push_back((second, text.to_owned()));
    }

    /// The lines between these times, each with its date.
    pub(crate) fn remembered(&self, from: Option<DateTime>, to: Option<DateTime>) -> String {
        let from = from.map_or(0, DateTime::as_unix).into();
        let to = to.map_or(u32::MAX, DateTime::as_unix).into();
        let lines = self.lines.borrow();
        let wanted = lines.iter().filter(|(second, _)| (from..=to).contains(second));
        wanted.map(|(second, text)| format!("{} {text}\n", DateTime::from_unix(*second as u32))).collect()
    }
}

/// It would lie in the diagnostics otherwise.
fn holds_password(payload: &str) -> bool {
    let payload: Value = serde_json::from_str(payload).unwrap_or_default();
    payload["key"].as_str().is_some_and(|key| key.eq_ignore_ascii_case("AuthorizationKey"))
}

/// What went over the wire, over all connections.
#[derive(Default)]
pub(crate) struct Traffic {
    sent: Cell<u32>,
    received: Cell<u32>,
}

impl Traffic {
    /// Messages of the charge point.
    pub(crate) fn sent(&self) -> u32 {
        self.sent.get()
    }

    /// Messages of the central system.
    pub(crate) fn received(&self) -> u32 {
        self.received.get()
    }
}

/// A transport that shows each message which passes through it.
pub(crate) struct Traced<'l, T> {
    pub(crate) inner: T,
    log: &'l Log,
    traffic: &'l Traffic,
    /// The parts of the message that goes out.
    outgoing: Vec<u8>,
    /// Those of the message that comes in.
    incoming: Vec<u8>,
    /// What the calls that wait for their answer want.
    actions: RefCell<HashMap<String, String>>,
}

impl<'l, T> Traced<'l, T> {
    pub(crate) fn new(inner: T, log: &'l Log, traffic: &'l Traffic) -> Self {
        Self { inner, log, traffic, outgoing: Vec::new(), incoming: Vec::new(), actions: RefCell::default() }
    }

    /// Another connection begins.
    pub(crate) fn begin(&mut self) {
        self.outgoing.clear();
        self.incoming.clear();
        self.actions.borrow_mut().clear();
    }

    /// `CP -> Authorize {"idTag":"DEADBEEF"}`: the direction, what it is about, and the payload.
    fn show(&self, kind: Kind, direction: &str, message: &[u8]) {
        let mut actions = self.actions.borrow_mut();
        let mut action = |id: &str| actions.remove(id).unwrap_or_else(|| "?".into());
        let text = match scan(message) {
            Ok(Frame::Call { id, action, payload }) => {
                actions.insert(id.escaped().into(), action.escaped().into());
                let payload = payload.text().unwrap_or("?");
                format!("{} {}", action.escaped(), if holds_password(payload) { "AuthorizationKey" } else { payload })
            }
            Ok(Frame::CallResult { id, payload }) => {
                format!("{} = {}", action(id.escaped()), payload.text().unwrap_or("?"))
            }
            Ok(Frame::CallError { id, code, description }) => {
                format!("{} failed: {} {}", action(id.escaped()), code.escaped(), description.escaped())
            }
            _ => String::from_utf8_lossy(message).into_owned(),
        };
        self.log.line(&Line { kind, text: &format!("{direction} {text}"), message });
    }
}

impl<T: WebSocketTransport> WebSocketTransport for Traced<'_, T> {
    type Error = T::Error;

    fn is_connected(&self) -> bool {
        self.inner.is_connected()
    }

    fn subprotocol(&self) -> &str {
        self.inner.subprotocol()
    }

    fn poll_open(&mut self) -> Poll<Result<(), ConnectFailure>> {
        self.inner.poll_open()
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, T::Error> {
        let received = self.inner.receive(buffer).await?;
        if let Some(Received::Message(len) | Received::TooLong(len)) = received {
            self.traffic.received.set(self.traffic.received() + 1);
            self.show(Kind::Received, "CS <-", buffer.get(..len).unwrap_or_default());
        }
        Ok(received)
    }

    async fn receive_in_parts(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, T::Error> {
        let received = self.inner.receive_in_parts(buffer).await?;
        if let Some(Received::Message(len) | Received::TooLong(len) | Received::Part(len)) = received {
            self.incoming.extend_from_slice(buffer.get(..len).unwrap_or_default());
            if !matches!(received, Some(Received::Part(_))) {
                self.traffic.received.set(self.traffic.received() + 1);
                self.show(Kind::Received, "CS <-", &self.incoming);
                self.incoming.clear();
            }
        }
        Ok(received)
    }

    async fn send(&mut self, part: &[u8], last: bool) -> Result<(), T::Error> {
        self.inner.send(part, last).await?;
        self.outgoing.extend_from_slice(part);
        if last {
            self.traffic.sent.set(self.traffic.sent() + 1);
            self.show(Kind::Sent, "CP ->", &self.outgoing);
            self.outgoing.clear();
        }
        Ok(())
    }

    fn keep_alive(&mut self, now: Instant, ping_interval_s: u32) {
        self.inner.keep_alive(now, ping_interval_s);
    }

    fn abort(&mut self) {
        self.inner.abort();
    }

    fn leave(&mut self) {
        self.inner.leave();
    }

    fn next_deadline(&self) -> Instant {
        self.inner.next_deadline()
    }
}
