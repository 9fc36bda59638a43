//! A central system of a few lines at the other end of a loopback, for examples that are about something else.

use embedded_ocpp::json::{Frame, scan};
use embedded_ocpp::store::Storage;
use embedded_ocpp::transport::Loopback;
use embedded_ocpp::{ChargePoint, Instant};

pub(crate) struct Bench {
    link: Loopback<4096>,
    milliseconds: u64,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let mut link = Loopback::new();
        link.connect();
        Self { link, milliseconds: 0 }
    }

    /// Polls until all is said, and accepts what the charge point tells. The answer to `call` is returned.
    pub(crate) fn ask<S: Storage>(&mut self, ocpp: &mut ChargePoint<'_>, storage: &mut S, call: &str) -> String {
        if !call.is_empty() {
            self.link.push(call.as_bytes()).expect("room for a call");
        }
        let mut answer = String::new();
        for _ in 0..32 {
            self.milliseconds += 10;
            ocpp.poll(Instant::from_millis(self.milliseconds), &mut self.link, storage).expect("nothing fails here");
            while let Some(message) = self.link.sent().map(|message| String::from_utf8_lossy(message).into_owned()) {
                self.link.clear();
                println!("CP -> {message}");
                match scan(message.as_bytes()) {
                    Ok(Frame::Call { id, action, .. }) => {
                        let payload = match action.escaped() {
                            "BootNotification" => {
                                r#"{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","interval":300}"#
                            }
                            _ => "{}",
                        };
                        let result = format!(r#"[3,"{}",{payload}]"#, id.escaped());
                        self.link.push(result.as_bytes()).expect("room for an answer");
                    }
                    _ => answer = message,
                }
            }
        }
        answer
    }
}
