//! What is on the board, and at which pin: the same ones on the DevKits of both chips.

use crate::flash::Flash;
use esp_hal::clock::CpuClock;
use esp_hal::gpio::{Input, InputConfig, Level, Output, OutputConfig, Pull};
use esp_hal::peripherals::WIFI;
use esp_hal::rng::Rng;
use esp_hal::rtc_cntl::{Rtc, Rwdt, RwdtStage};
use esp_hal::time::Duration;
use esp_hal::timer::timg::TimerGroup;
use esp_println as _;

/// The hardware of the charger.
pub struct Board {
    /// Low while a vehicle is plugged in.
    pub plug: Input<'static>,
    /// Low while the button is pressed, which stands for a card.
    pub button: Input<'static>,
    /// Energy flows while it is high.
    pub relay: Output<'static>,
    /// Shines while the central system has not accepted us.
    pub lamp: Output<'static>,
    pub radio: WIFI<'static>,
    pub flash: Flash,
    pub watchdog: Rwdt,
}

/// Longer than several erases of flash, in which nothing else is done.
const WATCHDOG_TIMEOUT: Duration = Duration::from_secs(4);

impl Board {
    /// Starts the hardware. To be called once.
    pub fn start() -> Self {
        let p = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
        // The radio wants a heap, and TLS does; nothing else has anything in it. The first part is what the bootloader leaves.
        esp_alloc::heap_allocator!(#[esp_hal::ram(reclaimed)] size: 64 * 1024);
        esp_alloc::heap_allocator!(size: if cfg!(feature = "tls") { 60 * 1024 } else { 36 * 1024 });
        esp_rtos::start(TimerGroup::new(p.TIMG0).timer0, p.FROM_CPU_INTR0);
        let mut watchdog = Rtc::new(p.RTC_TIMER).rwdt;
        watchdog.enable();
        watchdog.set_timeout(RwdtStage::Stage0, WATCHDOG_TIMEOUT);
        let pulled_up = InputConfig::default().with_pull(Pull::Up);
        Self {
            plug: Input::new(p.GPIO3, pulled_up),
            button: Input::new(p.GPIO9, pulled_up),
            relay: Output::new(p.GPIO7, Level::Low, OutputConfig::default()),
            lamp: Output::new(p.GPIO10, Level::High, OutputConfig::default()),
            radio: p.WIFI,
            flash: Flash::new(p.FLASH),
            watchdog,
        }
    }
}

/// The generator of the chip, which is a true one while the radio is on.
pub fn random() -> u32 {
    Rng::new().random()
}

pub fn seed() -> u64 {
    u64::from(random()) << 32 | u64::from(random())
}

/// Starts anew. The relay opens.
pub fn restart() -> ! {
    esp_hal::system::software_reset()
}

#[panic_handler]
fn panic(panic: &core::panic::PanicInfo<'_>) -> ! {
    defmt::error!("{}", defmt::Display2Format(panic));
    restart()
}
