//! A charger whose WebSocket runs over TLS, where its security profile wants that: Mbed TLS over UART1.
//!
//! Whom it trusts, who it is and which date it believes the factory has written into its flash, so that one program does for
//! every case of `.ci/tls`. With a customer it ends when all of that one is delivered, or with the first connection that fails;
//! without, it is there for a central system that changes keys, profiles and certificates. All that it prints is how
//! connections and programs ended.
#![no_std]
#![no_main]

mod factory;
mod flash;
mod heap;
mod network;
mod update;

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use board::uart::Uart;
use charger_tls::{CertificateStore, Security, Today};
use cortex_m::Peripherals;
use cortex_m::peripheral::SCB;
use embassy_executor::Spawner;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_time::{Duration, Instant, Timer, with_timeout};
use embedded_ocpp::facade::{Handle, Shared};
use embedded_ocpp::json::Raw;
use embedded_ocpp::ocpp16::{ChargePointStatus, ConnectorHardware, Reason};
use embedded_ocpp::rpc::Outcome;
use embedded_ocpp::transport::ConnectFailure;
use embedded_ocpp::{Boot, ChargePoint, Controls, Resources};
use factory::Factory;
use flash::Chip;
use static_cell::StaticCell;
use update::Verifier;

type Ocpp = Handle<'static, 'static, NoopRawMutex>;
type Certificates = CertificateStore<'static, Chip>;

const IDENTITY: &str = "CORTEX-M4";
const SERIAL_NUMBER: &str = "0001";
const CONNECTOR: u8 = 1;
const CARD: &str = "04A1B2C3D4E5F6";

static RESOURCES: StaticCell<Resources<'static, 1>> = StaticCell::new();
static SHARED: StaticCell<Shared<'static, NoopRawMutex>> = StaticCell::new();
static FACTORY: StaticCell<Factory> = StaticCell::new();
static SECURITY: StaticCell<Security> = StaticCell::new();
static CERTIFICATES: StaticCell<Certificates> = StaticCell::new();
static VERIFIER: StaticCell<Verifier> = StaticCell::new();

static PLUGGED: AtomicBool = AtomicBool::new(false);

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let (Some(peripherals), Some(uart)) = (Peripherals::take(), Uart::take()) else { board::exit(Err(())) };
    board::start_time(peripherals.SYST);
    heap::start();

    let factory = &*FACTORY.init(Factory::read().expect("the factory has written"));
    let [records, certificates] = flash::take();
    let security = &*SECURITY.init(Security::new(random, distrusted));
    let certificates = &*CERTIFICATES.init(CertificateStore::open(security, certificates, &factory.first));
    let verifier = &*VERIFIER.init(Verifier::new(certificates, update::image));

    let resources = RESOURCES.init_with(Resources::new);
    let boot = Boot::new("mps2-an386", "QEMU")
        .firmware_version(env!("CARGO_PKG_VERSION"))
        .charge_point_serial_number(SERIAL_NUMBER);
    let mut charge_point = ChargePoint::new(resources, boot).expect("the texts are short");
    wire(&mut charge_point, factory, certificates).expect("there is this connector, and these keys");
    update::wire(&mut charge_point, verifier);
    let (ocpp, runner) = SHARED.init(Shared::new(charge_point)).split();

    let network = network::run(ocpp, runner, uart, records, factory, security, certificates);
    spawner.spawn(network.expect("spawned once"));
    spawner.spawn(calendar(ocpp, factory, security).expect("spawned once"));
    if factory.has_customer {
        spawner.spawn(customer(ocpp).expect("spawned once"));
    }
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

fn wire(
    ocpp: &mut Controls<'static>,
    factory: &'static Factory,
    certificates: &'static Certificates,
) -> Result<(), &'static str> {
    ocpp.set_hardware(&Outlet, CONNECTOR).map_err(|_| "unknown connector")?;
    ocpp.set_on_reset_execute(&|_| SCB::sys_reset());
    ocpp.set_on_connect_failed(if factory.has_customer { &|why| give_up(why) } else { &|why| tell(why) });
    ocpp.set_rng(&random);
    ocpp.set_certificates(certificates);
    let keys = [
        ("MeterValueSampleInterval", "1"),
        ("AuthorizationKey", factory.password),
        ("SecurityProfile", factory.profile),
    ];
    for (key, value) in keys.into_iter().filter(|(_, value)| !value.is_empty()) {
        ocpp.set_factory_configuration(key, value).map_err(|_| "unknown key")?;
    }
    Ok(())
}

fn tell(why: ConnectFailure) {
    board::print(format_args!("not connected: {why:?}"));
}

fn give_up(why: ConnectFailure) {
    tell(why);
    board::exit(Err(()))
}

/// What certificates are held against.
fn today(ocpp: &Controls<'static>, factory: &Factory) -> Today {
    Today { date: ocpp.date_time().or(factory.battery_clock), floor: ocpp.last_known_date().max(factory.made) }
}

/// The date comes when there is a connection already.
#[embassy_executor::task]
async fn calendar(ocpp: Ocpp, factory: &'static Factory, security: &'static Security) {
    loop {
        let _ = with_timeout(Duration::from_secs(60), security.date_wanted()).await; // once a minute anyway
        security.set_today(ocpp.with(|ocpp| today(ocpp, factory)));
    }
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
