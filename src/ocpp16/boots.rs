//! When each of the last boots was, which dates what happened while the clock was not set (BOOT-15).

use super::journal_entry::Stamp;
use crate::store::record::{RecordReader, RecordWriter};
use crate::time::{Clock, DateTime, Instant};

/// The number of this boot, and the dates of as many as are remembered.
#[derive(Debug)]
pub(super) struct Boots {
    pub(super) number: u32,
    /// The last ones, in turn.
    dated: [Option<Boot>; 4],
    unsaved: bool,
}

/// A boot in which the clock was set.
#[derive(Clone, Copy, Debug)]
struct Boot {
    number: u32,
    /// What its monotonic clock showed at its beginning, in seconds.
    began_s: u32,
    date: DateTime,
}

impl Boots {
    pub(super) const fn new() -> Self {
        Self { number: 0, dated: [None; 4], unsaved: false }
    }

    /// The clock was set. What is known of this boot already stays, so that nothing changes its date (MSG-12).
    pub(super) fn clock_set(&mut self, clock: &Clock) {
        let Some(date) = clock.date(Instant::ZERO) else { return };
        if self.dated.iter().flatten().all(|boot| boot.number != self.number) {
            self.remember(Boot { number: self.number, began_s: clock.began().as_secs(), date });
            self.unsaved = true;
        }
    }

    /// In the place of the one that is the longest ago.
    fn remember(&mut self, boot: Boot) {
        if let Some(place) = self.dated.iter_mut().min_by_key(|place| place.as_ref().map_or(0, |boot| boot.number)) {
            *place = Some(boot);
        }
    }

    pub(super) fn is_unsaved(&self) -> bool {
        self.unsaved
    }

    pub(super) fn stored(&mut self) {
        self.unsaved = false;
    }

    /// The date of a stamp. What happened in a boot whose clock was never set happened before the next one that is dated:
    /// it gets that moment, which is too late rather than too early (OCPP 1.6 §4.2.1). `None` while that is still to come.
    pub(super) fn date(&self, stamp: Stamp) -> Option<DateTime> {
        let (then, uptime_s) = match stamp {
            Stamp::Dated(date) => return Some(date),
            Stamp::Undated { boot, uptime_s } => (boot, uptime_s),
        };
        // A boot that is still to come was counted before the count was lost.
        let later = self.dated.iter().flatten().filter(|boot| boot.number >= then.min(self.number));
        let boot = later.min_by_key(|boot| boot.number)?;
        let since_s = if boot.number == then { uptime_s.saturating_sub(boot.began_s) } else { 0 };
        Some(boot.date.shifted(since_s.into()))
    }

    pub(super) fn write(&self, record: &mut RecordWriter<'_>) {
        for boot in self.dated.iter().flatten() {
            for number in [boot.number, boot.began_s, boot.date.as_unix()] {
                record.unsigned(number.into());
            }
        }
    }

    pub(super) fn load(&mut self, record: &mut RecordReader<'_>) {
        while let (Some(number), Some(began_s), Some(date)) = (record.u32(), record.u32(), record.u32()) {
            self.remember(Boot { number, began_s, date: DateTime::from_unix(date) });
        }
    }
}
