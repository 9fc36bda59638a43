//! How far an update of the list is.

use crate::json::Seen;

/// A SendLocalList that is under way. Each of its elements has taken a place that is not live, also one that only names a
/// tag to be removed: so a tag that is named twice shows.
#[derive(Clone, Copy)]
pub(super) struct Update {
    pub(super) version: i32,
    pub(super) is_full: bool,
    /// How much of the message stands behind where the list begins; 0 when there is none.
    pub(super) begin: usize,
    /// How much of it stands behind the last element.
    pub(super) left: usize,
    pub(super) elements: usize,
    /// No place below is free.
    pub(super) free: usize,
    /// The live places below have been compared with the element.
    pub(super) compared: usize,
    /// The members before the list, if they are all that there must be: what stands behind it has not been read then.
    pub(super) before: Option<Seen>,
    /// The list is being replaced.
    pub(super) is_last: bool,
}
