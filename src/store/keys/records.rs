//! The records of keys: one for each that has been changed.

use super::super::record::{RecordReader, RecordWriter};
use super::super::{RecordKey, StorageOp, registry};
use super::{KeyId, Keys, Kind, bit};

impl Keys<'_> {
    pub(super) fn must_store(&mut self, id: KeyId) {
        self.storing.take_if(|storing| *storing == id); // that is the value before
        match self.vendor_key_mut(id) {
            Some(key) => {
                key.unsaved = true;
                self.vendor_unsaved = true;
            }
            None => self.unsaved |= bit(id.0.into()),
        }
    }

    /// Whether a value may have to be stored: [`next_unsaved`](Self::next_unsaved) knows.
    pub fn is_unsaved(&self) -> bool {
        self.unsaved != 0 || self.vendor_unsaved
    }

    /// The next key whose value is to be stored.
    pub fn next_unsaved(&mut self) -> Option<KeyId> {
        if self.unsaved != 0 {
            return Some(KeyId(self.unsaved.trailing_zeros() as u8));
        }
        if !self.vendor_unsaved {
            return None;
        }
        let unsaved = self.vendor().position(|key| key.unsaved);
        self.vendor_unsaved = unsaved.is_some();
        Some(KeyId((self.table.len() + unsaved?) as u8))
    }

    /// Writes the record of a key.
    pub fn store(&mut self, id: KeyId, buffer: &mut [u8]) -> Option<StorageOp> {
        let record_key = self.record(id)?;
        let mut record = RecordWriter::new(buffer);
        match self.setting(id).map(|key| (key.kind, key.number)) {
            Some((Kind::List { slot, .. }, _)) => record.bytes(self.slot(slot)),
            Some((_, number)) => record.signed(i64::from(self.number(number))),
            None => self.vendor_key(id)?.store(&mut record),
        }
        let len = record.finish(record_key)?;
        self.storing = Some(id);
        Some(StorageOp::Store(record_key, len))
    }

    /// The record that was [written](Self::store) last is durable; unless the key has changed since, it is saved.
    pub fn saved(&mut self) {
        let Some(id) = self.storing.take() else { return };
        match self.vendor_key_mut(id) {
            Some(key) => key.unsaved = false,
            None => self.unsaved &= !bit(id.0.into()),
        }
    }

    /// The record of a key.
    pub fn record(&self, id: KeyId) -> Option<RecordKey> {
        let number = match self.setting(id) {
            Some(key) => key.number,
            None => self.vendor_key(id)?.number(),
        };
        registry::nth(registry::CONFIGURATION, usize::from(number))
    }

    /// The first key from the `index`th on that may have a record, to be loaded at boot.
    pub fn stored_from(&self, index: u8) -> Option<KeyId> {
        let is_constant =
            |id: &KeyId| self.setting(*id).is_some_and(|key| matches!(key.kind, Kind::Set(_) | Kind::Constant(_)));
        self.ids().skip(usize::from(index)).find(|id| !is_constant(id))
    }

    /// Takes over a stored value. A number is brought into the range that the key has now; a damaged record is left alone.
    #[inline(never)]
    pub fn load(&mut self, id: KeyId, record: &[u8]) {
        let Some(mut reader) = self.record(id).and_then(|number| RecordReader::open(number, record)) else { return };
        let Some(key) = self.setting(id) else {
            if let Some(key) = self.vendor_key_mut(id) {
                key.load(&mut reader);
            }
            return;
        };
        match key.kind {
            _ if self.fixed & bit(key.number.into()) != 0 => {}
            Kind::Switch { .. } => {
                if let Some(value) = reader.signed() {
                    self.set_number(key.number, i32::from(value != 0));
                }
            }
            Kind::Integer { min, max, .. } => {
                if let Some(value) = reader.signed().and_then(|value| i32::try_from(value).ok()) {
                    self.set_number(key.number, value.max(min).min(max));
                }
            }
            Kind::List { slot, .. } => self.set_slot(slot, reader.rest()),
            Kind::Set(_) | Kind::Constant(_) => {}
        }
    }
}
