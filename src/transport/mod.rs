//! The edge to the network: whole text messages over any WebSocket library.

mod loopback;
#[cfg(feature = "websocket")]
pub mod websocket;

pub use loopback::{Loopback, LoopbackClosed};

use crate::time::Instant;

/// One WebSocket connection to a central system, with the subprotocol `ocpp1.6` already agreed.
///
/// How a connection is opened differs on every platform and stays with the firmware; so do TLS, masking,
/// pings and the close handshake, which all live below this trait.
///
/// Both transfer functions are `async` so that one trait serves a superloop and an executor:
/// [`ChargePoint::poll`](crate::ChargePoint::poll) polls each future once and drops it, the async runner
/// awaits it. An implementation over a non-blocking library simply returns at once.
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

    /// Writes the next text message into `buffer`.
    ///
    /// `Ok(None)` means nothing has arrived now; a transport that can wake its task stays pending
    /// instead. A message longer than `buffer` is reported as [`Received::TooLong`], with its beginning in
    /// `buffer`; the rest is skipped and the connection lives on. `Err` means this connection is over.
    ///
    /// Dropping the future before it is ready must lose nothing: the next call goes on where this one
    /// stopped. The content of `buffer` may change in between.
    async fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, Self::Error>;

    /// Sends `part` of a text message; `last` ends the message.
    ///
    /// A message is almost always one part. Only one that is longer than the send buffer comes in
    /// several, which a WebSocket carries as fragments (RFC 6455 §5.4).
    ///
    /// `Ok` means the part was taken over whole. When the future is dropped before it is ready, the same
    /// part is offered again until it is taken or the connection fails, and it must go out once.
    async fn send(&mut self, part: &[u8], last: bool) -> Result<(), Self::Error>;

    /// Tells the time and the wanted keep-alive, at least each time the charge point is polled.
    ///
    /// `ping_interval_s` is the configuration key `WebSocketPingInterval`: seconds between pings, `0` for
    /// none. A library that keeps its connection alive by itself ignores this.
    fn keep_alive(&mut self, now: Instant, ping_interval_s: u32) {
        let _ = (now, ping_interval_s);
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
}
