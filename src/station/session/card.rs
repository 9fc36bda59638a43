//! Whose session it is, and whose card was shown since.

use crate::station::IdToken;
use crate::station::tokens::Known;
use crate::time::Instant;

#[derive(Debug)]
pub(in crate::station) struct Card {
    pub(in crate::station) id_tag: IdToken,
    pub(in crate::station) parent: Option<IdToken>,
    /// Another tag that was shown, maybe one of the same group.
    pub(in crate::station) visitor: Option<IdToken>,
    /// Where the authorisation of the tag that was shown last stands.
    pub(in crate::station) presented: Presented,
    /// Nobody was asked: the charge point gives to everybody.
    pub(in crate::station) is_free: bool,
}

/// Where the authorisation of a shown tag stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::station) enum Presented {
    /// There is nothing to ask.
    Settled,
    /// What is known here is looked up; the central system `had_its_say`, or there is none.
    LookUp {
        had_its_say: bool,
        /// The places of the local list below hold other tags.
        place: usize,
    },
    /// Authorize.req must be sent.
    Waiting { since: Instant },
    /// Authorize.req is under way; its answer counts until `until`, which is not known before the connection has taken it.
    Asked { until: Instant },
}

impl Card {
    pub(super) const fn new() -> Self {
        Self { id_tag: IdToken::new(), parent: None, visitor: None, presented: Presented::Settled, is_free: false }
    }

    /// Whether it was begun with this tag.
    pub(in crate::station) fn is_of(&self, id_tag: &IdToken) -> bool {
        self.id_tag.as_str().eq_ignore_ascii_case(id_tag.as_str())
    }

    /// The tag that was shown last.
    pub(in crate::station) fn shown_tag(&self) -> &IdToken {
        self.visitor.as_ref().unwrap_or(&self.id_tag)
    }

    /// Whether the tag that this is known about is of the same group as the one that began (AUTH-08, AUTH-10).
    pub(in crate::station) fn is_of_group(&self, known: &Known) -> bool {
        match (&self.parent, &known.parent) {
            (Some(ours), Some(theirs)) => ours.as_str().eq_ignore_ascii_case(theirs.as_str()),
            _ => false,
        }
    }

    /// No card waits to be judged any more.
    pub(in crate::station) fn forget_visitor(&mut self) {
        self.visitor = None;
        self.presented = Presented::Settled;
    }
}
