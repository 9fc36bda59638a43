//! What the charge point has promised, and what must hold at every moment.

use crate::firmware::{number_of, value_of};
use crate::plans::Plans;
use crate::server::{Asked, seconds};
use crate::standard::{NOT_BEFORE_RESERVATIONS, is_legal, letter_of, number_of as state_of};
use crate::tags::Session;
use crate::transfers::Transfers;
use crate::walk::{Walk, Weather};
use embedded_ocpp::ocpp16::{ChargePointErrorCode, ErrorData, TxNotification};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What the central system knows of what it has asked for, and what is seen of each connector.
#[derive(Default)]
pub(crate) struct Promises {
    /// Whether each connector is to be in service; both where an answer was lost.
    wanted: HashMap<u8, HashSet<bool>>,
    /// The values of keys that are certain.
    values: BTreeMap<String, String>,
    sessions: HashMap<u8, Session>,
    starts: HashMap<u8, u32>,
    withdrawn: HashMap<u8, Withdrawn>,
    statuses: HashMap<u8, &'static str>,
    pub(crate) had_free_vend: bool,
    /// Remote starts whose answer is not known, or that nobody had to be asked about.
    remote_tags: HashSet<String>,
    /// The connector that is to be unlocked, until the next moment of rest.
    unlocking: Option<u8>,
    pub(crate) plans: Plans,
    pub(crate) transfers: Transfers,
}

/// The central system does not accept a running transaction.
#[derive(Debug)]
struct Withdrawn {
    transaction: i64,
    /// The register at which the energy ends that is still given.
    last_energy: i64,
    /// Since when the register has been there.
    over_since: Option<u64>,
}

/// How late a charge point may notice what its meter says.
const METER_LATENESS_MS: u64 = 1000;

// ---- What is asked and answered ----

impl Walk {
    /// The connectors that a ChangeAvailability is about.
    pub(crate) fn targets(&self, connector: u64) -> Vec<u8> {
        match connector {
            0 => (0..=self.connectors).collect(),
            _ => vec![connector as u8],
        }
    }

    /// AV-04: a session, or an EV that waits for one.
    pub(crate) fn is_busy(&self, id: u8) -> bool {
        let charger = self.charger();
        charger.transaction(id).is_some() || charger.charge_point_status(id).unwrap().as_str() == "Preparing"
    }

    /// Until the answer comes both may be.
    pub(crate) fn asks(&mut self, action: &str, payload: &Value) {
        match action {
            "ChangeAvailability" => {
                let (targets, wanted) = self.availability_of(payload);
                for id in targets {
                    self.promises.wanted.entry(id).or_insert_with(|| HashSet::from([true])).insert(wanted);
                }
            }
            "ClearCache" => self.tags.forget(false),
            "ChangeConfiguration" => {
                let name = name_of(payload);
                self.promises.values.remove(&name);
                self.promises.had_free_vend |= name == "cst_freevendactive";
            }
            "RemoteStartTransaction" => {
                if let Some(id_tag) = payload["idTag"].as_str() {
                    self.promises.remote_tags.insert(id_tag.to_owned());
                }
            }
            "UnlockConnector" => {
                let connector = payload["connectorId"].as_u64().unwrap() as u8;
                self.promises.unlocking = Some(connector);
                let is_alone = !self.server.asked.values().any(|other| other.action == action);
                if let Some(bay) = connector.checked_sub(1).and_then(|index| self.bays.get(usize::from(index))) {
                    bay.was_opened.set(bay.was_opened.get() && !is_alone);
                }
                if let Some(entry) = self.changes.get_mut(&connector) {
                    entry.1 += 1; // it may have to tell of a failure
                }
            }
            _ => {}
        }
    }

    fn availability_of(&self, payload: &Value) -> (Vec<u8>, bool) {
        let mut targets = self.targets(payload["connectorId"].as_u64().unwrap());
        targets.retain(|id| *id <= self.connectors);
        (targets, payload["type"] == "Operative")
    }

