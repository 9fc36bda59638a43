//! The opening handshake, RFC 6455 §4.1.

use core::ops::Range;

use embedded_io_async::{Read, Write};
use embedded_websocket::{Client, WebSocket as Codec, WebSocketKey, WebSocketOptions};
use httparse::{EMPTY_HEADER, Header, Response, Status};

use super::encoding::{Text, TextFull};
use super::error::ConnectError;
use super::options::Options;
use super::outbound::Random;
use super::{MIN_READ_BUFFER, MIN_WRITE_BUFFER};

const SUBPROTOCOL: &str = "ocpp1.6";
const END_OF_HEAD: &[u8] = b"\r\n\r\n";
const MAX_HEADERS: usize = 32;

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
    let (request, key) = encode_request(options, read_buffer, write_buffer, random)?;
    send(stream, request).await?;
    let (head, filled) = read_head(stream, read_buffer).await?;
    check_response(read_buffer.get(..head).unwrap_or_default(), &key)?;
    Ok(head..filled)
}

/// Encodes the request into the read buffer, which nothing else needs yet; its parts go through the write
/// buffer. The codec panics when the buffer is shorter than its request, which [`MIN_READ_BUFFER`] rules out.
fn encode_request<'b, E>(
    options: &Options<'_>,
    read_buffer: &'b mut [u8],
    write_buffer: &mut [u8],
    random: &mut impl FnMut(&mut [u8]),
) -> Result<(&'b [u8], WebSocketKey), ConnectError<E>> {
    let (path, authorization) = encode_parts(options, write_buffer).map_err(|TextFull| ConnectError::RequestTooLong)?;
    let headers = [authorization];
    let (length, key) = Codec::<_, Client>::new_client(Random(random))
        .client_connect(
            &WebSocketOptions {
                path,
                host: options.host(),
                origin: "",
                sub_protocols: Some(&[SUBPROTOCOL]),
                additional_headers: (!authorization.is_empty()).then_some(&headers),
            },
            read_buffer,
        )
        .map_err(|_| ConnectError::RequestTooLong)?;
    Ok((read_buffer.get(..length).unwrap_or_default(), key))
}

fn encode_parts<'b>(options: &Options<'_>, buffer: &'b mut [u8]) -> Result<(&'b str, &'b str), TextFull> {
    let mut text = Text::new(buffer);
    options.write_path(&mut text)?;
    let end_of_path = text.len();
    options.write_authorization(&mut text)?;
    text.into_str().split_at_checked(end_of_path).ok_or(TextFull)
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

/// Reads the response head into the buffer; returns where it ends and where the received bytes end.
async fn read_head<S: Read>(stream: &mut S, buffer: &mut [u8]) -> Result<(usize, usize), ConnectError<S::Error>> {
    let mut filled = 0;
    loop {
        let space = buffer.get_mut(filled..).unwrap_or_default();
        if space.is_empty() {
            return Err(ConnectError::ResponseTooLong);
        }
        let count = match stream.read(space).await.map_err(ConnectError::Stream)? {
            0 => return Err(ConnectError::Disconnected),
            count => count.min(space.len()),
        };
        // the end may have begun with the bytes before
        let start = usize::saturating_sub(filled, END_OF_HEAD.len() - 1);
        filled += count;
        let news = buffer.get(start..filled).unwrap_or_default();
        if let Some(found) = news.windows(END_OF_HEAD.len()).position(|bytes| bytes == END_OF_HEAD) {
            return Ok((start + found + END_OF_HEAD.len(), filled));
        }
    }
}

/// Checks everything that the codec does not, and what it panics on, before it checks the accept key.
fn check_response<E>(head: &[u8], key: &WebSocketKey) -> Result<(), ConnectError<E>> {
    check_headers(head)?;
    // The codec checks the accept key with its response parser only; the random source is not used.
    Codec::<_, Client>::new_client(Random(&mut |_: &mut [u8]| {}))
        .client_accept(key, head)
        .map_err(|_| ConnectError::Accept)?;
    Ok(())
}

fn check_headers<E>(head: &[u8]) -> Result<(), ConnectError<E>> {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut response = Response::new(&mut headers);
    let parsed = response.parse(head);
    if let Some(status) = response.code.filter(|status| *status != 101) {
        return Err(ConnectError::Status(status));
    }
    let Ok(Status::Complete(_)) = parsed else { return Err(ConnectError::Response) };
    let headers = &*response.headers;

    let upgrades = has_token(headers, "Upgrade", "websocket") && has_token(headers, "Connection", "upgrade");
    if !upgrades || values(headers, "Sec-WebSocket-Extensions").any(|value| !value.is_empty()) {
        return Err(ConnectError::Response);
    }
    let mut protocols = values(headers, "Sec-WebSocket-Protocol");
    if protocols.next() != Some(SUBPROTOCOL.as_bytes()) || protocols.next().is_some() {
        return Err(ConnectError::Subprotocol);
    }
    if values(headers, "Sec-WebSocket-Accept").next().is_none() {
        return Err(ConnectError::Accept);
    }
    Ok(())
}

fn values<'h>(headers: &'h [Header<'h>], name: &'h str) -> impl Iterator<Item = &'h [u8]> {
    headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
}

/// Whether a header of this name lists the token.
fn has_token(headers: &[Header<'_>], name: &str, token: &str) -> bool {
    values(headers, name)
        .flat_map(|value| value.split(|byte| *byte == b','))
        .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}
