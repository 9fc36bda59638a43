//! The time of the fleet, which may run faster than that of the world.

use embedded_ocpp::Instant;
use tokio::time;

/// Starts at zero, and runs `speed` times as fast as real time. The charge points know no other time.
pub(crate) struct Clock {
    start: time::Instant,
    speed: u32,
}

/// Longer than any run: for a moment that never comes.
const AGES: time::Duration = time::Duration::from_secs(86_400 * 365);

impl Clock {
    pub(crate) fn start(speed: u32) -> Self {
        Self { start: time::Instant::now(), speed: speed.max(1) }
    }

    pub(crate) fn now(&self) -> Instant {
        let elapsed = self.start.elapsed().as_micros() * u128::from(self.speed) / 1000;
        Instant::from_millis(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    /// When it is `at` in the real world.
    pub(crate) fn real(&self, at: Instant) -> time::Instant {
        if at == Instant::NEVER {
            return self.start + AGES;
        }
        let micros = u128::from(at.as_millis()) * 1000;
        let elapsed = u64::try_from(micros.div_ceil(u128::from(self.speed))).unwrap_or(u64::MAX);
        self.start + time::Duration::from_micros(elapsed).min(AGES)
    }
}
