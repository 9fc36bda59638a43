//! From the records of a connector into the journal, behind the message that they belong to: piece after piece, and nothing
//! else in between. What a power cut has left undone is finished after the boot.

use super::copying::CopyStep;
use super::meter::SignedForm;
use super::pieces::{WhichValue, head_of_data};
use super::task::SignedTask;
use crate::bytes::remove_front;
use crate::log::warning;
use crate::station::core_profile::Core;
use crate::station::device::task::Task;
use crate::store::record::{CHECKSUM_LEN, RecordWriter};
use crate::store::{Scratch, StorageOp};

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
        if let CopyStep::Append { is_sound } = owed.step {
            let len = scratch.loaded().and_then(|record| owed.content(record)).map(<[u8]>::len);
            if is_sound == len.is_some() {
                let len = write_piece(len.unwrap_or(0), number, scratch)?;
                return Some((Task::AppendPiece, StorageOp::AppendEntry(number, len)));
            }
            owed.step = CopyStep::Load; // somebody has taken its place
        }
        match owed.step {
            CopyStep::Remove => Some((Task::OfSignedValues(SignedTask::RemovePiece), StorageOp::Remove(key))),
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
        owed.step = CopyStep::Append { is_sound };
    }

    pub(crate) fn piece_appended(&mut self) {
        self.common.persistence.appending.failures = 0;
        self.common.journal.appended();
        let copying = &mut self.signed_values.copying;
        copying.pieces = copying.pieces.saturating_add(1);
        match &mut copying.owed {
            Some(owed) if owed.is_end || owed.place().0 == WhichValue::Other => owed.step = CopyStep::Remove,
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
