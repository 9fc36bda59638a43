//! How far a composite schedule has been told.

use crate::time::Instant;

/// An answer that goes out in pages: from which moment it counts, and where the next page goes on.
#[derive(Clone, Copy, Default)]
pub(super) struct Composite {
    pub(super) now: Instant,
    pub(super) start: u32,
    pub(super) at: u32,
}
