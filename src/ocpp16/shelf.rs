//! The records beside the journal, shelf by shelf: read at boot, and written when something on them has changed.

#[cfg(feature = "local-auth-list")]
use super::local_list;
#[cfg(feature = "reservation")]
use super::reservation;
#[cfg(feature = "security")]
use super::security;
#[cfg(feature = "smart-charging")]
use super::smart_charging;
#[cfg(feature = "firmware-management")]
use super::transfer;
use super::{Operations, availability, cache, confirmed_transaction, keys};
use crate::store::{RecordKey, Scratch, StorageOp};

/// Records of one kind, numbered from 0 on.
pub(super) struct Shelf {
    /// The first record from this number on that may be there at boot.
    pub(super) find: fn(&Operations<'_>, u16) -> Option<(u16, RecordKey)>,
    /// What was found there at boot, if only nothing.
    pub(super) load: fn(&mut Operations<'_>, u16, &[u8]),
    /// Whether an answer has promised what is not durable yet.
    pub(super) is_promised: fn(&Operations<'_>) -> bool,
    /// The next change of a record.
    pub(super) change: fn(&mut Operations<'_>, &mut Scratch<'_>) -> Option<RecordChange>,
    /// The change of this record is durable.
    pub(super) changed: fn(&mut Operations<'_>, RecordKey),
}

/// What is to become of a record: what lies in the record buffer, or nothing.
#[derive(Clone, Copy)]
pub(super) struct RecordChange {
    pub(super) record: RecordKey,
    len: u16,
}

impl RecordChange {
    /// So many bytes of the record buffer are stored.
    pub(super) fn store(record: RecordKey, len: usize) -> Self {
        Self { record, len: len as u16 }
    }

    pub(super) fn remove(record: RecordKey) -> Self {
        Self { record, len: 0 }
    }

    pub(super) fn op(self) -> StorageOp {
        match self.len {
            0 => StorageOp::Remove(self.record),
            len => StorageOp::Store(self.record, len.into()),
        }
    }
}

/// In the order in which they are read, and written: promises first, and what is only good to know last.
pub(super) static SHELVES: &[Shelf] = &[
    keys::SHELF,
    availability::SHELF,
    #[cfg(feature = "reservation")]
    reservation::SHELF,
    #[cfg(feature = "smart-charging")]
    smart_charging::SHELF,
    #[cfg(feature = "firmware-management")]
    transfer::SHELF,
    #[cfg(feature = "security")]
    security::ACCESS_SHELF,
    #[cfg(feature = "security")]
    security::LOG_SHELF,
    cache::SHELF,
    #[cfg(feature = "local-auth-list")]
    local_list::SHELF,
    confirmed_transaction::SHELF,
];
