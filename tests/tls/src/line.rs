//! UART1 as Mbed TLS wants it: in one piece for the handshake, in two halves afterwards.

use core::convert::Infallible;

use board::uart::{Receiver, Transmitter, Uart};
use embedded_io_async::{ErrorType, Read, Write};
use mbedtls_rs::Split;

pub(crate) struct Line<'u> {
    receiver: Receiver<'u>,
    transmitter: Transmitter<'u>,
    beginning: [u8; 7],
    received: usize,
}

impl<'u> Line<'u> {
    pub(crate) fn new(uart: &'u mut Uart) -> Self {
        let (receiver, transmitter) = uart.split();
        Self { receiver, transmitter, beginning: [0; 7], received: 0 }
    }

    /// What the server has answered first: a TLS record of five bytes and the first two in it.
    pub(crate) fn beginning(&self) -> [u8; 7] {
        self.beginning
    }
}

impl ErrorType for Line<'_> {
    type Error = Infallible;
}

impl Read for Line<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let count = self.receiver.read(buffer).await?;
        for (place, byte) in self.beginning.iter_mut().skip(self.received).zip(buffer.iter().take(count)) {
            *place = *byte;
        }
        self.received = self.received.saturating_add(count);
        Ok(count)
    }
}

impl Write for Line<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.transmitter.write(bytes).await
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        self.transmitter.flush().await
    }
}

impl<'u> Split for Line<'u> {
    type Read<'l>
        = &'l mut Receiver<'u>
    where
        Self: 'l;
    type Write<'l>
        = &'l mut Transmitter<'u>
    where
        Self: 'l;

    fn split(&mut self) -> (Self::Read<'_>, Self::Write<'_>) {
        (&mut self.receiver, &mut self.transmitter)
    }
}
