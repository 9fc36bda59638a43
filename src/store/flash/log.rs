//! The journal on flash: a log over a ring of pages.
//!
//! | what | when | so that |
//! |---|---|---|
//! | all units of an item but the first, then the first | at each append | a torn one has no beginning and is passed over |
//! | a mark with the number of the first entry left | at each release | a boot knows it; the entry itself stays as it is |
//! | erase, then the header, on the next free page | when a page is full | wear is spread; a page without header is free |
//! | copies of all that stays, a mark, then erase | page by page at a thinning | each entry is whole in one place at least |
//!
//! Where pages overlap after an interrupted thinning, the entry that is found first counts.

use super::page::{GLANCE, HEADER_LEN, Header, Item, MARK_LEN, Mark, NUMBERS, PREFIX_LEN};
use super::page::{in_units, item_len, prefix, read_item, unit};
use super::{SCRATCH_LEN, WORD_LEN_MAX};
use crate::store::thinning::{Role, Thinning};
use core::ops::Range;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash};
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
    generation: u16,
    /// Where the next item goes; none while there is no page at all.
    tail: Option<Place>,
    /// Where reading goes on.
    cursor: Option<Cursor>,
    /// Pages without an entry that is still wanted.
    free_pages: u32,
    /// When the head gets here, another page is free.
    second_first: u32,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    /// The address of the page.
    page: u32,
    offset: u32,
}

/// A walk over the entries in their order.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    place: Place,
    /// That of the page's header.
    first: u32,
    /// The number of an entry at this place is not below.
    expected: u32,
    /// Entries below have been passed, maybe in another page.
    passed: u32,
}

/// An entry whose record lies in the scratch memory, behind its prefix.
struct Found {
    number: u32,
    len: usize,
}

impl Log {
    pub(super) const fn new(range: Range<u32>) -> Self {
        Self {
            range,
            is_open: false,
            head: 0,
            next: 0,
            generation: 0,
            tail: None,
            cursor: None,
            free_pages: 0,
            second_first: u32::MAX,
        }
    }

    /// The numbers of the entries, from the first that was not released to before the next.
    pub(super) fn numbers(&self) -> Range<u32> {
        self.head..self.next
    }

    /// How many more entries of `len` bytes fit for certain, if one page stays free.
    pub(super) fn room<F: NorFlash>(&self, len: usize) -> u32 {
        let len = in_units::<F>(PREFIX_LEN + len) as u32;
        let page = F::ERASE_SIZE as u32;
        let left = self.tail.map_or(0, |tail| page.saturating_sub(tail.offset));
        left / len + self.free_pages.saturating_sub(1) * ((page - header_len::<F>()) / len)
    }

    /// Finds out what lies on the chip, unless it is known.
    #[inline(never)]
    pub(super) async fn open<F: NorFlash>(&mut self, flash: &mut F, scratch: &mut Scratch) -> Result<(), F> {
        if self.is_open {
            return Ok(());
        }
        *self = Self::new(self.range.clone());
        self.finish_thinning(flash, scratch).await?;
        if let Some((page, header)) = self.select(flash, &|header| Some(header.first)).await? {
            let mut cursor = Cursor::new::<F>(page, &header, 0);
            let mut is_damaged = false;
            (self.head, self.next) = (header.head, header.first);
            while let Some((item, behind)) = look(flash, cursor.place, cursor.expected, scratch).await? {
                // What cannot be read may have been an entry: its number is not used again.
                self.next += u32::from(item == Item::Nothing && !is_damaged);
                is_damaged = item == Item::Nothing;
                if let Item::Mark(Mark::Released(number)) = item {
                    self.head = self.head.max(number);
                }
                cursor.pass(item, behind);
                self.next = self.next.max(cursor.expected);
            }
            self.tail = Some(cursor.place);
            self.next = self.next.max(self.head);
        }
        self.survey(flash).await?;
        self.is_open = true;
        Ok(())
    }

    /// Reads entry `number` into `buffer`.
    pub(super) async fn load<F: NorFlash>(
        &mut self,
        flash: &mut F,
        number: u32,
        scratch: &mut Scratch,
        buffer: &mut [u8],
    ) -> Result<Option<usize>, F> {
        self.open(flash, scratch).await?;
        if number < self.head {
            return Ok(None);
        }
        let mut cursor = match self.cursor {
            Some(cursor) if cursor.passed <= number => cursor,
            _ => match self.page_of(flash, number).await? {
                Some((page, header)) => Cursor::new::<F>(page, &header, 0),
                None => return Ok(None),
            },
        };
        loop {
            let before = cursor;
            let found = self.next_entry(flash, &mut cursor, scratch).await?;
            match found {
                Some(found) if found.number < number => continue,
                Some(found) if found.number == number => {
                    self.cursor = Some(before);
                    let record = found.record(scratch);
                    let place = buffer.get_mut(..record.len()).ok_or(Error::BufferTooSmall(record.len()))?;
                    place.iter_mut().zip(record).for_each(|(place, byte)| *place = *byte);
                    return Ok(Some(record.len()));
                }
                _ => {
                    self.cursor = Some(before);
                    return Ok(None);
                }
            }
        }
    }

