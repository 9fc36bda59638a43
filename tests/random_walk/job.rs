//! What the firmware does on the side: it loads a file, or installs.

use crate::chance::Chance;
use std::cell::{Cell, RefCell};

/// Something that takes a while, measured in questions how far it is.
#[derive(Default)]
pub(crate) struct Job {
    pub(crate) runs: Cell<bool>,
    pub(crate) succeeds: Cell<bool>,
    questions_left: Cell<u64>,
}

impl Job {
    pub(crate) fn begin(&self, chance: &RefCell<Chance>) {
        let mut chance = chance.borrow_mut();
        self.runs.set(true);
        self.questions_left.set(chance.below(30));
        self.succeeds.set(!chance.once_in(3));
    }

    /// How it has ended, if it has.
    pub(crate) fn ask(&self) -> Option<bool> {
        assert!(self.runs.get(), "FW-02, DG-02: it is asked how far it is, though nothing runs");
        let left = self.questions_left.get();
        self.questions_left.set(left.saturating_sub(1));
        self.runs.set(left > 0);
        (left == 0).then(|| self.succeeds.get())
    }
}
