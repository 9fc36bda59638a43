//! The signed values of a message on the wire (note §3.2.1): JSON within a text of JSON, a page for each piece.

use super::SignedTask;
use super::attached::{Attached, Piece};
use super::meter::SignedForm;
use crate::base64;
use crate::json::{BufferFull, Json, Writer};
use crate::rpc::Composer;
use crate::station::core_profile::Core;
use crate::station::journal_entry::{Content, Entry};
use crate::station::metering::{self, ENERGY, write_reading};
use crate::station::task::Task;
use crate::station::{MeterReading, ReadingContext};
use crate::store::{Scratch, StorageOp};
use crate::time::DateTime;
use crate::types::Symbol;

/// The signed values of the first entry.
#[derive(Debug)]
pub(crate) struct Sending {
    attached: Attached,
    /// When each of both was signed.
    signed: [Option<DateTime>; 2],
    /// The context of the second.
    context: ReadingContext,
    /// The piece that the next page is made of is to be loaded.
    wanted: Option<u8>,
    /// So many numbers among the pieces were passed: the power failed when they were written.
    gaps: u8,
    /// The first entry is a piece whose message is gone.
    is_piece: bool,
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
}

impl Core<'_> {
    /// The message of an entry, which has this date, is about to be written.
    #[inline(never)]
    pub(crate) fn begin_signed_values(&mut self, entry: &Entry<'_>, date: Option<DateTime>) {
        let attached = entry.attached;
        let (context, signed) = match entry.content {
            Content::Stop { series, .. } => {
                let shifted = |date: Option<DateTime>, seconds: i64| date.map(|date| date.shifted(seconds));
                let began = shifted(metering::began(series, date), -i64::from(attached.before_start_s));
                (ReadingContext::TransactionEnd, [began, shifted(date, attached.after_end_s.into())])
            }
            Content::MeterValues { context, .. } => (context, [date; 2]),
            _ => (ReadingContext::TransactionEnd, [None; 2]),
        };
        self.signed_values.sending = Sending { attached, signed, context, wanted: None, gaps: 0, is_piece: false };
    }

    /// Writes the page of a piece; nothing yet, when the piece must be loaded first.
    pub(crate) fn continue_signed_values(&mut self, scratch: &Scratch<'_>, composer: &mut Composer<'_>) {
        let page = composer.page();
        let index = page as u8;
        let Some(number) = self.number_of_piece(index) else { return };
        let Some(record) = scratch.entry(number) else {
            self.signed_values.sending.wanted = Some(index);
            composer.suspend(page);
            return;
        };
        let sending = &self.signed_values.sending;
        let piece =
            SignedPiece { sending, index, follows: index > 0 || page & FOLLOW != 0, piece: Piece::reread(record) };
        // A page of its own has room for the longest piece.
        let _: Result<(), BufferFull> = composer.payload(&piece);
        if index.saturating_add(1) < sending.attached.pieces() {
            // At once: the page of a piece that is lost is empty, and nobody asks for what follows an empty page.
            self.signed_values.sending.wanted = Some(index.saturating_add(1));
            composer.suspend(page + 1);
        }
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

/// One piece on the wire.
struct SignedPiece<'s> {
    sending: &'s Sending,
    index: u8,
    /// Other values stand before.
    follows: bool,
    /// None: it cannot be read.
    piece: Option<Piece<'s>>,
}

impl Json for SignedPiece<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let Sending { attached, signed: [begun, ended], context, .. } = self.sending;
        let (place, count, signed, context) = match self.index.checked_sub(attached.begin) {
            None => (self.index, attached.begin, *begun, ReadingContext::TransactionBegin),
            Some(place) => (place, attached.other, *ended, *context),
        };
        let is_tail = place.saturating_add(1) >= count;
        if place == 0 {
            if self.follows {
                writer.raw(b",");
            }
            writer.raw(b"{\"timestamp\":");
            writer.date(signed);
            writer.raw(br#","sampledValue":[{"value":"{\"signedMeterData\":\""#);
        }
        match &self.piece {
            Some(Piece::Tail { reading, signing_method, encoding_method, public_key }) => {
                write_tail(writer, signing_method, encoding_method, public_key, context, reading);
            }
            _ if is_tail => write_tail(writer, "", "", &[], context, &ENERGY),
            Some(Piece::Data { form: SignedForm::Base64, bytes }) => writer.raw(bytes),
            Some(Piece::Data { form: SignedForm::Bytes, bytes }) => write_base64(writer, bytes),
            None => {}
        }
        if self.index.saturating_add(1) >= attached.pieces() {
            writer.raw(b"]}");
        }
    }
}

/// What stands behind the data, up to the end of the meter value.
fn write_tail(
    writer: &mut Writer<'_>,
    signing_method: &str,
    encoding_method: &str,
    public_key: &[u8],
    context: ReadingContext,
    reading: &MeterReading,
) {
    writer.raw(br#"\",\"signingMethod\":\""#);
    writer.raw(signing_method.as_bytes());
    writer.raw(br#"\",\"encodingMethod\":\""#);
    writer.raw(encoding_method.as_bytes());
    writer.raw(br#"\",\"publicKey\":\""#);
    write_base64(writer, public_key);
    writer.raw(br#"\"}","context":"#);
    writer.raw(context.quoted());
    writer.raw(br#","format":"SignedData""#);
    write_reading(writer, reading);
    writer.raw(b"}]}");
}

pub(super) fn write_base64(writer: &mut Writer<'_>, bytes: &[u8]) {
    base64::groups(bytes.iter().copied()).for_each(|group| writer.raw(&group));
}
