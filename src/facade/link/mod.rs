//! One connection of the async driver.

#[cfg(feature = "websocket")]
mod websocket;

use super::Timer;
use super::keeper::Keeper;
use crate::store::Storage;
use crate::time::{Duration, Instant};
use crate::transport::{CONNECT_TIMEOUT, ConnectFailure, SUBPROTOCOL, WebSocketTransport};
use core::cell::Cell;
use embassy_sync::blocking_mutex::raw::{NoopRawMutex, RawMutex};
use embassy_sync::mutex::Mutex;

/// What the firmware opens a connection for, once: it hands over a stream or a WebSocket, and has it back when the
/// connection is over.
///
/// With `embassy-net`, say:
///
/// ```no_run
/// # #[cfg(all(feature = "websocket", feature = "embassy-time"))] mod example {
/// # use embedded_ocpp::facade::{EmbassyTimer, Runner};
/// # use embedded_ocpp::{store::Storage, transport::{ConnectFailure, websocket::Options}};
/// # use embassy_sync::blocking_mutex::raw::NoopRawMutex;
/// # use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
/// # #[derive(Clone, Copy)] struct Stack;
/// # impl Stack { async fn dns_query(&self, _: &str, _: DnsQueryType) -> Result<[u32; 1], ()> { Err(()) } }
/// # enum DnsQueryType { A }
/// # struct TcpSocket<'b>(&'b mut [u8]);
/// # impl<'b> TcpSocket<'b> {
/// #     fn new(_: Stack, rx: &'b mut [u8], _: &'b mut [u8]) -> Self { Self(rx) }
/// #     async fn connect(&mut self, _: (u32, u16)) -> Result<(), ()> { Err(()) }
/// #     fn split(&mut self) -> (Half<'_>, Half<'_>) { (Half(&self.0), Half(&self.0)) }
/// # }
/// # struct Half<'b>(&'b [u8]);
/// # impl ErrorType for Half<'_> { type Error = ErrorKind; }
/// # impl Read for Half<'_> { async fn read(&mut self, _: &mut [u8]) -> Result<usize, ErrorKind> { Ok(self.0.len()) } }
/// # impl Write for Half<'_> {
/// #     async fn write(&mut self, _: &[u8]) -> Result<usize, ErrorKind> { Ok(0) }
/// #     async fn flush(&mut self) -> Result<(), ErrorKind> { Ok(()) }
/// # }
/// # const HOST: &str = "csms.example.com";
/// # async fn network(mut runner: Runner<'_, '_, NoopRawMutex>, stack: Stack, mut flash: impl Storage) {
/// let (mut rx, mut tx) = ([0; 2048], [0; 4096]);
/// let options = Options::new(HOST, "/ocpp", "RDAM 123");
/// let Err(missing) = runner.run(async |link| {
///     let address = stack.dns_query(HOST, DnsQueryType::A).await.map_err(|_| ConnectFailure::UnknownHost)?;
///     let mut socket = TcpSocket::new(stack, &mut rx, &mut tx);
///     socket.connect((address[0], 80)).await.map_err(|_| ConnectFailure::Refused)?;
///     // Here a TLS session would be opened over the socket, and split in its place.
///     let (reader, writer) = socket.split();
///     link.websocket(&options, reader, writer).await
/// }, &mut flash, &EmbassyTimer).await;
/// panic!("{missing}"); // an input or output that was not set
/// # } }
/// ```
///
/// `K` is the business of the [`Runner`](super::Runner), and has no name: in a closure none is needed.
pub struct Link<'l, K> {
    pub(super) keeper: &'l Mutex<NoopRawMutex, K>,
    pub(super) receive: &'l mut [u8],
    pub(super) send: &'l mut [u8],
    pub(super) life: &'l Life,
}

/// There was a connection, and it is over.
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Closed(());

/// How far one connection has come.
pub(super) struct Life {
    /// When it is given up, unless it gets further.
    pub(super) deadline: Cell<Instant>,
    pub(super) was_open: Cell<bool>,
}

/// What the firmware may take to let go of a connection that is over.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(10);

impl Life {
    pub(super) fn new(now: Instant) -> Self {
        Self { deadline: Cell::new(now + CONNECT_TIMEOUT), was_open: Cell::new(false) }
    }

    fn end(&self, now: Instant) {
        self.deadline.set(now + FAREWELL_TIMEOUT);
    }
}

impl<M: RawMutex, S: Storage, T: Timer> Link<'_, Keeper<'_, '_, '_, M, S, T>> {
    /// Talks over a WebSocket library of the firmware's, which is connected, until that is over.
    ///
    /// # Errors
    /// [`ConnectFailure::Subprotocol`] when another one than `ocpp1.6` was agreed, which `connect` passes on.
    pub async fn transport<W: WebSocketTransport>(self, transport: &mut W) -> Result<Closed, ConnectFailure> {
        if transport.subprotocol() != SUBPROTOCOL {
            transport.abort();
            return Err(ConnectFailure::Subprotocol);
        }
        let mut keeper = self.keeper.lock().await;
        self.life.was_open.set(true);
        keeper.converse(transport, self.receive, self.send).await;
        self.life.end(keeper.timer.now());
        Ok(Closed(()))
    }
}
