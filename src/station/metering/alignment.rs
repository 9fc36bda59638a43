//! The moments of the clock.

use super::list;
use crate::store::{IntegerKey, ListKey, SwitchKey};
use crate::time::{Clock, DateTime, Instant};

/// Seconds between clock-aligned values, counted from midnight UTC; 0 for none.
pub(crate) const CLOCK_ALIGNED_DATA_INTERVAL: IntegerKey = IntegerKey::new(5, 0, 0, 86_400);
/// What the values of these moments hold.
pub(crate) const METER_VALUES_ALIGNED_DATA: ListKey =
    ListKey::new(15, "Energy.Active.Import.Register", 1, &list::MEASURANDS);

/// They are told of transactions alone, whatever OCPP 1.6 §4.7 says: of no connector without one, and of the grid connection
/// only while one runs.
pub(crate) const METER_VALUES_IN_TX_ONLY: SwitchKey = SwitchKey::new(60, false);

const DAY_S: u32 = 86_400;
/// What is read later than this after the moment is dated as it is read.
pub(super) const LATENESS_S: u32 = 2;

/// The next moment of the clock.
#[derive(Debug)]
pub(crate) struct Alignment {
    /// Seconds since 1970; 0 while the time is unknown.
    next: u32,
    /// When it comes, as the clock goes now: a clock that is set forward skips moments, one that is set back repeats them,
    /// but for the last one.
    pub(super) due: Instant,
    last: u32,
}

impl Alignment {
    pub(crate) const fn new() -> Self {
        Self { next: 0, due: Instant::NEVER, last: 0 }
    }

    /// No moment is wanted.
    pub(super) fn stop(&mut self) {
        self.next = 0;
    }

    /// The moment that has come, if one has; and sets out for the next one.
    pub(super) fn advance(&mut self, now: Instant, clock: &Clock, interval: u32) -> Option<DateTime> {
        let date = clock.date(now)?.as_unix();
        let moment = self.next;
        // A clock that has jumped over it by more than this makes up for nothing.
        let has_come = moment != 0 && date >= moment && (now >= self.due || date - moment < LATENESS_S);
        if has_come {
            self.last = moment;
        }
        self.next = following(date, interval);
        if self.next == self.last {
            self.next = following(self.next, interval); // the clock was set back behind it
        }
        self.due = match self.next.checked_sub(date) {
            Some(wait_s @ 1..) => clock.after(now, wait_s),
            _ => {
                self.next = 0; // the end of all dates
                Instant::NEVER
            }
        };
        has_come.then(|| DateTime::from_unix(moment))
    }
}

/// The first multiple of the interval behind `date`; every day begins anew (MV-03).
fn following(date: u32, interval: u32) -> u32 {
    let time_of_day = date % DAY_S;
    let midnight = date - time_of_day;
    let multiple = (time_of_day / interval + 1).saturating_mul(interval);
    midnight.saturating_add(multiple.min(DAY_S))
}

#[cfg(test)]
mod tests {
    use super::following;

    #[test]
    fn mv_02_mv_03_multiples_are_counted_from_midnight() {
        let midnight = 1_735_689_600; // 2025-01-01T00:00:00Z
        for (date, interval, next) in [
            (0, 900, 900),
            (899, 900, 900),
            (900, 900, 1800),
            (86_399, 900, 86_400),
            (0, 50_000, 50_000),
            (50_000, 50_000, 86_400), // begins anew
            (86_400, 50_000, 136_400),
            (5, 86_400, 86_400),
            (5, 1, 6),
        ] {
            assert_eq!(following(midnight + date, interval), midnight + next, "{date} / {interval}");
        }
    }
}
