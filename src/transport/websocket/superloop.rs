//! The WebSocket of a superloop: each poll asks a stream that never blocks.

use core::future::poll_fn;
use core::ops::Range;
use core::task::{Context, Poll, ready};

use super::end::End;
use super::error::{ConnectError, Error};
use super::handshake::Handshake;
use super::inbound::{Inbound, InboundEvent};
use super::keep_alive::KeepAlive;
use super::options::Options;
use super::outbound::{Control, Outbound};
use super::stream::Stream;
use crate::bytes::copy_fitting;
use crate::time::Instant;
use crate::transport::{CONNECT_TIMEOUT, ConnectFailure, Received, WebSocketTransport};

/// Steps of one poll, each one read or one frame. A server that never stops talking cannot keep the
/// firmware from its other duties.
const STEPS_PER_POLL: usize = 64;

/// A WebSocket for a superloop, over one stream `S` after the other, its masks drawn from `R`.
///
/// No future of this type holds any progress: all of it is kept here, and each poll asks the stream anew.
/// So every future may be dropped at any time, and the next call goes on where the last one stopped.
///
/// Dropping the value ends the connection without the closing handshake, which is impolite but safe.
pub struct WebSocket<'a, S: Stream, R> {
    stream: Option<S>,
    inbound: Inbound<'a>,
    outbound: Outbound<'a, R>,
    keep_alive: KeepAlive,
    state: StreamState<S::Error>,
}

