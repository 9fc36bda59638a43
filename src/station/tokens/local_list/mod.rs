//! The local authorisation list: tags that are known without asking (OCPP 1.6 §3.5.2, §5.10, §5.15).
//!
//! The entries are records on the device, in twice as many places as the list is long. The first record tells the version
//! and which places count. An update writes its entries to places that do not, and that record last: the list changes as a
//! whole or not at all. In RAM there is only what finds an entry; an update goes through the request element by element, as
//! it lies in the receive buffer.

mod announcing;
mod listed;
mod records;
mod update;
mod updating;

pub(in crate::station) use listed::known_by_list;
pub(crate) use update::{AuthorizationData, Elements, ListReading, ListUpdate, UpdateStatus};

use super::tag_record::read_tag;
use crate::station::{AuthorizationStatus, IdTagInfo, IdToken};
use crate::store::record::RecordReader;
use crate::store::{IntegerKey, RecordKey, SwitchKey, registry};

/// Whether the list is used at all.
pub(crate) const LOCAL_AUTH_LIST_ENABLED: SwitchKey = SwitchKey::new(37, true);
/// The most entries.
pub(crate) const LOCAL_AUTH_LIST_MAX_LENGTH: IntegerKey = IntegerKey::new(38, 0, 0, i32::MAX).read_only();
/// The most entries in one SendLocalList.
pub(crate) const SEND_LOCAL_LIST_MAX_LENGTH: IntegerKey = IntegerKey::new(39, 0, 0, i32::MAX).read_only();

/// What is kept in RAM of one place for an entry: a hash that finds its tag, and whether it counts. The record has the last
/// word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListSlot(u32);

/// The place counts in the list as it stands.
const LIVE: u32 = 1 << 30;
/// It counts in the list that is being built.
const NEXT: u32 = 1 << 31;
const HASH: u32 = LIVE - 1;

pub(crate) struct LocalList<'a> {
    slots: &'a mut [ListSlot],
    /// Some place counts.
    has_entries: bool,
    version: i32,
    update: Option<ListUpdate>,
    answer: Option<AnswerAboutTag>,
}

/// What the central system has said about a tag that may be in the list.
struct AnswerAboutTag {
    id_tag: IdToken,
    info: IdTagInfo,
    /// The places below hold other tags.
    place: usize,
}

impl ListSlot {
    pub(crate) const FREE: Self = Self(0);

    fn is(self, bits: u32) -> bool {
        self.0 & bits == bits
    }
}

impl<'a> LocalList<'a> {
    pub(crate) fn new(slots: &'a mut [ListSlot]) -> Self {
        Self { slots, has_entries: false, version: 0, update: None, answer: None }
    }

    /// The most entries.
    fn entries_max(&self) -> usize {
        self.slots.len() / 2
    }

    /// LST-01: that of an empty list is 0, whatever it was made with.
    fn version(&self) -> i32 {
        if self.has_entries { self.version } else { 0 }
    }

    /// The first place from `from` on that has all these bits, and this hash.
    #[inline(never)]
    fn find(&self, from: usize, bits: u32, hash: u32) -> Option<usize> {
        let slots = self.slots.get(from..)?;
        slots.iter().position(|slot| slot.0 & (bits | HASH) == bits | hash).map(|place| from.saturating_add(place))
    }

    fn mark(&mut self, place: usize, bits: u32) {
        if let Some(slot) = self.slots.get_mut(place) {
            slot.0 = bits;
        }
    }
}

/// Whether a tag of this status may begin; what else there is to say about it the central system says later (LOC-08).
fn is_valid(status: AuthorizationStatus) -> bool {
    matches!(status, AuthorizationStatus::Accepted | AuthorizationStatus::ConcurrentTx)
}

fn place_record(place: usize) -> Option<RecordKey> {
    registry::nth(registry::LOCAL_LIST, place.checked_add(1)?)
}

/// Whether a record is one of the list.
pub(crate) fn is_of_list(key: RecordKey) -> bool {
    registry::LOCAL_LIST.contains(&key)
}

/// The place behind that of a record.
pub(crate) fn place_behind(key: RecordKey) -> usize {
    usize::from(key.saturating_sub(registry::LOCAL_LIST.start))
}

fn read_entry(place: usize, record: &[u8]) -> Option<(IdToken, IdTagInfo)> {
    read_tag(&mut RecordReader::open(place_record(place)?, record)?)
}
