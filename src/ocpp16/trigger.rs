//! TriggerMessage: the central system asks for a message at once (OCPP 1.6 §5.17).

use super::dispatch::StatusAnswer;
use super::{ConnectorId, Operations};
use crate::json::{Field, Kind, Strictness, read};
use crate::rpc::CallError;
use crate::time::Instant;

impl Operations<'_> {
    /// Only marks what is to be sent: the answer goes out first (TRG-01).
    pub(super) fn trigger_message(&mut self, now: Instant, payload: &str) -> Result<StatusAnswer, CallError> {
        const FIELDS: [Field; 2] =
            [Field::required("requestedMessage", Kind::Text(50)), Field::optional("connectorId", Kind::Integer)];
        let [message, connector] = read(payload, &FIELDS, Strictness::NoOthers)?;
        let connectors = match connector.integer() {
            None => Some((0, self.connector_count())),
            Some(id) => ConnectorId::try_from(id).ok().filter(|id| *id <= self.connector_count()).map(|id| (id, id)),
        };
        let message = message.text().map_or("", |message| message.escaped());
        let status = match (message, connectors) {
            ("BootNotification", _) => {
                // TRG-06: after acceptance there is nothing new to tell.
                if self.registration.is_accepted() {
                    "Rejected"
                } else {
                    self.registration.trigger();
                    "Accepted"
                }
            }
            ("Heartbeat", _) => {
                self.heartbeat_triggered = true;
                "Accepted"
            }
            ("StatusNotification" | "MeterValues", None) | ("MeterValues", Some((_, 0))) => "Rejected",
            ("StatusNotification", Some((first, last))) => {
                for id in first..=last {
                    if let Some(reporting) = self.reporting(id) {
                        reporting.trigger();
                    }
                }
                "Accepted"
            }
            ("MeterValues", Some((first, last))) => {
                for id in first.max(1)..=last {
                    if let Some(connector) = self.change_connector(id) {
                        connector.sampling.triggered = true;
                    }
                }
                "Accepted"
            }
            ("DiagnosticsStatusNotification" | "FirmwareStatusNotification", _) => "NotImplemented",
            _ => return Err(CallError::property("requestedMessage")),
        };
        self.dirty = true;
        self.wake_at(now);
        Ok(StatusAnswer::new(status))
    }
}
