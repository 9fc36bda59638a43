//! Stands in for smart charging where that profile is left out: nothing is limited.

use super::ConnectorId;
use super::answer::{Cause, StatusAnswer};
use super::common::Common;
use super::core_profile::Core;
use crate::json::Payload;
use crate::rpc::Composer;
use crate::store::{Keys, Scratch};
use crate::time::Instant;
use core::marker::PhantomData;

pub(crate) struct ProfileSlot;

#[derive(Clone, Copy)]
pub(crate) struct ChargingPeriod;

pub(super) struct Limits;

pub(super) struct Supply;

pub(crate) struct Profiles<'a>(PhantomData<&'a ()>);

pub(super) struct Draft;

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

    pub(super) fn announce(&self, _: &mut Keys<'_>, _: usize) {}

    pub(super) fn changed(&mut self) {}

    pub(super) fn outputs_changed(&mut self) {}

    pub(super) fn session_begins(&mut self, _: ConnectorId) {}
}

impl Profiles<'_> {
    pub(super) fn can_limit(&self, _: &Common<'_>) -> Result<(), Cause> {
        Err(Cause::NotSupported)
    }

    /// Errata 3.39: there is no status for a profile that is not supported.
    pub(crate) fn set_charging_profile(
        &mut self,
        _: &mut Core<'_>,
        _: Instant,
        _: Payload<'_>,
        _: &mut Scratch<'_>,
    ) -> Result<StatusAnswer, Cause> {
        Err(Cause::NotSupported)
    }

    pub(crate) fn clear_charging_profile(&mut self, _: &mut Common<'_>, _: Payload<'_>) -> Result<StatusAnswer, Cause> {
        Err(Cause::NotSupported)
    }

    pub(crate) fn get_composite_schedule(
        &self,
        _: &Core<'_>,
        _: Instant,
        _: Payload<'_>,
        _: &mut Composer<'_>,
    ) -> Result<(), Cause> {
        Err(Cause::NotSupported)
    }

    /// RC-10: the profile of a remote start is ignored.
    pub(super) fn profile_of_start(&self, _: &Common<'_>, _: &[u8], _: &mut [u8]) -> Result<Option<Draft>, Cause> {
        Ok(None)
    }

    pub(super) fn session_limited(&mut self, _: &mut Common<'_>, _: ConnectorId, _: Draft, _: &[u8]) {}

    pub(super) fn advance_limits(&mut self, _: &mut Core<'_>, _: Instant) {}
}

pub(super) fn announce_hardware(_: &mut Core<'_>) {}
