//! The OCPP operations on an RPC layer of one's own: [`embedded_ocpp::rpc::Rpc`] is not used.
//!
//! `cargo run --example own_rpc`. Some products have a message bus already, or share one connection between several
//! protocols. The layer here is the smallest that works: it frames, matches and sends what [`ChargePoint`] has to say,
//! and asks it what to answer. It has one charging session with a central system of a few lines.

use embedded_ocpp::facade::ConnectorClosures;
use embedded_ocpp::json::{Frame, JsonStr, scan};
use embedded_ocpp::ocpp16::{CallName, ChargePointStatus, Exchange, Reason};
use embedded_ocpp::rpc::{Call, CallComposer, CallError, Composer, Handler, MessageId, Outcome, Reply};
use embedded_ocpp::store::RamStorage;
use embedded_ocpp::time::{Duration, Instant};
use embedded_ocpp::{Boot, ChargePoint, Resources};
use std::cell::Cell;
use std::collections::VecDeque;

/// A message bus with whole texts on it.
#[derive(Default)]
struct Bus {
    to_server: VecDeque<String>,
    to_us: VecDeque<String>,
}

/// The call that waits for its answer.
struct InFlight {
    id: MessageId,
    name: CallName,
    deadline: Instant,
}

/// A call of ours as far as it is written.
struct Composing {
    id: MessageId,
    name: CallName,
    message: String,
    /// The next one, if there is one more.
    page: Option<u16>,
}

/// The own RPC layer.
#[derive(Default)]
struct OwnRpc {
    in_flight: Option<InFlight>,
    calls: u32,
    /// A call of ours of which a page is not there yet.
    composing: Option<Composing>,
    /// A call whose answer waits for the storage device.
    held: Option<String>,
}

/// What the operations say, in pages of this size, the least that they take: a long answer does not need a long buffer.
const PAGE: usize = 1024;
const TIMEOUT: Duration = Duration::from_secs(30);

impl OwnRpc {
    /// Sends or receives one message; `false` when there is none.
    fn step(&mut self, now: Instant, ocpp: &mut Exchange<'_, '_>, bus: &mut Bus) -> bool {
        if let Some(call) = self.in_flight.take_if(|call| now >= call.deadline) {
            ocpp.conclude(now, call.name, Outcome::TimedOut { peer_alive: false });
        }
        if let Some(call) = self.composing.take() {
            return self.go_on(now, call, ocpp, bus);
        }
        // A held call is handed over again, with a poll of the operations in between, before anything else.
        if let Some(text) = self.held.take().or_else(|| bus.to_us.pop_front()) {
            self.receive(now, &text, ocpp, bus);
            return true;
        }
        self.in_flight.is_none() && self.send_next(now, ocpp, bus)
    }

    fn send_next(&mut self, now: Instant, ocpp: &mut Exchange<'_, '_>, bus: &mut Bus) -> bool {
        let mut buffer = [0; PAGE];
        let fresh_id = MessageId { epoch: ocpp.call_epoch(), number: self.calls };
        let mut composer = CallComposer::new(&mut buffer, fresh_id);
        let Some(name) = ocpp.next_call(now, &mut composer) else { return false };
        let (len, page, id) = composer.finish();
        self.calls += 1;
        self.go_on(now, Composing { id, name, message: text_of(&buffer[..len]), page }, ocpp, bus)
    }

    /// Writes the rest of a call, and sends it. Where a page must be fetched from the storage device nothing is written, and it
    /// is asked for again, with a poll of the operations in between.
    fn go_on(&mut self, now: Instant, mut call: Composing, ocpp: &mut Exchange<'_, '_>, bus: &mut Bus) -> bool {
        let mut buffer = [0; PAGE];
        while let Some(page) = call.page {
            let mut composer = Composer::new(&mut buffer, page);
            ocpp.continue_call(now, call.name, &mut composer);
            let (len, next) = composer.finish();
            if len == 0 {
                self.composing = Some(call);
                return true;
            }
            call.message += &text_of(&buffer[..len]);
            call.page = next;
        }
        self.in_flight = Some(InFlight { id: call.id, name: call.name, deadline: now + TIMEOUT });
        bus.to_server.push_back(call.message);
        true
    }

    fn receive(&mut self, now: Instant, text: &str, ocpp: &mut Exchange<'_, '_>, bus: &mut Bus) {
        match scan(text.as_bytes()) {
            Ok(Frame::Call { id, action, payload }) => match answer(now, id, &Call { action, payload }, ocpp) {
                Answer::Written(answer) => bus.to_server.push_back(answer),
                Answer::Held => self.held = Some(text.to_owned()),
                Answer::None => {}
            },
            Ok(Frame::CallResult { id, payload }) if payload.text().is_ok() => {
                self.conclude(now, id, Outcome::Result(payload), ocpp);
            }
            Ok(Frame::CallError { id, code, description }) => {
                self.conclude(now, id, Outcome::Error { code, description }, ocpp);
            }
            Ok(_) | Err(_) => println!("dropped: {text}"),
        }
    }

