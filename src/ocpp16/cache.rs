//! ClearCache (OCPP 1.6 §6.11).

use super::answer::{Cause, StatusAnswer, accepted_if};
use crate::json::{Field, Payload};
use crate::station::Station;

#[inline(never)]
pub(super) fn clear_cache(station: &mut Station<'_>, payload: Payload<'_>) -> Result<StatusAnswer, Cause> {
    const NONE: [Field; 0] = [];
    payload.read(&NONE)?;
    Ok(accepted_if(station.tokens.cache.clear_cache(&mut station.core.common)))
}
