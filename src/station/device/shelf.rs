//! A shelf: records of one kind beside the journal, read at boot, and written when something in them has changed.

use crate::station::core_profile::Core;
use crate::store::record::RecordWriter;
use crate::store::{RecordKey, Scratch, StorageOp};

/// Records of one kind, numbered from 0 on.
pub(in crate::station) trait Shelf {
    /// The first record from this number on that may be there at boot.
    fn find(&self, core: &Core<'_>, number: u16) -> Option<(u16, RecordKey)>;

    /// What was found there at boot, if only nothing.
    fn load(&mut self, core: &mut Core<'_>, number: u16, key: RecordKey, record: &[u8]);

    /// Whether an answer has promised what is not durable yet.
    fn is_promised(&self, _: &Core<'_>) -> bool {
        false
    }

    /// The next change of a record.
    fn change(&mut self, _: &mut Core<'_>, _: &mut Scratch<'_>) -> Option<RecordChange> {
        None
    }

    /// The change of this record is durable.
    fn changed(&mut self, _: &mut Core<'_>, _: RecordKey) {}
}

/// What is to become of a record: what lies in the record buffer, or nothing.
#[derive(Clone, Copy)]
pub(in crate::station) struct RecordChange {
    pub(in crate::station) record: RecordKey,
    len: u16,
}

impl RecordChange {
    /// What was written is stored, if it has found room.
    #[inline(never)]
    pub(in crate::station) fn store(record: RecordKey, writer: RecordWriter<'_>) -> Option<Self> {
        Some(Self::sealed(record, writer.finish(record)?))
    }

    /// So many bytes of the record buffer, a whole record, are stored.
    pub(in crate::station) fn sealed(record: RecordKey, len: usize) -> Self {
        Self { record, len: len as u16 }
    }

    pub(in crate::station) fn remove(record: RecordKey) -> Self {
        Self { record, len: 0 }
    }

    pub(in crate::station) fn op(self) -> StorageOp {
        match self.len {
            0 => StorageOp::Remove(self.record),
            len => StorageOp::Store(self.record, len.into()),
        }
    }
}
