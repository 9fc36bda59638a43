//! A charge point on the executor of embassy: one task runs it, others use a copyable handle.
//!
//! `cargo run --example embassy` runs one charging session on the host, against a central system of a few lines in
//! place of a network. On a microcontroller nothing changes but the executor, the inputs and what `run` connects with:
//! `examples/cortex-m4` opens a WebSocket there.

use embassy_executor::{Executor, Spawner};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_time::Timer;
use embedded_ocpp::facade::{EmbassyTimer, Handle, Link, Runner, Shared};
use embedded_ocpp::json::{Frame, scan};
use embedded_ocpp::ocpp16::{ChargePointStatus, ConnectorHardware, Reason};
use embedded_ocpp::store::RamStorage;
use embedded_ocpp::transport::{Loopback, LoopbackClosed, Received};
use embedded_ocpp::{Boot, ChargePoint, Resources, WebSocketTransport};
use static_cell::StaticCell;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};

/// All tasks run on one executor, so the mutex has nothing to do.
type Ocpp = Handle<'static, 'static, NoopRawMutex>;
type OcppRunner = Runner<'static, 'static, NoopRawMutex>;

/// The hardware of the connector, simulated.
static SOCKET: Socket = Socket { is_plugged: AtomicBool::new(false), meter_wh: AtomicI64::new(1_000) };

struct Socket {
    is_plugged: AtomicBool,
    meter_wh: AtomicI64,
}

impl ConnectorHardware for Socket {
    fn is_plugged(&self) -> bool {
        self.is_plugged.load(Relaxed)
    }

    fn energy(&self) -> Option<i64> {
        Some(self.meter_wh.load(Relaxed))
    }
}

fn main() {
    static EXECUTOR: StaticCell<Executor> = StaticCell::new();
    EXECUTOR.init(Executor::new()).run(|spawner| {
        if let Err(error) = start(spawner) {
            eprintln!("embassy: {error}");
            std::process::exit(1);
        }
    });
}

fn start(spawner: Spawner) -> Result<(), Box<dyn std::error::Error>> {
    static RESOURCES: StaticCell<Resources<'static, 1>> = StaticCell::new();
    static SHARED: StaticCell<Shared<'static, NoopRawMutex>> = StaticCell::new();

    let mut ocpp = ChargePoint::new(RESOURCES.init(Resources::new()), Boot::new("Wallbox One", "ACME"))?;
    ocpp.set_hardware(&SOCKET, 1)?;
    ocpp.set_on_reset_execute(&|_| unreachable!("nobody asks for a reset here"));

    let (ocpp, runner) = SHARED.init(Shared::new(ocpp)).split();
    spawner.spawn(run(runner)?);
    spawner.spawn(relay(ocpp)?);
    spawner.spawn(user(ocpp)?);
    Ok(())
}

/// Connects, sends, receives and stores, for ever.
#[embassy_executor::task]
async fn run(mut runner: OcppRunner) {
    let mut flash = RamStorage::<4096>::new();
    // A network would have a socket here, and `link.websocket(&options, reader, writer)`.
    let connect = async |link: Link<'_, _>| link.transport(&mut CentralSystem::connected()).await;
    let Err(error) = runner.run(connect, &mut flash, &EmbassyTimer).await;
    panic!("{error}");
}

/// Closes the relay while energy may flow.
#[embassy_executor::task]
async fn relay(ocpp: Ocpp) {
    loop {
        if ocpp.with(|ocpp| ocpp.permits_charge(1)) {
            SOCKET.meter_wh.fetch_add(5, Relaxed);
        }
        Timer::after_millis(50).await;
    }
}

/// Charges once.
#[embassy_executor::task]
async fn user(ocpp: Ocpp) {
    until(ocpp, ChargePointStatus::Available).await;
    SOCKET.is_plugged.store(true, Relaxed);
    until(ocpp, ChargePointStatus::Preparing).await;
    ocpp.with(|ocpp| ocpp.begin_transaction("DEADBEEF", 1)).expect("the connector is free");
    until(ocpp, ChargePointStatus::Charging).await;
    Timer::after_secs(1).await;
    ocpp.with(|ocpp| ocpp.end_transaction(Some("DEADBEEF"), Reason::Local, 1)).expect("the same card");
    until(ocpp, ChargePointStatus::Finishing).await;
    SOCKET.is_plugged.store(false, Relaxed);
    until(ocpp, ChargePointStatus::Available).await;
    Timer::after_millis(300).await;

    let energy = SOCKET.meter_wh.load(Relaxed) - 1_000;
    assert!(energy > 0, "energy has flowed");
    assert_eq!(ocpp.with(|ocpp| ocpp.waiting_messages()), 0, "everything is told");
    println!("done: {energy} Wh");
    std::process::exit(0);
}

/// Waits until the central system has accepted us and the connector is in this state.
async fn until(ocpp: Ocpp, wanted: ChargePointStatus) {
    while !ocpp.with(|ocpp| ocpp.is_accepted() && ocpp.charge_point_status(1) == Some(wanted)) {
        Timer::after_millis(20).await;
    }
    println!("connector 1: {wanted}, {} Wh", SOCKET.meter_wh.load(Relaxed));
}

/// A connection that answers by itself.
struct CentralSystem(Loopback<4096>);

impl CentralSystem {
    fn connected() -> Self {
        let mut link = Loopback::new();
        link.connect();
        Self(link)
    }

    fn answer(&mut self) -> Result<(), LoopbackClosed> {
        while let Some(message) = self.0.sent() {
            println!("CP -> {}", String::from_utf8_lossy(message));
            let answer = match scan(message) {
                Ok(Frame::Call { id, action, .. }) => {
                    let payload = match action.escaped() {
                        "BootNotification" => {
                            r#"{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","interval":300}"#
                        }
                        "Authorize" | "StopTransaction" => r#"{"idTagInfo":{"status":"Accepted"}}"#,
                        "StartTransaction" => r#"{"idTagInfo":{"status":"Accepted"},"transactionId":1}"#,
                        _ => "{}",
                    };
                    format!(r#"[3,"{}",{payload}]"#, id.escaped())
                }
                other => panic!("unexpected {other:?}"),
            };
            self.0.clear();
            self.0.push(answer.as_bytes())?;
        }
        Ok(())
    }
}

impl WebSocketTransport for CentralSystem {
    type Error = LoopbackClosed;

    fn is_connected(&self) -> bool {
        self.0.is_connected()
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, LoopbackClosed> {
        self.0.receive(buffer).await
    }

    async fn send(&mut self, part: &[u8], last: bool) -> Result<(), LoopbackClosed> {
        self.0.send(part, last).await?;
        self.answer()
    }
}
