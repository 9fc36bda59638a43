//! The opening handshake, RFC 6455 §4.1.

use core::ops::Range;

use embedded_io_async::{Read, Write};
use embedded_websocket::{WebSocketKey, WebSocketServer};

use super::encoding::{Text, TextFull};
use super::error::ConnectError;
use super::options::Options;
use super::response::{self, Head};
use super::{MIN_READ_BUFFER, MIN_WRITE_BUFFER};
use crate::bytes::remove_front;

const SUBPROTOCOL: &str = "ocpp1.6";
const ACCEPT: &str = "Sec-WebSocket-Accept";
/// More answers that announce another one (RFC 9110 §15.2) no server has to send.
const MAX_INTERIM_RESPONSES: u8 = 8;

/// Performs the handshake and returns which bytes of the read buffer belong to the first frames.
pub(super) async fn perform<S: Read + Write>(
    stream: &mut S,
    options: &Options<'_>,
    read_buffer: &mut [u8],
    write_buffer: &mut [u8],
    random: &mut impl FnMut(&mut [u8]),
) -> Result<Range<usize>, ConnectError<S::Error>> {
    if read_buffer.len() < MIN_READ_BUFFER || write_buffer.len() < MIN_WRITE_BUFFER {
        return Err(ConnectError::BufferTooSmall);
    }
    if !options.is_valid() {
        return Err(ConnectError::InvalidOptions);
    }
    let mut nonce = [0; 16];
    random(&mut nonce);
    let (request, accept) =
        prepare(options, nonce, read_buffer, write_buffer).map_err(|TextFull| ConnectError::RequestTooLong)?;
    send(stream, request).await?;

    let mut filled = 0;
    for _ in 0..=MAX_INTERIM_RESPONSES {
        let length = read_head(stream, read_buffer, &mut filled).await?;
        let head = Head(read_buffer.get(..length).unwrap_or_default());
        match head.status() {
            Some(101) => return check(&head, accept).map(|()| length..filled),
            Some(100..=199) => remove_front(read_buffer.get_mut(..filled).unwrap_or_default(), length),
            _ => break,
        }
        filled = filled.saturating_sub(length);
    }
    Err(ConnectError::Response)
}

/// The request, in the read buffer that nothing else needs yet, and the accept key that answers it, in the write
/// buffer: the codec writes there what a server would answer, which is never longer than a pong.
fn prepare<'r, 'w>(
    options: &Options<'_>,
    nonce: [u8; 16],
    read_buffer: &'r mut [u8],
    write_buffer: &'w mut [u8],
) -> Result<(&'r [u8], &'w [u8]), TextFull> {
    let mut key = WebSocketKey::new();
    let mut base64 = [0; 24];
    let mut text = Text::new(&mut base64);
    text.push_base64(nonce.into_iter())?;
    key.push_str(text.into_str()).map_err(|()| TextFull)?;
    let length = WebSocketServer::new_server().server_accept(&key, None, write_buffer).map_err(|_| TextFull)?;
    let accept = Head(write_buffer.get(..length).unwrap_or_default()).values(ACCEPT).next().ok_or(TextFull)?;

    // As in the example of OCPP-J §3.1.3: no Origin, which is for browsers (RFC 6455 §4.1) and which servers refuse.
    let mut text = Text::new(read_buffer);
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
    Ok((text.into_str().as_bytes(), accept))
}

/// Like `write_all`, which panics when the stream takes nothing.
async fn send<S: Write>(stream: &mut S, mut bytes: &[u8]) -> Result<(), ConnectError<S::Error>> {
    while !bytes.is_empty() {
        match stream.write(bytes).await.map_err(ConnectError::Stream)? {
            0 => return Err(ConnectError::Disconnected),
            count => bytes = bytes.get(count..).unwrap_or_default(),
        }
    }
    stream.flush().await.map_err(ConnectError::Stream)
}

/// Reads until `filled` bytes of the buffer begin with a whole head, and returns its length. A refusal is known by its
/// first bytes, however long it is.
async fn read_head<S: Read>(
    stream: &mut S,
    buffer: &mut [u8],
    filled: &mut usize,
) -> Result<usize, ConnectError<S::Error>> {
    let mut searched = 0;
    loop {
        let received = buffer.get(..*filled).unwrap_or_default();
        match Head(received).status() {
            Some(status @ 200..) => return Err(ConnectError::Status(status)),
            None if received.len() >= response::STATUS_LEN => return Err(ConnectError::Response),
            _ => {}
        }
        if let Some(end) = response::end_of_head(received, searched) {
            return Ok(end);
        }
        searched = *filled;
        let space = buffer.get_mut(searched..).unwrap_or_default();
        if space.is_empty() {
            return Err(ConnectError::ResponseTooLong);
        }
        match stream.read(space).await.map_err(ConnectError::Stream)? {
            0 => return Err(ConnectError::Disconnected),
            count => *filled += count.min(space.len()),
        }
    }
}

fn check<E>(head: &Head<'_>, accept: &[u8]) -> Result<(), ConnectError<E>> {
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
