use embedded_ocpp::store::RecordKey;
use embedded_ocpp::transport::{Received, WebSocketTransport};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

/// What happened to the device and on the wire, in one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Stored(RecordKey),
    Removed(RecordKey),
    Sent(String),
}

pub(super) type Log = Rc<RefCell<Vec<Event>>>;

/// The supply: it can be made to fail after so many more records and frames.
#[derive(Clone, Default)]
pub struct Power {
    left: Rc<Cell<Option<u32>>>,
}

impl Power {
    pub fn fails_after(&self, steps: u32) {
        self.left.set(Some(steps));
    }

    pub fn is_off(&self) -> bool {
        self.left.get() == Some(0)
    }

    pub(super) fn restore(&self) {
        self.left.set(None);
    }

    /// Whether there is power for one more record or frame.
    pub(super) fn take_step(&self) -> bool {
        match self.left.get() {
            None => true,
            Some(0) => false,
            Some(left) => {
                self.left.set(Some(left - 1));
                true
            }
        }
    }
}

/// The charge point's end of the connection.
#[derive(Default)]
pub struct Wire {
    pub connected: bool,
    pub incoming: VecDeque<Vec<u8>>,
    pub outgoing: VecDeque<String>,
    unfinished: Vec<u8>,
    /// How many parts the last whole message came in.
    pub parts: usize,
    parts_so_far: usize,
    /// So many times it takes nothing.
    pub busy: u32,
    /// The next transfer ends the connection.
    pub fail_next_send: bool,
    pub fail_next_receive: bool,
    /// Messages longer than the receive buffer come in parts of at most so many bytes; 0 for a transport that has no parts.
    pub part_max: usize,
    /// The last message goes on: its end has not come yet.
    pub unended: bool,
    /// How much of the first message has come in parts.
    parted: usize,
    log: Log,
    power: Power,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireError;

impl Wire {
    pub(super) fn new(log: Log, power: Power) -> Self {
        Self { log, power, ..Self::default() }
    }

    /// Cuts the connection: what was not received is lost, so is a message that was sent in part.
    pub fn cut(&mut self) {
        self.connected = false;
        self.incoming.clear();
        self.parted = 0;
        self.unfinished.clear();
        self.parts_so_far = 0;
    }
}

impl WebSocketTransport for Wire {
    type Error = WireError;

    fn is_connected(&self) -> bool {
        self.connected
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, WireError> {
        if std::mem::take(&mut self.fail_next_receive) {
            self.cut();
            return Err(WireError);
        }
        let Some(message) = self.incoming.pop_front() else { return Ok(None) };
        let len = message.len().min(buffer.len());
        buffer[..len].copy_from_slice(&message[..len]);
        Ok(Some(if len < message.len() { Received::TooLong(len) } else { Received::Message(len) }))
    }

    async fn receive_in_parts(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, WireError> {
        let most = buffer.len().min(self.part_max);
        let is_last = self.incoming.len() < 2;
        if self.unended && is_last {
            // What has come waits until it fills the buffer.
            let Some(message) = self.incoming.front().filter(|message| message.len() - self.parted >= most) else {
                return Ok(None);
            };
            let message = &message[self.parted..];
            buffer[..most].copy_from_slice(&message[..most]);
            self.parted += most;
            return Ok(Some(Received::Part(most)));
        }
        let Some(message) = self.incoming.front().filter(|message| most > 0 && message.len() - self.parted > most)
        else {
            if let Some(rest) = self.incoming.front_mut() {
                rest.drain(..std::mem::take(&mut self.parted));
            }
            return self.receive(buffer).await;
        };
        let message = &message[self.parted..];
        buffer[..most].copy_from_slice(&message[..most]);
        self.parted += most;
        Ok(Some(Received::Part(most)))
    }

    async fn send(&mut self, part: &[u8], last: bool) -> Result<(), WireError> {
        assert!(self.connected, "sent without a connection");
        if self.busy > 0 {
            self.busy -= 1;
            std::future::pending::<()>().await;
        }
        if std::mem::take(&mut self.fail_next_send) || !self.power.take_step() {
            self.cut();
            return Err(WireError);
        }
        self.unfinished.extend_from_slice(part);
        self.parts_so_far += 1;
        if last {
            self.parts = std::mem::take(&mut self.parts_so_far);
            let message = String::from_utf8(std::mem::take(&mut self.unfinished)).expect("RPC-04: UTF-8");
            self.log.borrow_mut().push(Event::Sent(message.clone()));
            self.outgoing.push_back(message);
        }
        Ok(())
    }

    fn abort(&mut self) {
        self.cut();
    }
}
