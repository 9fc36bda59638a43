//! ChangeAvailability (OCPP 1.6 §5.2).

use super::answer::{Cause, StatusAnswer};
use crate::json::{Field, FieldKind, Payload};
use crate::station::Station;
use crate::station::availability::InForce;
use crate::time::Instant;
use crate::types::{Availability, ConnectorId, Symbol};

#[inline(never)]
pub(super) fn change_availability(
    station: &mut Station<'_>,
    now: Instant,
    payload: Payload<'_>,
) -> Result<StatusAnswer, Cause> {
    const FIELDS: [Field; 2] =
        [Field::required("connectorId", FieldKind::Integer), Field::required("type", FieldKind::Text(20))];
    let [connector, wanted] = payload.read(&FIELDS)?;
    let wanted = wanted.text().and_then(Availability::from_json).ok_or(Cause::Type)?;
    let connector = connector.integer().and_then(|id| ConnectorId::try_from(id).ok()).unwrap_or(ConnectorId::MAX);
    Ok(match station.core.change_availability(now, connector, wanted) {
        InForce::Now => StatusAnswer::Accepted,
        InForce::Later => StatusAnswer::Scheduled,
        InForce::Never => StatusAnswer::Rejected,
    })
}
