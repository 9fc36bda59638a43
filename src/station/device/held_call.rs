//! What a call that is [held](crate::rpc::Reply::Held) wants from the device before it is answered. It goes before all else
//! that there is to do there.

use crate::bytes::remove_front;
use crate::store::RecordKey;
use crate::store::record::RecordWriter;
use crate::store::{StorageOp, StorageResult};

#[derive(Debug)]
pub(in crate::station) struct HeldCall {
    wanted: WantedRecord,
    /// The stores that are wanted after that, in the record buffer.
    stores: core::ops::Range<usize>,
}

/// What is wanted, and what came of it.
#[derive(Debug)]
enum WantedRecord {
    Nothing,
    /// The bytes of a store lie in the record buffer.
    Op(StorageOp),
    /// The next of several stores.
    Store,
    /// What was loaded lies in the record buffer.
    Done(StorageResult),
    Failed,
}

/// The device does not do what a call wants.
#[derive(Debug)]
pub(in crate::station) struct DeviceFailed;

impl HeldCall {
    pub(in crate::station) const fn new() -> Self {
        Self { wanted: WantedRecord::Nothing, stores: 0..0 }
    }

    /// Whether the record buffer is the call's.
    pub(in crate::station) fn is_busy(&self) -> bool {
        !matches!(self.wanted, WantedRecord::Nothing)
    }

    /// What the device is to do next; `None` until the call has seen what came of the last.
    #[inline(never)]
    pub(in crate::station) fn storage_op(&mut self, record: &mut [u8]) -> Option<StorageOp> {
        match self.wanted {
            WantedRecord::Op(op) => Some(op),
            WantedRecord::Store => {
                self.wanted = WantedRecord::Failed; // unless there is a sound one
                let op = self.next_store(record)?;
                self.wanted = WantedRecord::Op(op);
                Some(op)
            }
            _ => None,
        }
    }

    /// The next of several stores: its record is moved to the beginning of the buffer.
    fn next_store(&mut self, record: &mut [u8]) -> Option<StorageOp> {
        let [k0, k1, l0, l1] = *record.get(self.stores.start..)?.first_chunk::<FRAME_LEN>()?;
        let len = usize::from(u16::from_le_bytes([l0, l1]));
        let begin = self.stores.start.saturating_add(FRAME_LEN);
        self.stores.start = begin.saturating_add(len);
        remove_front(record.get_mut(..self.stores.start)?, begin);
        Some(StorageOp::Store(RecordKey::from_le_bytes([k0, k1]), len))
    }

    pub(in crate::station) fn done(&mut self, result: StorageResult) {
        if let WantedRecord::Op(_) = self.wanted {
            self.wanted = WantedRecord::Done(result);
            if !self.stores.is_empty() {
                self.wanted = WantedRecord::Store;
            }
        }
    }

    /// Has the device do something for a call, which is to be held until [`result`](Self::result) tells what came of it. What is
    /// stored lies in the record buffer.
    pub(in crate::station) fn ask(&mut self, op: StorageOp) {
        self.wanted = WantedRecord::Op(op);
    }

    /// The same for several records, one store after the other. They lie in the record buffer up to `end`, each
    /// [behind its key](frame_record).
    pub(in crate::station) fn ask_to_store(&mut self, end: usize) {
        self.stores = 0..end;
        self.wanted = WantedRecord::Store;
    }

    /// What came of the last [`ask`](Self::ask), once; `None` while nothing did. A record that was loaded lies in the record
    /// buffer. After some failures in a row the device has failed.
    pub(in crate::station) fn result(&mut self) -> Option<Result<StorageResult, DeviceFailed>> {
        if !matches!(self.wanted, WantedRecord::Done(_) | WantedRecord::Failed) {
            return None;
        }
        match core::mem::replace(&mut self.wanted, WantedRecord::Nothing) {
            WantedRecord::Done(result) => Some(Ok(result)),
            _ => Some(Err(DeviceFailed)),
        }
    }

    /// Whether it waits for the device, which is not known to be failing, or could go on.
    pub(in crate::station) fn waits(&self, is_failing: bool) -> bool {
        match self.wanted {
            WantedRecord::Nothing => false,
            WantedRecord::Done(_) | WantedRecord::Failed => true,
            _ => !is_failing,
        }
    }

    /// The device has failed some times in a row.
    pub(in crate::station) fn failed(&mut self) {
        *self = Self::new();
        self.wanted = WantedRecord::Failed;
    }
}

/// The key and the length that stand before each of several records.
const FRAME_LEN: usize = 4;

/// Writes one of several records into `buffer`, and before it where it belongs. Returns the length of both, `None` when there
/// is no room.
pub(in crate::station) fn frame_record(
    key: RecordKey,
    buffer: &mut [u8],
    content: &dyn Fn(&mut RecordWriter<'_>),
) -> Option<usize> {
    let (head, rest) = buffer.split_first_chunk_mut::<FRAME_LEN>()?;
    let mut writer = RecordWriter::new(rest);
    content(&mut writer);
    let len = writer.finish(key)?;
    let ([k0, k1], [l0, l1]) = (key.to_le_bytes(), u16::try_from(len).ok()?.to_le_bytes());
    *head = [k0, k1, l0, l1];
    Some(len.saturating_add(FRAME_LEN))
}
