use super::{Call, CallComposer, CallError, CallErrorCode, Composer, Handler, MessageId, Outcome, Reply};
use crate::json::{BufferFull, Frame, JsonStr, Malformed, MessageKind, Payload, Problem, scan};
use crate::time::{Duration, Instant};
use crate::transport::Received;

/// One end of OCPP-J: the call in flight, the frame that waits for the transport, and their timers.
///
/// The driver moves bytes between the transport and two buffers of its own, and calls, in any order that suits:
/// - [`connected`](Self::connected) and [`disconnected`](Self::disconnected) when the link changes,
/// - [`receive`](Self::receive) for each message that arrived, while [`can_receive`](Self::can_receive),
/// - [`transmit`](Self::transmit) for what must go out, and [`transmitted`](Self::transmitted) when the transport
///   has taken it; state changes only then,
/// - [`tick`](Self::tick) not later than [`next_deadline`](Self::next_deadline).
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rpc<C> {
    connected: bool,
    outbox: Outbox<C>,
    in_flight: Option<InFlight<C>>,
    /// The id of the call whose answer was put off.
    late: Option<LateId>,
    timeout: Duration,
    next_id: MessageId,
    last_received: Instant,
    statistics: Statistics,
}

/// A piece of a message at the beginning of the send buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Part {
    /// Its length in bytes.
    pub len: usize,
    /// Whether it ends the message.
    pub last: bool,
}

/// What came in and was of no use, counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Statistics {
    /// Not JSON text, or OCPP-J without an id that an answer could name.
    pub dropped: u32,
    /// Answers to no call in flight: late, foreign or sent twice.
    pub stray: u32,
    /// Longer than the receive buffer.
    pub too_long: u32,
    /// Members of answers that could not be read, such as a date that is none, and were left out. The operations count them:
    /// of an [`Rpc`] alone it is 0.
    pub left_out: u32,
}

#[derive(Clone, Copy, Debug)]
enum Outbox<C> {
    Empty,
    Answer {
        len: usize,
        received: usize,
        next_page: Option<u16>,
    },
    /// A call that its handler has not answered yet, and which is still in the receive buffer.
    Held(WaitingCall),
    Call {
        len: usize,
        id: MessageId,
        name: C,
        next_page: Option<u16>,
    },
}

/// Where the parts of a held call lie in the receive buffer: it is not scanned again each time.
#[derive(Clone, Copy, Debug)]
struct WaitingCall {
    received: usize,
    id: Span,
    action: Span,
    /// Where it begins.
    payload: usize,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    begin: usize,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct InFlight<C> {
    id: MessageId,
    name: C,
    deadline: Instant,
    sent: Instant,
}

/// How long an answer is waited for unless told otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);

impl<C: Copy> Rpc<C> {
    /// `epoch` must differ from boot to boot; message ids are unique then (OCPP-J errata 3.1).
    pub const fn new(epoch: u32) -> Self {
        Self {
            connected: false,
            outbox: Outbox::Empty,
            in_flight: None,
            late: None,
            timeout: TIMEOUT,
            next_id: MessageId { epoch, number: 0 },
            last_received: Instant::ZERO,
            statistics: Statistics { dropped: 0, stray: 0, too_long: 0, left_out: 0 },
        }
    }

    /// Begins a new epoch of message ids.
    pub fn set_epoch(&mut self, epoch: u32) {
        self.next_id = MessageId { epoch, number: 0 };
    }

    /// Sets how long an answer is waited for, from the next call on. 30 s by default.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// What was dropped.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Whether the link is up.
    #[inline(always)]
    pub fn is_connected(&self) -> bool {
        self.connected
    }

    /// Whether a call of our own waits for its answer.
    pub fn is_in_flight(&self) -> bool {
        self.in_flight.is_some()
    }

    /// Whether a message may be handed over now: the answer to the last one has left both buffers.
    pub fn can_receive(&self) -> bool {
        self.connected && matches!(self.outbox, Outbox::Empty)
    }

    /// Whether pages of a call are still to be written.
    pub fn is_composing(&self) -> bool {
        matches!(self.outbox, Outbox::Call { next_page: Some(_), .. })
    }

    /// Whether a call waits in the receive buffer because its handler [holds](Reply::Held) it.
    pub fn is_holding(&self) -> bool {
        matches!(self.outbox, Outbox::Held(_))
    }

    /// The link is up.
    pub fn connected(&mut self) {
        self.connected = true;
    }

