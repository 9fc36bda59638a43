//! Reading: from item to item, and from page to page in the order of the numbers.

use super::{Log, Place, Result, SCRATCH_LEN, Scratch, failed};
use crate::store::flash::page::{GLANCE, HEADER_LEN, Item, Mark, PREFIX_LEN, in_units, item_len, read_item, unit};
use embedded_storage_async::nor_flash::NorFlash;

/// A walk over the entries in their order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    pub(super) place: Place,
    /// That of the page's header.
    first: u32,
    /// The number of an entry at this place is not below.
    pub(super) expected: u32,
    /// Entries below have been passed, maybe in another page.
    pub(super) passed: u32,
}

/// An entry whose record lies in the scratch memory, behind its prefix.
pub(super) struct Found {
    pub(super) number: u32,
    len: usize,
}

impl Cursor {
    /// At the first item of a page.
    pub(super) fn new<F: NorFlash>(page: u32, first: u32, passed: u32) -> Self {
        let place = Place { page, offset: in_units::<F>(HEADER_LEN) as u32 };
        Self { place, first, expected: first, passed }
    }

    pub(super) fn pass(&mut self, item: Item, behind: Place) {
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
            let Some(page) = self.page_after(flash, cursor.first).await? else { return Ok(None) };
            *cursor = Cursor::new::<F>(page.address, page.first, cursor.passed);
        }
    }

    /// The next entry of this page that was not passed in another one.
    #[inline(never)]
    pub(super) async fn next_in_page<F: NorFlash>(
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
}

/// What lies at a place, and the place behind it; `None` when the rest of the page is blank.
#[inline(never)]
pub(super) async fn look<F: NorFlash>(
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
