//! A text in PEM that comes in piece by piece.

use alloc::vec::Vec;
use core::cell::{Cell, Ref, RefCell};

use embassy_time::{Duration, Instant};

use crate::clock;

/// Three certificates of P-256 with all that is usual in them.
pub(super) const LEN_MAX: usize = 4096;

/// So long the date is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) struct Text {
    /// With the zero at its end that Mbed TLS wants.
    bytes: RefCell<Vec<u8>>,
    begun: Cell<Instant>,
}

impl Text {
    pub(super) fn new() -> Self {
        Self { bytes: RefCell::default(), begun: Cell::new(Instant::MIN) }
    }

    /// `false` when there is no memory.
    pub(super) fn begin(&self) -> bool {
        self.begun.set(Instant::now());
        clock::want();
        let mut text = self.bytes.borrow_mut();
        text.clear();
        let has_room = text.try_reserve_exact(LEN_MAX + 1).is_ok();
        if has_room {
            text.push(0);
        }
        has_room
    }

    /// `false` when it is too long, or was not begun.
    pub(super) fn push(&self, piece: &[u8]) -> bool {
        let mut text = self.bytes.borrow_mut();
        let has_room = !text.is_empty() && text.len() + piece.len() <= LEN_MAX + 1;
        if has_room {
            text.pop();
            text.extend(piece);
            text.push(0);
        }
        has_room
    }

    /// Whether it may be held against the date: that was told since the text came, or the firmware does not tell it.
    pub(super) fn is_dated(&self) -> bool {
        !clock::is_awaited() || self.begun.get().elapsed() > PATIENCE
    }

    pub(super) fn bytes(&self) -> Ref<'_, [u8]> {
        Ref::map(self.bytes.borrow(), Vec::as_slice)
    }

    pub(super) fn take(&self) -> Vec<u8> {
        self.bytes.take()
    }
}
