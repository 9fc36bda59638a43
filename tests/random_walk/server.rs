//! The central system: what it is told, what it makes of it, and how well it answers.

use crate::meter_values;
use crate::support::Frame;
use crate::tags::Word;
use crate::walk::{BEGINNING, Walk, Weather};
use embedded_ocpp::time::DateTime;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A transaction as the central system sees it.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    pub(crate) start: String,
    /// The id that it was given, in every answer.
    pub(crate) id: i64,
    pub(crate) id_tag: String,
    pub(crate) timestamp: String,
    pub(crate) meter_start: i64,
    /// The highest that the energy register was told to stand at.
    pub(crate) register: i64,
}

/// What it has asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) action: &'static str,
    pub(crate) payload: Value,
    pub(crate) since: u64,
    /// The statuses that may be answered; none when anything may.
    pub(crate) statuses: &'static [&'static str],
}

/// An answer about a tag that is on its way.
pub(crate) struct Verdict {
    action: String,
    id_tag: String,
    connector: Option<u64>,
    transaction: i64,
    word: Word,
    is_accepted: bool,
    is_sound: bool,
}

#[derive(Default)]
pub(crate) struct Server {
    /// Everything that was ever called, by message id.
    seen: HashMap<String, (String, Value)>,
    /// What became of each transaction message: answers that were no result, and answers of another form.
    failures: HashMap<String, u32>,
    ids: HashMap<String, i64>,
    last_id: i64,
    pub(crate) open: BTreeMap<u64, Transaction>,
    /// The tag that began each transaction.
    tags: HashMap<i64, String>,
    /// The call that it has not answered, and since when.
    pub(crate) unanswered: Option<(String, u64)>,
    pub(crate) maybe_accepted: bool,
    pub(crate) triggered: bool,
    /// The last report of each connector, its time, and whether an outage or a boot lies behind it.
    pub(crate) told: HashMap<u64, (String, String)>,
    pub(crate) told_error: HashMap<u64, String>,
    pub(crate) gap: HashSet<u64>,
    pub(crate) starts: u32,
    pub(crate) stops: u32,
    pub(crate) calls: u32,
    /// Calls that must be answered once.
    pub(crate) asked: BTreeMap<String, Asked>,
    /// Calls that need not be answered, or whose answer was lost.
    pub(crate) forgiven: HashSet<String>,
    /// What it has ever asked for, by action.
    pub(crate) ever_asked: HashSet<&'static str>,
    /// Answers that the charge point has not received yet.
    pub(crate) on_the_way: Vec<Verdict>,
    /// The answers that it keeps for later.
    pub(crate) late: Vec<(String, Vec<u8>)>,
    /// What was answered late.
    pub(crate) excused: HashSet<String>,
    /// It has refused the charge point, which says nothing then.
    pub(crate) rejected: bool,
    /// It has lost track of which transaction is which.
    pub(crate) fog: bool,
    /// It may have accepted or asked for what nobody knows.
    pub(crate) mumbled: bool,
    pub(crate) unlock_answers: u32,
}

pub(crate) fn seconds(date: &str) -> i64 {
    DateTime::parse(date).map_or(0, |date| i64::from(date.as_unix()))
}

fn without_dates(message: &(String, Value)) -> (String, Value) {
    let (action, mut payload) = message.clone();
    let first = payload.pointer_mut("/meterValue/0").filter(|_| action == "MeterValues");
    let dated = if let Some(first) = first { first } else { &mut payload };
    dated["timestamp"] = Value::Null;
    (action, payload)
}

impl Walk {
    pub(crate) fn date(&self) -> String {
        self.date_in(0)
    }

    pub(crate) fn date_in(&self, seconds: i64) -> String {
        let date = i64::from(BEGINNING) + (self.now / 1000) as i64 + self.clock_offset + seconds;
        DateTime::from_unix(date as u32).to_string()
    }

    /// Takes in what the charge point has sent. `deaf`: answers get lost.
    pub(crate) fn serve(&mut self, deaf: bool) -> bool {
        let mut served = false;
        while let Some(text) = self.wire.outgoing.pop_front() {
            served = true;
            self.tell(format!("  > {text}"));
            match Frame::read(&text) {
                Frame::Call { id, action, payload } => self.called(&id, &action, &payload, deaf),
                Frame::Result { id, payload } => self.answered(&id, Some(&payload)),
                Frame::Error { id, .. } => self.answered(&id, None),
            }
        }
        served
    }

