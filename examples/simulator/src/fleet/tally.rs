//! What the whole fleet does, in numbers.

use std::cell::Cell;

/// Counters since the start, and what stands now.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) sent: Count,
    pub(crate) received: Count,
    pub(crate) connections: Count,
    pub(crate) boots: Count,
    pub(crate) links_cut: Count,
    pub(crate) power_cuts: Count,
    pub(crate) sessions: Count,
    pub(crate) given_up: Count,
    pub(crate) flash_failures: Count,
}

#[derive(Default)]
pub(crate) struct Count(Cell<u64>);

impl Count {
    pub(crate) fn add(&self, more: u64) {
        self.0.set(self.0.get() + more);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.get()
    }
}

/// How a charger looks from afar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Look {
    /// Not started, or without power.
    #[default]
    Dark,
    Offline,
    Idle,
    /// A cable is in.
    Occupied,
    Charging,
    /// It has done its work.
    Done,
}
