//! What the cache learns, and what it knows.

use super::records::read_entry;
use super::{AUTHORIZATION_CACHE_ENABLED, Cache};
use crate::station::common::Common;
use crate::station::tokens::tag_record::{Known, known};
use crate::station::{IdTagInfo, IdToken};
use crate::store::{RecordKey, registry};
use crate::time::Instant;

impl Cache<'_> {
    /// Forgets all tags, for good; `false` when the cache is not in use (errata 3.23).
    pub(crate) fn clear_cache(&mut self, common: &mut Common<'_>) -> bool {
        let enabled = common.keys.is_on(&AUTHORIZATION_CACHE_ENABLED);
        if enabled {
            self.clear();
            common.persistence.has_chores = true;
        }
        enabled
    }

    /// The central system has said something about a tag that is not in the local list (AC-02, AC-03).
    pub(in crate::station) fn learn(
        &mut self,
        common: &mut Common<'_>,
        now: Instant,
        id_tag: &IdToken,
        info: IdTagInfo,
    ) {
        if common.keys.is_on(&AUTHORIZATION_CACHE_ENABLED) && !id_tag.is_empty() {
            let is_new = self.keep(id_tag, info, common.clock.date(now));
            common.persistence.has_chores |= is_new;
        }
    }

    /// What is said about the tag by the entry that waits for its record.
    pub(in crate::station) fn known_unsaved(
        &self,
        common: &Common<'_>,
        now: Instant,
        id_tag: &IdToken,
    ) -> Option<Known> {
        let entry = self.unsaved.as_ref().filter(|_| common.keys.is_on(&AUTHORIZATION_CACHE_ENABLED))?;
        known(id_tag, &entry.id_tag, &entry.info, common.clock.date(now))
    }
}

/// What a loaded record says about the tag.
pub(in crate::station) fn known_by_cache(
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
