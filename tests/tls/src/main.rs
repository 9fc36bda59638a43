//! A charger whose WebSocket runs over TLS: Mbed TLS over UART1.
//!
//! Whom it trusts and which date it believes in the factory has written into its flash, so that one program does for every
//! case of `.ci/tls`. One customer charges; it ends when all of that is delivered, or with the first connection that fails.
//! All that it prints is how it ended.
#![no_std]
#![no_main]

mod factory;
mod heap;
#[path = "../../../examples/parts/nor_flash.rs"]
mod nor_flash;

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use board::uart::Uart;
use charger_tls::{Security, Today, Trust};
use cortex_m::Peripherals;
use embassy_executor::Spawner;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_time::{Instant, Timer};
use embedded_ocpp::facade::{EmbassyTimer, Handle, Runner, Shared};
use embedded_ocpp::json::Raw;
use embedded_ocpp::ocpp16::{ChargePointStatus, ConnectorHardware, Reason};
use embedded_ocpp::rpc::Outcome;
use embedded_ocpp::store::FlashStorage;
use embedded_ocpp::transport::websocket::Options;
use embedded_ocpp::{Boot, ChargePoint, Controls, Resources};
use factory::Factory;
use nor_flash::{Chip, JOURNAL, LEN, SETTINGS};
use static_cell::{ConstStaticCell, StaticCell};

type Ocpp = Handle<'static, 'static, NoopRawMutex>;

const CONNECTOR: u8 = 1;
const CARD: &str = "04A1B2C3D4E5F6";

static RESOURCES: StaticCell<Resources<'static, 1>> = StaticCell::new();
static SHARED: StaticCell<Shared<'static, NoopRawMutex>> = StaticCell::new();
static FLASH: ConstStaticCell<[u8; LEN]> = ConstStaticCell::new([0; LEN]);

static PLUGGED: AtomicBool = AtomicBool::new(false);

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let (Some(peripherals), Some(uart)) = (Peripherals::take(), Uart::take()) else { board::exit(Err(())) };
    board::start_time(peripherals.SYST);
    heap::start();

    let resources = RESOURCES.init_with(Resources::new);
    let boot = Boot::new("mps2-an386", "QEMU").firmware_version(env!("CARGO_PKG_VERSION"));
    let mut charge_point = ChargePoint::new(resources, boot).expect("the texts are short");
    wire(&mut charge_point).expect("there is this connector and this key");
    let (ocpp, runner) = SHARED.init(Shared::new(charge_point)).split();

    spawner.spawn(network(ocpp, runner, uart).expect("spawned once"));
    spawner.spawn(customer(ocpp).expect("spawned once"));
}

/// The hardware of the connector.
struct Outlet;

impl ConnectorHardware for Outlet {
    fn is_plugged(&self) -> bool {
        PLUGGED.load(Relaxed)
    }

    fn energy(&self) -> Option<i64> {
        Some(Instant::now().as_secs() as i64)
    }
}

fn wire(ocpp: &mut Controls<'static>) -> Result<(), &'static str> {
    ocpp.set_hardware(&Outlet, CONNECTOR).map_err(|_| "unknown connector")?;
    ocpp.set_on_reset_execute(&|_| board::exit(Ok(())));
    ocpp.set_on_connect_failed(&|why| {
        board::print(format_args!("not connected: {why:?}"));
        board::exit(Err(()))
    });
    ocpp.set_rng(&random);
    ocpp.set_factory_configuration("MeterValueSampleInterval", "1").map_err(|_| "unknown key")
}

#[embassy_executor::task]
async fn network(ocpp: Ocpp, mut runner: Runner<'static, 'static, NoopRawMutex>, mut uart: Uart) {
    let factory = Factory::read().expect("the factory has written");
    let host = factory.host;
    let options = Options::new(host, "/ocpp", "CORTEX-M4");
    let trust = Trust { root: factory.root, identity: factory.identity, on_distrust: distrusted };
    let security = Security::new(trust, random);
    let mut storage = FlashStorage::new(Chip::erased(FLASH.take()), SETTINGS, JOURNAL).expect("whole pages");
    let ended = runner
        .run(
            async |link| {
                let today = ocpp.with(|ocpp| Today {
                    date: ocpp.date_time().or(factory.battery_clock),
                    floor: ocpp.last_known_date().max(factory.made),
                });
                let mut session = security.open(host, uart.split(), today).await?;
                let (reader, writer) = session.split().await?;
                let closed = link.websocket(&options, reader, writer).await;
                session.close(closed).await
            },
            &mut storage,
            &EmbassyTimer,
        )
        .await;
    let Err(error) = ended;
    board::print(format_args!("{error}"));
    board::exit(Err(()))
}

/// Plugs in, shows a card, charges for a while, shows the card again, and leaves.
#[embassy_executor::task]
async fn customer(ocpp: Ocpp) {
    until(ocpp, |ocpp| ocpp.is_accepted()).await;
    plug(ocpp, true);
    ocpp.with(|ocpp| ocpp.begin_transaction(CARD, CONNECTOR)).expect("the connector is free");
    until(ocpp, |ocpp| ocpp.permits_charge(CONNECTOR)).await;
    Timer::after_millis(1500).await;
    ocpp.with(|ocpp| ocpp.end_transaction(Some(CARD), Reason::Local, CONNECTOR)).expect("this card began");
    until(ocpp, |ocpp| !ocpp.is_transaction_running(CONNECTOR)).await;
    plug(ocpp, false);
    until(ocpp, |ocpp| {
        ocpp.charge_point_status(CONNECTOR) == Some(ChargePointStatus::Available) && ocpp.waiting_messages() == 0
    })
    .await;
    // It is sent after all that OCPP has to say, so its answer means that nothing waits any more.
    let farewell = Raw(br#"{"vendorId":"org.example","messageId":"Farewell"}"#);
    ocpp.with(|ocpp| ocpp.send_request("DataTransfer", &farewell, Some(&concluded))).expect("nothing else was sent");
}

fn concluded(outcome: Outcome<'_>) {
    let is_delivered = matches!(outcome, Outcome::Result(_));
    board::print(format_args!("{}", if is_delivered { "all delivered" } else { "not delivered" }));
    board::exit(if is_delivered { Ok(()) } else { Err(()) });
}

fn plug(ocpp: Ocpp, plugged: bool) {
    PLUGGED.store(plugged, Relaxed);
    ocpp.notify();
}

async fn until(ocpp: Ocpp, condition: impl Fn(&Controls<'static>) -> bool) {
    while !ocpp.with(|ocpp| condition(ocpp)) {
        Timer::after_millis(50).await;
    }
}

fn distrusted(why: &'static str) {
    board::print(format_args!("certificate: {why}"));
}

/// Not random at all: what it keeps secret is known to whoever knows the time. Real hardware has a true generator.
fn random() -> u32 {
    static STATE: AtomicU32 = AtomicU32::new(0x2545_F491);
    let mut state = STATE.load(Relaxed) ^ Instant::now().as_ticks() as u32;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    STATE.store(state, Relaxed);
    state
}
