//! Which pieces are to follow a message in the journal, and how far that is.

use super::pieces::{Seal, TAIL_PLACE, WhichValue, is_piece, record_of};
use crate::station::ConnectorId;
use crate::station::journal::entry::{Attached, Content, Entry};
use crate::store::RecordKey;
use crate::store::record::RecordReader;

#[derive(Debug)]
pub(crate) struct Copying {
    pub(super) owed: Option<Owed>,
    /// How many entries of the journal are pieces.
    pub(super) pieces: u32,
}

/// The pieces that are to follow the last message in the journal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owed {
    connector: ConnectorId,
    /// How many pieces each of both values has.
    begin: u8,
    other: u8,
    /// The transaction has ended: nobody wants the records any more.
    pub(super) is_end: bool,
    /// So many are in the journal.
    done: u8,
    pub(super) step: CopyStep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CopyStep {
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
            self.owed = Some(Owed { connector, begin, other, is_end, done: 0, step: CopyStep::Load });
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
    pub(super) fn go_on(&mut self) {
        let Some(owed) = &mut self.owed else { return };
        owed.done = owed.done.saturating_add(1);
        owed.step = CopyStep::Load;
        if owed.done >= owed.begin.saturating_add(owed.other) {
            self.owed = None;
        }
    }
}

impl Owed {
    /// Where the next piece lies.
    pub(super) fn place(&self) -> (WhichValue, u8) {
        let (group, piece, count) = match self.done.checked_sub(self.begin) {
            None => (WhichValue::Begin, self.done, self.begin),
            Some(piece) => (WhichValue::Other, piece, self.other),
        };
        (group, if piece.saturating_add(1) == count { TAIL_PLACE } else { piece })
    }

    pub(super) fn key(&self) -> Option<RecordKey> {
        let (group, piece) = self.place();
        record_of(self.connector, group, piece)
    }

    /// The content of a piece in its record.
    pub(super) fn content<'r>(&self, record: &'r [u8]) -> Option<&'r [u8]> {
        let mut content = RecordReader::open(self.key()?, record)?;
        if self.place().1 == TAIL_PLACE {
            Seal::read(&mut content)?;
        }
        Some(content.rest())
    }
}
