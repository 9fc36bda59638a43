use heapless::Vec;

use super::{Received, WebSocketTransport};
use crate::bytes::remove_front;

/// A transport without a network, for tests and for measuring firmware: the program itself is the central
/// system at the other end.
///
/// `N` bytes are reserved for each direction; a message takes its length and two bytes. Both transfer
/// functions are ready at once. A message that does not fit breaks the connection.
pub struct Loopback<const N: usize> {
    connected: bool,
    fail_next_send: bool,
    /// Messages from the central system, each behind its length.
    incoming: Vec<u8, N>,
    /// How much of `incoming` has been received.
    received: usize,
    /// Messages from the charge point, each behind its length; the last one may be unfinished.
    outgoing: [u8; N],
    sent_len: usize,
    /// Where the message in work begins in `outgoing`.
    unfinished: Option<usize>,
}

type Length = [u8; 2];

impl<const N: usize> Loopback<N> {
    /// A link that is not connected.
    pub const fn new() -> Self {
        Self {
            connected: false,
            fail_next_send: false,
            incoming: Vec::new(),
            received: 0,
            outgoing: [0; N],
            sent_len: 0,
            unfinished: None,
        }
    }

    /// Brings the link up.
    pub fn connect(&mut self) {
        self.connected = true;
    }

    /// Cuts the link: what has not been received is lost, so is a message that was sent in part.
    pub fn disconnect(&mut self) {
        self.connected = false;
        self.fail_next_send = false;
        self.incoming.clear();
        self.received = 0;
        if let Some(start) = self.unfinished.take() {
            self.sent_len = start;
        }
    }

    /// Makes the next send fail, and the link with it.
    pub fn fail_next_send(&mut self) {
        self.fail_next_send = true;
    }

    /// Sends a message to the charge point.
    ///
    /// `Err` means that it was not taken: the link is down, or there is no room.
    pub fn push(&mut self, message: &[u8]) -> Result<(), LoopbackClosed> {
        let length = u16::try_from(message.len()).map_err(|_| LoopbackClosed)?.to_be_bytes();
        self.drop_received();
        let free = N.saturating_sub(self.incoming.len());
        if !self.connected || free < message.len().saturating_add(length.len()) {
            return Err(LoopbackClosed);
        }
        self.incoming.extend_from_slice(&length).map_err(|_| LoopbackClosed)?;
        self.incoming.extend_from_slice(message).map_err(|_| LoopbackClosed)
    }

    fn drop_received(&mut self) {
        let mut received = core::mem::take(&mut self.received);
        if received == self.incoming.len() {
            self.incoming.clear();
        } else if received > 0 {
            self.incoming.retain(|_| {
                let keep = received == 0;
                received = received.saturating_sub(1);
                keep
            });
        }
    }

    /// The oldest whole message of the charge point that has not been [cleared](Self::clear).
    pub fn sent(&self) -> Option<&[u8]> {
        if self.sent_len == 0 || self.unfinished == Some(0) {
            return None;
        }
        let (length, rest) = self.outgoing.split_first_chunk()?;
        rest.get(..usize::from(u16::from_be_bytes(*length)))
    }

    /// Removes the message that [`sent`](Self::sent) returns, so that it returns the next one.
    pub fn clear(&mut self) {
        let Some(message) = self.sent() else { return };
        let removed = message.len() + size_of::<Length>();
        remove_front(self.outgoing.get_mut(..self.sent_len).unwrap_or_default(), removed);
        self.sent_len = self.sent_len.saturating_sub(removed);
        self.unfinished = self.unfinished.map(|start| start.saturating_sub(removed));
    }

    fn put(&mut self, part: &[u8], last: bool) -> Option<()> {
        let start = *self.unfinished.get_or_insert(self.sent_len);
        if start == self.sent_len {
            self.sent_len = start + size_of::<Length>();
        }
        let end = self.sent_len + part.len();
        self.outgoing.get_mut(self.sent_len..end)?.copy_from_slice(part);
        self.sent_len = end;
        if last {
            let (place, message) = self.outgoing.get_mut(start..end)?.split_first_chunk_mut()?;
            *place = u16::try_from(message.len()).ok()?.to_be_bytes();
            self.unfinished = None;
        }
        Some(())
    }
}

impl<const N: usize> Default for Loopback<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> WebSocketTransport for Loopback<N> {
    type Error = LoopbackClosed;

