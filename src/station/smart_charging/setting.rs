//! SetChargingProfile and ClearChargingProfile, and the profile of a remote start.

use super::profile::{Bound, symbol};
use super::{CHARGE_PROFILE_MAX_STACK_LEVEL, CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT, Draft, Profiles, Supply};
use crate::json::{Field, Kind, Payload, Seen, Strictness, Value, Walk};
use crate::station::answer::{Cause, StatusAnswer, accepted_if};
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::station::session::Phase;
use crate::station::{ChargingProfilePurpose as Purpose, ChargingRateUnit as Unit, ConnectorId};
use crate::store::Scratch;
use crate::time::{DateTime, Instant};

impl Profiles<'_> {
    pub(crate) fn set_supply(&mut self, core: &mut Core<'_>, supply: Supply) {
        core.supply = supply.sound();
        self.is_active = true;
    }

    /// Whether limits of this unit are allowed.
    pub(super) fn takes(common: &Common<'_>, unit: Unit) -> bool {
        common.keys.has_member(&CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT, unit as usize)
    }

    /// SC-26: whether there is anybody to tell a limit to.
    pub(in crate::station) fn can_limit(&self, common: &Common<'_>) -> Result<(), Cause> {
        match Self::takes(common, Unit::A) || Self::takes(common, Unit::W) {
            true => Ok(()),
            false => Err(Cause::NotSupported),
        }
    }

    #[inline(never)]
    pub(crate) fn set_charging_profile(
        &mut self,
        core: &mut Core<'_>,
        now: Instant,
        payload: Payload<'_>,
        scratch: &mut Scratch<'_>,
    ) -> Result<StatusAnswer, Cause> {
        const FIELDS: [Field; 2] =
            [Field::required("connectorId", Kind::Integer), Field::required("csChargingProfiles", Kind::Object)];
        self.can_limit(&core.common)?;
        let scratch = scratch.blank(); // the periods go there first
        let (mut id, mut draft) = (None, None);
        let mut walk = payload.walk();
        let mut seen = Seen::default();
        while let Some((place, value)) = walk.member(&mut seen, &FIELDS)? {
            match place {
                0 => id = value.integer(),
                _ => draft = Some(self.read_draft(&mut walk, scratch)?),
            }
        }
        walk.end()?;
        let id = id.and_then(|id| ConnectorId::try_from(id).ok()).filter(|id| *id <= core.connector_count());
        let (Some(id), Some(mut draft)) = (id, draft) else { return Err(Cause::ConnectorId) };
        let date = core.common.clock.date(now).map_or(0, DateTime::as_unix);
        if draft.profile.is_relative_maximum() {
            draft.profile.start = date;
        }
        let is_installed = self.is_allowed(core, id, &mut draft) && self.install(&draft, scratch, date);
        Self::profiles_changed(&mut core.common);
        Ok(accepted_if(is_installed))
    }

    fn read_draft(&self, walk: &mut Walk<'_>, scratch: &mut [u8]) -> Result<Draft, Cause> {
        Draft::read(walk, scratch, self.periods_max())
    }

    /// Whether the profile may be installed on this connector as things stand; it is made to fit then.
    fn is_allowed(&self, core: &Core<'_>, id: ConnectorId, draft: &mut Draft) -> bool {
        let profile = &mut draft.profile;
        profile.connector = id;
        let is_fit = match profile.purpose {
            Purpose::ChargePointMaxProfile => id == 0,
            Purpose::TxDefaultProfile => true,
            // SC-03
            Purpose::TxProfile => core.connector(id).is_some_and(|connector| {
                let entry = connector.session.entry;
                profile.bound = Bound::Entry(entry);
                connector.session.phase() == Phase::Running
                    && (draft.transaction.is_none() || draft.transaction == connector.confirmed.id_of(entry))
            }),
        };
        is_fit && draft.is_sound && self.is_in_bounds(&core.common, draft)
    }

    /// SC-23
    fn is_in_bounds(&self, common: &Common<'_>, draft: &Draft) -> bool {
        u32::from(draft.profile.stack_level) <= common.keys.unsigned(&CHARGE_PROFILE_MAX_STACK_LEVEL)
            && Self::takes(common, draft.profile.unit)
    }

    fn profiles_changed(common: &mut Common<'_>) {
        common.persistence.has_chores = true;
    }

    /// The profile of a RemoteStartTransaction. `None` when it cannot be taken (RC-08).
    pub(in crate::station) fn profile_of_start(
        &self,
        common: &Common<'_>,
        profile: &[u8],
        scratch: &mut [u8],
    ) -> Result<Option<Draft>, Cause> {
        let mut draft = self.read_draft(&mut Walk::of(profile, Strictness::NoOthers), scratch)?;
        draft.profile.bound = Bound::Coming;
        let is_fit = draft.profile.purpose == Purpose::TxProfile && draft.transaction.is_none() && draft.is_sound;
        let has_room = self.room_for(&draft).is_some();
        Ok((is_fit && has_room && self.is_in_bounds(common, &draft)).then_some(draft))
    }

    /// The session that the profile came with has begun (RC-09).
    pub(in crate::station) fn session_limited(
        &mut self,
        common: &mut Common<'_>,
        id: ConnectorId,
        mut draft: Draft,
        scratch: &[u8],
    ) {
        draft.profile.connector = id;
        self.install(&draft, scratch, 0);
        Self::profiles_changed(common);
    }

    #[inline(never)]
    pub(crate) fn clear_charging_profile(
        &mut self,
        common: &mut Common<'_>,
        payload: Payload<'_>,
    ) -> Result<StatusAnswer, Cause> {
        const FIELDS: [Field; 4] = [
            Field::optional("id", Kind::Integer),
            Field::optional("connectorId", Kind::Integer),
            Field::optional("chargingProfilePurpose", Kind::Text(30)),
            Field::optional("stackLevel", Kind::Integer),
        ];
        self.can_limit(common)?;
        let [id, connector, purpose, level] = payload.read(&FIELDS)?;
        let purpose: Option<Purpose> = match purpose {
            Value::Absent => None,
            purpose => Some(symbol(purpose, Cause::ChargingProfilePurpose)?),
        };
        let is_it = |wanted: Value<'_>, found: i32| wanted.integer().is_none_or(|wanted| wanted == found);
        let mut found = false;
        for slot in self.slots.iter_mut().filter(|slot| !slot.is_free()) {
            // SC-32, SC-33
            let matches = match id.integer() {
                Some(id) => slot.id == id,
                None => {
                    is_it(connector, slot.connector.into())
                        && purpose.is_none_or(|purpose| purpose == slot.purpose)
                        && is_it(level, slot.stack_level.into())
                }
            };
            if matches {
                slot.remove();
                found = true;
            }
        }
        self.changed();
        Self::profiles_changed(common);
        Ok(if found { StatusAnswer::Accepted } else { StatusAnswer::Unknown }) // SC-34
    }
}