    /// Makes an entry durable.
    pub(super) async fn append<F: NorFlash>(
        &mut self,
        flash: &mut F,
        number: u32,
        record: &[u8],
        scratch: &mut Scratch,
    ) -> Result<(), F> {
        self.open(flash, scratch).await?;
        let is_near = number.saturating_sub(self.next) < NUMBERS / 2;
        let place = match self.tail.filter(|tail| is_near && tail.has_room::<F>(PREFIX_LEN + record.len())) {
            Some(tail) => tail,
            None => self.turn_page(flash, number).await?,
        };
        self.is_open = false; // until it is certain what lies there
        self.tail = Some(write(flash, place, staged::<F>(number, record, scratch)).await?);
        self.is_open = true;
        self.next = number.saturating_add(1);
        Ok(())
    }

    /// Forgets all entries up to `number`.
    pub(super) async fn release<F: NorFlash>(
        &mut self,
        flash: &mut F,
        number: u32,
        scratch: &mut Scratch,
    ) -> Result<(), F> {
        self.open(flash, scratch).await?;
        self.head = self.head.max(number.saturating_add(1));
        self.next = self.next.max(self.head);
        match self.tail.filter(|tail| tail.has_room::<F>(MARK_LEN)) {
            Some(tail) => {
                self.is_open = false;
                self.tail = Some(write(flash, tail, Words::mark(Mark::Released(self.head)).of::<F>()).await?);
                self.is_open = true;
            }
            // The header of the next page tells it as well.
            None if self.free_pages > 0 => {
                self.turn_page(flash, self.next).await?;
            }
            // A power cut now would have the entry delivered once more, which is better than no room for an end.
            None => {}
        }
        if self.head >= self.second_first {
            self.survey(flash).await?;
        }
        Ok(())
    }

    /// Makes room. The entry that may be under way stays.
    pub(super) async fn thin<F: NorFlash>(
        &mut self,
        flash: &mut F,
        role: fn(&[u8]) -> Role,
        scratch: &mut Scratch,
        buffer: &mut [u8],
    ) -> Result<u32, F> {
        self.open(flash, scratch).await?;
        if self.free_pages == 0 || self.copy_all(flash, role, scratch, buffer, false).await? == 0 {
            return Ok(0);
        }
        self.is_open = false;
        let gone = self.copy_all(flash, role, scratch, buffer, true).await?;
        let (head, next) = (self.head, self.next);
        self.open(flash, scratch).await?;
        (self.head, self.next) = (head, next);
        Ok(gone)
    }
}

// Reading

impl Log {
    /// The next entry in the order of numbers, whatever page it is on.
    async fn next_entry<F: NorFlash>(
        &self,
        flash: &mut F,
        cursor: &mut Cursor,
        scratch: &mut Scratch,
    ) -> Result<Option<Found>, F> {
        loop {
            if let Some(found) = self.next_in_page(flash, cursor, scratch).await? {
                return Ok(Some(found));
            }
            let Some((page, header)) = self.page_after(flash, cursor.first).await? else { return Ok(None) };
            *cursor = Cursor::new::<F>(page, &header, cursor.passed);
        }
    }

    /// The next entry of this page that was not passed in another one.
    #[inline(never)]
    async fn next_in_page<F: NorFlash>(
        &self,
        flash: &mut F,
        cursor: &mut Cursor,
        scratch: &mut Scratch,
    ) -> Result<Option<Found>, F> {
        loop {
            let end = self.tail.filter(|tail| tail.page == cursor.place.page).map_or(u32::MAX, |tail| tail.offset);
            if cursor.place.offset >= end {
                return Ok(None);
            }
            let Some((item, behind)) = look(flash, cursor.place, cursor.expected, scratch).await? else {
                return Ok(None);
            };
            let passed = cursor.passed;
            cursor.pass(item, behind);
            if let Item::Entry { number, len } = item
                && number >= passed.max(self.head)
            {
                return Ok(Some(Found { number, len }));
            }
        }
    }

