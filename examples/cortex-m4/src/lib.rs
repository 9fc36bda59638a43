//! The board: QEMU's mps2-an386, a Cortex-M4 at 25 MHz with a UART that leads to a TCP connection.
//!
//! A firmware for real hardware takes all of this from its HAL. The firmwares whose size is measured do not
//! use it, so that none of it is counted.
#![no_std]

mod host;
mod registers;
pub mod stack;
pub mod stopwatch;
mod time_driver;
pub mod uart;

pub use host::{exit, print};
pub use time_driver::start as start_time;

use cortex_m_rt::exception;

/// All device interrupts arrive here: without a device crate there is no vector for each.
#[exception]
unsafe fn DefaultHandler(interrupt: i16) {
    if uart::INTERRUPTS.contains(&interrupt) {
        uart::on_interrupt();
    } else {
        panic!("unexpected interrupt {interrupt}");
    }
}
