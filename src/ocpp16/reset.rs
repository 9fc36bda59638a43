//! Reset (OCPP 1.6 §5.14).

use super::answer::{Cause, StatusAnswer, accepted_if};
use crate::json::{Field, FieldKind, Payload};
use crate::station::Station;
use crate::time::Instant;
use crate::types::{ResetKind, Symbol};

#[inline(never)]
pub(super) fn reset(station: &mut Station<'_>, now: Instant, payload: Payload<'_>) -> Result<StatusAnswer, Cause> {
    const FIELDS: [Field; 1] = [Field::required("type", FieldKind::Text(20))];
    let [kind] = payload.read(&FIELDS)?;
    let kind = kind.text().and_then(ResetKind::from_json).ok_or(Cause::Type)?;
    Ok(accepted_if(station.reset(now, kind)))
}
