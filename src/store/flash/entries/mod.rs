//! The journal on flash: a log of entries with numbers.
//!
//! | what | when | so that |
//! |---|---|---|
//! | a mark with the number of the first entry left | at each release | a boot knows it; the entry itself stays as it is |
//! | copies of all that stays, a mark, then erase | page by page at a thinning | each entry is whole in one place at least |
//!
//! Entries are not records of [`records`](super::records) under their number: those have 6 bytes more than they hold where an
//! entry has 2, so that 64 KiB would keep 460 transactions with four samples and not 540, and each page that is begun would
//! copy another one while the journal is full.
//!
//! Where pages overlap, because a thinning was interrupted or an entry was written once more, an entry counts on the last page
//! that begins with it or before it.

mod order;
mod reading;
mod thinning;

use super::chip::{Fault, Io, Result};
use super::lengths::{PREFIX_LEN, SCRATCH_LEN};
use super::log::{Cursor, Log, LogPlace, MARK_LEN, Mark, NUMBERS, PageHeader, prefix};
use crate::bytes::copy;
use core::ops::{Range, RangeInclusive};

pub(super) struct Entries {
    log: Log,
    /// The first entry that was not released, and the next one.
    head: u32,
    next: u32,
    /// The numbers that the next entry may have on the page that is written.
    expected: RangeInclusive<u32>,
    /// The last entry that was appended since the boot, and how its record begins: with its kind.
    appended: Option<(u32, [u8; 2])>,
    generation: u16,
    /// How the header of the page that is written begins.
    tail_begin: (u32, u16),
    /// Where reading goes on.
    reading: Option<EntryReading>,
    /// Where the page begins that the head is on, and the one behind it: pages that begin below the first are free, and
    /// when the head gets to the second, one more is.
    first_begin: u32,
    second_begin: u32,
    free_pages: u32,
}

/// A walk over the entries in their order.
#[derive(Clone, Copy, Debug)]
struct EntryReading {
    cursor: Cursor,
    /// Where the next page begins: entries from there on count on that one only.
    end: u32,
}

impl Entries {
    pub(super) const fn new(log: Log) -> Self {
        Self {
            log,
            head: 0,
            next: 0,
            expected: 0..=0,
            appended: None,
            generation: u16::MAX,
            tail_begin: (0, 0),
            reading: None,
            first_begin: 0,
            second_begin: u32::MAX,
            free_pages: 0,
        }
    }

    /// The numbers of the entries, from the first that was not released to before the next.
    pub(super) fn numbers(&mut self, io: &mut Io<'_>) -> Result<Range<u32>> {
        self.open(io)?;
        Ok(self.head..self.next)
    }

    /// How many more entries of `len` bytes fit for certain, if one page stays free. None while it is not known what lies on
    /// the chip.
    pub(super) fn room(&self, len: usize) -> u32 {
        let item = self.log.in_units(PREFIX_LEN + len);
        let entries = |bytes: usize| bytes.checked_div(item).unwrap_or(0) as u32;
        let (left, pages) =
            if self.is_spent() { (0, 1) } else { (self.log.tail_left(), self.free_pages.saturating_sub(1)) };
        entries(left).saturating_add(pages.saturating_mul(entries(self.log.page_room())))
    }

    /// Of two pages the one that is written holds nothing that is still wanted, and has less room than the other.
    fn is_spent(&self) -> bool {
        let is_past_half = self.log.tail.is_some_and(|tail| tail.offset > self.log.page_len / 2);
        self.head == self.next && self.free_pages == 1 && is_past_half
    }

    /// Finds out what lies on the chip.
    #[inline(never)]
    fn open(&mut self, io: &mut Io<'_>) -> Result<()> {
        if self.log.is_open {
            return Ok(());
        }
        self.log.open(io)?;
        (self.head, self.next, self.first_begin) = (0, 0, 0);
        self.reading = None;
        self.generation = u16::MAX;
        self.finish_thinning(io)?;
        if let Some((page, header)) = self.last_page(io)? {
            let scan = self.log.resume(io, self.log.begin(page, Some(&header)))?;
            let Cursor { expected, slack, .. } = scan.cursor;
            self.tail_begin = (header.first, header.again);
            self.expected = expected..=expected.saturating_add(slack.min(NUMBERS - 1));
            self.head = scan.released.max(header.head);
            // What cannot be read may have been an entry: its number is not used again.
            self.next = expected.saturating_add(scan.damages).max(self.head);
        }
        self.survey(io)?;
        self.log.is_open = true;
        Ok(())
    }

