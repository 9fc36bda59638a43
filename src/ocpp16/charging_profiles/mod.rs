//! SetChargingProfile and ClearChargingProfile (OCPP 1.6 §6.43, §6.13), and the profile of RemoteStartTransaction.

mod composite_schedule;
mod profile;

pub(super) use composite_schedule::get_composite_schedule;

use crate::json::{Field, FieldKind, FieldValue, MemberWalk, Payload, Seen, Strictness};
use crate::ocpp16::answer::{Cause, StatusAnswer, accepted_if};
use crate::station::Station;
use crate::station::smart_charging::{Draft, WantedProfiles};
use crate::store::Scratch;
use crate::time::Instant;
use crate::types::ConnectorId;
use profile::{read_profile, symbol};

#[inline(never)]
pub(super) fn set_charging_profile(
    station: &mut Station<'_>,
    now: Instant,
    payload: Payload<'_>,
    scratch: &mut Scratch<'_>,
) -> Result<StatusAnswer, Cause> {
    const FIELDS: [Field; 2] =
        [Field::required("connectorId", FieldKind::Integer), Field::required("csChargingProfiles", FieldKind::Object)];
    let (profiles, core) = (&mut station.profiles, &mut station.core);
    let scratch = scratch.blank(); // the periods go there first
    let (mut id, mut draft) = (None, None);
    let mut walk = payload.walk();
    let mut seen = Seen::default();
    while let Some((place, value)) = walk.member(&mut seen, &FIELDS)? {
        match place {
            0 => id = value.integer(),
            _ => draft = Some(read_profile(&mut walk, scratch, profiles.periods_max())?),
        }
    }
    walk.end()?;
    let id = id.and_then(|id| ConnectorId::try_from(id).ok()).filter(|id| *id <= core.connector_count());
    let (Some(id), Some(draft)) = (id, draft) else { return Err(Cause::ConnectorId) };
    Ok(accepted_if(profiles.set_charging_profile(core, now, id, draft, scratch)))
}

/// The profile of a RemoteStartTransaction, which `object` holds.
pub(super) fn read_profile_of_start(object: &[u8], scratch: &mut [u8], periods_max: usize) -> Result<Draft, Cause> {
    read_profile(&mut MemberWalk::of(object, Strictness::NoOthers), scratch, periods_max)
}

#[inline(never)]
pub(super) fn clear_charging_profile(station: &mut Station<'_>, payload: Payload<'_>) -> Result<StatusAnswer, Cause> {
    const FIELDS: [Field; 4] = [
        Field::optional("id", FieldKind::Integer),
        Field::optional("connectorId", FieldKind::Integer),
        Field::optional("chargingProfilePurpose", FieldKind::Text(30)),
        Field::optional("stackLevel", FieldKind::Integer),
    ];
    let (profiles, common) = (&mut station.profiles, &mut station.core.common);
    let [id, connector, purpose, level] = payload.read(&FIELDS)?;
    let purpose = match purpose {
        FieldValue::Absent => None,
        purpose => Some(symbol(purpose, Cause::ChargingProfilePurpose)?),
    };
    let wanted =
        WantedProfiles { id: id.integer(), connector: connector.integer(), purpose, stack_level: level.integer() };
    let found = profiles.clear_charging_profiles(common, &wanted);
    Ok(if found { StatusAnswer::Accepted } else { StatusAnswer::Unknown }) // SC-34
}
