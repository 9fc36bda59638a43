//! The log that settings and journal are kept in: items on a ring of pages, none of which is ever written twice.
//!
//! | what | when | so that |
//! |---|---|---|
//! | all units of an item but the first, then the first | at each append | a torn one has no beginning and is passed over |
//! | an item over what is torn | at the next boot | nothing in it is ever taken for an item by chance |
//! | erase, then the header, on a free page | when a page is full | wear is spread; a page without header is free |
//! | copies of what stays, a mark, then the page is free | to make room | each item is whole in one place at least |
//!
//! So a power cut tears the first unit of an item, what lies behind the last one, or a page that is being begun or erased.
//! A chip that cannot read a torn word says so: an item that cannot be read is passed over if the beginning of its page can
//! be, and a page is erased again if it is the only one whose beginning cannot be read. All else is a broken chip.

mod page;
mod reading;

use super::chip::{Fault, Io, Result};
use super::lengths::WORD_LEN_MAX;
use crate::bytes::copy;
use core::ops::Range;
use embedded_storage::nor_flash::NorFlash;
use page::{HEADER_LEN, torn, veil};
pub(super) use page::{MARK_LEN, Mark, NUMBERS, Owner, PageHeader, PageItem, prefix};
pub(super) use reading::{Cursor, Scan};

pub(super) struct Log {
    pub(super) owner: Owner,
    /// The address of the first page, how many there are, and the bytes of each.
    pub(super) start: u32,
    pub(super) count: u32,
    pub(super) page_len: u32,
    /// What is written at once, and where items begin: whole words of the chip. A power of two.
    unit: usize,
    /// It is known what lies on the chip.
    pub(super) is_open: bool,
    /// Where the next item goes; none while there is no page at all.
    pub(super) tail: Option<LogPlace>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LogPlace {
    /// The address of the page.
    pub(super) page: u32,
    pub(super) offset: u32,
}

/// The header of a page. Aligned, because some drivers want words.
#[repr(align(8))]
struct Words([u8; WORD_LEN_MAX]);

impl LogPlace {
    fn address(self) -> u32 {
        self.page.wrapping_add(self.offset)
    }

    pub(super) fn behind(self, len: usize) -> Self {
        Self { page: self.page, offset: self.offset.wrapping_add(len as u32) }
    }
}

impl Log {
    pub(super) fn new<F: NorFlash>(owner: Owner, range: Range<u32>) -> Self {
        let (page_len, unit) = (F::ERASE_SIZE as u32, F::WRITE_SIZE.max(4));
        let count = (range.end - range.start) / page_len;
        Self { owner, start: range.start, count, page_len, unit, is_open: false, tail: None }
    }

    // ---- Sizes ----

    pub(super) fn in_units(&self, len: usize) -> usize {
        let rest = self.unit.wrapping_sub(1);
        len.wrapping_add(rest) & !rest
    }

    /// Bytes for items on a page.
    pub(super) fn page_room(&self) -> usize {
        (self.page_len as usize).saturating_sub(self.in_units(HEADER_LEN))
    }

    /// Bytes to the end of the page.
    pub(super) fn left(&self, place: LogPlace) -> usize {
        self.page_len.saturating_sub(place.offset) as usize
    }

    /// Bytes to the end of the page that is written.
    pub(super) fn tail_left(&self) -> usize {
        self.tail.map_or(0, |tail| self.left(tail))
    }

    // ---- Pages ----

    /// The addresses of all pages.
    pub(super) fn pages(&self) -> impl Iterator<Item = u32> + use<> {
        let (start, len) = (self.start, self.page_len);
        (0..self.count).map(move |index| start.wrapping_add(index.wrapping_mul(len)))
    }

    #[inline(never)]
    pub(super) fn header(&self, io: &mut Io<'_>, page: u32) -> Result<Option<PageHeader>> {
        let mut words = Words([0; _]);
        let bytes = words.0.get_mut(..self.in_units(HEADER_LEN)).unwrap_or_default();
        io.chip.read(page, bytes)?;
        veil(bytes, HEADER_LEN);
        Ok(PageHeader::read(self.owner, bytes))
    }

