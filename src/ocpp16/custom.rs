//! The calls of the firmware's own.

use super::authorize::tag_asked_about;
use crate::rpc::{CallComposer, Outcome};
use crate::station::Station;
use crate::time::Instant;
use crate::types::IdTagInfo;

/// Writes the one that waits; `false` when there is none, or no room for it.
pub(super) fn custom_call(station: &mut Station<'_>, call: &mut CallComposer<'_>) -> bool {
    let Some((action, payload)) = station.custom.waiting() else { return false };
    let is_written = call.begin(action).and_then(|composer| composer.raw(payload)).is_ok();
    station.custom.written(is_written);
    is_written
}

/// It is over. What was answered to an Authorize is learnt as well.
pub(super) fn conclude_custom_call(station: &mut Station<'_>, now: Instant, outcome: Outcome<'_>) {
    let (action, payload) = station.custom.asked();
    let id_tag = tag_asked_about(action, payload);
    let info = match (&id_tag, outcome) {
        (Some(_), Outcome::Result(payload)) => IdTagInfo::in_answer(payload, &mut station.core.common.dialect.left_out),
        _ => None,
    };
    station.custom_call_concluded(now, outcome, id_tag, info);
}
