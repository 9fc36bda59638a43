//! Stands in for reservations where that profile is left out: nothing is ever reserved, and the compiler removes the calls.

use super::claim::Claim;
use super::common::Common;
use super::core_profile::Core;
use super::{ConnectorId, IdToken};
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
