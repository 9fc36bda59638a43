//! Any bytes from the server, once as they are and once split and delayed: both must lead to the same messages and the same end.
//!
//! The first byte of the input seeds where the stream is split; its highest bit tells that the rest begins with the answer to the
//! handshake. Without it the rest are frames behind a good one.
#![no_main]

use embedded_ocpp::Instant;
use embedded_ocpp::transport::websocket::{self, ConnectError, Error, Options, WebSocket};
use embedded_ocpp::transport::{Received, WebSocketTransport};
use libfuzzer_sys::fuzz_target;
use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// To the key of sixteen zeros.
const RESPONSE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n";

fuzz_target!(|input: &[u8]| {
    let Some((seed, bytes)) = input.split_first() else { return };
    let bytes = if seed & 0x80 == 0 { [RESPONSE, bytes].concat() } else { bytes.to_vec() };
    for in_parts in [false, true] {
        let whole = converse(Stream { bytes: &bytes, chance: None }, in_parts);
        let split = converse(Stream { bytes: &bytes, chance: Some(u32::from(*seed)) }, in_parts);
        assert_eq!(whole, split);
    }
});

#[derive(Debug, PartialEq)]
enum End {
    NotOpened(ConnectError<Infallible>),
    Closed(Error<Infallible>),
}

/// All messages, those that came in parts joined, and how it ended.
fn converse(stream: Stream<'_>, in_parts: bool) -> (Vec<(Received, Vec<u8>)>, End) {
    let (mut messages, mut begun) = (Vec::new(), Vec::new());
    // Every mistake shows as soon as there is no room to spare.
    let (mut read, mut write, mut buffer) = ([0; 1024], [0; 131], [0; 300]);
    let options = Options::new("csms", "/ocpp", "CP1");
    let mut link = WebSocket::new(&mut read, &mut write, |random: &mut [u8]| random.fill(0));
    link.open(stream, &options);
    loop {
        match link.poll_handshake() {
            Poll::Pending => {}
            Poll::Ready(Ok(())) => break,
            Poll::Ready(Err(error)) => return (messages, End::NotOpened(error)),
        }
    }
    loop {
        link.keep_alive(Instant::ZERO, 0);
        let received =
            if in_parts { poll_once(link.receive_in_parts(&mut buffer)) } else { poll_once(link.receive(&mut buffer)) };
        match received {
            Poll::Pending => {}
            Poll::Ready(Ok(None)) => panic!("nothing, without a wait"),
            Poll::Ready(Ok(Some(received))) => {
                let (Received::Message(len) | Received::TooLong(len) | Received::Part(len)) = received;
                begun.extend_from_slice(&buffer[..len]);
                if let Received::Part(_) = received {
                    assert!(in_parts && len > 0);
                    continue;
                }
                messages.push((received, std::mem::take(&mut begun)));
                while poll_once(link.send(b"[3,\"id\",{}]", true)).is_pending() {}
            }
            Poll::Ready(Err(error)) => {
                assert!(!link.is_connected());
                assert_eq!(poll_once(link.receive(&mut buffer)), Poll::Ready(Err(Error::NotConnected)));
                assert_eq!(poll_once(link.send(b"x", true)), Poll::Ready(Err(Error::NotConnected)));
                return (messages, End::Closed(error));
            }
        }
    }
}

/// The bytes of a server that then hangs up.
struct Stream<'b> {
    bytes: &'b [u8],
    /// The state of a generator that splits and delays.
    chance: Option<u32>,
}

impl Stream<'_> {
    /// How many bytes to move of so many, if not to wait.
    fn some_of(&mut self, len: usize) -> Poll<usize> {
        let Some(state) = &mut self.chance else { return Poll::Ready(len) };
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match *state >> 29 {
            0 => Poll::Pending,
            number => Poll::Ready(len.min(number as usize)),
        }
    }
}

impl websocket::Stream for Stream<'_> {
    type Error = Infallible;

    fn read(&mut self, buffer: &mut [u8]) -> Poll<Result<usize, Infallible>> {
        assert!(!buffer.is_empty());
        let most = self.bytes.len().min(buffer.len());
        let Poll::Ready(some) = self.some_of(most) else { return Poll::Pending };
        let (now, later) = self.bytes.split_at(some);
        buffer[..now.len()].copy_from_slice(now);
        self.bytes = later;
        Poll::Ready(Ok(now.len()))
    }

    fn write(&mut self, bytes: &[u8]) -> Poll<Result<usize, Infallible>> {
        self.some_of(bytes.len()).map(Ok)
    }
}

fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}
