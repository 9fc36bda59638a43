//! Dates for what happened while the clock was not set (BOOT-15).
//!
//! The entry of such an event tells its boot, and the seconds of that boot's monotonic clock. When the clock is set, an
//! entry follows in the journal that tells when this boot began. So the journal itself dates what lies in it, and no number
//! of boots or of resends changes a date (MSG-12). A boot whose clock was never set is dated by what follows it, which is
//! too late rather than too early (OCPP 1.6 §4.2.1).

use super::entry::{Content, Entry, Stamp};
use crate::time::{Clock, DateTime};

#[derive(Debug)]
pub(in crate::station) struct Dating {
    /// The number of this boot.
    pub(in crate::station) boot: u32,
    /// The date in the record of the boot, coarsely; in 1970 when none was ever known.
    pub(in crate::station) known: DateTime,
    /// The record does not tell it yet.
    pub(in crate::station) is_unsaved: bool,
    /// The last entry was made without a clock, and nothing behind it dates it.
    pub(in crate::station) is_open: bool,
    /// How many entries of the journal date others, and are no messages.
    entries: u32,
    /// What the entries of the boot of the first entry are dated by.
    anchor: Option<Anchor>,
    search: Search,
}

/// When a boot began, as the journal tells.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    boot: u32,
    /// What its monotonic clock showed then; `u32::MAX` where the date holds for whatever happened in it.
    began_s: u32,
    date: DateTime,
}

/// The search for an anchor behind the first entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Search {
    NotBegun,
    /// This entry is the next to be looked at.
    At(u32),
    /// Nothing dates it yet.
    InVain,
}

/// How far the clock may be from the date in the record of the boot: little wear, and a floor that is good enough for the
/// dates of certificates.
const COARSE_S: u32 = 86_400;

impl Dating {
    pub(in crate::station) const fn new() -> Self {
        Self {
            boot: 0,
            known: DateTime::from_unix(0),
            is_unsaved: false,
            is_open: false,
            entries: 0,
            anchor: None,
            search: Search::NotBegun,
        }
    }

    /// The clock shows this date: whether the record of the boot is to tell it. Back as well as forth, as a wrong date must
    /// not stay for ever.
    pub(in crate::station) fn clock_set(&mut self, date: DateTime) -> bool {
        let is_far = self.known.as_unix().abs_diff(date.as_unix()) >= COARSE_S;
        if is_far {
            self.known = date;
            self.is_unsaved = true;
        }
        is_far
    }

    /// How many entries of the journal are no messages.
    pub(in crate::station) fn entries(&self) -> u32 {
        self.entries
    }

    /// The date of something; `None` while nothing tells it.
    pub(in crate::station) fn date(&self, at: Stamp) -> Option<DateTime> {
        match at {
            Stamp::Dated(date) => Some(date),
            Stamp::Undated { boot, uptime_s } => {
                let anchor = self.anchor.filter(|anchor| anchor.boot == boot)?;
                Some(anchor.date.shifted(uptime_s.saturating_sub(anchor.began_s).into()))
            }
        }
    }

    /// Whether an entry is to date what waits for a date.
    pub(crate) fn is_due(&self, clock: &Clock) -> bool {
        self.is_open && clock.is_set()
    }

    /// An entry was appended, or found at boot, in their order.
    pub(in crate::station) fn followed_by(&mut self, at: Stamp, is_message: bool) {
        self.is_open = is_message && at.is_undated();
        self.entries = self.entries.saturating_add(u32::from(!is_message));
        if !self.is_open && self.search == Search::InVain {
            self.search = Search::NotBegun;
        }
    }

    /// The first entry is gone.
    pub(in crate::station) fn released(&mut self, was_message: bool, is_empty: bool) {
        self.entries = self.entries.saturating_sub(u32::from(!was_message));
        self.is_open &= !is_empty;
        self.search = Search::NotBegun;
    }

    /// The next entry to be looked at, if the first one, which was made at `at`, wants a date. Its number is `first`, and
    /// that of the last one is below `end`.
    pub(in crate::station) fn next_to_look_at(&mut self, at: Stamp, first: u32, end: u32) -> Option<u32> {
        if self.date(at).is_some() || self.search == Search::InVain {
            return None;
        }
        let next = if let Search::At(next) = self.search { next } else { first.wrapping_add(1) };
        self.search = if next == end { Search::InVain } else { Search::At(next) };
        (next != end).then_some(next)
    }

    /// Looks at an entry behind the first one, which was made at `at`. It may be damaged, or thinned out.
    pub(in crate::station) fn read_date(&mut self, number: u32, entry: Option<Entry<'_>>, at: Stamp) {
        let Stamp::Undated { boot, .. } = at else { return };
        self.search = Search::At(number.wrapping_add(1));
        let (began_s, date) = match entry.map(|entry| (entry.at, entry.content)) {
            Some((Stamp::Dated(date), _)) => (u32::MAX, date),
            Some((Stamp::Undated { boot: dated, uptime_s }, Content::Clock { began })) => {
                (if dated == boot { uptime_s } else { u32::MAX }, began)
            }
            _ => return,
        };
        self.anchor = Some(Anchor { boot, began_s, date });
    }
}
