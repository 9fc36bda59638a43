//! The statuses that wait to be told: every one is, in its order (OCPP 1.6 §4.4, §4.5).

use crate::rpc::Outcome;

/// The statuses that the central system has not been told yet, in their order: one in four bits, the first in the lowest,
/// 0 for none. When more come than fit, the oldest go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reports {
    waiting: u32,
    /// The one that waits for its answer.
    sent: u8,
    triggered: bool,
    /// Nobody has answered: the link seems to be dead.
    is_held_back: bool,
}

impl Reports {
    pub(super) const fn new() -> Self {
        Self { waiting: 0, sent: 0, triggered: false, is_held_back: false }
    }

    /// The link came up or went down.
    pub(super) fn link(&mut self, online: bool) {
        self.is_held_back &= !online;
    }

    #[inline(never)]
    pub(super) fn push(&mut self, status: u8) {
        // One place is kept for the one that is sent.
        while self.waiting >> 24 != 0 {
            self.waiting >>= 4;
        }
        let used = u32::BITS - self.waiting.leading_zeros();
        self.waiting |= u32::from(status + 1).wrapping_shl((used + 3) & !3);
        self.is_held_back = false;
    }

    /// All of them, to be kept in a record.
    pub(super) fn untold(&self) -> u32 {
        if self.sent == 0 { self.waiting } else { self.waiting << 4 | u32::from(self.sent) }
    }

    /// Those of a record, of so many that there are.
    pub(super) fn restore(&mut self, untold: u32, statuses: usize) {
        // Those of a later firmware may be more; a gap between two is none of ours.
        let mut unread = untold;
        while (1..=statuses).contains(&(unread as usize & 0xf)) {
            unread >>= 4;
        }
        if unread == 0 {
            self.waiting = untold;
        }
    }

    #[cfg(feature = "remote-trigger")]
    pub(super) fn trigger(&mut self) {
        self.triggered = true;
    }

    pub(super) fn is_held_back(&self) -> bool {
        self.is_held_back
    }

    /// What was [held back](Self::is_held_back) has been told; whether it was the last.
    pub(super) fn arrived(&mut self) -> Option<bool> {
        if !core::mem::take(&mut self.is_held_back) {
            return None;
        }
        self.waiting >>= 4;
        Some(self.waiting == 0)
    }

    /// Whether the next of those that wait is none of so many statuses.
    #[cfg(feature = "security")]
    pub(super) fn is_beyond(&self, statuses: usize) -> bool {
        self.waiting & 0xf > statuses as u32
    }

    /// Whether there is nothing to tell at all.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting == 0 && !self.triggered
    }

    /// Whether the next to be told is not what a trigger asks for.
    #[cfg(feature = "security")]
    pub(super) fn waits(&self, is_accepted: bool) -> bool {
        is_accepted && self.waiting != 0 && !self.is_held_back
    }

    /// The next to be told, as its number; `present` is what a trigger asks for.
    pub(super) fn next(&mut self, is_accepted: bool, present: u8) -> Option<u8> {
        if is_accepted && self.waiting != 0 && !self.is_held_back {
            self.sent = self.waiting as u8 & 0xf;
            self.waiting >>= 4;
            self.triggered &= self.waiting != 0; // the last of them is what the trigger asks for
            return self.sent.checked_sub(1);
        }
        core::mem::take(&mut self.triggered).then_some(present)
    }

    /// Whether the last of those that wait was told.
    pub(super) fn conclude(&mut self, outcome: Outcome<'_>) -> bool {
        let was_waiting = self.sent != 0;
        if let Outcome::LinkLost | Outcome::TimedOut { peer_alive: false } = outcome {
            self.waiting = self.untold();
            self.is_held_back = was_waiting && outcome != Outcome::LinkLost;
        }
        self.sent = 0;
        was_waiting && self.waiting == 0
    }
}
