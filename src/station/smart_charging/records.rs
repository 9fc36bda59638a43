//! The charging profiles on the device.

use super::Profiles;
use super::profile::{ProfileSlot, record_key};
use crate::station::core_profile::Core;
use crate::station::device::shelf::{RecordChange, Shelf};
use crate::store::{RecordKey, Scratch, registry};

impl Shelf for Profiles<'_> {
    fn find(&self, _: &Core<'_>, number: u16) -> Option<(u16, RecordKey)> {
        registry::among(&registry::CHARGING_PROFILES, number, self.slots.len())
    }

    fn load(&mut self, _: &mut Core<'_>, number: u16, key: RecordKey, record: &[u8]) {
        let index = usize::from(number);
        let loaded = ProfileSlot::load(key, record, self.place(index));
        if let (Some(loaded), Some(slot)) = (loaded, self.slots.get_mut(index)) {
            *slot = loaded;
        }
    }

    fn is_promised(&self, _: &Core<'_>) -> bool {
        self.is_unsaved()
    }

    /// Removals first: no power cut leaves two profiles that exclude each other.
    fn change(&mut self, _: &mut Core<'_>, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        let unsaved = |is_free: bool| self.slots.iter().position(|slot| slot.is_unsaved && slot.is_free() == is_free);
        let index = unsaved(true).or_else(|| unsaved(false))?;
        let (slot, key) = (self.slots.get(index)?, record_key(index)?);
        let change = match slot.is_free() {
            true => RecordChange::remove(key),
            false => RecordChange::sealed(key, slot.write(key, self.periods_of(index), scratch.blank())?),
        };
        self.storing = Some(index as u8);
        Some(change)
    }

    fn changed(&mut self, _: &mut Core<'_>, _: RecordKey) {
        let stored = self.storing.take();
        if let Some(slot) = stored.and_then(|index| self.slots.get_mut(usize::from(index))) {
            slot.is_unsaved = false;
        }
    }
}
