//! A seeded random walk on the public facade: whatever users, hardware, link, flash and central system do in whatever
//! order, the promises of the README hold. Every walk ends in calm weather, in which everything must come to rest.
//!
//! `WALK_FROM=1000 WALK_SEEDS=500 WALK_STRICT=1 cargo test --test random_walk -- --nocapture` walks on other seeds; a walk that fails
//! prints its seed and the end of its story. `WALK_STRICT` takes back the allowances that are marked as open.

mod support;

use embedded_ocpp::ocpp16::{ChargePointErrorCode, ErrorData, Reason, TxNotification};
use embedded_ocpp::store::{RecordKey, Storage};
use embedded_ocpp::time::{DateTime, Instant};
use embedded_ocpp::{Boot, ChargePoint, Error, Resources, json as bounded_json};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use support::{Evse, Frame, Wire, WireError, leak};

/// 2025-01-01T00:00:00Z
const BEGINNING: u32 = 1_735_689_600;
const POLLS_MAX: u32 = 64;

// ---- Chance ----

/// SplitMix64.
#[derive(Clone)]
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True once in `n` times.
    fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize].clone()
    }

    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len() as u64 + 1) as usize;
            match self.below(7) {
                0 => bytes.truncate(at),
                1 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                2 if at < bytes.len() => bytes[at] = self.next() as u8,
                3 => bytes.insert(at, self.next() as u8),
                4 if at < bytes.len() => drop(bytes.remove(at)),
                5 => {
                    let piece = self.of::<&[u8]>(&[
                        b"\"",
                        b"[",
                        b"]",
                        b"{",
                        b"}",
                        b",",
                        b"null",
                        b"-1",
                        b"1e999",
                        b"99999999999999999999999",
                        b"\\u0000",
                        b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                        b"{\"a\":{\"a\":{\"a\":",
                        b"\xff",
                        b"\\",
                    ]);
                    bytes.splice(at..at, piece.iter().copied());
                }
                _ => {
                    let end = (at + self.below(20) as usize).min(bytes.len());
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
        }
    }
}

// ---- The hardware ----

#[derive(Default)]
struct Flash {
    records: HashMap<RecordKey, Vec<u8>>,
    failing: u32,
    /// A failing write may have happened all the same.
    late_failures: bool,
}

#[derive(Debug)]
struct Failed;

impl Flash {
    fn fails(&mut self) -> bool {
        let fails = self.failing > 0;
        self.failing = self.failing.saturating_sub(1);
        fails
    }
}

impl Storage for Flash {
    type Error = Failed;

    async fn load(&mut self, key: RecordKey, buffer: &mut [u8]) -> Result<Option<usize>, Failed> {
        if self.fails() {
            buffer.fill(0xa5);
            return Err(Failed);
        }
        let Some(record) = self.records.get(&key).filter(|record| !record.is_empty()) else { return Ok(None) };
        buffer.get_mut(..record.len()).ok_or(Failed)?.copy_from_slice(record);
        Ok(Some(record.len()))
    }

    async fn store(&mut self, key: RecordKey, record: &[u8]) -> Result<(), Failed> {
        let fails = self.fails();
        if !fails || self.late_failures && self.failing.is_multiple_of(2) {
            self.records.insert(key, record.to_vec());
        }
        if fails { Err(Failed) } else { Ok(()) }
    }

    async fn remove(&mut self, key: RecordKey) -> Result<(), Failed> {
        let fails = self.fails();
        if !fails || self.late_failures && self.failing.is_multiple_of(2) {
            self.records.remove(&key);
        }
        if fails { Err(Failed) } else { Ok(()) }
    }
}

// ---- The central system ----

/// A transaction as the central system sees it.
#[derive(Debug, Default)]
struct Transaction {
    start: String,
    /// The id that it was given, in every answer.
    id: i64,
    timestamp: String,
    meter_start: i64,
}

#[derive(Default)]
struct Server {
    /// Everything that was ever called, by message id.
    seen: HashMap<String, (String, Value)>,
    /// What became of each transaction message: answers that were no result, and answers of another form.
    failures: HashMap<String, u32>,
    ids: HashMap<String, i64>,
    next_id: i64,
    open: BTreeMap<u64, Transaction>,
    /// The call that it has not answered, and since when.
    unanswered: Option<(String, u64)>,
    maybe_accepted: bool,
    triggered: bool,
    /// The last report of each connector, its time, and whether an outage or a boot lies behind it.
    told: HashMap<u64, (String, String)>,
    gap: HashSet<u64>,
    starts: u32,
    stops: u32,
    calls: u32,
    /// Calls that must be answered once.
    asked: HashSet<String>,
    /// The answers that it keeps for later.
    late: Vec<(String, Vec<u8>)>,
    /// What was answered late.
    excused: HashSet<String>,
    /// It has refused the charge point, which says nothing then.
    rejected: bool,
    /// It has lost track of which transaction is which.
    fog: bool,
}

