//! Stands in for reservations where that profile is left out: nothing is ever reserved, and the compiler removes the calls.

use super::answer::{Cause, StatusAnswer};
use super::claim::Claim;
use super::common::Common;
use super::core_profile::Core;
use super::{ConnectorId, IdToken};
use crate::json::Payload;
use crate::store::Keys;
use crate::time::Instant;
use core::marker::PhantomData;

pub(crate) struct ReservationSlot;

pub(crate) struct Reservations<'a>(PhantomData<&'a ()>);

impl ReservationSlot {
    pub(crate) const FREE: Self = Self;
}

impl<'a> Reservations<'a> {
    pub(super) fn new(_: &'a mut [ReservationSlot]) -> Self {
        Self(PhantomData)
    }

    pub(super) fn announce(_: &mut Keys<'_>) {}
}

impl Reservations<'_> {
    /// RPC-14: a profile of which this build has nothing says so by a status, where there is one.
    pub(crate) fn reserve_now(
        &mut self,
        _: &mut Core<'_>,
        _: Instant,
        payload: Payload<'_>,
    ) -> Result<StatusAnswer, Cause> {
        payload.prove()?;
        Ok(StatusAnswer::Rejected)
    }

    pub(crate) fn cancel_reservation(
        &mut self,
        _: &mut Common<'_>,
        payload: Payload<'_>,
    ) -> Result<StatusAnswer, Cause> {
        payload.prove()?;
        Ok(StatusAnswer::Rejected)
    }

    pub(super) fn claim(&self, _: &Core<'_>, _: ConnectorId, _: &IdToken, _: Option<&IdToken>) -> Claim {
        Claim::Free
    }

    pub(super) fn is_reserved(&self, _: ConnectorId) -> bool {
        false
    }

    pub(super) fn is_reserved_for_others(&self, _: &Core<'_>, _: ConnectorId, _: Option<&IdToken>) -> bool {
        false
    }

    pub(super) fn find_reservation(&self, _: &mut Core<'_>, _: ConnectorId) {}

    pub(super) fn reservation_used(&mut self, _: &mut Common<'_>, _: i32, _: u32) {}

    pub(super) fn advance_reservations(&mut self, _: &mut Core<'_>, _: Instant) {}
}

pub(super) fn announce_hardware(_: &mut Common<'_>) {}
