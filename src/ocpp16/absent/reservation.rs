//! Stands in for reservations where that profile is left out.

use crate::json::Payload;
use crate::ocpp16::answer::{Cause, StatusAnswer};
use crate::station::Station;
use crate::time::Instant;

/// RPC-14: a profile of which this build has nothing says so by a status, where there is one.
pub(super) fn reserve_now(_: &mut Station<'_>, _: Instant, payload: Payload<'_>) -> Result<StatusAnswer, Cause> {
    payload.prove()?;
    Ok(StatusAnswer::Rejected)
}

pub(super) fn cancel_reservation(_: &mut Station<'_>, payload: Payload<'_>) -> Result<StatusAnswer, Cause> {
    payload.prove()?;
    Ok(StatusAnswer::Rejected)
}
