//! Calls of the central system, and who waits for their answers.

use super::Central;
use crate::protocol::reply_line;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// One call is on its way at a time by each who asks; OCPP-J wants no more of them than one (§4.1.1).
#[derive(Default)]
pub(super) struct Calls {
    /// To the charge point, while it is connected: which connection that is, and where its messages go in.
    link: Option<(u64, UnboundedSender<String>)>,
    links: u64,
    last: u64,
    waiting: HashMap<String, (Value, UnboundedSender<String>)>,
    /// Those that wait until the one before is answered.
    queue: std::collections::VecDeque<(String, String)>,
    in_flight: Option<String>,
}

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

impl Calls {
    pub(super) fn has_link(&self) -> bool {
        self.link.is_some()
    }

    /// A charge point has come. The one before, if it is still there, is forgotten.
    pub(super) fn link_up(&mut self, messages: UnboundedSender<String>) -> u64 {
        self.lose_all();
        self.links += 1;
        self.link = Some((self.links, messages));
        self.links
    }

    pub(super) fn link_down(&mut self, number: u64) {
        if self.link.as_ref().is_some_and(|(own, _)| *own == number) {
            self.link = None;
            self.lose_all();
        }
    }

    fn lose_all(&mut self) {
        self.queue.clear();
        self.in_flight = None;
        for (_, (id, replies)) in self.waiting.drain() {
            let _ = replies.send(reply_line(&id, json!({"status": "LinkLost"})).to_string());
        }
    }

    fn push(&mut self, call: String, frame: String) {
        self.queue.push_back((call, frame));
        self.send_next();
    }

    fn send_next(&mut self) {
        if self.in_flight.is_some() {
            return;
        }
        let (Some((call, frame)), Some((_, link))) = (self.queue.pop_front(), &self.link) else { return };
        let _ = link.send(frame); // an answer that does not come is told
        self.in_flight = Some(call);
    }

    /// An answer of the charge point, or none at all.
    pub(super) fn conclude(&mut self, call: &str, reply: Value) {
        if let Some((id, replies)) = self.waiting.remove(call) {
            let _ = replies.send(reply_line(&id, reply).to_string());
        }
        self.queue.retain(|(queued, _)| queued != call);
        if self.in_flight.as_deref() == Some(call) {
            self.in_flight = None;
            self.send_next();
        }
    }
}

impl Central {
    /// Sends a call; the reply comes when it was answered.
    pub(super) fn call(&self, id: Value, action: &str, payload: Value, replies: UnboundedSender<String>) {
        let mut office = self.office();
        let calls = &mut office.calls;
        if !calls.has_link() {
            let _ = replies.send(reply_line(&id, json!({"status": "Offline"})).to_string());
            return;
        }
        calls.last += 1;
        let call = format!("cs-{}", calls.last);
        calls.waiting.insert(call.clone(), (id, replies));
        calls.push(call.clone(), json!([2, call, action, payload]).to_string());
        office.door.offer(&call, action, &payload);
        let central = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(PATIENCE).await;
            let (mut office, reply) = (central.office(), json!({"status": "TimedOut"}));
            office.door.conclude(&call, &reply);
            office.calls.conclude(&call, reply);
        });
    }
}

/// What an answer says, with a `status` in any case.
pub(super) fn reply_of(frame: &Value) -> Value {
    match &frame[2] {
        Value::Object(payload) if frame[0] == 3 => {
            let mut reply = json!({"status": "Answered"});
            payload.iter().for_each(|(name, value)| reply[name] = value.clone());
            reply
        }
        code => json!({"status": "CallError", "error_code": code, "description": frame[3]}),
    }
}
