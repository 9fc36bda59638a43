//! One connection of the async driver.

#[cfg(feature = "websocket")]
mod websocket;

use super::Timer;
use super::runner::Keeper;
use crate::store::Storage;
use crate::time::{Duration, Instant};
use crate::transport::{CONNECT_TIMEOUT, ConnectFailure, WebSocketTransport};
use core::cell::Cell;
use embassy_sync::blocking_mutex::raw::{NoopRawMutex, RawMutex};
use embassy_sync::mutex::Mutex;

/// What the firmware opens a connection for, once: it hands over a stream or a WebSocket, and has it back when the
/// connection is over.
///
/// `K` is the business of the [`Runner`](super::Runner).
pub struct Link<'l, K> {
    pub(super) keeper: &'l Mutex<NoopRawMutex, K>,
    pub(super) receive: &'l mut [u8],
    pub(super) send: &'l mut [u8],
    pub(super) life: &'l Life,
}

/// There was a connection, and it is over.
#[derive(Debug)]
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
        self.was_open.set(true);
        self.deadline.set(now + FAREWELL_TIMEOUT);
    }
}

impl<M: RawMutex, S: Storage, T: Timer> Link<'_, Keeper<'_, '_, '_, M, S, T>> {
    /// Talks over a WebSocket library of the firmware's, which is connected, until that is over.
    ///
    /// # Errors
    /// None by itself: it is what `connect` returns.
    pub async fn transport<W: WebSocketTransport>(self, transport: &mut W) -> Result<Closed, ConnectFailure> {
        let mut keeper = self.keeper.lock().await;
        self.life.was_open.set(true);
        keeper.converse(transport, self.receive, self.send).await;
        self.life.end(keeper.timer.now());
        Ok(Closed(()))
    }
}
