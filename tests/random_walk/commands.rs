//! What the central system asks for, and what the answers promise.

use crate::server::Asked;
use crate::walk::{Walk, Weather};
use serde_json::{Value, json};

const CHANGED: &[&str] = &["Accepted"];
const LATER: &[&str] = &["RebootRequired"];
const REFUSED: &[&str] = &["Rejected"];
const UNKNOWN: &[&str] = &["NotSupported"];

/// A key, a value, and what is answered.
type Change = (&'static str, &'static str, &'static [&'static str]);

const CHANGES: &[Change] = &[
    ("MeterValueSampleInterval", "0", CHANGED),
    ("MeterValueSampleInterval", "30", CHANGED),
    ("ConnectionTimeOut", "0", CHANGED),
    ("ConnectionTimeOut", "20", CHANGED),
    ("StopTransactionOnEVSideDisconnect", "false", CHANGED),
    ("StopTransactionOnEVSideDisconnect", "true", CHANGED),
    ("StopTransactionOnInvalidId", "false", CHANGED),
    ("stoptransactiononinvalidid", "TRUE", CHANGED),
    ("MaxEnergyOnInvalidId", "0", CHANGED),
    ("MaxEnergyOnInvalidId", "1500", CHANGED),
    ("AllowOfflineTxForUnknownId", "true", CHANGED),
    ("AllowOfflineTxForUnknownId", "false", CHANGED),
    ("AuthorizeRemoteTxRequests", "true", CHANGED),
    ("AuthorizeRemoteTxRequests", "false", CHANGED),
    ("MinimumStatusDuration", "0", CHANGED),
    ("HeartbeatInterval", "120", CHANGED),
    ("HeartbeatInterval", "-5", REFUSED),
    ("Cst_AuthorizationTimeout", "5", CHANGED),
    ("TransactionMessageRetryInterval", "0", CHANGED),
    ("TransactionMessageRetryInterval", "10", CHANGED),
    ("MessageTimeout", "5", CHANGED),
    ("NumberOfConnectors", "7", REFUSED),
    ("Unknown", "x", UNKNOWN),
    ("ResetRetries", "0", CHANGED),
    ("WebSocketPingInterval", "0", CHANGED),
    ("", "", UNKNOWN),
];

const CACHE_CHANGES: &[Change] = &[
    ("AuthorizationCacheEnabled", "false", CHANGED),
    ("AuthorizationCacheEnabled", "true", CHANGED),
    ("LocalPreAuthorize", "true", CHANGED),
    ("LocalPreAuthorize", "false", CHANGED),
    ("LocalAuthorizeOffline", "false", CHANGED),
    ("LocalAuthorizeOffline", "true", CHANGED),
];

const FREE_VEND_CHANGES: &[Change] = &[
    ("Cst_FreeVendActive", "true", CHANGED),
    ("Cst_FreeVendActive", "false", CHANGED),
    ("Cst_FreeVendIdTag", "FREE", CHANGED),
    ("Cst_FreeVendIdTag", "", CHANGED),
    ("Cst_FreeVendIdTag", "123456789012345678901", REFUSED),
];

const METER_CHANGES: &[Change] = &[
    ("MeterValuesSampledData", "Energy.Active.Import.Register,Voltage.L1", CHANGED),
    ("MeterValuesSampledData", "Energy.Active.Import.Register,SoC", REFUSED),
    ("MeterValuesSampledData", "", CHANGED),
    ("MeterValuesAlignedData", "Energy.Active.Import.Register,Power.Active.Import", CHANGED),
    ("MeterValuesAlignedData", "", CHANGED),
    ("ClockAlignedDataInterval", "60", CHANGED),
    ("ClockAlignedDataInterval", "50000", CHANGED),
    ("ClockAlignedDataInterval", "0", CHANGED),
    ("StopTxnSampledData", "Energy.Active.Import.Register", CHANGED),
    ("StopTxnSampledData", "Energy.Active.Import.Register,Voltage,Power.Active.Import", CHANGED),
    ("StopTxnSampledData", "", CHANGED),
    ("StopTxnAlignedData", "Energy.Active.Import.Register", CHANGED),
    ("StopTxnAlignedData", "", CHANGED),
];

const FIRMWARE_CHANGES: &[Change] = &[
    ("Acme_Light", "true", CHANGED),
    ("Acme_Light", "false", CHANGED),
    ("acme_volume", "11", LATER),
    ("Acme_Volume", "12", REFUSED),
    ("Acme_Greeting", "Good \"day\"", CHANGED),
    ("Acme_Greeting", "Go", REFUSED),
    ("Acme_Sealed", "false", REFUSED),
];

impl Walk {
    fn any_connector(&mut self) -> Value {
        self.chance.of(&[
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
        ])
    }

    fn some_connector(&mut self) -> u64 {
        self.chance.below(u64::from(self.connectors) + 2)
    }

