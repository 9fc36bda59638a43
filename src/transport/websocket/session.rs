//! The WebSocket of an executor: in the buffers of the charge point, over [`Pumps`].

use core::ops::Range;
use core::task::Poll;

use embedded_io_async::ErrorKind;

use super::end::End;
use super::error::{ConnectError, Error};
use super::handshake::{Handshake, NONCE_LEN};
use super::inbound::{Inbound, InboundEvent};
use super::keep_alive::KeepAlive;
use super::options::Options;
use super::pump::{Pumps, Returned, StreamError};
use crate::bytes::copy_fitting;
use crate::time::Instant;
use crate::transport::Received;

/// Room in front of a payload, for the longest header and the mask.
const HEAD: usize = 8;
/// The longest payload of a frame whose length has two bytes.
const PAYLOAD_MAX: usize = 0xFFFF;
/// The longest control frame.
pub(crate) const CONTROL_LEN: usize = HEAD + 125;

const TEXT: u8 = 0x1;
const CONTINUATION: u8 = 0x0;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;
const LAST: u8 = 0x80;

/// One connection from the request of the handshake to the close frame. A buffer that is lent to the pumps is empty here.
pub(crate) struct FrameSession<'p, 'b> {
    pumps: &'p Pumps<'b>,
    inbound: Inbound<'b>,
    /// The send buffer of the charge point: a message is composed behind the place of its header, and masked where it lies.
    text: &'b mut [u8],
    control: &'b mut [u8],
    writing: Option<Writing>,
    /// The message that goes out has not ended.
    continues: bool,
    keep_alive: KeepAlive,
    end: Option<End>,
    /// The close frame is on its way.
    said: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Writing {
    Request,
    Text,
    Control,
}

impl<'p, 'b> FrameSession<'p, 'b> {
    pub(crate) fn new(
        pumps: &'p Pumps<'b>,
        receive: &'b mut [u8],
        send: &'b mut [u8],
        control: &'b mut [u8; CONTROL_LEN],
    ) -> Self {
        Self {
            pumps,
            inbound: Inbound::new(receive),
            text: send,
            control,
            writing: None,
            continues: false,
            keep_alive: KeepAlive::default(),
            end: None,
            said: false,
        }
    }

    // The handshake

    pub(crate) fn begin(
        &mut self,
        options: &Options<'_>,
        nonce: [u8; NONCE_LEN],
    ) -> Result<Handshake, ConnectError<ErrorKind>> {
        let (handshake, length) = Handshake::begin(options, nonce, self.inbound.buffer(), self.control)?;
        let (buffer, _) = self.inbound.lend();
        self.put(Writing::Request, buffer, 0..length);
        Ok(handshake)
    }

    /// Goes on when the pumps have [changed](Pumps::changed).
    pub(crate) fn shake_hands(&mut self, handshake: &mut Handshake) -> Poll<Result<(), ConnectError<ErrorKind>>> {
        self.collect_written().map_err(connect_error)?;
        if let Some(Returned { buffer, result }) = self.pumps.take_filled() {
            self.inbound.give_back(buffer, 0);
            if let Some(unread) = handshake.received(result.map_err(connect_error)?, self.inbound.buffer())? {
                self.inbound.begin(unread);
                return Poll::Ready(Ok(()));
            }
        }
        if !self.inbound.buffer().is_empty() {
            let (buffer, _) = self.inbound.lend();
            self.pumps.fill(buffer, handshake.filled());
        }
        Poll::Pending
    }

    // The connection

    /// Takes back what the pumps have done with, and tells the time. `Ok(true)` when the text is written.
    ///
    /// # Errors
    /// Why the connection is over.
    pub(crate) fn collect(&mut self, now: Instant, ping_interval_s: u32) -> Result<bool, StreamError> {
        self.keep_alive.tick(now, ping_interval_s, self.end.is_some());
        let collected = self.collect_read().and_then(|()| self.collect_written());
        let Some(end) = self.end else {
            let is_written = collected?;
            self.check_silence()?;
            return Ok(is_written);
        };
        // A farewell that the stream refuses changes nothing.
        let is_out = self.said && self.writing.is_none() && !self.pumps.is_flushing();
        if is_out || collected.is_err() || self.keep_alive.is_farewell_over() {
            return Err(end.into_error());
        }
        collected
    }

    fn collect_read(&mut self) -> Result<(), StreamError> {
        if let Some(Returned { buffer, result }) = self.pumps.take_filled() {
            self.inbound.give_back(buffer, *result.as_ref().unwrap_or(&0));
            self.keep_alive.heard();
            result?;
        }
        Ok(())
    }

    fn collect_written(&mut self) -> Result<bool, StreamError> {
        let Some(Returned { buffer, result }) = self.pumps.take_written() else {
            return self.pumps.take_flush_failed().map_or(Ok(false), Err);
        };
        let was = self.writing.take();
        match was {
            Some(Writing::Request) => self.inbound.give_back(buffer, 0),
            Some(Writing::Text) => self.text = buffer,
            Some(Writing::Control) | None => self.control = buffer,
        }
        result.map(|()| was == Some(Writing::Text))
    }

