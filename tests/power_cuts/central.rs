//! The central system: answers everything at once, and holds what it is told against the ledger.

use crate::ledger::{Ledger, UNDELIVERABLE, date, transaction_id};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

#[derive(Clone, Default)]
pub(crate) struct Central {
    /// On the way to the charge point.
    pub(crate) incoming: VecDeque<String>,
    /// What each entry of the journal says, as far as it was told.
    entries: Vec<Option<u64>>,
    last_entry: Option<u32>,
    /// The other calls of this boot.
    calls: Option<CallId>,
    epochs: Vec<u32>,
    /// Its own call that waits for an answer.
    asked: Option<u32>,
    asked_so_far: u32,
    /// The last of its own calls that was answered.
    pub(crate) answer: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CallId {
    epoch: u32,
    number: u32,
}

/// The ids of the journal's messages have this bit.
const JOURNAL: u32 = 0x8000_0000;

impl Central {
    pub(crate) fn ask(&mut self, action: &str, payload: &Value) {
        assert_eq!(self.asked, None);
        self.answer = None;
        self.asked_so_far += 1;
        self.asked = Some(self.asked_so_far);
        self.incoming.push_back(json!([2, self.asked_so_far.to_string(), action, payload]).to_string());
    }

    /// What was on the way is lost.
    pub(crate) fn link_lost(&mut self) {
        self.incoming.clear();
        self.asked = None;
        self.answer = None;
    }

    pub(crate) fn was_told(&self, number: u32) -> bool {
        self.entries.get(number as usize).is_some_and(Option::is_some)
    }

    pub(crate) fn receive(&mut self, text: &str, now: u64, ledger: &mut Ledger) {
        let frame: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let id = frame[1].as_str().expect("an id");
        match frame[0].as_u64() {
            Some(2) => {
                let action = frame[2].as_str().expect("an action");
                let answer = self.called(CallId::read(id), action, &frame[3], text, ledger);
                let answer = match answer {
                    Some(_) if action == "BootNotification" => {
                        json!([3, id, {"status": "Accepted", "currentTime": date(now), "interval": 7200}])
                    }
                    Some(_) if action == "Heartbeat" => json!([3, id, {"currentTime": date(now)}]),
                    Some(answer) => json!([3, id, answer]),
                    None => json!([4, id, "InternalError", "", {}]),
                };
                self.incoming.push_back(answer.to_string());
            }
            Some(3) => {
                assert_eq!(self.asked.take().map(|asked| asked.to_string()).as_deref(), Some(id));
                self.answer = Some(frame[2].clone());
            }
            _ => panic!("{text}"),
        }
    }

    /// The answer to a call, `None` for a CALLERROR.
    fn called(&mut self, id: CallId, action: &str, payload: &Value, text: &str, ledger: &mut Ledger) -> Option<Value> {
        let is_of_transaction = matches!(action, "StartTransaction" | "StopTransaction" | "MeterValues");
        assert_eq!(id.epoch & JOURNAL != 0, is_of_transaction, "{text}");
        if !is_of_transaction {
            self.is_new(id, text);
            return Some(match action {
                "Authorize" => json!({"idTagInfo": {"status": verdict(payload["idTag"].as_str()?)}}),
                _ => json!({}),
            });
        }
        let is_first = self.is_first(id.number, text);
        match action {
            "StartTransaction" => {
                if is_first {
                    ledger.start_told(id.number, payload);
                }
                let status = verdict(payload["idTag"].as_str()?);
                (payload["idTag"] != UNDELIVERABLE)
                    .then(|| json!({"transactionId": transaction_id(id.number), "idTagInfo": {"status": status}}))
            }
            "MeterValues" => {
                if is_first {
                    ledger.meter_values_told(payload);
                }
                Some(json!({}))
            }
            _ => {
                if is_first {
                    ledger.stop_told(payload);
                }
                Some(json!({}))
            }
        }
    }

    /// MSG-12: a message that is told again has the same id and content.
    fn is_first(&mut self, number: u32, text: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let content = hasher.finish();
        let place = number as usize;
        self.entries.resize(self.entries.len().max(place + 1), None);
        if let Some(before) = self.entries[place] {
            assert_eq!(before, content, "MSG-12: one id, two messages: {text}");
            assert_eq!(self.last_entry, Some(number), "MSG-05: told again after another one: {text}");
            return false;
        }
        assert!(self.last_entry < Some(number), "MSG-01: {number} after {:?}: {text}", self.last_entry);
        self.last_entry = Some(number);
        self.entries[place] = Some(content);
        true
    }

    /// RPC-08: no id is used twice, in whatever boot.
    fn is_new(&mut self, id: CallId, text: &str) {
        match self.calls {
            Some(last) if last.epoch == id.epoch => assert!(id.number > last.number, "RPC-08: {text}"),
            _ => {
                assert!(!self.epochs.contains(&id.epoch), "RPC-08: {text}");
                self.epochs.push(id.epoch);
            }
        }
        self.calls = Some(id);
    }

    pub(crate) fn power_lost(&mut self) {
        self.link_lost();
        self.calls = None;
    }
}

impl CallId {
    fn read(text: &str) -> Self {
        let number = |text| u32::from_str_radix(text, 16).expect("a hexadecimal number");
        let (epoch, count) = text.split_once('-').expect("two numbers");
        Self { epoch: number(epoch), number: number(count) }
    }
}

fn verdict(id_tag: &str) -> &'static str {
    if id_tag.starts_with("BLOCKED") { "Blocked" } else { "Accepted" }
}
