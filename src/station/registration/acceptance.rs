//! Nothing else goes out before the central system has accepted this charge point (OCPP 1.6 §4.2).

use super::heartbeat::HEARTBEAT_INTERVAL;
use crate::log::info;
use crate::station::RegistrationStatus;
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::time::{Duration, Instant};

/// Between attempts when the central system names no interval, or does not answer.
const OWN_INTERVAL_S: u32 = 60;

impl Common<'_> {
    pub(crate) fn boot_notification(&mut self) -> crate::station::Boot<'_> {
        self.registration.in_flight = true;
        self.registration.triggered = false;
        self.boot
    }
}

impl Core<'_> {
    /// The central system has told how it regards this charge point, and its interval in seconds, 0 for none. `None` is no
    /// usable answer, which is no acceptance, but takes none back either.
    pub(crate) fn registered(&mut self, now: Instant, answer: Option<(RegistrationStatus, i32)>) {
        let registration = &mut self.common.registration;
        registration.in_flight = false;
        let Some((status, interval)) = answer else {
            registration.next_attempt = now + Duration::from_secs(OWN_INTERVAL_S);
            return;
        };
        let newly_accepted = !registration.is_accepted();
        registration.status = Some(status);
        info!("BootNotification: {}", status);
        if status != RegistrationStatus::Accepted {
            let interval = if interval == 0 { OWN_INTERVAL_S } else { interval.unsigned_abs() };
            registration.next_attempt = now + Duration::from_secs(interval);
            return;
        }
        if interval > 0 {
            self.common.keys.save_integer(&HEARTBEAT_INTERVAL, interval);
        }
        self.common.registration.last_heartbeat = now;
        // OCPP 1.6 errata 3.22: the state of connector 0 and of each connector, as it stands now that the time is known.
        self.reports_all |= newly_accepted;
    }
}

impl Common<'_> {
    /// The link is lost: the central system is asked on the next one.
    pub(crate) fn registration_lost(&mut self) {
        self.registration.in_flight = false;
        self.registration.next_attempt = Instant::ZERO;
    }
}
