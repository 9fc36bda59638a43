use super::{DateTime, Duration, Instant};

/// The wall clock: unset until a central system tells the time, then running on the monotonic clock.
///
/// It runs to the millisecond and dates to the second, so each moment gets the second that it lies in. Setting it moves no
/// timer; it only changes how moments are dated.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Clock {
    began: Instant,
    /// Milliseconds by which the seconds of the monotonic clock begin later than those of this one; 0 while it is unset.
    lag_ms: u32,
    /// The [number](Self::seconds) of the second in which it was set, and its date.
    set: Option<(u32, DateTime)>,
}

impl Clock {
    /// A clock that does not know the time.
    pub const fn new() -> Self {
        Self { began: Instant::ZERO, lag_ms: 0, set: None }
    }

    /// The firmware has started at `now`: nothing is dated before that, wherever the monotonic clock begins.
    pub fn begin(&mut self, now: Instant) {
        self.began = now;
    }

    /// When the firmware started.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// Whether it knows the time.
    pub fn is_set(&self) -> bool {
        self.set.is_some()
    }

    /// At `now` it is `date_time`, at the beginning of that second.
    pub fn set(&mut self, now: Instant, date_time: DateTime) {
        self.set_with_millis(now, date_time, 0);
    }

    /// At `now` it is `date_time` and so many milliseconds.
    pub(crate) fn set_with_millis(&mut self, now: Instant, date_time: DateTime, millis: u16) {
        self.lag_ms = (u32::from(millis) + 1000 - now.subsec_millis()) % 1000;
        self.set = Some((self.seconds(now), date_time));
    }

    /// The date of `instant`, before or after now but not before the start; `None` while the clock is unset.
    pub fn date(&self, instant: Instant) -> Option<DateTime> {
        let (at, date_time) = self.set?;
        Some(date_time.shifted(i64::from(self.seconds(instant.max(self.began))) - i64::from(at)))
    }

    /// The number of the second that `instant` lies in. The seconds begin when those of the date do, so that two moments are
    /// as many of them apart as their dates are.
    pub(crate) fn seconds(&self, instant: Instant) -> u32 {
        (instant + self.lag()).as_secs()
    }

    /// The seconds from `origin` to `instant`, as their dates tell them; none when `origin` is the later one.
    pub(crate) fn seconds_since(&self, origin: Instant, instant: Instant) -> u32 {
        self.seconds(instant).saturating_sub(self.seconds(origin))
    }

    /// When the second begins that is `seconds` after the one that `instant` lies in.
    pub(crate) fn after(&self, instant: Instant, seconds: u32) -> Instant {
        Instant::from_secs(u64::from(self.seconds(instant)) + u64::from(seconds)) - self.lag()
    }

    fn lag(&self) -> Duration {
        Duration::from_millis(self.lag_ms.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-01-01T00:00:00Z
    const MIDNIGHT: u32 = 1_735_689_600;

    /// A clock on which it is midnight and so many milliseconds, so many milliseconds after the start.
    fn clock(now_ms: u64, millis: u16) -> Clock {
        let mut clock = Clock::new();
        clock.set_with_millis(Instant::from_millis(now_ms), DateTime::from_unix(MIDNIGHT), millis);
        clock
    }

    #[test]
    fn rpc_26_every_moment_gets_the_second_that_it_lies_in() {
        for (now_ms, millis) in
            [(0, 0), (0, 900), (0, 999), (250, 900), (950, 900), (1_000, 1), (7_123_456, 500), (999, 0)]
        {
            let clock = clock(now_ms, millis);
            for at_ms in (0..4_000).chain(7_120_000..7_124_000) {
                let true_ms = i64::from(MIDNIGHT) * 1000 + i64::from(millis) + at_ms as i64 - now_ms as i64;
                let expected = DateTime::from_unix(true_ms.div_euclid(1000) as u32);
                let at = Instant::from_millis(at_ms);
                assert_eq!(clock.date(at), Some(expected), "{at_ms} ms; it was .{millis:03} at {now_ms} ms");
                let next = clock.after(at, 1);
                assert_eq!(clock.date(next), Some(expected.shifted(1)));
                assert_eq!(clock.date(next - Duration::from_millis(1)), Some(expected));
            }
        }
    }

    #[test]
    fn before_it_is_set_its_seconds_are_those_of_the_monotonic_clock() {
        let clock = Clock::new();
        let at = Instant::from_millis(5_600);
        assert_eq!((clock.date(at), clock.seconds(at), clock.after(at, 2)), (None, 5, Instant::from_secs(7)));
    }
}
