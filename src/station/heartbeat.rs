//! Heartbeat: the sign of life that also sets the clock (OCPP 1.6 §4.6).

use super::Station;
use super::common::Common;
use crate::json::{Field, Kind, Value, read_answer};
use crate::rpc::Outcome;
use crate::store::IntegerKey;
use crate::time::{DateTime, Duration, Instant};

/// Seconds. Set by BootNotification.conf; 0 there means the charge point's own choice (OCPP 1.6 §4.2).
pub(super) const HEARTBEAT_INTERVAL: IntegerKey = IntegerKey::new(10, "HeartbeatInterval", 86_400, 1, i32::MAX);

/// 2020-01-01T00:00:00Z; what is told before that comes from a clock that was never set.
const EARLIEST: DateTime = DateTime::from_unix(1_577_836_800);
/// Seconds between heartbeats at most while the clock is not set: they ask for the time.
const UNSET_INTERVAL_S: u32 = 60;

impl Common<'_> {
    /// When the next heartbeat is due. Counted from the last one, so that a new interval works at once.
    pub(super) fn heartbeat_deadline(&self) -> Instant {
        if !self.registration.is_accepted() || !self.online {
            return Instant::NEVER;
        }
        let interval_s = self.keys.unsigned(&HEARTBEAT_INTERVAL);
        let interval_s = if self.clock.is_set() { interval_s } else { interval_s.min(UNSET_INTERVAL_S) };
        self.last_heartbeat + Duration::from_secs(interval_s)
    }

    pub(crate) fn heartbeat_due(&self, now: Instant) -> bool {
        self.heartbeat_triggered || now >= self.heartbeat_deadline()
    }

    pub(crate) fn heartbeat_sent(&mut self, now: Instant) {
        self.last_heartbeat = now;
        self.heartbeat_triggered = false;
    }
}

impl Station<'_> {
    pub(crate) fn conclude_heartbeat(&mut self, now: Instant, outcome: Outcome<'_>) {
        const FIELDS: [Field; 1] = [Field::optional("currentTime", Kind::DATE)];
        let Outcome::Result(payload) = outcome else { return };
        let [time] = read_answer(payload, &FIELDS, &mut self.core.common.left_out);
        self.tell_time(now, time);
    }

    /// The `currentTime` of an answer. It is only advised (OCPP 1.6 §4.2): what is none leaves the clock as it is.
    #[inline(never)]
    pub(super) fn tell_time(&mut self, now: Instant, time: Value<'_>) {
        let Some(time) = time.text() else { return };
        match DateTime::with_millis(time.as_bytes()) {
            Ok((time, millis)) if time >= EARLIEST => self.set_clock(now, time, millis),
            _ => self.core.common.left_out = self.core.common.left_out.saturating_add(1),
        }
    }
}
