//! The central system: what it answers, and what keeps it from answering.

use crate::calls::Answer;
use crate::chance::Chance;
use crate::frame::Frame;
use crate::ledger::{Ledger, Number, is_of_transaction};
use crate::network::{Message, Network};
use crate::plans::Plans;
use crate::story::Story;
use crate::time::{HOUR, MINUTE, Moment, SECOND, date_of};
use crate::transfers::Transfers;
use embedded_ocpp::time::DateTime;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};

pub(crate) const HEARTBEAT_INTERVAL: Moment = 30 * MINUTE;

/// The slowest answer that a card still waits for, whatever waits in front of its Authorize.
const LATENESS_MAX: Moment = 20 * SECOND;

/// What a CALLERROR tells.
pub(crate) const REFUSED: &str = "CALLERROR";

pub(crate) struct CentralSystem {
    pub(crate) chance: Chance,
    pub(crate) story: Story,
    /// Seconds that its clock is ahead.
    clock_offset: i64,
    silent_until: Moment,
    deaf: Spell<&'static str>,
    failing: Spell<&'static str>,
    failing_transaction: Spell<Number>,
    is_cursing: bool,
    pub(crate) cursed: HashSet<String>,
    echoing_until: Moment,
    /// The most that an answer takes, and the least.
    late: Spell<Moment>,
    lateness_least: Moment,
    pub(crate) odd_until: Moment,
    ignoring_transactions_until: Moment,
    refusing_tags_until: Moment,
    refusing_registration: Spell<&'static str>,
    /// An answer that it may give once more.
    old_answer: Option<Message>,
    pub(crate) asked: BTreeMap<String, Asked>,
    lost: BTreeMap<String, Asked>,
    /// What was answered since it was last looked at, and how.
    pub(crate) concluded: Vec<(Asked, String)>,
    pub(crate) plans: Plans,
    pub(crate) transfers: Transfers,
    calls: u64,
    pub(crate) last_heartbeat: Moment,
    pub(crate) messages: u64,
    /// It has sent what may be taken for a call, or for an answer.
    has_babbled: bool,
}

/// Something that is so until a moment.
#[derive(Clone, Copy, Debug, Default)]
struct Spell<T> {
    of: T,
    until: Moment,
}

/// A call of its own that waits for its answer.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) action: &'static str,
    pub(crate) payload: Value,
    pub(crate) since: Moment,
    connection: u64,
}

const ACTIONS: [&str; 7] = [
    "StartTransaction",
    "StopTransaction",
    "MeterValues",
    "StatusNotification",
    "Authorize",
    "Heartbeat",
    "BootNotification",
];

enum Reaction {
    Answer,
    Ignore,
    Refuse,
}

impl CentralSystem {
    pub(crate) fn new(chance: Chance, story: Story) -> Self {
        Self {
            chance,
            story,
            clock_offset: 0,
            silent_until: 0,
            deaf: Spell::default(),
            failing: Spell::default(),
            failing_transaction: Spell::default(),
            is_cursing: false,
            cursed: HashSet::new(),
            echoing_until: 0,
            late: Spell::default(),
            lateness_least: 0,
            odd_until: 0,
            ignoring_transactions_until: 0,
            refusing_tags_until: 0,
            refusing_registration: Spell::default(),
            old_answer: None,
            asked: BTreeMap::new(),
            lost: BTreeMap::new(),
            concluded: Vec::new(),
            plans: Plans::default(),
            transfers: Transfers::default(),
            calls: 0,
            last_heartbeat: 0,
            messages: 0,
            has_babbled: false,
        }
    }

    fn date(&self, now: Moment) -> i64 {
        date_of(now) + self.clock_offset
    }

    fn is_silent(&self, now: Moment) -> bool {
        now < self.silent_until
    }

    /// Takes in a frame of the charge point.
    pub(crate) fn serve(&mut self, now: Moment, frame: Frame, network: &mut Network<'_>, ledger: &mut Ledger) {
        match frame {
            Frame::Call { id, action, payload } => self.called(now, &id, &action, &payload, network, ledger),
            Frame::Result { id, payload } => self.answered(&id, Some(&payload)),
            Frame::Error { id, .. } => self.answered(&id, None),
        }
    }

