//! What a firmware adds to the standard, or does in its own way: an action of its own, a handler in place of the crate's,
//! and an observer beside it.
//!
//! `cargo run --example customise`. All three are closures that are set before the first poll and looked up by the action's
//! name, so what is not used costs nothing.

#[path = "parts/bench.rs"]
mod bench;

use bench::Bench;
use embedded_ocpp::facade::ConnectorClosures;
use embedded_ocpp::json::{Raw, Serde, from_payload};
use embedded_ocpp::ocpp16::RequestHandler;
use embedded_ocpp::rpc::{Call, CallError, Composer, Reply};
use embedded_ocpp::store::RamStorage;
use embedded_ocpp::{Boot, ChargePoint, Resources};
use serde::{Deserialize, Serialize};
use std::cell::Cell;

#[derive(Deserialize)]
struct Dim {
    percent: u8,
}

#[derive(Serialize)]
struct Dimmed {
    previous: u8,
}

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let brightness = Cell::new(20);
    let resets_seen = Cell::new(0);
    let restart = |_| unreachable!("the reset is refused here");

    // An action that the crate does not know: {"percent": 0..=100}. What is wrong with it is answered as a CALLERROR.
    let dim = |call: &Call<'_>, answer: &mut Composer<'_>| {
        let wanted = from_payload::<Dim>(call.payload).filter(|wanted| wanted.percent <= 100);
        let Dim { percent } = wanted.ok_or(CallError::property("percent"))?;
        answer.payload(&Serde(Dimmed { previous: brightness.replace(percent) }))?;
        Ok(Reply::Now)
    };

    // A handler in place of the crate's: this charger is only reset at its own button. The crate's Reset has no effect now.
    let refuse = |_: &Call<'_>, answer: &mut Composer<'_>| {
        answer.payload(&Raw(br#"{"status":"Rejected"}"#))?;
        Ok(Reply::Now)
    };

    // An observer sees each request of its action after it was handled, whoever has handled it.
    let observe = |payload: &str| {
        println!("a reset was asked for: {payload}");
        resets_seen.set(resets_seen.get() + 1);
    };

    let mut socket = ConnectorClosures::new();
    socket.set_energy_meter_input(&|| Some(0));
    let mut resources = Resources::<1>::new();
    let mut ocpp = ChargePoint::new(&mut resources, Boot::new("Wallbox One", "ACME"))?;
    ocpp.set_hardware(&socket, 1)?;
    ocpp.set_on_reset_execute(&restart);
    ocpp.set_request_handler(RequestHandler { action: "AcmeDim", handle: &dim })?;
    ocpp.set_request_handler(RequestHandler { action: "Reset", handle: &refuse })?;
    ocpp.set_on_receive_request("Reset", &observe)?;

    let mut storage = RamStorage::<2048>::new();
    let mut bench = Bench::new();
    bench.ask(&mut ocpp, &mut storage, "");

    let answer = bench.ask(&mut ocpp, &mut storage, r#"[2,"a","AcmeDim",{"percent":80}]"#);
    assert_eq!(answer, r#"[3,"a",{"previous":20}]"#);
    assert_eq!(brightness.get(), 80);
    let answer = bench.ask(&mut ocpp, &mut storage, r#"[2,"b","AcmeDim",{"percent":101}]"#);
    assert!(answer.starts_with(r#"[4,"b","PropertyConstraintViolation""#), "{answer}");
    assert_eq!(brightness.get(), 80);

    let answer = bench.ask(&mut ocpp, &mut storage, r#"[2,"c","Reset",{"type":"Hard"}]"#);
    assert_eq!(answer, r#"[3,"c",{"status":"Rejected"}]"#);
    assert_eq!(resets_seen.get(), 1);
    println!("done: brightness {}", brightness.get());
    Ok(())
}
