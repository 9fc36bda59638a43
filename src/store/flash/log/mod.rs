//! The journal on flash: a log over a ring of pages.
//!
//! | what | when | so that |
//! |---|---|---|
//! | all units of an item but the first, then the first | at each append | a torn one has no beginning and is passed over |
//! | a mark with the number of the first entry left | at each release | a boot knows it; the entry itself stays as it is |
//! | erase, then the header, on the next free page | when a page is full | wear is spread; a page without header is free |
//! | copies of all that stays, a mark, then erase | page by page at a thinning | each entry is whole in one place at least |
//!
//! Where pages overlap, because a thinning was interrupted or an entry was written once more, an entry counts on the last page
//! that begins with it or before it.

mod cursor;
mod pages;
mod thinning;

use super::page::{HEADER_LEN, Header, Item, MARK_LEN, Mark, NUMBERS, PREFIX_LEN, in_units, prefix, torn, unit};
use super::{SCRATCH_LEN, WORD_LEN_MAX};
use crate::bytes::copy;
use core::ops::{Range, RangeInclusive};
use cursor::{Cursor, is_blank, look};
use embedded_storage_async::nor_flash::{ErrorType, NorFlash};
use pages::{Page, Place};
use sequential_storage::Error;

type Result<T, F> = core::result::Result<T, Error<<F as ErrorType>::Error>>;
pub(super) type Scratch = [u8; SCRATCH_LEN];

pub(super) struct Log {
    range: Range<u32>,
    /// What is below is as it lies on the chip.
    is_open: bool,
    /// The first entry that was not released, and the next one.
    head: u32,
    next: u32,
    /// The numbers that the next entry may have on the page that is written.
    expected: RangeInclusive<u32>,
    /// The last entry that was appended since the boot, and how its record begins: with its kind.
    appended: Option<(u32, Option<[u8; 2]>)>,
    generation: u16,
    /// Where the next item goes; none while there is no page at all.
    tail: Option<Place>,
    /// How the header of that page begins.
    tail_begin: (u32, u16),
    /// Where reading goes on.
    cursor: Option<Cursor>,
    /// Where the page begins that the head is on, and the one behind it: pages that begin below the first are free, and
    /// when the head gets to the second, one more is.
    first_begin: u32,
    second_begin: u32,
    free_pages: u32,
}

/// What the marks of a page say.
struct Scan {
    /// At the end of the page.
    cursor: Cursor,
    released: u32,
    copied: u32,
    erasing: Option<u32>,
    /// So many places behind the last entry cannot be read.
    damages: u32,
}

/// What is left for entries, if one page stays free.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Space {
    /// Bytes of the page that is written.
    left: usize,
    pages: u32,
}

impl Space {
    /// How many more entries of `len` bytes fit for certain.
    pub(super) fn entries<F: NorFlash>(self, len: usize) -> u32 {
        let entries = |bytes: usize| bytes.checked_div(in_units::<F>(PREFIX_LEN + len)).unwrap_or(0) as u32;
        let in_page = entries(F::ERASE_SIZE - in_units::<F>(HEADER_LEN));
        entries(self.left).saturating_add(self.pages.saturating_mul(in_page))
    }
}

impl Log {
    pub(super) const fn new(range: Range<u32>) -> Self {
        Self {
            range,
            is_open: false,
            head: 0,
            next: 0,
            expected: 0..=0,
            appended: None,
            generation: u16::MAX,
            tail: None,
            tail_begin: (0, 0),
            cursor: None,
            first_begin: 0,
            second_begin: u32::MAX,
            free_pages: 0,
        }
    }

    /// The numbers of the entries, from the first that was not released to before the next.
    pub(super) fn numbers(&self) -> Range<u32> {
        self.head..self.next
    }

    pub(super) fn space<F: NorFlash>(&self) -> Space {
        let is_spent = self.is_spent::<F>();
        Space {
            left: if is_spent { 0 } else { self.tail.map_or(0, |tail| tail.left::<F>()) },
            pages: if is_spent { 1 } else { self.free_pages.saturating_sub(1) },
        }
    }