    fn called(&mut self, id: &str, action: &str, payload: &Value, deaf: bool) {
        if let Some((open, since)) = &self.server.unanswered {
            let over = self.now - since >= 5000 || self.server.excused.contains(open);
            assert!(over, "RPC-09: {action} {id} while {open} is open");
        }
        self.server.unanswered = Some((id.to_owned(), self.now));
        let kept = matches!(action, "StartTransaction" | "StopTransaction")
            || action == "MeterValues" && payload.get("transactionId").is_some();
        let message = (action.to_owned(), payload.clone());
        let again = match self.server.seen.get(id) {
            Some(_) if self.has(Weather::Corruption) => kept,
            Some(first) => {
                // Open: a fifth boot forgets when the first was, which dates what was made without a clock.
                let may_move = !self.strict && self.boots > 5 && without_dates(first) == without_dates(&message);
                assert!(*first == message || may_move, "RPC-08, MSG-12: one id, two messages: {first:?} {message:?}");
                assert!(kept, "RPC-08: a message that is not kept has an old id");
                true
            }
            None => false,
        };
        self.server.seen.insert(id.to_owned(), message);
        if action != "BootNotification" {
            let may = self.server.maybe_accepted
                || self.server.triggered
                    && matches!(
                        action,
                        "StatusNotification"
                            | "Heartbeat"
                            | "MeterValues"
                            | "FirmwareStatusNotification"
                            | "DiagnosticsStatusNotification"
                    );
            assert!(may, "BOOT-02: {action} before acceptance");
        }
        let answer = match action {
            "BootNotification" => self.boot_answer(),
            "StatusNotification" => {
                self.status(payload);
                json!({})
            }
            "FirmwareStatusNotification" | "DiagnosticsStatusNotification" => {
                self.transfer_told(action, payload);
                json!({})
            }
            "Authorize" => json!({"idTagInfo": self.id_tag_info()}),
            "Heartbeat" => json!({"currentTime": self.date()}),
            "StartTransaction" => {
                if !again {
                    self.start(id, payload);
                }
                json!({"transactionId": self.server.ids.get(id).copied().unwrap_or(0), "idTagInfo": self.id_tag_info()})
            }
            "StopTransaction" => {
                if !again {
                    self.stop(payload);
                }
                json!({"idTagInfo": self.id_tag_info()})
            }
            "MeterValues" => {
                self.meter_values(payload, kept && !again);
                json!({})
            }
            _ => json!({}),
        };
        if deaf {
            return;
        }
        let is_sound = self.answer(id, action, &answer);
        self.remember_verdict(id, action, payload, &answer, is_sound);
    }

    fn boot_answer(&mut self) -> Value {
        let status = if self.calm || !self.chance.once_in(5) {
            "Accepted"
        } else {
            self.chance.of(&["Pending", "Rejected", "Pending"])
        };
        if status == "Accepted" {
            self.server.maybe_accepted = true;
        }
        self.server.rejected |= status == "Rejected";
        if self.server.rejected {
            self.lose_answers();
        }
        if self.calm {
            self.server.rejected = false;
        }
        self.server.gap = self.all_connectors();
        let interval = self.chance.of(&[0, 60, 300, 86_400]);
        json!({"status": status, "currentTime": self.date(), "interval": interval})
    }

    fn id_tag_info(&mut self) -> Value {
        let status = if self.calm || !self.chance.once_in(5) {
            "Accepted"
        } else {
            self.chance.of(&["Blocked", "Expired", "Invalid", "ConcurrentTx"])
        };
        let mut info = json!({"status": status});
        if self.chance.once_in(3) {
            info["parentIdTag"] = self.chance.of(&[json!("GROUP"), json!("group"), json!("OTHERS")]);
        }
        if self.chance.once_in(6) {
            info["expiryDate"] = json!(self.date_in(self.chance.clone().below(200_000) as i64 - 100_000));
        }
        info
    }

    /// What an answer says about a tag counts once it has arrived.
    fn remember_verdict(&mut self, id: &str, action: &str, request: &Value, answer: &Value, is_sound: bool) {
        let Some(info) = answer.get("idTagInfo") else { return };
        let transaction = answer.get("transactionId").or(request.get("transactionId")).and_then(Value::as_i64);
        let Some(id_tag) = request.get("idTag").and_then(Value::as_str).map(ToOwned::to_owned) else { return };
        let is_accepted = info["status"] == "Accepted";
        if is_accepted && action == "Authorize" {
            self.tags.grant(&id_tag, self.now);
        }
        if let Some(parent) = info.get("parentIdTag").and_then(Value::as_str) {
            self.tags.join(&id_tag, parent);
        }
        let is_sound = is_sound && self.server.failures.get(id).is_none_or(|failures| *failures == 0);
        let is_certain = is_sound && info.get("expiryDate").is_none();
        let word = match (is_certain, is_accepted) {
            (false, _) => Word::Uncertain,
            (true, true) => Word::Valid,
            (true, false) => Word::NotValid,
        };
        self.server.on_the_way.push(Verdict {
            action: action.to_owned(),
            id_tag,
            connector: request.get("connectorId").and_then(Value::as_u64),
            transaction: transaction.unwrap_or(-1),
            word,
            is_accepted,
            is_sound,
        });
    }

