use embedded_ocpp::store::{RecordKey, Storage};
use std::collections::BTreeMap;

/// A storage device that can hold anything.
#[derive(Clone, Default)]
pub struct Device {
    pub records: BTreeMap<RecordKey, Vec<u8>>,
}

#[derive(Debug)]
pub struct LongerThanBuffer;

impl Storage for Device {
    type Error = LongerThanBuffer;

    async fn load(&mut self, key: RecordKey, buffer: &mut [u8]) -> Result<Option<usize>, LongerThanBuffer> {
        let Some(record) = self.records.get(&key).filter(|record| !record.is_empty()) else { return Ok(None) };
        buffer.get_mut(..record.len()).ok_or(LongerThanBuffer)?.copy_from_slice(record);
        Ok(Some(record.len()))
    }

    async fn store(&mut self, key: RecordKey, record: &[u8]) -> Result<(), LongerThanBuffer> {
        self.records.insert(key, record.to_vec());
        Ok(())
    }

    async fn remove(&mut self, key: RecordKey) -> Result<(), LongerThanBuffer> {
        self.records.remove(&key);
        Ok(())
    }
}
