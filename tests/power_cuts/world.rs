//! Everything that outlives a boot of the firmware, but for the flash: plain data, so that one moment of it can be gone on
//! from many times.

use crate::central::Central;
use crate::ledger::{Boot, End, Ledger, Session};
use crate::script::Entry;
use embedded_ocpp::ocpp16::TxNotification;
use serde_json::json;
use std::collections::BTreeMap;

/// The factory values of the keys that are changed.
pub(crate) const FACTORY: [(&str, &str); 7] = [
    ("AllowOfflineTxForUnknownId", "true"),
    ("ConnectionTimeOut", "60"),
    ("MeterValueSampleInterval", "0"),
    ("MinimumStatusDuration", "0"),
    ("StopTxnSampledData", ""),
    ("TransactionMessageAttempts", "2"),
    ("TransactionMessageRetryInterval", "1"),
];

#[derive(Clone)]
pub(crate) struct World {
    /// Milliseconds since the beginning.
    pub(crate) now: u64,
    pub(crate) is_online: bool,
    pub(crate) outlets: [Outlet; 2],
    pub(crate) meters: Meters,
    /// The firmware was asked to restart.
    pub(crate) wants_reset: bool,
    pub(crate) ledger: Ledger,
    pub(crate) central: Central,
    /// What the central system has set, by key.
    pub(crate) keys: BTreeMap<&'static str, Setting<&'static str>>,
    /// Whether each connector is to be in service, from connector 0 on.
    pub(crate) services: [Setting<bool>; 3],
    pub(crate) list: Setting<List>,
    /// The version that the charge point has told.
    pub(crate) told_version: Option<i64>,
    /// What the display has told last about a card.
    pub(crate) word: Option<TxNotification>,
}

/// The local list.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct List {
    version: i32,
    entries: BTreeMap<&'static str, &'static str>,
}

impl List {
    pub(crate) fn version(&self) -> i64 {
        if self.entries.is_empty() { 0 } else { self.version.into() }
    }

    pub(crate) fn is_blocked(&self, id_tag: &str) -> bool {
        self.entries.get(id_tag) == Some(&"Blocked")
    }
}

/// What is wired to a connector.
#[derive(Clone, Copy)]
pub(crate) struct Outlet {
    pub(crate) is_plugged: bool,
    pub(crate) energy: i64,
    /// Its register cannot be read before.
    pub(crate) dark_until: u64,
}

/// What a power cut does to the energy registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meters {
    GoOn,
    /// They begin anew, and take a while until they can be read.
    BeginAnew,
}

/// In milliseconds.
const DARK: u64 = 8000;

/// Something that the charge point has promised to keep.
#[derive(Clone, Debug)]
pub(crate) struct Setting<V> {
    pub(crate) value: V,
    /// Asked for, and not answered yet.
    pub(crate) wanted: Option<V>,
}

impl World {
    pub(crate) fn new(meters: Meters) -> Self {
        Self {
            meters,
            now: 0,
            is_online: false,
            outlets: [Outlet { is_plugged: false, energy: 1_000_000, dark_until: 0 }; 2],
            wants_reset: false,
            ledger: Ledger::default(),
            central: Central::default(),
            keys: FACTORY.map(|(key, value)| (key, Setting { value, wanted: None })).into(),
            services: [true; 3].map(|value| Setting { value, wanted: None }),
            list: Setting { value: List::default(), wanted: None },
            told_version: None,
            word: None,
        }
    }

    pub(crate) fn seconds(&self) -> u64 {
        self.now / 1000
    }

    pub(crate) fn outlet(&mut self, connector: u8) -> &mut Outlet {
        &mut self.outlets[usize::from(connector) - 1]
    }

    /// What the firmware reads of a register.
    pub(crate) fn reading(&self, index: usize) -> Option<i64> {
        let outlet = &self.outlets[index];
        (self.now >= outlet.dark_until).then_some(outlet.energy)
    }

    pub(crate) fn energy(&self) -> [i64; 2] {
        self.outlets.map(|outlet| outlet.energy)
    }

    pub(crate) fn boot(&mut self) {
        let boot = Boot { at: self.seconds(), energy: self.energy() };
        self.ledger.reboot(boot);
        self.central.power_lost();
        self.is_online = false;
        self.wants_reset = false;
    }

