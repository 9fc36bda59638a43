//! ReserveNow and CancelReservation: a connector that waits for one tag, or any connector that does (OCPP 1.6 §5.1, §5.13).

mod announcing;
mod claims;
mod course;
mod records;
mod reserving;

pub(super) use announcing::announce_hardware;

use super::claim::Claim;
use super::{ConnectorId, IdToken};
use crate::store::SwitchKey;
use crate::time::DateTime;

/// Connector 0 can be reserved: any one connector stays free.
pub(crate) const RESERVE_CONNECTOR_ZERO_SUPPORTED: SwitchKey = SwitchKey::new(40, true);

/// What becomes of a ReserveNow (OCPP 1.6 §7.39).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReservationStatus {
    Accepted,
    Faulted,
    Occupied,
    Rejected,
    Unavailable,
}

/// What is asked for by ReserveNow (OCPP 1.6 §6.37).
pub(crate) struct ReservationRequest {
    pub(crate) id: i32,
    /// 0 for any one; `None` when there can be no such connector.
    pub(crate) connector: Option<ConnectorId>,
    pub(crate) expires: DateTime,
    pub(crate) id_tag: IdToken,
    pub(crate) parent: Option<IdToken>,
}

/// A place for one reservation.
#[derive(Debug)]
pub(crate) struct ReservationSlot {
    reservation: Option<Reservation>,
    /// Its record does not tell what holds.
    unsaved: bool,
}

#[derive(Debug)]
struct Reservation {
    id: i32,
    /// 0 for any one.
    connector: ConnectorId,
    expires: DateTime,
    id_tag: IdToken,
    parent: Option<IdToken>,
    /// The first entry of the journal that can use it up. An older one has used up another that had the same id.
    since: u32,
}

pub(crate) struct Reservations<'a> {
    slots: &'a mut [ReservationSlot],
    /// There may be one, or a connector that takes itself for reserved.
    is_active: bool,
}

impl ReservationSlot {
    pub(crate) const FREE: Self = Self { reservation: None, unsaved: false };
}

impl Reservation {
    fn claim(&self, id_tag: &IdToken, parent: Option<&IdToken>) -> Claim {
        match (&self.parent, parent) {
            _ if self.id_tag == *id_tag => Claim::Ours(self.id),
            (None, _) => Claim::Foreign,
            (Some(_), None) => Claim::MaybeGroup,
            (Some(ours), Some(theirs)) if ours == theirs => Claim::Ours(self.id),
            _ => Claim::Foreign,
        }
    }
}

impl<'a> Reservations<'a> {
    pub(super) fn new(slots: &'a mut [ReservationSlot]) -> Self {
        Self { slots, is_active: true }
    }

    fn all(&self) -> impl Iterator<Item = &Reservation> {
        self.slots.iter().filter_map(|slot| slot.reservation.as_ref())
    }

    /// Ends those that this is said of; `true` when there was one.
    fn end(&mut self, is_over: &mut dyn FnMut(&Reservation) -> bool) -> bool {
        let mut found = false;
        for slot in self.slots.iter_mut() {
            if slot.reservation.as_ref().is_some_and(&mut *is_over) {
                *slot = ReservationSlot { reservation: None, unsaved: true };
                found = true;
            }
        }
        found
    }

    /// Whether a connector is reserved; connector 0 when any one is.
    pub(crate) fn is_reserved(&self, connector: ConnectorId) -> bool {
        self.all().any(|reservation| reservation.connector == connector)
    }
}
