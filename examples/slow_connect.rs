//! A superloop whose modem takes its time: energy is given, the relay is looked at each turn, and no turn waits for the
//! network.
//!
//! `cargo run --example slow_connect` charges once. The modem fails at first, then needs a second to connect; a central
//! system of a few lines is at its other end. With smoltcp or lwIP the stream is a socket on which `connect` was called.

use embedded_ocpp::facade::ConnectorClosures;
use embedded_ocpp::ocpp16::Reason;
use embedded_ocpp::store::RamStorage;
use embedded_ocpp::transport::ConnectFailure;
use embedded_ocpp::transport::websocket::{Options, Stream, WebSocket};
use embedded_ocpp::{Boot, ChargePoint, Error, Instant, Resources};
use serde_json::{Value, json};
use std::cell::Cell;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::task::Poll;
use std::time;
use tungstenite::Message;
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::http::HeaderValue;

/// The relay must be looked at this often.
const TURN_MAX: time::Duration = time::Duration::from_millis(100);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let central_system = std::thread::spawn(move || serve(&listener).map_err(|error| error.to_string()));

    let meter_wh = Cell::new(1_000);
    let meter = || Some(meter_wh.get());
    let mut socket = ConnectorClosures::new(); // a fixed cable, whose plug nobody sees
    socket.set_energy_meter_input(&meter);
    let restart = |_| unreachable!("nobody asks for a reset here");
    let lamp = |why: ConnectFailure| println!("          lamp: {why}");

    let mut resources = Resources::<1>::new();
    let mut ocpp = ChargePoint::new(&mut resources, Boot::new("Wallbox One", "ACME"))?;
    ocpp.set_hardware(&socket, 1)?;
    ocpp.set_on_reset_execute(&restart);
    ocpp.set_on_connect_failed(&lamp);
    ocpp.set_factory_configuration("AllowOfflineTxForUnknownId", "true")?; // no card waits for the network

    let mut flash = RamStorage::<4096>::new();
    let (mut read, mut write) = ([0; 2048 + 64], [0; 1024 + 8]);
    let mut link = WebSocket::new(&mut read, &mut write, random);
    let mut tries = 0;
    let mut offline_wh = 0;
    let (start, mut longest) = (time::Instant::now(), time::Duration::ZERO);
    loop {
        let turn = time::Instant::now();
        let now = Instant::from_millis(start.elapsed().as_millis() as u64);
        match ocpp.poll(now, &mut link, &mut flash) {
            Ok(_) | Err(Error::Connect(_)) => {} // the lamp shows it
            Err(error) => return Err(error.to_string().into()),
        }
        if link.is_over() && now >= ocpp.connect_at() {
            tries += 1;
            println!("{:5} ms  try {tries}", now.as_millis());
            match tries {
                1 => link.abandon(ConnectFailure::NoNetwork), // what this modem says at once
                _ => link.open(Modem::dial(address), &Options::new("csms.example.com", "/ocpp", "CP 1")),
            }
        }

        if ocpp.permits_charge(1) {
            meter_wh.set(meter_wh.get() + 1); // the relay is closed
            offline_wh += i64::from(!ocpp.is_connected());
        }
        let is_online = ocpp.is_accepted();
        if !ocpp.is_transaction_active(1) && !is_online {
            let _ = ocpp.begin_transaction("DEADBEEF", 1);
        } else if ocpp.is_transaction_running(1) && is_online {
            println!("{:5} ms  online, {} Wh", now.as_millis(), meter_wh.get() - 1_000);
            ocpp.end_transaction(Some("DEADBEEF"), Reason::Local, 1)?;
        }
        let is_told = ocpp.transaction(1).is_none() && ocpp.waiting_messages() == 0;
        if is_online && is_told && link.poll_close().is_ready() {
            break;
        }
        longest = longest.max(turn.elapsed());
        std::thread::sleep(time::Duration::from_millis(10));
    }
    let told = central_system.join().map_err(|_| "the central system has died")??;
    assert!(offline_wh > 0, "energy has flowed without a network");
    assert!(longest < TURN_MAX, "a turn took {longest:?}");
    assert_eq!(told, meter_wh.get() - 1_000, "all of it is told");
    println!("done: {told} Wh, {offline_wh} of them offline; the longest turn took {longest:?}");
    Ok(())
}

fn random(bytes: &mut [u8]) {
    use std::hash::{BuildHasher, RandomState};
    bytes.fill_with(|| RandomState::new().hash_one(0) as u8); // real hardware has a true generator
}

/// A socket that is there at once, and connected much later. Until then it takes nothing.
struct Modem {
    connected_at: time::Instant,
    stream: io::Result<TcpStream>,
}

impl Modem {
    fn dial(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).and_then(|stream| stream.set_nonblocking(true).map(|()| stream));
        Self { connected_at: time::Instant::now() + time::Duration::from_secs(1), stream }
    }

    fn transfer(&mut self, action: impl FnOnce(&mut TcpStream) -> io::Result<usize>) -> Poll<Result<usize, ErrorKind>> {
        if time::Instant::now() < self.connected_at {
            return Poll::Pending;
        }
        let stream = self.stream.as_mut().map_err(|error| error.kind())?;
        match action(stream) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
            result => Poll::Ready(result.map_err(|error| error.kind())),
        }
    }
}

impl Stream for Modem {
    type Error = ErrorKind;

    fn read(&mut self, buffer: &mut [u8]) -> Poll<Result<usize, ErrorKind>> {
        self.transfer(|stream| stream.read(buffer))
    }

    fn write(&mut self, bytes: &[u8]) -> Poll<Result<usize, ErrorKind>> {
        self.transfer(|stream| stream.write(bytes))
    }
}

/// Answers one charge point until it leaves, and returns the energy of its transaction.
#[allow(clippy::result_large_err)] // the error is that of tungstenite
fn serve(listener: &TcpListener) -> Result<i64, Box<dyn std::error::Error>> {
    let agree = |_: &Request, mut response: Response| {
        response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("ocpp1.6"));
        Ok::<_, ErrorResponse>(response)
    };
    let (stream, _) = listener.accept()?;
    let mut link = tungstenite::accept_hdr(stream, agree).map_err(|error| error.to_string())?;
    let mut energy = 0;
    loop {
        let text = match link.read() {
            Ok(Message::Text(text)) => text,
            Ok(_) => continue,
            Err(tungstenite::Error::ConnectionClosed) => return Ok(energy),
            Err(error) => return Err(error.into()),
        };
        println!("          CP -> {text}");
        let call: Value = serde_json::from_str(&text)?;
        let accepted = json!({"status": "Accepted"});
        let register = |name: &str| call[3][name].as_i64().unwrap_or_default();
        energy += register("meterStop") - register("meterStart");
        let answer = match call[2].as_str() {
            Some("BootNotification") => {
                json!({"status": "Accepted", "currentTime": "2026-01-01T00:00:00Z", "interval": 300})
            }
            Some("StartTransaction") => json!({"transactionId": 1, "idTagInfo": accepted}),
            Some("Authorize" | "StopTransaction") => json!({"idTagInfo": accepted}),
            _ => json!({}),
        };
        link.send(Message::text(json!([3, call[1], answer]).to_string()))?;
    }
}
