//! Making room: all that stays is copied to other pages.

use super::{Entries, stage};
use crate::bytes::copy;
use crate::store::flash::chip::{Fault, Io, Result};
use crate::store::flash::lengths::PREFIX_LEN;
use crate::store::flash::log::{LogPlace, MARK_LEN, Mark, NUMBERS, PageHeader};
use crate::store::thinning::{Role, Thinning};

/// Where copies go.
struct CopyTarget {
    place: Option<LogPlace>,
    /// The number of the next one is not below.
    expected: u32,
}

impl Entries {
    /// Makes room. The entry that may be under way stays.
    pub(crate) fn thin(&mut self, io: &mut Io<'_>, role: fn(&[u8]) -> Role, buffer: &mut [u8]) -> Result<u32> {
        self.open(io)?;
        if self.free_pages == 0 || self.copy_all(io, role, buffer, false)? == 0 {
            return Ok(0);
        }
        self.log.is_open = false;
        let gone = self.copy_all(io, role, buffer, true)?;
        let (head, next) = (self.head, self.next);
        self.open(io)?;
        (self.head, self.next) = (head, next);
        Ok(gone)
    }

    /// Goes over all entries, counting those that can be done without. `is_real`: copies the others, and erases the pages
    /// on which they were.
    fn copy_all(&mut self, io: &mut Io<'_>, role: fn(&[u8]) -> Role, buffer: &mut [u8], is_real: bool) -> Result<u32> {
        let mut thinning = Thinning::new();
        let mut gone = 0;
        let mut source = self.reading_at(io, self.head)?;
        let mut target = CopyTarget { place: None, expected: self.head };
        while let Some(mut reading) = source {
            let (page, first) = (reading.cursor.place.page, reading.cursor.expected);
            while let Some(found) = self.next_in_page(io, &mut reading)? {
                let Some(record) = copy(buffer, found.record(io.scratch)) else { continue };
                let mut is_spare = false;
                if let Some(series) = thinning.spare(role(record))
                    && found.number != self.head
                {
                    let mut ahead = reading;
                    while let Some(later) = self.next_entry(io, &mut ahead)? {
                        if let Some(goes_on) = series.goes_on(role(later.record(io.scratch))) {
                            is_spare = goes_on;
                            break;
                        }
                    }
                }
                if is_spare {
                    gone += 1;
                } else if is_real {
                    self.copy_entry(io, &mut target, found.number, record)?;
                }
            }
            source = if reading.end == u32::MAX { None } else { self.reading_at(io, reading.end)? };
            if is_real {
                let copied = reading.cursor.expected.max(first.saturating_add(1));
                self.copy_mark(io, &mut target, copied, Mark::Copied(copied))?;
                self.log.erase(io, page)?;
            }
        }
        Ok(gone)
    }

    fn copy_entry(&mut self, io: &mut Io<'_>, target: &mut CopyTarget, number: u32, record: &[u8]) -> Result<()> {
        if target.place.is_some() && number.saturating_sub(target.expected) >= NUMBERS {
            self.copy_mark(io, target, number, Mark::Next(number))?;
        }
        let len = PREFIX_LEN + record.len();
        let place = self.place_of_copy(io, target, number, len)?;
        stage(io.scratch, number, record).ok_or(Fault::TooLong)?;
        target.place = Some(self.log.write(io, place, len)?);
        target.expected = number.saturating_add(1);
        Ok(())
    }

    fn copy_mark(&mut self, io: &mut Io<'_>, target: &mut CopyTarget, number: u32, mark: Mark) -> Result<()> {
        let place = self.place_of_copy(io, target, number, MARK_LEN)?;
        let len = mark.write(io.scratch).unwrap_or(0);
        target.place = Some(self.log.write(io, place, len)?);
        Ok(())
    }

    /// On the page of copies, or on the next one when that is full.
    #[inline(never)]
    fn place_of_copy(&mut self, io: &mut Io<'_>, target: &CopyTarget, number: u32, len: usize) -> Result<LogPlace> {
        match target.place.filter(|place| self.log.left(*place) >= self.log.in_units(len)) {
            Some(place) => Ok(place),
            None => {
                let generation = self.generation.saturating_add(1);
                let header = PageHeader { generation, is_copy: true, first: number, head: self.head, again: 0 };
                self.begin_page(io, target.place.or(self.log.tail), None, &header)
            }
        }
    }

    /// Finishes what a power cut has interrupted: of a thinning that has not copied a page whole, the copy goes; of one
    /// that has, the page.
    pub(super) fn finish_thinning(&mut self, io: &mut Io<'_>) -> Result<()> {
        let (mut newest, mut copied) = (0, 0);
        for page in self.log.pages() {
            let Some(header) = self.log.header(io, page)? else { continue };
            if header.generation > newest {
                (newest, copied) = (header.generation, 0);
            }
            if header.is_copy && header.generation == newest {
                let cursor = self.log.begin(page, Some(&header));
                copied = self.log.scan(io, cursor)?.copied.max(copied);
            }
        }
        self.generation = newest;
        for page in self.log.pages() {
            let Some(header) = self.log.header(io, page)? else { continue };
            let is_copied = header.first < copied;
            let is_newest = header.generation == newest;
            if is_copied && !is_newest || !is_copied && is_newest && header.is_copy {
                self.log.erase(io, page)?;
            }
        }
        Ok(())
    }
}
