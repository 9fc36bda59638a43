//! A charger: embassy, a WebSocket over UART1, flash in RAM.
//!
//! `cargo run --release` connects it to a central system on TCP port 9000 of this machine.
#![no_std]
#![no_main]

use board::uart::Uart;
use cortex_m::Peripherals;
use embassy_executor::Spawner;
use embassy_time::{Duration, Instant, Timer, with_timeout};
use embedded_io_async::{Read, Write};

#[embassy_executor::main]
async fn main(_spawner: Spawner) {
    let (Some(peripherals), Some(mut uart)) = (Peripherals::take(), Uart::take()) else { board::exit(Err(())) };
    board::start_time(peripherals.SYST);

    // NEXT STAGE: the WebSocket adapter over `uart`, the charge point and its runner, the simulated EVSE.
    // Until then: greets, sends back what the other side says, and leaves when it has said nothing for 1 s.
    board::print(format_args!("hello from the Cortex-M4"));
    Timer::after_millis(250).await;
    board::print(format_args!("waited until {} ms", Instant::now().as_millis()));
    let Ok(()) = uart.write_all(b"hello\n").await;
    let mut buffer = [0; 64];
    let mut echoed = 0;
    while let Ok(Ok(count)) = with_timeout(Duration::from_secs(1), uart.read(&mut buffer)).await {
        let Ok(()) = uart.write_all(buffer.get(..count).unwrap_or_default()).await;
        echoed += count;
    }
    board::print(format_args!("sent back {echoed} bytes by {} ms", Instant::now().as_millis()));
    board::exit(Ok(()))
}
