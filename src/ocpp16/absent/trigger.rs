//! Stands in for TriggerMessage where that profile is left out.

use crate::json::Payload;
use crate::ocpp16::answer::{Cause, StatusAnswer};
use crate::station::Station;
use crate::time::Instant;

/// RPC-14: a profile of which this build has nothing says so by a status, where there is one.
pub(super) fn trigger_message(_: &mut Station<'_>, _: Instant, payload: Payload<'_>) -> Result<StatusAnswer, Cause> {
    payload.prove()?;
    Ok(StatusAnswer::NotImplemented)
}
