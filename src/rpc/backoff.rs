use crate::time::{Duration, Instant};

/// When to open the next connection: at once after a loss, then ever later, for ever (OCPP-J errata 3.4).
///
/// The waits double from 2 s to about 5 min; up to half of each is left to chance, so that the chargers of a
/// site do not come back all together.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Backoff {
    failures: u8,
    due: Instant,
}

const DOUBLINGS_MAX: u8 = 8;
const FIRST_WAIT_MS: u64 = 2_000;
const WAIT_MAX_MS: u64 = 300_000;

impl Backoff {
    /// The first connection is due at once.
    pub const fn new() -> Self {
        Self { failures: 0, due: Instant::ZERO }
    }

    /// The moment at which the next connection is to be tried.
    pub fn due(&self) -> Instant {
        self.due
    }

    /// A connection could not be opened, or was lost before it was of any use.
    ///
    /// `random` is any random number; it spreads the chargers.
    pub fn failed(&mut self, now: Instant, random: u32) {
        let wait = (FIRST_WAIT_MS << self.failures.min(DOUBLINGS_MAX)).min(WAIT_MAX_MS);
        let jitter = (wait / 2 * u64::from(random)) >> 32;
        self.due = now + Duration::from_millis(wait / 2 + jitter);
        self.failures = self.failures.saturating_add(1);
    }

    /// The connection has proved itself: the other side answered.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::Backoff;
    use crate::time::Instant;

    #[test]
    fn rpc_03_grows_to_five_minutes_and_starts_over() {
        let mut backoff = Backoff::new();
        assert_eq!(backoff.due(), Instant::ZERO);
        let mut waits = std::vec::Vec::new();
        for _ in 0..12 {
            backoff.failed(Instant::ZERO, u32::MAX);
            waits.push(backoff.due().as_millis().div_ceil(1000));
        }
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]);
        backoff.succeeded();
        backoff.failed(Instant::ZERO, 0);
        assert_eq!(backoff.due(), Instant::from_secs(1));
    }
}
