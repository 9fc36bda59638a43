//! The authorisation cache: what the central system has said about the tags it was asked about (OCPP 1.6 §3.5.1).
//!
//! The entries are records on the device. In RAM there is only what finds one and what decides which goes first.

use super::answer::{Cause, StatusAnswer, accepted_if};
use super::authorization::Known;
use super::common::Common;
use super::shelf::{RecordChange, Shelf};
use super::tag_record::{FNV_OFFSET, expires, fnv, has_passed, known, read_tag, tag_hash, write_tag};
use super::tokens::Tokens;
use super::{AuthorizationStatus, IdTagInfo, IdToken};
use crate::json::{Field, Payload};
use crate::station::core_profile::Core;
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::{RecordKey, Scratch, SwitchKey, registry};
use crate::time::{DateTime, Instant};
use crate::types::Symbol;

/// Whether the cache is used at all.
pub(super) const AUTHORIZATION_CACHE_ENABLED: SwitchKey = SwitchKey::new(2, "AuthorizationCacheEnabled", true);

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

pub(super) struct Cache<'a> {
    slots: &'a mut [CacheSlot],
    age: u32,
    /// An entry that waits for its record.
    unsaved: Option<Entry>,
    /// There may be slots whose records are still to be removed.
    is_clearing: bool,
    /// Where the last tag was found: it is often asked about again.
    last: usize,
}

/// One entry, as it is stored.
struct Entry {
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
    pub(super) fn find(&self, id_tag: &IdToken) -> Option<RecordKey> {
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
    fn learn(&mut self, id_tag: &IdToken, info: IdTagInfo, now: Option<DateTime>) -> bool {
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
        let overtaken = self.unsaved.replace(Entry { slot: place as u8, id_tag: id_tag.clone(), info });
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

    fn change(&mut self, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        if self.is_clearing {
            if let Some(dropped) = self.slots.iter().position(|slot| slot.state == SlotState::Dropped) {
                return Some(RecordChange::remove(record_key(dropped)?));
            }
            self.is_clearing = false;
        }
        let entry = self.unsaved.as_ref()?;
        let index = usize::from(entry.slot);
        let (slot, key) = (self.slots.get(index)?, record_key(index)?);
        let mut writer = RecordWriter::new(scratch.blank());
        writer.unsigned(slot.age.into());
        write_tag(&mut writer, &entry.id_tag, &entry.info);
        RecordChange::store(key, writer)
    }

    fn changed(&mut self, index: usize) {
        match self.slots.get_mut(index) {
            Some(slot) if slot.state == SlotState::Dropped => slot.state = SlotState::Free,
            _ => self.unsaved = None,
        }
    }

    fn load(&mut self, index: usize, record: &[u8]) {
        let Some((age, id_tag, info)) = read_entry(index, record) else { return };
        self.age = self.age.max(age);
        if let Some(slot) = self.slots.get_mut(index) {
            *slot = CacheSlot::of(&id_tag, &info, age);
        }
    }
}

impl Shelf for Cache<'_> {
    fn find(&self, _: &Core<'_>, number: u16) -> Option<(u16, RecordKey)> {
        registry::among(&registry::CACHE, number, self.slots.len())
    }

    fn load(&mut self, _: &mut Core<'_>, number: u16, _: RecordKey, record: &[u8]) {
        Cache::load(self, number.into(), record);
    }

    fn is_promised(&self, _: &Core<'_>) -> bool {
        self.is_clearing // what is learnt is nobody's promise
    }

    fn change(&mut self, _: &mut Core<'_>, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        Cache::change(self, scratch)
    }

    fn changed(&mut self, _: &mut Core<'_>, record: RecordKey) {
        Cache::changed(self, registry::place(&registry::CACHE, record).into());
    }
}

impl Tokens<'_> {
    #[inline(never)]
    pub(crate) fn clear_cache(&mut self, common: &mut Common<'_>, payload: Payload<'_>) -> Result<StatusAnswer, Cause> {
        const NONE: [Field; 0] = [];
        payload.read(&NONE)?;
        let enabled = common.keys.is_on(&AUTHORIZATION_CACHE_ENABLED);
        if enabled {
            self.cache.clear();
            common.persistence.has_chores = true;
        }
        Ok(accepted_if(enabled)) // errata 3.23
    }

    /// The central system has said something about a tag.
    pub(super) fn learn(&mut self, common: &mut Common<'_>, now: Instant, id_tag: &IdToken, info: IdTagInfo) {
        let Some(info) = self.compare_with_list(common, id_tag, info) else { return };
        self.learn_in_cache(common, now, id_tag, info);
    }

    /// The tag is not in the local list (AC-02, AC-03).
    pub(super) fn learn_in_cache(&mut self, common: &mut Common<'_>, now: Instant, id_tag: &IdToken, info: IdTagInfo) {
        if common.keys.is_on(&AUTHORIZATION_CACHE_ENABLED) && !id_tag.is_empty() {
            let is_new = self.cache.learn(id_tag, info, common.clock.date(now));
            common.persistence.has_chores |= is_new;
        }
    }

    /// What is said about the tag by the entry that waits for its record.
    pub(super) fn known_unsaved(&self, common: &Common<'_>, now: Instant, id_tag: &IdToken) -> Option<Known> {
        let entry = self.cache.unsaved.as_ref().filter(|_| common.keys.is_on(&AUTHORIZATION_CACHE_ENABLED))?;
        known(id_tag, &entry.id_tag, &entry.info, common.clock.date(now))
    }
}

fn record_key(index: usize) -> Option<RecordKey> {
    registry::nth(registry::CACHE, index)
}

fn read_entry(index: usize, record: &[u8]) -> Option<(u32, IdToken, IdTagInfo)> {
    let mut reader = RecordReader::open(record_key(index)?, record)?;
    let age = reader.u32()?;
    let (id_tag, info) = read_tag(&mut reader)?;
    Some((age, id_tag, info))
}

#[inline(never)]
fn info_hash(info: &IdTagInfo) -> u32 {
    let parent = info.parent.as_ref().map_or("", |parent| parent.as_str());
    let mut hash = fnv(FNV_OFFSET, info.status.code());
    hash = expires(info).to_le_bytes().into_iter().fold(hash, fnv);
    parent.bytes().fold(hash, fnv)
}

/// What a loaded record says about the tag.
pub(super) fn known_by_cache(
    common: &Common<'_>,
    now: Instant,
    id_tag: &IdToken,
    key: RecordKey,
    record: &[u8],
) -> Option<Known> {
    let index = usize::from(key.checked_sub(registry::CACHE.start)?);
    let (_, cached, info) = read_entry(index, record)?;
    known(id_tag, &cached, &info, common.clock.date(now))
}