    /// Of two pages the one that is written holds nothing that is still wanted, and has less room than the other.
    fn is_spent<F: NorFlash>(&self) -> bool {
        let is_past_half = self.tail.is_some_and(|tail| tail.left::<F>() < F::ERASE_SIZE / 2);
        self.head == self.next && self.free_pages == 1 && is_past_half
    }

    /// Whether it is known what lies on the chip.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Finds out what lies on the chip.
    #[inline(never)]
    pub(super) async fn open<F: NorFlash>(&mut self, flash: &mut F, scratch: &mut Scratch) -> Result<(), F> {
        (self.head, self.next, self.first_begin) = (0, 0, 0);
        (self.tail, self.cursor) = (None, None);
        self.generation = u16::MAX;
        self.finish_thinning(flash, scratch).await?;
        if let Some(page) = self.last_page(flash).await? {
            let mut scan = self.scan(flash, page, scratch).await?;
            self.cover_torn_tail(flash, &mut scan.cursor, scratch).await?;
            let Cursor { place, expected, slack, .. } = scan.cursor;
            self.tail = Some(place);
            self.tail_begin = (page.first, page.again);
            self.expected = expected..=expected.saturating_add(slack.min(NUMBERS - 1));
            self.head = scan.released.max(page.head);
            // What cannot be read may have been an entry: its number is not used again.
            self.next = expected.saturating_add(scan.damages).max(self.head);
            if let Some(page) = scan.erasing {
                erase(flash, page).await?;
            }
        }
        self.survey(flash).await?;
        self.is_open = true;
        Ok(())
    }

    /// Reads all marks of a page.
    #[inline(never)]
    async fn scan<F: NorFlash>(&self, flash: &mut F, page: Page, scratch: &mut Scratch) -> Result<Scan, F> {
        let cursor = Cursor::new::<F>(page);
        let mut scan = Scan { cursor, released: 0, copied: 0, erasing: None, damages: 0 };
        let mut is_damaged = false;
        while let Some((item, behind)) = look(flash, &scan.cursor, scratch).await? {
            let was_damaged = is_damaged;
            is_damaged = item == Item::Nothing;
            match item {
                Item::Entry { .. } => scan.damages = 0,
                Item::Mark(Mark::Released(number)) => scan.released = scan.released.max(number),
                Item::Mark(Mark::Copied(number)) => scan.copied = scan.copied.max(number),
                Item::Mark(Mark::Erasing(page)) => scan.erasing = Some(page),
                Item::Mark(Mark::Erased(_)) => scan.erasing = None,
                Item::Nothing if was_damaged => {}
                Item::Nothing | Item::Torn { .. } => scan.damages = scan.damages.saturating_add(1),
                Item::Mark(Mark::Next(_)) => {}
            }
            scan.cursor.pass(item, behind);
        }
        Ok(scan)
    }

    /// Makes what a power cut has left of the last item something that is passed over, so that nothing in it is ever taken
    /// for an item by chance.
    async fn cover_torn_tail<F: NorFlash>(
        &mut self,
        flash: &mut F,
        cursor: &mut Cursor,
        scratch: &mut Scratch,
    ) -> Result<(), F> {
        let torn_at = cursor.place;
        let mut units = 0;
        while !is_blank(flash, cursor.place, scratch).await? {
            cursor.place = cursor.place.behind(unit::<F>());
            units += 1;
        }
        if units > 0 {
            cursor.slack = cursor.slack.saturating_add(1);
            let mut words = Words::blank(0);
            words.len = copy(&mut words.bytes, &torn(units)).map_or(0, |torn| torn.len());
            write(flash, torn_at, words.of::<F>()).await?;
        }
        Ok(())
    }

