//! TriggerMessage: the central system asks for a message at once (OCPP 1.6 §5.17).

use super::answer::{Cause, StatusAnswer, accepted_if};
use super::metering::Meters;
use super::place::Place;
use super::transfer::Direction;
use super::{ConnectorId, Operations, ReadingContext, keys};
use crate::json::{Field, Kind, Payload};
use crate::store::Keys;
use crate::time::Instant;

/// The profile is there.
pub(super) fn announce(keys: &mut Keys<'_>) {
    keys.set_member(&keys::SUPPORTED_FEATURE_PROFILES, keys::REMOTE_TRIGGER, true);
}

impl Operations<'_> {
    /// Only marks what is to be sent: the answer goes out first (TRG-01).
    #[inline(never)]
    pub(super) fn trigger_message(&mut self, now: Instant, payload: Payload<'_>) -> Result<StatusAnswer, Cause> {
        const FIELDS: [Field; 2] =
            [Field::required("requestedMessage", Kind::Text(u16::MAX)), Field::optional("connectorId", Kind::Integer)];
        let [message, connector] = payload.read(&FIELDS)?;
        let connectors = match connector.integer() {
            None => 0..self.connector_ids().end,
            Some(id) => ConnectorId::try_from(id).map_or(0..0, |id| id..id.saturating_add(1)),
        };
        let triggered = match message.text().map_or("", |message| message.escaped()) {
            // TRG-06: after acceptance there is nothing new for a BootNotification to tell.
            "BootNotification" => {
                let possible = !self.registration.is_accepted();
                if possible {
                    self.registration.trigger();
                }
                possible
            }
            "Heartbeat" => {
                self.heartbeat_triggered = true;
                true
            }
            "StatusNotification" => {
                let mut found = false;
                for id in connectors {
                    if let Some(Place { status: reporting, .. }) = self.place_mut(id) {
                        reporting.trigger();
                        found = true;
                    }
                }
                found
            }
            "MeterValues" => {
                let mut found = false;
                let dated = self.clock.date(now).is_some(); // values want a date
                for id in connectors {
                    let meters = Meters { connectors: self.connectors, inputs: self.meter_inputs };
                    let measured = dated && meters.measures_any(id, self.list_of(ReadingContext::Trigger));
                    if let (true, Some(Place { sampling, .. })) = (measured, self.place_mut(id)) {
                        sampling.trigger();
                        found = true;
                    }
                }
                found
            }
            "DiagnosticsStatusNotification" if self.manages_firmware() => {
                self.trigger_transfer(Direction::Upload);
                true
            }
            "FirmwareStatusNotification" if self.manages_firmware() => {
                self.trigger_transfer(Direction::Download);
                true
            }
            // TRG-02: whatever else it is, or a profile that is not there.
            _ => return Ok(StatusAnswer::NotImplemented),
        };
        if triggered {
            self.dirty = true;
            self.wake_at(now);
        }
        Ok(accepted_if(triggered))
    }
}
