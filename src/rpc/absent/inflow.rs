//! Stands in for calls that are longer than the receive buffer, where none has a member that could be taken in pieces.

use super::Handler;
use crate::transport::{Received, WebSocketTransport};

#[derive(Debug)]
pub(crate) struct Inflow;

impl Inflow {
    /// Whether the transport is to hand on long messages in parts.
    #[cfg(all(feature = "async", feature = "websocket"))]
    pub(crate) const TAKES_PARTS: bool = false;

    pub(crate) const fn new() -> Self {
        Self
    }

    pub(crate) fn receive_from<'t, T: WebSocketTransport>(
        transport: &'t mut T,
        room: &'t mut [u8],
    ) -> impl Future<Output = Result<Option<Received>, T::Error>> + 't {
        transport.receive(room)
    }

    pub(crate) fn kept(&self) -> usize {
        0
    }

    pub(crate) fn take_in<H: Handler>(&mut self, _: &mut H, received: Received, _: &mut [u8]) -> Option<Received> {
        Some(received)
    }

    pub(crate) fn cut<H: Handler>(&mut self, _: &mut H) {}
}
