//! When all blocks look again.

use crate::time::Instant;

pub(crate) struct Agenda {
    /// Something happened that a pass over all blocks must look at.
    has_news: bool,
    deadline: Instant,
}

impl Agenda {
    pub(super) const fn new() -> Self {
        Self { has_news: true, deadline: Instant::ZERO }
    }

    /// Whether there is something to look at by now; it is looked at then.
    pub(super) fn begin_pass(&mut self, now: Instant) -> bool {
        let begins = self.has_news || now >= self.deadline;
        if begins {
            self.has_news = false;
            self.deadline = Instant::NEVER;
        }
        begins
    }

    /// Something has happened: all blocks look at it. Said at each door, whatever came in: the inputs, the clock, the link,
    /// a message in or out, what the device has done, what the firmware wants. A block says it where a pass has to be followed
    /// by another one.
    pub(crate) fn look_again(&mut self) {
        self.has_news = true;
    }

    /// The same where it is so.
    pub(super) fn look_again_if(&mut self, is_so: bool) {
        if is_so {
            self.has_news = true;
        }
    }

    /// Looks at all blocks again, not later than `at`.
    #[inline(never)]
    pub(super) fn wake_at(&mut self, at: Instant) {
        self.deadline = self.deadline.min(at);
    }

    /// Whether something has happened that no pass has looked at.
    pub(crate) fn has_news(&self) -> bool {
        self.has_news
    }

    /// When the next pass is due if nothing happens.
    pub(crate) fn next_deadline(&self) -> Instant {
        if self.has_news { Instant::ZERO } else { self.deadline }
    }
}