    pub(crate) fn learn_from(&mut self, asked: &Asked, status: &str) {
        let payload = &asked.payload;
        match asked.action {
            "ChangeAvailability" => {
                let (targets, wanted) = self.availability_of(payload);
                // Open: an answer does not wait for a flash that fails.
                for id in targets.into_iter().filter(|_| self.strict || !self.flash.is_in_trouble) {
                    self.promises.wanted.insert(id, HashSet::from([wanted]));
                }
            }
            "ChangeConfiguration" => self.key_changed(payload, status),
            "ClearCache" if status == "Accepted" => self.tags.forget(true),
            "UnlockConnector" => {
                self.server.unlock_answers += 1;
                if status == "Unlocked" {
                    self.check_unlocked(payload["connectorId"].as_u64().unwrap() as u8);
                }
            }
            _ => {}
        }
    }

    fn key_changed(&mut self, payload: &Value, status: &str) {
        let name = name_of(payload);
        // Open: an answer does not wait for a flash that fails.
        let is_kept = self.strict || !self.flash.is_in_trouble;
        if !is_kept || status != "Accepted" && status != "RebootRequired" {
            return;
        }
        let value = payload["value"].as_str().unwrap();
        let value = if value == "TRUE" { "true" } else { value };
        // The interval of heartbeats is also set by every BootNotification (BOOT-03).
        if name != "heartbeatinterval" {
            self.promises.values.insert(name, value.to_owned());
        }
    }

    /// UNL-01, UNL-02
    fn check_unlocked(&self, id: u8) {
        let bay = self.bays[usize::from(id) - 1];
        assert!(bay.was_opened.get(), "UNL-02: the lock of {id} has never said so");
    }

    pub(crate) fn is_key_on(&self, key: &str) -> bool {
        crate::firmware::is_on(self.charger(), key)
    }

    pub(crate) fn consent_withdrawn(&mut self, id: u8, transaction: i64) {
        let Some(charger) = &self.charger else { return };
        let is_this = charger.transaction(id).and_then(|view| view.transaction_id) == Some(transaction);
        if !is_this || !charger.is_transaction_active(id) {
            return;
        }
        let last_energy = number_of(charger, "MaxEnergyOnInvalidId");
        let energy = self.bays[usize::from(id) - 1].evse.energy.get();
        let withdrawn = Withdrawn { transaction, last_energy: energy.saturating_add(last_energy), over_since: None };
        self.promises.withdrawn.insert(id, withdrawn);
    }

    /// The memory of the charge point is gone, that of the flash is not.
    pub(crate) fn forget_ram(&mut self) {
        self.promises.sessions.clear();
        self.promises.withdrawn.clear();
        self.promises.starts = self.count_starts();
        if self.has(Weather::Flash) {
            self.tags.forget(false);
        }
        if self.has(Weather::Corruption) {
            self.promises.values.clear();
            self.promises.had_free_vend = true;
        }
    }

    fn count_starts(&self) -> HashMap<u8, u32> {
        (1..).zip(&self.bays).map(|(id, bay)| (id, bay.evse.count(TxNotification::StartTx))).collect()
    }
}

fn name_of(payload: &Value) -> String {
    payload["key"].as_str().unwrap().to_ascii_lowercase()
}

// ---- What is seen of the charge point ----

impl Walk {
    pub(crate) fn check_outputs(&mut self) {
        if self.charger.is_none() {
            return;
        }
        self.follow_reservations();
        self.follow_transfers();
        for id in 1..=self.connectors {
            self.check_connector(id);
            self.check_session(id);
            self.check_withdrawn(id);
        }
        for id in 0..=self.connectors {
            self.check_status(id);
            self.count_changes(id);
        }
    }