    /// The charge point has received everything, or will never.
    pub(crate) fn conclude_verdicts(&mut self, arrived: bool) {
        let has_cache = arrived && self.is_key_on("AuthorizationCacheEnabled");
        for verdict in std::mem::take(&mut self.server.on_the_way) {
            self.tags.say(&verdict.id_tag, if has_cache { verdict.word } else { Word::Uncertain });
            let withdraws = verdict.action == "StartTransaction" && !verdict.is_accepted && verdict.is_sound;
            if let (true, true, Some(connector)) = (arrived, withdraws, verdict.connector) {
                self.consent_withdrawn(connector as u8, verdict.transaction);
            }
        }
    }

    fn start(&mut self, id: &str, payload: &Value) {
        self.server.starts += 1;
        self.server.last_id += 1;
        let connector = payload["connectorId"].as_u64().unwrap();
        let meter_start = payload["meterStart"].as_i64().unwrap();
        let transaction = Transaction {
            start: id.to_owned(),
            id: self.server.last_id,
            id_tag: payload["idTag"].as_str().unwrap().to_owned(),
            timestamp: payload["timestamp"].as_str().unwrap().to_owned(),
            meter_start,
            register: meter_start,
        };
        assert!((1..=u64::from(self.connectors)).contains(&connector), "TX-01: connector {connector}");
        self.check_reservation_of(payload);
        self.server.ids.insert(id.to_owned(), transaction.id);
        self.server.tags.insert(transaction.id, transaction.id_tag.clone());
        let before = self.server.open.insert(connector, transaction);
        assert!(before.is_none() || self.lost_track(), "two transactions on connector {connector}: {before:?}");
    }

    /// The connector of the transaction that a message names.
    fn transaction_of(&mut self, payload: &Value) -> Option<u64> {
        let id = payload["transactionId"].as_i64().unwrap();
        let named = payload.get("connectorId").and_then(Value::as_u64);
        let names = |connector: &u64, transaction: &Transaction| {
            let refused = self.server.failures.get(&transaction.start).copied().unwrap_or(0) >= 3;
            named.is_none_or(|named| named == *connector) && (id == transaction.id || id == -1 && refused)
        };
        let mut found = self.server.open.iter().filter(|(connector, open)| names(connector, open)).map(|(id, _)| *id);
        let first = found.next();
        // -1 may mean either of two; from then on nobody knows.
        let ambiguous = found.next().is_some();
        self.server.fog |= ambiguous;
        first
    }

    pub(crate) fn lost_track(&self) -> bool {
        self.has(Weather::Corruption) || self.server.fog
    }

    fn meter_values(&mut self, payload: &Value, is_new_of_transaction: bool) {
        #[cfg(feature = "signed-meter-values")]
        let Some(payload) =
            &(if is_new_of_transaction { self.signed_values_told(payload) } else { Some(payload.clone()) })
        else {
            return;
        };
        meter_values::check(payload);
        let is_of_one = payload.get("transactionId").is_some() || payload["connectorId"] == 0;
        let is_periodic = payload["meterValue"][0]["sampledValue"][0]["context"] == "Sample.Periodic";
        assert!(is_of_one || !is_periodic, "MV-01: a sample of no transaction: {payload}");
        if !is_new_of_transaction {
            return;
        }
        let found = self.transaction_of(payload);
        assert!(found.is_some() || self.lost_track(), "MeterValues of no transaction: {:?}", self.server.open);
        if self.lost_track() {
            return;
        }
        let open = self.server.open.get_mut(&found.unwrap()).unwrap();
        for register in meter_values::registers(&payload["meterValue"]) {
            assert!(register >= open.register, "MV-17: {register} after {}", open.register);
            open.register = register;
        }
    }

