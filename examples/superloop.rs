//! The smallest charge point in a superloop: poll, act on the answers, again.
//!
//! `cargo run --example superloop` runs one charging session against a central system of a few lines at the other end
//! of a [`Loopback`]. `examples/charger` shows the same loop on a real socket.

#[path = "parts/nor_flash.rs"]
mod nor_flash;

use embedded_ocpp::json::{Frame, scan};
use embedded_ocpp::ocpp16::{ConnectorHardware, Reason};
use embedded_ocpp::store::FlashStorage;
use embedded_ocpp::transport::Loopback;
use embedded_ocpp::{Boot, ChargePoint, Instant, Resources};
use nor_flash::{Chip, JOURNAL, LEN, SETTINGS};
use std::cell::Cell;
use std::time::Duration;

/// The hardware of the connector, simulated.
struct Socket {
    is_plugged: Cell<bool>,
    meter_wh: Cell<i64>,
}

impl ConnectorHardware for Socket {
    fn is_plugged(&self) -> bool {
        self.is_plugged.get()
    }

    fn energy(&self) -> Option<i64> {
        Some(self.meter_wh.get())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let socket = Socket { is_plugged: Cell::new(false), meter_wh: Cell::new(1_000) };
    let restart = |_| unreachable!("nobody asks for a reset here");

    let mut resources = Resources::<1>::new();
    let mut ocpp = ChargePoint::new(&mut resources, Boot::new("Wallbox One", "ACME"))?;
    ocpp.set_hardware(&socket, 1)?;
    ocpp.set_on_reset_execute(&restart);

    // Two ranges of the chip. The driver of a real one comes from the HAL.
    let mut memory = [0; LEN];
    let mut flash = FlashStorage::new(Chip::erased(&mut memory), SETTINGS, JOURNAL)?;
    let mut link = Loopback::<4096>::new();
    link.connect();

    let mut user = [(200, User::PlugsIn), (400, User::ShowsCard), (1400, User::ShowsCardAgain), (1600, User::PlugsOut)]
        .into_iter()
        .peekable();
    let start = std::time::Instant::now();
    let mut status = None;
    loop {
        let now = Instant::from_millis(start.elapsed().as_millis() as u64);
        ocpp.poll(now, &mut link, &mut flash)?;
        central_system(&mut link)?;

        if ocpp.permits_charge(1) {
            socket.meter_wh.set(socket.meter_wh.get() + 1); // the relay is closed
        }
        if status != ocpp.charge_point_status(1) {
            status = ocpp.charge_point_status(1);
            println!("{:5} ms  connector 1: {status:?}, {} Wh", now.as_millis(), socket.meter_wh.get());
        }
        match user.next_if(|(at, _)| now >= Instant::from_millis(*at)) {
            Some((_, User::PlugsIn)) => socket.is_plugged.set(true),
            Some((_, User::ShowsCard)) => ocpp.begin_transaction("DEADBEEF", 1)?,
            Some((_, User::ShowsCardAgain)) => ocpp.end_transaction(Some("DEADBEEF"), Reason::Local, 1)?,
            Some((_, User::PlugsOut)) => socket.is_plugged.set(false),
            None if now >= Instant::from_secs(2) => break,
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    assert!(socket.meter_wh.get() > 1_000, "energy has flowed");
    assert_eq!(ocpp.waiting_messages(), 0, "everything is told");
    println!("done: {} Wh", socket.meter_wh.get() - 1_000);
    Ok(())
}

enum User {
    PlugsIn,
    ShowsCard,
    ShowsCardAgain,
    PlugsOut,
}

/// Answers what the charge point has sent.
fn central_system(link: &mut Loopback<4096>) -> Result<(), Box<dyn std::error::Error>> {
    while let Some(message) = link.sent() {
        println!("          CP -> {}", String::from_utf8_lossy(message));
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
            other => return Err(format!("unexpected {other:?}").into()),
        };
        link.clear();
        link.push(answer.as_bytes())?;
    }
    Ok(())
}
