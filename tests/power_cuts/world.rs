//! Everything that outlives a boot of the firmware, but for the flash: plain data, so that one moment of it can be gone on
//! from many times.

use crate::central::Central;
use crate::ledger::{Boot, End, Ledger, Session};
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
    /// The firmware was asked to restart.
    pub(crate) wants_reset: bool,
    pub(crate) ledger: Ledger,
    pub(crate) central: Central,
    /// What the central system has set, by key.
    pub(crate) keys: BTreeMap<&'static str, Setting<&'static str>>,
    /// Whether each connector is to be in service, from connector 0 on.
    pub(crate) services: [Setting<bool>; 3],
}

/// What is wired to a connector.
#[derive(Clone, Copy)]
pub(crate) struct Outlet {
    pub(crate) is_plugged: bool,
    pub(crate) energy: i64,
}

/// Something that the charge point has promised to keep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting<V> {
    pub(crate) value: V,
    /// Asked for, and not answered yet.
    pub(crate) wanted: Option<V>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            now: 0,
            is_online: false,
            outlets: [Outlet { is_plugged: false, energy: 1_000_000 }; 2],
            wants_reset: false,
            ledger: Ledger::default(),
            central: Central::default(),
            keys: FACTORY.map(|(key, value)| (key, Setting { value, wanted: None })).into(),
            services: [Setting { value: true, wanted: None }; 3],
        }
    }

    pub(crate) fn seconds(&self) -> u64 {
        self.now / 1000
    }

    pub(crate) fn outlet(&mut self, connector: u8) -> &mut Outlet {
        &mut self.outlets[usize::from(connector) - 1]
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
        for outlet in &mut self.outlets {
            outlet.energy += 3; // what flowed before the contactor fell
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

    /// The charge point has answered: from now on it is held to it.
    pub(crate) fn answered(&mut self) {
        let Some(answer) = self.central.answer.take() else { return };
        assert!(answer["status"] == "Accepted" || answer["status"] == "Scheduled", "{} s: {answer}", self.seconds());
        self.keys.values_mut().for_each(Setting::keep);
        self.services.iter_mut().for_each(Setting::keep);
    }
}

impl<V: Copy + PartialEq> Setting<V> {
    fn keep(&mut self) {
        self.value = self.wanted.take().unwrap_or(self.value);
    }

    /// What is found after a boot must be what was there before the change that the power cut has interrupted, or after it.
    pub(crate) fn found(&mut self, is_found: impl Fn(V) -> bool) -> bool {
        let found = [self.wanted, Some(self.value)].into_iter().flatten().find(|value| is_found(*value));
        *self = Self { value: found.unwrap_or(self.value), wanted: None };
        found.is_some()
    }
}
