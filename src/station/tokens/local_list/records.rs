//! The list at boot.

use super::{HASH, LIVE, LocalList, read_entry};
use crate::station::core_profile::Core;
use crate::station::device::shelf::Shelf;
use crate::station::tokens::Tokens;
use crate::station::tokens::tag_record::tag_hash;
use crate::store::record::RecordReader;
use crate::store::{RecordKey, registry};

impl Shelf for Tokens<'_> {
    fn find(&self, _: &Core<'_>, number: u16) -> Option<(u16, RecordKey)> {
        let index = self.local_list.stored_from(number.into())?;
        Some((index as u16, registry::nth(registry::LOCAL_LIST, index)?))
    }

    fn load(&mut self, _: &mut Core<'_>, number: u16, _: RecordKey, record: &[u8]) {
        self.load_list(number.into(), record);
    }
}

impl Tokens<'_> {
    /// The `index`th record has been read at boot. An entry that is damaged is a tag that is not known.
    #[inline(never)]
    fn load_list(&mut self, index: usize, record: &[u8]) {
        let Some(place) = index.checked_sub(1) else { return self.local_list.load_places(record) };
        let hash = read_entry(place, record).map(|(id_tag, _)| tag_hash(&id_tag) & HASH);
        self.local_list.mark(place, hash.map_or(0, |hash| hash | LIVE));
        match hash {
            Some(hash) => self.cache.forget(&|cached| cached & HASH == hash), // the power may have failed before that
            None => self.local_list.has_entries = self.local_list.slots.iter().any(|slot| slot.is(LIVE)),
        }
    }
}

impl LocalList<'_> {
    /// The record of which places count, then from 1 on those of the places that do.
    fn stored_from(&self, index: usize) -> Option<usize> {
        let Some(from) = index.checked_sub(1) else { return Some(0) };
        let place = self.slots.get(from..)?.iter().position(|slot| slot.is(LIVE))?;
        Some(index.saturating_add(place))
    }

    fn load_places(&mut self, record: &[u8]) {
        let Some(mut reader) = RecordReader::open(registry::LOCAL_LIST.start, record) else { return };
        let Some(version) = reader.signed() else { return };
        self.version = version as i32;
        let mut left = self.entries_max(); // a shorter list than that of the firmware before keeps what fits
        for (slots, byte) in self.slots.chunks_mut(8).zip(reader.rest()) {
            for (slot, bit) in slots.iter_mut().zip(0..8) {
                if byte >> bit & 1 == 1 && left > 0 {
                    left = left.saturating_sub(1);
                    slot.0 = LIVE;
                    self.has_entries = true;
                }
            }
        }
    }
}
