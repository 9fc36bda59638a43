//! The entries of the cache on the device.

use super::{Cache, CacheSlot, SlotState, record_key};
use crate::station::core_profile::Core;
use crate::station::device::shelf::{RecordChange, Shelf};
use crate::station::tokens::tag_record::{read_tag, write_tag};
use crate::station::{IdTagInfo, IdToken};
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::{RecordKey, Scratch, registry};

impl Shelf for Cache<'_> {
    fn find(&self, _: &Core<'_>, number: u16) -> Option<(u16, RecordKey)> {
        registry::among(&registry::CACHE, number, self.slots.len())
    }

    fn load(&mut self, _: &mut Core<'_>, number: u16, _: RecordKey, record: &[u8]) {
        let index = usize::from(number);
        let Some((age, id_tag, info)) = read_entry(index, record) else { return };
        self.age = self.age.max(age);
        if let Some(slot) = self.slots.get_mut(index) {
            *slot = CacheSlot::of(&id_tag, &info, age);
        }
    }

    fn is_promised(&self, _: &Core<'_>) -> bool {
        self.is_clearing // what is learnt is nobody's promise
    }

    fn change(&mut self, _: &mut Core<'_>, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        if self.is_clearing {
            if let Some(dropped) = self.slots.iter().position(|slot| slot.state == SlotState::Dropped) {
                return Some(RecordChange::remove(record_key(dropped)?));
            }
            self.is_clearing = false;
        }
        let entry = self.unsaved.as_ref()?;
        let index = usize::from(entry.slot);
        let (slot, key) = (self.slots.get(index)?, record_key(index)?);
        let mut writer = RecordWriter::new(scratch.blank());
        writer.unsigned(slot.age.into());
        write_tag(&mut writer, &entry.id_tag, &entry.info);
        RecordChange::store(key, writer)
    }

    fn changed(&mut self, _: &mut Core<'_>, record: RecordKey) {
        match self.slots.get_mut(usize::from(registry::place(&registry::CACHE, record))) {
            Some(slot) if slot.state == SlotState::Dropped => slot.state = SlotState::Free,
            _ => self.unsaved = None,
        }
    }
}

pub(super) fn read_entry(index: usize, record: &[u8]) -> Option<(u32, IdToken, IdTagInfo)> {
    let mut reader = RecordReader::open(record_key(index)?, record)?;
    let age = reader.u32()?;
    let (id_tag, info) = read_tag(&mut reader)?;
    Some((age, id_tag, info))
}
