use super::wire::{Event, Log, Power};
use embedded_ocpp::store::{RECORD_LEN_MAX, RecordKey, Storage, registry};
use std::collections::HashMap;
use std::ops::Range;

/// A device that keeps its records over reboots, and fails when told to.
pub struct Flash {
    pub records: HashMap<RecordKey, Vec<u8>>,
    /// So many of the next operations of each kind fail.
    pub failing_stores: u32,
    pub failing_loads: u32,
    pub failing_removes: u32,
    /// What fails to be stored is stored all the same.
    pub fails_late: bool,
    /// So many entries of the journal fit.
    pub capacity: u32,
    /// Has no place for another entry, whatever it says.
    pub refuses_entries: bool,
    /// Operations that were asked for, failed ones included.
    pub operations: u32,
    /// Those with these numbers fail, of whatever kind.
    pub faults: Range<u32>,
    /// Those with these numbers fail if they are to append an entry of the journal.
    pub refusals: Range<u32>,
    written: u64,
    pub(super) log: Log,
    pub(super) power: Power,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlashError;

impl Flash {
    pub(super) fn new(log: Log, power: Power) -> Self {
        Self {
            records: HashMap::new(),
            failing_stores: 0,
            failing_loads: 0,
            failing_removes: 0,
            fails_late: false,
            capacity: u32::MAX,
            refuses_entries: false,
            operations: 0,
            faults: 0..0,
            refusals: 0..0,
            written: 0,
            log,
            power,
        }
    }

    fn begin(&mut self, failing: fn(&mut Self) -> &mut u32, changes: bool) -> Result<(), FlashError> {
        self.operations += 1;
        let left = failing(self);
        if *left > 0 {
            *left -= 1;
            return Err(FlashError);
        }
        if self.faults.contains(&self.operations) {
            return Err(FlashError);
        }
        if changes && !self.power.take_step() || self.power.is_off() {
            return Err(FlashError);
        }
        Ok(())
    }
}

impl Storage for Flash {
    type Error = FlashError;

    async fn load(&mut self, key: RecordKey, buffer: &mut [u8]) -> Result<Option<usize>, FlashError> {
        self.begin(|flash| &mut flash.failing_loads, false)?;
        let Some(record) = self.records.get(&key) else { return Ok(None) };
        buffer[..record.len()].copy_from_slice(record);
        Ok(if record.is_empty() { None } else { Some(record.len()) })
    }

    async fn store(&mut self, key: RecordKey, record: &[u8]) -> Result<(), FlashError> {
        let is_refused = self.refuses_entries || self.refusals.contains(&(self.operations + 1));
        if is_refused && registry::JOURNAL.contains(&key) && !record.is_empty() {
            self.operations += 1;
            return Err(FlashError);
        }
        let begun = self.begin(|flash| &mut flash.failing_stores, true);
        if begun.is_err() && self.fails_late && !self.power.is_off() {
            self.records.insert(key, record.to_vec());
        }
        begun?;
        assert!(record.len() <= RECORD_LEN_MAX);
        self.written += record.len() as u64;
        self.records.insert(key, record.to_vec());
        self.log.borrow_mut().push(Event::Stored(key));
        Ok(())
    }

    fn room(&self, _len: usize) -> u32 {
        let entries = self.records.iter().filter(|(key, record)| registry::JOURNAL.contains(key) && !record.is_empty());
        self.capacity - entries.count() as u32
    }

    fn bytes_written(&self) -> u64 {
        self.written
    }

    async fn remove(&mut self, key: RecordKey) -> Result<(), FlashError> {
        self.begin(|flash| &mut flash.failing_removes, true)?;
        self.records.remove(&key);
        self.log.borrow_mut().push(Event::Removed(key));
        Ok(())
    }
}
