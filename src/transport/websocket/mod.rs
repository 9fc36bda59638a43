//! The WebSocket adapter: [`embedded_websocket`] over any byte stream of [`embedded_io_async`].
//!
//! ```no_run
//! # use embedded_ocpp::transport::websocket::{Options, WebSocket};
//! # async fn firmware<S: embedded_io_async::Read + embedded_io_async::Write>(
//! #     socket: S, mut random: impl FnMut(&mut [u8]),
//! # ) {
//! let mut read_buffer = [0; 2048 + 64];
//! let mut write_buffer = [0; 1024 + 8];
//! let options = Options::new("csms.example.com", "/ocpp", "RDAM 123").with_password(b"0001020304050607");
//! let link = WebSocket::connect(socket, &options, &mut read_buffer, &mut write_buffer, &mut random).await;
//! # }
//! ```
//!
//! # Buffers
//!
//! Both are lent by the caller and are all the memory used, but for some 300 bytes in [`WebSocket`].
//!
//! | buffer | holds | size |
//! |---|---|---|
//! | read | the request and the response head of the handshake, then one incoming message | longest message + 64, at least [`MIN_READ_BUFFER`] |
//! | write | one outgoing frame | longest frame + 8, at least [`MIN_WRITE_BUFFER`] |
//!
//! A longer incoming message is reported as [`Received::TooLong`]. A longer outgoing one goes out in
//! several fragments, which every server must understand and which costs nothing but their headers.
//!
//! # The stream
//!
//! Its `read` and `write` must not lose or repeat bytes when their future is dropped before it is ready
//! (a plain TCP socket does not), and they must keep the wakers of both directions at a time. A stream
//! without this property, as some TLS sessions are, belongs into a task of its own behind a pair of pipes.
//!
//! # Messages
//!
//! OCPP-J knows text messages only: binary ones are read and dropped. Whether a text is UTF-8 is left to
//! whoever reads it.

mod encoding;
mod error;
mod frame;
mod handshake;
mod inbound;
mod keep_alive;
mod options;
mod outbound;
mod response;

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll, ready};

use embedded_io_async::{Read, Write};

pub use self::error::{ConnectError, Error, Violation};
use self::inbound::{Event, Inbound};
use self::keep_alive::KeepAlive;
pub use self::options::Options;
use self::outbound::{Control, Outbound};
use super::{Received, WebSocketTransport};
use crate::time::Instant;

/// The smallest read buffer that [`WebSocket::connect`] takes: most requests and response heads fit.
pub const MIN_READ_BUFFER: usize = 1024;
/// The smallest write buffer that [`WebSocket::connect`] takes: the longest pong.
pub const MIN_WRITE_BUFFER: usize = 131;

/// Steps of one poll, each one read or one frame. A server that never stops talking cannot keep the
/// firmware from its other duties.
const STEPS_PER_POLL: usize = 64;

/// An open WebSocket over the stream `S`, its masks drawn from `R`.
///
/// No future of this type holds any progress: all of it is kept here, and each poll asks the stream anew.
/// So every future may be dropped at any time, and the next call goes on where the last one stopped.
///
/// Dropping the value ends the connection without the closing handshake, which is impolite but safe.
pub struct WebSocket<'a, S, R> {
    stream: S,
    inbound: Inbound<'a>,
    outbound: Outbound<'a, R>,
    keep_alive: KeepAlive,
    state: State,
}

