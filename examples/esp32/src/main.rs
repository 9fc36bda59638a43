//! A wallbox with one connector on an ESP32-C3 or ESP32-C6 with WiFi.
#![no_std]
#![no_main]

mod board;
mod meter;
mod net;
mod outlet;
mod settings;

use board::Board;
use embassy_executor::Spawner;
use embassy_futures::join::join3;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_time::Timer;
use embedded_ocpp::facade::{EmbassyTimer, Handle, Link, Shared};
use embedded_ocpp::ocpp16::Reason;
use embedded_ocpp::{Boot, ChargePoint, Resources};
use esp_hal::gpio::{Input, Output};
use esp_hal::rtc_cntl::Rwdt;
use meter::Meter;
use outlet::Outlet;

/// All that uses the charge point is in one task, so the mutex has nothing to do.
type Ocpp<'s, 'a> = Handle<'s, 'a, NoopRawMutex>;

const CONNECTOR: u8 = 1;
const CARD: &str = "04A1B2C3D4E5F6";

esp_bootloader_esp_idf::esp_app_desc!();

#[esp_rtos::main]
async fn main(spawner: Spawner) {
    let Board { plug, button, relay, lamp, radio, mut flash, watchdog } = Board::start();
    let stack = net::start(spawner, radio, board::seed());
    let outlet = Outlet { plug, meter: Meter::default() };

    // All of this is one task for ever, so what is lent to the charge point may be its locals.
    let mut resources = Resources::<1>::new();
    let boot = Boot::new("Wallbox One", "ACME").firmware_version(env!("CARGO_PKG_VERSION"));
    let mut ocpp = ChargePoint::new(&mut resources, boot).expect("the texts are short");
    ocpp.set_hardware(&outlet, CONNECTOR).expect("there is this connector");
    ocpp.set_on_reset_execute(&|_| board::restart());
    ocpp.set_rng(&board::random);

    let mut shared = Shared::<NoopRawMutex>::new(ocpp);
    let (ocpp, mut runner) = shared.split();
    let options = settings::options();
    let (mut receive, mut send) = ([0; 2048], [0; 2048]);
    let connect = async |link: Link<'_, _>| {
        let mut socket = net::dial(stack, settings::SERVER, &mut receive, &mut send).await?;
        // TLS goes here: a session over `socket`, split in its place. Its failures have names in `ConnectFailure`.
        let (reader, writer) = socket.split();
        link.websocket(&options, reader, writer).await
    };
    let (ended, ..) = join3(
        runner.run(connect, &mut flash, &EmbassyTimer),
        power(ocpp, relay, lamp, watchdog, &outlet.meter),
        cards(ocpp, button),
    )
    .await;
    let Err(missing) = ended;
    defmt::panic!("{}", missing);
}

/// Closes the relay while energy may flow.
async fn power(ocpp: Ocpp<'_, '_>, mut relay: Output<'_>, mut lamp: Output<'_>, mut watchdog: Rwdt, meter: &Meter) {
    const TURN_MS: u64 = 50;
    loop {
        let (permitted, accepted) = ocpp.with(|ocpp| (ocpp.permits_charge(CONNECTOR), ocpp.is_accepted()));
        relay.set_level(permitted.into());
        lamp.set_level((!accepted).into());
        watchdog.feed();
        Timer::after_millis(TURN_MS).await;
        if permitted {
            meter.count(TURN_MS);
        }
    }
}

/// The button stands for a card: pressed once to begin, once more to end.
async fn cards(ocpp: Ocpp<'_, '_>, button: Input<'_>) {
    loop {
        while button.is_high() {
            Timer::after_millis(20).await;
        }
        ocpp.with(|ocpp| {
            if ocpp.is_transaction_active(CONNECTOR) {
                if let Err(refused) = ocpp.end_transaction(Some(CARD), Reason::Local, CONNECTOR) {
                    defmt::warn!("not ended: {}", refused);
                }
            } else if let Err(refused) = ocpp.begin_transaction(CARD, CONNECTOR) {
                defmt::warn!("not begun: {}", refused);
            }
        });
        while button.is_low() {
            Timer::after_millis(20).await;
        }
    }
}
