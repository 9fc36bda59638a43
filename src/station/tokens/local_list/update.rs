//! What an update of the list consists of, and how far it is.

use crate::json::Seen;
use crate::station::{IdTagInfo, IdToken};

/// An update that is under way. Each of its elements has taken a place that is not live, also one that only names a
/// tag to be removed: so a tag that is named twice shows.
#[derive(Clone, Copy)]
pub(crate) struct ListUpdate {
    pub(super) version: i32,
    pub(super) is_full: bool,
    /// How far the request has been read.
    pub(crate) reading: ListReading,
    pub(super) elements: usize,
    /// No place below is free.
    pub(super) free: usize,
    /// The live places below have been compared with the element.
    pub(super) compared: usize,
    /// The list is being replaced.
    pub(crate) is_last: bool,
}

/// How far a request has been read: kept for whoever reads it.
#[derive(Clone, Copy, Default)]
pub(crate) struct ListReading {
    /// How much of the message stands behind where the list begins; 0 when there is none.
    pub(crate) begin: usize,
    /// How much of it stands behind the last element.
    pub(crate) left: usize,
    /// The members before the list, if they are all that there must be: what stands behind it has not been read then.
    pub(crate) before: Option<Seen>,
}

/// An element of the list (OCPP 1.6 §7.2), in one place for all of them.
pub(crate) struct AuthorizationData {
    pub(crate) id_tag: IdToken,
    pub(crate) has_info: bool,
    pub(crate) info: IdTagInfo,
}

/// The elements of a request, as often as they are asked for.
pub(crate) trait Elements {
    /// Why the request is refused.
    type Refusal;

    /// Reads the next one; `false` behind the last, when all of the request has been read.
    fn read(&mut self, element: &mut AuthorizationData) -> Result<bool, Self::Refusal>;

    /// What was read last is done with.
    fn passed(&mut self) -> ListReading;

    /// Whether one that is done with has this tag.
    fn is_named_before(&self, id_tag: &IdToken) -> bool;
}

/// What becomes of an update (OCPP 1.6 §7.45).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UpdateStatus {
    Accepted,
    Failed,
    NotSupported,
    VersionMismatch,
}

impl ListUpdate {
    pub(crate) fn new(version: i32, is_full: bool, reading: ListReading) -> Self {
        Self { version, is_full, reading, elements: 0, free: 0, compared: 0, is_last: false }
    }
}

impl AuthorizationData {
    pub(crate) const BLANK: Self = Self { id_tag: IdToken::new(), has_info: false, info: IdTagInfo::BLANK };
}
