//! ReserveNow and CancelReservation (OCPP 1.6 §6.37, §6.5).

use super::answer::{Cause, StatusAnswer, accepted_if};
use crate::json::{Field, FieldKind, Payload};
use crate::station::Station;
use crate::station::reservation::{ReservationRequest, ReservationStatus};
use crate::time::{DateTime, Instant};
use crate::types::{ConnectorId, IdToken};

#[inline(never)]
pub(super) fn reserve_now(
    station: &mut Station<'_>,
    now: Instant,
    payload: Payload<'_>,
) -> Result<StatusAnswer, Cause> {
    const FIELDS: [Field; 5] = [
        Field::required("connectorId", FieldKind::Integer),
        Field::required("expiryDate", FieldKind::DATE),
        Field::required("idTag", FieldKind::Text(20)),
        Field::optional("parentIdTag", FieldKind::Text(20)),
        Field::required("reservationId", FieldKind::Integer),
    ];
    let [connector, expires, owner, parent, id] = payload.read(&FIELDS)?;
    let expires = expires.text().and_then(|date| DateTime::nearest(date.as_bytes()).ok());
    let expires = expires.ok_or(Cause::ExpiryDate)?;
    let mut id_tag = IdToken::new();
    if !id_tag.set(owner.text()) {
        return Err(Cause::IdTag);
    }
    let parent = parent.text().and_then(|parent| IdToken::try_from(parent).ok()).filter(|parent| !parent.is_empty());
    let id = id.integer().unwrap_or(0);
    let connector = connector.integer().and_then(|id| ConnectorId::try_from(id).ok());
    let request = ReservationRequest { id, connector, expires, id_tag, parent };
    Ok(match station.reservations.reserve_now(&mut station.core, now, request) {
        ReservationStatus::Accepted => StatusAnswer::Accepted,
        ReservationStatus::Faulted => StatusAnswer::Faulted,
        ReservationStatus::Occupied => StatusAnswer::Occupied,
        ReservationStatus::Rejected => StatusAnswer::Rejected,
        ReservationStatus::Unavailable => StatusAnswer::Unavailable,
    })
}

#[inline(never)]
pub(super) fn cancel_reservation(station: &mut Station<'_>, payload: Payload<'_>) -> Result<StatusAnswer, Cause> {
    const FIELDS: [Field; 1] = [Field::required("reservationId", FieldKind::Integer)];
    let [id] = payload.read(&FIELDS)?;
    Ok(accepted_if(station.reservations.cancel_reservation(&mut station.core.common, id.integer())))
}
