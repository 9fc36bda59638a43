/// The number under which a record is stored. The ranges are listed in [`registry`](super::registry) and
/// never change, whatever features are on.
pub type RecordKey = u16;

/// The longest record that is ever stored, in bytes.
pub const RECORD_LEN_MAX: usize = 512;

/// Any device that keeps small records over a power cut: NOR flash, EEPROM, FRAM, a file system.
///
/// The functions are `async` so that one trait serves a superloop and an executor. A superloop needs a
/// device whose futures are ready at the first poll, as those of a blocking driver are; it waits for others
/// by polling them in a loop. The future of an operation is never dropped half way, unless that of the async runner is.
#[allow(async_fn_in_trait)] // the futures need not be `Send`: the core runs on one executor
pub trait Storage {
    /// Why the device could not do it.
    type Error: core::fmt::Debug;

    /// Reads the record `key` into `buffer` and returns its length; `None` when there is none.
    ///
    /// A record longer than `buffer` is an error. An empty record counts as none.
    async fn load(&mut self, key: RecordKey, buffer: &mut [u8]) -> Result<Option<usize>, Self::Error>;

    /// Writes `record` under `key` in place of the one before.
    ///
    /// `Ok` means durable: a power cut after it leaves the new record, a power cut during it the old or the
    /// new one, never a mixture that passes for a record.
    async fn store(&mut self, key: RecordKey, record: &[u8]) -> Result<(), Self::Error>;

    /// Forgets the record `key`. It is no error when there is none.
    ///
    /// A device that cannot delete stores an empty record instead, which is what the default does.
    async fn remove(&mut self, key: RecordKey) -> Result<(), Self::Error> {
        self.store(key, &[]).await
    }
}

/// What the core wants done on the storage device. The bytes lie in the record buffer that it was asked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum StorageOp {
    /// Load the record into the record buffer.
    Load(RecordKey),
    /// Store the first bytes of the record buffer, as many as stated.
    Store(RecordKey, usize),
    /// Remove the record.
    Remove(RecordKey),
}

impl StorageOp {
    /// Does it. Returns the length of the loaded record, if there is one.
    ///
    /// # Errors
    /// That of the device.
    pub async fn run<S: Storage>(self, storage: &mut S, record: &mut [u8]) -> Result<Option<usize>, S::Error> {
        match self {
            Self::Load(key) => storage.load(key, record).await,
            Self::Store(key, len) => storage.store(key, record.get(..len).unwrap_or_default()).await.map(|()| None),
            Self::Remove(key) => storage.remove(key).await.map(|()| None),
        }
    }
}
