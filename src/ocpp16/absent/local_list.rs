//! Stands in for the local authorisation list where that profile is left out.

use crate::json::{Payload, Raw};
use crate::ocpp16::answer::{Cause, StatusAnswer};
use crate::station::Station;
use crate::store::Scratch;

/// RPC-14: a profile of which this build has nothing says so by a status, where there is one.
pub(super) fn get_local_list_version(_: &Station<'_>, payload: Payload<'_>) -> Result<Raw<'static>, Cause> {
    payload.prove()?;
    Ok(Raw(b"{\"listVersion\":-1}"))
}

pub(super) fn send_local_list(
    _: &mut Station<'_>,
    payload: Payload<'_>,
    _: &mut Scratch<'_>,
) -> Result<Option<StatusAnswer>, Cause> {
    payload.prove()?;
    Ok(Some(StatusAnswer::NotSupported))
}
