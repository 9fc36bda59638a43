//! NOR flash as storage.
//!
//! Settings lie in a `sequential-storage` map in one range of the chip. The journal lies in another, in a [log](log) that
//! appends and never rewrites: it takes 2 bytes an entry where a queue of that library takes 8, and finds the next entry
//! without reading those in front of it again. Neither writes a word twice, so any `NorFlash` will do.

mod chip;
mod counting;
mod log;
mod page;

use super::thinning::Role;
use super::{RECORD_LEN_MAX, RecordKey, Storage};
use crate::bytes::copy;
use chip::Chip;
use core::fmt;
use core::ops::Range;
use counting::Counting;
use embedded_storage_async::nor_flash::NorFlash;
use log::{Log, Space};
use sequential_storage::Error;
use sequential_storage::cache::{Cache, Uncached};
use sequential_storage::map::{MapConfig, MapStorage};

/// Records on NOR flash: the internal flash of an STM32, ESP32 or nRF52, or a chip beside it.
///
/// `settings` and `journal` are ranges of whole erase pages, at least two each. Writes are spread over all pages of a range.
///
/// - `settings` holds configuration, authorisation cache and the like: with the defaults of `Resources` 4 pages of 4 KiB
///   are plenty. One page is always free.
/// - `journal` of *n* pages of *p* bytes in words of *w* holds (*n* − 1) · ((*p* − *h*) / *e*) entries, *h* being 16 and
///   *e* the length of the record and 2, both rounded up to *w* or 4, whatever is more; up to a page less where the last
///   one that was delivered left it in the middle of a page. A start takes some 20 bytes, an end 22 and a sample of the
///   energy register 14, if the tag is the number of a card in hexadecimal.
///
/// A power cut at any moment leaves each record as it was or as it was to be, and no entry is lost or doubled.
/// Damaged entries are passed over: nothing is ever erased to repair it that holds an entry which was not released. Settings
/// are erased where no power cut can have left what is found. A chip that held something else should be erased before its
/// first use; where words have error correction codes it must be.
///
/// Its futures must not be dropped half way; after that, make a new one.
pub struct FlashStorage<F: NorFlash> {
    settings: MapStorage<RecordKey, Chip<F>, Cache<Uncached, Uncached, Uncached, RecordKey>>,
    scratch: Scratch,
    /// As they were after the last operation.
    space: Space,
    written: u64,
}

/// An entry or a record with its key, in whole words. Aligned, because some drivers want words.
#[repr(align(8))]
struct Scratch([u8; SCRATCH_LEN]);

/// The longest words that a chip may have.
const WORD_LEN_MAX: usize = 32;
const SCRATCH_LEN: usize = RECORD_LEN_MAX + 2 * WORD_LEN_MAX;

/// Why these ranges of flash cannot be used. Fix the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FlashLayoutError {
    /// Both ranges must begin and end at the borders of erase pages.
    NotWholePages,
    /// Each range needs two pages.
    TooFewPages,
    /// The ranges have pages in common.
    Overlap,
    /// A range ends behind the end of the chip.
    OutOfBounds,
    /// The chip has words of more than 32 bytes, pages of less than 1 KiB, or reads in larger pieces than it writes.
    UnsuitableChip,
}

impl fmt::Display for FlashLayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotWholePages => "a range does not begin and end at the borders of erase pages",
            Self::TooFewPages => "a range has less than two pages",
            Self::Overlap => "the ranges have pages in common",
            Self::OutOfBounds => "a range ends behind the end of the chip",
            Self::UnsuitableChip => "words of more than 32 bytes, or pages of less than 1 KiB",
        })
    }
}

impl core::error::Error for FlashLayoutError {}

/// What the flash, or the library on it, could not do.
pub type FlashError<E> = Error<E>;

