//! TriggerMessage: the central system asks for a message at once (OCPP 1.6 §5.17).

use super::dispatch::{StatusAnswer, accepted_if};
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
        // TRG-06: after acceptance there is nothing new for a BootNotification to tell.
        let possible = match message {
            "BootNotification" => !self.registration.is_accepted(),
            "Heartbeat" => true,
            "StatusNotification" => connectors.is_some(),
            // Values want a date.
            "MeterValues" => connectors.is_some_and(|(_, last)| last > 0) && self.clock.date(now).is_some(),
            "DiagnosticsStatusNotification" | "FirmwareStatusNotification" => {
                return Ok(StatusAnswer::new("NotImplemented"));
            }
            _ => return Err(CallError::property("requestedMessage")),
        };
        if possible {
            self.trigger(message, connectors.unwrap_or_default());
            self.dirty = true;
            self.wake_at(now);
        }
        Ok(accepted_if(possible))
    }

    fn trigger(&mut self, message: &str, (first, last): (ConnectorId, ConnectorId)) {
        match message {
            "BootNotification" => self.registration.trigger(),
            "Heartbeat" => self.heartbeat_triggered = true,
            _ => {
                for id in first..=last {
                    if message == "MeterValues" {
                        if let Some(connector) = self.connector_mut(id) {
                            connector.sampling.triggered = true;
                        }
                    } else if let Some(reporting) = self.reporting(id) {
                        reporting.trigger();
                    }
                }
            }
        }
    }
}
