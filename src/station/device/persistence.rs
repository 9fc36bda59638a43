//! How the device gets on, one operation at a time.

use super::held_call::HeldCall;
use super::task::Task;
use crate::station::journal::entry::Stamp;
use crate::station::{ConnectorId, ReadingContext};
use crate::store::RecordKey;
use crate::time::Instant;

#[derive(Debug)]
pub(in crate::station) struct Persistence {
    pub(in crate::station) recovery: Recovery,
    pub(in crate::station) in_flight: Option<Task>,
    pub(in crate::station) storing: Storing,
    /// A series of meter values that was loaded to be extended.
    pub(in crate::station) series: Option<LoadedSeries>,
    pub(in crate::station) not_before: Instant,
    /// So often in a row the device has failed.
    pub(in crate::station) failures: u8,
    pub(in crate::station) appending: Appending,
    /// Samples in the journal that no thinning has looked at.
    pub(in crate::station) samples: u32,
    /// There may be something to do on the device that is neither about the journal nor about a key.
    pub(in crate::station) has_chores: bool,
    pub(in crate::station) held_call: HeldCall,
    /// Random, drawn once in the life of the device's content: the base of all message ids.
    pub(in crate::station) seed: u32,
}

/// The record that is being stored.
#[derive(Debug)]
pub(in crate::station) struct Storing {
    pub(in crate::station) len: usize,
    /// When it happened, if it is an entry.
    pub(in crate::station) at: Stamp,
}

/// How the journal gets on.
#[derive(Debug)]
pub(in crate::station) struct Appending {
    /// There is no room for another transaction.
    pub(in crate::station) journal_full: bool,
    /// So often in a row an entry could not be appended, and until when no other is tried.
    pub(in crate::station) failures: u8,
    pub(in crate::station) not_before: Instant,
    /// Its writing has failed, but the entry may be on the device: another one never takes its number before that is known.
    pub(in crate::station) doubtful: Option<Task>,
}

/// The series of a connector was loaded, if there is one.
#[derive(Clone, Copy, Debug)]
pub(in crate::station) struct LoadedSeries {
    pub(crate) connector: ConnectorId,
    /// What it is to be extended by.
    pub(in crate::station) context: ReadingContext,
}

/// So many samples are worth the wear of a thinning.
pub(in crate::station) const SAMPLES_BETWEEN_THINNINGS: u32 = 32;
/// So often the device is asked for what can be done without, and so many failures hold up an answer.
pub(in crate::station) const TRIES: u8 = 3;
/// The ids of the journal's messages have this bit set, those of all others have not.
const JOURNAL_EPOCH: u32 = 0x8000_0000;

impl Persistence {
    pub(in crate::station) const fn new() -> Self {
        Self {
            recovery: Recovery::LoadSystem,
            in_flight: None,
            storing: Storing { len: 0, at: Stamp::Undated { boot: 0, uptime_s: 0 } },
            series: None,
            not_before: Instant::ZERO,
            failures: 0,
            appending: Appending { journal_full: false, failures: 0, not_before: Instant::ZERO, doubtful: None },
            samples: 0,
            has_chores: true,
            held_call: HeldCall::new(),
            seed: 0,
        }
    }

    /// The last operation has failed.
    pub(in crate::station) fn is_failing(&self) -> bool {
        self.failures > 0
    }

    pub(in crate::station) fn is_recovered(&self) -> bool {
        matches!(self.recovery, Recovery::Done)
    }

    pub(in crate::station) fn call_epoch(&self, boot: u32) -> u32 {
        self.seed.wrapping_add(boot) & !JOURNAL_EPOCH
    }

    pub(in crate::station) fn journal_epoch(&self) -> u32 {
        self.seed | JOURNAL_EPOCH
    }

    pub(in crate::station) fn deadline(&self) -> Instant {
        match () {
            () if self.is_failing() => self.not_before, // nothing is done before, no append either
            () if self.appending.failures >= TRIES => self.appending.not_before,
            () => Instant::NEVER,
        }
    }
}

/// Where the reading at boot stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::station) enum Recovery {
    LoadSystem,
    StoreSystem,
    /// A record of a shelf.
    Load {
        shelf: u8,
        number: u16,
        key: RecordKey,
    },
    AskJournal,
    LoadMark,
    Probe(u32),
    Done,
}
