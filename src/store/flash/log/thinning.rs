//! Making room: all that stays is copied to other pages.

use super::pages::{Page, read_header};
use super::{Log, Place, Result, Scratch, Words, copy, erase, staged, write};
use crate::store::flash::page::{Header, Mark, NUMBERS};
use crate::store::thinning::{Role, Thinning};
use embedded_storage_async::nor_flash::NorFlash;

/// Where copies go.
struct Target {
    place: Option<Place>,
    /// The number of the next one is not below.
    expected: u32,
}

impl Log {
    /// Makes room. The entry that may be under way stays.
    pub(in crate::store::flash) async fn thin<F: NorFlash>(
        &mut self,
        flash: &mut F,
        role: fn(&[u8]) -> Role,
        scratch: &mut Scratch,
        buffer: &mut [u8],
    ) -> Result<u32, F> {
        if !self.is_open {
            self.open(flash, scratch).await?;
        }
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
        let mut source = self.cursor_at(flash, self.head).await?;
        let mut target = Target { place: None, expected: self.head };
        while let Some(mut cursor) = source {
            let (page, first) = (cursor.place.page, cursor.expected);
            while let Some(found) = self.next_in_page(flash, &mut cursor, scratch).await? {
                let record = found.record(scratch);
                let Some(record) = copy(buffer, record) else { continue };
                let mut is_spare = false;
                if let Some(series) = thinning.spare(role(record))
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
                    self.copy_entry(flash, &mut target, found.number, record, scratch).await?;
                }
            }
            source = if cursor.end == u32::MAX { None } else { self.cursor_at(flash, cursor.end).await? };
            if is_real {
                let copied = cursor.expected.max(first.saturating_add(1));
                let mark = Words::mark(Mark::Copied(copied));
                self.write_copy(flash, &mut target, copied, mark.of::<F>()).await?;
                erase(flash, page).await?;
            }
        }
        Ok(gone)
    }

    async fn copy_entry<F: NorFlash>(
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
        let place = match target.place.filter(|place| place.left::<F>() >= item.len()) {
            Some(place) => place,
            None => {
                let generation = self.generation.saturating_add(1);
                let header = Header { generation, is_copy: true, first: number, head: self.head, again: 0 };
                self.begin_page(flash, target.place.or(self.tail), None, &header).await?
            }
        };
        target.place = Some(write(flash, place, item).await?);
        Ok(())
    }

    /// Finishes what a power cut has interrupted: of a thinning that has not copied a page whole, the copy goes; of one
    /// that has, the page.
    pub(super) async fn finish_thinning<F: NorFlash>(&mut self, flash: &mut F, scratch: &mut Scratch) -> Result<(), F> {
        let (mut newest, mut copied) = (0, 0);
        for page in self.pages::<F>() {
            let Some(header) = read_header(flash, page).await? else { continue };
            if header.generation > newest {
                (newest, copied) = (header.generation, 0);
            }
            if header.is_copy && header.generation == newest {
                copied = self.scan(flash, Page::new(page, header), scratch).await?.copied.max(copied);
            }
        }
        self.generation = newest;
        for page in self.pages::<F>() {
            let Some(header) = read_header(flash, page).await? else { continue };
            let is_copied = header.first < copied;
            let is_newest = header.generation == newest;
            if is_copied && !is_newest || !is_copied && is_newest && header.is_copy {
                erase(flash, page).await?;
            }
        }
        Ok(())
    }
}
