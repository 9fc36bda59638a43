//! An update: the new list is built beside the old one, element by element as it lies in the receive buffer.

use super::update::{AuthorizationData, Elements, ListUpdate, UpdateStatus};
use super::{HASH, LIVE, LOCAL_AUTH_LIST_ENABLED, ListSlot, LocalList, NEXT, place_record, read_entry};
use crate::station::IdToken;
use crate::station::common::Common;
use crate::station::device::held_call::frame_record;
use crate::station::tokens::Tokens;
use crate::station::tokens::tag_record::{tag_hash, write_tag};
use crate::store::record::RecordWriter;
use crate::store::{Scratch, StorageOp, StorageResult, registry};

impl LocalList<'_> {
    /// The call that was to change the list is gone, or has failed.
    pub(crate) fn abandon(&mut self) {
        if self.update.take().is_some() {
            for slot in self.slots.iter_mut() {
                slot.0 = if slot.is(LIVE) { slot.0 & !NEXT } else { 0 };
            }
        }
    }

    /// The update that is under way.
    pub(crate) fn under_way(&self) -> Option<ListUpdate> {
        self.update
    }

    fn begin(&mut self, update: &ListUpdate) {
        if !update.is_full {
            self.slots.iter_mut().filter(|slot| slot.is(LIVE)).for_each(|slot| slot.0 |= NEXT);
        }
    }

    /// What the device has to do next; `None` when the update is not possible. `loaded` is the length of the record that was
    /// wanted last, if one was.
    #[inline(never)]
    fn next_wish<E: Elements>(
        &mut self,
        update: &mut ListUpdate,
        elements: &mut E,
        mut loaded: Option<Option<usize>>,
        record: &mut [u8],
    ) -> Result<Option<Wish>, E::Refusal> {
        let mut filled = 0;
        let mut element = AuthorizationData::BLANK;
        loop {
            if !elements.read(&mut element)? {
                return Ok(self.store_places(update, filled, record));
            }
            let AuthorizationData { id_tag, info, has_info } = &element;
            let hash = tag_hash(id_tag) & HASH;
            if let Some(len) = loaded.take() {
                let entry = len.and_then(|len| read_entry(update.compared, record.get(..len)?));
                let is_other = entry.is_some_and(|(listed, _)| listed != *id_tag);
                if let Some(slot) = self.slots.get_mut(update.compared).filter(|_| !is_other) {
                    slot.0 &= !NEXT; // it is replaced, or removed
                }
                update.compared = update.compared.saturating_add(1);
            } else if self.is_named_before(update, elements, id_tag, hash) {
                return Ok(None); // LST-05
            }
            if !update.is_full
                && let Some(place) = self.find(update.compared, LIVE | NEXT, hash)
            {
                if filled > 0 {
                    return Ok(Some(Wish::Stores(filled))); // they lie where the record would be loaded
                }
                update.compared = place;
                return Ok(place_record(place).map(|key| Wish::Op(StorageOp::Load(key))));
            }
            let free = update.free;
            let Some(place) = self.take_place(update) else { return Ok(None) };
            let bits = match has_info {
                true => {
                    let (Some(key), Some(room)) = (place_record(place), record.get_mut(filled..)) else {
                        return Ok(None);
                    };
                    let Some(len) = frame_record(key, room, &|writer| write_tag(writer, id_tag, info)) else {
                        update.free = free;
                        update.elements = update.elements.saturating_sub(1);
                        return Ok((filled > 0).then_some(Wish::Stores(filled)));
                    };
                    filled = filled.saturating_add(len);
                    hash | NEXT
                }
                false if update.is_full => return Ok(None), // LST-06
                false => hash,
            };
            self.mark(place, bits);
            update.reading = elements.passed();
            update.compared = 0;
        }
    }

    /// A place for one more element. `None` when there may be no more of them.
    fn take_place(&self, update: &mut ListUpdate) -> Option<usize> {
        update.elements = update.elements.saturating_add(1);
        if update.elements > self.entries_max() || update.version < 1 {
            return None; // LST-07, LST-12
        }
        let place = self.slots.get(update.free..)?.iter().position(|slot| slot.0 == 0)?;
        let place = update.free.saturating_add(place);
        update.free = place.saturating_add(1);
        Some(place)
    }

    /// Whether an element before has the same tag. If one has the same hash the request is read again to be sure.
    fn is_named_before<E: Elements>(&self, update: &ListUpdate, elements: &E, id_tag: &IdToken, hash: u32) -> bool {
        let taken = self.slots.get(..update.free).unwrap_or_default();
        taken.iter().any(|slot| slot.0 & !NEXT == hash) && elements.is_named_before(id_tag)
    }

    /// The record that makes the new list the list, after all that is to be stored before. `None` when the list would be too
    /// long.
    #[inline(never)]
    fn store_places(&self, update: &mut ListUpdate, filled: usize, record: &mut [u8]) -> Option<Wish> {
        if self.slots.iter().filter(|slot| slot.is(NEXT)).count() > self.entries_max() {
            return None; // LST-07
        }
        let content = |writer: &mut RecordWriter<'_>| {
            writer.signed(update.version.into());
            for slots in self.slots.chunks(8) {
                let byte = slots.iter().rev().fold(0, |byte, slot| byte << 1 | u8::from(slot.is(NEXT)));
                writer.byte(byte);
            }
        };
        let Some(len) = frame_record(registry::LOCAL_LIST.start, record.get_mut(filled..)?, &content) else {
            return (filled > 0).then_some(Wish::Stores(filled));
        };
        update.is_last = true;
        Some(Wish::Stores(filled.saturating_add(len)))
    }
}

