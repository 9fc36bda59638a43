//! RemoteStartTransaction and RemoteStopTransaction (OCPP 1.6 §5.11, §5.12).

use super::answer::{Cause, StatusAnswer, accepted_if};
use super::charging_profiles::read_profile_of_start;
use crate::json::{Field, FieldKind, Payload};
use crate::station::journal::delivery::UNDELIVERABLE;
use crate::station::{Connector, Station};
use crate::store::Scratch;
use crate::time::Instant;
use crate::types::{ConnectorId, FeatureProfile, IdToken};

#[inline(never)]
pub(super) fn remote_start_transaction(
    station: &mut Station<'_>,
    now: Instant,
    payload: Payload<'_>,
    scratch: &mut Scratch<'_>,
) -> Result<StatusAnswer, Cause> {
    const FIELDS: [Field; 3] = [
        Field::optional("connectorId", FieldKind::Integer),
        Field::required("idTag", FieldKind::Text(20)),
        // RC-10: without smart charging the profile is ignored.
        Field::optional("chargingProfile", FieldKind::Object),
    ];
    let [connector, shown, profile] = payload.read(&FIELDS)?;
    let mut id_tag = IdToken::new();
    if !id_tag.set(shown.text()) {
        return Err(Cause::IdTag);
    }
    let periods = scratch.blank();
    let profile = match profile.nested().filter(|_| station.core.common.has_profile(FeatureProfile::SmartCharging)) {
        Some(profile) => Some(read_profile_of_start(profile, periods, station.profiles.periods_max())?),
        None => None,
    };
    let on = connector.integer().map(|id| ConnectorId::try_from(id).unwrap_or(ConnectorId::MAX));
    Ok(accepted_if(station.start_remotely(now, id_tag, on, profile, periods)))
}

#[inline(never)]
pub(super) fn remote_stop_transaction(
    station: &mut Station<'_>,
    now: Instant,
    payload: Payload<'_>,
) -> Result<StatusAnswer, Cause> {
    const FIELDS: [Field; 1] = [Field::required("transactionId", FieldKind::Number)];
    let [transaction] = payload.read(&FIELDS)?;
    // TX-04: several transactions may have the id of those that the central system does not know.
    let wanted = transaction.long()?.filter(|id| *id != UNDELIVERABLE);
    let is_meant = |connector: &Connector<'_>| wanted.is_some() && connector.transaction_id() == wanted;
    Ok(accepted_if(station.core.stop_remotely(now, &is_meant)))
}