    /// Tells the next boot that a page of settings is being erased, so that it erases it again, or that it is erased.
    pub(super) async fn note<F: NorFlash>(&mut self, flash: &mut F, mark: Mark) -> Result<(), F> {
        if self.tail.is_none_or(|tail| tail.left::<F>() < in_units::<F>(MARK_LEN)) {
            self.turn_page(flash, self.next).await?;
        }
        self.write(flash, Words::mark(mark).of::<F>()).await
    }

    /// What was noted may have to be done once more.
    pub(super) fn close(&mut self) {
        self.is_open = false;
    }

    /// What was noted is done.
    pub(super) fn reopen(&mut self) {
        self.is_open = true;
    }

    /// Reads entry `number` into `buffer`.
    pub(super) async fn load<F: NorFlash>(
        &mut self,
        flash: &mut F,
        number: u32,
        scratch: &mut Scratch,
        buffer: &mut [u8],
    ) -> Result<Option<usize>, F> {
        if !self.is_open {
            self.open(flash, scratch).await?;
        }
        if number < self.head {
            return Ok(None);
        }
        if self.cursor.is_none_or(|cursor| cursor.expected > number) {
            self.cursor = self.cursor_at(flash, number).await?;
        }
        let Some(mut cursor) = self.cursor else { return Ok(None) };
        while let Some(found) = self.next_entry(flash, &mut cursor, scratch).await? {
            if found.number == number {
                let record = found.record(scratch);
                copy(buffer, record).ok_or(Error::BufferTooSmall(record.len()))?;
                return Ok(Some(record.len()));
            }
            if found.number > number {
                break;
            }
            self.cursor = Some(cursor); // which stays in front of the entry that is found
        }
        Ok(None)
    }

    /// Makes an entry durable.
    pub(super) async fn append<F: NorFlash>(
        &mut self,
        flash: &mut F,
        number: u32,
        record: &[u8],
        scratch: &mut Scratch,
    ) -> Result<(), F> {
        if !self.is_open {
            self.open(flash, scratch).await?;
        }
        let item = staged::<F>(number, record, scratch);
        // Its writing failed, but it is there: the last pages are not for another version of the same.
        let appended = Some((number, record.first_chunk().copied()));
        if number < *self.expected.start() && self.free_pages < 2 && self.appended == appended {
            return Ok(());
        }
        // An entry that is there although its writing failed is void on this page as soon as another one begins with it.
        let goes_on = self.expected.contains(&number) && !self.is_spent::<F>();
        if self.tail.is_none_or(|tail| !goes_on || tail.left::<F>() < item.len()) {
            self.turn_page(flash, number).await?;
        }
        self.write(flash, item).await?;
        self.appended = appended;
        self.next = number.saturating_add(1);
        self.expected = self.next..=self.next;
        Ok(())
    }

    /// Forgets all entries up to `number`.
    pub(super) async fn release<F: NorFlash>(
        &mut self,
        flash: &mut F,
        number: u32,
        scratch: &mut Scratch,
    ) -> Result<(), F> {
        if !self.is_open {
            self.open(flash, scratch).await?;
        }
        self.head = self.head.max(number.saturating_add(1));
        self.next = self.next.max(self.head);
        if self.tail.is_some_and(|tail| tail.left::<F>() >= in_units::<F>(MARK_LEN)) {
            self.write(flash, Words::mark(Mark::Released(self.head)).of::<F>()).await?;
        } else if self.free_pages > 0 {
            self.turn_page(flash, self.next).await?; // whose header tells it as well
        }
        // Without a place for the mark a power cut now would have the entry delivered once more, which is better than no
        // room for an end.
        if self.head >= self.second_begin {
            self.survey(flash).await?;
        }
        Ok(())
    }

    /// Writes an item behind the last one.
    async fn write<F: NorFlash>(&mut self, flash: &mut F, item: &[u8]) -> Result<(), F> {
        let Some(tail) = self.tail else { return Err(Error::FullStorage) };
        self.is_open = false; // until it is certain what lies there
        self.tail = Some(write(flash, tail, item).await?);
        self.is_open = true;
        Ok(())
    }

