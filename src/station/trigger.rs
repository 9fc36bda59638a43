//! TriggerMessage: the central system asks for a message at once (OCPP 1.6 §5.17).

use super::answer::{Cause, StatusAnswer, accepted_if};
use super::metering::Meters;
use super::place::Place;
use super::transfer::Direction;
use super::{ConnectorId, ReadingContext, Station, keys};
use crate::json::{Field, Kind, Payload, Value};
use crate::store::Keys;
use crate::time::Instant;

/// Which of the two messages asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wire {
    Core,
    #[cfg(feature = "security")]
    Security,
}

/// TriggerMessage.req and ExtendedTriggerMessage.req (OCPP 1.6 §6.51, security whitepaper §5.5).
const FIELDS: [Field; 2] =
    [Field::required("requestedMessage", Kind::Text(u16::MAX)), Field::optional("connectorId", Kind::Integer)];

/// The profile is there.
pub(super) fn announce(keys: &mut Keys<'_>) {
    keys.set_member(&keys::SUPPORTED_FEATURE_PROFILES, keys::REMOTE_TRIGGER, true);
}

impl Station<'_> {
    /// Only marks what is to be sent: the answer goes out first (TRG-01).
    #[inline(never)]
    pub(crate) fn trigger_message(&mut self, now: Instant, payload: Payload<'_>) -> Result<StatusAnswer, Cause> {
        let [message, connector] = payload.read(&FIELDS)?;
        Ok(self.trigger(now, message, connector, Wire::Core))
    }

    /// The same for the messages of the security whitepaper (§5.5, §6.16); there a connector is none of 0 (SEC-51).
    #[cfg(feature = "security")]
    pub(crate) fn extended_trigger_message(
        &mut self,
        now: Instant,
        payload: Payload<'_>,
    ) -> Result<StatusAnswer, Cause> {
        let [message, connector] = payload.read(&FIELDS)?;
        if connector.integer().is_some_and(|id| id <= 0) {
            return Ok(StatusAnswer::Rejected);
        }
        Ok(self.trigger(now, message, connector, Wire::Security))
    }

    fn trigger(&mut self, now: Instant, message: Value<'_>, connector: Value<'_>, wire: Wire) -> StatusAnswer {
        let connectors = match connector.integer() {
            None => 0..self.core.connector_ids().end,
            Some(id) => ConnectorId::try_from(id).map_or(0..0, |id| id..id.saturating_add(1)),
        };
        let triggered = match (message.text().map_or("", |message| message.escaped()), wire) {
            // TRG-06: after acceptance there is nothing new for a BootNotification to tell.
            ("BootNotification", _) => {
                let possible = !self.core.common.registration.is_accepted();
                if possible {
                    self.core.common.registration.trigger();
                }
                possible
            }
            ("Heartbeat", _) => {
                self.core.common.heartbeat_triggered = true;
                true
            }
            ("StatusNotification", _) => {
                let mut found = false;
                for id in connectors {
                    if let Some(Place { status: reporting, .. }) = self.core.place_mut(id) {
                        reporting.trigger();
                        found = true;
                    }
                }
                found
            }
            ("MeterValues", _) => {
                let mut found = false;
                let dated = self.core.common.clock.date(now).is_some(); // values want a date
                for id in connectors {
                    let meters = Meters { connectors: self.core.connectors, inputs: self.core.meter_inputs };
                    let measured = dated && meters.measures_any(id, self.core.common.list_of(ReadingContext::Trigger));
                    if let (true, Some(Place { sampling, .. })) = (measured, self.core.place_mut(id)) {
                        sampling.trigger();
                        found = true;
                    }
                }
                found
            }
            ("DiagnosticsStatusNotification", Wire::Core) if self.transfers.manages_firmware() => {
                self.transfers.trigger_transfer(Direction::Upload);
                true
            }
            ("FirmwareStatusNotification", _) if self.transfers.manages_firmware() => {
                #[cfg(feature = "security")]
                {
                    self.transfers.firmware.signed.is_triggered = wire == Wire::Security;
                }
                self.transfers.trigger_transfer(Direction::Download);
                true
            }
            #[cfg(feature = "security")]
            ("LogStatusNotification", Wire::Security) => {
                self.transfers.trigger_transfer(Direction::Log);
                true
            }
            #[cfg(feature = "security")]
            ("SignChargePointCertificate", Wire::Security) if self.trust.has_certificates() => {
                self.trust.trigger_sign_certificate(&self.core.common)
            }
            // TRG-02: whatever else it is, or a profile that is not there.
            _ => return StatusAnswer::NotImplemented,
        };
        if triggered {
            self.core.common.wake_at(now);
        }
        accepted_if(triggered)
    }
}