    /// The link is gone, and with it the answer to the call in flight.
    pub fn disconnected<H: Handler<Call = C>>(&mut self, now: Instant, handler: &mut H) {
        self.connected = false;
        self.late = None;
        if let Outbox::Call { name, .. } = core::mem::replace(&mut self.outbox, Outbox::Empty) {
            handler.conclude(now, name, Outcome::LinkLost);
        }
        if let Some(call) = self.in_flight.take() {
            handler.conclude(now, call.name, Outcome::LinkLost);
        }
    }

    /// Ends a call whose answer is overdue.
    pub fn tick<H: Handler<Call = C>>(&mut self, now: Instant, handler: &mut H) {
        if let Some(call) = self.in_flight.take_if(|call| now >= call.deadline) {
            let peer_alive = self.last_received > call.sent;
            handler.conclude(now, call.name, Outcome::TimedOut { peer_alive });
        }
    }

    /// When [`tick`](Self::tick) must be called.
    pub fn next_deadline(&self) -> Instant {
        self.in_flight.as_ref().map_or(Instant::NEVER, |call| call.deadline)
    }

    /// Takes in one message, which lies at the beginning of `receive_buffer`.
    ///
    /// An answer may be written to `send_buffer`; until it is transmitted both buffers must stay as they are. While
    /// [`can_receive`](Self::can_receive) is `false` a message is dropped, for there is no place for its answer.
    pub fn receive<H: Handler<Call = C>>(
        &mut self,
        now: Instant,
        handler: &mut H,
        received: Received,
        receive_buffer: &[u8],
        send_buffer: &mut [u8],
    ) {
        self.last_received = now;
        if !self.can_receive() {
            return;
        }
        let (len, whole) = match received {
            Received::Message(len) => (len, true),
            Received::TooLong(len) | Received::Part(len) => (len, false),
        };
        self.statistics.too_long = self.statistics.too_long.saturating_add(u32::from(!whole));
        let message = receive_buffer.get(..len).unwrap_or_default();
        match scan(message) {
            Ok(Frame::Call { .. }) | Err(Malformed { head: Some((MessageKind::Call, _)), .. })
                if handler.is_silent() => {}
            Ok(Frame::Call { id, action, payload }) if whole => {
                self.answer(now, handler, id, &Call { action, payload }, message, None, send_buffer);
            }
            Ok(Frame::CallResult { id, payload }) if whole => {
                let outcome = payload.prove().map_or(UNREADABLE, |_| Outcome::Result(payload));
                self.conclude(now, handler, id, outcome);
            }
            Ok(Frame::CallError { id, code, description }) if whole => {
                self.conclude(now, handler, id, Outcome::Error { code, description });
            }
            Err(Malformed { head: Some((MessageKind::Call, id)), problem }) if whole => {
                self.outbox = self.refuse_malformed(id, problem, send_buffer);
            }
            Ok(Frame::Unknown) => {}
            Ok(Frame::Call { id, action, .. }) => {
                self.outbox = match answer_too_long(handler, id, action, send_buffer) {
                    Ok(Some(len)) => Outbox::Answer { len, received: 0, next_page: None },
                    _ => refusal(id, TOO_LONG, send_buffer),
                };
            }
            Err(Malformed { head: Some((MessageKind::Call, id)), .. }) => {
                self.outbox = refusal(id, TOO_LONG, send_buffer);
            }
            Ok(Frame::CallResult { id, .. } | Frame::CallError { id, .. })
            | Err(Malformed { head: Some((_, id)), .. }) => self.conclude(now, handler, id, UNREADABLE),
            Err(Malformed { head: None, .. }) => self.statistics.dropped = self.statistics.dropped.saturating_add(1),
        }
    }

