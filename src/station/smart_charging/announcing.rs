//! What the keys say about smart charging.

use super::{
    CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT, CHARGING_SCHEDULE_MAX_PERIODS,
    CONNECTOR_SWITCH_3_TO_1_PHASE_SUPPORTED, MAX_CHARGING_PROFILES_INSTALLED, Profiles,
};
use crate::station::core_profile::Core;
use crate::station::keys;
use crate::station::room::Room;
use crate::store::Keys;
use crate::types::FeatureProfile;

impl Profiles<'_> {
    /// How many profiles there may be, and how long their schedules.
    pub(in crate::station) fn announce(&self, keys: &mut Keys<'_>, room: &Room) {
        keys.set_integer(&CHARGING_SCHEDULE_MAX_PERIODS, room.periods.min(self.periods_max() as u16).into());
        keys.set_integer(&MAX_CHARGING_PROFILES_INSTALLED, self.profiles_max() as i32);
    }
}

/// What the outputs say about the hardware, once all are set.
pub(in crate::station) fn announce_hardware(core: &mut Core<'_>) {
    let has_current = core.connectors.iter().any(|connector| connector.equipment.has_current_limit());
    let has_power = core.connectors.iter().any(|connector| connector.equipment.has_power_limit());
    let keys = &mut core.common.keys;
    keys.set_member(&CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT, 0, has_current);
    keys.set_member(&CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT, 1, has_power);
    keys.set_member(
        &keys::SUPPORTED_FEATURE_PROFILES,
        FeatureProfile::SmartCharging as usize,
        has_current || has_power,
    );
    keys.fix_switch(&CONNECTOR_SWITCH_3_TO_1_PHASE_SUPPORTED); // SC-43
}
