//! What the keys say about reservations.

use super::{RESERVE_CONNECTOR_ZERO_SUPPORTED, Reservations};
use crate::station::common::Common;
use crate::station::keys;
use crate::store::Keys;
use crate::types::FeatureProfile;

impl Reservations<'_> {
    /// The profile is there.
    pub(in crate::station) fn announce(keys: &mut Keys<'_>) {
        keys.set_member(&keys::SUPPORTED_FEATURE_PROFILES, FeatureProfile::Reservation as usize, true);
    }
}

/// KEY-40: the switch is the firmware's, until it has begun.
pub(in crate::station) fn announce_hardware(common: &mut Common<'_>) {
    common.keys.fix_switch(&RESERVE_CONNECTOR_ZERO_SUPPORTED);
}