impl<F: NorFlash> FlashStorage<F> {
    /// Records in these ranges of `flash`. Nothing is read or written yet.
    ///
    /// # Errors
    /// [`FlashLayoutError`]
    pub fn new(flash: F, settings: Range<u32>, journal: Range<u32>) -> Result<Self, FlashLayoutError> {
        let page = F::ERASE_SIZE as u32;
        let is_suitable = F::WRITE_SIZE <= WORD_LEN_MAX
            && WORD_LEN_MAX.is_multiple_of(F::WRITE_SIZE)
            && F::WRITE_SIZE.max(4).is_multiple_of(F::READ_SIZE)
            && F::ERASE_SIZE >= 1024;
        if !is_suitable {
            return Err(FlashLayoutError::UnsuitableChip);
        }
        for range in [&settings, &journal] {
            if !range.start.is_multiple_of(page) || !range.end.is_multiple_of(page) {
                return Err(FlashLayoutError::NotWholePages);
            }
            if range.end.saturating_sub(range.start) / page < 2 {
                return Err(FlashLayoutError::TooFewPages);
            }
            if range.end as usize > flash.capacity() {
                return Err(FlashLayoutError::OutOfBounds);
            }
        }
        if settings.start < journal.end && journal.start < settings.end {
            return Err(FlashLayoutError::Overlap);
        }
        let chip = Chip { flash: Counting::new(flash), log: Log::new(journal) };
        let config = MapConfig::try_new(settings).map_err(|_| FlashLayoutError::UnsuitableChip)?;
        Ok(Self {
            settings: MapStorage::new(chip, config, Cache::new_uncached()),
            scratch: Scratch([0; SCRATCH_LEN]),
            space: Space::default(),
            written: 0,
        })
    }

    /// Finds out what lies in the journal, which knows of pages of settings that are half erased.
    async fn open(&mut self) -> Result<(), FlashError<F::Error>> {
        let Chip { flash, log } = self.settings.flash();
        if log.is_open() { Ok(()) } else { log.open(flash, &mut self.scratch.0).await }
    }

    fn count(&mut self) {
        let Chip { flash, log } = self.settings.flash();
        self.written = flash.written;
        self.space = log.space::<F>();
    }

    /// The chip.
    pub fn into_inner(self) -> F {
        self.settings.destroy().0.flash.flash
    }
}

impl<F: NorFlash> Storage for FlashStorage<F> {
    type Error = FlashError<F::Error>;

    async fn load(&mut self, key: RecordKey, buffer: &mut [u8]) -> Result<Option<usize>, Self::Error> {
        self.open().await?;
        let found: Option<&[u8]> = match self.settings.fetch_item(&mut self.scratch.0, &key).await {
            Ok(found) => found,
            Err(Error::Storage { value }) => return Err(Error::Storage { value }),
            Err(_) => None, // what lies there is no record
        };
        let Some(record) = found.filter(|record| !record.is_empty()) else { return Ok(None) };
        copy(buffer, record).ok_or(Error::BufferTooSmall(record.len()))?;
        Ok(Some(record.len()))
    }

    async fn store(&mut self, key: RecordKey, record: &[u8]) -> Result<(), Self::Error> {
        self.open().await?;
        let mut is_erased = false;
        let done = loop {
            let done = self.settings.store_item_generic(&mut self.scratch.0, &key, &record).await;
            let is_no_map = matches!(done, Err(Error::Corrupted { .. } | Error::SerializationError(_)));
            if is_erased || !is_no_map {
                break done;
            }
            // None that could be repaired: the flash of another firmware.
            self.settings.erase_all().await?;
            is_erased = true;
        };
        self.count();
        done
    }

    async fn journal(&mut self) -> Result<Option<Range<u32>>, Self::Error> {
        self.open().await?;
        self.count();
        Ok(Some(self.settings.flash().log.numbers()))
    }

    async fn load_entry(&mut self, number: u32, buffer: &mut [u8]) -> Result<Option<usize>, Self::Error> {
        let Chip { flash, log } = self.settings.flash();
        log.load(flash, number, &mut self.scratch.0, buffer).await
    }

    async fn append_entry(&mut self, number: u32, record: &[u8]) -> Result<(), Self::Error> {
        let Chip { flash, log } = self.settings.flash();
        let done = log.append(flash, number, record, &mut self.scratch.0).await;
        self.count();
        done
    }

    async fn release_entry(&mut self, number: u32) -> Result<(), Self::Error> {
        let Chip { flash, log } = self.settings.flash();
        let done = log.release(flash, number, &mut self.scratch.0).await;
        self.count();
        done
    }

    async fn thin(
        &mut self,
        _entries: Range<u32>,
        role: fn(&[u8]) -> Role,
        buffer: &mut [u8],
    ) -> Result<u32, Self::Error> {
        let Chip { flash, log } = self.settings.flash();
        let done = log.thin(flash, role, &mut self.scratch.0, buffer).await;
        self.count();
        done
    }

    fn room(&self, len: usize) -> u32 {
        self.space.entries::<F>(len)
    }

    fn bytes_written(&self) -> u64 {
        self.written
    }
}