impl<'a, S, R> WebSocket<'a, S, R>
where
    S: Stream,
    R: FnMut(&mut [u8]),
{
    /// No connection yet: [`open`](Self::open) one when [`connect_at`](crate::Controls::connect_at) says so.
    ///
    /// `random` fills a slice with unpredictable bytes: 16 for each handshake, then 4 for each frame. For
    /// a generator of the `rand_core` traits, of whatever version, it is `|bytes| rng.fill_bytes(bytes)`.
    pub fn new(read_buffer: &'a mut [u8], write_buffer: &'a mut [u8], random: R) -> Self {
        Self {
            stream: None,
            inbound: Inbound::new(read_buffer),
            outbound: Outbound::new(write_buffer, random),
            keep_alive: KeepAlive::default(),
            state: StreamState::Closed,
        }
    }

    /// Begins to open a WebSocket with the subprotocol `ocpp1.6` over `stream`, which is connected to the server or is
    /// being connected. Returns at once; what was open is dropped.
    ///
    /// [`ChargePoint::poll`](crate::ChargePoint::poll) does the rest, and tells why it has failed. After two minutes it has
    /// in any case; whoever wants that sooner calls [`abandon`](Self::abandon).
    pub fn open(&mut self, stream: S, options: &Options<'_>) {
        self.stream = Some(stream);
        self.keep_alive = KeepAlive::default();
        let nonce = self.outbound.restart();
        self.state = match Handshake::begin(options, nonce, self.inbound.buffer(), self.outbound.buffer()) {
            Ok((handshake, length)) => StreamState::Opening { handshake, unsent: 0..length, since: None },
            Err(error) => StreamState::Failed(error),
        };
    }

    /// The socket cannot be opened, or has not been in the time that the firmware gives it: `why` is told to the charge
    /// point with the next poll.
    pub fn abandon(&mut self, why: ConnectFailure) {
        self.state = StreamState::Abandoned(why);
    }

    /// Whether there is no connection and none is being opened.
    pub fn is_over(&self) -> bool {
        matches!(self.state, StreamState::Closed)
    }

    /// Goes on opening the connection, for who drives it without a charge point. `Pending` also when none is being opened.
    ///
    /// # Errors
    /// [`ConnectError`], once; the stream is dropped.
    pub fn poll_handshake(&mut self) -> Poll<Result<(), ConnectError<S::Error>>> {
        let result = match core::mem::replace(&mut self.state, StreamState::Closed) {
            StreamState::Failed(error) => Poll::Ready(Err(error)),
            StreamState::Opening { mut handshake, mut unsent, since } => {
                let result = self.shake_hands(&mut handshake, &mut unsent);
                self.state = if result.is_pending() {
                    StreamState::Opening { handshake, unsent, since }
                } else {
                    StreamState::Open
                };
                result
            }
            other => {
                self.state = other;
                return Poll::Pending;
            }
        };
        if let Poll::Ready(Err(_)) = result {
            self.hang_up();
        }
        result
    }

    fn shake_hands(
        &mut self,
        handshake: &mut Handshake,
        unsent: &mut Range<usize>,
    ) -> Poll<Result<(), ConnectError<S::Error>>> {
        let Some(stream) = &mut self.stream else { return Poll::Pending };
        while let Some(bytes @ [_, ..]) = self.inbound.buffer().get(unsent.clone()) {
            match ready!(stream.write(bytes)).map_err(ConnectError::Stream)? {
                0 => return Poll::Ready(Err(ConnectError::Disconnected)),
                count => unsent.start = unsent.start.saturating_add(count).min(unsent.end),
            }
        }
        ready!(stream.flush()).map_err(ConnectError::Stream)?;
        loop {
            let buffer = self.inbound.buffer();
            let space = buffer.get_mut(handshake.filled()..).unwrap_or_default();
            let count = ready!(stream.read(space)).map_err(ConnectError::Stream)?;
            if let Some(unread) = handshake.received(count, buffer)? {
                self.inbound.begin(unread);
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Ends the connection with the closing handshake; messages that still arrive are dropped. Under a charge point one
    /// call does: [`ChargePoint::poll`](crate::ChargePoint::poll) goes on with it, for five seconds at most.
    ///
    /// `Ok` means the server agreed or hung up; after `Err` the connection is over as well.
    pub fn poll_close(&mut self) -> Poll<Result<(), Error<S::Error>>> {
        match &self.state {
            StreamState::Open => self.end(End::ByUs),
            StreamState::Closing { .. } => {}
            _ => {
                self.hang_up();
                return Poll::Ready(Ok(()));
            }
        }
        let result = ready!(self.poll_closing());
        self.hang_up();
        Poll::Ready(result)
    }

    fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
        in_parts: bool,
    ) -> Poll<Result<Received, Error<S::Error>>> {
        let part_max = in_parts.then_some(buffer.len());
        for _ in 0..STEPS_PER_POLL {
            ready!(self.poll_alive())?;
            // What the stream does not take now waits; a server that is stuck in a write needs us to read.
            if let Poll::Ready(Err(error)) = self.poll_write() {
                return Poll::Ready(Err(error));
            }
            match self.inbound.next_event(part_max) {
                Ok(Some(InboundEvent::Part(bytes))) => {
                    let length = copy_fitting(bytes, buffer);
                    self.inbound.keep(0);
                    return Poll::Ready(Ok(Received::Part(length)));
                }
                Ok(Some(InboundEvent::Message { bytes, whole })) => {
                    let length = copy_fitting(bytes, buffer);
                    return Poll::Ready(Ok(if whole && length == bytes.len() {
                        Received::Message(length)
                    } else {
                        Received::TooLong(length)
                    }));
                }
                Ok(Some(InboundEvent::Ping)) => {} // the next step answers it
                Ok(Some(InboundEvent::Close(code))) => self.end(End::ByPeer(code)),
                Ok(None) => ready!(self.poll_read())?,
                Err(violation) => self.end(End::Violation(violation)),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_send(&mut self, part: &[u8], last: bool) -> Poll<Result<(), Error<S::Error>>> {
        loop {
            ready!(self.poll_alive())?;
            ready!(self.poll_write())?;
            if self.outbound.text(part, last) {
                // Taken over whole: what the stream does not take at once goes out with the next calls.
                return match self.poll_write() {
                    Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                    _ => Poll::Ready(Ok(())),
                };
            }
        }
    }

    fn poll_closing(&mut self) -> Poll<Result<(), Error<S::Error>>> {
        for _ in 0..STEPS_PER_POLL {
            let farewell = self.poll_farewell()?;
            let StreamState::Closing { end: End::ByUs, said } = self.state else {
                return farewell.map(Ok);
            };
            match self.inbound.next_event(None) {
                Ok(Some(InboundEvent::Close(code))) => {
                    self.state = StreamState::Closing { end: End::ByPeer(code), said };
                }
                Ok(Some(_)) => {}
                Ok(None) => match ready!(self.poll_read()) {
                    Err(Error::Disconnected) => return Poll::Ready(Ok(())),
                    result => result?,
                },
                Err(violation) => return Poll::Ready(Err(Error::Violation(violation))),
            }
        }
        Poll::Pending
    }

    /// Passes while the connection is open; otherwise says farewell and then why it is over.
    fn poll_alive(&mut self) -> Poll<Result<(), Error<S::Error>>> {
        match self.state {
            StreamState::Open => Poll::Ready(Ok(())),
            StreamState::Closing { end, .. } => {
                // A farewell that the stream refuses changes nothing.
                if self.poll_farewell().is_pending() && !self.keep_alive.is_farewell_over() {
                    return Poll::Pending;
                }
                Poll::Ready(Err(end.into_error()))
            }
            _ => Poll::Ready(Err(Error::NotConnected)),
        }
    }

    /// Reads once into the space of `inbound`, which has no byte left to look at.
    fn poll_read(&mut self) -> Poll<Result<(), Error<S::Error>>> {
        let Some(stream) = &mut self.stream else { return Poll::Ready(Err(Error::NotConnected)) };
        match stream.read(self.inbound.space()) {
            Poll::Ready(Ok(0)) => Poll::Ready(Err(Error::Disconnected)),
            Poll::Ready(Ok(count)) => {
                self.inbound.filled(count);
                self.keep_alive.heard();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(Error::Stream(error))),
            Poll::Pending if self.keep_alive.is_pong_overdue() => Poll::Ready(Err(Error::PongTimeout)),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Writes the frame in work and the control frames that wait for its end. Ready when none is left.
    fn poll_write(&mut self) -> Poll<Result<(), Error<S::Error>>> {
        loop {
            while let Some(bytes) = self.outbound.unsent() {
                let Some(stream) = &mut self.stream else { return Poll::Ready(Err(Error::NotConnected)) };
                match stream.write(bytes) {
                    Poll::Ready(Ok(0)) => return Poll::Ready(Err(Error::Disconnected)),
                    Poll::Ready(Ok(count)) => {
                        self.outbound.sent(count);
                        self.keep_alive.moved();
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(Error::Stream(error))),
                    Poll::Pending => return self.poll_stuck(),
                }
            }
            if !self.begin_control_frame() {
                break;
            }
        }
        // On a socket this may wait for the acknowledgement of the peer, which nothing here waits for.
        if let (true, Some(stream)) = (self.outbound.needs_flush(), &mut self.stream) {
            match stream.flush().map_err(Error::Stream)? {
                Poll::Ready(()) => {
                    self.outbound.flushed();
                    self.keep_alive.moved();
                }
                Poll::Pending => {
                    if let Poll::Ready(stuck) = self.poll_stuck() {
                        return Poll::Ready(stuck);
                    }
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Waits for the stream to move, but not for ever.
    fn poll_stuck(&mut self) -> Poll<Result<(), Error<S::Error>>> {
        if self.keep_alive.is_stuck() { Poll::Ready(Err(Error::SendTimeout)) } else { Poll::Pending }
    }

    /// Like [`Self::poll_write`], but waits until the stream has passed everything on: whoever hears of the
    /// end of the connection drops the stream.
    fn poll_farewell(&mut self) -> Poll<Result<(), Error<S::Error>>> {
        ready!(self.poll_write())?;
        if self.outbound.needs_flush() { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    /// Encodes the next control frame that is due; `false` when none is.
    fn begin_control_frame(&mut self) -> bool {
        if let StreamState::Closing { end, said: said @ false } = &mut self.state {
            *said = true;
            self.outbound.control(Control::Close(end.code()));
        } else if !matches!(self.state, StreamState::Open) {
            return false; // nothing follows a close frame
        } else if let Some(payload) = self.inbound.take_ping() {
            self.outbound.control(Control::Pong(payload));
        } else if self.keep_alive.take_ping() {
            self.outbound.control(Control::Ping);
        } else {
            return false;
        }
        true
    }

    fn end(&mut self, end: End) {
        self.state = StreamState::Closing { end, said: false };
    }

    /// Lets go of a connection that has failed.
    fn hang_up_on_error<T>(&mut self, result: Result<T, Error<S::Error>>) -> Result<T, Error<S::Error>> {
        if result.is_err() {
            self.hang_up();
        }
        result
    }

    fn hang_up(&mut self) {
        (self.state, self.stream) = (StreamState::Closed, None);
    }
}

impl<S, R> WebSocketTransport for WebSocket<'_, S, R>
where
    S: Stream,
    R: FnMut(&mut [u8]),
{
    type Error = Error<S::Error>;

    fn is_connected(&self) -> bool {
        match self.state {
            StreamState::Open => true,
            StreamState::Closing { end, .. } => end != End::ByUs,
            _ => false,
        }
    }

    fn poll_open(&mut self) -> Poll<Result<(), ConnectFailure>> {
        if let StreamState::Abandoned(why) = self.state {
            self.hang_up();
            return Poll::Ready(Err(why));
        }
        if matches!(self.state, StreamState::Closing { .. }) {
            if self.poll_close().is_pending() && self.keep_alive.is_farewell_over() {
                self.hang_up();
            }
            return Poll::Pending;
        }
        self.poll_handshake().map_err(|error| match error {
            ConnectError::Stream(error) => S::connect_failure(&error),
            error => error.into(),
        })
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, Self::Error> {
        let result = poll_fn(|cx| self.poll_receive(cx, buffer, false)).await;
        self.hang_up_on_error(result).map(Some)
    }

    async fn receive_in_parts(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, Self::Error> {
        let result = poll_fn(|cx| self.poll_receive(cx, buffer, true)).await;
        self.hang_up_on_error(result).map(Some)
    }

    async fn send(&mut self, part: &[u8], last: bool) -> Result<(), Self::Error> {
        let result = poll_fn(|_| self.poll_send(part, last)).await;
        self.hang_up_on_error(result)
    }

    fn abort(&mut self) {
        self.hang_up();
    }

    fn leave(&mut self) {
        if matches!(self.state, StreamState::Open) {
            self.end(End::ByUs);
        }
    }

    /// A ping goes out each `ping_interval_s` seconds. When then nothing at all arrives for one further
    /// interval, but at least ten seconds, the next [`receive`](WebSocketTransport::receive) that finds
    /// nothing fails with [`Error::PongTimeout`]. Where the stream has taken nothing for that long, or for 30
    /// seconds, the next call that finds it unmoved fails with [`Error::SendTimeout`].
    ///
    /// Frames leave with the next `receive` or `send`. A close frame that the stream does not take within
    /// five seconds is given up.
    fn keep_alive(&mut self, now: Instant, ping_interval_s: u32) {
        if let StreamState::Opening { since, .. } = &mut self.state {
            if now.since(*since.get_or_insert(now)) >= CONNECT_TIMEOUT {
                self.abandon(ConnectFailure::NoAnswer);
            }
            self.keep_alive = KeepAlive::starting(now, ping_interval_s);
            return;
        }
        let closing = matches!(self.state, StreamState::Closing { .. });
        self.keep_alive.tick(now, ping_interval_s, closing);
    }

    fn next_deadline(&self) -> Instant {
        match self.state {
            StreamState::Open | StreamState::Closing { .. } => self.keep_alive.next_deadline(),
            StreamState::Opening { since: Some(since), .. } => since + CONNECT_TIMEOUT,
            _ => Instant::NEVER,
        }
    }
}

enum StreamState<E> {
    Opening {
        handshake: Handshake,
        /// What the stream has not taken of the request, which is in the read buffer.
        unsent: Range<usize>,
        since: Option<Instant>,
    },
    /// To be told with the next poll.
    Failed(ConnectError<E>),
    Abandoned(ConnectFailure),
    Open,
    /// The end is decided, and known to the caller once the close frame is out.
    Closing {
        end: End,
        said: bool,
    },
    Closed,
}
