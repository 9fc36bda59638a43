//! A wallbox with one connector on an ESP32-C3 or ESP32-C6 with WiFi.
#![no_std]
#![no_main]

mod board;
mod connector;
mod flash;
mod meter;
mod net;
mod outlet;
mod settings;
mod update;

use board::Board;
#[cfg(feature = "tls")]
use charger_tls::Security;
use connector::CONNECTOR;
use embassy_executor::Spawner;
use embassy_futures::join::join4;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embedded_ocpp::facade::{EmbassyTimer, Link, Shared};
use embedded_ocpp::{Boot, ChargePoint, Resources};
use meter::Meter;
use net::SEND_LEN;
use outlet::Outlet;
use update::Update;

esp_bootloader_esp_idf::esp_app_desc!();

#[esp_rtos::main]
async fn main(spawner: Spawner) {
    let Board { plug, button, relay, lamp, radio, flash, watchdog } = Board::start();
    let stack = net::start(spawner, radio, board::seed());
    let outlet = Outlet { plug, meter: Meter::default() };
    let mut storage = flash.storage();
    #[cfg(not(feature = "tls"))]
    let update = Update::new(&flash);
    #[cfg(feature = "tls")]
    let security = Security::new(board::random, settings::distrusted);
    #[cfg(feature = "tls")]
    let update = Update::new(&flash, &security);

    let download = |location: &str| update.begin(location);
    let download_status = || update.status();
    let install = || update.install();

    // All of this is one task for ever, so what is lent to the charge point may be its locals.
    let mut resources = Resources::<1>::new();
    let boot = Boot::new("Wallbox One", "ACME").firmware_version(env!("CARGO_PKG_VERSION"));
    let mut ocpp = ChargePoint::new(&mut resources, boot).expect("the texts are short");
    ocpp.set_hardware(&outlet, CONNECTOR).expect("there is this connector");
    ocpp.set_on_reset_execute(&|_| board::restart());
    ocpp.set_on_download(&download);
    ocpp.set_download_status_input(&download_status);
    ocpp.set_on_install(&install);
    ocpp.set_file_transfer_protocols(update::PROTOCOLS);
    ocpp.set_rng(&board::random);

    let mut shared = Shared::<NoopRawMutex>::new(ocpp);
    let (ocpp, mut runner) = shared.split();
    let options = settings::options();
    let (mut receive, mut send) = ([0; 2048], [0; SEND_LEN]);
    #[cfg(not(feature = "tls"))]
    let connect = async |link: Link<'_, _>| {
        let mut socket = net::dial(stack, net::address(settings::SERVER)?, &mut receive, &mut send).await?;
        let (reader, writer) = socket.split();
        link.websocket(&options, reader, writer).await
    };
    #[cfg(feature = "tls")]
    let connect = async |link: Link<'_, _>| {
        let mut socket = net::dial(stack, net::address(settings::SERVER)?, &mut receive, &mut send).await?;
        let (trust, today) = (settings::trust()?, settings::today(ocpp));
        let mut session = security.open(settings::SERVER, socket.split(), &trust, today).await?;
        let (reader, writer) = session.split().await?;
        let closed = link.websocket(&options, reader, writer).await;
        session.close(closed).await
    };
    let (ended, ..) = join4(
        runner.run(connect, &mut storage, &EmbassyTimer),
        connector::power(ocpp, relay, lamp, watchdog, &outlet.meter),
        connector::cards(ocpp, button),
        update.run(ocpp, stack),
    )
    .await;
    let Err(missing) = ended;
    defmt::panic!("{}", missing);
}