    /// What must hold when everything that could be done at this moment is done.
    pub(crate) fn check_rest(&mut self) {
        if self.flash.is_in_trouble || self.has(Weather::Corruption) {
            return;
        }
        for id in 0..=self.connectors {
            self.check_service(id);
        }
        for (key, value) in &self.promises.values {
            let found = value_of(self.charger(), key);
            assert_eq!(found, *value, "CFG-09: {key}");
        }
        let (now, is_clear) = (self.now, self.linked && !self.has(Weather::Busy));
        for (id, asked) in self.server.asked.iter().filter(|_| is_clear) {
            let is_slow = self.has(Weather::Flash) || now - asked.since < 11_000;
            let may_wait = asked.action == "UnlockConnector" && is_slow;
            assert!(may_wait, "no answer to {id}: {asked:?}");
        }
        self.check_unlocking();
        self.check_plans();
        self.check_transfers();
    }

    /// UNL-01: what was asked just now has ended the transaction, if the lock takes its time.
    fn check_unlocking(&mut self) {
        let Some(id) = self.promises.unlocking.take() else { return };
        let last = format!("ask-{}", self.server.calls);
        let is_under_way = self.server.asked.get(&last).is_some_and(|asked| asked.action == "UnlockConnector");
        let goes_on = self.charger().is_transaction_running(id) && self.charger().is_transaction_active(id);
        assert!(!is_under_way || !goes_on || self.has(Weather::Busy), "UNL-01: the transaction on {id} goes on");
    }

    fn check_connector(&self, id: u8) {
        let (charger, bay) = (self.charger(), self.bays[usize::from(id) - 1]);
        let status = charger.charge_point_status(id).unwrap().as_str();
        let is_running = charger.is_transaction_running(id);
        if charger.permits_charge(id) {
            assert!(is_running, "AUTH-01: energy without a transaction");
            assert!(bay.is_plugged(), "energy without an EV");
            assert!(!bay.is_faulted(), "ST-07: energy with a fault");
            assert!(["Charging", "SuspendedEV", "SuspendedEVSE"].contains(&status), "energy while {status}");
        }
        if charger.locks_cable(id) {
            assert!(bay.has_lock, "the cable of {id} is locked without a lock");
            let is_over = ["Finishing", "Faulted", "Unavailable"].contains(&status);
            assert!(is_running || is_over, "TX-10, TX-20: locked while {status}");
        } else {
            assert!(!is_running || !bay.has_lock, "TX-18: a transaction on {id} with the cable unlocked");
        }
        let is_right = (status == "Faulted") == bay.is_faulted();
        assert!(is_right || self.flash.is_in_trouble, "ST-07: {id} is {status} with {:?}", bay.errors());
    }

    fn check_session(&mut self, id: u8) {
        let charger = self.charger.as_ref().unwrap();
        let starts = self.bays[usize::from(id) - 1].evse.count(TxNotification::StartTx);
        let before = self.promises.starts.insert(id, starts).unwrap_or(0);
        let Some(view) = charger.transaction(id) else {
            self.promises.sessions.remove(&id);
            return;
        };
        let known = self.promises.sessions.get(&id).is_some_and(|session| session.id_tag == view.id_tag);
        if !known {
            let is_free = self.promises.had_free_vend
                && (view.id_tag == "A0000000" || view.id_tag == value_of(charger, "Cst_FreeVendIdTag"));
            let is_remote = self.promises.remote_tags.contains(view.id_tag);
            let is_vouched = view.id_tag == "V" || is_free || is_remote || self.server.mumbled;
            self.promises.sessions.insert(id, Session::new(view.id_tag, self.now, is_vouched));
        }
        let is_alone = !charger.is_connected()
            || !charger.is_accepted()
            || self.has(Weather::BrokenAnswers)
            || self.has(Weather::Busy)
            || self.flash.is_in_trouble; // which delays the question
        let is_corrupt = self.has(Weather::Corruption);
        let session = self.promises.sessions.get_mut(&id).unwrap();
        if !charger.is_transaction_running(id) || starts > before {
            session.watch(charger, &self.tags, is_alone);
        }
        if starts > before && !is_corrupt {
            assert!(session.may_charge(&self.tags), "AUTH-01: nobody has accepted this: {session:?}");
            let was = self.promises.statuses.get(&id).copied().unwrap_or("");
            let out_of_service = self.promises.wanted.get(&id) == Some(&HashSet::from([false]));
            assert!(was != "Unavailable" || !out_of_service, "AV-07: a transaction on {id}, out of service");
        }
        if starts > before {
            let id_tag = session.id_tag.clone();
            self.check_claim(id, &id_tag);
        }
    }