    /// Reads entry `number` into `buffer`.
    pub(super) fn load(&mut self, io: &mut Io<'_>, number: u32, buffer: &mut [u8]) -> Result<Option<usize>> {
        self.open(io)?;
        if number < self.head {
            return Ok(None);
        }
        if self.reading.is_none_or(|reading| reading.cursor.expected > number) {
            self.reading = self.reading_at(io, number)?;
        }
        let Some(mut reading) = self.reading else { return Ok(None) };
        while let Some(found) = self.next_entry(io, &mut reading)? {
            if found.number == number {
                let record = found.record(io.scratch);
                copy(buffer, record).ok_or(Fault::TooLong)?;
                return Ok(Some(record.len()));
            }
            if found.number > number {
                break;
            }
            self.reading = Some(reading); // which stays in front of the entry that is found
        }
        Ok(None)
    }

    /// Makes an entry durable.
    pub(super) fn append(&mut self, io: &mut Io<'_>, number: u32, record: &[u8]) -> Result<()> {
        self.open(io)?;
        // Its writing failed, but it is there: the last pages are not for another version of the same.
        let appended = Some((number, record.first_chunk().copied().unwrap_or_default()));
        if number < *self.expected.start() && self.free_pages < 2 && self.appended == appended {
            return Ok(());
        }
        let len = PREFIX_LEN + record.len();
        // An entry that is there although its writing failed is void on this page as soon as another one begins with it.
        let goes_on = self.expected.contains(&number) && !self.is_spent();
        if !goes_on || self.log.tail_left() < self.log.in_units(len) {
            self.turn_page(io, number)?;
        }
        stage(io.scratch, number, record).ok_or(Fault::TooLong)?;
        self.log.append(io, len)?;
        self.appended = appended;
        self.next = number.saturating_add(1);
        self.expected = self.next..=self.next;
        Ok(())
    }

    /// Forgets all entries up to `number`.
    pub(super) fn release(&mut self, io: &mut Io<'_>, number: u32) -> Result<()> {
        self.open(io)?;
        self.head = self.head.max(number.saturating_add(1));
        self.next = self.next.max(self.head);
        if self.log.tail_left() >= self.log.in_units(MARK_LEN) {
            self.log.append_mark(io, Mark::Released(self.head))?;
        } else if self.free_pages > 0 {
            self.turn_page(io, self.next)?; // whose header tells it as well
        }
        // Without a place for the mark a power cut now would have the entry delivered once more, which is better than no
        // room for an end.
        if self.head >= self.second_begin {
            self.survey(io)?;
        }
        Ok(())
    }

    /// Begins the page that is written from now on, with entry `number`.
    #[inline(never)]
    fn turn_page(&mut self, io: &mut Io<'_>, number: u32) -> Result<()> {
        // What the last page holds from its beginning on is void: an entry that is written once more, or marks alone.
        let void = self.log.tail.filter(|_| self.tail_begin.0 == number);
        let again = if void.is_some() { self.tail_begin.1.saturating_add(1) } else { 0 };
        let header = PageHeader { generation: self.generation, is_copy: false, first: number, head: self.head, again };
        self.log.is_open = false;
        let place = self.begin_page(io, self.log.tail, void, &header)?;
        self.log.tail = Some(place);
        self.tail_begin = (number, again);
        if let Some(void) = void.filter(|void| void.page != place.page) {
            self.log.erase(io, void.page)?;
        }
        self.expected = number..=number;
        // Where the last page ends has changed for who reads it.
        self.reading = None;
        self.survey(io)?;
        self.log.is_open = true;
        Ok(())
    }

    /// Begins the first free page behind a place, or without one the page that is void.
    #[inline(never)]
    fn begin_page(
        &mut self,
        io: &mut Io<'_>,
        behind: Option<LogPlace>,
        void: Option<LogPlace>,
        header: &PageHeader,
    ) -> Result<LogPlace> {
        let free = self.free_page(io, behind)?;
        let page = free.or(void.map(|void| void.page)).ok_or(Fault::Full)?;
        if self.reading.is_some_and(|reading| reading.cursor.place.page == page) {
            self.reading = None;
        }
        self.log.begin_page(io, page, header)
    }
}

/// An entry on its way to the chip.
fn stage(scratch: &mut [u8; SCRATCH_LEN], number: u32, record: &[u8]) -> Option<()> {
    let (place, rest) = scratch.split_first_chunk_mut()?;
    *place = prefix(number, record.len());
    copy(rest, record).map(|_| ())
}
