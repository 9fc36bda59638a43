//! From the records of a connector into the journal, behind the message that they belong to: piece after piece, and nothing
//! else in between. What a power cut has left undone is finished after the boot.

use super::SignedTask;
use super::attached::{Attached, Group, Seal, TAIL_PLACE, head_of_data, is_piece, record_of};
use super::meter::SignedForm;
use crate::bytes::remove_front;
use crate::log::warning;
use crate::station::ConnectorId;
use crate::station::core_profile::Core;
use crate::station::journal_entry::{Content, Entry};
use crate::station::task::Task;
use crate::store::record::{CHECKSUM_LEN, RecordReader, RecordWriter};
use crate::store::{RecordKey, Scratch, StorageOp};

#[derive(Debug)]
pub(crate) struct Copying {
    owed: Option<Owed>,
    /// How many entries of the journal are pieces.
    pieces: u32,
}

/// The pieces that are to follow the last message in the journal.
#[derive(Clone, Copy, Debug)]
struct Owed {
    connector: ConnectorId,
    /// How many pieces each of both values has.
    begin: u8,
    other: u8,
    /// The transaction has ended: nobody wants the records any more.
    is_end: bool,
    /// So many are in the journal.
    done: u8,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Load,
    /// Its record has been loaded, and can be read or not.
    Append {
        is_sound: bool,
    },
    Remove,
}

impl Copying {
    pub(super) const fn new() -> Self {
        Self { owed: None, pieces: 0 }
    }

    /// How many entries of the journal are no messages.
    pub(crate) fn pieces(&self) -> u32 {
        self.pieces
    }

    /// What a message has attached follows.
    fn owe(&mut self, connector: ConnectorId, attached: Attached, is_end: bool) {
        if !attached.is_none() {
            let Attached { begin, other, .. } = attached;
            self.owed = Some(Owed { connector, begin, other, is_end, done: 0, step: Step::Load });
        }
    }

    /// Whether pieces of this connector are to follow, which lie in its records.
    pub(super) fn owes_of(&self, id: ConnectorId) -> bool {
        self.owed.is_some_and(|owed| owed.connector == id)
    }

    /// Whether a value of an end or of a sample is to follow.
    pub(super) fn owes_other(&self) -> bool {
        self.owed.is_some_and(|owed| owed.other > 0)
    }

    /// The first piece in the journal is gone.
    pub(super) fn released(&mut self) {
        self.pieces = self.pieces.saturating_sub(1);
    }

    /// An entry was appended, or found at boot, in its order.
    pub(crate) fn found(&mut self, number: u32, record: &[u8]) {
        if let Some(entry) = Entry::read(number, record) {
            self.owed = None;
            return self.owe(entry.connector, entry.attached, matches!(entry.content, Content::Stop { .. }));
        }
        if self.owed.is_some() || is_piece(record) {
            self.pieces = self.pieces.saturating_add(1);
            self.go_on();
        }
    }

    /// This piece is done with.
    fn go_on(&mut self) {
        let Some(owed) = &mut self.owed else { return };
        owed.done = owed.done.saturating_add(1);
        owed.step = Step::Load;
        if owed.done >= owed.begin.saturating_add(owed.other) {
            self.owed = None;
        }
    }
}

impl Owed {
    /// Where the next piece lies.
    fn place(&self) -> (Group, u8) {
        let (group, piece, count) = match self.done.checked_sub(self.begin) {
            None => (Group::Begin, self.done, self.begin),
            Some(piece) => (Group::Other, piece, self.other),
        };
        (group, if piece.saturating_add(1) == count { TAIL_PLACE } else { piece })
    }

    fn key(&self) -> Option<RecordKey> {
        let (group, piece) = self.place();
        record_of(self.connector, group, piece)
    }

    /// The content of a piece in its record.
    fn content<'r>(&self, record: &'r [u8]) -> Option<&'r [u8]> {
        let mut content = RecordReader::open(self.key()?, record)?;
        if self.place().1 == TAIL_PLACE {
            Seal::read(&mut content)?;
        }
        Some(content.rest())
    }
}

impl Core<'_> {
    /// Whether pieces are owed: nothing else is appended before they are there.
    pub(crate) fn owes_pieces(&self) -> bool {
        self.signed_values.copying.owed.is_some()
    }

    /// What the next piece wants from the device.
    pub(crate) fn next_piece(&mut self, scratch: &mut Scratch<'_>) -> Option<(Task, StorageOp)> {
        let number = self.common.journal.next();
        let owed = self.signed_values.copying.owed.as_mut()?;
        let key = owed.key()?;
        if let Step::Append { is_sound } = owed.step {
            let len = scratch.loaded().and_then(|record| owed.content(record)).map(<[u8]>::len);
            if is_sound == len.is_some() {
                let len = write_piece(len.unwrap_or(0), number, scratch)?;
                return Some((Task::AppendPiece, StorageOp::AppendEntry(number, len)));
            }
            owed.step = Step::Load; // somebody has taken its place
        }
        match owed.step {
            Step::Remove => Some((Task::OfSignedValues(SignedTask::RemovePiece), StorageOp::Remove(key))),
            _ => Some((Task::OfSignedValues(SignedTask::LoadPiece), StorageOp::Load(key))),
        }
    }

    /// The record of a piece is loaded, if there is one that can be.
    pub(super) fn piece_loaded(&mut self, record: Option<&[u8]>) {
        let Some(owed) = &mut self.signed_values.copying.owed else { return };
        let is_sound = record.and_then(|record| owed.content(record)).is_some();
        if !is_sound {
            warning!("a piece of a signed value is lost");
        }
        owed.step = Step::Append { is_sound };
    }

    pub(crate) fn piece_appended(&mut self) {
        self.common.persistence.append_failures = 0;
        self.common.journal.appended();
        let copying = &mut self.signed_values.copying;
        copying.pieces = copying.pieces.saturating_add(1);
        match &mut copying.owed {
            Some(owed) if owed.is_end || owed.place().0 == Group::Other => owed.step = Step::Remove,
            _ => copying.go_on(),
        }
    }

    pub(super) fn piece_removed(&mut self) {
        self.signed_values.copying.go_on();
    }
}

/// Makes an entry of the record that was loaded, of its last `len` bytes, or an empty one where it is lost. Returns its length.
fn write_piece(len: usize, number: u32, scratch: &mut Scratch<'_>) -> Option<usize> {
    let (record, loaded) = scratch.take_loaded();
    if len > 0 {
        let end = loaded.checked_sub(CHECKSUM_LEN)?;
        remove_front(record.get_mut(..end)?, end.checked_sub(len)?);
        return RecordWriter::resume(record, len).finish_entry(number);
    }
    let mut writer = RecordWriter::bare(record);
    writer.byte(head_of_data(SignedForm::Base64));
    writer.finish_entry(number)
}
