//! The two halves of a connection as Mbed TLS wants them: in one piece for the handshake, apart afterwards.

use embedded_io_async::{ErrorType, Read, Write};
use mbedtls_rs::Split;

/// The connection, and what the server said first on it.
pub struct Line<R, W> {
    reader: R,
    writer: W,
    beginning: [u8; 7],
    received: usize,
}

impl<R, W> Line<R, W> {
    pub(crate) fn new(reader: R, writer: W) -> Self {
        Self { reader, writer, beginning: [0; 7], received: 0 }
    }

    /// What the server has answered first: a TLS record of five bytes and the first two in it.
    pub(crate) fn beginning(&self) -> [u8; 7] {
        self.beginning
    }
}

impl<R: ErrorType, W> ErrorType for Line<R, W> {
    type Error = R::Error;
}

impl<R: Read, W> Read for Line<R, W> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, R::Error> {
        let count = self.reader.read(buffer).await?;
        for (place, byte) in self.beginning.iter_mut().skip(self.received).zip(buffer.iter().take(count)) {
            *place = *byte;
        }
        self.received = self.received.saturating_add(count);
        Ok(count)
    }
}

impl<R: ErrorType, W: Write<Error = R::Error>> Write for Line<R, W> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, R::Error> {
        self.writer.write(bytes).await
    }

    async fn flush(&mut self) -> Result<(), R::Error> {
        self.writer.flush().await
    }
}

impl<R: Read, W: Write<Error = R::Error>> Split for Line<R, W> {
    type Read<'l>
        = &'l mut R
    where
        Self: 'l;
    type Write<'l>
        = &'l mut W
    where
        Self: 'l;

    fn split(&mut self) -> (Self::Read<'_>, Self::Write<'_>) {
        (&mut self.reader, &mut self.writer)
    }
}
