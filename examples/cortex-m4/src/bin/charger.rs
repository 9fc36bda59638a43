//! A charger: embassy, a WebSocket over UART1, flash in RAM.
//!
//! `cargo run --release` connects it to a central system on TCP port 9000 of this machine. One customer comes,
//! charges and leaves; when the central system knows everything about it, the program ends.
#![no_std]
#![no_main]

#[path = "../../../parts/nor_flash.rs"]
mod nor_flash;

use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering::Relaxed};

use board::uart::Uart;
use cortex_m::Peripherals;
use embassy_executor::Spawner;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_time::{Duration, Instant, Timer};
use embedded_ocpp::facade::{EmbassyTimer, Handle, Runner, Shared};
use embedded_ocpp::json::Raw;
use embedded_ocpp::ocpp16::{ChargePointStatus, ConnectorHardware, Equipment, Reason, TxNotification};
use embedded_ocpp::rpc::Outcome;
use embedded_ocpp::store::FlashStorage;
use embedded_ocpp::transport::websocket::Options;
use embedded_ocpp::{Boot, ChargePoint, Controls, Resources};
use nor_flash::{Chip, JOURNAL, LEN, SETTINGS};
use static_cell::{ConstStaticCell, StaticCell};

type Ocpp = Handle<'static, 'static, NoopRawMutex>;

const CONNECTOR: u8 = 1;
const CARD: &str = "04A1B2C3D4E5F6";
const POWER_W: i32 = 7200;

static RESOURCES: StaticCell<Resources<'static, 1>> = StaticCell::new();
static SHARED: StaticCell<Shared<'static, NoopRawMutex>> = StaticCell::new();
static FLASH: ConstStaticCell<[u8; LEN]> = ConstStaticCell::new([0; LEN]);

static OUTLET: Outlet =
    Outlet { is_plugged: AtomicBool::new(false), energy_wh: AtomicI32::new(1000), is_charging: AtomicBool::new(false) };

/// The hardware of the connector.
struct Outlet {
    is_plugged: AtomicBool,
    energy_wh: AtomicI32,
    is_charging: AtomicBool,
}

impl ConnectorHardware for Outlet {
    fn is_plugged(&self) -> bool {
        self.is_plugged.load(Relaxed)
    }

    fn energy(&self) -> Option<i64> {
        Some(self.energy_wh.load(Relaxed).into())
    }

    fn equipment(&self) -> Equipment {
        Equipment::new().with_power_meter()
    }

    fn power(&self) -> Option<i32> {
        Some(if self.is_charging.load(Relaxed) { POWER_W } else { 0 })
    }

    fn notify(&self, notification: TxNotification) {
        log(format_args!("{notification:?}"));
    }
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let (Some(peripherals), Some(uart)) = (Peripherals::take(), Uart::take()) else { board::exit(Err(())) };
    board::start_time(peripherals.SYST);

    let resources = RESOURCES.init_with(Resources::new);
    let boot = Boot::new("mps2-an386", "QEMU").firmware_version(env!("CARGO_PKG_VERSION"));
    let mut charge_point = ChargePoint::new(resources, boot).expect("the texts are short");
    wire(&mut charge_point).expect("there is this connector and this key");
    let (ocpp, runner) = SHARED.init(Shared::new(charge_point)).split();

    spawner.spawn(network(runner, uart).expect("spawned once"));
    spawner.spawn(evse(ocpp).expect("spawned once"));
    spawner.spawn(customer(ocpp).expect("spawned once"));
}

/// Connects the charge point with the hardware.
fn wire(ocpp: &mut Controls<'static>) -> Result<(), &'static str> {
    ocpp.set_hardware(&OUTLET, CONNECTOR).map_err(|_| "unknown connector")?;
    ocpp.set_on_reset_execute(&|_| board::exit(Ok(())));
    ocpp.set_on_connect_failed(&|why| log(format_args!("not connected: {why}")));
    ocpp.set_rng(&random);
    ocpp.set_factory_configuration("MeterValueSampleInterval", "1").map_err(|_| "unknown key")
}

/// Moves everything between the charge point, its flash and the central system.
#[embassy_executor::task]
async fn network(mut runner: Runner<'static, 'static, NoopRawMutex>, mut uart: Uart) {
    let options = Options::new("127.0.0.1", "/ocpp", "CORTEX-M4");
    let mut storage = FlashStorage::new(Chip::erased(FLASH.take()), SETTINGS, JOURNAL).expect("whole pages");
    // The other end of the UART is a TCP connection. A socket would be opened here, and TLS.
    let ended = runner
        .run(
            async |link| {
                let (reader, writer) = uart.split();
                link.websocket(&options, reader, writer).await
            },
            &mut storage,
            &EmbassyTimer,
        )
        .await;
    let Err(error) = ended;
    log(format_args!("{error}"));
    board::exit(Err(()))
}

/// The power electronics: energy flows while OCPP permits it and an EV is there.
#[embassy_executor::task]
async fn evse(ocpp: Ocpp) {
    const WH_PER_TICK: i32 = 1;
    const TICK: Duration = Duration::from_millis(WH_PER_TICK as u64 * 3_600_000 / POWER_W as u64);
    loop {
        Timer::after(TICK).await;
        let permitted = ocpp.with(|ocpp| ocpp.permits_charge(CONNECTOR));
        OUTLET.is_charging.store(permitted && OUTLET.is_plugged.load(Relaxed), Relaxed);
        if OUTLET.is_charging.load(Relaxed) {
            OUTLET.energy_wh.fetch_add(WH_PER_TICK, Relaxed);
        }
    }
}

/// Plugs in, shows a card, charges for a while, shows the card again, and leaves.
#[embassy_executor::task]
async fn customer(ocpp: Ocpp) {
    until(ocpp, |ocpp| ocpp.is_accepted()).await;
    Timer::after_millis(500).await;
    plug(ocpp, true);
    Timer::after_millis(500).await;
    ocpp.with(|ocpp| ocpp.begin_transaction(CARD, CONNECTOR)).expect("the connector is free");
    until(ocpp, |ocpp| ocpp.permits_charge(CONNECTOR)).await;
    Timer::after_millis(3500).await;
    ocpp.with(|ocpp| ocpp.end_transaction(Some(CARD), Reason::Local, CONNECTOR)).expect("this card began");
    until(ocpp, |ocpp| !ocpp.is_transaction_running(CONNECTOR)).await;
    Timer::after_millis(500).await;
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
    log(format_args!("all delivered: {outcome:?}"));
    board::exit(if matches!(outcome, Outcome::Result(_)) { Ok(()) } else { Err(()) });
}

fn plug(ocpp: Ocpp, plugged: bool) {
    log(format_args!("plugged {}", if plugged { "in" } else { "out" }));
    OUTLET.is_plugged.store(plugged, Relaxed);
    ocpp.notify();
}

async fn until(ocpp: Ocpp, condition: impl Fn(&Controls<'static>) -> bool) {
    while !ocpp.with(|ocpp| condition(ocpp)) {
        Timer::after_millis(50).await;
    }
}

fn log(line: core::fmt::Arguments<'_>) {
    board::print(format_args!("{:5} ms  {line}", Instant::now().as_millis()));
}

/// Xorshift, seeded with the time at which it is first asked. Real hardware has a true generator.
fn random() -> u32 {
    static STATE: AtomicU32 = AtomicU32::new(0x2545_F491);
    let mut state = STATE.load(Relaxed) ^ Instant::now().as_ticks() as u32;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    STATE.store(state, Relaxed);
    state
}
