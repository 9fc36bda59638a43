//! What the central system answers: it knows tags and counts transactions.

use crate::window::unix_ms;
use embedded_ocpp::time::DateTime;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Tags and transactions.
pub(super) struct Books {
    tags: BTreeMap<String, Tag>,
    /// Of the last transaction.
    transaction: i64,
    /// By the id of the message that began it: a charge point that has heard no answer sends it again.
    begun: BTreeMap<String, i64>,
}

#[derive(Clone, Serialize)]
struct Tag {
    status: &'static str,
    parent: Option<String>,
}

const STATUSES: [&str; 5] = ["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"];

impl Books {
    /// With a few tags to play with.
    pub(super) fn new() -> Self {
        let tag = |id_tag: &str, status, parent: Option<&str>| {
            (id_tag.to_owned(), Tag { status, parent: parent.map(str::to_owned) })
        };
        let tags = [
            tag("DEADBEEF", "Accepted", None),
            tag("CAFE0001", "Accepted", Some("FLEET")),
            tag("CAFE0002", "Accepted", Some("FLEET")),
            tag("0BADCA4D", "Blocked", None),
        ];
        Self { tags: tags.into(), transaction: 0, begun: BTreeMap::new() }
    }

    pub(super) fn tags(&self) -> Value {
        let tag =
            |(id_tag, tag): (&String, &Tag)| json!({"id_tag": id_tag, "status": tag.status, "parent": tag.parent});
        self.tags.iter().map(tag).collect()
    }

    pub(super) fn set_tag(&mut self, id_tag: &str, status: &str, parent: Option<&str>) -> Result<(), String> {
        let status = STATUSES.into_iter().find(|known| *known == status);
        let status = status.ok_or_else(|| format!("a status is one of {}", STATUSES.join(", ")))?;
        self.tags.insert(id_tag.to_uppercase(), Tag { status, parent: parent.map(str::to_owned) });
        Ok(())
    }

    fn info(&self, id_tag: &Value) -> Value {
        match self.tags.get(&id_tag.as_str().unwrap_or_default().to_uppercase()) {
            Some(Tag { status, parent: Some(parent) }) => json!({"status": status, "parentIdTag": parent}),
            Some(Tag { status, parent: None }) => json!({"status": status}),
            None => json!({"status": "Invalid"}),
        }
    }

    /// The payload of the answer to a call of the charge point; `None` for what is not known.
    pub(super) fn answer(&mut self, id: &str, action: &str, payload: &Value, registration: &str) -> Option<Value> {
        Some(match action {
            "BootNotification" => {
                let interval = if registration == "Accepted" { 60 } else { 10 };
                json!({"status": registration, "currentTime": now(), "interval": interval})
            }
            "Heartbeat" => json!({"currentTime": now()}),
            "Authorize" => json!({"idTagInfo": self.info(&payload["idTag"])}),
            "StartTransaction" => {
                let transaction = *self.begun.entry(id.to_owned()).or_insert_with(|| {
                    self.transaction += 1;
                    self.transaction
                });
                json!({"idTagInfo": self.info(&payload["idTag"]), "transactionId": transaction})
            }
            "StopTransaction" => match &payload["idTag"] {
                Value::Null => json!({}),
                id_tag => json!({"idTagInfo": self.info(id_tag)}),
            },
            "DataTransfer" => json!({"status": "UnknownVendorId"}),
            "StatusNotification"
            | "MeterValues"
            | "FirmwareStatusNotification"
            | "DiagnosticsStatusNotification"
            | "SecurityEventNotification"
            | "LogStatusNotification"
            | "SignedFirmwareStatusNotification" => json!({}),
            _ => return None,
        })
    }
}

pub(super) fn now() -> String {
    DateTime::from_unix((unix_ms() / 1000) as u32).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocked_tag_is_refused_and_transactions_are_counted() {
        let mut books = Books::new();
        let mut answer = |id, action, payload| books.answer(id, action, &payload, "Accepted").unwrap();
        assert_eq!(answer("a", "Authorize", json!({"idTag": "0badca4d"}))["idTagInfo"]["status"], "Blocked");
        assert_eq!(answer("b", "Authorize", json!({"idTag": "nobody"}))["idTagInfo"]["status"], "Invalid");
        assert_eq!(answer("c", "Authorize", json!({"idTag": "CAFE0001"}))["idTagInfo"]["parentIdTag"], "FLEET");
        let mut start = |id| answer(id, "StartTransaction", json!({"idTag": "DEADBEEF"}))["transactionId"].clone();
        assert_eq!([start("d"), start("e"), start("d")], [1, 2, 1], "the same message is the same transaction");
    }
}
