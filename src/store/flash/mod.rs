//! NOR flash as storage.
//!
//! Settings and journal lie in a range of pages each, in a [log] of our own that appends and never rewrites: no word is
//! written twice, so any `NorFlash` will do. [`records`] finds settings by their key, [`entries`] keeps the journal in
//! order, and [`chip`] is where drivers are called.

mod chip;
mod entries;
mod lengths;
mod log;
mod records;

use super::thinning::Role;
use super::{RecordKey, Storage};
use chip::{Chip, Driver, Fault, Io};
use core::ops::Range;
use embedded_storage::nor_flash::{ErrorType, NorFlash};
use entries::Entries;
use lengths::{SCRATCH_LEN, WORD_LEN_MAX};
use log::{Log, Owner};
use records::Records;

/// Records on NOR flash: the internal flash of an STM32, ESP32 or nRF52, or a chip beside it.
///
/// `settings` and `journal` are ranges of whole erase pages, at least two each. Writes are spread over all pages of a range.
///
/// - `settings` holds configuration, authorisation cache and the like: with the defaults of `Resources` 4 pages of 4 KiB
///   are plenty. One page is always free. A record takes 6 bytes more than it has, rounded up to whole words.
/// - `journal` of *n* pages of *p* bytes in words of *w* holds (*n* − 1) · ((*p* − *h*) / *e*) entries, *h* being 16 and
///   *e* the length of the record and 2, both rounded up to *w* or 4, whatever is more; up to a page less where the last
///   one that was delivered left it in the middle of a page. A start takes some 20 bytes, an end 22 and a sample of the
///   energy register 14, if the tag is the number of a card in hexadecimal.
///
/// A power cut at any moment leaves each record as it was or as it was to be, and no entry is lost or doubled.
/// Damaged entries are passed over: nothing is ever erased to repair it that holds an entry which was not released.
/// A word that a power cut has torn may read as anything or as an error. An error of a chip that can read the beginning of
/// that page is taken for such a word; any other is the chip's, and is handed on.
///
/// A chip that held something else should be erased before its first use; where words have error correction codes it must
/// be.
///
/// The driver blocks: the executor waits for an erase, which takes up to a second and more where pages are of 128 KiB.
pub struct FlashStorage<S: NorFlash, J: NorFlash = S> {
    chip: Driver<S>,
    /// That of the journal, if it has one of its own.
    journal_chip: Option<Driver<J>>,
    records: Records,
    entries: Entries,
    scratch: PageBuffer,
}

/// An item in whole words. Aligned, because some drivers want words.
#[repr(align(8))]
struct PageBuffer([u8; SCRATCH_LEN]);

/// Why these ranges of flash cannot be used. Fix the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FlashLayoutError {
    /// A range must begin and end at the borders of erase pages.
    #[error("{address:#x} is no border between erase pages of {page} bytes")]
    NotWholePages {
        /// Where it begins or ends.
        address: u32,
        /// The bytes of an erase page.
        page: u32,
    },
    /// A range needs two pages.
    #[error("{len} bytes are less than two erase pages of {page}")]
    TooFewPages {
        /// The bytes of the range.
        len: u32,
        /// The bytes of an erase page.
        page: u32,
    },
    /// The ranges have pages in common.
    #[error("a range begins at {begin:#x}, before the other ends at {end:#x}")]
    Overlap {
        /// Where the later one begins.
        begin: u32,
        /// Where the earlier one ends.
        end: u32,
    },
    /// A range ends behind the end of the chip.
    #[error("a range ends at {end:#x}, the chip at {capacity:#x}")]
    OutOfBounds {
        /// Where it ends.
        end: u32,
        /// The bytes of the chip.
        capacity: usize,
    },
    /// Pages must be of 1 KiB or more.
    #[error("erase pages of {page} bytes are less than 1024")]
    SmallPages {
        /// The bytes of an erase page.
        page: usize,
    },
    /// Words must be of 1, 2, 4, 8, 16 or 32 bytes, and be read in pieces that go into one word or into 4 bytes.
    #[error("words of {write} bytes, read {read} at a time")]
    UnsuitableWords {
        /// The bytes that are written at once.
        write: usize,
        /// The bytes that are read at once.
        read: usize,
    },
}

/// What could not be done on flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FlashError<S, J = S> {
    /// What the driver says.
    #[error("the chip: {0:?}")]
    Chip(S),
    /// What that of the journal says, if it has one of its own.
    #[error("the chip of the journal: {0:?}")]
    JournalChip(J),
    /// There is no room left.
    #[error("no room left")]
    Full,
    /// The record is longer than [`RECORD_LEN_MAX`](super::RECORD_LEN_MAX), or than the buffer.
    #[error("a record is too long")]
    TooLong,
    /// What was there a moment ago cannot be read.
    #[error("a record cannot be read")]
    Unreadable,
}

type Error<S, J> = FlashError<<S as ErrorType>::Error, <J as ErrorType>::Error>;

impl<F: NorFlash> FlashStorage<F> {
    /// Records in these ranges of `flash`. Nothing is read or written yet.
    ///
    /// # Errors
    /// [`FlashLayoutError`]
    pub fn new(flash: F, settings: Range<u32>, journal: Range<u32>) -> Result<Self, FlashLayoutError> {
        let (begin, end) = (settings.start.max(journal.start), settings.end.min(journal.end));
        let (records, entries) = (log(&flash, Owner::Records, settings)?, log(&flash, Owner::Entries, journal)?);
        if begin < end {
            return Err(FlashLayoutError::Overlap { begin, end });
        }
        Ok(Self::on(flash, None, records, entries))
    }
}

