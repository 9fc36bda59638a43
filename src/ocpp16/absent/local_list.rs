//! Stands in for the local authorisation list where that profile is left out.

use crate::json::{Payload, Raw};
use crate::ocpp16::answer::{Cause, StatusAnswer};
use crate::station::Station;
use crate::store::Scratch;

// Nobody asks: `operation::refuse` answers for a profile that is not there.

pub(super) fn get_local_list_version(_: &Station<'_>, _: Payload<'_>) -> Result<Raw<'static>, Cause> {
    Err(Cause::NotSupported)
}

pub(super) fn send_local_list(
    _: &mut Station<'_>,
    _: Payload<'_>,
    _: &mut Scratch<'_>,
) -> Result<Option<StatusAnswer>, Cause> {
    Err(Cause::NotSupported)
}