    /// The next piece to hand to the transport, written to `send_buffer`; the same one until it is
    /// [transmitted](Self::transmitted).
    pub fn transmit<H: Handler<Call = C>>(
        &mut self,
        now: Instant,
        handler: &mut H,
        receive_buffer: &[u8],
        send_buffer: &mut [u8],
    ) -> Option<Part> {
        if !self.connected {
            return None;
        }
        if let Outbox::Held(held) = self.outbox {
            self.outbox = Outbox::Empty;
            let message = receive_buffer.get(..held.received).unwrap_or_default();
            let (id, call) = held.call(message);
            self.answer(now, handler, id, &call, message, Some(held), send_buffer);
            return self.part();
        }
        if let (Outbox::Empty, Some(id)) = (&self.outbox, &self.late) {
            let mut composer = Composer::new(send_buffer, 0);
            if begin_answer(&mut composer, id).is_ok() && handler.late_answer(now, &mut composer) {
                self.outbox = Outbox::Answer { len: composer.finish().0, received: 0, next_page: None };
                self.late = None;
            }
        }
        if matches!(self.outbox, Outbox::Empty) && self.in_flight.is_none() {
            self.compose_call(now, handler, send_buffer);
        }
        match self.outbox {
            Outbox::Answer { len: 0, received, next_page: Some(page) } => {
                let message = receive_buffer.get(..received).unwrap_or_default();
                let mut composer = Composer::new(send_buffer, page);
                if let Ok(Frame::Call { action, payload, .. }) = scan(message) {
                    // The head is on its way: there is no error any more.
                    let _ = handler.handle_call(now, &Call { action, payload }, &mut composer);
                }
                let (len, next_page) = composer.finish();
                self.outbox = Outbox::Answer { len, received, next_page };
            }
            Outbox::Call { len: 0, id, name, next_page: Some(page) } => {
                let mut composer = Composer::new(send_buffer, page);
                handler.continue_call(now, name, &mut composer);
                let (len, next_page) = composer.finish();
                self.outbox = Outbox::Call { len, id, name, next_page };
            }
            _ => {}
        }
        self.part()
    }

    /// The transport has taken the piece that [`transmit`](Self::transmit) returned. Returns the call of our own that has left
    /// whole with it: the time for its answer begins.
    pub fn transmitted(&mut self, now: Instant) -> Option<C> {
        match &mut self.outbox {
            Outbox::Empty | Outbox::Held(_) => {}
            Outbox::Answer { len, next_page: Some(_), .. } | Outbox::Call { len, next_page: Some(_), .. } => *len = 0,
            Outbox::Answer { .. } => self.outbox = Outbox::Empty,
            Outbox::Call { id, name, .. } => {
                let name = *name;
                self.in_flight = Some(InFlight { id: *id, name, sent: now, deadline: now + self.timeout });
                self.outbox = Outbox::Empty;
                return Some(name);
            }
        }
        None
    }

    /// Hands a call, which lies in `message`, to the handler, for the first time or because it was `held`.
    #[allow(clippy::too_many_arguments)]
    fn answer<H: Handler<Call = C>>(
        &mut self,
        now: Instant,
        handler: &mut H,
        id: JsonStr<'_>,
        call: &Call<'_>,
        message: &[u8],
        held: Option<WaitingCall>,
        send_buffer: &mut [u8],
    ) {
        self.outbox = match answer(now, handler, id, call, send_buffer) {
            Ok(AnswerState::Written(len, next_page)) => Outbox::Answer { len, received: message.len(), next_page },
            Ok(AnswerState::Later) => self.put_off(id, send_buffer),
            Ok(AnswerState::Held) => Outbox::Held(held.unwrap_or_else(|| WaitingCall::of(message, id, call))),
            Ok(AnswerState::Never) => Outbox::Empty,
            // What the handler takes offence at may be what is no JSON.
            Err(error) => match call.payload.prove() {
                Ok(_) => refusal(id, error, send_buffer),
                Err(problem) => self.refuse_malformed(id, problem, send_buffer),
            },
        };
    }

    fn refuse_malformed(&mut self, id: JsonStr<'_>, problem: Problem, send_buffer: &mut [u8]) -> Outbox<C> {
        if problem == Problem::Syntax {
            // RPC-17: what is no JSON text names nobody who waits for an answer, whatever it begins like.
            self.statistics.dropped = self.statistics.dropped.saturating_add(1);
            return Outbox::Empty;
        }
        refusal(id, problem.into(), send_buffer)
    }

    fn put_off(&mut self, id: JsonStr<'_>, send_buffer: &mut [u8]) -> Outbox<C> {
        match LateId::try_from(id.as_bytes()) {
            Ok(late) if self.late.is_none() => self.late = Some(late),
            _ => return refusal(id, BUSY, send_buffer),
        }
        Outbox::Empty
    }

    fn part(&self) -> Option<Part> {
        match self.outbox {
            Outbox::Empty | Outbox::Held(_) => None,
            Outbox::Answer { len, next_page, .. } | Outbox::Call { len, next_page, .. } => {
                (len > 0).then_some(Part { len, last: next_page.is_none() }) // a page may not be there yet
            }
        }
    }

