//! The edge to the network: whole text messages over any WebSocket library.

mod connect_failure;
mod loopback;
#[cfg(feature = "websocket")]
pub mod websocket;

pub use connect_failure::ConnectFailure;
pub use loopback::{Loopback, LoopbackClosed};

use crate::time::{Duration, Instant};
use core::task::Poll;

/// One WebSocket connection to a central system, with the [subprotocol](Self::subprotocol) already agreed.
///
/// For the WebSocket library of the platform (ESP-IDF's, Mongoose, that of a browser): masking, pings and the close
/// handshake live below this trait. Over a bare stream the WebSocket is of this crate, in
/// `transport::websocket`.
///
/// Both transfer functions are `async` so that one trait serves a superloop and an executor:
/// [`ChargePoint::poll`](crate::ChargePoint::poll) polls each future once and drops it, the async runner
/// awaits it, and drops it when something else is to be done. An implementation over a non-blocking library simply
/// returns at once.
#[allow(async_fn_in_trait)] // the futures need not be `Send`: the core runs on one executor
pub trait WebSocketTransport {
    /// Why the connection is over.
    type Error: core::fmt::Debug;

    /// Whether messages can be exchanged now.
    ///
    /// A change from `false` to `true` is a new connection: whatever was unanswered is settled. After an
    /// `Err` of [`receive`](Self::receive) or [`send`](Self::send) this must be `false` until a new
    /// connection stands.
    fn is_connected(&self) -> bool;

    /// The subprotocol that the server has agreed to, while there is a connection (OCPP-J §3.1.2). A library that offers
    /// several must say which; by default it is `ocpp1.6`, the only one that this crate offers by itself.
    ///
    /// A connection with any other is not spoken over: it is told to [`abort`](Self::abort), and counts as one that could not
    /// be opened, because of [`ConnectFailure::Subprotocol`].
    fn subprotocol(&self) -> &str {
        SUBPROTOCOL
    }

    /// Goes on with opening a connection, in a superloop: asked at each poll while there is none. Never blocks.
    ///
    /// `Ready(Ok(()))` says that [`is_connected`](Self::is_connected) is `true` from now on; `Err` that it has failed,
    /// once. By default nothing is being opened: the firmware opens its connections elsewhere, and tells
    /// [`connect_failed`](crate::Controls::connect_failed).
    fn poll_open(&mut self) -> Poll<Result<(), ConnectFailure>> {
        Poll::Pending
    }

    /// Writes the next text message into `buffer`.
    ///
    /// `Ok(None)` means nothing has arrived now; a transport that can wake its task stays pending
    /// instead. A message longer than `buffer` is reported as [`Received::TooLong`], with its beginning in
    /// `buffer`; the rest is skipped and the connection lives on. `Err` means this connection is over.
    ///
    /// Dropping the future before it is ready must lose nothing: the next call goes on where this one
    /// stopped. The content of `buffer` may change in between.
    async fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, Self::Error>;

    /// The same, but a message longer than `buffer` comes in parts: [`Received::Part`] for each that is followed by another,
    /// which the next call gets, [`Received::Message`] for the last one.
    ///
    /// So a long certificate passes through a short buffer. By default there are no parts, and a long message is reported
    /// as [`Received::TooLong`].
    async fn receive_in_parts(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, Self::Error> {
        self.receive(buffer).await
    }

    /// Sends `part` of a text message; `last` ends the message.
    ///
    /// A message is almost always one part. Only one that is longer than the send buffer comes in
    /// several, which a WebSocket carries as fragments (RFC 6455 §5.4).
    ///
    /// `Ok` means the part was taken over whole. When the future is dropped before it is ready, the same
    /// part is offered again until it is taken or the connection fails, and it must go out once. One that is not
    /// taken within the time for a pong, 30 s at most, takes the connection with it: see [`abort`](Self::abort).
    async fn send(&mut self, part: &[u8], last: bool) -> Result<(), Self::Error>;

    /// Gives the connection up, for it has not taken a part in time: [`is_connected`](Self::is_connected) is `false`
    /// from now on. By default nothing happens, which does where the driver drops the transport thereafter.
    fn abort(&mut self) {}

    /// Ends the connection, for another one is to take its place: [`is_connected`](Self::is_connected) is `false` from now
    /// on, and what was taken over goes out all the same. By default it is [given up](Self::abort).
    fn leave(&mut self) {
        self.abort();
    }

    /// Tells the time and the wanted keep-alive, at least each time the charge point is polled.
    ///
    /// `ping_interval_s` is the configuration key `WebSocketPingInterval`: seconds between pings, `0` for
    /// none. A library that keeps its connection alive by itself ignores this.
    fn keep_alive(&mut self, now: Instant, ping_interval_s: u32) {
        let _ = (now, ping_interval_s);
    }

    /// When [`keep_alive`](Self::keep_alive) must be called next: [`ChargePoint::poll`](crate::ChargePoint::poll)
    /// returns no later moment. [`Instant::NEVER`] by default.
    fn next_deadline(&self) -> Instant {
        Instant::NEVER
    }
}

/// The one version that is spoken here.
pub(crate) const SUBPROTOCOL: &str = "ocpp1.6";
/// A connection that takes longer to open hangs.
#[cfg(any(feature = "async", feature = "websocket"))]
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(120);
/// A slow mobile network may take this long to answer, however short the ping interval is.
pub(crate) const MIN_PONG_TIMEOUT: Duration = Duration::from_secs(10);
/// A message that is not taken within this time will hardly be taken at all.
const MAX_SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// How long what is to be sent may wait to be taken before the connection is given up: not longer than for a pong
/// (OCPP-J errata 3.11).
pub(crate) fn send_timeout(ping_interval_s: u32) -> Duration {
    match ping_interval_s {
        0 => MAX_SEND_TIMEOUT,
        interval => Duration::from_secs(interval).clamp(MIN_PONG_TIMEOUT, MAX_SEND_TIMEOUT),
    }
}

/// What [`WebSocketTransport::receive`] has put into the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Received {
    /// A whole message of this many bytes.
    Message(usize),
    /// The first bytes, as many as stated here, of a message that does not fit the buffer.
    TooLong(usize),
    /// The next bytes, as many as stated here, of a message that goes on; only where it was asked for
    /// [in parts](WebSocketTransport::receive_in_parts).
    Part(usize),
}
