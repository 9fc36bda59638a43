//! The WebSocket of this crate, over a byte stream of yours.
//!
//! With an executor a connection is a scope of the runner, which wants the two halves of an [`embedded_io_async`] stream,
//! plain or with TLS: see [`Link::websocket`](crate::facade::Link::websocket) (feature `async`). Its buffers are those of
//! the [`Resources`](crate::Resources).
//!
//! In a superloop it is a [`WebSocket`] over a [`Stream`] that never blocks, and [`ChargePoint::poll`](crate::ChargePoint::poll)
//! opens it:
//!
//! ```no_run
//! # use embedded_ocpp::transport::websocket::{Options, Stream, WebSocket};
//! # use embedded_ocpp::{ChargePoint, Instant, store::Storage};
//! # fn firmware<S: Stream, F: Storage>(mut ocpp: ChargePoint<'_>, mut flash: F, random: impl FnMut(&mut [u8]),
//! #     now: fn() -> Instant, open_socket: fn() -> S, turn: fn(bool)) {
//! let mut read_buffer = [0; 2048 + 64];
//! let mut write_buffer = [0; 1024 + 8];
//! let options = Options::new("csms.example.com", "/ocpp", "RDAM 123").with_password(b"0001020304050607");
//! let mut link = WebSocket::new(&mut read_buffer, &mut write_buffer, random);
//! loop {
//!     let _ = ocpp.poll(now(), &mut link, &mut flash); // what failed is told by `on_connect_failed`, too
//!     if link.is_over() && now() >= ocpp.connect_at() {
//!         link.open(open_socket(), &options); // returns at once
//!     }
//!     turn(ocpp.permits_charge(1)); // the relay never waits
//! }
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
//! A longer incoming message is reported as [`Received::TooLong`](super::Received::TooLong); one that comes in a single frame may be 64 longer. A
//! longer outgoing one goes out in several fragments, which every server must understand and which costs nothing but their
//! headers.
//!
//! # Messages
//!
//! OCPP-J knows text messages only: binary ones are read and dropped. Whether a text is UTF-8 is left to
//! whoever reads it.

mod encoding;
mod end;
mod error;
mod frame;
pub(crate) mod handshake;
mod inbound;
mod keep_alive;
mod options;
mod outbound;
#[cfg(feature = "async")]
pub(crate) mod pump;
mod response;
#[cfg(feature = "async")]
pub(crate) mod session;
mod stream;
mod superloop;

pub use self::error::{ConnectError, Error, Violation};
pub use self::options::Options;
pub use self::stream::Stream;
pub use self::superloop::WebSocket;

/// The smallest read buffer that [`WebSocket::open`] takes: most requests and response heads fit.
pub const MIN_READ_BUFFER: usize = 1024;
/// The smallest write buffer that [`WebSocket::open`] takes: the longest pong.
pub const MIN_WRITE_BUFFER: usize = 131;
