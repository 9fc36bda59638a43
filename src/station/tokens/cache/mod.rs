//! The authorisation cache: what the central system has said about the tags it was asked about (OCPP 1.6 §3.5.1).
//!
//! The entries are records on the device. In RAM there is only what finds one and what decides which goes first.

mod knowing;
mod records;

pub(in crate::station) use knowing::known_by_cache;

use super::tag_record::{FNV_OFFSET, expires, fnv, has_passed, tag_hash};
use crate::station::{AuthorizationStatus, IdTagInfo, IdToken};
use crate::store::{RecordKey, SwitchKey, registry};
use crate::time::DateTime;
use crate::types::Symbol;

/// Whether the cache is used at all.
pub(crate) const AUTHORIZATION_CACHE_ENABLED: SwitchKey = SwitchKey::new(2, true);

/// What is kept in RAM of one entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CacheSlot {
    /// Finds the tag; the record has the last word.
    tag_hash: u32,
    /// Tells an answer that says nothing new.
    info_hash: u32,
    state: SlotState,
    /// Grows with each entry that is written: the least is the oldest.
    age: u32,
    /// Seconds since 1970, 0 for never.
    expires: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SlotState {
    Free,
    /// Emptied; its record is still to be removed.
    Dropped,
    /// The tag may charge.
    Valid,
    NotValid,
}

pub(crate) struct Cache<'a> {
    slots: &'a mut [CacheSlot],
    age: u32,
    /// An entry that waits for its record.
    unsaved: Option<CacheEntry>,
    /// There may be slots whose records are still to be removed.
    is_clearing: bool,
    /// Where the last tag was found: it is often asked about again.
    last: usize,
}

/// One entry, as it is stored.
struct CacheEntry {
    slot: u8,
    id_tag: IdToken,
    info: IdTagInfo,
}

impl CacheSlot {
    pub(crate) const FREE: Self = Self { tag_hash: 0, info_hash: 0, state: SlotState::Free, age: 0, expires: 0 };

    #[inline(never)]
    fn of(id_tag: &IdToken, info: &IdTagInfo, age: u32) -> Self {
        let is_valid = info.status == AuthorizationStatus::Accepted;
        Self {
            tag_hash: tag_hash(id_tag),
            info_hash: info_hash(info),
            state: if is_valid { SlotState::Valid } else { SlotState::NotValid },
            age,
            expires: expires(info),
        }
    }

    fn holds(&self, tag_hash: u32) -> bool {
        self.tag_hash == tag_hash && matches!(self.state, SlotState::Valid | SlotState::NotValid)
    }

    /// What is given up first: free places, what does not authorise, the oldest (AC-05).
    fn rank(&self, now: Option<DateTime>) -> u64 {
        let class = match self.state {
            SlotState::Free | SlotState::Dropped => return 0,
            SlotState::Valid if !has_passed(self.expires, now) => 2,
            _ => 1,
        };
        class << 32 | u64::from(self.age)
    }
}

impl<'a> Cache<'a> {
    pub(super) fn new(slots: &'a mut [CacheSlot]) -> Self {
        Self { slots, age: 0, unsaved: None, is_clearing: false, last: 0 }
    }

    /// The record that may hold this tag.
    pub(in crate::station) fn find(&self, id_tag: &IdToken) -> Option<RecordKey> {
        record_key(self.position(tag_hash(id_tag))?)
    }

    #[inline(never)]
    fn position(&self, tag_hash: u32) -> Option<usize> {
        if self.slots.get(self.last).is_some_and(|slot| slot.holds(tag_hash)) {
            return Some(self.last);
        }
        self.slots.iter().position(|slot| slot.holds(tag_hash))
    }

    /// `true` when this was not known.
    fn keep(&mut self, id_tag: &IdToken, info: IdTagInfo, now: Option<DateTime>) -> bool {
        let fresh = CacheSlot::of(id_tag, &info, self.age.saturating_add(1));
        let known = self.position(fresh.tag_hash);
        if known.and_then(|place| self.slots.get(place)).is_some_and(|slot| slot.info_hash == fresh.info_hash) {
            return false;
        }
        let place = known.unwrap_or_else(|| self.first_to_go(now));
        self.last = place;
        self.age = fresh.age;
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = fresh;
        }
        let overtaken = self.unsaved.replace(CacheEntry { slot: place as u8, id_tag: id_tag.clone(), info });
        // What was not stored in time is not known any more; its record may tell something else.
        if let Some(overtaken) = overtaken.filter(|entry| usize::from(entry.slot) != place)
            && let Some(slot) = self.slots.get_mut(usize::from(overtaken.slot))
        {
            slot.state = SlotState::Dropped;
            self.is_clearing = true;
        }
        true
    }

    fn first_to_go(&self, now: Option<DateTime>) -> usize {
        let (mut first, mut least) = (0, u64::MAX);
        for (place, slot) in self.slots.iter().enumerate() {
            let rank = slot.rank(now);
            if rank < least {
                (first, least) = (place, rank);
            }
        }
        first
    }

    fn clear(&mut self) {
        self.unsaved = None;
        self.is_clearing = true;
        for slot in self.slots.iter_mut().filter(|slot| slot.state != SlotState::Free) {
            slot.state = SlotState::Dropped;
        }
    }

    /// Tags with such a hash are in the local list now, and so no longer here (LST-15).
    #[cfg(feature = "local-auth-list")]
    #[inline(never)]
    pub(super) fn forget(&mut self, is_listed: &dyn Fn(u32) -> bool) {
        for (place, slot) in self.slots.iter_mut().enumerate() {
            if slot.holds(slot.tag_hash) && is_listed(slot.tag_hash) {
                slot.state = SlotState::Dropped;
                self.is_clearing = true;
                self.unsaved.take_if(|entry| usize::from(entry.slot) == place);
            }
        }
    }
}

fn record_key(index: usize) -> Option<RecordKey> {
    registry::nth(registry::CACHE, index)
}

#[inline(never)]
fn info_hash(info: &IdTagInfo) -> u32 {
    let parent = info.parent.as_ref().map_or("", |parent| parent.as_str());
    let mut hash = fnv(FNV_OFFSET, info.status.code());
    hash = expires(info).to_le_bytes().into_iter().fold(hash, fnv);
    parent.bytes().fold(hash, fnv)
}
