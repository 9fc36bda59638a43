//! Heartbeat: the sign of life that also sets the clock (OCPP 1.6 §4.6).

use super::Operations;
use crate::json::{Field, Kind, Strictness, read};
use crate::rpc::Outcome;
use crate::store::IntegerKey;
use crate::time::{DateTime, Duration, Instant};

/// Seconds. Set by BootNotification.conf; 0 there means the charge point's own choice (OCPP 1.6 §4.2).
pub(super) const HEARTBEAT_INTERVAL: IntegerKey = IntegerKey::new(10, "HeartbeatInterval", 86_400, 1, i32::MAX);

impl Operations<'_> {
    /// When the next heartbeat is due. Counted from the last one, so that a new interval works at once.
    pub(super) fn heartbeat_deadline(&self) -> Instant {
        if !self.registration.is_accepted() || !self.online {
            return Instant::NEVER;
        }
        self.last_heartbeat + Duration::from_secs(self.keys.unsigned(&HEARTBEAT_INTERVAL))
    }

    pub(super) fn heartbeat_due(&self, now: Instant) -> bool {
        self.heartbeat_triggered || now >= self.heartbeat_deadline()
    }

    pub(super) fn heartbeat_sent(&mut self, now: Instant) {
        self.last_heartbeat = now;
        self.heartbeat_triggered = false;
        self.dirty = true; // for the next deadline
    }

    pub(super) fn conclude_heartbeat(&mut self, now: Instant, outcome: Outcome<'_>) {
        const FIELDS: [Field; 1] = [Field::required("currentTime", Kind::Text(40))];
        let Outcome::Result(payload) = outcome else { return };
        let Ok([time]) = read(payload, &FIELDS, Strictness::IgnoreOthers) else { return };
        if let Some((time, millis)) = time.text().and_then(|time| DateTime::parse_with_millis(time.escaped()).ok()) {
            self.set_clock(now, time, millis);
        }
    }
}