    fn is_connected(&self) -> bool {
        self.connected
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, LoopbackClosed> {
        if !self.connected {
            return Err(LoopbackClosed);
        }
        let unread = self.incoming.get(self.received..).unwrap_or_default();
        let Some((length, unread)) = unread.split_first_chunk::<{ size_of::<Length>() }>() else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes(*length));
        let fitting = length.min(buffer.len());
        if let (Some(place), Some(message)) = (buffer.get_mut(..fitting), unread.get(..fitting)) {
            place.copy_from_slice(message);
        }
        self.received += size_of::<Length>() + length;
        Ok(Some(if length <= buffer.len() { Received::Message(length) } else { Received::TooLong(buffer.len()) }))
    }

    async fn send(&mut self, part: &[u8], last: bool) -> Result<(), LoopbackClosed> {
        if !self.connected || self.fail_next_send || self.put(part, last).is_none() {
            self.disconnect();
            return Err(LoopbackClosed);
        }
        Ok(())
    }
}

/// The link of a [`Loopback`] is down. Bring it up again with [`Loopback::connect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("loopback link is down")]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LoopbackClosed;

#[cfg(test)]
mod tests {
    use super::*;
    use core::future::Future;
    use core::task::Poll;
    use embassy_futures::poll_once;

    fn now<F: Future>(future: F) -> F::Output {
        match poll_once(future) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("not ready at once"),
        }
    }

    fn connected<const N: usize>() -> Loopback<N> {
        let mut link = Loopback::new();
        link.connect();
        link
    }

    #[test]
    fn incoming_messages_keep_their_order_and_limits() {
        let mut link = connected::<16>();
        let mut buffer = [0; 4];
        for message in [b"four".as_slice(), b"longer", b""] {
            assert_eq!(link.push(message), Ok(()));
        }
        assert_eq!(link.push(b""), Err(LoopbackClosed), "two bytes too many");
        assert_eq!(now(link.receive(&mut buffer)), Ok(Some(Received::Message(4))));
        assert_eq!(&buffer, b"four");
        assert_eq!(now(link.receive(&mut buffer)), Ok(Some(Received::TooLong(4))));
        assert_eq!(&buffer, b"long");
        assert_eq!(now(link.receive(&mut buffer)), Ok(Some(Received::Message(0))));
        assert_eq!(now(link.receive(&mut buffer)), Ok(None));
    }

    #[test]
    fn sent_parts_are_joined_and_cleared_one_by_one() {
        let mut link = connected::<32>();
        assert_eq!(now(link.send(b"ab", false)), Ok(()));
        assert_eq!(link.sent(), None);
        link.clear();
        assert_eq!(now(link.send(b"cd", true)), Ok(()));
        assert_eq!(now(link.send(b"e", false)), Ok(()));
        assert_eq!(link.sent(), Some(b"abcd".as_slice()));
        link.clear();
        assert_eq!(link.sent(), None);
        assert_eq!(now(link.send(b"f", true)), Ok(()));
        assert_eq!(link.sent(), Some(b"ef".as_slice()));
        link.clear();
        assert_eq!(link.sent(), None);
    }

    #[test]
    fn a_cut_loses_what_was_under_way() {
        let mut link = connected::<32>();
        assert_eq!(link.push(b"lost"), Ok(()));
        assert_eq!(now(link.send(b"whole", true)), Ok(()));
        assert_eq!(now(link.send(b"half", false)), Ok(()));
        link.disconnect();
        assert!(!link.is_connected());
        assert_eq!(now(link.receive(&mut [])), Err(LoopbackClosed));
        assert_eq!(now(link.send(b"x", true)), Err(LoopbackClosed));
        assert_eq!(link.push(b"x"), Err(LoopbackClosed));
        link.connect();
        assert_eq!(now(link.receive(&mut [])), Ok(None));
        assert_eq!(link.sent(), Some(b"whole".as_slice()));
        link.clear();
        assert_eq!(link.sent(), None);
    }

    #[test]
    fn a_send_that_fails_or_does_not_fit_cuts_the_link() {
        let mut link = connected::<4>();
        link.fail_next_send();
        assert_eq!(now(link.send(b"x", true)), Err(LoopbackClosed));
        assert!(!link.is_connected());
        link.connect();
        assert_eq!(now(link.send(b"xyz", true)), Err(LoopbackClosed));
        assert!(!link.is_connected());
        link.connect();
        assert_eq!(now(link.send(b"xy", true)), Ok(()));
        assert_eq!(link.sent(), Some(b"xy".as_slice()));
    }
}
