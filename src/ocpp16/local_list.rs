//! The local authorisation list: tags that are known without asking (OCPP 1.6 §3.5.2, §5.10, §5.15).
//!
//! The entries are records on the device, in twice as many places as the list is long. The first record tells the version
//! and which places count. An update writes its entries to places that do not, and that record last: the list changes as a
//! whole or not at all. In RAM there is only what finds an entry; an update goes through the request element by element, as
//! it lies in the receive buffer.

use super::answer::{Cause, StatusAnswer};
use super::authorization::Known;
use super::held_call::frame_record;
use super::keys::announced;
use super::tag_record::{known, read_tag, tag_hash, write_tag};
use super::{AuthorizationStatus, ChargePointErrorCode, IdTagInfo, IdToken, Operations};
use crate::json::{Field, Json, JsonStr, Kind, Payload, Seen, Walk, Writer, name};
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::{IntegerKey, RecordKey, Scratch, StorageOp, StorageResult, SwitchKey, registry};
use crate::time::Instant;

/// Whether the list is used at all.
pub(super) const LOCAL_AUTH_LIST_ENABLED: SwitchKey = SwitchKey::new(37, "LocalAuthListEnabled", true);
/// The most entries.
pub(super) const LOCAL_AUTH_LIST_MAX_LENGTH: IntegerKey =
    IntegerKey::new(38, "LocalAuthListMaxLength", 0, 0, i32::MAX).read_only();
/// The most entries in one SendLocalList.
pub(super) const SEND_LOCAL_LIST_MAX_LENGTH: IntegerKey =
    IntegerKey::new(39, "SendLocalListMaxLength", 0, 0, i32::MAX).read_only();

/// How many entries the receive buffer has room for in one request, of a list of `most`.
pub(super) fn sent_max(receive: usize, most: usize) -> i32 {
    const REQUEST: &str = concat!(
        r#"[2,"00000000-0000-0000-0000-000000000000","SendLocalList","#,
        r#"{"listVersion":2147483647,"updateType":"Differential","localAuthorizationList":[]}]"#
    );
    const ENTRY: &str = concat!(
        r#"{"idTag":"12345678901234567890","idTagInfo":{"expiryDate":"2025-12-31T23:59:59.999+00:00","#,
        r#""parentIdTag":"12345678901234567890","status":"ConcurrentTx"}},"#
    );
    announced(receive, REQUEST, ENTRY, most)
}

/// What is kept in RAM of one place for an entry: a hash that finds its tag, and whether it counts. The record has the last
/// word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListSlot(u32);

/// The place counts in the list as it stands.
const LIVE: u32 = 1 << 30;
/// It counts in the list that is being built.
const NEXT: u32 = 1 << 31;
const HASH: u32 = LIVE - 1;

pub(super) struct LocalList<'a> {
    slots: &'a mut [ListSlot],
    /// Some place counts.
    has_entries: bool,
    version: i32,
    update: Option<Update>,
    answer: Option<Answer>,
}

/// A SendLocalList that is under way. Each of its elements has taken a place that is not live, also one that only names a
/// tag to be removed: so a tag that is named twice shows.
#[derive(Clone, Copy)]
struct Update {
    version: i32,
    is_full: bool,
    /// How much of the message stands behind where the list begins; 0 when there is none.
    begin: usize,
    /// How much of it stands behind the last element.
    left: usize,
    elements: usize,
    /// No place below is free.
    free: usize,
    /// The live places below have been compared with the element.
    compared: usize,
    /// The members before the list, if they are all that there must be: what stands behind it has not been read then.
    before: Option<Seen>,
    /// The list is being replaced.
    is_last: bool,
}

/// What the central system has said about a tag that may be in the list.
struct Answer {
    id_tag: IdToken,
    info: IdTagInfo,
    /// The places below hold other tags.
    place: usize,
}

/// SendLocalList.req
const REQUEST: [Field; 3] = [
    Field::required("listVersion", Kind::Integer),
    Field::required("updateType", Kind::Text(20)),
    Field::optional("localAuthorizationList", Kind::Array),
];

impl ListSlot {
    pub(crate) const FREE: Self = Self(0);

    fn is(self, bits: u32) -> bool {
        self.0 & bits == bits
    }
}

impl<'a> LocalList<'a> {
    pub(super) fn new(slots: &'a mut [ListSlot]) -> Self {
        Self { slots, has_entries: false, version: 0, update: None, answer: None }
    }

