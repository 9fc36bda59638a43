//! A Nucleo-F429ZI: 2 MiB of flash in two banks, sectors of 16, 64 and 128 KiB.

use core::ops::Range;
use embassy_stm32::flash::{Bank2Region1, Blocking, Flash};
use embassy_stm32::rcc::{
    AHBPrescaler, APBPrescaler, Hse, HseMode, Pll, PllMul, PllPDiv, PllPreDiv, PllQDiv, PllSource, Sysclk,
};
use embassy_stm32::time::Hertz;
use embassy_stm32::{Config, bind_interrupts, eth, peripherals, rng};

bind_interrupts!(pub struct Irqs {
    ETH => eth::InterruptHandler;
    HASH_RNG => rng::InterruptHandler<peripherals::RNG>;
});

/// The four sectors of 16 KiB with which the second bank begins: the only small ones that hold no program.
pub type Pages = Bank2Region1<'static, Blocking>;
pub const SETTINGS: Range<u32> = 0..0x8000;
pub const JOURNAL: Range<u32> = 0x8000..0x1_0000;

pub fn pages(flash: Flash<'static, Blocking>) -> Pages {
    flash.into_blocking_regions().bank2_region1
}

/// 168 MHz from the 8 MHz of the debug probe, and 48 MHz for the random numbers.
pub fn clocks() -> Config {
    let mut config = Config::default();
    config.rcc.hse = Some(Hse { freq: Hertz(8_000_000), mode: HseMode::Bypass });
    config.rcc.pll_src = PllSource::HSE;
    config.rcc.pll = Some(Pll {
        prediv: PllPreDiv::DIV4,
        mul: PllMul::MUL168,
        divp: Some(PllPDiv::DIV2),
        divq: Some(PllQDiv::DIV7),
        divr: None,
    });
    config.rcc.ahb_pre = AHBPrescaler::DIV1;
    config.rcc.apb1_pre = APBPrescaler::DIV4;
    config.rcc.apb2_pre = APBPrescaler::DIV2;
    config.rcc.sys = Sysclk::PLL1_P;
    config
}
