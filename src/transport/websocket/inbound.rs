//! From bytes to messages: joins fragments, sorts out control frames and enforces the order of frames.

use core::ops::Range;

use heapless::Vec;

use super::error::Violation;
use super::frame::{FrameHeader, HeaderReader, MAX_CONTROL_PAYLOAD, OpCode};
use crate::bytes::remove_front;

/// Room behind a message whose end is not in sight, for the frames in between and the rest of one that is too long.
const SPARE: usize = 64;

pub(crate) enum InboundEvent<'b> {
    /// A text message has ended. `whole` is false when only its beginning was kept.
    Message { bytes: &'b [u8], whole: bool },
    /// There is no room for more of a text message that goes on.
    Part(&'b [u8]),
    /// A ping has arrived, see [`Inbound::take_ping`].
    Ping,
    /// The peer ends the connection.
    Close(Option<u16>),
}

/// The read buffer: the message in work, then the bytes of the stream that nobody has looked at.
pub(crate) struct Inbound<'a> {
    buffer: &'a mut [u8],
    /// Bytes of the message at the start of the buffer.
    gathered: usize,
    /// Received bytes; never starts before the end of the message.
    unread: Range<usize>,
    header: HeaderReader,
    /// The frame whose payload comes next, with the bytes that are missing.
    frame: Option<FrameHeader>,
    /// The message whose last fragment is still to come.
    message: Option<FrameKind>,
    overlong: bool,
    /// Bytes of the message at the start of the buffer that were handed on in a part already.
    kept: usize,
    /// Payload of the last ping or close frame.
    control: Vec<u8, MAX_CONTROL_PAYLOAD, u8>,
    /// Whether `control` is a ping to be answered.
    pinged: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FrameKind {
    Text,
    Binary,
}

impl<'a> Inbound<'a> {
    /// Nothing has come yet.
    pub(crate) fn new(buffer: &'a mut [u8]) -> Self {
        Self {
            buffer,
            gathered: 0,
            unread: 0..0,
            header: HeaderReader::default(),
            frame: None,
            message: None,
            overlong: false,
            kept: 0,
            control: Vec::new(),
            pinged: false,
        }
    }

    /// Starts with the bytes that came along with the end of the handshake.
    pub(crate) fn begin(&mut self, unread: Range<usize>) {
        *self = Self { unread, ..Self::new(core::mem::take(&mut self.buffer)) };
    }

    /// The whole buffer, which belongs to the handshake first. Empty while it is lent.
    pub(crate) fn buffer(&mut self) -> &mut [u8] {
        self.buffer
    }

    /// Hands the buffer out, to be filled from this place on, when all bytes have been looked at.
    #[cfg(feature = "async")]
    pub(crate) fn lend(&mut self) -> (&'a mut [u8], usize) {
        let start = self.start_of_space();
        (core::mem::take(&mut self.buffer), start)
    }

    /// Takes the buffer back with so many bytes more.
    #[cfg(feature = "async")]
    pub(crate) fn give_back(&mut self, buffer: &'a mut [u8], count: usize) {
        self.buffer = buffer;
        self.filled(count);
    }

    /// What the received bytes hold next; `None` when all have been looked at. Of a message longer than the buffer, or than
    /// `part_max`, the rest is dropped, unless there is such a maximum: then it comes in parts, and whoever gets one says what
    /// is to [stay](Self::keep) of it.
    pub(crate) fn next_event(&mut self, part_max: Option<usize>) -> Result<Option<InboundEvent<'_>>, Violation> {
        loop {
            let frame = match self.frame {
                Some(frame) => frame,
                None => {
                    let Some(byte) = self.take_byte() else { return Ok(None) };
                    let Some(header) = self.header.push(byte)? else { continue };
                    self.begin_frame(header)?;
                    header
                }
            };
            let missing = self.take_payload(frame, part_max);
            if missing > 0 {
                self.frame = Some(FrameHeader { length: missing, ..frame });
                let is_full = part_max.is_some() && !self.unread.is_empty();
                return Ok(is_full.then(|| InboundEvent::Part(self.buffer.get(..self.gathered).unwrap_or_default())));
            }
            self.frame = None;
            if self.ends_event(frame) {
                return self.event(frame.op_code).map(Some);
            }
        }
    }

    /// Of the part that was handed out the first bytes are to stay, so many, with the next part behind them.
    pub(crate) fn keep(&mut self, count: usize) {
        self.kept = count.min(self.gathered);
        self.gathered = self.kept;
    }

    /// How many bytes at the start of the buffer belong to parts that were handed out.
    #[cfg(feature = "async")]
    pub(crate) fn kept(&self) -> usize {
        self.kept
    }

    /// Where the stream puts what comes next, to be called when all bytes have been looked at. Not empty.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        let start = self.start_of_space();
        self.buffer.get_mut(start..).unwrap_or_default()
    }

    fn start_of_space(&mut self) -> usize {
        let start = if self.message.is_some() { self.gathered } else { 0 };
        self.unread = start..start;
        start
    }

    /// Notes that the stream has put `count` bytes into the space.
    pub(crate) fn filled(&mut self, count: usize) {
        self.unread.end = self.unread.end.saturating_add(count).min(self.buffer.len());
    }

    /// The payload of the last ping, once. Only the most recent one is answered, as RFC 6455 §5.5.3 allows.
    pub(crate) fn take_ping(&mut self) -> Option<&[u8]> {
        core::mem::take(&mut self.pinged).then_some(self.control.as_slice())
    }

    /// Whether a frame may come now, and what it means for the message.
    fn begin_frame(&mut self, header: FrameHeader) -> Result<(), Violation> {
        let kind = match (header.op_code, self.message) {
            (OpCode::Text, None) => FrameKind::Text,
            (OpCode::Binary, None) => FrameKind::Binary,
            (OpCode::Text | OpCode::Binary, Some(_)) => return Err(Violation::UnfinishedMessage),
            (OpCode::Continuation, Some(_)) | (OpCode::Pong, _) => return Ok(()),
            (OpCode::Continuation, None) => return Err(Violation::Continuation),
            (OpCode::Ping | OpCode::Close, _) => {
                self.control.clear();
                self.pinged = false;
                return Ok(());
            }
        };
        self.message = Some(kind);
        (self.gathered, self.kept) = (0, 0);
        self.overlong = false;
        Ok(())
    }

    fn take_byte(&mut self) -> Option<u8> {
        let byte = self.buffer.get(self.unread.next()?)?;
        Some(*byte)
    }

    /// Moves received payload to where it belongs and returns how much of the frame is missing.
    fn take_payload(&mut self, frame: FrameHeader, part_max: Option<usize>) -> u64 {
        let mut available = usize::try_from(frame.length).unwrap_or(usize::MAX).min(self.unread.len());
        let start = self.unread.start;
        let payload = start..start.saturating_add(available);
        self.unread.start = payload.end;
        match frame.op_code {
            OpCode::Ping | OpCode::Close => {
                let bytes = self.buffer.get(payload).unwrap_or_default();
                // cannot overflow: the header reader lets no longer control frame through
                let _ = self.control.extend_from_slice(bytes);
            }
            OpCode::Text | OpCode::Continuation if self.message == Some(FrameKind::Text) => {
                // With its last frame in sight a message may fill the buffer.
                let rest = usize::try_from(frame.length).unwrap_or(usize::MAX);
                let fits = frame.last && self.gathered.saturating_add(rest) <= self.buffer.len();
                let spare = if fits && !self.overlong { 0 } else { SPARE };
                let limit = self.buffer.len().saturating_sub(spare).min(part_max.unwrap_or(usize::MAX));
                let gathered = self.gather(payload, limit);
                if part_max.is_some() {
                    // What there is no room for is looked at again when there is.
                    self.overlong = false;
                    self.unread.start = start.saturating_add(gathered);
                    available = gathered;
                }
            }
            _ => {}
        }
        frame.length.saturating_sub(available as u64)
    }

    /// Appends bytes of the buffer to the message, until it has as many as `limit`, and returns how many that are.
    fn gather(&mut self, payload: Range<usize>, limit: usize) -> usize {
        let room = limit.saturating_sub(self.gathered);
        let kept = payload.len().min(room);
        self.overlong |= kept < payload.len();
        if let Some(gap @ 1..) = payload.start.checked_sub(self.gathered) {
            let moved = self.gathered..payload.start.saturating_add(kept);
            remove_front(self.buffer.get_mut(moved).unwrap_or_default(), gap);
        }
        self.gathered = self.gathered.saturating_add(kept);
        kept
    }

    /// Whether the end of this frame is of interest outside.
    fn ends_event(&mut self, frame: FrameHeader) -> bool {
        match frame.op_code {
            OpCode::Ping | OpCode::Close => true,
            OpCode::Pong => false,
            OpCode::Text | OpCode::Binary | OpCode::Continuation => {
                frame.last && self.message.take() == Some(FrameKind::Text)
            }
        }
    }

    fn event(&mut self, op_code: OpCode) -> Result<InboundEvent<'_>, Violation> {
        Ok(match op_code {
            OpCode::Ping => {
                self.pinged = true;
                InboundEvent::Ping
            }
            OpCode::Close => InboundEvent::Close(close_code(&self.control)?),
            _ => InboundEvent::Message {
                bytes: self.buffer.get(..self.gathered).unwrap_or_default(),
                whole: !self.overlong,
            },
        })
    }
}

/// The code of a close frame, RFC 6455 §5.5.1 and §7.4: some are never sent.
fn close_code(payload: &[u8]) -> Result<Option<u16>, Violation> {
    match payload.split_first_chunk() {
        None if payload.is_empty() => Ok(None),
        Some((code, _)) => match u16::from_be_bytes(*code) {
            code @ (1000..=1003 | 1007..=1014 | 3000..=4999) => Ok(Some(code)),
            _ => Err(Violation::CloseCode),
        },
        None => Err(Violation::CloseCode),
    }
}
