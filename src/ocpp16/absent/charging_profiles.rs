//! Stands in for the messages of smart charging where that profile is left out.

use crate::json::Payload;
use crate::ocpp16::answer::{Cause, StatusAnswer};
use crate::rpc::Composer;
use crate::station::Station;
use crate::station::smart_charging::Draft;
use crate::store::Scratch;
use crate::time::Instant;

// Nobody asks: `operation::refuse` answers for a profile that is not there.

pub(super) fn set_charging_profile(
    _: &mut Station<'_>,
    _: Instant,
    _: Payload<'_>,
    _: &mut Scratch<'_>,
) -> Result<StatusAnswer, Cause> {
    Err(Cause::NotSupported)
}

pub(super) fn read_profile_of_start(_: &[u8], _: &mut [u8], _: usize) -> Result<Draft, Cause> {
    Err(Cause::NotSupported)
}

pub(super) fn clear_charging_profile(_: &mut Station<'_>, _: Payload<'_>) -> Result<StatusAnswer, Cause> {
    Err(Cause::NotSupported)
}

pub(super) fn get_composite_schedule(
    _: &mut Station<'_>,
    _: Instant,
    _: Payload<'_>,
    _: &mut Composer<'_>,
) -> Result<(), Cause> {
    Err(Cause::NotSupported)
}
