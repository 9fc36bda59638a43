//! Reading from item to item.

use super::page::{GLANCE, HEADER_LEN, Mark, NUMBERS, Owner, PageHeader, PageItem, item_len, read_item, veil};
use super::{Log, LogPlace, Result};
use crate::store::flash::chip::Io;
use crate::store::flash::lengths::SCRATCH_LEN;

/// A walk over the items of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor {
    pub(crate) place: LogPlace,
    /// The number of an entry at this place is not below.
    pub(crate) expected: u32,
    /// So many entries may have been lost in front of this place, or thinned out.
    pub(crate) slack: u32,
}

/// What the items of a page say.
pub(crate) struct Scan {
    /// At the end of the page.
    pub(crate) cursor: Cursor,
    pub(crate) released: u32,
    pub(crate) copied: u32,
    /// So many places behind the last entry cannot be read.
    pub(crate) damages: u32,
}

impl Log {
    /// At the first item of a page, of which the header tells what numbers its entries have.
    pub(crate) fn begin(&self, page: u32, header: Option<&PageHeader>) -> Cursor {
        let place = LogPlace { page, offset: self.in_units(HEADER_LEN) as u32 };
        let slack = if header.is_some_and(|header| header.is_copy) { NUMBERS } else { 0 };
        Cursor { place, expected: header.map_or(0, |header| header.first), slack }
    }

    /// Goes on behind an item.
    pub(crate) fn pass(&self, cursor: &mut Cursor, item: PageItem, behind: LogPlace) {
        cursor.place = behind;
        match item {
            _ if self.owner == Owner::Records => {} // which have keys, and all the same number
            PageItem::Entry { number, .. } => {
                cursor.expected = number.saturating_add(1);
                cursor.slack = if cursor.slack < NUMBERS { 0 } else { NUMBERS };
            }
            PageItem::Mark(Mark::Next(number)) => cursor.expected = cursor.expected.max(number),
            PageItem::Mark(_) => {}
            PageItem::Torn { .. } | PageItem::Nothing => cursor.slack = cursor.slack.saturating_add(1),
        }
    }

    /// Reads all items of a page from the first on.
    #[inline(never)]
    pub(crate) fn scan(&self, io: &mut Io<'_>, cursor: Cursor) -> Result<Scan> {
        let mut scan = Scan { cursor, released: 0, copied: 0, damages: 0 };
        let mut is_damaged = false;
        while let Some((item, behind)) = self.look(io, &scan.cursor)? {
            let was_damaged = is_damaged;
            is_damaged = item == PageItem::Nothing;
            match item {
                PageItem::Entry { .. } => scan.damages = 0,
                PageItem::Mark(Mark::Released(number)) => scan.released = scan.released.max(number),
                PageItem::Mark(Mark::Copied(number)) => scan.copied = scan.copied.max(number),
                PageItem::Nothing if was_damaged => {}
                PageItem::Nothing | PageItem::Torn { .. } => scan.damages = scan.damages.saturating_add(1),
                PageItem::Mark(Mark::Next(_)) => {}
            }
            self.pass(&mut scan.cursor, item, behind);
        }
        Ok(scan)
    }

    /// What lies at a place, and the place behind it; `None` where the page ends: nothing was written from there on, or
    /// what was is torn.
    #[inline(never)]
    pub(crate) fn look(&self, io: &mut Io<'_>, cursor: &Cursor) -> Result<Option<(PageItem, LogPlace)>> {
        let place = cursor.place;
        let left = self.left(place);
        if left == 0 {
            return Ok(None);
        }
        let mut known = left.min(GLANCE);
        let mut is_readable = self.read(io, place, 0, known)?;
        if !is_readable {
            known = self.unit; // what follows may be torn
            is_readable = self.read(io, place, 0, known)?;
        }
        if is_readable {
            // An item is written from its second unit on, and the first one last.
            if io.scratch.iter().take(self.unit).all(|byte| *byte == 0xff) {
                return Ok(None);
            }
            if let Some(len) = item_len(io.scratch).filter(|len| self.in_units(*len) <= left)
                && self.read(io, place, known, self.in_units(len))?
            {
                veil(io.scratch, len);
                let item = read_item(io.scratch.get(..len).unwrap_or_default(), cursor.expected, cursor.slack);
                let behind = match item {
                    PageItem::Torn { units } => units.max(1).saturating_mul(self.unit),
                    _ => self.in_units(len),
                };
                if item != PageItem::Nothing {
                    return Ok(Some((item, place.behind(behind))));
                }
            }
        }
        Ok(Some((PageItem::Nothing, place.behind(self.unit))))
    }

    /// Reads so many bytes of an item that is known to be there, as they are.
    pub(crate) fn peek(&self, io: &mut Io<'_>, place: LogPlace, len: usize) -> Result<()> {
        self.read(io, place, 0, self.in_units(len).min(self.left(place)))?;
        veil(io.scratch, len);
        Ok(())
    }

    /// Whether nothing was written from here to the end of the page.
    pub(crate) fn is_blank(&self, io: &mut Io<'_>, mut place: LogPlace) -> Result<bool> {
        loop {
            let len = self.left(place).min(SCRATCH_LEN);
            if len == 0 {
                return Ok(true);
            }
            let is_readable = self.read(io, place, 0, len)?;
            if !is_readable || io.scratch.iter().take(len).any(|byte| *byte != 0xff) {
                return Ok(false);
            }
            place = place.behind(len);
        }
    }

    /// Reads an item from byte `from` to before `to`, to the same places of the scratch memory. `false` when it cannot be
    /// read, but the beginning of its page can.
    #[inline(never)]
    fn read(&self, io: &mut Io<'_>, place: LogPlace, from: usize, to: usize) -> Result<bool> {
        let Some(bytes) = io.scratch.get_mut(from..to) else { return Ok(true) };
        if io.chip.read(place.behind(from).address(), bytes).is_ok() {
            return Ok(true);
        }
        self.header(io, place.page)?;
        Ok(false)
    }
}
