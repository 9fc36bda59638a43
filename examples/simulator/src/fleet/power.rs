//! The supply of one charger: what stops at once when it fails.

use std::cell::Cell;

/// Shared by all that works only while there is power.
#[derive(Default)]
pub(crate) struct Power {
    is_cut: Cell<bool>,
    /// The power fails in the write after so many others.
    fuse: Cell<Option<u32>>,
}

/// How a write to the flash ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    Whole,
    /// The power fails in the middle of it.
    Torn,
    /// Nobody is there any more.
    Dead,
}

impl Power {
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut.get()
    }

    pub(crate) fn cut(&self) {
        self.is_cut.set(true);
    }

    /// Lets it fail in a write that is to come.
    pub(crate) fn cut_in_write(&self, after: u32) {
        self.fuse.set(Some(after));
    }

    pub(crate) fn restore(&self) {
        self.is_cut.set(false);
        self.fuse.set(None);
    }

    /// A write begins.
    pub(crate) fn write(&self) -> Write {
        if self.is_cut() {
            return Write::Dead;
        }
        match self.fuse.get() {
            Some(0) => {
                self.cut();
                Write::Torn
            }
            fuse => {
                self.fuse.set(fuse.map(|left| left - 1));
                Write::Whole
            }
        }
    }
}
