//! What the central system says about tags: the local list goes before the cache.

use super::Tokens;
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::station::{IdTagInfo, IdToken};
use crate::store::RecordKey;
use crate::time::Instant;

impl Tokens<'_> {
    /// The central system has said something about a tag.
    pub(in crate::station) fn learn(
        &mut self,
        common: &mut Common<'_>,
        now: Instant,
        id_tag: &IdToken,
        info: IdTagInfo,
    ) {
        let Some(info) = self.local_list.compare_with_list(common, id_tag, info) else { return };
        self.cache.learn(common, now, id_tag, info);
    }

    /// The record that it is to be compared with is loaded.
    pub(in crate::station) fn compare_answer(
        &mut self,
        core: &mut Core<'_>,
        now: Instant,
        key: RecordKey,
        record: Option<&[u8]>,
    ) {
        if let Some((id_tag, info)) = self.local_list.compare_answer(core, now, key, record) {
            self.cache.learn(&mut core.common, now, &id_tag, info);
        }
    }
}