    fn called(
        &mut self,
        now: Moment,
        id: &str,
        action: &str,
        payload: &Value,
        network: &mut Network<'_>,
        ledger: &mut Ledger,
    ) {
        self.messages += 1;
        let number = is_of_transaction(action, payload).then(|| ledger.arrived(id, action, payload));
        if number.is_some() && std::mem::take(&mut self.is_cursing) {
            self.story.tell(now, || format!("{id} is cursed"));
            self.cursed.insert(id.to_owned());
        }
        if action == "StartTransaction" {
            self.plans.check_start(payload);
        }
        if action == "Heartbeat" {
            self.last_heartbeat = now;
        }
        let mut answer = Answer { id: id.to_owned(), is_result: true, date: None, registration: None };
        let text = match self.reaction(now, id, action, number) {
            Reaction::Ignore => return,
            Reaction::Refuse => {
                answer.is_result = false;
                self.refusal(id)
            }
            Reaction::Answer => {
                let result = self.result(now, action, number, &mut answer, ledger);
                json!([3, id, result]).to_string().into_bytes()
            }
        };
        let message = Message { text, answer: Some(answer), forces: None };
        let lateness =
            if now < self.late.until { self.chance.clone().between(self.lateness_least, self.late.of) } else { 0 };
        network.deliver(message.clone(), lateness);
        self.echo(now, message, network);
    }

    fn reaction(&mut self, now: Moment, id: &str, action: &str, number: Option<Number>) -> Reaction {
        if number.is_some() && now < self.ignoring_transactions_until {
            return Reaction::Ignore;
        }
        if self.is_silent(now) || self.cursed.contains(id) || now < self.deaf.until && self.deaf.of == action {
            return Reaction::Ignore;
        }
        let fails = now < self.failing.until && self.failing.of == action;
        let fails_at_transaction = now < self.failing_transaction.until && number >= Some(self.failing_transaction.of);
        if fails || number.is_some() && fails_at_transaction { Reaction::Refuse } else { Reaction::Answer }
    }

    fn refusal(&mut self, id: &str) -> Vec<u8> {
        match self.chance.below(4) {
            0 => format!("[3,\"{id}\",[]]").into_bytes(),
            1 => format!("[3,\"{id}\",{{\"status\":").into_bytes(),
            _ => json!([4, id, "InternalError", "not now", {}]).to_string().into_bytes(),
        }
    }

    fn result(
        &mut self,
        now: Moment,
        action: &str,
        number: Option<Number>,
        answer: &mut Answer,
        ledger: &mut Ledger,
    ) -> Value {
        let is_odd = now < self.odd_until;
        let date = self.date(now);
        let date_text = DateTime::from_unix(date as u32).to_string();
        match (action, number) {
            ("BootNotification", _) => {
                let refusing = &self.refusing_registration;
                let status = if now < refusing.until { refusing.of } else { "Accepted" };
                answer.registration = Some(status);
                answer.date = Some(date);
                self.last_heartbeat = now;
                let interval = if status == "Accepted" { HEARTBEAT_INTERVAL / SECOND } else { 120 };
                let result = json!({"status": status, "currentTime": date_text, "interval": interval});
                if is_odd { self.odd_registration(result, answer) } else { result }
            }
            ("Heartbeat", _) => {
                answer.date = Some(date);
                let result = json!({"currentTime": date_text});
                if is_odd { self.odd_time(result, answer) } else { result }
            }
            ("Authorize", _) => json!({"idTagInfo": self.id_tag_info(now)}),
            ("StartTransaction", Some(number)) => {
                if now < self.echoing_until && self.chance.once_in(8) {
                    ledger.id_withheld(number);
                    return json!({"idTagInfo": self.id_tag_info(now)});
                }
                let id = ledger.id_given(number, is_odd);
                json!({"transactionId": id, "idTagInfo": self.id_tag_info(now)})
            }
            ("StopTransaction", _) if self.chance.once_in(2) => json!({"idTagInfo": self.id_tag_info(now)}),
            _ => json!({}),
        }
    }

