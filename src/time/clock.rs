use super::{DateTime, Instant};

/// The wall clock: unset until a central system tells the time, then running on the monotonic clock.
///
/// Setting it moves no timer; it only changes how moments are dated.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    began: Instant,
    set: Option<(Instant, DateTime)>,
}

impl Clock {
    /// A clock that does not know the time.
    pub const fn new() -> Self {
        Self { began: Instant::ZERO, set: None }
    }

    /// The firmware has started at `now`: nothing is dated before that, wherever the monotonic clock begins.
    pub fn begin(&mut self, now: Instant) {
        self.began = now;
    }

    /// When the firmware started.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// At `now` it is `date_time`.
    pub fn set(&mut self, now: Instant, date_time: DateTime) {
        self.set = Some((now, date_time));
    }

    /// The date of `instant`, before or after now but not before the start; `None` while the clock is unset.
    pub fn date(&self, instant: Instant) -> Option<DateTime> {
        let (at, date_time) = self.set?;
        let shift = instant.max(self.began).as_secs_since(at);
        Some(date_time.shifted(shift))
    }
}
