use crate::bench::SEND;
use embedded_ocpp::transport::{Received, WebSocketTransport};
use std::collections::VecDeque;
use std::convert::Infallible;

/// The charge point's end of a connection that takes everything at once.
#[derive(Default)]
pub struct Link {
    connected: bool,
    incoming: VecDeque<Vec<u8>>,
    outgoing: VecDeque<String>,
    unfinished: Vec<u8>,
    /// The most bytes of a part, where there are any.
    pub part_max: usize,
}

impl Link {
    pub fn connect(&mut self) {
        self.connected = true;
    }

    /// What was not received is lost, so is a message that was sent in part.
    pub fn cut(&mut self) {
        *self = Self::default();
    }

    /// Sends a message to the charge point.
    pub fn push(&mut self, message: Vec<u8>) {
        if self.connected {
            self.incoming.push_back(message);
        }
    }

    /// The oldest whole message of the charge point.
    pub fn pop(&mut self) -> Option<String> {
        self.outgoing.pop_front()
    }
}

impl WebSocketTransport for Link {
    type Error = Infallible;

    fn is_connected(&self) -> bool {
        self.connected
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, Infallible> {
        let Some(message) = self.incoming.pop_front() else { return Ok(None) };
        let len = message.len().min(buffer.len());
        buffer[..len].copy_from_slice(&message[..len]);
        Ok(Some(if len < message.len() { Received::TooLong(len) } else { Received::Message(len) }))
    }

    async fn receive_in_parts(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, Infallible> {
        let most = self.part_max.min(buffer.len());
        match self.incoming.front_mut() {
            Some(message) if most > 0 && message.len() > most => {
                buffer.iter_mut().zip(message.drain(..most)).for_each(|(place, byte)| *place = byte);
                Ok(Some(Received::Part(most)))
            }
            _ => self.receive(buffer).await,
        }
    }

    async fn send(&mut self, part: &[u8], last: bool) -> Result<(), Infallible> {
        assert!(self.connected, "sent without a connection");
        assert!(part.len() <= SEND, "a part longer than the send buffer");
        self.unfinished.extend_from_slice(part);
        if last {
            self.outgoing.push_back(String::from_utf8(std::mem::take(&mut self.unfinished)).expect("UTF-8"));
        }
        Ok(())
    }
}