    fn id_tag_info(&mut self, now: Moment) -> Value {
        if now < self.refusing_tags_until && self.chance.once_in(2) {
            return json!({"status": self.chance.of(&["Blocked", "Expired", "Invalid", "ConcurrentTx"])});
        }
        if now < self.odd_until { self.odd_acceptance() } else { json!({"status": "Accepted"}) }
    }

    /// The same answer once more, or an old one.
    fn echo(&mut self, now: Moment, message: Message, network: &mut Network<'_>) {
        if now >= self.echoing_until {
            return;
        }
        match self.chance.below(6) {
            0 => network.deliver(message, self.chance.clone().below(20 * SECOND)),
            1 => self.old_answer = Some(message),
            2 => {
                if let Some(message) = self.old_answer.take() {
                    network.deliver(message, 0);
                }
            }
            3 => {
                let text = json!([3, format!("unknown-{}", self.chance.next()), {}]).to_string().into_bytes();
                network.deliver(Message { text, answer: None, forces: None }, 0);
            }
            _ => {}
        }
    }
}

// ---- Its own calls ----

impl CentralSystem {
    /// Calls the charge point, if it can.
    pub(crate) fn ask(&mut self, now: Moment, action: &'static str, payload: Value, network: &mut Network<'_>) -> bool {
        if !network.is_open() || !network.calls.is_accepted() || self.is_silent(now) {
            return false;
        }
        self.calls += 1;
        let id = format!("ask-{}", self.calls);
        let text = json!([2, id, action, payload]).to_string().into_bytes();
        let forces = match action {
            "Reset" => Some(0),
            "UnlockConnector" => payload["connectorId"].as_u64(),
            _ => None,
        };
        network.deliver(Message { text, answer: None, forces }, 0);
        self.asked.insert(id, Asked { action, payload, since: now, connection: network.connection });
        true
    }

    pub(crate) fn babble(&mut self, network: &mut Network<'_>) {
        self.has_babbled = true;
        let id = format!("odd-{}", self.chance.next());
        let mut text = json!([2, id, "DataTransfer", {"vendorId": "ACME", "data": "x"}]).to_string().into_bytes();
        match self.chance.below(8) {
            0 => text = (0..self.chance.below(400)).map(|_| self.chance.next() as u8).collect(),
            1 => text.truncate(self.chance.below(text.len() as u64) as usize),
            2 => text.splice(8..8, vec![b' '; 5000]).for_each(drop),
            3 => text = format!("[2,\"{id}\",\"Reset\",{}{}]", "{\"a\":[".repeat(200), "]}".repeat(200)).into_bytes(),
            4 => {
                text =
                    format!("[2,\"{id}\",\"RemoteStartTransaction\",{{\"idTag\":7,\"connectorId\":[]}}]").into_bytes()
            }
            5 => text = format!("[3,\"{id}\",{{\"transactionId\":\"1\",\"idTagInfo\":[]}}]").into_bytes(),
            6 => text = format!("[4,\"{id}\",7]").into_bytes(),
            _ => self.chance.damage(&mut text),
        }
        network.deliver(Message { text, answer: None, forces: None }, 0);
    }

    /// An answer of the charge point; none when it is an error.
    fn answered(&mut self, id: &str, payload: Option<&Value>) {
        let Some(asked) = self.asked.remove(id).or_else(|| self.lost.remove(id)) else {
            assert!(self.has_babbled && !id.starts_with("ask-"), "RPC-15: an answer twice, or to nothing: {id}");
            return;
        };
        let told = |payload: &Value| match payload["listVersion"].as_i64() {
            Some(version) => version.to_string(),
            None => {
                payload.get("status").or(payload.get("fileName")).and_then(Value::as_str).unwrap_or_default().to_owned()
            }
        };
        let told = payload.map_or_else(|| REFUSED.to_owned(), told);
        self.concluded.push((asked, told));
    }

    /// What is asked on a link that is gone may still be answered by what was on its way.
    pub(crate) fn forget_lost_calls(&mut self, network: &Network<'_>) {
        let (connection, is_open) = (network.connection, network.is_open());
        let has_link = |asked: &Asked| is_open && asked.connection == connection;
        let lost: Vec<_> = self.asked.iter().filter(|(_, asked)| !has_link(asked)).map(|(id, _)| id.clone()).collect();
        for id in lost {
            if let Some(asked) = self.asked.remove(&id) {
                self.lost.insert(id, asked);
            }
        }
        if is_open {
            self.lost.retain(|_, asked| asked.connection + 1 >= connection);
        }
    }

