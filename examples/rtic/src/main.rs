//! A wallbox with one connector under RTIC 2: the charge point is a task, its inputs come from interrupts.
#![no_std]
#![no_main]

mod board;
mod modem;
mod outlet;
mod settings;

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embedded_ocpp::facade::Panel;
use outlet::Outlet;
use rtic_monotonics::systick::prelude::*;
systick_monotonic!(Mono, 1000);

// What the interrupts have seen.
static OUTLET: Outlet = Outlet { is_plugged: AtomicBool::new(false), energy_wh: AtomicU32::new(0) };

/// Where the interrupts reach the charge point.
static PANEL: Panel<CriticalSectionRawMutex> = Panel::new();

#[rtic::app(device = stm32f4xx_hal::pac, dispatchers = [SPI1])]
mod app {
    use super::*;
    use crate::board::{Board, Random};
    use crate::modem::{Bytes, Line, Modem};
    use embedded_ocpp::ocpp16::Reason;
    use embedded_ocpp::transport::websocket::WebSocket;
    use embedded_ocpp::{Boot, ChargePoint, Error, Instant, Resources};
    use stm32f4xx_hal::flash::LockedFlash;
    use stm32f4xx_hal::gpio::{ExtiPin, Input, Output, PA0, PA1, PA4, PB0};

    const CONNECTOR: u8 = 1;
    const CARD: &str = "04A1B2C3D4E5F6";

    #[shared]
    struct Shared {}
    #[local]
    struct Local {
        plug: PA0<Input>,
        pulse: PA1<Input>,
        button: PA4<Input>,
        relay: PB0<Output>,
        line: Line,
        modem: Modem,
        flash: LockedFlash,
        random: Random,
    }

    #[init(local = [received: Bytes = Bytes::new(), to_send: Bytes = Bytes::new()])]
    fn init(cx: init::Context) -> (Shared, Local) {
        let Board { plug, pulse, button, relay, serial, flash, random } = Board::start(cx.device);
        let (line, modem) = modem::new(serial, cx.local.received, cx.local.to_send);
        OUTLET.is_plugged.store(plug.is_low(), Relaxed);
        Mono::start(cx.core.SYST, board::CLOCK_HZ);
        charge_point::spawn().expect("spawned once");
        (Shared {}, Local { plug, pulse, button, relay, line, modem, flash, random })
    }

    #[task(local = [relay, modem, flash, random], priority = 1)]
    async fn charge_point(cx: charge_point::Context) {
        let charge_point::LocalResources { relay, modem, flash, random, .. } = cx.local;
        // What is lent to the charge point may be locals, for this task never ends.
        let random_number = || random.next();
        let mut resources = Resources::<1>::new();
        let boot = Boot::new("Wallbox One", "ACME").firmware_version(env!("CARGO_PKG_VERSION"));
        let mut ocpp = ChargePoint::new(&mut resources, boot).expect("the texts are short");
        ocpp.set_hardware(&OUTLET, CONNECTOR).expect("there is this connector");
        ocpp.set_on_reset_execute(&|_| board::restart());
        ocpp.set_rng(&random_number);
        ocpp.set_panel(&PANEL);

        let mut storage = board::storage(flash);
        let options = settings::options();
        let (mut read, mut write) = ([0; 2048 + 64], [0; 1024 + 8]);
        let mut link = WebSocket::new(&mut read, &mut write, |bytes: &mut [u8]| random.fill(bytes));
        loop {
            let now = Instant::from_millis(Mono::now().as_ticks().into());
            match ocpp.poll(now, &mut link, &mut storage) {
                Ok(_) => {}
                Err(Error::Incomplete(missing)) => defmt::panic!("{}", missing),
                Err(error) => defmt::warn!("{}", defmt::Display2Format(&error)),
            }
            if link.is_over() && now >= ocpp.connect_at() {
                // TLS goes here: a `Stream` over the modem that never waits.
                modem.clear();
                link.open(&*modem, &options);
            }
            relay.set_state(ocpp.permits_charge(CONNECTOR).into());
            Mono::delay(10.millis()).await;
        }
    }

    #[task(binds = USART2, local = [line], priority = 3)]
    fn serial(cx: serial::Context) {
        cx.local.line.on_interrupt();
    }

    #[task(binds = EXTI0, local = [plug], priority = 2)]
    fn plug(cx: plug::Context) {
        cx.local.plug.clear_interrupt_pending_bit();
        OUTLET.is_plugged.store(cx.local.plug.is_low(), Relaxed);
    }

    #[task(binds = EXTI1, local = [pulse], priority = 2)]
    fn pulse(cx: pulse::Context) {
        cx.local.pulse.clear_interrupt_pending_bit();
        OUTLET.energy_wh.fetch_add(1, Relaxed);
    }

    #[task(binds = EXTI4, local = [button], priority = 2)]
    fn button(cx: button::Context) {
        cx.local.button.clear_interrupt_pending_bit();
        let taken = match PANEL.is_transaction_active(CONNECTOR) {
            true => PANEL.end_transaction(Some(CARD), Reason::Local, CONNECTOR),
            false => PANEL.begin_transaction(CARD, CONNECTOR),
        };
        if let Err(error) = taken {
            defmt::warn!("card not taken: {}", error);
        }
    }
}
