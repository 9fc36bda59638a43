//! The central system asks for a message at once (OCPP 1.6 §5.17).

use super::connector::place::Place;
use super::metering::Meters;
use super::transfer::Direction;
use super::{ConnectorId, ReadingContext, Station, keys};
use crate::store::Keys;
use crate::time::Instant;
use crate::types::FeatureProfile;

/// What the central system may ask for.
pub(crate) enum Requested {
    /// What this charge point tells about itself.
    Boot,
    Heartbeat,
    Status,
    MeterValues,
    Diagnostics,
    /// An update; a signed one is told in other words.
    Firmware {
        signed: bool,
    },
    #[cfg(feature = "security")]
    Log,
    #[cfg(feature = "security")]
    Certificate,
}

/// The profile is there.
pub(super) fn announce(keys: &mut Keys<'_>) {
    keys.set_member(&keys::SUPPORTED_FEATURE_PROFILES, FeatureProfile::RemoteTrigger as usize, true);
}

impl Station<'_> {
    /// Marks what is to be sent, of a connector or of all; `false` when there is nothing to tell. The answer goes out first
    /// (TRG-01).
    pub(crate) fn trigger(&mut self, now: Instant, requested: Requested, of: Option<ConnectorId>) -> bool {
        let connectors = match of {
            None => 0..self.core.connector_ids().end,
            Some(id) => id..id.saturating_add(1),
        };
        let triggered = match requested {
            // TRG-06: after acceptance there is nothing new to tell.
            Requested::Boot => {
                let possible = !self.core.common.registration.is_accepted();
                if possible {
                    self.core.common.registration.trigger();
                }
                possible
            }
            Requested::Heartbeat => {
                self.core.common.registration.heartbeat_triggered = true;
                true
            }
            Requested::Status => {
                let mut found = false;
                for id in connectors {
                    if let Some(Place { status: reporting, .. }) = self.core.place_mut(id) {
                        reporting.trigger();
                        found = true;
                    }
                }
                found
            }
            Requested::MeterValues => {
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
            Requested::Diagnostics => {
                self.transfers.trigger_transfer(Direction::Upload);
                true
            }
            Requested::Firmware { signed } => {
                self.transfers.trigger_signed(signed);
                self.transfers.trigger_transfer(Direction::Download);
                true
            }
            #[cfg(feature = "security")]
            Requested::Log => {
                self.transfers.trigger_transfer(Direction::Log);
                true
            }
            #[cfg(feature = "security")]
            Requested::Certificate => self.trust.trigger_sign_certificate(&self.core.common),
        };
        if triggered {
            self.core.common.agenda.wake_at(now);
        }
        triggered
    }
}
