//! Stands in for TriggerMessage where that profile is left out.

use crate::json::Payload;
use crate::ocpp16::answer::{Cause, StatusAnswer};
use crate::station::Station;
use crate::time::Instant;

/// Nobody asks: `operation::refuse` answers for a profile that is not there.
pub(super) fn trigger_message(_: &mut Station<'_>, _: Instant, _: Payload<'_>) -> Result<StatusAnswer, Cause> {
    Err(Cause::NotSupported)
}
