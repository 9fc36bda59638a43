//! The pages of the range: in which order they are, and which of them are free.

use super::{Log, Result, Words, failed};
use crate::store::flash::page::{HEADER_LEN, Header, in_units};
use core::cell::Cell;
use embedded_storage_async::nor_flash::NorFlash;

#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The address of the page.
    pub(super) page: u32,
    pub(super) offset: u32,
}

impl Place {
    pub(super) fn address(&self) -> u32 {
        self.page.saturating_add(self.offset)
    }

    pub(super) fn behind(self, len: usize) -> Self {
        Self { page: self.page, offset: self.offset.saturating_add(len as u32) }
    }

    /// Bytes to the end of the page.
    pub(super) fn left<F: NorFlash>(&self) -> usize {
        F::ERASE_SIZE.saturating_sub(self.offset as usize)
    }
}

/// A page that holds entries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) address: u32,
    /// No entry of it has a smaller number.
    pub(super) first: u32,
    /// The first entry that was not released when it was begun.
    pub(super) head: u32,
    pub(super) again: u16,
    /// A thinning has left gaps between its numbers.
    pub(super) is_copy: bool,
}

impl Page {
    pub(super) fn new(address: u32, header: Header) -> Self {
        Self { address, first: header.first, head: header.head, again: header.again, is_copy: header.is_copy }
    }
}

/// What a page is worth for a purpose, if anything.
type Rank<'r> = &'r dyn Fn(u32, Option<Header>) -> Option<u64>;

impl Log {
    /// The page that was begun last.
    pub(super) async fn last_page<F: NorFlash>(&self, flash: &mut F) -> Result<Option<Page>, F> {
        self.select(flash, &|_, header| header.map(later)).await
    }

    /// The page behind the one that begins with entry `first`.
    pub(super) async fn page_after<F: NorFlash>(&self, flash: &mut F, first: u32) -> Result<Option<Page>, F> {
        self.select(flash, &|_, header| header.filter(|header| header.first > first).map(earlier)).await
    }

    /// The page where entry `number` is, or would be.
    pub(super) async fn page_of<F: NorFlash>(&self, flash: &mut F, number: u32) -> Result<Option<Page>, F> {
        let rank = |_, header: Option<Header>| {
            let header = header?;
            Some(if header.first <= number { 1 << 48 | later(header) } else { earlier(header) })
        };
        self.select(flash, &rank).await
    }

    /// The first free page behind a place.
    pub(super) async fn free_page<F: NorFlash>(&self, flash: &mut F, behind: Option<Place>) -> Result<Option<u32>, F> {
        let begin = behind.map_or(self.range.start, |place| place.page.saturating_add(1));
        let best = Cell::new(None);
        let rank = |page: u32, header| {
            let distance = page.wrapping_sub(begin);
            if self.is_free(header) && best.get().is_none_or(|(least, _)| distance < least) {
                best.set(Some((distance, page)));
            }
            None
        };
        self.select(flash, &rank).await?;
        Ok(best.get().map(|(_, page)| page))
    }

    /// Counts the free pages.
    pub(super) async fn survey<F: NorFlash>(&mut self, flash: &mut F) -> Result<(), F> {
        self.first_begin = self.page_of(flash, self.head).await?.map_or(0, |page| page.first);
        let (free, second) = (Cell::new(0), Cell::new(u32::MAX));
        let rank = |_, header: Option<Header>| {
            if self.is_free(header) {
                free.set(free.get() + 1);
            }
            if let Some(header) = header.filter(|header| header.first > self.first_begin) {
                second.set(second.get().min(header.first));
            }
            None
        };
        self.select(flash, &rank).await?;
        (self.free_pages, self.second_begin) = (free.get(), second.get());
        Ok(())
    }

    /// Nothing is wanted of a page any more behind which another one begins below the head.
    fn is_free(&self, header: Option<Header>) -> bool {
        header.is_none_or(|header| header.generation <= self.generation && header.first < self.first_begin)
    }

    /// The page of the highest rank. All pages are shown, those without a good header too; but what a thinning is about to
    /// write is not selected.
    #[inline(never)]
    async fn select<F: NorFlash>(&self, flash: &mut F, rank: Rank<'_>) -> Result<Option<Page>, F> {
        let mut best = None;
        let mut best_rank = None;
        for page in self.pages::<F>() {
            let header = read_header(flash, page).await?;
            let rank = rank(page, header);
            if let Some(header) = header.filter(|header| header.generation <= self.generation && rank > best_rank) {
                best = Some(Page::new(page, header));
                best_rank = rank;
            }
        }
        Ok(best)
    }

    /// The addresses of all pages.
    pub(super) fn pages<F: NorFlash>(&self) -> impl Iterator<Item = u32> + use<F> {
        self.range.clone().step_by(F::ERASE_SIZE)
    }
}

fn later(header: Header) -> u64 {
    u64::from(header.first) << u16::BITS | u64::from(header.again)
}

fn earlier(header: Header) -> u64 {
    u64::from(u32::MAX - header.first) << u16::BITS | u64::from(header.again)
}

#[inline(never)]
pub(super) async fn read_header<F: NorFlash>(flash: &mut F, page: u32) -> Result<Option<Header>, F> {
    let mut words = Words::blank(HEADER_LEN);
    let bytes = words.bytes.get_mut(..in_units::<F>(HEADER_LEN)).unwrap_or_default();
    flash.read(page, bytes).await.map_err(failed)?;
    Ok(Header::read(bytes))
}