impl<S: NorFlash, J: NorFlash> FlashStorage<S, J> {
    /// The same with the settings on one chip and the journal on another, or under two drivers of one chip, each with words
    /// and pages of its own.
    ///
    /// # Errors
    /// [`FlashLayoutError`]
    pub fn new_on_two(
        (settings_flash, settings): (S, Range<u32>),
        (journal_flash, journal): (J, Range<u32>),
    ) -> Result<Self, FlashLayoutError> {
        let records = log(&settings_flash, Owner::Records, settings)?;
        let entries = log(&journal_flash, Owner::Entries, journal)?;
        Ok(Self::on(settings_flash, Some(journal_flash), records, entries))
    }

    fn on(flash: S, journal_flash: Option<J>, records: Log, entries: Log) -> Self {
        Self {
            chip: Driver::new(flash),
            journal_chip: journal_flash.map(Driver::new),
            records: Records::new(records),
            entries: Entries::new(entries),
            scratch: PageBuffer([0; _]),
        }
    }

    /// The chip, and that of the journal if it has one of its own.
    pub fn into_inner(self) -> (S, Option<J>) {
        (self.chip.flash, self.journal_chip.map(|chip| chip.flash))
    }

    fn with_records<T>(
        &mut self,
        work: impl FnOnce(&mut Records, &mut Io<'_>) -> chip::Result<T>,
    ) -> Result<T, Error<S, J>> {
        let mut io = Io { chip: &mut self.chip, scratch: &mut self.scratch.0 };
        work(&mut self.records, &mut io).map_err(|fault| error(fault, self.chip.failure.take().map(FlashError::Chip)))
    }

    fn with_entries<T>(
        &mut self,
        work: impl FnOnce(&mut Entries, &mut Io<'_>) -> chip::Result<T>,
    ) -> Result<T, Error<S, J>> {
        let chip: &mut dyn Chip = match &mut self.journal_chip {
            Some(chip) => chip,
            None => &mut self.chip,
        };
        let done = work(&mut self.entries, &mut Io { chip, scratch: &mut self.scratch.0 });
        done.map_err(|fault| self.error_of_entries(fault))
    }

    #[inline(never)]
    fn error_of_entries(&mut self, fault: Fault) -> Error<S, J> {
        let failure = match &mut self.journal_chip {
            Some(chip) => chip.failure.take().map(FlashError::JournalChip),
            None => self.chip.failure.take().map(FlashError::Chip),
        };
        error(fault, failure)
    }
}

impl<S: NorFlash, J: NorFlash> Storage for FlashStorage<S, J> {
    type Error = Error<S, J>;

    async fn load(&mut self, key: RecordKey, buffer: &mut [u8]) -> Result<Option<usize>, Self::Error> {
        self.with_records(|records, io| records.load(io, key, buffer))
    }

    async fn store(&mut self, key: RecordKey, record: &[u8]) -> Result<(), Self::Error> {
        self.with_records(|records, io| records.store(io, key, record))
    }

    async fn journal(&mut self) -> Result<Option<Range<u32>>, Self::Error> {
        self.with_entries(|entries, io| entries.numbers(io).map(Some))
    }

    async fn load_entry(&mut self, number: u32, buffer: &mut [u8]) -> Result<Option<usize>, Self::Error> {
        self.with_entries(|entries, io| entries.load(io, number, buffer))
    }

    async fn append_entry(&mut self, number: u32, record: &[u8]) -> Result<(), Self::Error> {
        self.with_entries(|entries, io| entries.append(io, number, record))
    }

    async fn release_entry(&mut self, number: u32) -> Result<(), Self::Error> {
        self.with_entries(|entries, io| entries.release(io, number))
    }

    async fn thin(
        &mut self,
        _entries: Range<u32>,
        role: fn(&[u8]) -> Role,
        buffer: &mut [u8],
    ) -> Result<u32, Self::Error> {
        self.with_entries(|entries, io| entries.thin(io, role, buffer))
    }

    fn room(&self, len: usize) -> u32 {
        self.entries.room(len)
    }

    fn bytes_written(&self) -> u64 {
        self.chip.written.saturating_add(self.journal_chip.as_ref().map_or(0, |chip| chip.written))
    }
}

/// A log in this range of a chip.
fn log<F: NorFlash>(flash: &F, owner: Owner, range: Range<u32>) -> Result<Log, FlashLayoutError> {
    let page = F::ERASE_SIZE as u32;
    if !WORD_LEN_MAX.is_multiple_of(F::WRITE_SIZE) || !F::WRITE_SIZE.max(4).is_multiple_of(F::READ_SIZE) {
        return Err(FlashLayoutError::UnsuitableWords { write: F::WRITE_SIZE, read: F::READ_SIZE });
    }
    if F::ERASE_SIZE < 1024 {
        return Err(FlashLayoutError::SmallPages { page: F::ERASE_SIZE });
    }
    if let Some(address) = [range.start, range.end].into_iter().find(|address| !address.is_multiple_of(page)) {
        return Err(FlashLayoutError::NotWholePages { address, page });
    }
    let len = range.end.saturating_sub(range.start);
    if len / page < 2 {
        return Err(FlashLayoutError::TooFewPages { len, page });
    }
    if range.end as usize > flash.capacity() {
        return Err(FlashLayoutError::OutOfBounds { end: range.end, capacity: flash.capacity() });
    }
    Ok(Log::new::<F>(owner, range))
}

fn error<S, J>(fault: Fault, failure: Option<FlashError<S, J>>) -> FlashError<S, J> {
    match fault {
        Fault::Chip => failure.unwrap_or(FlashError::Unreadable),
        Fault::Full => FlashError::Full,
        Fault::TooLong => FlashError::TooLong,
    }
}
