//! What is at which pin.

use core::cell::RefCell;
use core::ops::Range;
use cortex_m::peripheral::SCB;
use defmt_rtt as _;
use embedded_ocpp::store::FlashStorage;
use stm32f4xx_hal::flash::{FlashExt, LockedFlash, UnlockedFlash};
use stm32f4xx_hal::gpio::{Edge, ExtiPin, Input, Output, PA0, PA1, PA4, PB0, PinState, Pull};
use stm32f4xx_hal::hal_02::blocking::rng::Read;
use stm32f4xx_hal::pac::{EXTI, Peripherals, USART2};
use stm32f4xx_hal::prelude::*;
use stm32f4xx_hal::rcc;
use stm32f4xx_hal::rng::Rng;
use stm32f4xx_hal::serial::{Config, Serial};
use stm32f4xx_hal::syscfg::SysCfg;

/// What the processor runs at.
pub const CLOCK_HZ: u32 = 168_000_000;
const BAUD: u32 = 115_200;

/// Two sectors of 128 KiB each, which memory.x leaves to them.
const SETTINGS: Range<u32> = 0x8_0000..0xC_0000;
const JOURNAL: Range<u32> = 0xC_0000..0x10_0000;

/// The hardware of the charger.
pub struct Board {
    /// Low while a vehicle is plugged in. Interrupts.
    pub plug: PA0<Input>,
    /// Falls for each Wh: the S0 output of a meter. Interrupts.
    pub pulse: PA1<Input>,
    /// Falls when the button is pressed, which stands for a card. Interrupts.
    pub button: PA4<Input>,
    /// Energy flows while it is high.
    pub relay: PB0<Output>,
    pub serial: Serial<USART2>,
    pub flash: LockedFlash,
    pub random: Random,
}

impl Board {
    pub fn start(p: Peripherals) -> Self {
        let clocks = rcc::Config::hsi().sysclk(CLOCK_HZ.Hz()).require_pll48clk();
        let mut rcc = p.RCC.freeze(clocks);
        let (a, b) = (p.GPIOA.split(&mut rcc), p.GPIOB.split(&mut rcc));
        let (mut syscfg, mut exti) = (p.SYSCFG.constrain(&mut rcc), p.EXTI);
        let serial = p.USART2.serial((a.pa2, a.pa3), Config::default().baudrate(BAUD.bps()), &mut rcc);
        Self {
            plug: interrupting(Input::new(a.pa0, Pull::Up), &mut syscfg, &mut exti, Edge::RisingFalling),
            pulse: interrupting(Input::new(a.pa1, Pull::Up), &mut syscfg, &mut exti, Edge::Falling),
            button: interrupting(Input::new(a.pa4, Pull::Up), &mut syscfg, &mut exti, Edge::Falling),
            relay: Output::new(b.pb0, PinState::Low),
            serial: serial.expect("this clock makes that rate"),
            flash: LockedFlash::new(p.FLASH),
            random: Random(RefCell::new(p.RNG.constrain(&mut rcc))),
        }
    }
}

fn interrupting<P: ExtiPin>(mut pin: P, syscfg: &mut SysCfg, exti: &mut EXTI, edge: Edge) -> P {
    pin.make_interrupt_source(syscfg);
    pin.trigger_on_edge(exti, edge);
    pin.enable_interrupt(exti);
    pin
}

/// Settings and journal in the upper half of the flash.
pub fn storage(flash: &mut LockedFlash) -> FlashStorage<UnlockedFlash<'_>> {
    FlashStorage::new(flash.unlocked(), SETTINGS, JOURNAL).expect("the ranges are whole sectors")
}

/// The generator of the chip.
pub struct Random(RefCell<Rng>);

impl Random {
    pub fn fill(&self, bytes: &mut [u8]) {
        self.0.borrow_mut().read(bytes).expect("its clock runs");
    }

    pub fn next(&self) -> u32 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }
}

/// Starts anew. The relay opens.
pub fn restart() -> ! {
    SCB::sys_reset()
}

#[panic_handler]
fn panic(panic: &core::panic::PanicInfo<'_>) -> ! {
    defmt::error!("{}", defmt::Display2Format(panic));
    restart()
}
