//! ReserveNow and CancelReservation: a connector that waits for one tag (OCPP 1.6 §5.1, §5.13).

use super::Operations;
use super::dispatch::{StatusAnswer, accepted_if};
use crate::rpc::CallError;
use crate::store::{Declaration, RecordKey, StorageOp, registry};
use crate::time::Instant;

/// Connector 0 can be reserved: any one connector stays free.
pub(super) const RESERVE_CONNECTOR_ZERO_SUPPORTED: Declaration =
    Declaration::constant(40, "ReserveConnectorZeroSupported", "true");

/// A place for one reservation.
#[derive(Clone, Debug)]
pub struct ReservationSlot {}

impl ReservationSlot {
    pub(crate) const FREE: Self = Self {};
}

pub(super) struct Reservations<'a> {
    slots: &'a mut [ReservationSlot],
}

impl<'a> Reservations<'a> {
    pub(super) fn new(slots: &'a mut [ReservationSlot]) -> Self {
        Self { slots }
    }

    /// The record of the `index`th reservation, to be loaded at boot.
    pub(super) fn record(&self, index: usize) -> Option<RecordKey> {
        if index < self.slots.len() { registry::nth(registry::RESERVATIONS, index) } else { None }
    }

    pub(super) fn load(&mut self, index: usize, record: &[u8]) {
        let _ = (index, record);
    }

    /// Whether a change is not durable yet.
    pub(super) fn is_unsaved(&self) -> bool {
        false
    }

    /// What is to be done on the device.
    pub(super) fn storage_op(&mut self, record: &mut [u8]) -> Option<StorageOp> {
        let _ = record;
        None
    }

    /// The last [`storage_op`](Self::storage_op) is done.
    pub(super) fn stored(&mut self) {}
}

impl Operations<'_> {
    pub(super) fn reserve_now(&mut self, now: Instant, payload: &str) -> Result<StatusAnswer, CallError> {
        let _ = (now, payload);
        Ok(accepted_if(false))
    }

    pub(super) fn cancel_reservation(&mut self, now: Instant, payload: &str) -> Result<StatusAnswer, CallError> {
        let _ = (now, payload);
        Ok(accepted_if(false))
    }

    /// Ends reservations whose time is over, and tells the connectors which of them are reserved.
    pub(super) fn advance_reservations(&mut self, now: Instant) {
        let _ = now;
    }
}
