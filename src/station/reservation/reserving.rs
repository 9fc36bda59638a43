//! ReserveNow and CancelReservation: what stands against it, and what becomes of it.

use super::{RESERVE_CONNECTOR_ZERO_SUPPORTED, Reservation, ReservationSlot, Reservations};
use crate::json::{Field, Kind, Payload};
use crate::station::answer::{Cause, StatusAnswer, accepted_if};
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::station::{ConnectorId, IdToken};
use crate::time::{DateTime, Instant};

impl Reservations<'_> {
    #[inline(never)]
    pub(crate) fn reserve_now(
        &mut self,
        core: &mut Core<'_>,
        now: Instant,
        payload: Payload<'_>,
    ) -> Result<StatusAnswer, Cause> {
        const FIELDS: [Field; 5] = [
            Field::required("connectorId", Kind::Integer),
            Field::required("expiryDate", Kind::DATE),
            Field::required("idTag", Kind::Text(20)),
            Field::optional("parentIdTag", Kind::Text(20)),
            Field::required("reservationId", Kind::Integer),
        ];
        let [connector, expires, owner, parent, id] = payload.read(&FIELDS)?;
        let expires = expires.text().and_then(|date| DateTime::nearest(date.as_bytes()).ok());
        let expires = expires.ok_or(Cause::ExpiryDate)?;
        let mut id_tag = IdToken::new();
        if !id_tag.set(owner.text()) {
            return Err(Cause::IdTag);
        }
        let parent =
            parent.text().and_then(|parent| IdToken::try_from(parent).ok()).filter(|parent| !parent.is_empty());
        let id = id.integer().unwrap_or(0);
        let first = if core.common.keys.is_on(&RESERVE_CONNECTOR_ZERO_SUPPORTED) { 0 } else { 1 }; // RSV-04
        let all = first..core.connector_ids().end;
        let connector = connector.integer().and_then(|id| ConnectorId::try_from(id).ok()).filter(|id| all.contains(id));
        let is_past = core.common.clock.date(now).is_some_and(|date| date >= expires);
        let is_its_place = |slot: &ReservationSlot| slot.reservation.as_ref().is_some_and(|other| other.id == id);
        let is_free = |slot: &ReservationSlot| slot.reservation.is_none();
        let slots = &self.slots;
        let place = slots.iter().position(is_its_place).or_else(|| slots.iter().position(is_free)); // RSV-02
        // RSV-03: told whatever else speaks against it.
        let obstacle = connector.and_then(|connector| self.why_not_reserved(core, connector, id));
        let (None, Some(connector), Some(place), false) = (obstacle, connector, place, is_past || id_tag.is_empty())
        else {
            return Ok(obstacle.unwrap_or(StatusAnswer::Rejected)); // RSV-11, RSV-13
        };
        if let Some(slot) = self.slots.get_mut(place) {
            let reservation = Reservation { id, connector, expires, id_tag, parent, since: core.common.journal.next() };
            *slot = ReservationSlot { reservation: Some(reservation), unsaved: true };
        }
        self.reservations_changed(&mut core.common);
        Ok(accepted_if(true))
    }

    #[inline(never)]
    pub(crate) fn cancel_reservation(
        &mut self,
        common: &mut Common<'_>,
        payload: Payload<'_>,
    ) -> Result<StatusAnswer, Cause> {
        const FIELDS: [Field; 1] = [Field::required("reservationId", Kind::Integer)];
        let [id] = payload.read(&FIELDS)?;
        let found = self.end(&mut |reservation| id.integer() == Some(reservation.id));
        self.reservations_changed(common);
        Ok(accepted_if(found))
    }

    /// RSV-03: the status of the refusal, if reservation `id` cannot be had on this connector.
    fn why_not_reserved(&self, core: &Core<'_>, connector: ConnectorId, id: i32) -> Option<StatusAnswer> {
        let others = || self.all().filter(move |other| other.id != id);
        // Those that wait for any connector need as many that are free (RSV-04).
        let waiting = others().filter(|other| other.connector == 0).count();
        let is_free = |candidate: &ConnectorId| {
            Self::obstacle(core, *candidate).is_none() && others().all(|other| other.connector != *candidate)
        };
        let obstacle = match connector {
            0 if core.charge_point.is_faulted() => Some(StatusAnswer::Faulted),
            0 if !core.charge_point.service.is_open() => Some(StatusAnswer::Unavailable),
            0 => None,
            _ => Self::obstacle(core, connector),
        };
        let is_wanted = connector == 0 || is_free(&connector);
        if obstacle.is_some() || is_wanted && core.connector_ids().filter(is_free).count() > waiting {
            return obstacle;
        }
        // What keeps all of them from being reserved is told of connector 0.
        let mut obstacles =
            core.connector_ids().map(|candidate| Self::obstacle(core, candidate).unwrap_or(StatusAnswer::Occupied));
        let first = obstacles.next().filter(|_| connector == 0).unwrap_or(StatusAnswer::Occupied);
        Some(if obstacles.all(|other| other == first) { first } else { StatusAnswer::Occupied })
    }
}
