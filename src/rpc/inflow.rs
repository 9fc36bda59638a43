use super::Handler;
use crate::json::{Drain, Frame, scan};
use crate::transport::{Received, WebSocketTransport};

/// A call that is longer than the receive buffer, while it comes in: its longest member goes to the handler in pieces, and
/// what is left of the call is a message like all others.
#[derive(Debug)]
pub(crate) struct Inflow {
    state: InflowState,
    /// What is left of the call lies at the beginning of the receive buffer, so many bytes: the next part comes behind.
    kept: usize,
}

#[derive(Debug)]
enum InflowState {
    Idle,
    Draining(Drain),
    /// The rest of a message that has been answered for good.
    Skipping,
}

/// The receive buffer must have this much room for the next part, and what a WebSocket wants behind it.
const ROOM: usize = 80;

impl Inflow {
    /// Whether the transport is to hand on long messages in parts.
    #[cfg(all(feature = "async", feature = "websocket"))]
    pub(crate) const TAKES_PARTS: bool = true;

    pub(crate) const fn new() -> Self {
        Self { state: InflowState::Idle, kept: 0 }
    }

    /// How the transport is asked for what has come.
    pub(crate) fn receive_from<'t, T: WebSocketTransport>(
        transport: &'t mut T,
        room: &'t mut [u8],
    ) -> impl Future<Output = Result<Option<Received>, T::Error>> + 't {
        transport.receive_in_parts(room)
    }

    /// How many bytes at the beginning of the receive buffer must stay.
    pub(crate) fn kept(&self) -> usize {
        self.kept
    }

    /// What the transport has put behind those. Returns what there is for [`Rpc::receive`](super::Rpc::receive), from the
    /// beginning of the buffer on: a message, or why there is none; `None` while it goes on.
    pub(crate) fn take_in<H: Handler>(
        &mut self,
        handler: &mut H,
        received: Received,
        buffer: &mut [u8],
    ) -> Option<Received> {
        let (count, goes_on) = match received {
            Received::Part(count) => (count, true),
            Received::Message(count) => (count, false),
            Received::TooLong(_) => {
                self.cut(handler);
                return Some(received);
            }
        };
        let end = self.kept.saturating_add(count).min(buffer.len());
        if let (InflowState::Idle, true) = (&self.state, goes_on) {
            match begin(handler, buffer.get(..end).unwrap_or_default()) {
                Some(drain) => self.state = InflowState::Draining(drain),
                None => return self.keep(end, buffer.len()),
            }
        }
        match &mut self.state {
            InflowState::Idle => {
                self.kept = 0;
                Some(Received::Message(end))
            }
            InflowState::Skipping => {
                if !goes_on {
                    self.state = InflowState::Idle;
                }
                None
            }
            InflowState::Draining(drain) => {
                let left = drain.pass(buffer, end, &mut |piece| handler.take_long(piece));
                if !goes_on {
                    *self = Self::new();
                    return Some(Received::Message(left));
                }
                let kept = self.keep(left, buffer.len());
                if kept.is_some() {
                    handler.drop_long();
                }
                kept
            }
        }
    }

    /// What there is of a message stays, if there is room for more of it.
    fn keep(&mut self, count: usize, room: usize) -> Option<Received> {
        if count.saturating_add(ROOM) <= room {
            self.kept = count;
            return None;
        }
        *self = Self { state: InflowState::Skipping, kept: 0 };
        Some(Received::TooLong(count))
    }

    /// The link is gone, and with it the rest.
    pub(crate) fn cut<H: Handler>(&mut self, handler: &mut H) {
        if let InflowState::Draining(_) = self.state {
            handler.drop_long();
        }
        *self = Self::new();
    }
}

fn begin<H: Handler>(handler: &mut H, beginning: &[u8]) -> Option<Drain> {
    let Ok(Frame::Call { action, payload, .. }) = scan(beginning) else { return None };
    let name = handler.begin_long(action)?;
    Some(Drain::new(name, payload.place_in(beginning)))
}