    /// TX-09 to TX-12
    fn check_withdrawn(&mut self, id: u8) {
        let charger = self.charger.as_ref().unwrap();
        let Some(withdrawn) = self.promises.withdrawn.get_mut(&id) else { return };
        let still = charger.transaction(id).and_then(|view| view.transaction_id) == Some(withdrawn.transaction);
        if !still || !charger.is_transaction_active(id) {
            self.promises.withdrawn.remove(&id);
            return;
        }
        let evse = &self.bays[usize::from(id) - 1].evse;
        if !evse.is_meter_readable.get() || evse.energy.get() < withdrawn.last_energy {
            withdrawn.over_since = None;
            return;
        }
        let since = *withdrawn.over_since.get_or_insert(self.now);
        assert!(
            !charger.permits_charge(id) || self.now <= since + METER_LATENESS_MS,
            "TX-11, TX-12: energy on {id} since {since} for {withdrawn:?}"
        );
    }

    fn check_status(&mut self, id: u8) {
        let status = self.charger().charge_point_status(id).unwrap().as_str();
        if id == 0 {
            assert!(["Available", "Unavailable", "Faulted"].contains(&status), "ST-02: {status}");
            let is_right = (status == "Faulted") == self.cabinet.is_faulted();
            assert!(is_right || self.flash.is_in_trouble, "ST-02: {status}");
        }
        self.promises.statuses.insert(id, status);
    }

    /// AV-01 to AV-10: what was promised is kept, over every boot.
    fn check_service(&self, id: u8) {
        if self.is_closed_for_update() {
            return;
        }
        let status = self.charger().charge_point_status(id).unwrap().as_str();
        let Some(wanted) = self.promises.wanted.get(&id) else {
            assert_ne!(status, "Unavailable", "AV-01: {id} was never taken out of service");
            return;
        };
        let is_busy = if id == 0 { (1..=self.connectors).any(|id| self.is_busy(id)) } else { self.is_busy(id) };
        if !wanted.contains(&false) {
            assert_ne!(status, "Unavailable", "AV-09: {id} is to be in service");
        }
        if !wanted.contains(&true) {
            let is_out = ["Unavailable", "Faulted"].contains(&status);
            assert!(is_out || is_busy, "AV-01, AV-06: {id} is {status}, to be out of service");
        }
    }

    /// AV-07: a card was taken.
    pub(crate) fn check_begun(&self, id: u8) {
        let closed = self.promises.wanted.get(&id) == Some(&HashSet::from([false]));
        let begun = self.charger().is_transaction_active(id);
        assert!(!closed || !begun || self.has(Weather::Corruption), "AV-07: a session on {id}, out of service");
    }

    fn errors(&self, id: u8) -> Vec<ErrorData> {
        match id {
            0 => self.cabinet.error.get().into_iter().collect(),
            _ => self.bays[usize::from(id) - 1].errors(),
        }
    }

    /// Whether the changes of a connector are more than the charge point remembers.
    fn count_changes(&mut self, id: u8) {
        let status = self.charger().charge_point_status(id).unwrap().as_str();
        let state = format!("{status} {:?}", worst(&self.errors(id)).map(|error| error.code));
        let entry = self.changes.entry(id).or_insert_with(|| (state.clone(), 0));
        if entry.0 != state {
            *entry = (state, entry.1 + 1);
        }
        if entry.1 > 2 {
            self.server.gap.insert(u64::from(id));
        }
    }
}

/// Transitions of charge points that ask nobody for anything.
const FREE_VEND_ONLY: &str = "A3 A4 A5 H3 H4 H5";

