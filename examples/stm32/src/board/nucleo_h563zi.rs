//! A Nucleo-H563ZI: 2 MiB of flash in pages of 8 KiB, its words of 16 bytes with error correction codes.

use super::ecc::Checked;
use core::ops::Range;
use embassy_stm32::flash::{Blocking, Flash};
use embassy_stm32::rcc::HSIPrescaler;
use embassy_stm32::{Config, bind_interrupts, eth, peripherals, rng};

bind_interrupts!(pub struct Irqs {
    ETH => eth::InterruptHandler;
    RNG => rng::InterruptHandler<peripherals::RNG>;
});

/// The last 96 KiB, which memory.x leaves to them.
pub type Pages = Checked<Flash<'static, Blocking>>;
pub const SETTINGS: Range<u32> = 0x1E_8000..0x1F_0000;
pub const JOURNAL: Range<u32> = 0x1F_0000..0x20_0000;

pub fn pages(flash: Flash<'static, Blocking>) -> Pages {
    Checked::new(flash)
}

/// 64 MHz from the oscillator of the chip, and 48 MHz for the random numbers.
pub fn clocks() -> Config {
    let mut config = Config::default();
    config.rcc.hsi = Some(HSIPrescaler::DIV1);
    config.rcc.hsi48 = Some(Default::default());
    config
}