    /// The page with the best header, if any is good.
    #[inline(never)]
    async fn select<F: NorFlash>(
        &self,
        flash: &mut F,
        rank: &dyn Fn(&Header) -> Option<u32>,
    ) -> Result<Option<(u32, Header)>, F> {
        let mut best = None;
        let mut best_rank = None;
        for page in pages::<F>(&self.range) {
            let Some(header) = read_header(flash, page).await? else { continue };
            let rank = rank(&header);
            // What a thinning is about to write does not count yet.
            if header.generation <= self.generation && rank > best_rank {
                (best, best_rank) = (Some((page, header)), rank);
            }
        }
        Ok(best)
    }

    /// The page behind the one that begins with `first`.
    async fn page_after<F: NorFlash>(&self, flash: &mut F, first: u32) -> Result<Option<(u32, Header)>, F> {
        self.select(flash, &|header| (header.first > first).then_some(u32::MAX - header.first)).await
    }

    /// The page where entry `number` is, or would be.
    async fn page_of<F: NorFlash>(&self, flash: &mut F, number: u32) -> Result<Option<(u32, Header)>, F> {
        let below = self.select(flash, &|header| (header.first <= number).then_some(header.first)).await?;
        match below {
            Some(page) => Ok(Some(page)),
            None => self.select(flash, &|header| Some(u32::MAX - header.first)).await,
        }
    }

    /// Counts the pages that nothing is wanted of any more: all behind which another one begins below the head.
    async fn survey<F: NorFlash>(&mut self, flash: &mut F) -> Result<(), F> {
        let oldest = self.oldest(flash).await?;
        self.second_first = self.page_after(flash, oldest).await?.map_or(u32::MAX, |(_, header)| header.first);
        self.free_pages = 0;
        for page in pages::<F>(&self.range) {
            self.free_pages += u32::from(self.is_free(flash, page, oldest).await?);
        }
        Ok(())
    }

    /// Where the page begins that the head is on.
    async fn oldest<F: NorFlash>(&self, flash: &mut F) -> Result<u32, F> {
        let head = self.head;
        let page = self.select(flash, &|header| (header.first <= head).then_some(header.first)).await?;
        Ok(page.map_or(0, |(_, header)| header.first))
    }

    async fn is_free<F: NorFlash>(&self, flash: &mut F, page: u32, oldest: u32) -> Result<bool, F> {
        let header = read_header(flash, page).await?;
        Ok(header.is_none_or(|header| header.generation <= self.generation && header.first < oldest))
    }
}

// Writing

impl Log {
    /// Begins the page that is written from now on, with entry `number`.
    async fn turn_page<F: NorFlash>(&mut self, flash: &mut F, number: u32) -> Result<Place, F> {
        let header = Header { generation: self.generation, is_copy: false, first: number, head: self.head };
        let behind = self.tail.map(|tail| tail.page);
        self.is_open = false;
        let place = self.begin_page(flash, behind, &header).await?;
        self.tail = Some(place);
        self.survey(flash).await?;
        self.is_open = true;
        Ok(place)
    }

    /// Begins the first free page behind another one.
    #[inline(never)]
    async fn begin_page<F: NorFlash>(
        &mut self,
        flash: &mut F,
        behind: Option<u32>,
        header: &Header,
    ) -> Result<Place, F> {
        let oldest = self.oldest(flash).await?;
        let later = pages::<F>(&self.range).filter(|page| behind.is_none_or(|behind| *page > behind));
        let earlier = pages::<F>(&self.range).filter(|page| behind.is_some_and(|behind| *page < behind));
        for page in later.chain(earlier) {
            if self.is_free(flash, page, oldest).await? {
                if self.cursor.is_some_and(|cursor| cursor.place.page == page) {
                    self.cursor = None;
                }
                erase(flash, page).await?;
                return write(flash, Place { page, offset: 0 }, Words::header(header).of::<F>()).await;
            }
        }
        Err(Error::FullStorage)
    }

