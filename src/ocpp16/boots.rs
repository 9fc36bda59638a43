//! When each of the last boots was, which dates what happened while the clock was not set (BOOT-15).

use super::journal_entry::Stamp;
use crate::store::record::{RecordReader, RecordWriter};
use crate::time::{Clock, DateTime, Instant};
use heapless::Vec;

/// The number of this boot, and the dates of as many as are remembered.
#[derive(Debug)]
pub(super) struct Boots {
    pub(super) number: u32,
    dated: Vec<Boot, 4, u8>,
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
        Self { number: 0, dated: Vec::new(), unsaved: false }
    }

    /// The clock was set. What is known of this boot already stays, so that nothing changes its date (MSG-12).
    pub(super) fn clock_set(&mut self, clock: &Clock) {
        let Some(date) = clock.date(Instant::ZERO) else { return };
        if self.dated.last().is_some_and(|last| last.number == self.number) {
            return;
        }
        if self.dated.is_full() {
            self.dated.remove(0);
        }
        let boot = Boot { number: self.number, began_s: clock.began().as_secs(), date };
        self.unsaved |= self.dated.push(boot).is_ok();
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
        let lost = if then > self.number { self.dated.last() } else { None };
        let boot = self.dated.iter().find(|boot| boot.number >= then).or(lost)?;
        let since_s = if boot.number == then { uptime_s.saturating_sub(boot.began_s) } else { 0 };
        Some(boot.date.shifted(since_s.into()))
    }

    pub(super) fn write(&self, record: &mut RecordWriter<'_>) {
        for boot in &self.dated {
            for number in [boot.number, boot.began_s, boot.date.as_unix()] {
                record.unsigned(number.into());
            }
        }
    }

    pub(super) fn load(&mut self, record: &mut RecordReader<'_>) {
        while let (Some(number), Some(began_s), Some(date)) = (record.u32(), record.u32(), record.u32()) {
            let _ = self.dated.push(Boot { number, began_s, date: DateTime::from_unix(date) });
        }
    }
}
