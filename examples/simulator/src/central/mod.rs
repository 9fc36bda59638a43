//! A small central system, to be played by hand: it takes one charge point, refuses nothing by itself, and sends what it is
//! told to.

mod answers;
mod calls;
mod door;
mod files;
mod link;

use crate::web::{Feed, Request};
use answers::Books;
use calls::Calls;
use door::Door;
use files::Files;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;

/// The commands that are for the central system.
pub(crate) const COMMANDS: [&str; 3] = ["call", "tag", "central"];

#[derive(Clone)]
pub(crate) struct Central(Arc<Shared>);

struct Shared {
    address: SocketAddr,
    feed: Feed,
    office: Mutex<Office>,
}

/// All that it knows.
struct Office {
    books: Books,
    calls: Calls,
    files: Files,
    door: Door,
    /// What BootNotification is answered with.
    registration: &'static str,
    /// Messages are answered at all.
    answers: bool,
}

impl Central {
    /// A server on a free port of this machine.
    pub(crate) async fn start(feed: Feed) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let office = Office {
            books: Books::new(),
            calls: Calls::default(),
            files: Files::default(),
            door: Door::default(),
            registration: "Accepted",
            answers: true,
        };
        let central = Self(Arc::new(Shared { address: listener.local_addr()?, feed, office: Mutex::new(office) }));
        central.tell();
        let router = link::routes().merge(files::routes()).with_state(central.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(central)
    }

    /// Where a charge point finds it.
    pub(crate) fn url(&self) -> String {
        format!("ws://{}/ocpp/CP_1", self.0.address)
    }

    /// Does what a page or a script wants. It must be one of [`COMMANDS`].
    pub(crate) fn command(&self, request: Request, fields: &Map<String, Value>) {
        let id = fields.get("id").cloned().unwrap_or_default();
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let done = match text("cmd") {
            Some("call") => match (text("action"), fields.get("payload")) {
                (Some(action), None | Some(Value::Object(_))) => {
                    let payload = fields.get("payload").cloned().unwrap_or_else(|| json!({}));
                    let payload = self.completed(action, payload);
                    self.call(id.clone(), action, payload, request.replies.clone());
                    Ok(())
                }
                (None, _) => Err("action is missing".into()),
                _ => Err("payload is not an object".into()),
            },
            Some("tag") => match (text("id_tag"), text("status")) {
                (Some(id_tag), Some(status)) if (1..=20).contains(&id_tag.len()) => {
                    self.office().books.set_tag(id_tag, status, text("parent"))
                }
                _ => Err("a tag has an id_tag of 1 to 20 characters and a status".into()),
            },
            _ => self.change(fields),
        };
        if let Err(reason) = done {
            let _ = request.replies.send(json!({"event": "error", "id": id, "reason": reason}).to_string());
        }
        self.tell();
    }

    /// How it behaves from now on.
    fn change(&self, fields: &Map<String, Value>) -> Result<(), String> {
        let mut office = self.office();
        if let Some(registration) = fields.get("registration") {
            let known = ["Accepted", "Pending", "Rejected"].into_iter().find(|known| registration == known);
            office.registration = known.ok_or("registration is Accepted, Pending or Rejected")?;
        }
        if let Some(password) = fields.get("password") {
            office.door.want((!password.is_null()).then(|| password.as_str().unwrap_or_default()))?;
        }
        if let Some(answers) = fields.get("answers") {
            office.answers = answers.as_bool().ok_or("answers is true or false")?;
        }
        Ok(())
    }

    /// Fills in what only the central system knows: where its files are, and the numbers of its requests.
    fn completed(&self, action: &str, mut payload: Value) -> Value {
        let address = self.0.address;
        if action == "GetLog" {
            if payload["requestId"].is_null() {
                payload["requestId"] = self.office().files.next_request().into();
            }
            let log = &payload["log"];
            if log.is_null() || log.is_object() && log["remoteLocation"].is_null() {
                payload["log"]["remoteLocation"] = format!("http://{address}/logs").into();
            }
        }
        let defaults = match action {
            "UpdateFirmware" => BTreeMap::from([
                ("location", format!("http://{address}/firmware/wallbox.bin")),
                ("retrieveDate", answers::now()),
            ]),
            "GetDiagnostics" => BTreeMap::from([("location", format!("http://{address}/diagnostics"))]),
            _ => BTreeMap::new(),
        };
        for (name, value) in defaults {
            if payload[name].is_null() {
                payload[name] = value.into();
            }
        }
        payload
    }

    fn tell(&self) {
        let office = self.office();
        let state = json!({
            "connected": office.calls.has_link(),
            "registration": office.registration,
            "answers": office.answers,
            "tags": office.books.tags(),
            "firmware": office.files.firmware(),
            "diagnostics": office.files.diagnostics(),
            "log": office.files.log(),
            "password": office.door.has_password(),
        });
        self.0.feed.set("central", &state);
    }

    fn office(&self) -> MutexGuard<'_, Office> {
        self.0.office.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