    /// Goes over all entries, counting those that can be done without. `is_real`: copies the others, and erases the pages
    /// on which they were.
    async fn copy_all<F: NorFlash>(
        &mut self,
        flash: &mut F,
        role: fn(&[u8]) -> Role,
        scratch: &mut Scratch,
        buffer: &mut [u8],
        is_real: bool,
    ) -> Result<u32, F> {
        let mut thinning = Thinning::new();
        let mut gone = 0;
        let mut source = self.page_of(flash, self.head).await?;
        let mut target = Target { place: None, expected: self.head };
        let mut passed = 0;
        while let Some((page, header)) = source {
            let mut cursor = Cursor::new::<F>(page, &header, passed);
            while let Some(found) = self.next_in_page(flash, &mut cursor, scratch).await? {
                let record = found.record(scratch);
                let Some(copy) = buffer.get_mut(..record.len()) else { continue };
                copy.iter_mut().zip(record).for_each(|(place, byte)| *place = *byte);
                let mut is_spare = false;
                if let Some(series) = thinning.spare(role(copy))
                    && found.number != self.head
                {
                    let mut ahead = cursor;
                    while let Some(later) = self.next_entry(flash, &mut ahead, scratch).await? {
                        if let Some(goes_on) = series.goes_on(role(later.record(scratch))) {
                            is_spare = goes_on;
                            break;
                        }
                    }
                }
                if is_spare {
                    gone += 1;
                } else if is_real {
                    self.copy(flash, &mut target, found.number, copy, scratch).await?;
                }
            }
            passed = cursor.passed.max(header.first.saturating_add(1));
            source = self.page_after(flash, header.first).await?;
            if is_real {
                let mark = Words::mark(Mark::Copied(passed));
                self.write_copy(flash, &mut target, passed, mark.of::<F>()).await?;
                erase(flash, page).await?;
            }
        }
        Ok(gone)
    }

    async fn copy<F: NorFlash>(
        &mut self,
        flash: &mut F,
        target: &mut Target,
        number: u32,
        record: &[u8],
        scratch: &mut Scratch,
    ) -> Result<(), F> {
        if target.place.is_some() && number.saturating_sub(target.expected) >= NUMBERS {
            let mark = Words::mark(Mark::Next(number));
            self.write_copy(flash, target, number, mark.of::<F>()).await?;
        }
        self.write_copy(flash, target, number, staged::<F>(number, record, scratch)).await?;
        target.expected = number.saturating_add(1);
        Ok(())
    }

    /// Writes an item on the page of copies, or on the next one when that is full.
    #[inline(never)]
    async fn write_copy<F: NorFlash>(
        &mut self,
        flash: &mut F,
        target: &mut Target,
        number: u32,
        item: &[u8],
    ) -> Result<(), F> {
        let place = match target.place.filter(|place| place.has_room::<F>(item.len())) {
            Some(place) => place,
            None => {
                let generation = self.generation.saturating_add(1);
                let header = Header { generation, is_copy: true, first: number, head: self.head };
                let behind = target.place.or(self.tail).map(|place| place.page);
                self.begin_page(flash, behind, &header).await?
            }
        };
        target.place = Some(write(flash, place, item).await?);
        Ok(())
    }

    /// Finishes what a power cut has interrupted: of a thinning that has not copied a page whole, the copy goes; of one
    /// that has, the page.
    async fn finish_thinning<F: NorFlash>(&mut self, flash: &mut F, scratch: &mut Scratch) -> Result<(), F> {
        for page in pages::<F>(&self.range) {
            let generation = read_header(flash, page).await?.map_or(0, |header| header.generation);
            self.generation = self.generation.max(generation);
        }
        let newest = self.generation;
        let mut copied = None;
        for page in pages::<F>(&self.range) {
            let header = read_header(flash, page).await?;
            let Some(header) = header.filter(|header| header.is_copy && header.generation == newest) else { continue };
            let mut cursor = Cursor::new::<F>(page, &header, 0);
            while let Some((item, behind)) = look(flash, cursor.place, cursor.expected, scratch).await? {
                if let Item::Mark(Mark::Copied(number)) = item {
                    copied = copied.max(Some(number));
                }
                cursor.pass(item, behind);
            }
        }
        for page in pages::<F>(&self.range) {
            let Some(header) = read_header(flash, page).await? else { continue };
            let is_copied = copied.is_some_and(|copied| header.first < copied);
            let is_newest = header.generation == newest;
            if is_copied && !is_newest || !is_copied && is_newest && header.is_copy {
                erase(flash, page).await?;
            }
        }
        Ok(())
    }
}

/// Where copies go.
struct Target {
    place: Option<Place>,
    /// The number of the next one is not below.
    expected: u32,
}

impl Place {
    fn address(&self) -> u32 {
        self.page.saturating_add(self.offset)
    }

    fn behind(self, len: usize) -> Self {
        Self { page: self.page, offset: self.offset.saturating_add(len as u32) }
    }

    fn left<F: NorFlash>(&self) -> usize {
        (F::ERASE_SIZE as u32).saturating_sub(self.offset) as usize
    }

    fn has_room<F: NorFlash>(&self, len: usize) -> bool {
        in_units::<F>(len) <= self.left::<F>()
    }
}

