//! SendLocalList: the new list is built beside the old one, element by element as it lies in the receive buffer.

use super::update::Update;
use super::{HASH, LIVE, LOCAL_AUTH_LIST_ENABLED, ListSlot, LocalList, NEXT, place_record, read_entry};
use crate::json::{Field, JsonStr, Kind, Payload, Seen, Walk};
use crate::station::answer::{Cause, StatusAnswer};
use crate::station::common::Common;
use crate::station::held_call::frame_record;
use crate::station::tokens::Tokens;
use crate::station::tokens::tag_record::{tag_hash, write_tag};
use crate::station::{IdTagInfo, IdToken};
use crate::store::record::RecordWriter;
use crate::store::{Scratch, StorageOp, StorageResult, registry};

/// SendLocalList.req
const REQUEST: [Field; 3] = [
    Field::required("listVersion", Kind::Integer),
    Field::required("updateType", Kind::Text(20)),
    Field::optional("localAuthorizationList", Kind::Array),
];

impl LocalList<'_> {
    /// The call that was to change the list is gone, or has failed.
    pub(crate) fn abandon(&mut self) {
        if self.update.take().is_some() {
            for slot in self.slots.iter_mut() {
                slot.0 = if slot.is(LIVE) { slot.0 & !NEXT } else { 0 };
            }
        }
    }

    fn begin(&mut self, update: &Update) {
        if !update.is_full {
            self.slots.iter_mut().filter(|slot| slot.is(LIVE)).for_each(|slot| slot.0 |= NEXT);
        }
    }

    /// What the device has to do next; `None` when the update is not possible. `loaded` is the length of the record that was
    /// wanted last, if one was.
    #[inline(never)]
    fn next_wish(
        &mut self,
        update: &mut Update,
        payload: Payload<'_>,
        mut loaded: Option<Option<usize>>,
        record: &mut [u8],
    ) -> Result<Option<Wish>, Cause> {
        let mut filled = 0;
        let mut walk = payload.walk_from(update.left, update.elements == 0);
        let mut element = Element::BLANK;
        loop {
            if update.begin == 0 || !element.read(&mut walk)? {
                if let Some(mut seen) = update.before {
                    walk.member(&mut seen, &REQUEST)?;
                    walk.end()?;
                }
                return Ok(self.store_places(update, filled, record));
            }
            let Element { id_tag, info, has_info } = &element;
            let hash = tag_hash(id_tag) & HASH;
            if let Some(len) = loaded.take() {
                let entry = len.and_then(|len| read_entry(update.compared, record.get(..len)?));
                let is_other = entry.is_some_and(|(listed, _)| listed != *id_tag);
                if let Some(slot) = self.slots.get_mut(update.compared).filter(|_| !is_other) {
                    slot.0 &= !NEXT; // it is replaced, or removed
                }
                update.compared = update.compared.saturating_add(1);
            } else if self.is_named_before(update, payload, id_tag, hash) {
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
            update.left = walk.left();
            update.compared = 0;
        }
    }

    /// A place for one more element. `None` when there may be no more of them.
    fn take_place(&self, update: &mut Update) -> Option<usize> {
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
    fn is_named_before(&self, update: &Update, payload: Payload<'_>, id_tag: &IdToken, hash: u32) -> bool {
        let taken = self.slots.get(..update.free).unwrap_or_default();
        if !taken.iter().any(|slot| slot.0 & !NEXT == hash) {
            return false;
        }
        let mut walk = payload.walk_from(update.begin, true);
        let mut named = Element::BLANK;
        while walk.left() > update.left && named.read(&mut walk) == Ok(true) {
            if named.id_tag == *id_tag {
                return true;
            }
        }
        false
    }

    /// The record that makes the new list the list, after all that is to be stored before. `None` when the list would be too
    /// long.
    #[inline(never)]
    fn store_places(&self, update: &mut Update, filled: usize, record: &mut [u8]) -> Option<Wish> {
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
    /// `None` while the device is busy with it.
    #[inline(never)]
    pub(crate) fn send_local_list(
        &mut self,
        common: &mut Common<'_>,
        payload: Payload<'_>,
        scratch: &mut Scratch<'_>,
    ) -> Result<Option<StatusAnswer>, Cause> {
        let was_read = self.local_list.update.is_some_and(|update| update.is_last);
        let status = self.update_list(common, payload, scratch);
        if !matches!(status, Ok(None)) {
            self.local_list.abandon();
        }
        if matches!(status, Ok(Some(_))) && !was_read {
            payload.prove()?; // the list was not read to its end
        }
        status
    }

    fn update_list(
        &mut self,
        common: &mut Common<'_>,
        payload: Payload<'_>,
        scratch: &mut Scratch<'_>,
    ) -> Result<Option<StatusAnswer>, Cause> {
        let mut loaded = None;
        let mut update = match self.local_list.update {
            None => {
                let update = Update::read(payload)?;
                if !common.keys.is_on(&LOCAL_AUTH_LIST_ENABLED) {
                    return Ok(Some(StatusAnswer::NotSupported)); // LST-11
                }
                if !update.is_full && update.version <= self.local_list.version() {
                    return Ok(Some(StatusAnswer::VersionMismatch)); // LST-04
                }
                self.local_list.begin(&update);
                update
            }
            Some(update) => {
                match common.device_result() {
                    None => return Ok(None),
                    Some(Err(_)) => return Ok(Some(StatusAnswer::Failed)),
                    Some(Ok(StorageResult::Loaded(len))) => loaded = Some(len),
                    Some(Ok(_)) if update.is_last => {
                        self.replace_list(common, &update);
                        return Ok(Some(StatusAnswer::Accepted));
                    }
                    Some(Ok(_)) => {}
                }
                update
            }
        };
        let wish = self.local_list.next_wish(&mut update, payload, loaded, scratch.take_loaded().0);
        self.local_list.update = Some(update);
        match wish? {
            Some(Wish::Op(op)) => common.ask_device(op),
            Some(Wish::Stores(end)) => common.ask_device_to_store(end),
            None => return Ok(Some(StatusAnswer::Failed)),
        }
        Ok(None)
    }

    /// The device knows the new list.
    #[inline(never)]
    fn replace_list(&mut self, common: &mut Common<'_>, update: &Update) {
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

impl Update {
    fn read(payload: Payload<'_>) -> Result<Self, Cause> {
        let mut update = Self {
            version: 0,
            is_full: false,
            begin: 0,
            left: 0,
            elements: 0,
            free: 0,
            compared: 0,
            before: None,
            is_last: false,
        };
        let mut walk = payload.walk();
        let mut seen = Seen::default();
        while let Some((place, value)) = walk.member(&mut seen, &REQUEST)? {
            match (place, value) {
                (0, version) => update.version = version.integer().unwrap_or(0),
                (1, update_type) => match update_type.text().map(JsonStr::as_bytes) {
                    Some(b"Full") => update.is_full = true,
                    Some(b"Differential") => {}
                    _ => return Err(Cause::UpdateType),
                },
                _ => {
                    update.begin = walk.left();
                    if seen.has_all(&REQUEST) {
                        update.before = Some(seen);
                        break;
                    }
                    walk.raw()?;
                }
            }
        }
        if update.before.is_none() {
            walk.end()?;
        }
        update.left = update.begin;
        Ok(update)
    }
}

/// An element of the list, in one place for all of them.
struct Element {
    id_tag: IdToken,
    has_info: bool,
    info: IdTagInfo,
}

impl Element {
    const BLANK: Self = Self { id_tag: IdToken::new(), has_info: false, info: IdTagInfo::BLANK };

    /// Reads the next one; `false` behind the last.
    #[inline(never)]
    fn read(&mut self, walk: &mut Walk<'_>) -> Result<bool, Cause> {
        const FIELDS: [Field; 2] =
            [Field::required("idTag", Kind::Text(20)), Field::optional("idTagInfo", Kind::Object)];
        if !walk.object()? {
            return Ok(false);
        }
        self.has_info = false;
        let mut odd = 0;
        let mut seen = Seen::default();
        while let Some((place, value)) = walk.member(&mut seen, &FIELDS)? {
            match place {
                0 if self.id_tag.set(value.text()) => {}
                0 => return Err(Cause::IdTag),
                _ => {
                    self.info.read_at(walk, &mut odd)?;
                    self.has_info = true;
                }
            }
        }
        if odd > 0 { Err(Cause::IdTagInfo) } else { Ok(true) }
    }
}

/// What an update wants from the device.
enum Wish {
    Op(StorageOp),
    /// The records that lie in the buffer up to here.
    Stores(usize),
}
