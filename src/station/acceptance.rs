//! Nothing else goes out before the central system has accepted this charge point (OCPP 1.6 §4.2).

use super::common::Common;
use super::heartbeat::HEARTBEAT_INTERVAL;
use super::{BootReason, RegistrationStatus, Station};
use crate::json::{Field, Kind, Payload, read_answer};
use crate::log::info;
use crate::rpc::Outcome;
use crate::time::{Duration, Instant};
use crate::types::Symbol;

/// Between attempts when the central system names no interval, or does not answer.
const OWN_INTERVAL_S: u32 = 60;

impl Common<'_> {
    /// Why the charge point has booted, as the firmware said.
    pub(crate) fn boot_reason(&self) -> BootReason {
        self.boot.reason
    }

    pub(crate) fn boot_notification(&mut self) -> super::Boot<'_> {
        self.registration.in_flight = true;
        self.registration.triggered = false;
        self.boot
    }
}

impl Station<'_> {
    pub(crate) fn conclude_boot_notification(&mut self, now: Instant, outcome: Outcome<'_>) {
        self.core.common.registration.in_flight = false;
        let answered = match outcome {
            Outcome::Result(payload) => self.registration_answer(now, payload),
            Outcome::LinkLost => {
                self.core.common.registration.next_attempt = Instant::ZERO;
                return;
            }
            _ => None,
        };
        let Some((status, interval)) = answered else {
            // No usable answer is no acceptance, but none that was given before is lost.
            self.core.common.registration.next_attempt = now + Duration::from_secs(OWN_INTERVAL_S);
            return;
        };
        let newly_accepted = !self.core.common.registration.is_accepted();
        self.core.common.registration.status = Some(status);
        info!("BootNotification: {}", status);
        if status != RegistrationStatus::Accepted {
            let interval = if interval == 0 { OWN_INTERVAL_S } else { interval.unsigned_abs() };
            self.core.common.registration.next_attempt = now + Duration::from_secs(interval);
            return;
        }
        if interval > 0 {
            self.core.common.keys.save_integer(&HEARTBEAT_INTERVAL, interval);
        }
        self.core.common.last_heartbeat = now;
        // OCPP 1.6 errata 3.22: the state of connector 0 and of each connector, as it stands now that the time is known.
        self.core.reports_all |= newly_accepted;
    }

    /// The status of a BootNotification.conf, which alone decides, and its interval: 0 when there is none that makes sense, the
    /// greatest that is held when it is longer. The clock learns the time.
    fn registration_answer(&mut self, now: Instant, payload: Payload<'_>) -> Option<(RegistrationStatus, i32)> {
        const FIELDS: [Field; 3] = [
            Field::optional("status", Kind::Text(20)),
            Field::optional("currentTime", Kind::DATE),
            Field::optional("interval", Kind::Number),
        ];
        let [status, time, interval] = read_answer(payload, &FIELDS, &mut self.core.common.left_out);
        let status = RegistrationStatus::from_json(status.text()?)?;
        self.tell_time(now, time);
        let interval = self.core.common.long_of_answer(interval).unwrap_or(0);
        Some((status, interval.clamp(0, i32::MAX.into()) as i32))
    }
}
