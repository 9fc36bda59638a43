//! A small central system, to be played by hand: it takes one charge point, refuses nothing by itself, and sends what it is
//! told to.

mod answers;
mod authority;
mod calls;
mod door;
mod files;
mod link;
mod tls;

pub(crate) use authority::Authority;

use crate::web::{Feed, Request};
use answers::Books;
use calls::Calls;
use door::Door;
use files::Files;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tls::{Peer, TlsListener};
use tokio::net::TcpListener;

/// The commands that are for the central system.
pub(crate) const COMMANDS: [&str; 3] = ["call", "tag", "central"];

#[derive(Clone)]
pub(crate) struct Central(Arc<Shared>);

struct Shared {
    address: SocketAddr,
    /// Where there is one, all is over TLS.
    authority: Option<Authority>,
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
    pub(crate) async fn start(feed: Feed, authority: Option<Authority>) -> Result<Self, Box<dyn Error>> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let office = Office {
            books: Books::new(),
            calls: Calls::default(),
            files: Files::default(),
            door: Door::default(),
            registration: "Accepted",
            answers: true,
        };
        let address = listener.local_addr()?;
        let tls = authority.as_ref().map(|authority| authority.server(&address.ip().to_string())).transpose()?;
        let central = Self(Arc::new(Shared { address, authority, feed, office: Mutex::new(office) }));
        central.tell();
        let router = link::routes().merge(files::routes()).with_state(central.clone());
        let service = router.into_make_service_with_connect_info::<Peer>();
        tokio::spawn(async move {
            match tls {
                Some(tls) => axum::serve(TlsListener::new(listener, tls), service).await,
                None => axum::serve(listener, service).await,
            }
        });
        Ok(central)
    }

    /// Where a charge point finds it.
    pub(crate) fn url(&self) -> String {
        format!("ws{}/ocpp/CP_1", self.place())
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
        let place = self.place();
        if action == "GetLog" {
            if payload["requestId"].is_null() {
                payload["requestId"] = self.office().files.next_request().into();
            }
            let log = &payload["log"];
            if log.is_null() || log.is_object() && log["remoteLocation"].is_null() {
                payload["log"]["remoteLocation"] = format!("http{place}/logs").into();
            }
        }
        let defaults = match action {
            "UpdateFirmware" => BTreeMap::from([
                ("location", format!("http{place}/firmware/wallbox.bin")),
                ("retrieveDate", answers::now()),
            ]),
            "GetDiagnostics" => BTreeMap::from([("location", format!("http{place}/diagnostics"))]),
            _ => BTreeMap::new(),
        };
        for (name, value) in defaults {
            if payload[name].is_null() {
                payload[name] = value.into();
            }
        }
        payload
    }

    /// What stands behind `ws` and `http`.
    fn place(&self) -> String {
        let secure = if self.0.authority.is_some() { "s" } else { "" };
        format!("{secure}://{}", self.0.address)
    }

    fn tell(&self) {
        let office = self.office();
        let connected = office.calls.has_link();
        let state = json!({
            "connected": connected,
            "tls": self.0.authority.is_some(),
            "certificate": office.door.certificate().filter(|_| connected),
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
