use crate::time::{Duration, Instant};

/// When a message that must be delivered is sent again, and when it is given up (OCPP 1.6 §3.7.1).
///
/// The wait before the n-th resend is the interval × n. Only a *failure to process* uses up an attempt; a
/// lost link or a silent server never does.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Retry {
    failures: u16,
    waits: u16,
    not_before: Instant,
}

/// The least wait, so that an interval of 0 is no tight loop.
const WAIT_MIN_S: u32 = 1;
/// The longest wait; beyond it a growing interval helps nobody.
const WAIT_MAX_S: u32 = 86_400;

impl Retry {
    /// A message that was never sent.
    pub const fn new() -> Self {
        Self { failures: 0, waits: 0, not_before: Instant::ZERO }
    }

    /// Whether the message may be sent at `now`.
    pub fn is_due(&self, now: Instant) -> bool {
        now >= self.not_before
    }

    /// The moment from which on the message may be sent.
    pub fn not_before(&self) -> Instant {
        self.not_before
    }

    /// How often the other side has failed to process the message.
    pub fn failures(&self) -> u16 {
        self.failures
    }

    /// The other side failed to process the message at `now`.
    ///
    /// `true` when it has failed `attempts_max` times, 0 counting as 1: the message is to be given up.
    #[must_use]
    pub fn failed(&mut self, now: Instant, interval_s: u32, attempts_max: u32) -> bool {
        self.wait(now, interval_s);
        self.ignored(attempts_max)
    }

    /// The other side turns out to have ignored the message, which waits already. `true` as for [`failed`](Self::failed).
    #[must_use]
    pub fn ignored(&mut self, attempts_max: u32) -> bool {
        self.failures = self.failures.saturating_add(1);
        u32::from(self.failures) >= attempts_max.max(1)
    }

    /// Nothing came back until the timeout: the message waits, and no attempt is used up.
    pub fn unanswered(&mut self, now: Instant, interval_s: u32) {
        self.wait(now, interval_s);
    }

    /// The link is gone: the message is due as soon as there is another one.
    pub fn link_lost(&mut self) {
        self.not_before = Instant::ZERO;
    }

    fn wait(&mut self, now: Instant, interval_s: u32) {
        self.waits = self.waits.saturating_add(1);
        let wait_s = interval_s.saturating_mul(u32::from(self.waits)).clamp(WAIT_MIN_S, WAIT_MAX_S);
        self.not_before = now + Duration::from_secs(wait_s);
    }
}

#[cfg(test)]
mod tests {
    use super::Retry;
    use crate::time::Instant;

    #[test]
    fn msg_07_waits_grow_by_the_interval() {
        let mut retry = Retry::new();
        assert!(!retry.failed(Instant::from_secs(100), 60, 3));
        assert_eq!(retry.not_before(), Instant::from_secs(160));
        assert!(!retry.is_due(Instant::from_millis(159_999)));
        assert!(!retry.failed(Instant::from_secs(160), 60, 3));
        assert_eq!(retry.not_before(), Instant::from_secs(280));
        assert!(retry.failed(Instant::from_secs(280), 60, 3));
    }

    #[test]
    fn msg_06_silence_uses_up_no_attempt() {
        let mut retry = Retry::new();
        for _ in 0..1000 {
            retry.unanswered(Instant::ZERO, 60);
        }
        assert_eq!(retry.failures(), 0);
        retry.link_lost();
        assert!(retry.is_due(Instant::ZERO));
    }

    #[test]
    fn msg_07_a_silence_that_turns_out_to_be_a_failure_is_waited_for_once() {
        let mut retry = Retry::new();
        retry.unanswered(Instant::from_secs(100), 60);
        assert!(!retry.ignored(2));
        assert_eq!(retry.not_before(), Instant::from_secs(160));
        retry.unanswered(Instant::from_secs(160), 60);
        assert!(retry.ignored(2));
        assert_eq!(retry.not_before(), Instant::from_secs(280));
    }

    #[test]
    fn msg_11_zero_is_neither_never_nor_a_tight_loop() {
        let mut retry = Retry::new();
        assert!(retry.failed(Instant::ZERO, 0, 0));
        assert_eq!(retry.not_before(), Instant::from_secs(1));
    }
}