impl Tokens<'_> {
    /// Begins an update, or goes on with the one that is under way; `None` while the device is busy with it.
    pub(crate) fn update_list<E: Elements>(
        &mut self,
        common: &mut Common<'_>,
        mut update: ListUpdate,
        elements: &mut E,
        scratch: &mut Scratch<'_>,
    ) -> Result<Option<UpdateStatus>, E::Refusal> {
        let mut loaded = None;
        if self.local_list.update.is_none() {
            if !common.keys.is_on(&LOCAL_AUTH_LIST_ENABLED) {
                return Ok(Some(UpdateStatus::NotSupported)); // LST-11
            }
            if !update.is_full && update.version <= self.local_list.version() {
                return Ok(Some(UpdateStatus::VersionMismatch)); // LST-04
            }
            self.local_list.begin(&update);
        } else {
            match common.persistence.held_call.result() {
                None => return Ok(None),
                Some(Err(_)) => return Ok(Some(UpdateStatus::Failed)),
                Some(Ok(StorageResult::Loaded(len))) => loaded = Some(len),
                Some(Ok(_)) if update.is_last => {
                    self.replace_list(common, &update);
                    return Ok(Some(UpdateStatus::Accepted));
                }
                Some(Ok(_)) => {}
            }
        }
        let wish = self.local_list.next_wish(&mut update, elements, loaded, scratch.take_loaded().0);
        self.local_list.update = Some(update);
        match wish? {
            Some(Wish::Op(op)) => common.persistence.held_call.ask(op),
            Some(Wish::Stores(end)) => common.persistence.held_call.ask_to_store(end),
            None => return Ok(Some(UpdateStatus::Failed)),
        }
        Ok(None)
    }

    /// The device knows the new list.
    #[inline(never)]
    fn replace_list(&mut self, common: &mut Common<'_>, update: &ListUpdate) {
        let list = &mut self.local_list;
        list.version = update.version;
        list.has_entries = list.slots.iter().any(|slot| slot.is(NEXT));
        let is_new = |slot: &ListSlot| slot.0 & (LIVE | NEXT) == NEXT;
        self.cache.forget(&|hash| list.slots.iter().any(|slot| is_new(slot) && slot.0 & HASH == hash & HASH)); // LST-15
        for slot in list.slots.iter_mut() {
            slot.0 = if slot.is(NEXT) { slot.0 & HASH | LIVE } else { 0 };
        }
        list.update = None;
        common.persistence.has_chores = true;
    }
}

/// What an update wants from the device.
enum Wish {
    Op(StorageOp),
    /// The records that lie in the buffer up to here.
    Stores(usize),
}
