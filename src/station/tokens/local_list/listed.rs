//! Who is in the list, and what the central system says about those who are.

use super::{
    AnswerAboutTag, HASH, LIVE, LOCAL_AUTH_LIST_ENABLED, LocalList, is_valid, place_behind, place_record, read_entry,
};
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::station::tokens::tag_record::{Known, known, tag_hash};
use crate::station::{AuthorizationStatus, ChargePointErrorCode, IdTagInfo, IdToken};
use crate::store::RecordKey;
use crate::time::Instant;

impl LocalList<'_> {
    /// The version as it is told; -1 while the list is not in use.
    pub(crate) fn told_version(&self, common: &Common<'_>) -> i32 {
        if common.keys.is_on(&LOCAL_AUTH_LIST_ENABLED) { self.version() } else { -1 }
    }

    /// The record of the first place from `from` on that may hold this tag.
    pub(crate) fn listed(&self, common: &Common<'_>, id_tag: &IdToken, from: usize) -> Option<RecordKey> {
        if !self.has_entries || !common.keys.is_on(&LOCAL_AUTH_LIST_ENABLED) {
            return None;
        }
        place_record(self.find(from, LIVE, tag_hash(id_tag) & HASH)?)
    }

    /// The central system has said something about a tag. It is handed back if the tag is not in the list; if it may be, that
    /// is found out first.
    #[must_use]
    pub(crate) fn compare_with_list(
        &mut self,
        common: &mut Common<'_>,
        id_tag: &IdToken,
        info: IdTagInfo,
    ) -> Option<IdTagInfo> {
        if self.listed(common, id_tag, 0).is_none() {
            return Some(info);
        }
        self.answer = Some(AnswerAboutTag { id_tag: id_tag.clone(), info, place: 0 });
        common.persistence.has_chores = true;
        None
    }

    /// The record that what the central system has said is to be compared with.
    pub(crate) fn record_to_compare(&self, common: &Common<'_>) -> Option<RecordKey> {
        let answer = self.answer.as_ref()?;
        self.listed(common, &answer.id_tag, answer.place)
    }

    /// The record to be compared is loaded. What was said is handed back if the tag is not in the list after all.
    #[must_use]
    pub(crate) fn compare_answer(
        &mut self,
        core: &mut Core<'_>,
        now: Instant,
        key: RecordKey,
        record: Option<&[u8]>,
    ) -> Option<(IdToken, IdTagInfo)> {
        let mut answer = self.answer.take()?;
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
                if self.listed(&core.common, &answer.id_tag, answer.place).is_none() {
                    return Some((answer.id_tag, answer.info));
                }
                self.answer = Some(answer);
            }
        }
        None
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
