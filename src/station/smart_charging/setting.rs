//! SetChargingProfile and ClearChargingProfile, and the profile of a remote start.

use super::profile::Bound;
use super::{CHARGE_PROFILE_MAX_STACK_LEVEL, CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT, Draft, Profiles, Supply};
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::station::session::Phase;
use crate::station::{ChargingProfilePurpose as Purpose, ChargingRateUnit as Unit, ConnectorId};
use crate::time::{DateTime, Instant};

/// Which profiles are to be cleared: the one with this id, or those to which nothing else here is contrary.
pub(crate) struct WantedProfiles {
    pub(crate) id: Option<i32>,
    pub(crate) connector: Option<i32>,
    pub(crate) purpose: Option<Purpose>,
    pub(crate) stack_level: Option<i32>,
}

impl Profiles<'_> {
    pub(crate) fn set_supply(&mut self, core: &mut Core<'_>, supply: Supply) {
        core.supply = supply.sound();
        self.is_active = true;
    }

    /// Whether limits of this unit are allowed.
    pub(super) fn takes(common: &Common<'_>, unit: Unit) -> bool {
        common.keys.has_member(&CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT, unit as usize)
    }

    /// Installs a profile whose periods lie in `scratch`; `false` when it may not be.
    pub(crate) fn set_charging_profile(
        &mut self,
        core: &mut Core<'_>,
        now: Instant,
        id: ConnectorId,
        mut draft: Draft,
        scratch: &[u8],
    ) -> bool {
        let date = core.common.clock.date(now).map_or(0, DateTime::as_unix);
        if draft.profile.is_relative_maximum() {
            draft.profile.start = date;
        }
        let is_installed = self.is_allowed(core, id, &mut draft) && self.install(&draft, scratch, date);
        Self::profiles_changed(&mut core.common);
        is_installed
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
    pub(in crate::station) fn profile_of_start(&self, common: &Common<'_>, mut draft: Draft) -> Option<Draft> {
        draft.profile.bound = Bound::Coming;
        let is_fit = draft.profile.purpose == Purpose::TxProfile && draft.transaction.is_none() && draft.is_sound;
        let has_room = self.room_for(&draft).is_some();
        (is_fit && has_room && self.is_in_bounds(common, &draft)).then_some(draft)
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

    /// Removes those that are meant; `false` when there were none.
    pub(crate) fn clear_charging_profiles(&mut self, common: &mut Common<'_>, wanted: &WantedProfiles) -> bool {
        let is_it = |wanted: Option<i32>, found: i32| wanted.is_none_or(|wanted| wanted == found);
        let mut found = false;
        for slot in self.slots.iter_mut().filter(|slot| !slot.is_free()) {
            // SC-32, SC-33
            let matches = match wanted.id {
                Some(id) => slot.id == id,
                None => {
                    is_it(wanted.connector, slot.connector.into())
                        && wanted.purpose.is_none_or(|purpose| purpose == slot.purpose)
                        && is_it(wanted.stack_level, slot.stack_level.into())
                }
            };
            if matches {
                slot.remove();
                found = true;
            }
        }
        self.changed();
        Self::profiles_changed(common);
        found
    }
}
