//! What the keys say about smart charging.

use super::{
    CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT, CHARGING_SCHEDULE_MAX_PERIODS, CONNECTOR_SWITCH_NAME,
    MAX_CHARGING_PROFILES_INSTALLED, Profiles,
};
use crate::station::core_profile::Core;
use crate::station::keys::{self, announced};
use crate::store::Keys;
use crate::types::FeatureProfile;

impl Profiles<'_> {
    /// How many profiles there may be, and how long their schedules.
    pub(in crate::station) fn announce(&self, keys: &mut Keys<'_>, receive: usize) {
        keys.set_integer(&CHARGING_SCHEDULE_MAX_PERIODS, periods_max(receive, self.periods_max()));
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
    let _ = keys.fix(CONNECTOR_SWITCH_NAME); // SC-43
}

/// How many periods the receive buffer has room for, of a schedule of `most`.
fn periods_max(receive: usize, most: usize) -> i32 {
    const REQUEST: &str = concat!(
        r#"[2,"00000000-0000-0000-0000-000000000000","SetChargingProfile",{"connectorId":63,"csChargingProfiles":"#,
        r#"{"chargingProfileId":2147483647,"transactionId":2147483647,"stackLevel":8,"chargingProfilePurpose":"#,
        r#""ChargePointMaxProfile","chargingProfileKind":"Recurring","recurrencyKind":"Weekly","validFrom":"#,
        r#""2025-12-31T23:59:59.999+00:00","validTo":"2025-12-31T23:59:59.999+00:00","chargingSchedule":{"#,
        r#""duration":2147483647,"startSchedule":"2025-12-31T23:59:59.999+00:00","chargingRateUnit":"W","#,
        r#""minChargingRate":99999.9,"chargingSchedulePeriod":[]}}}]"#
    );
    const PERIOD: &str = r#"{"startPeriod":2678400,"limit":99999.9,"numberPhases":3},"#;
    announced(receive, REQUEST, PERIOD, most)
}
