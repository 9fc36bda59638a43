//! How far the message of the first entry is, and the pages of its pieces.

use super::pieces::Piece;
use crate::station::ReadingContext;
use crate::station::journal::entry::Attached;
use crate::time::DateTime;

/// The signed values of the first entry.
#[derive(Debug)]
pub(crate) struct Sending {
    pub(super) attached: Attached,
    /// When each of both was signed.
    pub(super) signed: [Option<DateTime>; 2],
    /// The context of the second.
    pub(super) context: ReadingContext,
    /// The piece that the next page is made of is to be loaded.
    pub(super) wanted: Option<u8>,
    /// So many numbers among the pieces were passed: the power failed when they were written.
    pub(super) gaps: u8,
    /// The first entry is a piece whose message is gone.
    pub(super) is_piece: bool,
}

/// Pages of pieces have this bit, and the number of the piece in the low byte.
const PIECES: u16 = 0x8000;
/// And this one where plain values stand before.
const FOLLOW: u16 = 0x4000;

/// Whether a page is one of a piece, and not of the message before.
pub(crate) fn is_page_of_piece(page: u16) -> bool {
    page & PIECES != 0
}

/// The page of the first piece, behind plain values or not.
pub(crate) fn first_page(follow: bool) -> u16 {
    if follow { PIECES | FOLLOW } else { PIECES }
}

impl Sending {
    pub(super) const fn new() -> Self {
        Self {
            attached: Attached::NONE,
            signed: [None; 2],
            context: ReadingContext::TransactionEnd,
            wanted: None,
            gaps: 0,
            is_piece: false,
        }
    }

    /// What the page of a piece tells, whose record this is.
    pub(super) fn piece<'p>(&self, page: u16, record: &'p [u8]) -> SignedPiece<'p> {
        let index = page as u8;
        let Self { attached, signed: [begun, ended], context, .. } = *self;
        let (place, count, signed, context) = match index.checked_sub(attached.begin) {
            None => (index, attached.begin, begun, ReadingContext::TransactionBegin),
            Some(place) => (place, attached.other, ended, context),
        };
        SignedPiece {
            is_first: place == 0,
            is_tail: place.saturating_add(1) >= count,
            is_last: index.saturating_add(1) >= attached.pieces(),
            follows: index > 0 || page & FOLLOW != 0,
            signed,
            context,
            piece: Piece::reread(record),
        }
    }
}

/// One piece of a signed value, on a page of its own.
pub(crate) struct SignedPiece<'p> {
    /// Its value begins with it.
    pub(crate) is_first: bool,
    /// Its value ends with it.
    pub(crate) is_tail: bool,
    /// The message ends with it.
    pub(crate) is_last: bool,
    /// Other values stand before.
    pub(crate) follows: bool,
    /// When its value was signed.
    pub(crate) signed: Option<DateTime>,
    pub(crate) context: ReadingContext,
    /// None: it cannot be read.
    pub(crate) piece: Option<Piece<'p>>,
}
