//! Stands in for smart charging where that profile is left out: nothing is limited.

use super::ConnectorId;
use super::common::Common;
use super::core_profile::Core;
use super::room::Room;
use crate::store::Keys;
use crate::time::Instant;
use core::marker::PhantomData;

pub(crate) struct ProfileSlot;

#[derive(Clone, Copy)]
pub(crate) struct ChargingPeriod;

pub(super) struct Limits;

pub(super) struct Supply;

pub(crate) struct Profiles<'a>(PhantomData<&'a ()>);

pub(crate) struct Draft;

impl ProfileSlot {
    pub(crate) const FREE: Self = Self;
}

impl ChargingPeriod {
    pub(crate) const NONE: Self = Self;
}

impl Supply {
    pub(super) const DEFAULT: Self = Self;
}

impl Limits {
    pub(super) const fn new() -> Self {
        Self
    }

    pub(super) fn is_zero(&self) -> bool {
        false
    }
}

impl<'a> Profiles<'a> {
    pub(super) fn new(_: &'a mut [ProfileSlot], _: &'a mut [ChargingPeriod]) -> Self {
        Self(PhantomData)
    }

    pub(super) fn announce(&self, _: &mut Keys<'_>, _: &Room) {}

    pub(super) fn changed(&mut self) {}

    pub(super) fn outputs_changed(&mut self) {}

    pub(super) fn session_begins(&mut self, _: ConnectorId) {}
}

impl Profiles<'_> {
    pub(crate) fn periods_max(&self) -> usize {
        0
    }

    pub(super) fn profile_of_start(&self, _: &Common<'_>, draft: Draft) -> Option<Draft> {
        Some(draft)
    }

    pub(super) fn session_limited(&mut self, _: &mut Common<'_>, _: ConnectorId, _: Draft, _: &[u8]) {}

    pub(super) fn advance_limits(&mut self, _: &mut Core<'_>, _: Instant) {}
}

pub(super) fn announce_hardware(_: &mut Core<'_>) {}