impl Cursor {
    /// At the first item of a page.
    fn new<F: NorFlash>(page: u32, header: &Header, passed: u32) -> Self {
        let place = Place { page, offset: header_len::<F>() };
        Self { place, first: header.first, expected: header.first, passed }
    }

    fn pass(&mut self, item: Item, behind: Place) {
        self.place = behind;
        match item {
            Item::Entry { number, .. } => {
                self.expected = number.saturating_add(1);
                self.passed = self.passed.max(self.expected);
            }
            Item::Mark(Mark::Next(number)) => self.expected = self.expected.max(number),
            _ => {}
        }
    }
}

impl Found {
    fn record<'s>(&self, scratch: &'s Scratch) -> &'s [u8] {
        scratch.get(PREFIX_LEN..PREFIX_LEN + self.len).unwrap_or_default()
    }
}

/// A header or a mark on its way to the chip. Aligned, because some drivers want words.
#[repr(align(8))]
struct Words {
    bytes: [u8; WORD_LEN_MAX],
    len: usize,
}

impl Words {
    fn header(header: &Header) -> Self {
        let mut bytes = [0xff; _];
        let len = header.write(&mut bytes).unwrap_or(0);
        Self { bytes, len }
    }

    fn mark(mark: Mark) -> Self {
        let mut bytes = [0xff; _];
        let len = mark.write(&mut bytes).unwrap_or(0);
        Self { bytes, len }
    }

    fn of<F: NorFlash>(&self) -> &[u8] {
        self.bytes.get(..in_units::<F>(self.len)).unwrap_or_default()
    }
}

/// An entry on its way to the chip.
fn staged<'s, F: NorFlash>(number: u32, record: &[u8], scratch: &'s mut Scratch) -> &'s [u8] {
    let bytes = prefix(number, record.len()).into_iter().chain(record.iter().copied());
    let padded = bytes.chain(core::iter::repeat(0xff));
    let place = scratch.get_mut(..in_units::<F>(PREFIX_LEN + record.len())).unwrap_or_default();
    place.iter_mut().zip(padded).for_each(|(place, byte)| *place = byte);
    place
}

const fn header_len<F: NorFlash>() -> u32 {
    in_units::<F>(HEADER_LEN) as u32
}

/// The addresses of all pages.
fn pages<F: NorFlash>(range: &Range<u32>) -> impl Iterator<Item = u32> + use<F> {
    range.clone().step_by(F::ERASE_SIZE)
}

async fn read_header<F: NorFlash>(flash: &mut F, page: u32) -> Result<Option<Header>, F> {
    let mut words = Words { bytes: [0; _], len: HEADER_LEN };
    let bytes = words.bytes.get_mut(..header_len::<F>() as usize).unwrap_or_default();
    flash.read(page, bytes).await.map_err(failed)?;
    Ok(Header::read(bytes))
}

/// What lies at a place, and the place behind it; `None` when the rest of the page is blank.
#[inline(never)]
async fn look<F: NorFlash>(
    flash: &mut F,
    place: Place,
    expected: u32,
    scratch: &mut Scratch,
) -> Result<Option<(Item, Place)>, F> {
    let left = place.left::<F>();
    let glance = left.min(GLANCE);
    let bytes = scratch.get_mut(..glance).unwrap_or_default();
    flash.read(place.address(), bytes).await.map_err(failed)?;
    if let Some(len) = item_len(bytes).filter(|len| in_units::<F>(*len) <= left) {
        if let Some(rest) = scratch.get_mut(glance..in_units::<F>(len)) {
            flash.read(place.behind(glance).address(), rest).await.map_err(failed)?;
        }
        let item = read_item(scratch.get(..len).unwrap_or_default(), expected);
        if item != Item::Nothing {
            return Ok(Some((item, place.behind(in_units::<F>(len)))));
        }
    }
    let is_end = is_blank(flash, place, scratch).await?;
    Ok((!is_end).then(|| (Item::Nothing, place.behind(unit::<F>()))))
}

/// Whether nothing was written from here to the end of the page.
async fn is_blank<F: NorFlash>(flash: &mut F, mut place: Place, scratch: &mut Scratch) -> Result<bool, F> {
    while place.left::<F>() > 0 {
        let bytes = scratch.get_mut(..place.left::<F>().min(SCRATCH_LEN)).unwrap_or_default();
        flash.read(place.address(), bytes).await.map_err(failed)?;
        if bytes.iter().any(|byte| *byte != 0xff) {
            return Ok(false);
        }
        place = place.behind(bytes.len());
    }
    Ok(true)
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