    /// The most entries.
    pub(super) fn entries_max(&self) -> usize {
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

    // ---- At boot ----

    /// The record that is to be loaded from the `index`th on: places that do not count are passed over.
    pub(super) fn stored_from(&self, index: usize) -> Option<usize> {
        let Some(from) = index.checked_sub(1) else { return Some(0) };
        let place = self.slots.get(from..)?.iter().position(|slot| slot.is(LIVE))?;
        Some(index.saturating_add(place))
    }

    /// The record of which places count, and from 1 on those of the places.
    pub(super) fn record(&self, index: usize) -> Option<RecordKey> {
        registry::nth(registry::LOCAL_LIST, index)
    }

    fn load_places(&mut self, record: &[u8]) {
        let Some(mut reader) = RecordReader::open(registry::LOCAL_LIST.start, record) else { return };
        let Some(version) = reader.signed() else { return };
        self.version = version as i32;
        let mut left = self.entries_max(); // a shorter list than that of the firmware before keeps what fits
        for (slots, byte) in self.slots.chunks_mut(8).zip(reader.rest()) {
            for (slot, bit) in slots.iter_mut().zip(0..8) {
                if byte >> bit & 1 == 1 && left > 0 {
                    left = left.saturating_sub(1);
                    slot.0 = LIVE;
                    self.has_entries = true;
                }
            }
        }
    }

    // ---- An update ----

    /// The call that was to change the list is gone, or has failed.
    pub(super) fn abandon(&mut self) {
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
    fn go_on(
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

    fn mark(&mut self, place: usize, bits: u32) {
        if let Some(slot) = self.slots.get_mut(place) {
            slot.0 = bits;
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

impl Operations<'_> {
    #[inline(never)]
    pub(super) fn get_local_list_version(&mut self, payload: Payload<'_>) -> Result<ListVersion, Cause> {
        const NONE: [Field; 0] = [];
        payload.read(&NONE)?;
        Ok(ListVersion(if self.keys.is_on(&LOCAL_AUTH_LIST_ENABLED) { self.local_list.version() } else { -1 }))
    }

    /// `None` while the device is busy with it.
    #[inline(never)]
    pub(super) fn send_local_list(
        &mut self,
        payload: Payload<'_>,
        scratch: &mut Scratch<'_>,
    ) -> Result<Option<StatusAnswer>, Cause> {
        let was_read = self.local_list.update.is_some_and(|update| update.is_last);
        let status = self.update_list(payload, scratch);
        if !matches!(status, Ok(None)) {
            self.local_list.abandon();
        }
        if matches!(status, Ok(Some(_))) && !was_read {
            payload.prove()?; // the list was not read to its end
        }
        status
    }

    fn update_list(&mut self, payload: Payload<'_>, scratch: &mut Scratch<'_>) -> Result<Option<StatusAnswer>, Cause> {
        let mut loaded = None;
        let mut update = match self.local_list.update {
            None => {
                let update = Update::read(payload)?;
                if !self.keys.is_on(&LOCAL_AUTH_LIST_ENABLED) {
                    return Ok(Some(StatusAnswer::NotSupported)); // LST-11
                }
                if !update.is_full && update.version <= self.local_list.version() {
                    return Ok(Some(StatusAnswer::VersionMismatch)); // LST-04
                }
                self.local_list.begin(&update);
                update
            }
            Some(update) => {
                match self.device_result() {
                    None => return Ok(None),
                    Some(Err(_)) => return Ok(Some(StatusAnswer::Failed)),
                    Some(Ok(StorageResult::Loaded(len))) => loaded = Some(len),
                    Some(Ok(_)) if update.is_last => {
                        self.replace_list(&update);
                        return Ok(Some(StatusAnswer::Accepted));
                    }
                    Some(Ok(_)) => {}
                }
                update
            }
        };
        let wish = self.local_list.go_on(&mut update, payload, loaded, scratch.take_loaded().0);
        self.local_list.update = Some(update);
        match wish? {
            Some(Wish::Op(op)) => self.ask_device(op),
            Some(Wish::Stores(end)) => self.ask_device_to_store(end),
            None => return Ok(Some(StatusAnswer::Failed)),
        }
        Ok(None)
    }

    /// The device knows the new list.
    #[inline(never)]
    fn replace_list(&mut self, update: &Update) {
        let list = &mut self.local_list;
        list.version = update.version;
        list.has_entries = list.slots.iter().any(|slot| slot.is(NEXT));
        let is_new = |slot: &ListSlot| slot.0 & (LIVE | NEXT) == NEXT;
        self.cache.forget(&|hash| list.slots.iter().any(|slot| is_new(slot) && slot.0 & HASH == hash & HASH)); // LST-15
        for slot in list.slots.iter_mut() {
            slot.0 = if slot.is(NEXT) { slot.0 & HASH | LIVE } else { 0 };
        }
        list.update = None;
        self.persistence.has_chores = true;
        self.dirty = true;
    }

    /// The `index`th record has been read at boot. An entry that is damaged is a tag that is not known.
    #[inline(never)]
    pub(super) fn load_list(&mut self, index: usize, record: &[u8]) {
        let Some(place) = index.checked_sub(1) else { return self.local_list.load_places(record) };
        let hash = read_entry(place, record).map(|(id_tag, _)| tag_hash(&id_tag) & HASH);
        self.local_list.mark(place, hash.map_or(0, |hash| hash | LIVE));
        match hash {
            Some(hash) => self.cache.forget(&|cached| cached & HASH == hash), // the power may have failed before that
            None => self.local_list.has_entries = self.local_list.slots.iter().any(|slot| slot.is(LIVE)),
        }
    }

    // ---- Who is in the list ----

    /// The record of the first place from `from` on that may hold this tag.
    pub(super) fn listed(&self, id_tag: &IdToken, from: usize) -> Option<RecordKey> {
        if !self.local_list.has_entries || !self.keys.is_on(&LOCAL_AUTH_LIST_ENABLED) {
            return None;
        }
        place_record(self.local_list.find(from, LIVE, tag_hash(id_tag) & HASH)?)
    }

    /// What a loaded record of the list says about the tag.
    pub(super) fn known_by_list(
        &self,
        now: Instant,
        id_tag: &IdToken,
        key: RecordKey,
        record: Option<&[u8]>,
    ) -> Option<Known> {
        let (listed, mut info) = read_entry(place_behind(key).checked_sub(1)?, record?)?;
        if is_valid(info.status) {
            info.status = AuthorizationStatus::Accepted; // LOC-08
        }
        known(id_tag, &listed, &info, self.clock.date(now))
    }

    /// The central system has said something about a tag. It is handed back if the tag is not in the list; if it may be, that
    /// is found out first.
    pub(super) fn compare_with_list(&mut self, id_tag: &IdToken, info: IdTagInfo) -> Option<IdTagInfo> {
        if self.listed(id_tag, 0).is_none() {
            return Some(info);
        }
        self.local_list.answer = Some(Answer { id_tag: id_tag.clone(), info, place: 0 });
        self.persistence.has_chores = true;
        self.dirty = true;
        None
    }

    /// The record that what the central system has said is to be compared with.
    pub(super) fn record_to_compare(&self) -> Option<RecordKey> {
        let answer = self.local_list.answer.as_ref()?;
        self.listed(&answer.id_tag, answer.place)
    }

    /// The record to be compared is loaded.
    pub(super) fn compare_answer(&mut self, now: Instant, key: RecordKey, record: Option<&[u8]>) {
        let Some(mut answer) = self.local_list.answer.take() else { return };
        match self.known_by_list(now, &answer.id_tag, key, record) {
            Some(known) if known.is_valid == is_valid(answer.info.status) => {}
            Some(_) => {
                self.charge_point.status.report_error(
                    now,
                    self.journal.next(),
                    ChargePointErrorCode::LocalListConflict,
                ); // LOC-07
                self.dirty = true;
            }
            None => {
                answer.place = place_behind(key);
                if self.listed(&answer.id_tag, answer.place).is_some() {
                    self.local_list.answer = Some(answer);
                } else {
                    self.learn_in_cache(now, &answer.id_tag, answer.info);
                }
            }
        }
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

/// Whether a tag of this status may begin; what else there is to say about it the central system says later (LOC-08).
fn is_valid(status: AuthorizationStatus) -> bool {
    matches!(status, AuthorizationStatus::Accepted | AuthorizationStatus::ConcurrentTx)
}

fn place_record(place: usize) -> Option<RecordKey> {
    registry::nth(registry::LOCAL_LIST, place.checked_add(1)?)
}

/// The place behind that of a record.
pub(super) fn place_behind(key: RecordKey) -> usize {
    usize::from(key.saturating_sub(registry::LOCAL_LIST.start))
}

fn read_entry(place: usize, record: &[u8]) -> Option<(IdToken, IdTagInfo)> {
    read_tag(&mut RecordReader::open(place_record(place)?, record)?)
}

/// GetLocalListVersion.conf (OCPP 1.6 §6.28).
pub(super) struct ListVersion(i32);

impl Json for ListVersion {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("listVersion")).whole(i64::from(self.0));
        members.close();
    }
}
