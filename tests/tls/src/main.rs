//! A charger whose WebSocket runs over TLS: Mbed TLS over UART1.
//!
//! Whom it trusts and which date it believes in the factory has written into its flash, so that one program does for every
//! case of `.ci/tls`. One customer charges; it ends when all of that is delivered, or with the first connection that fails.
//! All that it prints is how it ended.
#![no_std]
#![no_main]

mod clock;
mod factory;
mod libc;
mod line;
#[path = "../../../examples/parts/nor_flash.rs"]
mod nor_flash;
mod security;

use core::cell::Cell;
use core::convert::Infallible;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use board::uart::Uart;
use cortex_m::Peripherals;
use embassy_executor::Spawner;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_time::{Instant, Timer};
use embedded_ocpp::facade::{EmbassyTimer, Handle, Runner, Shared};
use embedded_ocpp::json::Raw;
use embedded_ocpp::ocpp16::{ChargePointStatus, ConnectorHardware, Reason};
use embedded_ocpp::rpc::Outcome;
use embedded_ocpp::store::FlashStorage;
use embedded_ocpp::transport::ConnectFailure;
use embedded_ocpp::transport::websocket::Options;
use embedded_ocpp::{Boot, ChargePoint, Controls, Resources};
use factory::Factory;
use line::Line;
use mbedtls_rs::Tls;
use nor_flash::{Chip, JOURNAL, LEN, SETTINGS};
use security::Watched;
use static_cell::{ConstStaticCell, StaticCell};

type Ocpp = Handle<'static, 'static, NoopRawMutex>;

const CONNECTOR: u8 = 1;
const CARD: &str = "04A1B2C3D4E5F6";

static RESOURCES: StaticCell<Resources<'static, 1>> = StaticCell::new();
static SHARED: StaticCell<Shared<'static, NoopRawMutex>> = StaticCell::new();
static FLASH: ConstStaticCell<[u8; LEN]> = ConstStaticCell::new([0; LEN]);
static GENERATOR: ConstStaticCell<Generator> = ConstStaticCell::new(Generator);

static PLUGGED: AtomicBool = AtomicBool::new(false);

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let (Some(peripherals), Some(uart)) = (Peripherals::take(), Uart::take()) else { board::exit(Err(())) };
    board::start_time(peripherals.SYST);
    libc::start_heap();
    clock::start();

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
    let options = Options::new(factory.host.to_str().expect("a name"), "/ocpp", "CORTEX-M4");
    let tls = Tls::new(GENERATOR.take()).expect("the only one");
    let mut storage = FlashStorage::new(Chip::erased(FLASH.take()), SETTINGS, JOURNAL).expect("whole pages");
    let ended = runner
        .run(
            async |link| {
                clock::set(ocpp.with(|ocpp| ocpp.date_time()), &factory);
                let mut session = security::open(tls.reference(), Line::new(&mut uart), &factory).await?;
                let (reader, writer) = session.split().await.map_err(|_| ConnectFailure::Tls)?;
                let is_refused = Cell::new(false);
                let closed = link.websocket(&options, Watched { reader, is_refused: &is_refused }, writer).await;
                // With TLS 1.3 the server looks at our certificate when we are done with the handshake already.
                let closed =
                    closed.map_err(|why| if is_refused.get() { ConnectFailure::ClientCertificate } else { why });
                let _ = session.close().await;
                closed
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

/// Not random at all: what it keeps secret is known to whoever knows the time. Real hardware has a true generator.
struct Generator;

impl rand_core::TryRng for Generator {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(random())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from(random()) << 32 | u64::from(random()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill_with(|| random() as u8);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Generator {}

fn random() -> u32 {
    static STATE: AtomicU32 = AtomicU32::new(0x2545_F491);
    let mut state = STATE.load(Relaxed) ^ Instant::now().as_ticks() as u32;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    STATE.store(state, Relaxed);
    state
}
