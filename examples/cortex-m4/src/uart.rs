//! UART1 as a byte stream. In QEMU it is a TCP connection, so the WebSocket adapter can speak through it.

use core::convert::Infallible;
use core::future::poll_fn;
use core::marker::PhantomData;
use core::ops::RangeInclusive;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::Poll;

use embassy_sync::waitqueue::AtomicWaker;
use embedded_io_async::{ErrorType, Read, Write};

use crate::registers::{INTERRUPT_ENABLE, uart1 as registers};

/// Received, and room to transmit.
pub(crate) const INTERRUPTS: RangeInclusive<i16> = 2..=3;

static TAKEN: AtomicBool = AtomicBool::new(false);
static RECEIVED: AtomicWaker = AtomicWaker::new();
static TRANSMITTED: AtomicWaker = AtomicWaker::new();

/// UART1. A serial line has no end of file: when the TCP connection is gone there is silence, which only a
/// ping without a pong tells.
pub struct Uart(());

impl Uart {
    /// The one UART, started; `None` when it has been taken before.
    pub fn take() -> Option<Self> {
        if TAKEN.swap(true, Ordering::Relaxed) {
            return None;
        }
        registers::BAUD_DIVIDER.write(registers::FASTEST_BAUD_DIVIDER);
        registers::CONTROL.write(registers::CONTROL_ALL);
        INTERRUPT_ENABLE.write(INTERRUPTS.fold(0, |bits, interrupt| bits | 1 << interrupt));
        Some(Self(()))
    }

    /// Both directions, for whoever uses them at a time.
    pub fn split(&mut self) -> (Receiver<'_>, Transmitter<'_>) {
        (Receiver(PhantomData), Transmitter(PhantomData))
    }
}

/// What comes in.
pub struct Receiver<'u>(PhantomData<&'u mut Uart>);

/// What goes out.
pub struct Transmitter<'u>(PhantomData<&'u mut Uart>);

impl ErrorType for Receiver<'_> {
    type Error = Infallible;
}

impl ErrorType for Transmitter<'_> {
    type Error = Infallible;
}

impl Read for Receiver<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        if buffer.is_empty() {
            return Ok(0);
        }
        poll_fn(|context| {
            RECEIVED.register(context.waker()); // before looking, or a byte in between would wake nobody
            match receive(buffer) {
                0 => Poll::Pending,
                count => Poll::Ready(Ok(count)),
            }
        })
        .await
    }
}

impl Write for Transmitter<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        if bytes.is_empty() {
            return Ok(0);
        }
        poll_fn(|context| {
            TRANSMITTED.register(context.waker());
            match transmit(bytes) {
                0 => Poll::Pending,
                count => Poll::Ready(Ok(count)),
            }
        })
        .await
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Takes what has arrived and returns how much that was.
fn receive(buffer: &mut [u8]) -> usize {
    let mut count = 0;
    for byte in buffer {
        if registers::STATE.read() & registers::STATE_RECEIVE_READY == 0 {
            break;
        }
        *byte = registers::DATA.read() as u8;
        count += 1;
    }
    count
}

/// Gives what fits and returns how much that was.
fn transmit(bytes: &[u8]) -> usize {
    let mut count = 0;
    for byte in bytes {
        if registers::STATE.read() & registers::STATE_TRANSMIT_FULL != 0 {
            break;
        }
        registers::DATA.write(u32::from(*byte));
        count += 1;
    }
    count
}

pub(crate) fn on_interrupt() {
    registers::INTERRUPTS.write(registers::INTERRUPTS.read());
    RECEIVED.wake();
    TRANSMITTED.wake();
}
