//! What the keys say of this charge point: of its buffers when it is made, of its hardware when that is known.

use super::reservation::Reservations;
use super::unlock::{UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT, UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT_NAME};
use super::{Station, configuration, keys, metering, phase_rotation, reservation, smart_charging, trigger};
use crate::types::FeatureProfile;

impl Station<'_> {
    /// Gives the keys their factory values, once, where the operations are to stay. `receive` is the length of the receive
    /// buffer.
    pub(crate) fn set_up(&mut self, receive: usize) {
        let keys = &mut self.core.common.keys;
        keys.load_factory();
        keys.set_integer(&keys::NUMBER_OF_CONNECTORS, self.core.connectors.len() as i32);
        let rotations = phase_rotation::items_max(receive, self.core.connectors.len());
        keys.set_integer(&phase_rotation::CONNECTOR_PHASE_ROTATION_MAX_LENGTH, rotations);
        keys.set_integer(&configuration::GET_CONFIGURATION_MAX_KEYS, configuration::names_max(receive));
        metering::announce(keys, receive);
        phase_rotation::set_unknown(keys, self.core.connectors.len());
        keys.set_member(&keys::SUPPORTED_FEATURE_PROFILES, FeatureProfile::Core as usize, true);
        self.tokens.local_list.announce(keys, receive);
        Reservations::announce(keys);
        self.profiles.announce(keys, receive);
        trigger::announce(keys);
    }

    /// All inputs and outputs are set: without a lock there is nothing to unlock (errata 3.84), and what nobody does is no
    /// profile of this charge point.
    pub(crate) fn announce_hardware(&mut self) {
        if !self.core.connector_ids().any(|id| self.core.has_lock(id)) {
            let _ = self.core.common.keys.fix(UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT_NAME);
            self.core.common.keys.set_switch(&UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT, false);
        }
        reservation::announce_hardware(&mut self.core.common);
        self.transfers.announce_firmware_management(&mut self.core.common);
        smart_charging::announce_hardware(&mut self.core);
        self.core.announce_signed_meters();
        self.core.common.withdraw_profiles();
    }
}
