//! The settings that the central system may change.

use super::core_profile::Core;
use super::device::shelf::{RecordChange, Shelf};
use super::metering::Meters;
use super::signed_values::is_telling_of_key;
use super::{free_vend, phase_rotation};
use crate::json::JsonStr;
use crate::store::{IntegerKey, KeyId, RecordKey, Refusal, Scratch, StorageOp, is_long_list};

/// How many keys may be named at once (CFG-03: not a limit for the list of all keys).
pub(crate) const GET_CONFIGURATION_MAX_KEYS: IntegerKey = IntegerKey::new(9, 0, 0, 1000).read_only();

impl Core<'_> {
    /// Whether the new value waits for the next boot.
    pub(crate) fn change_key(&mut self, key: KeyId, value: JsonStr<'_>) -> Result<bool, Refusal> {
        let meters = Meters { connectors: self.connectors, inputs: self.meter_inputs };
        let phase_rotation = phase_rotation::CONNECTOR_PHASE_ROTATION.slot();
        let free_vend = free_vend::FREE_VEND_ID_TAG.slot();
        self.common.keys.change(key, value, &|slot, list| {
            if slot == phase_rotation {
                phase_rotation::are_known(list, meters.connectors.len())
            } else {
                slot == free_vend || is_long_list(slot) || is_telling_of_key(slot) || meters.can_measure(list)
            }
        })?;
        Ok(self.common.keys.get(key).is_some_and(|key| key.reboot_required))
    }
}

pub(super) struct KeyShelf;

impl Shelf for KeyShelf {
    fn find(&self, core: &Core<'_>, index: u16) -> Option<(u16, RecordKey)> {
        let key = core.common.keys.stored_from(index as u8)?;
        Some((key.index().into(), core.common.keys.record(key)?))
    }

    fn load(&mut self, core: &mut Core<'_>, index: u16, _: RecordKey, record: &[u8]) {
        core.common.keys.load(KeyId::at(index as u8), record);
    }

    fn is_promised(&self, core: &Core<'_>) -> bool {
        core.common.keys.is_unsaved()
    }

    fn change(&mut self, core: &mut Core<'_>, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        let key = core.common.keys.next_unsaved()?;
        let StorageOp::Store(record, len) = core.common.keys.store(key, scratch.blank())? else {
            return None;
        };
        Some(RecordChange::sealed(record, len))
    }

    fn changed(&mut self, core: &mut Core<'_>, _: RecordKey) {
        core.common.keys.saved();
    }
}
