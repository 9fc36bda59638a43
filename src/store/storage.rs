use super::RecordKey;
use super::registry::of_entry;
use super::thinning::{Role, Thinning};
use core::ops::Range;

/// The longest record that is ever stored, in bytes.
pub const RECORD_LEN_MAX: usize = 512;

/// Any device that keeps small records over a power cut: NOR flash, EEPROM, FRAM, a file system.
///
/// [`load`](Self::load) and [`store`](Self::store) are all that a device must offer. The entries of the journal are then
/// records like all others; a device that has something better for them replaces the second half of the functions.
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

    // The journal

    /// The number of the first entry of the journal and the number of the next one to come, on a device that knows.
    ///
    /// Asked once after each boot. `None`, the default, has them found out from a record and from the entries.
    async fn journal(&mut self) -> Result<Option<Range<u32>>, Self::Error> {
        Ok(None)
    }

    /// Reads entry `number`. `None` when it is not there; as it was found when it is damaged.
    async fn load_entry(&mut self, number: u32, buffer: &mut [u8]) -> Result<Option<usize>, Self::Error> {
        self.load(of_entry(number), buffer).await
    }

    /// Appends entry `number`, which is above all others. `Ok` means durable.
    async fn append_entry(&mut self, number: u32, record: &[u8]) -> Result<(), Self::Error> {
        self.store(of_entry(number), record).await
    }

    /// Forgets entry `number`, which is the first one.
    async fn release_entry(&mut self, number: u32) -> Result<(), Self::Error> {
        self.remove(of_entry(number)).await
    }

    /// Makes room in the journal: of the samples of each transaction every second goes, but for the first and the last.
    /// `role` tells what an entry is. Returns how many have gone; a power cut during it leaves more of them.
    async fn thin(
        &mut self,
        entries: Range<u32>,
        role: fn(&[u8]) -> Role,
        buffer: &mut [u8],
    ) -> Result<u32, Self::Error> {
        let mut thinning = Thinning::new();
        let mut gone = 0;
        for number in entries.clone() {
            let Some(len) = self.load_entry(number, buffer).await? else { continue };
            let Some(series) = thinning.spare(role(buffer.get(..len).unwrap_or_default())) else { continue };
            let mut is_last = true;
            for later in number.saturating_add(1)..entries.end {
                let Some(len) = self.load_entry(later, buffer).await? else { continue };
                if let Some(goes_on) = series.goes_on(role(buffer.get(..len).unwrap_or_default())) {
                    is_last = !goes_on;
                    break;
                }
            }
            if !is_last && number != entries.start {
                self.remove(of_entry(number)).await?;
                gone += 1;
            }
        }
        Ok(gone)
    }

    /// How many more entries of `len` bytes the journal takes for certain.
    fn room(&self, len: usize) -> u32 {
        let _ = len;
        u32::MAX
    }

    /// Bytes written to the device since the boot, on one that counts them.
    fn bytes_written(&self) -> u64 {
        0
    }
}

/// What the core wants done on the storage device. The bytes lie in the record buffer that it was asked with.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum StorageOp {
    /// Load the record into the record buffer.
    Load(RecordKey),
    /// Store the first bytes of the record buffer, as many as stated.
    Store(RecordKey, usize),
    /// Remove the record.
    Remove(RecordKey),
    /// Tell the extent of the journal.
    Journal,
    /// Load the entry of the journal into the record buffer.
    LoadEntry(u32),
    /// Append the first bytes of the record buffer to the journal, as many as stated.
    AppendEntry(u32, usize),
    /// Forget the first entry of the journal.
    ReleaseEntry(u32),
    /// Store the first bytes of the record buffer, as many as stated; then forget the first entry of the journal.
    StoreAndRelease(RecordKey, usize, u32),
    /// Thin the entries from the first of these numbers to below the second.
    Thin(u32, u32),
}

/// What came of a [`StorageOp`].
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum StorageResult {
    /// It is done.
    Done,
    /// The length of the record or entry that was loaded, if there is one.
    Loaded(Option<usize>),
    /// The extent of the journal, if the device knows.
    Journal(Option<Range<u32>>),
    /// So many entries have gone.
    Thinned(u32),
}

impl StorageOp {
    /// Does it.
    ///
    /// # Errors
    /// That of the device.
    pub async fn run<S: Storage>(
        self,
        storage: &mut S,
        role: fn(&[u8]) -> Role,
        record: &mut [u8],
    ) -> Result<StorageResult, S::Error> {
        let done = |()| StorageResult::Done;
        match self {
            Self::Load(key) => storage.load(key, record).await.map(StorageResult::Loaded),
            Self::Store(key, len) => storage.store(key, record.get(..len).unwrap_or_default()).await.map(done),
            Self::Remove(key) => storage.remove(key).await.map(done),
            Self::Journal => storage.journal().await.map(StorageResult::Journal),
            Self::LoadEntry(number) => storage.load_entry(number, record).await.map(StorageResult::Loaded),
            Self::AppendEntry(number, len) => {
                storage.append_entry(number, record.get(..len).unwrap_or_default()).await.map(done)
            }
            Self::ReleaseEntry(number) => storage.release_entry(number).await.map(done),
            Self::StoreAndRelease(key, len, number) => {
                storage.store(key, record.get(..len).unwrap_or_default()).await?;
                storage.release_entry(number).await.map(done)
            }
            Self::Thin(first, next) => storage.thin(first..next, role, record).await.map(StorageResult::Thinned),
        }
    }
}