    /// Begins to find out what lies on the chip. The page that was being begun or erased when the power failed is erased
    /// again where its beginning cannot be read: it is one at most, and it cannot be read the second time either.
    pub(super) fn open(&mut self, io: &mut Io<'_>) -> Result<()> {
        self.tail = None;
        match self.unreadable_page(io)? {
            Some(page) if self.unreadable_page(io)? == Some(page) => self.erase(io, page),
            _ => Ok(()),
        }
    }

    fn unreadable_page(&self, io: &mut Io<'_>) -> Result<Option<u32>> {
        let mut unreadable = None;
        for page in self.pages() {
            if let Err(fault) = self.header(io, page)
                && unreadable.replace(page).is_some()
            {
                return Err(fault);
            }
        }
        Ok(unreadable)
    }

    /// Begins a page. Returns the place behind its header.
    #[inline(never)]
    pub(super) fn begin_page(&self, io: &mut Io<'_>, page: u32, header: &PageHeader) -> Result<LogPlace> {
        self.erase(io, page)?;
        let len = header.write(self.owner, io.scratch).unwrap_or(0);
        self.write(io, LogPlace { page, offset: 0 }, len)
    }

    pub(super) fn erase(&self, io: &mut Io<'_>, page: u32) -> Result<()> {
        io.chip.erase(page, page.wrapping_add(self.page_len))
    }

    // ---- Items ----

    /// Goes on with the page that was written last: makes what a power cut has left of the last item something that is
    /// passed over, and has the next one follow it.
    #[inline(never)]
    pub(super) fn resume(&mut self, io: &mut Io<'_>, cursor: Cursor) -> Result<Scan> {
        let mut scan = self.scan(io, cursor)?;
        let torn_at = scan.cursor.place;
        let mut units = 0;
        while !self.is_blank(io, scan.cursor.place)? {
            scan.cursor.place = scan.cursor.place.behind(self.unit);
            units += 1;
        }
        if units > 0 {
            scan.cursor.slack = scan.cursor.slack.saturating_add(1);
            let torn = torn(units);
            let len = copy(io.scratch, &torn).map_or(0, |torn| torn.len());
            self.write(io, torn_at, len)?;
        }
        self.tail = Some(scan.cursor.place);
        Ok(scan)
    }

    /// Writes the item in the scratch memory behind the last one.
    pub(super) fn append(&mut self, io: &mut Io<'_>, len: usize) -> Result<()> {
        let Some(tail) = self.tail.filter(|tail| self.left(*tail) >= self.in_units(len)) else {
            return Err(Fault::Full);
        };
        let was_open = core::mem::replace(&mut self.is_open, false); // until it is certain what lies there
        self.tail = Some(self.write(io, tail, len)?);
        self.is_open = was_open;
        Ok(())
    }

    pub(super) fn append_mark(&mut self, io: &mut Io<'_>, mark: Mark) -> Result<()> {
        let len = mark.write(io.scratch).unwrap_or(0);
        self.append(io, len)
    }

    /// Writes the item in the scratch memory, its first unit last. Returns the place behind it.
    #[inline(never)]
    pub(super) fn write(&self, io: &mut Io<'_>, place: LogPlace, len: usize) -> Result<LogPlace> {
        let whole = self.in_units(len);
        veil(io.scratch, len);
        if let Some(padding) = io.scratch.get_mut(len..whole) {
            padding.fill(0);
        }
        let (first, rest) =
            io.scratch.get(..whole).and_then(|item| item.split_at_checked(self.unit)).unwrap_or_default();
        if !rest.is_empty() {
            io.chip.write(place.behind(first.len()).address(), rest)?;
        }
        io.chip.write(place.address(), first)?;
        Ok(place.behind(whole))
    }
}