    fn check_silence(&mut self) -> Result<(), StreamError> {
        if self.pumps.take_moved() || (self.writing.is_none() && !self.pumps.is_flushing()) {
            self.keep_alive.moved();
        } else if self.keep_alive.is_stuck() {
            return Err(Error::SendTimeout);
        }
        // Whoever has not looked at all that came has no reason to complain of silence.
        if self.inbound.buffer().is_empty() && self.keep_alive.is_pong_overdue() {
            return Err(Error::PongTimeout);
        }
        Ok(())
    }

    /// What has come, if it is a whole message, or a part of one where those are wanted; it stays in the
    /// [receive buffer](Self::buffers) until the next call, behind what was to be [kept](Self::keep). Has more read when there
    /// is none.
    pub(crate) fn receive(&mut self, in_parts: bool) -> Option<Received> {
        let part_max = in_parts.then_some(usize::MAX);
        while self.end.is_none() && !self.inbound.buffer().is_empty() {
            let kept = self.inbound.kept();
            match self.inbound.next_event(part_max) {
                Ok(Some(InboundEvent::Part(bytes))) => return Some(Received::Part(bytes.len().saturating_sub(kept))),
                Ok(Some(InboundEvent::Message { bytes, whole })) => {
                    let length = bytes.len().saturating_sub(kept);
                    return Some(if whole { Received::Message(length) } else { Received::TooLong(length) });
                }
                Ok(Some(InboundEvent::Ping)) => {} // answered with the next control frame
                Ok(Some(InboundEvent::Close(code))) => self.end = Some(End::ByPeer(code)),
                Ok(None) => {
                    let (buffer, start) = self.inbound.lend();
                    self.pumps.fill(buffer, start);
                }
                Err(violation) => self.end = Some(End::Violation(violation)),
            }
        }
        None
    }

    /// The first bytes of the receive buffer are to stay, so many, until the message has ended whose part has come.
    pub(crate) fn keep(&mut self, count: usize) {
        self.inbound.keep(count);
    }

    /// Whether nothing is being written, so that the send buffer is free.
    pub(crate) fn can_send(&self) -> bool {
        self.writing.is_none() && self.end.is_none()
    }

    /// The receive buffer, empty while it is read into, and where a message to be sent is composed.
    pub(crate) fn buffers(&mut self) -> (&mut [u8], &mut [u8]) {
        let end = self.text.len().min(HEAD + PAYLOAD_MAX);
        (self.inbound.buffer(), self.text.get_mut(HEAD..end).unwrap_or_default())
    }

    /// Sends the first bytes of the send buffer as a part of a text message. Only when it [can](Self::can_send).
    pub(crate) fn send(&mut self, length: usize, last: bool, mask: u32) {
        let op_code = if self.continues { CONTINUATION } else { TEXT };
        self.continues = !last;
        let buffer = core::mem::take(&mut self.text);
        let frame = encode(buffer, length, if last { LAST | op_code } else { op_code }, mask);
        self.put(Writing::Text, buffer, frame);
    }

    /// Sends the control frame that is due, if any, when nothing else is being written.
    pub(crate) fn send_control(&mut self, mask: u32) {
        if self.writing.is_some() || self.said {
            return;
        }
        let place = self.control.get_mut(HEAD..).unwrap_or_default();
        let (op_code, length) = if let Some(end) = self.end {
            self.said = true;
            (CLOSE, end.code().map_or(0, |code| copy_fitting(&code.to_be_bytes(), place)))
        } else if let Some(payload) = self.inbound.take_ping() {
            (PONG, copy_fitting(payload, place))
        } else if self.keep_alive.take_ping() {
            (PING, 0)
        } else {
            return;
        };
        let buffer = core::mem::take(&mut self.control);
        let frame = encode(buffer, length, LAST | op_code, mask);
        self.put(Writing::Control, buffer, frame);
    }

    /// Says farewell: the connection is over when that is out.
    pub(crate) fn leave(&mut self) {
        self.end.get_or_insert(End::ByUs);
    }

    fn put(&mut self, what: Writing, buffer: &'b mut [u8], bytes: Range<usize>) {
        self.writing = Some(what);
        self.pumps.put(buffer, bytes);
    }
}

/// Makes a frame, RFC 6455 §5.2, of the payload that lies behind [`HEAD`], and returns where it lies.
fn encode(buffer: &mut [u8], length: usize, first: u8, mask: u32) -> Range<usize> {
    let mask = mask.to_be_bytes();
    let Some((head, payload)) = buffer.split_first_chunk_mut::<HEAD>() else { return 0..0 };
    let [a, b, c, d, m @ ..] = head;
    *m = mask;
    payload.iter_mut().take(length).zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    let start = if length < 126 {
        (*c, *d) = (first, 0x80 | length as u8);
        2
    } else {
        let [high, low] = (length as u16).to_be_bytes();
        (*a, *b, *c, *d) = (first, 0x80 | 126, high, low);
        0
    };
    start..HEAD.saturating_add(length)
}

fn connect_error(error: StreamError) -> ConnectError<ErrorKind> {
    match error {
        Error::Stream(kind) => ConnectError::Stream(kind),
        _ => ConnectError::Disconnected,
    }
}
