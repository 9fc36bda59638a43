use super::MessageId;
use crate::json::{BufferFull, Json, Raw, Writer};

/// An outgoing message, written straight into the send buffer.
///
/// Nearly every message is one [`payload`](Self::payload). One that may be longer than the buffer is written in
/// pages: append until it is full, then [`suspend`](Self::suspend) with a number that tells where to go on; the
/// rest is asked for when the transport has taken what is there.
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Composer<'b> {
    buffer: &'b mut [u8],
    len: usize,
    page: u16,
    next_page: Option<u16>,
    /// Whether dates are written with milliseconds.
    pub(crate) has_milliseconds: bool,
}

impl<'b> Composer<'b> {
    /// For an RPC layer: writes `page` of a message at the beginning of `buffer`, 0 being the first.
    #[inline(never)]
    pub fn new(buffer: &'b mut [u8], page: u16) -> Self {
        Self { buffer, len: 0, page, next_page: None, has_milliseconds: false }
    }

    /// 0 for the beginning of the message, else the number that [`suspend`](Self::suspend) was given.
    pub fn page(&self) -> u16 {
        self.page
    }

    /// Writes the whole payload.
    ///
    /// # Errors
    /// [`BufferFull`] when it is longer than the send buffer; nothing of it is left then.
    pub fn payload(&mut self, payload: &dyn Json) -> Result<(), BufferFull> {
        // One byte is kept for the bracket that ends the message.
        let room = self.buffer.len().saturating_sub(1);
        let mut writer = Writer::new(self.buffer.get_mut(..room).unwrap_or_default(), self.len);
        writer.has_milliseconds = self.has_milliseconds;
        payload.write(&mut writer);
        self.len = writer.finish()?;
        Ok(())
    }

    /// Appends a piece of JSON, whole or not at all.
    ///
    /// # Errors
    /// [`BufferFull`]
    pub fn raw(&mut self, json: &[u8]) -> Result<(), BufferFull> {
        self.payload(&Raw(json))
    }

    /// The bytes written so far, to [`rewind`](Self::rewind) to.
    pub fn position(&self) -> usize {
        self.len
    }

    /// Takes back what was written after `position`.
    pub fn rewind(&mut self, position: usize) {
        self.len = self.len.min(position);
    }

    /// What was written after `position`.
    pub fn written(&self, position: usize) -> &[u8] {
        self.buffer.get(position..self.len).unwrap_or_default()
    }

    /// What is written goes out; the rest follows when asked for `page`, which must not be 0. Where nothing is written the same
    /// is asked for again, each time that there may be something to send.
    pub fn suspend(&mut self, page: u16) {
        self.next_page = Some(page);
    }

    pub(super) fn head(&mut self, pieces: &[&[u8]]) -> Result<(), BufferFull> {
        self.len = 0;
        self.payload(&Pieces(pieces))
    }

    /// For an RPC layer: ends the message unless more of it follows, and returns the length of this page and the
    /// number of the next.
    #[inline(never)]
    pub fn finish(self) -> (usize, Option<u16>) {
        if self.next_page.is_some() {
            return (self.len, self.next_page);
        }
        if let Some(end) = self.buffer.get_mut(self.len) {
            *end = b']';
        }
        (self.len + 1, None)
    }
}

/// JSON that comes in pieces.
struct Pieces<'p>(&'p [&'p [u8]]);

impl Json for Pieces<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        self.0.iter().for_each(|piece| writer.raw(piece));
    }
}

/// The next call of our own, about to be written.
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CallComposer<'b> {
    pub(crate) composer: Composer<'b>,
    id: MessageId,
}

impl<'b> CallComposer<'b> {
    /// For an RPC layer: a call that is written to `buffer`, with a fresh id.
    pub fn new(buffer: &'b mut [u8], id: MessageId) -> Self {
        Self { composer: Composer::new(buffer, 0), id }
    }

    /// Gives the call the id of a message that was sent before, instead of a fresh one.
    pub fn resend(&mut self, id: MessageId) {
        self.id = id;
    }

    /// Writes the whole call.
    ///
    /// # Errors
    /// [`BufferFull`] when it is longer than the send buffer.
    pub fn call(&mut self, action: &str, payload: &dyn Json) -> Result<(), BufferFull> {
        self.begin(action)?.payload(payload)
    }

    /// Writes the call up to its payload, which is then written by the caller.
    ///
    /// # Errors
    /// [`BufferFull`]
    pub fn begin(&mut self, action: &str) -> Result<&mut Composer<'b>, BufferFull> {
        self.composer.head(&[
            b"[2,\"",
            self.id.to_text(&mut [0; MessageId::TEXT_LEN_MAX]),
            b"\",\"",
            action.as_bytes(),
            b"\",",
        ])?;
        Ok(&mut self.composer)
    }

    /// For an RPC layer: the length of the first page, the number of the next, and the id that the call has got.
    pub fn finish(self) -> (usize, Option<u16>, MessageId) {
        let (len, next_page) = self.composer.finish();
        (len, next_page, self.id)
    }
}
