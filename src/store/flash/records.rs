//! Settings on flash: a log in which the last record of each key counts. An empty one is none.
//!
//! Pages are numbered as they are begun, and lie around the ring in that order. One is always free: when it is begun, what
//! counts on the oldest page is copied to it, a mark tells that, and the oldest one is free from then on.

use super::super::{RECORD_LEN_MAX, RecordKey};
use super::chip::{Fault, Io, Result};
use super::lengths::{PREFIX_LEN, SCRATCH_LEN};
use super::log::{Cursor, Log, LogPlace, MARK_LEN, Mark, PageHeader, PageItem, prefix};
use crate::bytes::{copy, same};
use crate::store::record::{CHECKSUM_LEN, RecordWriter};
use heapless::Vec;

pub(super) struct Records {
    log: Log,
    /// The number of the page that is written; 0 while there is none.
    last: u32,
    /// The number of the oldest page that counts.
    oldest: u32,
    /// A bit for each key that there may be a record of; several keys share one.
    keys: [u32; KEY_WORDS],
    /// Where the records are that were asked for or stored lately.
    recent: [Option<(RecordKey, LogPlace)>; RECENT],
    /// A record that takes so many bytes has found no room, nor would a longer one.
    refused: usize,
}

const KEY_WORDS: usize = 4;
const RECENT: usize = 4;
/// So many keys are copied at a time.
const KEYS_AT_ONCE: usize = 16;
const KEY_LEN: usize = size_of::<RecordKey>();
/// What an item has beside the record.
const FRAME_LEN: usize = PREFIX_LEN + KEY_LEN + CHECKSUM_LEN;

/// A walk over all records, from the oldest on.
#[derive(Clone, Copy)]
struct RecordWalk {
    /// Of the page.
    number: u32,
    cursor: Cursor,
}

/// A record in the scratch memory.
struct FoundRecord {
    key: RecordKey,
    is_empty: bool,
    /// Of the page.
    number: u32,
    place: LogPlace,
}

impl Records {
    pub(super) const fn new(log: Log) -> Self {
        Self { log, last: 0, oldest: 1, keys: [0; _], recent: [None; _], refused: usize::MAX }
    }

    /// Reads the record of a key into `buffer`.
    pub(super) fn load(&mut self, io: &mut Io<'_>, key: RecordKey, buffer: &mut [u8]) -> Result<Option<usize>> {
        self.open(io)?;
        let Some(place) = self.place(io, key)? else { return Ok(None) };
        let len = self.read(io, place)?;
        let record = content(io, len);
        copy(buffer, record).ok_or(Fault::TooLong)?;
        Ok(if record.is_empty() { None } else { Some(record.len()) })
    }

    /// Makes a record durable, unless it is there already.
    pub(super) fn store(&mut self, io: &mut Io<'_>, key: RecordKey, record: &[u8]) -> Result<()> {
        if record.len() > RECORD_LEN_MAX {
            return Err(Fault::TooLong);
        }
        self.open(io)?;
        let len = FRAME_LEN + record.len();
        let is_there = match self.place(io, key)? {
            Some(place) => {
                self.log.peek(io, place, len)?; // most records change, which takes no checksum to see
                same(content(io, record.len()), record) && self.read(io, place)? == record.len()
            }
            None => record.is_empty(),
        };
        if is_there {
            return Ok(());
        }
        // The mark is kept room for: a page of records that all count can be copied, and that be told.
        let room = self.log.in_units(len) + self.log.in_units(MARK_LEN);
        if room >= self.refused {
            return Err(Fault::Full);
        }
        for _ in 0..=self.log.count {
            if self.log.tail_left() >= room {
                let place = self.log.tail;
                stage(io.scratch, key, record);
                self.log.append(io, len)?;
                self.note(key);
                self.remember(key, place);
                self.refused = usize::MAX;
                return Ok(());
            }
            self.begin_page(io)?;
        }
        self.refused = room;
        Err(Fault::Full)
    }