    fn stop(&mut self, payload: &Value) {
        self.server.stops += 1;
        self.check_reason(payload);
        let Some(connector) = self.transaction_of(payload) else {
            assert!(self.lost_track(), "StopTransaction of no transaction: {:?}", self.server.open);
            return;
        };
        let open = self.server.open.remove(&connector).unwrap();
        if self.lost_track() {
            return;
        }
        #[cfg(feature = "signed-meter-values")]
        let payload = &self.signed_end_told(connector, payload);
        let meter_stop = payload["meterStop"].as_i64().unwrap();
        assert!(meter_stop >= open.meter_start, "TX-14: a negative transaction: {open:?}");
        // Open: a meter that went back while the power was off.
        let is_open = payload["reason"] == "PowerLoss" && !self.strict;
        assert!(meter_stop >= open.register || is_open, "MV-17: it ends at {meter_stop}: {open:?}");
        if let Some(data) = payload.get("transactionData") {
            meter_values::check_transaction_data(data);
            if !is_open {
                meter_values::check_registers_within(data, open.meter_start, meter_stop);
            }
        }
        let end = payload["timestamp"].as_str().unwrap();
        // Open: a start that was made without a clock is dated by a later boot than its end.
        let undated = self.has(Weather::Reboots) || self.has(Weather::Resets);
        assert!(
            seconds(end) + 1 >= seconds(&open.timestamp) || self.clock_ran_back || undated,
            "over before it began: {open:?} {end}"
        );
        let by = payload.get("idTag").and_then(Value::as_str);
        let is_owner = by.is_none_or(|by| self.tags.are_of_one_group(by, &open.id_tag));
        assert!(is_owner || self.has(Weather::BrokenAnswers), "AUTH-08: {by:?} has ended that of {}", open.id_tag);
    }

    /// TX-17: what has never happened is not the reason.
    fn check_reason(&self, payload: &Value) {
        let reason = payload.get("reason").and_then(Value::as_str).unwrap_or("Local");
        let asked = |action: &str| self.server.mumbled || self.server.ever_asked.contains(action);
        let may = match reason {
            "Remote" => asked("RemoteStopTransaction"),
            "UnlockCommand" => asked("UnlockConnector"),
            "SoftReset" | "HardReset" => asked("Reset"),
            "PowerLoss" => self.boots > 1,
            "DeAuthorized" | "EVDisconnected" | "Local" | "Other" => true,
            _ => false,
        };
        assert!(may || self.has(Weather::Corruption), "TX-17: {reason}");
    }

    /// Whether the answer is sound and comes in time.
    fn answer(&mut self, id: &str, action: &str, payload: &Value) -> bool {
        let mut frame = json!([3, id, payload]).to_string().into_bytes();
        if !self.has(Weather::BrokenAnswers) || self.calm || self.chance.below(10) < 6 {
            self.server.unanswered = None;
            self.send(frame);
            return true;
        }
        let failures = self.server.failures.entry(id.to_owned()).or_default();
        match self.chance.below(8) {
            0 => {
                *failures += 1;
                self.tell(format!("  (no answer to {action})"));
            }
            1 => {
                *failures += 1;
                self.tell(format!("  (a late answer to {action})"));
                self.server.late.push((id.to_owned(), frame));
            }
            2 | 3 => {
                *failures += 1;
                self.server.unanswered = None;
                let error = self.chance.of(&[
                    json!([4, id, "InternalError", "", {}]),
                    json!([4, id, "FormationViolation"]),
                    json!([4, id, 7, null, {}]),
                    json!([4, id, "NotSupported", "x".repeat(300), {}]),
                ]);
                self.send(error.to_string().into_bytes());
            }
            4 => {
                self.server.unanswered = None;
                self.send(frame.clone());
                self.send(frame);
                return true;
            }
            5 => {
                *failures += 9;
                self.server.unanswered = None;
                let broken = self.chance.of(&[
                    json!({}),
                    json!(null),
                    json!({"transactionId": null, "idTagInfo": {"status": "Accepted"}}),
                    json!({"transactionId": u64::MAX, "idTagInfo": {}}), // beyond 64 bits
                    json!({"transactionId": "7", "idTagInfo": {"status": 3}}),
                    json!({"status": "Accepted", "currentTime": "2025-13-01T00:00:00Z", "interval": -1}),
                    json!({"idTagInfo": {"status": "Accepted", "parentIdTag": "x".repeat(40)}}),
                    json!([]),
                ]);
                self.server.mumbled |= action == "Authorize";
                // BOOT-01: the status decides.
                self.server.maybe_accepted |= action == "BootNotification" && broken["status"] == "Accepted";
                self.send(json!([3, id, broken]).to_string().into_bytes());
            }
            6 => {
                // To somebody else.
                *failures += 1;
                self.send(json!([3, format!("{id}0"), payload]).to_string().into_bytes());
            }
            _ => {
                *failures += 9;
                self.server.unanswered = None;
                // A damaged id or date must not pass for another one: only what is no answer is sent of these.
                self.chance.damage(&mut frame);
                if matches!(action, "StartTransaction" | "BootNotification" | "Heartbeat") {
                    frame.truncate(frame.len().saturating_sub(3));
                }
                self.send(frame);
            }
        }
        false
    }

    pub(crate) fn send(&mut self, frame: Vec<u8>) {
        if self.wire.connected {
            let shown: String = String::from_utf8_lossy(&frame).chars().take(300).collect();
            self.tell(format!("  < {shown}"));
            self.wire.incoming.push_back(frame);
        }
    }
}
