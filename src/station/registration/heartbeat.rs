//! Heartbeat: the sign of life that also sets the clock (OCPP 1.6 §4.6).

use crate::station::common::Common;
use crate::store::IntegerKey;
use crate::time::{Duration, Instant};

/// Seconds. Set by BootNotification.conf; 0 there means the charge point's own choice (OCPP 1.6 §4.2).
pub(crate) const HEARTBEAT_INTERVAL: IntegerKey = IntegerKey::new(10, 86_400, 1, i32::MAX);

/// Seconds between heartbeats at most while the clock is not set: they ask for the time.
const UNSET_INTERVAL_S: u32 = 60;

impl Common<'_> {
    /// When the next heartbeat is due. Counted from the last one, so that a new interval works at once.
    pub(in crate::station) fn heartbeat_deadline(&self) -> Instant {
        if !self.registration.is_accepted() || !self.online {
            return Instant::NEVER;
        }
        let interval_s = self.keys.unsigned(&HEARTBEAT_INTERVAL);
        let interval_s = if self.clock.is_set() { interval_s } else { interval_s.min(UNSET_INTERVAL_S) };
        self.registration.last_heartbeat + Duration::from_secs(interval_s)
    }

    pub(crate) fn heartbeat_due(&self, now: Instant) -> bool {
        self.registration.heartbeat_triggered || now >= self.heartbeat_deadline()
    }

    pub(crate) fn heartbeat_sent(&mut self, now: Instant) {
        self.registration.last_heartbeat = now;
        self.registration.heartbeat_triggered = false;
    }
}
