//! The central system of the demonstration: one charge point, one connection, nothing refused.

use crate::evse::Evse;
use crate::script::{CONNECTOR, ID_TAG};
use crate::trace::{Log, Traffic};
use embedded_ocpp::time::DateTime;
use serde_json::{Value, json};
use std::error::Error;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::http::{HeaderValue, StatusCode};
use tungstenite::{Message, WebSocket};

const SUBPROTOCOL: &str = "ocpp1.6";

/// A server on a free port of this machine, in a thread of its own.
pub(crate) struct CentralSystem {
    address: SocketAddr,
    report: Receiver<Report>,
}

/// What has become of the one connection.
#[derive(Debug, Default)]
pub(crate) struct Report {
    received: u32,
    sent: u32,
    /// The status that connector 1 has reported, each time.
    statuses: Vec<String>,
    meter_values: u32,
    transactions: Vec<Transaction>,
    complaints: Vec<String>,
}

#[derive(Debug)]
struct Transaction {
    id_tag: String,
    meter_start: i64,
    meter_stop: Option<i64>,
}

impl CentralSystem {
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let (sender, report) = mpsc::channel();
        thread::spawn(move || {
            let mut report = Report::default();
            if let Err(error) = serve(&listener, &mut report) {
                report.complaints.push(error.to_string());
            }
            let _ = sender.send(report);
        });
        Ok(Self { address, report })
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/ocpp/CP_1", self.address)
    }

    /// What has come of it, once the charge point has left.
    pub(crate) fn report(self) -> Result<Report, Box<dyn Error>> {
        Ok(self.report.recv_timeout(Duration::from_secs(2)).map_err(|_| "the charge point has not left")?)
    }
}

fn serve(listener: &TcpListener, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let (stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let mut link = tungstenite::accept_hdr(stream, agree).map_err(|error| error.to_string())?;
    loop {
        match link.read() {
            Ok(Message::Text(text)) => answer(&mut link, &text, report)?,
            Ok(_) => {}
            Err(tungstenite::Error::ConnectionClosed) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Takes only a client that offers the subprotocol.
#[allow(clippy::result_large_err)] // as tungstenite wants it
fn agree(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let offered = request.headers().get("Sec-WebSocket-Protocol").and_then(|value| value.to_str().ok());
    if offered.is_some_and(|offered| offered.split(',').any(|each| each.trim() == SUBPROTOCOL)) {
        response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
        return Ok(response);
    }
    let mut refusal = ErrorResponse::new(Some("this is OCPP 1.6J".into()));
    *refusal.status_mut() = StatusCode::BAD_REQUEST;
    Err(refusal)
}

fn answer(link: &mut WebSocket<TcpStream>, text: &str, report: &mut Report) -> Result<(), Box<dyn Error>> {
    report.received += 1;
    let frame: Value = serde_json::from_str(text)?;
    let (id, action, payload) = (&frame[1], frame[2].as_str().unwrap_or_default(), &frame[3]);
    if frame[0] != 2 {
        if frame[0] != 3 || frame[2]["status"] != "Accepted" {
            report.complaints.push(format!("refused: {text}"));
        }
        return Ok(());
    }
    let result = report.result(action, payload);
    report.send(link, &json!([3, id, result]))?;
    if action == "BootNotification" {
        let every_second = json!({"key": "MeterValueSampleInterval", "value": "1"});
        report.send(link, &json!([2, "cs-1", "ChangeConfiguration", every_second]))?;
    }
    Ok(())
}

impl Report {
    fn send(&mut self, link: &mut WebSocket<TcpStream>, frame: &Value) -> Result<(), tungstenite::Error> {
        self.sent += 1;
        link.send(Message::text(frame.to_string()))
    }

    fn result(&mut self, action: &str, payload: &Value) -> Value {
        let accepted = json!({"status": "Accepted"});
        match action {
            "BootNotification" => json!({"status": "Accepted", "currentTime": now(), "interval": 300}),
            "Heartbeat" => json!({"currentTime": now()}),
            "Authorize" => json!({"idTagInfo": accepted}),
            "StartTransaction" => {
                self.transactions.push(Transaction {
                    id_tag: payload["idTag"].as_str().unwrap_or_default().into(),
                    meter_start: payload["meterStart"].as_i64().unwrap_or_default(),
                    meter_stop: None,
                });
                json!({"idTagInfo": accepted, "transactionId": self.transactions.len()})
            }
            "StopTransaction" => {
                let index = payload["transactionId"].as_u64().and_then(|id| usize::try_from(id).ok()?.checked_sub(1));
                match index.and_then(|index| self.transactions.get_mut(index)) {
                    Some(transaction) => transaction.meter_stop = payload["meterStop"].as_i64(),
                    None => self.complaints.push(format!("stopped what never started: {payload}")),
                }
                json!({"idTagInfo": accepted})
            }
            "StatusNotification" => {
                if payload["connectorId"] == CONNECTOR {
                    self.statuses.push(payload["status"].as_str().unwrap_or_default().into());
                }
                json!({})
            }
            "MeterValues" => {
                self.meter_values += 1;
                json!({})
            }
            "SecurityEventNotification" => json!({}),
            other => {
                self.complaints.push(format!("unexpected {other}"));
                json!({})
            }
        }
    }

    /// Compares with what the charge point has seen, and shows the sum of it.
    pub(crate) fn confirm(&self, evse: &Evse, traffic: &Traffic, log: &Log) -> Result<(), Box<dyn Error>> {
        let [Transaction { id_tag, meter_start, meter_stop: Some(meter_stop) }] = self.transactions.as_slice() else {
            return Err(format!("expected one whole transaction: {self:?}").into());
        };
        let billed = meter_stop - meter_start;
        let metered = evse.outlet(CONNECTOR).map_or(0, |outlet| outlet.energy());
        log.note("the session is over");
        println!();
        println!("  transactions  1, by {id_tag}");
        println!("  energy        {billed} Wh billed, {metered} Wh on the meter, in {} samples", self.meter_values);
        println!("  status        {}", self.statuses.join(", "));
        println!("  messages      {} sent and {} received", traffic.sent(), traffic.received());
        println!("  waiting       none");
        let expectations = [
            (id_tag == ID_TAG, "the card"),
            (billed > 0 && billed == metered, "the energy"),
            (self.meter_values > 0, "the samples"),
            (self.statuses == ["Available", "Preparing", "Charging", "Finishing", "Available"], "the status"),
            ((traffic.sent(), traffic.received()) == (self.received, self.sent), "the number of messages"),
            (self.complaints.is_empty(), "no complaint"),
        ];
        match expectations.iter().find(|(holds, _)| !holds) {
            None => Ok(()),
            Some((_, what)) => Err(format!("{what} is not as expected: {self:?}").into()),
        }
    }
}

fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    DateTime::from_unix(seconds as u32).to_string()
}
