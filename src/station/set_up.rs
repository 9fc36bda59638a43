//! What the keys say of this charge point: of its buffers when it is made, of its hardware when that is known.

use super::reservation::Reservations;
use super::room::Room;
use super::unlock::UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT;
use super::{Station, configuration, keys, metering, phase_rotation, reservation, smart_charging, trigger};
use crate::types::FeatureProfile;

impl Station<'_> {
    /// Gives the keys their factory values, once, where the station is to stay.
    pub(crate) fn set_up(&mut self, room: &Room) {
        let keys = &mut self.core.common.keys;
        keys.load_factory();
        keys.set_integer(&keys::NUMBER_OF_CONNECTORS, self.core.connectors.len() as i32);
        let rotations = room.rotations.min(self.core.connectors.len() as u16 + 1);
        keys.set_integer(&phase_rotation::CONNECTOR_PHASE_ROTATION_MAX_LENGTH, rotations.into());
        keys.set_integer(&configuration::GET_CONFIGURATION_MAX_KEYS, room.key_names.into());
        metering::announce(keys, room);
        phase_rotation::set_unknown(keys, self.core.connectors.len());
        keys.set_member(&keys::SUPPORTED_FEATURE_PROFILES, FeatureProfile::Core as usize, true);
        self.tokens.local_list.announce(keys, room);
        Reservations::announce(keys);
        self.profiles.announce(keys, room);
        trigger::announce(keys);
    }

    /// All inputs and outputs are set: without a lock there is nothing to unlock (errata 3.84), and what nobody does is no
    /// profile of this charge point.
    pub(crate) fn announce_hardware(&mut self) {
        if !self.core.connector_ids().any(|id| self.core.has_lock(id)) {
            self.core.common.keys.fix_off(&UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT);
        }
        reservation::announce_hardware(&mut self.core.common);
        self.transfers.announce_firmware_management(&mut self.core.common);
        smart_charging::announce_hardware(&mut self.core);
        self.core.announce_signed_meters();
        self.core.common.withdraw_profiles();
    }
}