/// Whether a connector may go from one state to the other (OCPP 1.6 §4.9).
impl Walk {
    fn may_follow(&self, from: &str, to: &str) -> bool {
        let transition = format!("{}{}", letter_of(from), state_of(to));
        let among = |list: &str| list.split_whitespace().any(|other| other == transition);
        // Open: a reservation outlives a tag that comes to nothing, and the table knows no way back to it.
        let is_back = transition == "B7" && self.has(Weather::Reservations) && !self.strict;
        is_back
            || is_legal(&transition)
                && (self.has(Weather::Reservations) || !among(NOT_BEFORE_RESERVATIONS))
                && (self.promises.had_free_vend || !among(FREE_VEND_ONLY))
    }
}

/// ST-06
fn tells_ev_errors(status: &str) -> bool {
    ["Preparing", "SuspendedEV", "SuspendedEVSE", "Finishing"].contains(&status)
}

/// Of several errors the most severe one, and among equals the first.
fn worst(errors: &[ErrorData]) -> Option<ErrorData> {
    errors.iter().rev().max_by_key(|error| error.severity).copied()
}

// ---- What is told of it ----

impl Walk {
    /// StatusNotification.req
    pub(crate) fn status(&mut self, payload: &Value) {
        let connector = payload["connectorId"].as_u64().unwrap();
        let status = payload["status"].as_str().unwrap().to_owned();
        let error = payload["errorCode"].as_str().unwrap();
        self.check_error(connector, &status, error);
        self.server.told_error.insert(connector, error.to_owned());
        let time = payload.get("timestamp").map_or("", |time| time.as_str().unwrap()).to_owned();
        let gap = self.server.gap.remove(&connector);
        let changes = self.changes.get_mut(&(connector as u8)).map_or(0, |entry| {
            entry.1 = if entry.0.starts_with(&format!("{status} ")) { 0 } else { entry.1.saturating_sub(1) };
            entry.1
        });
        let told = self.server.told.insert(connector, (status.clone(), time.clone()));
        let (Some((before, earlier)), false, false) = (told, gap, self.has(Weather::Minimum)) else { return };
        let delayed = seconds(&time) + 1 < seconds(&self.date());
        let is_excused = delayed || self.clock_ran_back || self.has(Weather::Busy);
        assert!(
            before == status || self.may_follow(&before, &status) || is_excused,
            "§4.9: {connector} from {before} to {status} ({changes} changes seen)"
        );
        // Connector 0 reports an error of the moment between two reports of a state that never changes.
        let dated = connector > 0 && !self.clock_ran_back && !time.is_empty();
        // Open: what a trigger asks for overtakes the reports that wait.
        let dated = dated && (self.strict || !self.has(Weather::Commands));
        assert!(!dated || seconds(&earlier) <= seconds(&time) + 1, "§4.9: a report of {time} after one of {earlier}");
    }

    /// Whether the central system knows what is wrong now, and nothing else but errors of a moment.
    pub(crate) fn knows_error(&self, id: u8) -> bool {
        let status = self.charger().charge_point_status(id).unwrap().as_str();
        let mut errors = self.errors(id);
        errors.retain(|error| error.code != ChargePointErrorCode::EVCommunicationError || tells_ev_errors(status));
        let told = self.server.told_error.get(&u64::from(id)).map_or("", String::as_str);
        let expected = worst(&errors).map_or("NoError".to_owned(), |error| format!("{:?}", error.code));
        told == expected || ["ConnectorLockFailure", "ResetFailure"].contains(&told)
    }

    fn check_error(&self, connector: u64, status: &str, error: &str) {
        if connector == 0 {
            assert!(["Available", "Unavailable", "Faulted"].contains(&status), "ST-02: {status}");
        }
        assert!(status != "Faulted" || error != "NoError", "ST-05: a fault without an error");
        assert!(error != "EVCommunicationError" || tells_ev_errors(status), "ST-06: {error} while {status}");
    }
}
