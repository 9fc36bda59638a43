//! UnlockConnector (OCPP 1.6 §5.18).

use super::answer::{Cause, StatusAnswer};
use crate::json::{Field, FieldKind, Payload};
use crate::rpc::Composer;
use crate::station::unlock::Unlocking;
use crate::station::{Station, UnlockResult};
use crate::time::Instant;
use crate::types::ConnectorId;

/// Says at once why not, or with `None` that the answer comes when the lock has given its own.
#[inline(never)]
pub(super) fn unlock_connector(
    station: &mut Station<'_>,
    now: Instant,
    payload: Payload<'_>,
) -> Result<Option<StatusAnswer>, Cause> {
    const FIELDS: [Field; 1] = [Field::required("connectorId", FieldKind::Integer)];
    let [connector] = payload.read(&FIELDS)?;
    let connector = connector.integer().and_then(|id| ConnectorId::try_from(id).ok()).unwrap_or(0);
    Ok(match station.unlock.unlock_connector(&mut station.core, now, connector) {
        Unlocking::Begun => None,
        Unlocking::NoLock => Some(StatusAnswer::NotSupported),
        Unlocking::Busy => Some(StatusAnswer::UnlockFailed),
    })
}

/// Writes the answer once the lock has given it.
pub(super) fn unlock_answer(station: &mut Station<'_>, answer: &mut Composer<'_>) -> bool {
    let Some(result) = station.unlock.take_result() else { return false };
    let position = answer.position();
    let status = match result {
        UnlockResult::Unlocked => StatusAnswer::Unlocked,
        _ => StatusAnswer::UnlockFailed,
    };
    let written = answer.payload(&status).is_ok();
    station.custom.show(b"UnlockConnector", None, Some(answer.written(position)));
    written
}