    /// Finds out what lies on the chip.
    #[inline(never)]
    fn open(&mut self, io: &mut Io<'_>) -> Result<()> {
        if self.log.is_open {
            return Ok(());
        }
        self.log.open(io)?;
        (self.last, self.oldest, self.refused) = (0, 1, usize::MAX);
        (self.keys, self.recent) = ([0; _], [None; _]);
        let mut newest = None;
        for page in self.log.pages() {
            let header = self.log.header(io, page)?.filter(|header| self.page(header.first) == page);
            if let Some(header) = header.filter(|header| header.first > self.last) {
                self.last = header.first;
                newest = Some((page, header));
            }
        }
        if let Some((page, header)) = newest {
            let scan = self.log.resume(io, self.log.begin(page, None))?;
            let first = self.last.saturating_sub(self.log.count).saturating_add(1);
            self.oldest = header.head.max(scan.copied).min(self.last).max(first);
            if !self.has_free_page() {
                // The power failed while the oldest page was copied, and before anything else came here.
                self.last = self.last.saturating_sub(1);
                self.begin_page(io)?;
            }
        }
        let mut walk = self.walk();
        while let Some(found) = self.next(io, &mut walk)? {
            self.note(found.key);
        }
        self.log.is_open = true;
        Ok(())
    }

    // ---- Pages ----

    fn page(&self, number: u32) -> u32 {
        let index = number.checked_rem(self.log.count).unwrap_or(0);
        self.log.start.wrapping_add(index.wrapping_mul(self.log.page_len))
    }

    fn has_free_page(&self) -> bool {
        self.last.saturating_sub(self.oldest).saturating_add(1) < self.log.count
    }

    /// Begins the free page, and makes another one free.
    #[inline(never)]
    fn begin_page(&mut self, io: &mut Io<'_>) -> Result<()> {
        let number = self.last.saturating_add(1);
        let header = PageHeader { generation: 0, is_copy: false, first: number, head: self.oldest, again: 0 };
        self.log.is_open = false;
        self.recent = [None; _];
        self.log.tail = Some(self.log.begin_page(io, self.page(number), &header)?);
        self.last = number;
        if !self.has_free_page() {
            self.copy_oldest(io)?;
            let oldest = self.oldest.saturating_add(1);
            self.log.append_mark(io, Mark::Copied(oldest))?;
            self.oldest = oldest;
        }
        self.log.is_open = true;
        Ok(())
    }

    /// Copies what counts on the oldest page, some keys at a time, in their order.
    fn copy_oldest(&mut self, io: &mut Io<'_>) -> Result<()> {
        let mut next_key = Some(0);
        while let Some(least) = next_key {
            // The least keys that are not copied yet, and where the last record of each is, if it is one to copy.
            let mut batch = Vec::<(RecordKey, Option<LogPlace>), KEYS_AT_ONCE>::new();
            let mut walk = self.walk();
            while let Some(found) = self.next(io, &mut walk)? {
                let is_old = found.number == self.oldest;
                let place = (is_old && !found.is_empty).then_some(found.place);
                if let Some((_, last)) = batch.iter_mut().find(|(key, _)| *key == found.key) {
                    *last = place;
                } else if is_old
                    && found.key >= least
                    && let Err(new) = batch.push((found.key, place))
                    && let Some(greatest) = batch.iter_mut().max_by_key(|(key, _)| *key)
                    && new.0 < greatest.0
                {
                    *greatest = new;
                }
            }
            for place in batch.iter().filter_map(|(_, place)| *place) {
                let len = self.read(io, place)?;
                self.log.append(io, FRAME_LEN + len)?;
            }
            let greatest = batch.iter().map(|(key, _)| *key).max().filter(|_| batch.is_full());
            next_key = greatest.and_then(|key| key.checked_add(1));
        }
        Ok(())
    }

