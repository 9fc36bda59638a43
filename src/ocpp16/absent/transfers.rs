//! Stands in for UpdateFirmware and GetDiagnostics where that profile is left out.

use crate::json::{Payload, Raw};
use crate::ocpp16::answer::Cause;
use crate::rpc::{Composer, Reply};
use crate::station::transfer::Direction;
use crate::station::{CallName, Station};
use crate::store::Scratch;

/// Nobody asks: `operation::refuse` answers for a profile that is not there.
pub(super) fn transfer_request(
    _: &mut Station<'_>,
    _: Direction,
    _: Payload<'_>,
    _: &mut Composer<'_>,
    _: &mut Scratch<'_>,
) -> Result<Reply, Cause> {
    Err(Cause::NotSupported)
}

pub(super) fn status_notification(_: &mut Station<'_>) -> Option<(CallName, &'static str, Raw<'static>)> {
    None
}