    fn conclude(&mut self, now: Instant, id: JsonStr<'_>, outcome: Outcome<'_>, ocpp: &mut Exchange<'_, '_>) {
        if let Some(call) = self.in_flight.take_if(|call| id.is(&call.id.to_string())) {
            ocpp.conclude(now, call.name, outcome);
        }
    }
}

enum Answer {
    Written(String),
    /// Not yet.
    Held,
    None,
}

/// All pages of the answer.
fn answer(now: Instant, id: JsonStr<'_>, call: &Call<'_>, ocpp: &mut Exchange<'_, '_>) -> Answer {
    let id = id.escaped();
    let mut message = format!(r#"[3,"{id}","#);
    let mut page = Some(0);
    while let Some(number) = page {
        let mut buffer = [0; PAGE];
        let mut composer = Composer::new(&mut buffer, number);
        match ocpp.handle_call(now, call, &mut composer) {
            Ok(Reply::Now) => {}
            Ok(Reply::Held) => return Answer::Held,
            Ok(_) => return Answer::None,
            Err(CallError { code, description }) => {
                return Answer::Written(format!(r#"[4,"{id}","{}","{description}",{{}}]"#, code.as_str()));
            }
        }
        let (len, next) = composer.finish();
        message += &text_of(&buffer[..len]);
        page = next;
    }
    Answer::Written(message)
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (is_plugged, meter_wh) = (Cell::new(false), Cell::new(1_000));
    let plug_pin = || is_plugged.get();
    let meter = || Some(meter_wh.get());
    let mut socket = ConnectorClosures::new();
    socket.set_connector_plugged_input(&plug_pin);
    socket.set_energy_meter_input(&meter);
    let restart = |_| unreachable!("nobody asks for a reset here");

    let mut resources = Resources::<1>::new();
    let mut ocpp = ChargePoint::new(&mut resources, Boot::new("Wallbox One", "ACME"))?;
    ocpp.set_hardware(&socket, 1)?;
    ocpp.set_on_reset_execute(&restart);

    let mut flash = RamStorage::<4096>::new();
    let mut rpc = OwnRpc::default();
    let mut bus = Bus::default();
    let mut server = Server::default();
    bus.to_us.push_back(r#"[2,"s1","GetConfiguration",{}]"#.into());
    let entry = r#"{"idTag":"DEADBEEF","idTagInfo":{"status":"Accepted"}}"#;
    bus.to_us.push_back(format!(
        r#"[2,"s2","SendLocalList",{{"listVersion":1,"updateType":"Full","localAuthorizationList":[{entry}]}}]"#
    ));

    // Virtual time: a step of 100 ms costs nothing.
    for now in (0..3_000).step_by(100).map(Instant::from_millis) {
        while rpc.step(now, &mut ocpp.poll_operations(now, true, &mut flash)?, &mut bus) {
            server.serve(&mut bus)?;
        }
        if ocpp.permits_charge(1) {
            meter_wh.set(meter_wh.get() + 10);
        }
        match now.as_millis() {
            500 => is_plugged.set(true),
            700 => ocpp.begin_transaction("DEADBEEF", 1)?,
            1_500 => assert_eq!(ocpp.charge_point_status(1), Some(ChargePointStatus::Charging)),
            2_000 => ocpp.end_transaction(Some("DEADBEEF"), Reason::Local, 1)?,
            2_500 => is_plugged.set(false),
            _ => {}
        }
    }
    assert_eq!(ocpp.charge_point_status(1), Some(ChargePointStatus::Available));
    assert_eq!(ocpp.waiting_messages(), 0, "everything is told");
    assert_eq!((server.started, server.stopped, server.answered), (1, 1, 2));
    println!("done: {} Wh", meter_wh.get() - 1_000);
    Ok(())
}

/// The central system.
#[derive(Default)]
struct Server {
    started: u32,
    stopped: u32,
    answered: u32,
}

impl Server {
    fn serve(&mut self, bus: &mut Bus) -> Result<(), String> {
        while let Some(message) = bus.to_server.pop_front() {
            println!("CP -> {message}");
            let (id, action) = match scan(message.as_bytes()) {
                Ok(Frame::Call { id, action, .. }) => (id, action),
                Ok(Frame::CallResult { id, .. }) if id.is("s1") || id.is("s2") => {
                    self.answered += 1;
                    continue;
                }
                other => return Err(format!("unexpected {other:?}")),
            };
            let payload = match action.escaped() {
                "BootNotification" => r#"{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","interval":300}"#,
                "Authorize" => r#"{"idTagInfo":{"status":"Accepted"}}"#,
                "StartTransaction" => {
                    self.started += 1;
                    r#"{"idTagInfo":{"status":"Accepted"},"transactionId":1}"#
                }
                "StopTransaction" => {
                    self.stopped += 1;
                    r#"{"idTagInfo":{"status":"Accepted"}}"#
                }
                _ => "{}",
            };
            bus.to_us.push_back(format!(r#"[3,"{}",{payload}]"#, id.escaped()));
        }
        Ok(())
    }
}