impl<'a, S, R> WebSocket<'a, S, R>
where
    S: Read + Write,
    R: FnMut(&mut [u8]),
{
    /// Opens a WebSocket with the subprotocol `ocpp1.6` over `stream`, which is connected to the server.
    ///
    /// `random` fills a slice with unpredictable bytes: 16 for the handshake, then 4 for each frame. For
    /// a generator of the `rand_core` traits, of whatever version, it is `|bytes| rng.fill_bytes(bytes)`.
    ///
    /// There is no time limit: whoever wants one drops the future. A caller that needs the stream after a
    /// failure lends it as `&mut`.
    pub async fn connect(
        mut stream: S,
        options: &Options<'_>,
        read_buffer: &'a mut [u8],
        write_buffer: &'a mut [u8],
        mut random: R,
    ) -> Result<Self, ConnectError<S::Error>> {
        let received = handshake::perform(&mut stream, options, read_buffer, write_buffer, &mut random).await?;
        Ok(Self {
            stream,
            inbound: Inbound::new(read_buffer, received),
            outbound: Outbound::new(write_buffer, random),
            keep_alive: KeepAlive::default(),
            state: State::Open,
        })
    }

    /// Ends the connection with the closing handshake; messages that still arrive are dropped.
    ///
    /// `Ok` means the server agreed or hung up; after `Err` the connection is over as well. There is no
    /// time limit: whoever wants one drops the future.
    pub async fn close(mut self) -> Result<(), Error<S::Error>> {
        match self.state {
            State::Open => self.end(End::ByUs),
            State::Closing { .. } => {}
            State::Closed => return Ok(()),
        }
        poll_fn(|cx| self.poll_close(cx)).await
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Result<Received, Error<S::Error>>> {
        for _ in 0..STEPS_PER_POLL {
            ready!(self.poll_open(cx))?;
            // What the stream does not take now waits; a server that is stuck in a write needs us to read.
            if let Poll::Ready(Err(error)) = self.poll_write(cx) {
                return Poll::Ready(Err(error));
            }
            match self.inbound.next_event() {
                Ok(Some(Event::Message { bytes, whole })) => {
                    let length = copy(bytes, buffer);
                    return Poll::Ready(Ok(if whole && length == bytes.len() {
                        Received::Message(length)
                    } else {
                        Received::TooLong(length)
                    }));
                }
                Ok(Some(Event::Ping)) => {} // the next step answers it
                Ok(Some(Event::Close(code))) => self.end(End::ByPeer(code)),
                Ok(None) => ready!(self.poll_read(cx))?,
                Err(violation) => self.end(End::Violation(violation)),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, part: &[u8], last: bool) -> Poll<Result<(), Error<S::Error>>> {
        loop {
            ready!(self.poll_open(cx))?;
            ready!(self.poll_write(cx))?;
            if self.outbound.text(part, last) {
                // Taken over whole: what the stream does not take at once goes out with the next calls.
                return match self.poll_write(cx) {
                    Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                    _ => Poll::Ready(Ok(())),
                };
            }
        }
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error<S::Error>>> {
        for _ in 0..STEPS_PER_POLL {
            let farewell = self.poll_farewell(cx)?;
            let State::Closing { end: End::ByUs, said } = self.state else {
                return farewell.map(Ok);
            };
            match self.inbound.next_event() {
                Ok(Some(Event::Close(code))) => {
                    self.state = State::Closing { end: End::ByPeer(code), said };
                }
                Ok(Some(_)) => {}
                Ok(None) => match ready!(self.poll_read(cx)) {
                    Err(Error::Disconnected) => return Poll::Ready(Ok(())),
                    result => result?,
                },
                Err(violation) => return Poll::Ready(Err(Error::Violation(violation))),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Passes while the connection is open; otherwise says farewell and then why it is over.
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error<S::Error>>> {
        match self.state {
            State::Open => Poll::Ready(Ok(())),
            State::Closed => Poll::Ready(Err(Error::NotConnected)),
            State::Closing { end, .. } => {
                // A farewell that the stream refuses changes nothing.
                if self.poll_farewell(cx).is_pending() && !self.keep_alive.is_farewell_over() {
                    return Poll::Pending;
                }
                Poll::Ready(Err(end.into_error()))
            }
        }
    }

    /// Reads once into the space of `inbound`, which has no byte left to look at.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error<S::Error>>> {
        let read = pin!(self.stream.read(self.inbound.space())).poll(cx);
        match read {
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
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error<S::Error>>> {
        loop {
            while let Some(bytes) = self.outbound.unsent() {
                let written = pin!(self.stream.write(bytes)).poll(cx);
                match written {
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
        if self.outbound.needs_flush() {
            let flushed = pin!(self.stream.flush()).poll(cx);
            match flushed.map_err(Error::Stream)? {
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
    fn poll_farewell(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error<S::Error>>> {
        ready!(self.poll_write(cx))?;
        if self.outbound.needs_flush() { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    /// Encodes the next control frame that is due; `false` when none is.
    fn begin_control_frame(&mut self) -> bool {
        if let State::Closing { end, said: said @ false } = &mut self.state {
            *said = true;
            self.outbound.control(Control::Close(end.code()));
        } else if self.state != State::Open {
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
        self.state = State::Closing { end, said: false };
    }

    /// Lets go of a connection that has failed.
    fn settle<T>(&mut self, result: Result<T, Error<S::Error>>) -> Result<T, Error<S::Error>> {
        if result.is_err() {
            self.state = State::Closed;
        }
        result
    }
}

impl<S, R> WebSocketTransport for WebSocket<'_, S, R>
where
    S: Read + Write,
    R: FnMut(&mut [u8]),
{
    type Error = Error<S::Error>;

    fn is_connected(&self) -> bool {
        self.state != State::Closed
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, Self::Error> {
        let result = poll_fn(|cx| self.poll_receive(cx, buffer)).await;
        self.settle(result).map(Some)
    }

    async fn send(&mut self, part: &[u8], last: bool) -> Result<(), Self::Error> {
        let result = poll_fn(|cx| self.poll_send(cx, part, last)).await;
        self.settle(result)
    }

    fn abort(&mut self) {
        self.state = State::Closed;
    }

    /// A ping goes out each `ping_interval_s` seconds. When then nothing at all arrives for one further
    /// interval, but at least ten seconds, the next [`receive`](WebSocketTransport::receive) that finds
    /// nothing fails with [`Error::PongTimeout`]. Where the stream has taken nothing for that long, or for 30
    /// seconds, the next call that finds it unmoved fails with [`Error::SendTimeout`].
    ///
    /// Frames leave with the next `receive` or `send`. A close frame that the stream does not take within
    /// five seconds is given up.
    fn keep_alive(&mut self, now: Instant, ping_interval_s: u32) {
        let closing = matches!(self.state, State::Closing { .. });
        self.keep_alive.tick(now, ping_interval_s, closing);
    }

    fn next_deadline(&self) -> Instant {
        if self.state == State::Closed { Instant::NEVER } else { self.keep_alive.next_deadline() }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The end is decided, and known to the caller once the close frame is out.
    Closing {
        end: End,
        said: bool,
    },
    Closed,
}

/// Why a connection ends with a close frame of ours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    ByUs,
    ByPeer(Option<u16>),
    Violation(Violation),
}

impl End {
    /// The status code of the close frame: RFC 6455 §5.5.1 echoes that of the peer.
    fn code(self) -> Option<u16> {
        match self {
            Self::ByUs => Some(1000),
            Self::ByPeer(code) => code,
            Self::Violation(_) => Some(1002),
        }
    }

    fn into_error<E>(self) -> Error<E> {
        match self {
            Self::ByUs => Error::NotConnected,
            Self::ByPeer(code) => Error::Closed(code),
            Self::Violation(violation) => Error::Violation(violation),
        }
    }
}

/// Copies as many bytes as both slices have.
fn copy(from: &[u8], to: &mut [u8]) -> usize {
    to.iter_mut().zip(from).map(|(to, from)| *to = *from).count()
}
