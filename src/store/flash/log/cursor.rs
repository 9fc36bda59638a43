//! Reading: from item to item, and from page to page in the order of the numbers.

use super::pages::Page;
use super::{Log, Place, Result, SCRATCH_LEN, Scratch, failed};
use crate::store::flash::page::{
    GLANCE, HEADER_LEN, Item, Mark, NUMBERS, PREFIX_LEN, in_units, item_len, read_item, unit,
};
use embedded_storage_async::nor_flash::NorFlash;

/// A walk over the entries in their order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    pub(super) place: Place,
    /// Where the next page begins: entries from there on count on that one only.
    pub(super) end: u32,
    /// The number of an entry at this place is not below.
    pub(super) expected: u32,
    /// So many entries may have been lost in front of this place, or thinned out.
    pub(super) slack: u32,
}

/// An entry whose record lies in the scratch memory, behind its prefix.
pub(super) struct Found {
    pub(super) number: u32,
    len: usize,
}

impl Cursor {
    /// At the first item of a page, whatever the next page holds.
    pub(super) fn new<F: NorFlash>(page: Page) -> Self {
        let place = Place { page: page.address, offset: in_units::<F>(HEADER_LEN) as u32 };
        let slack = if page.is_copy { NUMBERS } else { 0 };
        Self { place, end: u32::MAX, expected: page.first, slack }
    }

    pub(super) fn pass(&mut self, item: Item, behind: Place) {
        self.place = behind;
        match item {
            Item::Entry { number, .. } => {
                self.expected = number.saturating_add(1);
                self.slack = if self.slack < NUMBERS { 0 } else { NUMBERS };
            }
            Item::Mark(Mark::Next(number)) => self.expected = self.expected.max(number),
            Item::Mark(_) => {}
            Item::Torn { .. } | Item::Nothing => self.slack = self.slack.saturating_add(1),
        }
    }
}

impl Found {
    pub(super) fn record<'s>(&self, scratch: &'s Scratch) -> &'s [u8] {
        scratch.get(PREFIX_LEN..PREFIX_LEN + self.len).unwrap_or_default()
    }
}

impl Log {
    /// The next entry in the order of numbers, whatever page it is on.
    pub(super) async fn next_entry<F: NorFlash>(
        &self,
        flash: &mut F,
        cursor: &mut Cursor,
        scratch: &mut Scratch,
    ) -> Result<Option<Found>, F> {
        loop {
            if let Some(found) = self.next_in_page(flash, cursor, scratch).await? {
                return Ok(Some(found));
            }
            if cursor.end == u32::MAX {
                return Ok(None);
            }
            let Some(next) = self.cursor_at(flash, cursor.end).await? else { return Ok(None) };
            *cursor = next;
        }
    }

    /// At the beginning of the page where entry `number` is, or would be.
    pub(super) async fn cursor_at<F: NorFlash>(&self, flash: &mut F, number: u32) -> Result<Option<Cursor>, F> {
        let Some(page) = self.page_of(flash, number).await? else { return Ok(None) };
        let end = self.page_after(flash, page.first).await?.map_or(u32::MAX, |next| next.first);
        Ok(Some(Cursor { end, ..Cursor::new::<F>(page) }))
    }

    /// The next entry of this page.
    #[inline(never)]
    pub(super) async fn next_in_page<F: NorFlash>(
        &self,
        flash: &mut F,
        cursor: &mut Cursor,
        scratch: &mut Scratch,
    ) -> Result<Option<Found>, F> {
        loop {
            let Some((item, behind)) = look(flash, cursor, scratch).await? else {
                return Ok(None);
            };
            if let Item::Entry { number, len } = item {
                if number >= cursor.end {
                    return Ok(None);
                }
                cursor.pass(item, behind);
                if number >= self.head {
                    return Ok(Some(Found { number, len }));
                }
            } else {
                cursor.pass(item, behind);
            }
        }
    }
}

/// What lies at a place, and the place behind it; `None` where the page ends: nothing was written from there on, or what
/// was is torn.
#[inline(never)]
pub(super) async fn look<F: NorFlash>(
    flash: &mut F,
    cursor: &Cursor,
    scratch: &mut Scratch,
) -> Result<Option<(Item, Place)>, F> {
    let place = cursor.place;
    let left = place.left::<F>();
    if left == 0 {
        return Ok(None);
    }
    let glance = left.min(GLANCE);
    let bytes = scratch.get_mut(..glance).unwrap_or_default();
    flash.read(place.address(), bytes).await.map_err(failed)?;
    if let Some(len) = item_len(bytes).filter(|len| in_units::<F>(*len) <= left) {
        if let Some(rest) = scratch.get_mut(glance..in_units::<F>(len)) {
            flash.read(place.behind(glance).address(), rest).await.map_err(failed)?;
        }
        let item = read_item(scratch.get(..len).unwrap_or_default(), cursor.expected, cursor.slack);
        let behind = match item {
            Item::Torn { units } => units.max(1) * unit::<F>(),
            _ => in_units::<F>(len),
        };
        if item != Item::Nothing {
            return Ok(Some((item, place.behind(behind))));
        }
    }
    // An item is written from its second unit on, and the first one last.
    let is_end = scratch.iter().take(unit::<F>()).all(|byte| *byte == 0xff);
    Ok((!is_end).then(|| (Item::Nothing, place.behind(unit::<F>()))))
}

/// Whether nothing was written from here to the end of the page.
pub(super) async fn is_blank<F: NorFlash>(flash: &mut F, mut place: Place, scratch: &mut Scratch) -> Result<bool, F> {
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
