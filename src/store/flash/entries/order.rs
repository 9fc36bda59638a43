//! The pages of the journal: in which order they are, and which of them are free.

use super::Entries;
use crate::store::flash::chip::{Io, Result};
use crate::store::flash::log::{LogPlace, PageHeader};
use core::cell::Cell;

/// What a page is worth for a purpose; 0 when nothing.
type Rank<'r> = &'r dyn Fn(u32, Option<PageHeader>) -> u64;

/// The address of a page that holds entries, and how it begins.
pub(super) type Page = (u32, PageHeader);

impl Entries {
    /// The page that was begun last.
    pub(super) fn last_page(&self, io: &mut Io<'_>) -> Result<Option<Page>> {
        self.select(io, &|_, header| header.map_or(0, later))
    }

    /// The page behind the one that begins with entry `first`.
    pub(super) fn page_after(&self, io: &mut Io<'_>, first: u32) -> Result<Option<Page>> {
        self.select(io, &|_, header| header.filter(|header| header.first > first).map_or(0, earlier))
    }

    /// The page where entry `number` is, or would be.
    pub(super) fn page_of(&self, io: &mut Io<'_>, number: u32) -> Result<Option<Page>> {
        let rank = |header: PageHeader| if header.first <= number { 1 << 50 | later(header) } else { earlier(header) };
        self.select(io, &|_, header| header.map_or(0, rank))
    }

    /// The first free page behind a place.
    pub(super) fn free_page(&self, io: &mut Io<'_>, behind: Option<LogPlace>) -> Result<Option<u32>> {
        let begin = behind.map_or(self.log.start, |place| place.page.saturating_add(1));
        let best = Cell::new(None);
        let rank = |page: u32, header| {
            let distance = page.wrapping_sub(begin);
            if self.is_free(header) && best.get().is_none_or(|(least, _)| distance < least) {
                best.set(Some((distance, page)));
            }
            0
        };
        self.select(io, &rank)?;
        Ok(best.get().map(|(_, page)| page))
    }

    /// Counts the free pages.
    pub(super) fn survey(&mut self, io: &mut Io<'_>) -> Result<()> {
        self.first_begin = self.page_of(io, self.head)?.map_or(0, |(_, header)| header.first);
        let (free, second) = (Cell::new(0), Cell::new(u32::MAX));
        let rank = |_, header: Option<PageHeader>| {
            if self.is_free(header) {
                free.set(free.get() + 1);
            }
            if let Some(header) = header.filter(|header| header.first > self.first_begin) {
                second.set(second.get().min(header.first));
            }
            0
        };
        self.select(io, &rank)?;
        (self.free_pages, self.second_begin) = (free.get(), second.get());
        Ok(())
    }

    /// Nothing is wanted of a page any more behind which another one begins below the head.
    fn is_free(&self, header: Option<PageHeader>) -> bool {
        header.is_none_or(|header| header.generation <= self.generation && header.first < self.first_begin)
    }

    /// The page of the highest rank. All pages are shown, those without a good header too; but what a thinning is about to
    /// write is not selected.
    #[inline(never)]
    fn select(&self, io: &mut Io<'_>, rank: Rank<'_>) -> Result<Option<Page>> {
        let mut best = None;
        let mut best_rank = 0;
        for page in self.log.pages() {
            let header = self.log.header(io, page)?;
            let rank = rank(page, header);
            if let Some(header) = header.filter(|header| header.generation <= self.generation && rank > best_rank) {
                best = Some((page, header));
                best_rank = rank;
            }
        }
        Ok(best)
    }
}

fn later(header: PageHeader) -> u64 {
    1 << 48 | u64::from(header.first) << u16::BITS | u64::from(header.again)
}

fn earlier(header: PageHeader) -> u64 {
    later(PageHeader { first: !header.first, ..header })
}
