//! Reading: from entry to entry, over the pages in the order of the numbers.

use super::{Entries, EntryReading};
use crate::store::flash::chip::{Io, Result};
use crate::store::flash::lengths::{PREFIX_LEN, SCRATCH_LEN};
use crate::store::flash::log::PageItem;

/// An entry whose record lies in the scratch memory, behind its prefix.
pub(super) struct FoundEntry {
    pub(super) number: u32,
    len: usize,
}

impl FoundEntry {
    pub(super) fn record<'s>(&self, scratch: &'s [u8; SCRATCH_LEN]) -> &'s [u8] {
        scratch.get(PREFIX_LEN..).and_then(|bytes| bytes.get(..self.len)).unwrap_or_default()
    }
}

impl Entries {
    /// The next entry in the order of numbers, whatever page it is on.
    pub(super) fn next_entry(&self, io: &mut Io<'_>, reading: &mut EntryReading) -> Result<Option<FoundEntry>> {
        loop {
            if let Some(found) = self.next_in_page(io, reading)? {
                return Ok(Some(found));
            }
            if reading.end == u32::MAX {
                return Ok(None);
            }
            let Some(next) = self.reading_at(io, reading.end)? else { return Ok(None) };
            *reading = next;
        }
    }

    /// At the beginning of the page where entry `number` is, or would be.
    pub(super) fn reading_at(&self, io: &mut Io<'_>, number: u32) -> Result<Option<EntryReading>> {
        let Some((page, header)) = self.page_of(io, number)? else { return Ok(None) };
        let end = self.page_after(io, header.first)?.map_or(u32::MAX, |(_, next)| next.first);
        Ok(Some(EntryReading { cursor: self.log.begin(page, Some(&header)), end }))
    }

    /// The next entry of this page.
    #[inline(never)]
    pub(super) fn next_in_page(&self, io: &mut Io<'_>, reading: &mut EntryReading) -> Result<Option<FoundEntry>> {
        loop {
            let Some((item, behind)) = self.log.look(io, &reading.cursor)? else { return Ok(None) };
            if let PageItem::Entry { number, .. } = item
                && number >= reading.end
            {
                return Ok(None);
            }
            self.log.pass(&mut reading.cursor, item, behind);
            if let PageItem::Entry { number, len } = item
                && number >= self.head
            {
                return Ok(Some(FoundEntry { number, len }));
            }
        }
    }
}
