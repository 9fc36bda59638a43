//! The WebSocket of the charge point.

use super::Central;
use super::calls::reply_of;
use super::tls::Peer;
use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::sync::mpsc;

const SUBPROTOCOL: &str = "ocpp1.6";

pub(super) fn routes() -> Router<Central> {
    Router::new().route("/ocpp/{identity}", get(connect))
}

async fn connect(
    State(central): State<Central>,
    Path(identity): Path<String>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if headers.contains_key(header::ORIGIN) {
        return (StatusCode::FORBIDDEN, "this is for charge points, not for pages\n").into_response();
    }
    if !central.office().door.admit(&identity, &headers, peer) {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"charge points\"")];
        return (StatusCode::UNAUTHORIZED, challenge, "the password is another one\n").into_response();
    }
    let upgrade = upgrade.protocols([SUBPROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        return (StatusCode::BAD_REQUEST, "this is OCPP 1.6J\n").into_response();
    }
    upgrade.on_upgrade(async move |socket| {
        let (sender, messages) = mpsc::unbounded_channel();
        let number = central.office().calls.link_up(sender);
        central.tell();
        attend(socket, messages, &central).await;
        central.office().calls.link_down(number);
        central.tell();
    })
}

async fn attend(mut socket: WebSocket, mut messages: mpsc::UnboundedReceiver<String>, central: &Central) {
    loop {
        let outgoing = tokio::select! {
            next = messages.recv() => match next {
                Some(message) => Some(message),
                None => return, // another connection has taken its place
            },
            next = socket.recv() => match next {
                Some(Ok(Message::Text(text))) => central.hear(&text),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => None,
            },
        };
        if let Some(message) = outgoing
            && socket.send(Message::text(message)).await.is_err()
        {
            return;
        }
    }
}

impl Central {
    /// Takes a message, and returns the answer to it.
    fn hear(&self, text: &str) -> Option<String> {
        let frame: Value = serde_json::from_str(text).ok()?;
        let id = frame[1].as_str()?;
        let mut office = self.office();
        if frame[0] != 2 {
            let reply = reply_of(&frame);
            office.door.conclude(id, &reply);
            office.calls.conclude(id, reply);
            drop(office);
            self.tell();
            return None;
        }
        let registration = office.registration;
        if frame[2] == "LogStatusNotification" {
            office.files.log_status(&frame[3]["status"]);
        }
        let answer = office.books.answer(id, frame[2].as_str()?, &frame[3], registration);
        let answers = office.answers;
        drop(office);
        self.tell();
        if !answers {
            return None;
        }
        let answer = if frame[2] == "SignCertificate" { Some(self.sign(&frame[3]["csr"])) } else { answer };
        Some(match answer {
            Some(payload) => json!([3, id, payload]).to_string(),
            None => json!([4, id, "NotImplemented", "", {}]).to_string(),
        })
    }
    /// Answers SignCertificate; what was asked for follows as a call (security whitepaper A02).
    fn sign(&self, request: &Value) -> Value {
        let authority = self.0.authority.as_ref();
        let signed = authority.zip(request.as_str()).and_then(|(authority, request)| authority.sign(request).ok());
        let Some(certificate) = signed else { return json!({"status": "Rejected"}) };
        let (nobody, _) = mpsc::unbounded_channel();
        self.call(Value::Null, "CertificateSigned", json!({"certificateChain": certificate}), nobody);
        json!({"status": "Accepted"})
    }
}
