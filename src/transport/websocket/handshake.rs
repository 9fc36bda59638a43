//! The opening handshake, RFC 6455 §4.1.

use core::ops::Range;

use embedded_websocket::{WebSocketKey, WebSocketServer};

use super::encoding::{TextFrame, TextFull};
use super::error::ConnectError;
use super::options::Options;
use super::response::{self, ResponseHead};
use super::{MIN_READ_BUFFER, MIN_WRITE_BUFFER};
use crate::bytes::remove_front;
use crate::transport::SUBPROTOCOL;

const ACCEPT: &str = "Sec-WebSocket-Accept";
/// More answers that announce another one (RFC 9110 §15.2) no server has to send.
const MAX_INTERIM_RESPONSES: u8 = 8;
pub(crate) const NONCE_LEN: usize = 16;

/// What is expected of the server, and what has come of its answer. Whoever has the stream moves the bytes.
pub(crate) struct Handshake {
    /// Base64 of a SHA-1.
    accept: [u8; 28],
    /// Bytes of the answer in the buffer.
    filled: usize,
    /// Bytes in which no head ends.
    searched: usize,
    interim_responses: u8,
}

impl Handshake {
    /// Writes the request to the beginning of `buffer`, which afterwards is for the answer, and returns its length.
    pub(crate) fn begin<E>(
        options: &Options<'_>,
        nonce: [u8; NONCE_LEN],
        buffer: &mut [u8],
        scratch: &mut [u8],
    ) -> Result<(Self, usize), ConnectError<E>> {
        if buffer.len() < MIN_READ_BUFFER || scratch.len() < MIN_WRITE_BUFFER {
            return Err(ConnectError::BufferTooSmall);
        }
        if !options.is_valid() {
            return Err(ConnectError::InvalidOptions);
        }
        let (length, accept) =
            prepare(options, nonce, buffer, scratch).map_err(|TextFull| ConnectError::RequestTooLong)?;
        Ok((Self { accept, filled: 0, searched: 0, interim_responses: 0 }, length))
    }

    /// Where in the buffer the next bytes of the answer belong. It is not the end of the buffer.
    pub(crate) fn filled(&self) -> usize {
        self.filled
    }

    /// So many bytes have come. Once the server agrees: which bytes of the buffer belong to the first frames.
    ///
    /// A refusal is known by its first bytes, however long it is.
    pub(crate) fn received<E>(
        &mut self,
        count: usize,
        buffer: &mut [u8],
    ) -> Result<Option<Range<usize>>, ConnectError<E>> {
        if count == 0 {
            return Err(ConnectError::Disconnected);
        }
        self.filled = self.filled.saturating_add(count).min(buffer.len());
        loop {
            let received = buffer.get_mut(..self.filled).unwrap_or_default();
            let status = ResponseHead(received).status();
            match status {
                Some(refusal @ 200..) => return Err(ConnectError::Status(refusal)),
                None if received.len() >= response::STATUS_LEN => return Err(ConnectError::Response),
                _ => {}
            }
            let Some(length) = response::end_of_head(received, self.searched) else {
                self.searched = self.filled;
                return if self.filled == buffer.len() { Err(ConnectError::ResponseTooLong) } else { Ok(None) };
            };
            let head = ResponseHead(received.get(..length).unwrap_or_default());
            match status {
                Some(101) => return check(&head, &self.accept).map(|()| Some(length..self.filled)),
                Some(100..=199) if self.interim_responses < MAX_INTERIM_RESPONSES => self.interim_responses += 1,
                _ => return Err(ConnectError::Response),
            }
            remove_front(received, length);
            (self.filled, self.searched) = (self.filled.saturating_sub(length), 0);
        }
    }
}

/// The length of the request, and the accept key that answers it: the codec writes to `scratch` what a server would
/// answer, which is never longer than a pong.
fn prepare(
    options: &Options<'_>,
    nonce: [u8; NONCE_LEN],
    buffer: &mut [u8],
    scratch: &mut [u8],
) -> Result<(usize, [u8; 28]), TextFull> {
    let mut key = WebSocketKey::new();
    let mut base64 = [0; 24];
    let mut text = TextFrame::new(&mut base64);
    text.push_base64(nonce.into_iter())?;
    key.push_str(text.into_str()).map_err(|()| TextFull)?;
    let length = WebSocketServer::new_server().server_accept(&key, None, scratch).map_err(|_| TextFull)?;
    let accept = ResponseHead(scratch.get(..length).unwrap_or_default()).values(ACCEPT).next().ok_or(TextFull)?;
    let accept = accept.try_into().map_err(|_| TextFull)?;

    // As in the example of OCPP-J §3.1.3: no Origin, which is for browsers (RFC 6455 §4.1) and which servers refuse.
    let mut text = TextFrame::new(buffer);
    text.push_str("GET ")?;
    options.write_path(&mut text)?;
    text.push_str(" HTTP/1.1\r\nHost: ")?;
    text.push_str(options.host())?;
    text.push_str("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ")?;
    text.push_str(&key)?;
    text.push_str("\r\nSec-WebSocket-Protocol: ")?;
    text.push_str(SUBPROTOCOL)?;
    text.push_str("\r\nSec-WebSocket-Version: 13\r\n")?;
    options.write_authorization(&mut text)?;
    text.push_str("\r\n")?;
    Ok((text.into_str().len(), accept))
}

fn check<E>(head: &ResponseHead<'_>, accept: &[u8]) -> Result<(), ConnectError<E>> {
    let upgrades = head.has_token("Upgrade", "websocket") && head.has_token("Connection", "upgrade");
    if !upgrades || head.values("Sec-WebSocket-Extensions").any(|value| !value.is_empty()) {
        return Err(ConnectError::Response);
    }
    if !head.has_only("Sec-WebSocket-Protocol", SUBPROTOCOL.as_bytes()) {
        return Err(ConnectError::Subprotocol);
    }
    if !head.has_only(ACCEPT, accept) {
        return Err(ConnectError::Accept);
    }
    Ok(())
}