    /// Begins the page that is written from now on, with entry `number`.
    #[inline(never)]
    async fn turn_page<F: NorFlash>(&mut self, flash: &mut F, number: u32) -> Result<(), F> {
        // What the last page holds from its beginning on is void: an entry that is written once more, or marks alone.
        let void = self.tail.filter(|_| self.tail_begin.0 == number);
        let again = if void.is_some() { self.tail_begin.1.saturating_add(1) } else { 0 };
        let header = Header { generation: self.generation, is_copy: false, first: number, head: self.head, again };
        self.is_open = false;
        let place = self.begin_page(flash, self.tail, void, &header).await?;
        self.tail = Some(place);
        self.tail_begin = (number, again);
        if let Some(void) = void.filter(|void| void.page != place.page) {
            erase(flash, void.page).await?;
        }
        self.expected = number..=number;
        // Where the last page ends has changed for who reads it.
        self.cursor = None;
        self.survey(flash).await?;
        self.is_open = true;
        Ok(())
    }

    /// Begins the first free page behind a place, or without one the page that is void.
    #[inline(never)]
    async fn begin_page<F: NorFlash>(
        &mut self,
        flash: &mut F,
        behind: Option<Place>,
        void: Option<Place>,
        header: &Header,
    ) -> Result<Place, F> {
        let free = self.free_page(flash, behind).await?;
        let Some(page) = free.or(void.map(|void| void.page)) else { return Err(Error::FullStorage) };
        if self.cursor.is_some_and(|cursor| cursor.place.page == page) {
            self.cursor = None;
        }
        erase(flash, page).await?;
        write(flash, Place { page, offset: 0 }, Words::header(header).of::<F>()).await
    }
}

/// A header or a mark on its way to the chip. Aligned, because some drivers want words.
#[repr(align(8))]
struct Words {
    bytes: [u8; WORD_LEN_MAX],
    len: usize,
}

impl Words {
    fn blank(len: usize) -> Self {
        Self { bytes: [0; _], len }
    }

    fn header(header: &Header) -> Self {
        let mut words = Self::blank(0);
        words.len = header.write(&mut words.bytes).unwrap_or(0);
        words
    }

    fn mark(mark: Mark) -> Self {
        let mut words = Self::blank(0);
        words.len = mark.write(&mut words.bytes).unwrap_or(0);
        words
    }

    fn of<F: NorFlash>(&self) -> &[u8] {
        self.bytes.get(..in_units::<F>(self.len)).unwrap_or_default()
    }
}

/// An entry on its way to the chip.
fn staged<'s, F: NorFlash>(number: u32, record: &[u8], scratch: &'s mut Scratch) -> &'s [u8] {
    let len = in_units::<F>(PREFIX_LEN + record.len());
    let item = scratch.get_mut(..len).unwrap_or_default();
    item.iter_mut().rev().take(unit::<F>()).for_each(|place| *place = 0);
    if let Some((place, rest)) = item.split_first_chunk_mut() {
        *place = prefix(number, record.len());
        let _ = copy(rest, record);
    }
    item
}

/// Writes an item, its first unit last. Returns the place behind it.
#[inline(never)]
async fn write<F: NorFlash>(flash: &mut F, place: Place, item: &[u8]) -> Result<Place, F> {
    let (first, rest) = item.split_at_checked(unit::<F>()).unwrap_or((item, &[]));
    if !rest.is_empty() {
        flash.write(place.behind(first.len()).address(), rest).await.map_err(failed)?;
    }
    flash.write(place.address(), first).await.map_err(failed)?;
    Ok(place.behind(item.len()))
}

async fn erase<F: NorFlash>(flash: &mut F, page: u32) -> Result<(), F> {
    flash.erase(page, page.saturating_add(F::ERASE_SIZE as u32)).await.map_err(failed)
}

fn failed<E>(value: E) -> Error<E> {
    Error::Storage { value }
}
