//! A modem in transparent mode at a serial line: it holds a TCP connection to the central system, and what is written here
//! comes out there.

use core::cell::RefCell;
use core::convert::Infallible;
use core::task::Poll;
use embedded_ocpp::transport::websocket::Stream;
use heapless::spsc::{Consumer, Producer, Queue};
use stm32f4xx_hal::nb;
use stm32f4xx_hal::pac::{Interrupt, USART2};
use stm32f4xx_hal::prelude::*;
use stm32f4xx_hal::serial::{Rx, Serial, Tx};

/// What comes and goes between two turns of the loop.
pub type Bytes = Queue<u8, 1024>;

/// The end of the interrupt.
pub struct Line {
    rx: Rx<USART2>,
    tx: Tx<USART2>,
    received: Producer<'static, u8>,
    to_send: Consumer<'static, u8>,
}

/// The end of the charge point.
pub struct Modem(RefCell<Ends>);

struct Ends {
    received: Consumer<'static, u8>,
    to_send: Producer<'static, u8>,
}

/// The two ends of a serial line.
pub fn new(serial: Serial<USART2>, received: &'static mut Bytes, to_send: &'static mut Bytes) -> (Line, Modem) {
    let (tx, mut rx) = serial.split();
    rx.listen();
    let (into_received, received) = received.split();
    let (into_send, to_send) = to_send.split();
    let ends = Ends { received, to_send: into_send };
    (Line { rx, tx, received: into_received, to_send }, Modem(RefCell::new(ends)))
}

impl Line {
    /// Takes what has come and gives what is to go. A byte that finds no room is lost, which the WebSocket notices.
    pub fn on_interrupt(&mut self) {
        loop {
            match self.rx.read() {
                Ok(byte) => drop(self.received.enqueue(byte)),
                Err(nb::Error::Other(_)) => {}
                Err(nb::Error::WouldBlock) => break,
            }
        }
        while let Some(byte) = self.to_send.peek()
            && self.tx.write(*byte).is_ok()
        {
            self.to_send.dequeue();
        }
        if self.to_send.peek().is_some() {
            self.tx.listen();
        } else {
            self.tx.unlisten();
        }
    }
}

impl Modem {
    /// Forgets what the last connection has left.
    pub fn clear(&self) {
        while self.0.borrow_mut().received.dequeue().is_some() {}
    }
}

impl Stream for &Modem {
    type Error = Infallible;

    fn read(&mut self, buffer: &mut [u8]) -> Poll<Result<usize, Infallible>> {
        let received = &mut self.0.borrow_mut().received;
        let bytes = core::iter::from_fn(|| received.dequeue());
        moved(buffer.iter_mut().zip(bytes).map(|(place, byte)| *place = byte).count())
    }

    fn write(&mut self, bytes: &[u8]) -> Poll<Result<usize, Infallible>> {
        let to_send = &mut self.0.borrow_mut().to_send;
        let taken = bytes.iter().take_while(|byte| to_send.enqueue(**byte).is_ok()).count();
        rtic::pend(Interrupt::USART2);
        moved(taken)
    }
}

fn moved(count: usize) -> Poll<Result<usize, Infallible>> {
    if count == 0 { Poll::Pending } else { Poll::Ready(Ok(count)) }
}
