//! What is on the board, and at which pin. Where the two boards differ it is in a file for each.

#[cfg(feature = "nucleo-h563zi")]
mod ecc;
#[cfg(feature = "tls")]
mod heap;
#[cfg_attr(feature = "nucleo-f429zi", path = "board/nucleo_f429zi.rs")]
#[cfg_attr(feature = "nucleo-h563zi", path = "board/nucleo_h563zi.rs")]
mod nucleo;

use core::cell::RefCell;
use cortex_m::peripheral::SCB;
use defmt_rtt as _;
use embassy_stm32::eth::{Ethernet, GenericPhy, PacketQueue, Sma};
use embassy_stm32::flash::Flash;
use embassy_stm32::gpio::{Input, Level, Output, Pull, Speed};
use embassy_stm32::peripherals::{ETH, ETH_SMA, IWDG, RNG};
use embassy_stm32::rng::Rng;
use embassy_stm32::uid::uid;
use embassy_stm32::wdg::IndependentWatchdog;
use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embedded_ocpp::store::FlashStorage;
use static_cell::ConstStaticCell;

/// The Ethernet of the chip, with the PHY beside it.
pub type Network = Ethernet<'static, ETH, GenericPhy<Sma<'static, ETH_SMA>>>;

/// The hardware of the charger.
pub struct Board {
    /// Low while a vehicle is plugged in.
    pub plug: Input<'static>,
    /// High while the button is pressed, which stands for a card.
    pub button: Input<'static>,
    /// Energy flows while it is high.
    pub relay: Output<'static>,
    /// Shines while the central system has not accepted us.
    pub lamp: Output<'static>,
    pub network: Network,
    pub flash: FlashStorage<nucleo::Pages>,
    pub watchdog: IndependentWatchdog<'static, IWDG>,
}

/// Longer than several erases of flash, in which nothing else is done.
const WATCHDOG_TIMEOUT_US: u32 = 8_000_000;

impl Board {
    /// Starts the hardware. To be called once.
    pub fn start() -> Self {
        static PACKETS: ConstStaticCell<PacketQueue<4, 4>> = ConstStaticCell::new(PacketQueue::new());

        let p = embassy_stm32::init(nucleo::clocks());
        #[cfg(feature = "nucleo-f429zi")]
        let (lamp, txd1) = (p.PB14, p.PB13);
        #[cfg(feature = "nucleo-h563zi")]
        let (lamp, txd1) = (p.PG4, p.PB15);
        let mut watchdog = IndependentWatchdog::new(p.IWDG, WATCHDOG_TIMEOUT_US);
        watchdog.unleash();
        GENERATOR.lock(|generator| generator.replace(Some(Rng::new(p.RNG, nucleo::Irqs))));
        #[cfg(feature = "tls")]
        heap::start();
        Self {
            plug: Input::new(p.PE13, Pull::Up),
            button: Input::new(p.PC13, Pull::Down),
            relay: Output::new(p.PB0, Level::Low, Speed::Low),
            lamp: Output::new(lamp, Level::High, Speed::Low),
            network: Ethernet::new(
                PACKETS.take(),
                p.ETH,
                nucleo::Irqs,
                p.PA1,
                p.PA7,
                p.PC4,
                p.PC5,
                p.PG13,
                txd1,
                p.PG11,
                address(),
                p.ETH_SMA,
                p.PA2,
                p.PC1,
            ),
            flash: FlashStorage::new(nucleo::pages(Flash::new_blocking(p.FLASH)), nucleo::SETTINGS, nucleo::JOURNAL)
                .expect("the ranges are whole pages"),
            watchdog,
        }
    }
}

/// A MAC address of this chip's own, locally administered.
fn address() -> [u8; 6] {
    let mut address = [2, 0, 0, 0, 0, 0];
    for (byte, place) in uid().into_iter().zip([1, 2, 3, 4, 5].into_iter().cycle()) {
        address[place] ^= byte;
    }
    address
}

/// The generator of the chip, of which there is one for the charge point, the network and TLS.
static GENERATOR: Mutex<CriticalSectionRawMutex, RefCell<Option<Rng<'static, RNG>>>> = Mutex::new(RefCell::new(None));

/// True random numbers, as soon as the board is started.
pub fn random() -> u32 {
    GENERATOR.lock(|generator| generator.borrow_mut().as_mut().map(Rng::next_u32)).expect("the board is started")
}

pub fn seed() -> u64 {
    u64::from(random()) << 32 | u64::from(random())
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
