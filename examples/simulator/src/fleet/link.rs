//! The WebSocket of one charger: counted, and cut where chaos wants it.

use super::tally::Tally;
use super::wire::Socket;
use embedded_ocpp::transport::websocket::WebSocket;
use embedded_ocpp::transport::{ConnectFailure, Received};
use embedded_ocpp::{Instant, WebSocketTransport};
use std::task::Poll;

/// Fills bytes with what nobody can guess.
pub(crate) type Random = fn(&mut [u8]);

pub(crate) struct Link<'b> {
    pub(crate) socket: WebSocket<'b, Socket, Random>,
    tally: &'b Tally,
    /// The next message is the last one, and its answer is not read.
    pub(crate) is_doomed: bool,
}

impl<'b> Link<'b> {
    pub(crate) fn new(read: &'b mut [u8], write: &'b mut [u8], tally: &'b Tally) -> Self {
        Self { socket: WebSocket::new(read, write, fastrand::fill), tally, is_doomed: false }
    }
}

impl WebSocketTransport for Link<'_> {
    type Error = <WebSocket<'static, Socket, Random> as WebSocketTransport>::Error;

    fn is_connected(&self) -> bool {
        self.socket.is_connected()
    }

    fn poll_open(&mut self) -> Poll<Result<(), ConnectFailure>> {
        self.socket.poll_open()
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, Self::Error> {
        let received = self.socket.receive(buffer).await?;
        self.tally.received.add(1);
        Ok(received)
    }

    async fn send(&mut self, part: &[u8], last: bool) -> Result<(), Self::Error> {
        self.socket.send(part, last).await?;
        if last {
            self.tally.sent.add(1);
            if std::mem::take(&mut self.is_doomed) {
                self.tally.links_cut.add(1);
                self.socket.abort();
            }
        }
        Ok(())
    }

    fn abort(&mut self) {
        self.socket.abort();
    }

    fn keep_alive(&mut self, now: Instant, ping_interval_s: u32) {
        self.socket.keep_alive(now, ping_interval_s);
    }

    fn next_deadline(&self) -> Instant {
        self.socket.next_deadline()
    }
}
