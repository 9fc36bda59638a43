//! What the central system has set, and whether it stays so.

use crate::central_system::Asked;
use crate::hardware::SOCKETS;
use embedded_ocpp::ChargePoint;
use embedded_ocpp::ocpp16::FirmwareStatus;
use serde_json::Value;
use std::collections::BTreeMap;

/// Keys that change nothing which the ledger counts on, with values for them.
pub(crate) const KEYS: [(&str, [&str; 3]); 6] = [
    ("ConnectionTimeOut", ["60", "90", "120"]),
    ("WebSocketPingInterval", ["30", "60", "240"]),
    ("LocalPreAuthorize", ["true", "false", "true"]),
    ("ResetRetries", ["0", "1", "2"]),
    ("TransactionMessageAttempts", ["2", "3", "4"]),
    ("TransactionMessageRetryInterval", ["20", "60", "90"]),
];

/// What each setting may stand at: one value, or the old and the new one when nobody knows whether a change was made.
#[derive(Default)]
pub(crate) struct Settings {
    keys: BTreeMap<&'static str, Vec<String>>,
    operative: [Vec<bool>; SOCKETS],
}

impl Settings {
    pub(crate) fn asked(&mut self, action: &str, payload: &Value) {
        match action {
            "ChangeConfiguration" => {
                let (key, value) = (payload["key"].as_str().unwrap(), payload["value"].as_str().unwrap());
                let key = KEYS.iter().find(|(name, _)| *name == key).unwrap().0;
                self.keys.entry(key).or_default().push(value.to_owned());
            }
            "ChangeAvailability" => {
                for values in self.of_connector(payload) {
                    values.push(payload["type"] == "Operative");
                }
            }
            _ => {}
        }
    }

    /// `is_stored`: an answer waits for its record, unless the flash has failed three times in a row.
    pub(crate) fn answered(&mut self, asked: &Asked, status: &str, is_stored: bool) {
        let payload = &asked.payload;
        if asked.action == "ChangeConfiguration" {
            assert_eq!(status, "Accepted", "CFG-05: {payload}");
        }
        if !is_stored {
            return;
        }
        match asked.action {
            "ChangeConfiguration" => {
                let values = self.keys.get_mut(payload["key"].as_str().unwrap()).unwrap();
                *values = vec![payload["value"].as_str().unwrap().to_owned()];
            }
            "ChangeAvailability" => {
                assert_ne!(status, "Rejected", "AV-01: {payload}");
                for values in self.of_connector(payload) {
                    *values = vec![payload["type"] == "Operative"];
                }
            }
            _ => {}
        }
    }

    fn of_connector(&mut self, payload: &Value) -> impl Iterator<Item = &mut Vec<bool>> {
        let connector = payload["connectorId"].as_u64().unwrap();
        (1..)
            .zip(&mut self.operative)
            .filter(move |(id, _)| connector == 0 || connector == *id)
            .map(|(_, values)| values)
    }

    /// Looks at what the charge point has read from its device. What was doubtful is known from now on, if nothing is
    /// `under_way`.
    pub(crate) fn check(&mut self, charger: &ChargePoint<'_>, under_way: bool) {
        for (key, _) in KEYS {
            let value = value_of(charger, key);
            let Some(values) = self.keys.get_mut(key) else {
                self.keys.insert(key, vec![value]); // the factory value
                continue;
            };
            assert!(values.contains(&value), "CFG-09: {key} is {value}, not one of {values:?}");
            if !under_way {
                *values = vec![value];
            }
        }
        if is_closed_for_update(charger) {
            return; // they are not operative, whatever was set
        }
        for (connector, values) in (1..).zip(&mut self.operative) {
            let is_operative = charger.is_operative(connector);
            assert!(
                values.is_empty() && is_operative || values.contains(&is_operative),
                "AV-06, RST-05: connector {connector} is operative {is_operative}, not one of {values:?}"
            );
            if !under_way {
                *values = vec![is_operative];
            }
        }
    }

    /// The least that TransactionMessageAttempts may be.
    pub(crate) fn attempts(&self) -> u32 {
        let values = self.keys.get("TransactionMessageAttempts").into_iter().flatten();
        values.map(|value| value.parse().unwrap()).min().unwrap_or(3)
    }
}

/// FW-05: an installation is under way, or waits for the last session.
pub(crate) fn is_closed_for_update(charger: &ChargePoint<'_>) -> bool {
    matches!(charger.firmware_status(), FirmwareStatus::Downloaded | FirmwareStatus::Installing)
}

fn value_of(charger: &ChargePoint<'_>, key: &str) -> String {
    let mut text = String::new();
    match charger.configuration().value(key) {
        Some(value) => value.write(&mut |piece| text.push_str(piece)),
        None => text.push('?'),
    }
    text
}