    /// The power has failed, and is back half a minute later.
    pub(crate) fn power_returns(&mut self) {
        self.now += 30_000;
        let anew = self.ledger.boots.len() as i64; // as no boot before, so that each session is told from the others
        for outlet in &mut self.outlets {
            match self.meters {
                Meters::GoOn => outlet.energy += 3, // what flowed before the contactor fell
                Meters::BeginAnew => (outlet.energy, outlet.dark_until) = (anew, self.now + DARK),
            }
        }
        self.boot();
    }

    /// Somebody who may charge begins.
    pub(crate) fn begin(&mut self, connector: u8, id_tag: &'static str) {
        let session = Session {
            connector,
            id_tag,
            at: self.seconds(),
            meter_start: self.outlet(connector).energy,
            interval: self.keys["MeterValueSampleInterval"].value.parse().unwrap(),
            has_data: !self.keys["StopTxnSampledData"].value.is_empty(),
            is_started: false,
            end: None,
            is_ended: false,
            is_interrupted: false,
            values: 0,
            entry: None,
            is_concluded: false,
        };
        self.ledger.begin(session);
    }

    pub(crate) fn end(&mut self, connector: u8, reason: &'static str, id_tag: Option<&'static str>) {
        let end = End { at: self.seconds(), meter: self.outlet(connector).energy, reason, id_tag };
        let session = self.ledger.last(connector);
        assert!(session.end.is_none(), "{session:?}");
        session.end = Some(end);
    }

    // ---- The central system's wishes ----

    pub(crate) fn change_key(&mut self, key: &'static str, value: &'static str) {
        self.keys.get_mut(key).expect("a key with a factory value").wanted = Some(value);
        self.central.ask("ChangeConfiguration", &json!({"key": key, "value": value}));
    }

    pub(crate) fn change_availability(&mut self, connector: u8, is_operative: bool) {
        for (id, service) in self.services.iter_mut().enumerate() {
            if connector == 0 || usize::from(connector) == id {
                service.wanted = Some(is_operative);
            }
        }
        let wanted = if is_operative { "Operative" } else { "Inoperative" };
        self.central.ask("ChangeAvailability", &json!({"connectorId": connector, "type": wanted}));
    }

    pub(crate) fn send_list(&mut self, version: i32, is_full: bool, entries: &[Entry]) {
        let mut list = if is_full { List::default() } else { self.list.value.clone() };
        list.version = version;
        for (id_tag, status) in entries {
            match status {
                Some(status) => list.entries.insert(id_tag, status),
                None => list.entries.remove(id_tag),
            };
        }
        self.list.wanted = Some(list);
        let element = |(id_tag, status): &Entry| match status {
            Some(status) => json!({"idTag": id_tag, "idTagInfo": {"status": status}}),
            None => json!({"idTag": id_tag}),
        };
        let elements: Vec<_> = entries.iter().map(element).collect();
        let kind = if is_full { "Full" } else { "Differential" };
        let request = json!({"listVersion": version, "updateType": kind, "localAuthorizationList": elements});
        self.central.ask("SendLocalList", &request);
    }

    /// The charge point has answered: from now on it is held to it.
    pub(crate) fn answered(&mut self) {
        let Some(answer) = self.central.answer.take() else { return };
        if let Some(version) = answer["listVersion"].as_i64() {
            self.told_version = Some(version);
            return;
        }
        assert!(answer["status"] == "Accepted" || answer["status"] == "Scheduled", "{} s: {answer}", self.seconds());
        self.keys.values_mut().for_each(Setting::keep);
        self.services.iter_mut().for_each(Setting::keep);
        self.list.keep();
    }
}

impl<V: Clone + PartialEq> Setting<V> {
    fn keep(&mut self) {
        if let Some(value) = self.wanted.take() {
            self.value = value;
        }
    }

    /// What is found after a boot must be what was there before the change that the power cut has interrupted, or after it.
    pub(crate) fn found(&mut self, is_found: impl Fn(&V) -> bool) -> bool {
        let found = self.wanted.take().into_iter().chain([self.value.clone()]).find(|value| is_found(value));
        let is_either = found.is_some();
        self.value = found.unwrap_or_else(|| self.value.clone());
        is_either
    }
}
