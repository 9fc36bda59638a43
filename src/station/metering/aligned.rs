//! Values at fixed moments of the day (OCPP 1.6 §3.16.2).

use super::list;
use super::transaction_data::STOP_TXN_ALIGNED_DATA;
use crate::station::ReadingContext;
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::station::journal_entry::Stamp;
use crate::station::signed_values::SigningMoment;
use crate::store::{IntegerKey, ListKey, SwitchKey};
use crate::time::{Clock, DateTime, Instant};

/// Seconds between clock-aligned values, counted from midnight UTC; 0 for none.
pub(crate) const CLOCK_ALIGNED_DATA_INTERVAL: IntegerKey = IntegerKey::new(5, "ClockAlignedDataInterval", 0, 0, 86_400);
/// What the values of these moments hold.
pub(crate) const METER_VALUES_ALIGNED_DATA: ListKey =
    ListKey::new(15, "MeterValuesAlignedData", "Energy.Active.Import.Register", 1, &list::MEASURANDS);

/// They are told of transactions alone, whatever OCPP 1.6 §4.7 says: of no connector without one, and of the grid connection
/// only while one runs.
pub(crate) const METER_VALUES_IN_TX_ONLY: SwitchKey = SwitchKey::new(60, "Cst_MeterValuesInTxOnly", false);

const DAY_S: u32 = 86_400;
/// What is read later than this after the moment is dated as it is read.
const LATENESS_S: u32 = 2;

/// The next moment of the clock.
#[derive(Debug)]
pub(crate) struct Alignment {
    /// Seconds since 1970; 0 while the time is unknown.
    next: u32,
    /// When it comes, as the clock goes now: a clock that is set forward skips moments, one that is set back repeats them,
    /// but for the last one.
    due: Instant,
    last: u32,
}

impl Alignment {
    pub(crate) const fn new() -> Self {
        Self { next: 0, due: Instant::NEVER, last: 0 }
    }

    /// The moment that has come, if one has; and sets out for the next one.
    fn advance(&mut self, now: Instant, clock: &Clock, interval: u32) -> Option<DateTime> {
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

impl Common<'_> {
    /// When values that are read now are told to be of: the moment of the clock that they are for, if it is not over.
    pub(crate) fn date_of_sample(&self, now: Instant, moment: Option<DateTime>) -> Stamp {
        let read = self.stamp(now);
        match (moment, read.dated()) {
            (Some(moment), Some(date)) if date.as_unix().wrapping_sub(moment.as_unix()) < LATENESS_S => {
                Stamp::Dated(moment)
            }
            _ => read,
        }
    }
}

impl Core<'_> {
    pub(crate) fn advance_alignment(&mut self, now: Instant) {
        let interval = self.common.keys.unsigned(&CLOCK_ALIGNED_DATA_INTERVAL);
        if interval == 0 {
            self.alignment.next = 0;
            return;
        }
        let moment = self.alignment.advance(now, &self.common.clock, interval);
        self.common.wake_at(self.alignment.due);
        let Some(moment) = moment else { return };
        let reachable = self.common.is_reachable();
        let mut is_told = !self.common.keys.is_on(&METER_VALUES_IN_TX_ONLY);
        let is_told_idle = is_told;
        let wanted = !self.common.keys.list(&METER_VALUES_ALIGNED_DATA).is_empty();
        let wanted_at_stop = !self.common.keys.list(&STOP_TXN_ALIGNED_DATA).is_empty();
        for connector in self.connectors.iter_mut() {
            if !connector.session.is_reported() {
                if wanted && reachable && is_told_idle {
                    connector.place.sampling.align(moment);
                }
            } else if connector.session.is_running() {
                is_told = true;
                if wanted {
                    connector.place.sampling.align(moment);
                }
                if wanted_at_stop {
                    connector.series.ask_for(ReadingContext::SampleClock);
                }
            }
        }
        self.connector_ids().for_each(|id| self.sign_sample(now, id, SigningMoment::Aligned));
        self.common.persistence.has_chores |= wanted_at_stop;
        if wanted && reachable && is_told && self.has_main_meter() {
            self.charge_point.sampling.align(moment);
        }
    }
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