    fn compose_call<H: Handler<Call = C>>(&mut self, now: Instant, handler: &mut H, send_buffer: &mut [u8]) {
        let mut composer = CallComposer::new(send_buffer, self.next_id);
        if let Some(name) = handler.next_call(now, &mut composer) {
            let (len, next_page, id) = composer.finish();
            if id == self.next_id {
                self.next_id.number = self.next_id.number.wrapping_add(1);
            }
            self.outbox = Outbox::Call { len, id, name, next_page };
        }
    }

    fn conclude<H: Handler<Call = C>>(&mut self, now: Instant, handler: &mut H, id: JsonStr<'_>, outcome: Outcome<'_>) {
        match self.in_flight.take_if(|call| call.id.is_written(id.as_bytes())) {
            Some(call) => handler.conclude(now, call.name, outcome),
            None => self.statistics.stray = self.statistics.stray.saturating_add(1),
        }
    }
}

const TOO_LONG: CallError = CallError::new(CallErrorCode::InternalError, "message too long");

/// The answer came, but nobody could read it.
const UNREADABLE: Outcome<'static> =
    Outcome::Error { code: JsonStr::from_escaped("FormationViolation"), description: JsonStr::EMPTY };

const BUSY: CallError = CallError::new(CallErrorCode::GenericError, "the last one is not answered yet");

/// Room for the 36 characters of an id (OCPP-J 1.6 §4.1.4), and some escapes.
type LateId = heapless::Vec<u8, 48, u8>;

enum AnswerState {
    /// The length of the first page, and the page that follows.
    Written(usize, Option<u16>),
    Later,
    Held,
    Never,
}

impl WaitingCall {
    fn of(message: &[u8], id: JsonStr<'_>, call: &Call<'_>) -> Self {
        Self {
            received: message.len(),
            id: Span::of(message, id),
            action: Span::of(message, call.action),
            payload: call.payload.place_in(message),
        }
    }

    fn call(self, message: &[u8]) -> (JsonStr<'_>, Call<'_>) {
        let call = Call { action: self.action.text(message), payload: Payload::at(message, self.payload) };
        (self.id.text(message), call)
    }
}

impl Span {
    /// Where `part` lies in `message`.
    fn of(message: &[u8], part: JsonStr<'_>) -> Self {
        let part = part.as_bytes();
        Self { begin: part.as_ptr().addr().wrapping_sub(message.as_ptr().addr()), len: part.len() }
    }

    fn text(self, message: &[u8]) -> JsonStr<'_> {
        let part = message.get(self.begin..).and_then(|rest| rest.get(..self.len));
        JsonStr::from_bytes(part.unwrap_or_default())
    }
}

fn begin_answer(composer: &mut Composer<'_>, id: &[u8]) -> Result<(), BufferFull> {
    composer.head(&[b"[3,\"", id, b"\","])
}

fn answer<H: Handler>(
    now: Instant,
    handler: &mut H,
    id: JsonStr<'_>,
    call: &Call<'_>,
    send_buffer: &mut [u8],
) -> Result<AnswerState, CallError> {
    let mut composer = Composer::new(send_buffer, 0);
    begin_answer(&mut composer, id.as_bytes())?;
    Ok(match handler.handle_call(now, call, &mut composer)? {
        Reply::Now => {
            let (len, next_page) = composer.finish();
            AnswerState::Written(len, next_page)
        }
        Reply::Later => AnswerState::Later,
        Reply::Held => AnswerState::Held,
        Reply::Never => AnswerState::Never,
    })
}

/// The length of the answer to a call of which only the beginning is here, where there is one that is no error.
fn answer_too_long<H: Handler>(
    handler: &mut H,
    id: JsonStr<'_>,
    action: JsonStr<'_>,
    send_buffer: &mut [u8],
) -> Result<Option<usize>, BufferFull> {
    let mut composer = Composer::new(send_buffer, 0);
    begin_answer(&mut composer, id.as_bytes())?;
    Ok(handler.too_long(action, &mut composer)?.then(|| composer.finish().0))
}

fn refusal<C>(id: JsonStr<'_>, error: CallError, send_buffer: &mut [u8]) -> Outbox<C> {
    let mut composer = Composer::new(send_buffer, 0);
    let code = error.code.as_str().as_bytes();
    match composer.head(&[b"[4,\"", id.as_bytes(), b"\",\"", code, b"\",\"", error.description.as_bytes(), b"\",{}"]) {
        Ok(()) => Outbox::Answer { len: composer.finish().0, received: 0, next_page: None },
        Err(BufferFull) => Outbox::Empty, // an id as long as the send buffer
    }
}