    // ---- Reading ----

    fn walk(&self) -> RecordWalk {
        RecordWalk { number: self.oldest, cursor: self.log.begin(self.page(self.oldest), None) }
    }

    /// The next record in the order in which they were written.
    #[inline(never)]
    fn next(&self, io: &mut Io<'_>, walk: &mut RecordWalk) -> Result<Option<FoundRecord>> {
        while walk.number <= self.last {
            let (number, place) = (walk.number, walk.cursor.place);
            let Some((item, behind)) = self.log.look(io, &walk.cursor)? else {
                walk.number = walk.number.saturating_add(1);
                walk.cursor = self.log.begin(self.page(walk.number), None);
                continue;
            };
            walk.cursor.place = behind;
            if let PageItem::Entry { len, .. } = item
                && let [_, _, a, b, ..] = *io.scratch
            {
                let is_empty = len <= KEY_LEN + CHECKSUM_LEN;
                return Ok(Some(FoundRecord { key: RecordKey::from_le_bytes([a, b]), is_empty, number, place }));
            }
        }
        Ok(None)
    }

    /// Where the last record of a key is.
    #[inline(never)]
    fn place(&mut self, io: &mut Io<'_>, key: RecordKey) -> Result<Option<LogPlace>> {
        let place = match self.recent.get(usize::from(key) % RECENT) {
            Some(Some((recent, place))) if *recent == key => Some(*place),
            _ if self.may_have(key) => self.last_place(io, key)?,
            _ => None,
        };
        self.remember(key, place);
        Ok(place)
    }

    fn last_place(&self, io: &mut Io<'_>, key: RecordKey) -> Result<Option<LogPlace>> {
        let mut last = None;
        let mut walk = self.walk();
        while let Some(found) = self.next(io, &mut walk)? {
            if found.key == key {
                last = Some(found.place);
            }
        }
        Ok(last)
    }

    /// Reads a record that was found once more. Returns its length.
    fn read(&self, io: &mut Io<'_>, place: LogPlace) -> Result<usize> {
        match self.log.look(io, &Cursor { place, expected: 0, slack: 0 })? {
            Some((PageItem::Entry { len, .. }, _)) => Ok(len.saturating_sub(KEY_LEN + CHECKSUM_LEN)),
            _ => Err(Fault::Chip),
        }
    }

    // ---- Keys ----

    fn remember(&mut self, key: RecordKey, place: Option<LogPlace>) {
        if let Some(recent) = self.recent.get_mut(usize::from(key) % RECENT)
            && place.is_some()
        {
            *recent = place.map(|place| (key, place));
        }
    }

    fn note(&mut self, key: RecordKey) {
        let (word, bit) = place_of(key);
        if let Some(word) = self.keys.get_mut(word) {
            *word |= bit;
        }
    }

    fn may_have(&self, key: RecordKey) -> bool {
        let (word, bit) = place_of(key);
        self.keys.get(word).is_some_and(|word| word & bit != 0)
    }
}

fn place_of(key: RecordKey) -> (usize, u32) {
    (usize::from(key >> 5) % KEY_WORDS, 1 << (key & 31))
}

/// The record in the scratch memory.
fn content<'s>(io: &'s Io<'_>, len: usize) -> &'s [u8] {
    io.scratch.get(PREFIX_LEN + KEY_LEN..).and_then(|bytes| bytes.get(..len)).unwrap_or_default()
}

/// A record on its way to the chip.
fn stage(scratch: &mut [u8; SCRATCH_LEN], key: RecordKey, record: &[u8]) {
    if let Some((place, rest)) = scratch.split_first_chunk_mut() {
        let mut writer = RecordWriter::bare(rest);
        writer.bytes(&key.to_le_bytes());
        writer.bytes(record);
        *place = prefix(0, writer.finish_entry(0).unwrap_or(0));
    }
}
