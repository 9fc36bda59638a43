//! The local authorisation list: tags that are known without asking (OCPP 1.6 §3.5.2, §5.10, §5.15).
//!
//! The entries are records on the device, in twice as many places as the list is long. The first record tells the version
//! and which places count. An update writes its entries to places that do not, and that record last: the list changes as a
//! whole or not at all. In RAM there is only what finds an entry; an update goes through the request element by element, as
//! it lies in the receive buffer.

mod update;

use super::answer::Cause;
use super::authorization::Known;
use super::keys::{self, announced};
use super::shelf::Shelf;
use super::tag_record::{known, read_tag, tag_hash};
use super::{AuthorizationStatus, ChargePointErrorCode, IdTagInfo, IdToken};
use crate::json::{Field, Json, Payload, Writer, name};
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::station::tokens::Tokens;
use crate::store::record::RecordReader;
use crate::store::{IntegerKey, Keys, RecordKey, SwitchKey, registry};
use crate::time::Instant;
use update::Update;

/// Whether the list is used at all.
pub(crate) const LOCAL_AUTH_LIST_ENABLED: SwitchKey = SwitchKey::new(37, "LocalAuthListEnabled", true);
/// The most entries.
pub(crate) const LOCAL_AUTH_LIST_MAX_LENGTH: IntegerKey =
    IntegerKey::new(38, "LocalAuthListMaxLength", 0, 0, i32::MAX).read_only();
/// The most entries in one SendLocalList.
pub(crate) const SEND_LOCAL_LIST_MAX_LENGTH: IntegerKey =
    IntegerKey::new(39, "SendLocalListMaxLength", 0, 0, i32::MAX).read_only();

/// How many entries the receive buffer has room for in one request, of a list of `most`.
fn sent_max(receive: usize, most: usize) -> i32 {
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

pub(crate) struct LocalList<'a> {
    slots: &'a mut [ListSlot],
    /// Some place counts.
    has_entries: bool,
    version: i32,
    update: Option<Update>,
    answer: Option<Answer>,
}

/// What the central system has said about a tag that may be in the list.
struct Answer {
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

    /// The profile is there, and how long a list may be.
    pub(crate) fn announce(&self, keys: &mut Keys<'_>, receive: usize) {
        keys.set_member(&keys::SUPPORTED_FEATURE_PROFILES, keys::LOCAL_AUTH_LIST_MANAGEMENT, true);
        keys.set_integer(&LOCAL_AUTH_LIST_MAX_LENGTH, self.entries_max() as i32);
        keys.set_integer(&SEND_LOCAL_LIST_MAX_LENGTH, sent_max(receive, self.entries_max()));
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

    // ---- At boot ----

    /// The record of which places count, then from 1 on those of the places that do.
    fn stored_from(&self, index: usize) -> Option<usize> {
        let Some(from) = index.checked_sub(1) else { return Some(0) };
        let place = self.slots.get(from..)?.iter().position(|slot| slot.is(LIVE))?;
        Some(index.saturating_add(place))
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

    fn mark(&mut self, place: usize, bits: u32) {
        if let Some(slot) = self.slots.get_mut(place) {
            slot.0 = bits;
        }
    }
}

impl Shelf for Tokens<'_> {
    fn find(&self, _: &Core<'_>, number: u16) -> Option<(u16, RecordKey)> {
        let index = self.local_list.stored_from(number.into())?;
        Some((index as u16, registry::nth(registry::LOCAL_LIST, index)?))
    }

    fn load(&mut self, _: &mut Core<'_>, number: u16, _: RecordKey, record: &[u8]) {
        self.load_list(number.into(), record);
    }
}

impl Tokens<'_> {
    #[inline(never)]
    pub(crate) fn get_local_list_version(
        &self,
        common: &Common<'_>,
        payload: Payload<'_>,
    ) -> Result<ListVersion, Cause> {
        const NONE: [Field; 0] = [];
        payload.read(&NONE)?;
        Ok(ListVersion(if common.keys.is_on(&LOCAL_AUTH_LIST_ENABLED) { self.local_list.version() } else { -1 }))
    }

    /// The `index`th record has been read at boot. An entry that is damaged is a tag that is not known.
    #[inline(never)]
    fn load_list(&mut self, index: usize, record: &[u8]) {
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
    pub(crate) fn listed(&self, common: &Common<'_>, id_tag: &IdToken, from: usize) -> Option<RecordKey> {
        if !self.local_list.has_entries || !common.keys.is_on(&LOCAL_AUTH_LIST_ENABLED) {
            return None;
        }
        place_record(self.local_list.find(from, LIVE, tag_hash(id_tag) & HASH)?)
    }

    /// The central system has said something about a tag. It is handed back if the tag is not in the list; if it may be, that
    /// is found out first.
    pub(crate) fn compare_with_list(
        &mut self,
        common: &mut Common<'_>,
        id_tag: &IdToken,
        info: IdTagInfo,
    ) -> Option<IdTagInfo> {
        if self.listed(common, id_tag, 0).is_none() {
            return Some(info);
        }
        self.local_list.answer = Some(Answer { id_tag: id_tag.clone(), info, place: 0 });
        common.persistence.has_chores = true;
        None
    }

    /// The record that what the central system has said is to be compared with.
    pub(crate) fn record_to_compare(&self, common: &Common<'_>) -> Option<RecordKey> {
        let answer = self.local_list.answer.as_ref()?;
        self.listed(common, &answer.id_tag, answer.place)
    }

    /// The record to be compared is loaded.
    pub(crate) fn compare_answer(&mut self, core: &mut Core<'_>, now: Instant, key: RecordKey, record: Option<&[u8]>) {
        let Some(mut answer) = self.local_list.answer.take() else { return };
        match known_by_list(&core.common, now, &answer.id_tag, key, record) {
            Some(known) if known.is_valid == is_valid(answer.info.status) => {}
            Some(_) => {
                core.charge_point.status.report_error(
                    now,
                    core.common.journal.next(),
                    ChargePointErrorCode::LocalListConflict,
                ); // LOC-07
            }
            None => {
                answer.place = place_behind(key);
                if self.listed(&core.common, &answer.id_tag, answer.place).is_some() {
                    self.local_list.answer = Some(answer);
                } else {
                    self.learn_in_cache(&mut core.common, now, &answer.id_tag, answer.info);
                }
            }
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

/// GetLocalListVersion.conf (OCPP 1.6 §6.28).
pub(crate) struct ListVersion(i32);

impl Json for ListVersion {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("listVersion")).whole(i64::from(self.0));
        members.close();
    }
}

/// What a loaded record of the list says about the tag.
pub(crate) fn known_by_list(
    common: &Common<'_>,
    now: Instant,
    id_tag: &IdToken,
    key: RecordKey,
    record: Option<&[u8]>,
) -> Option<Known> {
    let (listed, mut info) = read_entry(place_behind(key).checked_sub(1)?, record?)?;
    if is_valid(info.status) {
        info.status = AuthorizationStatus::Accepted; // LOC-08
    }
    known(id_tag, &listed, &info, common.clock.date(now))
}
