use super::{RecordKey, Storage};
use crate::bytes::remove_front;

/// Records in `BYTES` of RAM: for tests, and for chargers that may forget. Each record takes its length and 4 bytes.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RamStorage<const BYTES: usize> {
    bytes: [u8; BYTES],
    used: usize,
}

/// There is no room for the record; the one before stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no room for the record")]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RamStorageFull;

const HEAD_LEN: usize = 4;

impl<const BYTES: usize> RamStorage<BYTES> {
    /// A device without records.
    pub const fn new() -> Self {
        Self { bytes: [0; BYTES], used: 0 }
    }

    /// Bytes that records occupy.
    pub fn used(&self) -> usize {
        self.used
    }

    /// Where the record begins, head included, and its length without head.
    fn find(&self, key: RecordKey) -> Option<(usize, usize)> {
        let mut rest = self.bytes.get(..self.used)?;
        while let Some(([k0, k1, l0, l1], behind)) = rest.split_first_chunk() {
            let len = usize::from(u16::from_le_bytes([*l0, *l1]));
            if u16::from_le_bytes([*k0, *k1]) == key {
                return Some((self.used.saturating_sub(rest.len()), len));
            }
            rest = behind.get(len..)?;
        }
        None
    }

    /// Removes what [`find`](Self::find) has found.
    fn forget(&mut self, found: Option<(usize, usize)>) {
        if let Some((at, len)) = found {
            let freed = HEAD_LEN + len;
            remove_front(self.bytes.get_mut(at..self.used).unwrap_or_default(), freed);
            self.used = self.used.saturating_sub(freed);
        }
    }
}

impl<const BYTES: usize> Default for RamStorage<BYTES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const BYTES: usize> Storage for RamStorage<BYTES> {
    type Error = RamStorageFull;

    async fn load(&mut self, key: RecordKey, buffer: &mut [u8]) -> Result<Option<usize>, RamStorageFull> {
        let Some((at, len)) = self.find(key) else { return Ok(None) };
        let record = self.bytes.get(at + HEAD_LEN..at + HEAD_LEN + len).ok_or(RamStorageFull)?;
        let place = buffer.get_mut(..record.len()).ok_or(RamStorageFull)?;
        place.iter_mut().zip(record).for_each(|(place, byte)| *place = *byte);
        Ok(if len == 0 { None } else { Some(len) })
    }

    async fn store(&mut self, key: RecordKey, record: &[u8]) -> Result<(), RamStorageFull> {
        let found = self.find(key);
        let len = u16::try_from(record.len()).map_err(|_| RamStorageFull)?;
        let at = match found {
            Some((at, len)) if len == record.len() => at, // nothing has to move
            _ => {
                let freed = found.map_or(0, |(_, len)| HEAD_LEN + len);
                if self.used.saturating_sub(freed) + HEAD_LEN + record.len() > BYTES {
                    return Err(RamStorageFull);
                }
                self.forget(found);
                let at = self.used;
                self.used += HEAD_LEN + record.len();
                at
            }
        };
        let ([k0, k1], [l0, l1]) = (key.to_le_bytes(), len.to_le_bytes());
        let head = [k0, k1, l0, l1];
        if let Some((place_of_head, rest)) = self.bytes.get_mut(at..).and_then(<[u8]>::split_first_chunk_mut) {
            *place_of_head = head;
            rest.iter_mut().zip(record).for_each(|(place, byte)| *place = *byte);
        }
        Ok(())
    }

    fn room(&self, len: usize) -> u32 {
        BYTES.saturating_sub(self.used).checked_div(HEAD_LEN + len).unwrap_or(0) as u32
    }

    async fn remove(&mut self, key: RecordKey) -> Result<(), RamStorageFull> {
        self.forget(self.find(key));
        Ok(())
    }
}