    /// A call that waits for its answer for too long.
    pub(crate) fn overdue(&self, now: Moment) -> Option<&Asked> {
        self.asked.values().find(|asked| asked.since + 2 * MINUTE < now)
    }
}

// ---- Its troubles ----

impl CentralSystem {
    pub(crate) fn be_silent(&mut self, now: Moment) {
        let most = self.chance.of(&[10 * MINUTE, HOUR, 8 * HOUR]);
        self.silent_until = now + self.chance.between(MINUTE, most);
        self.story.tell(now, || format!("silent for {} s", (self.silent_until - now) / SECOND));
    }

    pub(crate) fn be_deaf(&mut self, now: Moment) {
        self.deaf = self.spell(now, &ACTIONS);
        self.story.tell(now, || format!("deaf {:?}", self.deaf));
    }

    pub(crate) fn fail(&mut self, now: Moment) {
        self.failing = self.spell(now, &ACTIONS[..6]);
        self.story.tell(now, || format!("failing {:?}", self.failing));
    }

    fn spell(&mut self, now: Moment, actions: &[&'static str]) -> Spell<&'static str> {
        let most = self.chance.of(&[20 * MINUTE, 2 * HOUR, 10 * HOUR]);
        Spell { of: self.chance.of(actions), until: now + self.chance.between(MINUTE, most) }
    }

    /// The transactions from `number` on.
    pub(crate) fn fail_at_transactions(&mut self, now: Moment, number: Number) {
        self.failing_transaction = Spell { of: number, until: now + self.chance.between(MINUTE, 6 * HOUR) };
        self.story.tell(now, || format!("failing at transactions from {number}"));
    }

    pub(crate) fn curse(&mut self) {
        self.is_cursing = true;
    }

    pub(crate) fn echo_answers(&mut self, now: Moment) {
        self.echoing_until = now + self.chance.between(MINUTE, 4 * HOUR);
    }

    /// All answers take as long as the slowest that is still in time for a card, or any time up to that.
    pub(crate) fn be_late(&mut self, now: Moment) {
        self.late = Spell { of: LATENESS_MAX, until: now + self.chance.between(MINUTE, 10 * HOUR) };
        self.lateness_least = self.chance.of(&[0, LATENESS_MAX]);
        self.story.tell(now, || format!("late by {} ms and more", self.lateness_least));
    }

    pub(crate) fn be_odd(&mut self, now: Moment) {
        self.odd_until = now + self.chance.between(HOUR, 12 * HOUR);
    }

    pub(crate) fn ignore_transactions(&mut self, until: Moment) {
        self.ignoring_transactions_until = until;
    }

    pub(crate) fn refuse_tags(&mut self, now: Moment) {
        self.refusing_tags_until = now + self.chance.between(MINUTE, 6 * HOUR);
    }

    pub(crate) fn refuse_registration(&mut self, now: Moment) {
        let until = now + self.chance.between(MINUTE, 6 * HOUR);
        self.refusing_registration = Spell { of: self.chance.of(&["Pending", "Rejected"]), until };
    }

    pub(crate) fn jump_clock(&mut self, now: Moment) {
        let by = self.chance.of(&[60, 3600, 86_400, 400_000]);
        self.clock_offset = self.chance.between(0, 2 * by) as i64 - by as i64;
        self.story.tell(now, || format!("clock off by {} s", self.clock_offset));
    }

    /// Everything works again. What is cursed stays cursed.
    pub(crate) fn calm_down(&mut self) {
        self.silent_until = 0;
        (self.deaf.until, self.failing.until, self.failing_transaction.until) = (0, 0, 0);
        (self.echoing_until, self.refusing_tags_until, self.refusing_registration.until) = (0, 0, 0);
        (self.late.until, self.odd_until, self.ignoring_transactions_until) = (0, 0, 0);
        self.clock_offset = 0;
        self.is_cursing = false;
    }
}
