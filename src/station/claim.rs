//! What reservations answer to those who ask.

/// What a reservation means to somebody who wants to charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// Nothing is reserved that would be in the way.
    Free,
    /// It is reserved for this tag, or its group.
    Ours(i32),
    /// It is reserved for another tag, but maybe for a group that this one is of.
    MaybeGroup,
    /// It is reserved for somebody else.
    Foreign,
}
