//! The pieces of the first entry, one after the other, while its message is being written.

use super::sending::{Sending, SignedPiece};
use super::task::SignedTask;
use crate::station::ReadingContext;
use crate::station::core_profile::Core;
use crate::station::device::task::Task;
use crate::station::journal::entry::{Attached, Content, Entry};
use crate::station::metering;
use crate::store::{Scratch, StorageOp};
use crate::time::DateTime;

/// What there is for a page.
pub(crate) enum PageOfPiece<'s> {
    /// The device has it.
    Wanted,
    Ready(SignedPiece<'s>),
    None,
}

impl Core<'_> {
    /// The message of an entry, which has this date, is about to be written.
    #[inline(never)]
    pub(crate) fn begin_signed_values(&mut self, entry: &Entry<'_>, date: DateTime) {
        let attached = entry.attached;
        let (context, signed) = match entry.content {
            Content::Stop { series, .. } => {
                let began = metering::began(series, Some(date));
                let began = began.map(|began| began.shifted(-i64::from(attached.before_start_s)));
                (ReadingContext::TransactionEnd, [began, Some(date.shifted(attached.after_end_s.into()))])
            }
            Content::MeterValues { context, .. } => (context, [Some(date); 2]),
            _ => (ReadingContext::TransactionEnd, [None; 2]),
        };
        self.signed_values.sending = Sending { attached, signed, context, wanted: None, gaps: 0, is_piece: false };
    }

    /// What stands on a page.
    pub(crate) fn signed_piece<'s>(&mut self, page: u16, scratch: &'s Scratch<'_>) -> PageOfPiece<'s> {
        let index = page as u8;
        let Some(number) = self.number_of_piece(index) else { return PageOfPiece::None };
        let Some(record) = scratch.entry(number) else {
            self.signed_values.sending.wanted = Some(index);
            return PageOfPiece::Wanted;
        };
        let piece = self.signed_values.sending.piece(page, record);
        if !piece.is_last {
            // At once: the page of a piece that is lost is empty, and nobody asks for what follows an empty page.
            self.signed_values.sending.wanted = Some(index.saturating_add(1));
        }
        PageOfPiece::Ready(piece)
    }

    /// The piece that the next page is made of.
    #[inline(never)] // asked at three places
    pub(crate) fn wanted_piece(&self) -> Option<(Task, StorageOp)> {
        let number = self.number_of_piece(self.signed_values.sending.wanted?)?;
        Some((Task::OfSignedValues(SignedTask::FetchPiece(number)), StorageOp::LoadEntry(number)))
    }

    /// The entry of a piece of the first one.
    fn number_of_piece(&self, index: u8) -> Option<u32> {
        let pieces_before = index.saturating_add(self.signed_values.sending.gaps);
        Some(self.common.journal.first()?.wrapping_add(1).wrapping_add(pieces_before.into()))
    }

    /// The piece was looked for. Where a power cut has left a gap it is the next one.
    pub(super) fn piece_fetched(&mut self, number: u32, scratch: &mut Scratch<'_>) {
        if scratch.loaded().is_none() && self.common.journal.is_gap(number) {
            let gaps = &mut self.signed_values.sending.gaps;
            *gaps = gaps.saturating_add(1);
        } else {
            self.piece_settled(number, scratch);
        }
    }

    /// What was loaded is the piece. One that cannot be read leaves its place empty: the message must end.
    pub(super) fn piece_settled(&mut self, number: u32, scratch: &mut Scratch<'_>) {
        let len = scratch.loaded().filter(|record| Entry::is_sound(number, record)).map_or(0, <[u8]>::len);
        scratch.hold_entry(number, len);
        self.signed_values.sending.wanted = None;
    }

    /// The first entry is a piece whose message is gone: it goes as well.
    pub(crate) fn piece_is_first(&mut self) {
        self.signed_values.sending.is_piece = true;
        self.delivery.release = true;
    }

    /// The first entry is gone. Whether the next one is a piece of it, which goes as well.
    pub(crate) fn releases_piece(&mut self) -> bool {
        let sending = &mut self.signed_values.sending;
        if core::mem::take(&mut sending.is_piece) {
            self.signed_values.copying.released();
        }
        let sending = &mut self.signed_values.sending;
        sending.wanted = None;
        if self.common.journal.has_gaps() {
            sending.attached = Attached::NONE; // what follows is to be looked at
        }
        sending.is_piece = !sending.attached.is_none();
        match &mut sending.attached {
            Attached { begin: 0, other, .. } => *other = other.saturating_sub(1),
            Attached { begin, .. } => *begin -= 1,
        }
        sending.is_piece
    }
}
