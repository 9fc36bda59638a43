//! The answers of the central system.

use super::super::visitor::BLOCKED;
use super::record::Record;
use embedded_ocpp::time::DateTime;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// What all chargers have in common.
#[derive(Default)]
pub(super) struct Rules {
    heartbeat: u32,
    last_transaction: AtomicI64,
}

impl Rules {
    pub(super) fn new(heartbeat: u32) -> Self {
        Self { heartbeat, ..Self::default() }
    }
}

/// The answer to a message of a charger; none to one that is no call.
pub(super) fn answer(text: &str, rules: &Rules, record: &mut Record) -> Option<String> {
    let Ok(frame) = serde_json::from_str::<Value>(text) else {
        record.complain(format!("no JSON: {text}"));
        return None;
    };
    if frame[0] != 2 {
        return None;
    }
    let (Some(id), Some(action)) = (frame[1].as_str(), frame[2].as_str()) else {
        record.complain(format!("no call: {text}"));
        return None;
    };
    Some(match result(action, id, &frame[3], rules, record) {
        Some(result) => json!([3, id, result]).to_string(),
        None => json!([4, id, "NotImplemented", action, {}]).to_string(),
    })
}

fn result(action: &str, id: &str, payload: &Value, rules: &Rules, record: &mut Record) -> Option<Value> {
    Some(match action {
        "Heartbeat" => json!({"currentTime": date()}),
        "BootNotification" => json!({"status": "Accepted", "currentTime": date(), "interval": rules.heartbeat}),
        "StatusNotification" | "SecurityEventNotification" => json!({}),
        "Authorize" => json!({"idTagInfo": {"status": status(payload)}}),
        "StartTransaction" => {
            let transaction = rules.last_transaction.fetch_add(1, Ordering::Relaxed) + 1;
            let connector = payload["connectorId"].as_u64().unwrap_or(0) as u8;
            let id_tag = payload["idTag"].as_str().unwrap_or_default();
            let register = payload["meterStart"].as_i64().unwrap_or(-1);
            let transaction = record.start(id, transaction, connector, id_tag, register);
            json!({"transactionId": transaction, "idTagInfo": {"status": status(payload)}})
        }
        "MeterValues" => {
            if let Some(transaction) = payload["transactionId"].as_i64() {
                record.sample(id, transaction, registers(payload));
            }
            json!({})
        }
        "StopTransaction" => {
            let transaction = payload["transactionId"].as_i64().unwrap_or(-1);
            record.stop(id, transaction, payload["meterStop"].as_i64().unwrap_or(-1));
            json!({})
        }
        _ => return None,
    })
}

fn status(payload: &Value) -> &'static str {
    if payload["idTag"] == BLOCKED { "Blocked" } else { "Accepted" }
}

/// The values of the energy register in a MeterValues.
fn registers(payload: &Value) -> impl Iterator<Item = i64> {
    let samples = payload["meterValue"].as_array().into_iter().flatten();
    let values = samples.flat_map(|sample| sample["sampledValue"].as_array().into_iter().flatten());
    let energies =
        values.filter(|value| value["measurand"].as_str().is_none_or(|it| it == "Energy.Active.Import.Register"));
    energies.filter_map(|value| value["value"].as_str()?.parse().ok())
}

fn date() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    DateTime::from_unix(seconds as u32).to_string()
}
