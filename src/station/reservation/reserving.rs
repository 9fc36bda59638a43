//! ReserveNow and CancelReservation: what stands against it, and what becomes of it.

use super::{
    RESERVE_CONNECTOR_ZERO_SUPPORTED, Reservation, ReservationRequest, ReservationSlot, ReservationStatus, Reservations,
};
use crate::station::ConnectorId;
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::time::Instant;

impl Reservations<'_> {
    pub(crate) fn reserve_now(
        &mut self,
        core: &mut Core<'_>,
        now: Instant,
        request: ReservationRequest,
    ) -> ReservationStatus {
        let ReservationRequest { id, connector, expires, id_tag, parent } = request;
        let first = if core.common.keys.is_on(&RESERVE_CONNECTOR_ZERO_SUPPORTED) { 0 } else { 1 }; // RSV-04
        let all = first..core.connector_ids().end;
        let connector = connector.filter(|id| all.contains(id));
        let is_past = core.common.clock.date(now).is_some_and(|date| date >= expires);
        let is_its_place = |slot: &ReservationSlot| slot.reservation.as_ref().is_some_and(|other| other.id == id);
        let is_free = |slot: &ReservationSlot| slot.reservation.is_none();
        let slots = &self.slots;
        let place = slots.iter().position(is_its_place).or_else(|| slots.iter().position(is_free)); // RSV-02
        // RSV-03: told whatever else speaks against it.
        let obstacle = connector.and_then(|connector| self.why_not_reserved(core, connector, id));
        let (None, Some(connector), Some(place), false) = (obstacle, connector, place, is_past || id_tag.is_empty())
        else {
            return obstacle.unwrap_or(ReservationStatus::Rejected); // RSV-11, RSV-13
        };
        if let Some(slot) = self.slots.get_mut(place) {
            let reservation = Reservation { id, connector, expires, id_tag, parent, since: core.common.journal.next() };
            *slot = ReservationSlot { reservation: Some(reservation), unsaved: true };
        }
        self.reservations_changed(&mut core.common);
        ReservationStatus::Accepted
    }

    /// Ends the reservation with this id; `true` when there was one.
    pub(crate) fn cancel_reservation(&mut self, common: &mut Common<'_>, id: Option<i32>) -> bool {
        let found = self.end(&mut |reservation| id == Some(reservation.id));
        self.reservations_changed(common);
        found
    }

    /// RSV-03: the status of the refusal, if reservation `id` cannot be had on this connector.
    fn why_not_reserved(&self, core: &Core<'_>, connector: ConnectorId, id: i32) -> Option<ReservationStatus> {
        let others = || self.all().filter(move |other| other.id != id);
        // Those that wait for any connector need as many that are free (RSV-04).
        let waiting = others().filter(|other| other.connector == 0).count();
        let is_free = |candidate: &ConnectorId| {
            Self::obstacle(core, *candidate).is_none() && others().all(|other| other.connector != *candidate)
        };
        let obstacle = match connector {
            0 if core.charge_point.is_faulted() => Some(ReservationStatus::Faulted),
            0 if !core.charge_point.service.is_open() => Some(ReservationStatus::Unavailable),
            0 => None,
            _ => Self::obstacle(core, connector),
        };
        let is_wanted = connector == 0 || is_free(&connector);
        if obstacle.is_some() || is_wanted && core.connector_ids().filter(is_free).count() > waiting {
            return obstacle;
        }
        // What keeps all of them from being reserved is told of connector 0.
        let mut obstacles = core
            .connector_ids()
            .map(|candidate| Self::obstacle(core, candidate).unwrap_or(ReservationStatus::Occupied));
        let first = obstacles.next().filter(|_| connector == 0).unwrap_or(ReservationStatus::Occupied);
        Some(if obstacles.all(|other| other == first) { first } else { ReservationStatus::Occupied })
    }
}
