//! From messages to bytes: one encoded frame at a time, and how much of it the stream has taken.

use core::ops::Range;

use embedded_websocket::{Client, WebSocket as Codec, WebSocketSendMessageType as Type, WebSocketState};
use rand_core::RngCore;

use super::handshake::NONCE_LEN;

/// What header and mask key add to a payload of at most [`MAX_PIECE`] bytes.
const OVERHEAD: usize = 8;
/// The longest payload of one frame. The codec encodes 65 535 bytes with more length bytes than is allowed.
const MAX_PIECE: usize = 65_534;

pub(super) enum Control<'p> {
    Ping,
    Pong(&'p [u8]),
    Close(Option<u16>),
}

/// The write buffer: the frame in work.
pub(super) struct Outbound<'a, R> {
    buffer: &'a mut [u8],
    random: R,
    /// The bytes of the frame that the stream has not taken.
    unsent: Range<usize>,
    /// Bytes of the part in work that are in frames already.
    taken: usize,
    /// Whether the next piece continues a message.
    continues: bool,
    needs_flush: bool,
}

impl<'a, R: FnMut(&mut [u8])> Outbound<'a, R> {
    pub(super) fn new(buffer: &'a mut [u8], random: R) -> Self {
        Self { buffer, random, unsent: 0..0, taken: 0, continues: false, needs_flush: false }
    }

    /// Forgets the connection before, and draws the nonce of the next handshake.
    pub(super) fn restart(&mut self) -> [u8; NONCE_LEN] {
        (self.unsent, self.taken, self.continues, self.needs_flush) = (0..0, 0, false, false);
        let mut nonce = [0; NONCE_LEN];
        (self.random)(&mut nonce);
        nonce
    }

    /// The whole buffer, while no frame is in work.
    pub(super) fn buffer(&mut self) -> &mut [u8] {
        self.buffer
    }

    /// Encodes the next piece of a part of a text message; whether it is the last piece of this part.
    ///
    /// To be called with the same part until it is, whenever the frame before is sent.
    pub(super) fn text(&mut self, part: &[u8], last: bool) -> bool {
        let rest = part.get(self.taken..).unwrap_or_default();
        let room = self.buffer.len().saturating_sub(OVERHEAD).min(MAX_PIECE);
        let (piece, ends_part) = match rest.split_at_checked(room) {
            Some((piece, remainder)) => (piece, remainder.is_empty()),
            None => (rest, true),
        };
        let ends_message = ends_part && last;
        self.encode(Type::Text, self.continues, ends_message, piece);
        self.continues = !ends_message;
        self.taken = if ends_part { 0 } else { self.taken.saturating_add(piece.len()) };
        ends_part
    }

    /// Encodes a control frame, to be called when the frame before is sent.
    pub(super) fn control(&mut self, control: Control<'_>) {
        match control {
            Control::Ping => self.encode(Type::Ping, false, true, &[]),
            Control::Pong(payload) => self.encode(Type::Pong, false, true, payload),
            Control::Close(None) => self.encode(Type::CloseReply, false, true, &[]),
            Control::Close(Some(code)) => {
                self.encode(Type::CloseReply, false, true, &code.to_be_bytes());
            }
        }
    }

    /// The bytes for the stream to take next.
    pub(super) fn unsent(&self) -> Option<&[u8]> {
        self.buffer.get(self.unsent.clone()).filter(|bytes| !bytes.is_empty())
    }

    /// Notes that the stream has taken `count` bytes.
    pub(super) fn sent(&mut self, count: usize) {
        self.unsent.start = self.unsent.start.saturating_add(count).min(self.unsent.end);
        self.needs_flush = true;
    }

    pub(super) fn needs_flush(&self) -> bool {
        self.needs_flush
    }

    pub(super) fn flushed(&mut self) {
        self.needs_flush = false;
    }

    /// Encodes with a fresh codec each time: a used one makes a continuation of every frame that follows
    /// an unfinished one, of a pong too.
    fn encode(&mut self, kind: Type, continues: bool, last: bool, payload: &[u8]) {
        let mut codec = Codec::<_, Client>::new_client(Random(&mut self.random));
        codec.state = WebSocketState::Open;
        if continues {
            // Shows the codec the beginning of a message; the frame below takes its place in the buffer.
            let _ = codec.write(kind, false, &[], self.buffer);
        }
        // Cannot fail: the buffer is checked when it is lent, and `text` cuts its pieces to it.
        let length = codec.write(kind, last, payload, self.buffer).unwrap_or_default();
        self.unsent = 0..length;
    }
}

/// The random source of the caller as `rand_core` 0.6, which the codec wants.
pub(super) struct Random<'r, R>(pub(super) &'r mut R);

impl<R: FnMut(&mut [u8])> RngCore for Random<'_, R> {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        (self.0)(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}
