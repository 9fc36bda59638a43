//! What the keys say about the list.

use super::{LOCAL_AUTH_LIST_MAX_LENGTH, LocalList, SEND_LOCAL_LIST_MAX_LENGTH};
use crate::station::keys;
use crate::station::room::Room;
use crate::store::Keys;
use crate::types::FeatureProfile;

impl LocalList<'_> {
    /// The profile is there, and how long a list may be.
    pub(crate) fn announce(&self, keys: &mut Keys<'_>, room: &Room) {
        keys.set_member(&keys::SUPPORTED_FEATURE_PROFILES, FeatureProfile::LocalAuthListManagement as usize, true);
        keys.set_integer(&LOCAL_AUTH_LIST_MAX_LENGTH, self.entries_max() as i32);
        keys.set_integer(&SEND_LOCAL_LIST_MAX_LENGTH, room.list_entries.min(self.entries_max() as u16).into());
    }
}