    pub(crate) fn command(&mut self) {
        let plan = if self.has_plans() && self.chance.once_in(3) { self.plan() } else { None };
        if let Some((action, payload, statuses)) = plan {
            self.server.calls += 1;
            return self.ask(action, payload, statuses);
        }
        let (action, payload, statuses): (&'static str, Value, &'static [&'static str]) = match self.chance.below(20) {
            0..=2 => ("RemoteStartTransaction", self.remote_start(), &[]),
            3 | 4 => ("RemoteStopTransaction", self.remote_stop(), &[]),
            5 | 6 => ("TriggerMessage", self.trigger(), &[]),
            7..=10 => {
                let (payload, statuses) = self.change_of_a_key();
                ("ChangeConfiguration", payload, statuses)
            }
            11 => ("GetConfiguration", self.keys_to_get(), &[]),
            12 if self.has(Weather::Resets) => {
                ("Reset", self.chance.of(&[json!({"type": "Soft"}), json!({"type": "Hard"}), json!({"type": 1})]), &[])
            }
            12 => {
                ("DataTransfer", json!({"vendorId": "ACME", "data": "x".repeat(self.chance.below(400) as usize)}), &[])
            }
            13..=15 if self.has(Weather::Availability) => self.availability(),
            13 | 14 if self.has(Weather::Unlocking) => self.unlock(),
            15 if self.has(Weather::Cache) => {
                let has_cache = self.is_key_on("AuthorizationCacheEnabled");
                ("ClearCache", json!({}), if has_cache { CHANGED } else { REFUSED })
            }
            16 | 17 if self.has(Weather::Unlocking) => self.unlock(),
            18 => (self.chance.of(&["Sing", "GetDiagnostics"]), self.chance.of(&[json!({}), json!({"a": 1})]), &[]),
            _ => {
                let action = self.chance.of(&["ReserveNow", "Nonsense", "", "SendLocalList", "StartTransaction"]);
                (action, json!({"connectorId": self.any_connector(), "type": "Operative"}), &[])
            }
        };
        self.server.calls += 1;
        let is_delicate = !statuses.is_empty() || matches!(action, "ChangeConfiguration" | "Reset");
        if !self.has(Weather::BrokenCalls) || is_delicate || self.chance.once_in(2) {
            self.ask(action, payload, statuses);
        } else {
            self.ask_oddly(action, &payload);
        }
    }

    fn ask(&mut self, action: &'static str, payload: Value, statuses: &'static [&'static str]) {
        let id = format!("ask-{}", self.server.calls);
        let frame = json!([2, id, action, payload]).to_string().into_bytes();
        self.server.ever_asked.insert(action);
        self.asks(action, &payload);
        self.asks_plan(action, &payload);
        self.asks_transfer(action, &payload);
        if self.server.rejected {
            self.server.forgiven.insert(id);
        } else {
            self.server.asked.insert(id, Asked { action, payload, since: self.now, statuses });
        }
        self.send(frame);
    }

    /// A call that is damaged. Its answer may name another id.
    fn ask_oddly(&mut self, action: &'static str, payload: &Value) {
        let id = format!("odd-{}", self.server.calls);
        let mut frame = json!([2, id, action, payload]).to_string().into_bytes();
        match self.chance.below(6) {
            0 => {
                frame = format!("[2,\"{id}\",\"{action}\",{}{}]", "{\"a\":[".repeat(40), "]}".repeat(40)).into_bytes();
            }
            1 => frame = (0..self.chance.below(300)).map(|_| self.chance.next() as u8).collect(),
            2 => frame.truncate(self.chance.below(frame.len() as u64) as usize),
            3 => frame.splice(10..10, vec![b' '; 3000]).for_each(drop),
            _ => self.chance.damage(&mut frame),
        }
        if !String::from_utf8_lossy(&frame).contains("\"ask-") {
            self.server.mumbled = true;
            self.send(frame);
        }
    }

    fn remote_start(&mut self) -> Value {
        let tag = self.chance.of(&[json!("A"), json!("B"), json!("ÄÖÜ€"), json!(""), json!("x".repeat(21)), json!(7)]);
        if self.chance.once_in(2) {
            json!({"connectorId": self.any_connector(), "idTag": tag})
        } else {
            json!({"connectorId": self.some_connector(), "idTag": "A"})
        }
    }

    fn remote_stop(&mut self) -> Value {
        let id = match self.server.open.values().map(|open| open.id).min() {
            Some(id) if !self.chance.once_in(4) => json!(id),
            _ => self.chance.of(&[json!(0), json!(-1), json!(1), json!(i64::MAX), json!("1")]),
        };
        json!({"transactionId": id})
    }

    fn trigger(&mut self) -> Value {
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
        self.server.gap = self.all_connectors();
        if self.chance.once_in(2) {
            json!({"requestedMessage": message})
        } else {
            json!({"requestedMessage": message, "connectorId": self.any_connector()})
        }
    }

    fn changes(&self) -> Vec<Change> {
        let mut changes = CHANGES.to_vec();
        let minimum = if self.has(Weather::Minimum) { "7" } else { "0" };
        changes.push(("MinimumStatusDuration", minimum, CHANGED));
        for (weather, more) in [
            (Weather::Cache, CACHE_CHANGES),
            (Weather::FreeVend, FREE_VEND_CHANGES),
            (Weather::Metering, METER_CHANGES),
            (Weather::Firmware, FIRMWARE_CHANGES),
            #[cfg(feature = "signed-meter-values")]
            (Weather::Signing, crate::signing::CHANGES),
        ] {
            if self.has(weather) {
                changes.extend_from_slice(more);
            }
        }
        if self.has(Weather::Unlocking) && self.bays.iter().any(|bay| bay.has_lock) {
            changes.push(("UnlockConnectorOnEVSideDisconnect", "false", CHANGED));
            changes.push(("UnlockConnectorOnEVSideDisconnect", "true", CHANGED));
        }
        changes
    }

    /// What this charge point is delivered with.
    pub(crate) fn some_factory_values(&mut self) -> Vec<(&'static str, &'static str)> {
        let mut changes = self.changes();
        changes.retain(|(key, _, statuses)| *statuses == CHANGED && !key.starts_with("Acme"));
        let values: Vec<_> = (0..self.chance.below(10)).map(|_| self.chance.of(&changes)).collect();
        values.into_iter().map(|(key, value, _)| (key, value)).collect()
    }

    fn change_of_a_key(&mut self) -> (Value, &'static [&'static str]) {
        let changes = self.changes();
        let (key, value, statuses) = self.chance.of(&changes);
        if key != "MinimumStatusDuration" && self.chance.once_in(8) {
            let odd = self.chance.of(&["99999999999999999999", "-1", "", "1e3", "ä"]);
            return (json!({"key": key, "value": odd}), &[]);
        }
        (json!({"key": key, "value": value}), statuses)
    }

    fn keys_to_get(&mut self) -> Value {
        self.chance.of(&[
            json!({}),
            json!({"key": []}),
            json!({"key": ["HeartbeatInterval", "Nope", "x"]}),
            json!({"key": vec!["a"; 40]}),
            json!({"key": [7]}),
        ])
    }

    fn availability(&mut self) -> (&'static str, Value, &'static [&'static str]) {
        let connector = self.some_connector();
        let wanted = self.chance.of(&["Operative", "Inoperative"]);
        // AV-01, AV-03, AV-04
        let statuses: &[&str] = match () {
            () if connector > u64::from(self.connectors) => REFUSED,
            () if self.is_closed_for_update() => &["Accepted", "Scheduled"],
            () if wanted == "Operative" => CHANGED,
            () if self.has(Weather::Busy) || self.has(Weather::Flash) => &["Accepted", "Scheduled"],
            () if self.targets(connector).into_iter().any(|id| id > 0 && self.is_busy(id)) => &["Scheduled"],
            () => CHANGED,
        };
        ("ChangeAvailability", json!({"connectorId": connector, "type": wanted}), statuses)
    }

    fn unlock(&mut self) -> (&'static str, Value, &'static [&'static str]) {
        let connector = self.some_connector();
        let bay = connector.checked_sub(1).and_then(|index| self.bays.get(index as usize));
        let statuses: &[&str] =
            if bay.is_some_and(|bay| bay.has_lock) { &["Unlocked", "UnlockFailed"] } else { UNKNOWN };
        ("UnlockConnector", json!({"connectorId": connector}), statuses)
    }

    /// An answer of the charge point has come; none when it is an error.
    pub(crate) fn answered(&mut self, id: &str, payload: Option<&Value>) {
        if !id.starts_with("ask-") || self.server.forgiven.remove(id) {
            return;
        }
        let asked = self.server.asked.remove(id);
        let asked = asked.unwrap_or_else(|| panic!("an answer twice or to nothing: {id}"));
        let status = payload.and_then(|payload| payload.get("status")).and_then(Value::as_str).unwrap_or("");
        let as_expected = asked.statuses.is_empty() || asked.statuses.contains(&status);
        assert!(as_expected, "{status}, not {:?}, to {} {}", asked.statuses, asked.action, asked.payload);
        self.learn_from(&asked, status);
        self.learn_plan(&asked, status, payload);
        self.learn_transfer(&asked, status, payload);
    }

    /// The charge point will not answer any more, or in vain.
    pub(crate) fn lose_answers(&mut self) {
        self.lose_plans();
        self.lose_triggers();
        let lost = std::mem::take(&mut self.server.asked);
        for id in lost.into_keys() {
            self.server.forgiven.insert(id);
        }
    }
}