/// The transitions of OCPP 1.6 §4.9, from each state.
fn may_follow(from: &str, to: &str) -> bool {
    let allowed: &[&str] = match from {
        "Available" => &["Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Reserved", "Unavailable", "Faulted"],
        "Preparing" => &["Available", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing", "Faulted"],
        "Charging" => &["Available", "SuspendedEV", "SuspendedEVSE", "Finishing", "Unavailable", "Faulted"],
        "SuspendedEV" => &["Available", "Charging", "SuspendedEVSE", "Finishing", "Unavailable", "Faulted"],
        "SuspendedEVSE" => &["Available", "Charging", "SuspendedEV", "Finishing", "Unavailable", "Faulted"],
        "Finishing" => &["Available", "Preparing", "Unavailable", "Faulted"],
        "Unavailable" => &["Available", "Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Faulted"],
        "Faulted" => return to != "Faulted",
        _ => &[],
    };
    allowed.contains(&to)
}

/// What makes the weather of one walk.
struct Weather {
    broken_answers: bool,
    broken_calls: bool,
    link: bool,
    flash: bool,
    reboots: bool,
    clock_moves: bool,
    long_jumps: bool,
    commands: bool,
    busy: bool,
    corruption: bool,
    resets: bool,
    minimum: bool,
}

struct Walk {
    chance: Chance,
    weather: Weather,
    calm: bool,
    now: u64,
    booted: u64,
    clock_start: u64,
    deadline: u64,
    clock_offset: i64,
    clock_ran_back: bool,
    connectors: u8,
    charger: Option<ChargePoint<'static>>,
    evses: Vec<&'static Evse>,
    resets: &'static Cell<u32>,
    wire: Wire,
    flash: Flash,
    server: Server,
    linked: bool,
    changes: HashMap<u8, (String, u32)>,
    story: &'static RefCell<Vec<String>>,
    /// Without the allowances for what is known to be open.
    strict: bool,
}

impl Walk {
    fn new(seed: u64, story: &'static RefCell<Vec<String>>) -> Self {
        let mut chance = Chance(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let mut maybe = || chance.once_in(2);
        let weather = Weather {
            broken_answers: maybe(),
            broken_calls: maybe(),
            link: maybe(),
            flash: maybe(),
            reboots: maybe(),
            clock_moves: maybe() && maybe(),
            long_jumps: maybe(),
            commands: maybe(),
            busy: maybe(),
            corruption: maybe() && maybe() && maybe(),
            resets: maybe() && maybe(),
            minimum: maybe() && maybe(),
        };
        let connectors = 1 + chance.below(3) as u8;
        let evses = (0..connectors).map(|_| Evse::leak()).collect();
        let walk = Self {
            chance,
            weather,
            calm: false,
            now: 0,
            booted: 0,
            clock_start: 0,
            deadline: 0,
            clock_offset: 0,
            clock_ran_back: false,
            connectors,
            charger: None,
            evses,
            resets: leak(Cell::new(0)),
            wire: Wire::default(),
            flash: Flash::default(),
            server: Server { next_id: 1, ..Server::default() },
            linked: false,
            changes: HashMap::new(),
            story,
            strict: number("WALK_STRICT", 0) > 0,
        };
        let weather = &walk.weather;
        walk.tell(format!(
            "{connectors} connectors; answers {} calls {} link {} flash {} reboots {} clock {} jumps {} commands {} busy {} corruption {} resets {} minimum {}",
            weather.broken_answers, weather.broken_calls, weather.link, weather.flash, weather.reboots,
            weather.clock_moves, weather.long_jumps, weather.commands, weather.busy, weather.corruption,
            weather.resets, weather.minimum,
        ));
        walk
    }

    fn tell(&self, event: String) {
        self.story.borrow_mut().push(format!("{:>10}.{:03} {event}", self.now / 1000, self.now % 1000));
    }

    fn boot_up(&mut self) {
        self.booted = self.now;
        self.clock_start = if self.chance.once_in(4) { self.chance.below(1 << 41) } else { 0 };
        let boot = Boot::new("Walker", "ACME");
        let mut charger = match self.connectors {
            1 => ChargePoint::new(Box::leak(Box::new(Resources::<1, 256, 1024>::new())), boot),
            2 => ChargePoint::new(Box::leak(Box::new(Resources::<2>::new())), boot),
            _ => ChargePoint::new(Box::leak(Box::new(Resources::<3, 512, 1024>::new())), boot),
        }
        .unwrap();
        for (evse, id) in self.evses.iter().copied().zip(1..) {
            evse.connect(&mut charger, id);
            let story = self.story;
            let tell = move |notification| {
                story.borrow_mut().push(format!("               {id}: {notification:?}"));
                evse.notifications.borrow_mut().push(notification);
            };
            charger.set_tx_notification_output(leak(tell), id).unwrap();
        }
        let resets = self.resets;
        charger.set_on_reset_execute(leak(move |_| resets.set(resets.get() + 1)));
        let random = leak(RefCell::new(Chance(self.chance.next())));
        charger.set_rng(leak(move || random.borrow_mut().next() as u32));
        let story = self.story;
        charger.set_on_discarded(leak(move |message: &embedded_ocpp::ocpp16::Discarded<'_>| {
            story.borrow_mut().push(format!("               discarded {message:?}"));
        }));
        self.server.maybe_accepted = false;
        self.server.triggered = false;
        self.server.rejected = false;
        self.changes.clear();
        self.charger = Some(charger);
    }

    fn reboot(&mut self) {
        self.tell("REBOOT".to_owned());
        self.charger = None;
        self.cut();
        if self.weather.corruption && !self.calm {
            let keys: Vec<RecordKey> = {
                let mut keys: Vec<_> = self.flash.records.keys().copied().collect();
                keys.sort_unstable();
                keys
            };
            if !keys.is_empty() {
                for _ in 0..=self.chance.below(3) {
                    let key = self.chance.of(&keys);
                    let mut record = self.flash.records[&key].clone();
                    self.chance.damage(&mut record);
                    record.truncate(256);
                    self.tell(format!("record {key:#x} damaged"));
                    self.flash.records.insert(key, record);
                }
            }
        }
        self.boot_up();
        self.settle();
    }

    fn cut(&mut self) {
        if self.wire.connected || self.linked {
            self.tell("link down".to_owned());
        }
        self.wire.cut();
        // What is on its way may be lost.
        if self.chance.once_in(2) {
            self.serve(true);
        }
        self.wire.outgoing.clear();
        self.link_was_lost();
    }

    fn link_was_lost(&mut self) {
        self.linked = false;
        self.server.unanswered = None;
        self.server.asked.clear();
        self.server.late.clear();
        self.server.gap = (0..=u64::from(self.connectors)).collect();
    }

    fn link_up(&mut self) {
        if !self.wire.connected {
            self.tell("link up".to_owned());
            self.wire.connected = true;
            self.linked = true;
        }
    }

    fn instant(&self) -> Instant {
        Instant::from_millis(self.now - self.booted + self.clock_start)
    }

    /// Polls and serves until there is nothing to do at this moment.
    fn settle(&mut self) {
        let mut polls = 0;
        loop {
            let now = self.instant();
            let failing = self.flash.failing;
            let Some(charger) = &mut self.charger else { return };
            let polled = charger.poll(now, &mut self.wire, &mut self.flash);
            if self.linked && !self.wire.connected {
                self.tell("link failed".to_owned());
                self.serve(true);
                self.link_was_lost();
            }
            let deadline = match polled {
                Ok(deadline) => deadline,
                Err(Error::Storage(Failed)) => {
                    assert!(failing > 0, "a failure that the flash has not seen");
                    self.tell(format!("storage failed, {} to come", self.flash.failing));
                    Instant::from_millis(now.as_millis() + 1000)
                }
                Err(Error::Transport(WireError)) => now,
                Err(error) => panic!("{error:?}"),
            };
            self.check_outputs();
            let served = self.serve(false);
            if !served && deadline > now {
                self.deadline = (deadline.as_millis() - self.clock_start).saturating_add(self.booted);
                return;
            }
            polls += u32::from(!served);
            assert!(polls < POLLS_MAX, "a busy loop");
        }
    }

    fn check_outputs(&mut self) {
        let Some(charger) = &self.charger else { return };
        for (evse, id) in self.evses.iter().zip(1..) {
            if charger.permits_charge(id) {
                assert!(charger.is_transaction_running(id), "energy without a transaction");
                assert!(evse.plugged.get(), "energy without an EV");
                assert!(!evse.error.get().is_some_and(|error| error.is_faulted), "energy with a fault");
            }
            if charger.is_transaction_running(id) && !self.weather.flash {
                assert_eq!(evse.count(TxNotification::StartTx).min(1), 1, "a transaction without a start");
            }
        }
        for id in 0..=self.connectors {
            let status = charger.charge_point_status(id).unwrap().as_str().to_owned();
            let error = id.checked_sub(1).and_then(|index| self.evses[usize::from(index)].error.get());
            let state = format!("{status} {:?}", error.map(|error| error.code));
            let entry = self.changes.entry(id).or_insert_with(|| (state.clone(), 0));
            if entry.0 != state {
                *entry = (state, entry.1 + 1);
                if entry.1 > 2 {
                    self.server.gap.insert(u64::from(id)); // more changes than are kept
                }
            }
        }
    }
}

// ---- The central system's part ----

impl Walk {
    fn date(&self) -> String {
        let date = i64::from(BEGINNING) + (self.now / 1000) as i64 + self.clock_offset;
        DateTime::from_unix(date as u32).to_string()
    }

    /// Takes in what the charge point has sent. `deaf`: answers get lost.
    fn serve(&mut self, deaf: bool) -> bool {
        let mut served = false;
        while let Some(text) = self.wire.outgoing.pop_front() {
            served = true;
            self.tell(format!("  > {text}"));
            match Frame::read(&text) {
                Frame::Call { id, action, payload } => self.called(&id, &action, &payload, deaf),
                Frame::Result { id, .. } | Frame::Error { id, .. } => {
                    if id.starts_with("ask-") && !self.server.rejected {
                        assert!(self.server.asked.remove(&id), "an answer twice or to nothing: {id}");
                    }
                }
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
            Some(_) if self.weather.corruption => kept,
            Some(first) => {
                assert_eq!(*first, message, "RPC-08, MSG-12: one id, two messages");
                assert!(kept, "RPC-08: a message that is not kept has an old id");
                true
            }
            None => false,
        };
        self.server.seen.insert(id.to_owned(), message);
        if action != "BootNotification" {
            let may = self.server.maybe_accepted
                || self.server.triggered && matches!(action, "StatusNotification" | "Heartbeat" | "MeterValues");
            assert!(may, "BOOT-02: {action} before acceptance");
        }
        let answer = match action {
            "BootNotification" => self.boot_answer(),
            "StatusNotification" => {
                self.status(payload);
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
                if kept && !again {
                    self.meter_values(payload);
                }
                json!({})
            }
            _ => json!({}),
        };
        if deaf {
            return;
        }
        self.answer(id, action, &answer);
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
            self.server.asked.clear();
        }
        if self.calm {
            self.server.rejected = false;
        }
        self.server.gap = (0..=u64::from(self.connectors)).collect();
        let interval = self.chance.of(&[0, 60, 300, 86_400]);
        json!({"status": status, "currentTime": self.date(), "interval": interval})
    }

    fn id_tag_info(&mut self) -> Value {
        let status = if self.calm || !self.chance.once_in(5) {
            "Accepted"
        } else {
            self.chance.of(&["Blocked", "Expired", "Invalid", "ConcurrentTx"])
        };
        if self.chance.once_in(4) {
            json!({"status": status, "parentIdTag": "GROUP"})
        } else {
            json!({"status": status})
        }
    }

    fn status(&mut self, payload: &Value) {
        let connector = payload["connectorId"].as_u64().unwrap();
        let status = payload["status"].as_str().unwrap().to_owned();
        let time = payload.get("timestamp").map_or("", |time| time.as_str().unwrap()).to_owned();
        let gap = self.server.gap.remove(&connector);
        let changes = self.changes.get_mut(&(connector as u8)).map_or(0, |entry| {
            entry.1 = if entry.0.starts_with(&status) { 0 } else { entry.1.saturating_sub(1) };
            entry.1
        });
        let told = self.server.told.insert(connector, (status.clone(), time.clone()));
        let (Some((before, earlier)), false, false) = (told, gap, self.weather.minimum) else { return };
        let seconds = |date: &str| DateTime::parse(date).map_or(0, |date| i64::from(date.as_unix()));
        let delayed = seconds(&time) + 1 < seconds(&self.date());
        assert!(
            before == status || may_follow(&before, &status) || delayed || self.clock_ran_back || self.weather.busy,
            "§4.9: {connector} from {before} to {status} ({changes} changes seen)"
        );
        // Connector 0 reports an error of the moment between two reports of a state that never changes.
        let dated = connector > 0 && !self.clock_ran_back && !time.is_empty();
        // Open: what a trigger asks for overtakes the reports that wait.
        let dated = dated && (self.strict || !self.weather.commands);
        assert!(!dated || seconds(&earlier) <= seconds(&time) + 1, "§4.9: a report of {time} after one of {earlier}");
    }

    fn start(&mut self, id: &str, payload: &Value) {
        self.server.starts += 1;
        let connector = payload["connectorId"].as_u64().unwrap();
        let transaction = Transaction {
            start: id.to_owned(),
            id: self.server.next_id,
            timestamp: payload["timestamp"].as_str().unwrap().to_owned(),
            meter_start: payload["meterStart"].as_i64().unwrap(),
        };
        self.server.ids.insert(id.to_owned(), transaction.id);
        self.server.next_id += 1;
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

    fn lost_track(&self) -> bool {
        self.weather.corruption || self.server.fog
    }

    fn meter_values(&mut self, payload: &Value) {
        let found = self.transaction_of(payload);
        assert!(found.is_some() || self.lost_track(), "MeterValues of no transaction: {:?}", self.server.open);
    }

    fn stop(&mut self, payload: &Value) {
        self.server.stops += 1;
        let Some(connector) = self.transaction_of(payload) else {
            assert!(self.lost_track(), "StopTransaction of no transaction: {:?}", self.server.open);
            return;
        };
        let open = self.server.open.remove(&connector).unwrap();
        if self.lost_track() {
            return;
        }
        let meter_stop = payload["meterStop"].as_i64().unwrap();
        assert!(meter_stop >= open.meter_start, "a negative transaction: {open:?}");
        let end = payload["timestamp"].as_str().unwrap();
        // Open: a start that was made without a clock is dated by a later boot than its end.
        let undated = self.weather.reboots || self.weather.resets;
        let seconds = |date: &str| DateTime::parse(date).map_or(0, DateTime::as_unix);
        assert!(
            seconds(end) + 1 >= seconds(&open.timestamp) || self.clock_ran_back || undated,
            "over before it began: {open:?} {end}"
        );
    }

    fn answer(&mut self, id: &str, action: &str, payload: &Value) {
        let mut frame = json!([3, id, payload]).to_string().into_bytes();
        if !self.weather.broken_answers || self.calm || self.chance.below(10) < 6 {
            self.server.unanswered = None;
            return self.send(frame);
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
            }
            5 => {
                *failures += 9;
                self.server.unanswered = None;
                let broken = self.chance.of(&[
                    json!({}),
                    json!(null),
                    json!({"transactionId": null, "idTagInfo": {"status": "Accepted"}}),
                    json!({"transactionId": 99_999_999_999_999_i64, "idTagInfo": {}}),
                    json!({"transactionId": "7", "idTagInfo": {"status": 3}}),
                    json!({"status": "Accepted", "currentTime": "2025-13-01T00:00:00Z", "interval": -1}),
                    json!({"idTagInfo": {"status": "Accepted", "parentIdTag": "x".repeat(40)}}),
                    json!([]),
                ]);
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
    }

    fn send(&mut self, frame: Vec<u8>) {
        if self.wire.connected {
            let shown: String = String::from_utf8_lossy(&frame).chars().take(300).collect();
            self.tell(format!("  < {shown}"));
            self.wire.incoming.push_back(frame);
        }
    }

    fn command(&mut self) {
        let connector = self.chance.of(&[
            json!(0),
            json!(1),
            json!(1),
            json!(2),
            json!(3),
            json!(-1),
            json!(99_999_999_999_i64),
            json!("1"),
            json!(1.5),
            json!(null),
        ]);
        let tag = self.chance.of(&[json!("A"), json!("B"), json!("ÄÖÜ€"), json!(""), json!("x".repeat(21)), json!(7)]);
        let (action, payload) = match self.chance.below(12) {
            0 | 1 => (
                "RemoteStartTransaction",
                if self.chance.once_in(2) {
                    json!({"connectorId": connector, "idTag": tag})
                } else {
                    json!({"idTag": "A"})
                },
            ),
            2 | 3 => {
                let id = match self.server.open.values().map(|open| open.id).min() {
                    Some(id) if !self.chance.once_in(4) => json!(id),
                    _ => self.chance.of(&[json!(0), json!(-1), json!(1), json!(i64::MAX), json!("1")]),
                };
                ("RemoteStopTransaction", json!({"transactionId": id}))
            }
            4..=6 => {
                let message = self.chance.of(&[
                    "BootNotification",
                    "Heartbeat",
                    "StatusNotification",
                    "StatusNotification",
                    "MeterValues",
                    "MeterValues",
                    "FirmwareStatusNotification",
                    "Nonsense",
                ]);
                self.server.triggered = true;
                self.server.gap = (0..=u64::from(self.connectors)).collect();
                let payload = if self.chance.once_in(2) {
                    json!({"requestedMessage": message})
                } else {
                    json!({"requestedMessage": message, "connectorId": connector})
                };
                ("TriggerMessage", payload)
            }
            7 | 8 => {
                let minimum = if self.weather.minimum { "7" } else { "0" };
                let (key, value) = self.chance.of(&[
                    ("MeterValueSampleInterval", "0"),
                    ("MeterValueSampleInterval", "30"),
                    ("ConnectionTimeOut", "0"),
                    ("ConnectionTimeOut", "20"),
                    ("StopTransactionOnEVSideDisconnect", "false"),
                    ("StopTransactionOnInvalidId", "false"),
                    ("stoptransactiononinvalidid", "TRUE"),
                    ("AllowOfflineTxForUnknownId", "true"),
                    ("AuthorizeRemoteTxRequests", "true"),
                    ("MinimumStatusDuration", minimum),
                    ("HeartbeatInterval", "120"),
                    ("HeartbeatInterval", "-5"),
                    ("Cst_AuthorizationTimeout", "5"),
                    ("TransactionMessageRetryInterval", "0"),
                    ("TransactionMessageRetryInterval", "10"),
                    ("MessageTimeout", "5"),
                    ("MeterValuesSampledData", "Energy.Active.Import.Register,SoC"),
                    ("MeterValuesSampledData", ""),
                    ("NumberOfConnectors", "7"),
                    ("Unknown", "x"),
                    ("ResetRetries", "0"),
                    ("WebSocketPingInterval", "0"),
                    ("", ""),
                ]);
                let value = if self.chance.once_in(8) {
                    self.chance.of(&["99999999999999999999", "-1", "", "1e3", "ä"])
                } else {
                    value
                };
                let value = if key == "MinimumStatusDuration" { minimum } else { value };
                ("ChangeConfiguration", json!({"key": key, "value": value}))
            }
            9 => (
                "GetConfiguration",
                self.chance.of(&[
                    json!({}),
                    json!({"key": []}),
                    json!({"key": ["HeartbeatInterval", "Nope", "x"]}),
                    json!({"key": vec!["a"; 40]}),
                    json!({"key": [7]}),
                ]),
            ),
            10 if self.weather.resets => {
                ("Reset", self.chance.of(&[json!({"type": "Soft"}), json!({"type": "Hard"}), json!({"type": 1})]))
            }
            10 => ("DataTransfer", json!({"vendorId": "ACME", "data": "x".repeat(self.chance.below(400) as usize)})),
            _ => (
                self.chance.of(&[
                    "UnlockConnector",
                    "ClearCache",
                    "ReserveNow",
                    "Nonsense",
                    "",
                    "GetDiagnostics",
                    "StartTransaction",
                ]),
                json!({"connectorId": connector, "type": "Operative"}),
            ),
        };
        self.server.calls += 1;
        let id = format!("ask-{}", self.server.calls);
        let mut frame = json!([2, id, action, payload]).to_string().into_bytes();
        let delicate = matches!(action, "ChangeConfiguration" | "Reset");
        if !self.weather.broken_calls || delicate || self.chance.once_in(2) {
            if !self.server.rejected {
                self.server.asked.insert(id);
            }
        } else {
            // Its answer may name another id.
            let id = format!("odd-{}", self.server.calls);
            frame = json!([2, id, action, payload]).to_string().into_bytes();
            match self.chance.below(6) {
                0 => {
                    frame =
                        format!("[2,\"{id}\",\"{action}\",{}{}]", "{\"a\":[".repeat(40), "]}".repeat(40)).into_bytes()
                }
                1 => frame = (0..self.chance.below(300)).map(|_| self.chance.next() as u8).collect(),
                2 => frame.truncate(self.chance.below(frame.len() as u64) as usize),
                3 => frame.splice(10..10, vec![b' '; 3000]).for_each(drop),
                _ => self.chance.damage(&mut frame),
            }
            if String::from_utf8_lossy(&frame).contains("\"ask-") {
                return;
            }
        }
        self.send(frame);
    }
}

// ---- One step ----

impl Walk {
    fn step(&mut self) {
        let connector = 1 + self.chance.below(u64::from(self.connectors)) as u8;
        let evse = self.evses[usize::from(connector) - 1];
        match self.chance.below(30) {
            0..=3 => {
                evse.plugged.set(!evse.plugged.get());
                self.tell(format!("{connector}: plugged {}", evse.plugged.get()));
            }
            4..=8 => {
                let tag = self.chance.of(&["A", "B", "a", "ÄÖÜ€", "", "123456789012345678901"]);
                let charger = self.charger.as_mut().unwrap();
                if charger.is_transaction_active(connector) {
                    let ended = charger.end_transaction(Some(tag), Reason::Local, connector);
                    self.tell(format!("{connector}: card {tag} to end: {ended:?}"));
                } else {
                    let begun = charger.begin_transaction(tag, connector);
                    self.tell(format!("{connector}: card {tag} to begin: {begun:?}"));
                }
            }
            9 => {
                let charger = self.charger.as_mut().unwrap();
                let done = if self.chance.once_in(2) {
                    format!("end {:?}", charger.end_transaction(None, Reason::Other, connector))
                } else {
                    format!("vouched {:?}", charger.begin_transaction_authorized("V", connector))
                };
                self.tell(format!("{connector}: {done}"));
            }
            10 => {
                let (name, switch) = self.chance.of(&[
                    ("EV", &evse.ev_ready),
                    ("EVSE", &evse.evse_ready),
                    ("start", &evse.start_ready),
                    ("stop", &evse.stop_ready),
                ]);
                switch.set(!switch.get());
                self.tell(format!("{connector}: {name} ready {}", switch.get()));
            }
            11 => {
                evse.error.set(self.chance.of(&[
                    None,
                    None,
                    Some(ErrorData::fault(ChargePointErrorCode::GroundFailure)),
                    Some(ErrorData {
                        info: Some("\"\\\n ä"),
                        vendor_id: Some("ACME"),
                        ..ErrorData::warning(ChargePointErrorCode::WeakSignal)
                    }),
                ]));
                self.tell(format!(
                    "{connector}: error {:?}",
                    evse.error.get().map(|error| (error.code, error.is_faulted))
                ));
            }
            12..=14 => {
                let more = if self.chance.once_in(6) {
                    -(self.chance.below(5000) as i64)
                } else {
                    self.chance.below(1000) as i64
                };
                evse.energy.set(if self.chance.once_in(100) {
                    self.chance.of(&[i64::MAX, i64::MIN, -1, 0])
                } else {
                    evse.energy.get().saturating_add(more)
                });
                self.tell(format!("{connector}: meter {}", evse.energy.get()));
            }
            15..=17 if self.weather.commands && self.wire.connected => self.command(),
            18 if self.weather.link => self.cut(),
            19 if self.weather.link => {
                self.wire.fail_next_send = self.chance.once_in(2);
                self.wire.fail_next_receive = !self.wire.fail_next_send;
            }
            18..=20 if !self.wire.connected => self.link_up(),
            20 if self.weather.busy => self.wire.busy = self.chance.below(6) as u32,
            21 if self.weather.flash => {
                self.flash.failing = 1 + self.chance.below(6) as u32;
                self.flash.late_failures = self.chance.once_in(3);
                self.tell(format!("flash fails {} times, late {}", self.flash.failing, self.flash.late_failures));
            }
            22 if self.weather.reboots => return self.reboot(),
            23 if self.weather.clock_moves => {
                self.clock_offset = self.chance.below(4_000_000) as i64 - 2_000_000;
                self.clock_ran_back = true;
                self.tell(format!("clock moved by {}", self.clock_offset));
            }
            24 if self.weather.long_jumps => self.pass(self.chance.clone().below(40 * 86_400_000)),
            25 => {
                if let Some((id, late)) = self.server.late.pop() {
                    self.server.unanswered.take_if(|(open, _)| *open == id);
                    // It may tell a time that is over, and come when the call was sent again.
                    self.clock_ran_back = true;
                    self.server.excused.insert(id);
                    self.send(late);
                }
            }
            _ => {
                let span = self.chance.of(&[0, 1, 999, 5_000, 20_000, 61_000, 300_000]);
                let span = if span == 0 { self.chance.below(3000) } else { span };
                self.pass(span);
            }
        }
        if self.resets.take() > 0 && self.chance.once_in(2) {
            return self.reboot();
        }
        self.settle();
    }

    /// Time passes, with a poll at every deadline or, now and then, only at the end.
    fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        self.tell(format!("{} ms pass", ms));
        if !self.chance.once_in(10) {
            for _ in 0..200 {
                if self.deadline >= end {
                    break;
                }
                self.now = self.deadline.max(self.now);
                self.settle();
            }
        }
        self.now = end;
    }

    fn calm_down(&mut self) {
        self.tell("CALM".to_owned());
        self.calm = true;
        self.flash.failing = 0;
        self.wire.busy = 0;
        self.wire.fail_next_send = false;
        self.wire.fail_next_receive = false;
        self.link_up();
        let end = self.now + 4 * 86_400_000;
        self.settle();
        while !self.at_rest() {
            assert!(self.now < end && self.deadline < u64::MAX / 2, "no rest: {}", self.unrest());
            self.now = self.deadline.max(self.now + 1);
            self.link_up();
            self.settle();
        }
        if self.weather.corruption {
            return;
        }
        let (starts, stops) = self.evses.iter().fold((0, 0), |(starts, stops), evse| {
            (starts + evse.count(TxNotification::StartTx), stops + evse.count(TxNotification::StopTx))
        });
        assert!(self.server.starts >= starts, "{starts} starts, {} told", self.server.starts);
        assert!(self.server.stops >= stops, "{stops} stops, {} told", self.server.stops);
        let running =
            (1..=self.connectors).filter(|id| self.charger.as_ref().unwrap().is_transaction_running(*id)).count();
        assert!(
            self.server.fog || self.server.open.len() == running,
            "transactions that never end: {:?}",
            self.server.open
        );
        assert_eq!(self.server.starts - self.server.stops, running as u32);
        assert!(self.server.asked.is_empty(), "without an answer: {:?}", self.server.asked);
    }

    fn at_rest(&self) -> bool {
        let charger = self.charger.as_ref().unwrap();
        self.wire.connected
            && charger.is_accepted()
            && charger.waiting_messages() == 0
            && self.server.unanswered.is_none()
            && (0..=self.connectors).all(|id| {
                let status = charger.charge_point_status(id).unwrap();
                self.server.told.get(&u64::from(id)).is_some_and(|(told, _)| told == status.as_str())
            })
    }

    fn unrest(&self) -> String {
        let charger = self.charger.as_ref().unwrap();
        let statuses: Vec<_> = (0..=self.connectors).map(|id| charger.charge_point_status(id)).collect();
        format!(
            "accepted {} waiting {} told {:?} statuses {statuses:?} unanswered {:?}",
            charger.is_accepted(),
            charger.waiting_messages(),
            self.server.told,
            self.server.unanswered
        )
    }
}

fn walk(seed: u64, story: &'static RefCell<Vec<String>>) {
    let mut walk = Walk::new(seed, story);
    walk.boot_up();
    walk.link_up();
    walk.settle();
    let steps = walk.chance.of(&[30, 100, 300]);
    for _ in 0..steps {
        walk.step();
    }
    walk.calm_down();
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

#[test]
fn whatever_happens_the_promises_hold() {
    let (from, seeds) = (number("WALK_FROM", 0), number("WALK_SEEDS", 300));
    let tail = number("WALK_TAIL", 60) as usize;
    let mut failed = 0;
    for seed in from..from + seeds {
        let story: &'static RefCell<Vec<String>> = leak(RefCell::new(Vec::new()));
        if catch_unwind(AssertUnwindSafe(|| walk(seed, story))).is_err() {
            let story = story.borrow();
            println!("SEED {seed} failed after {} events", story.len());
            println!("{}", story[..1.min(story.len())].join("\n"));
            println!("{}", story[story.len().saturating_sub(tail).max(1)..].join("\n"));
            failed += 1;
        }
        story.take();
    }
    assert_eq!(failed, 0, "of {seeds} walks");
}

#[test]
fn random_bytes_are_read_to_their_end() {
    let mut chance = Chance(number("WALK_FROM", 0) + 1);
    for _ in 0..number("WALK_TEXTS", 30_000) {
        let mut bytes = chance.of::<&[u8]>(&[
            b"[2,\"id\",\"RemoteStartTransaction\",{\"connectorId\":1,\"idTag\":\"A\\u00e4\",\"x\":[1,-2.5e+3,true,null]}]",
            b"[3,\"id\",{\"idTagInfo\":{\"status\":\"Accepted\"}}]",
            b"[4,\"id\",\"InternalError\",\"\",{}]",
            b"",
        ]).to_vec();
        chance.damage(&mut bytes);
        let _ = bounded_json::scan(&bytes);
        let mut date = b"2024-02-29T23:59:60.123+05:30".to_vec();
        chance.damage(&mut date);
        if let Ok(Ok(date)) = core::str::from_utf8(&date).map(DateTime::parse) {
            assert_eq!(DateTime::parse(&date.to_string()), Ok(date));
        }
    }
}
