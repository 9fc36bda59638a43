//! What a page of the log holds: a header, then items, each in whole units.
//!
//! An entry is two bytes with its length and the low bits of its number, and sealed content. A mark has a length
//! that no entry has, and tells a number, sealed as well.

use super::super::lengths::{ENTRY_LEN_MAX, PREFIX_LEN, WORD_LEN_MAX};
use crate::store::record::{RecordReader, RecordWriter};

/// Whose pages they are: the first byte of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store::flash) enum Owner {
    Records = b'R' as isize,
    Entries = b'E' as isize,
}

/// The beginning of each page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageHeader {
    /// Goes up with each thinning.
    pub(crate) generation: u16,
    /// A thinning has written it, from older pages.
    pub(crate) is_copy: bool,
    /// Later pages have greater ones: no entry of the page has a smaller number.
    pub(crate) first: u32,
    /// What was wanted when the page was begun: nothing below.
    pub(crate) head: u32,
    /// Of pages with the same `first` the one counts with the highest of these.
    pub(crate) again: u16,
}

/// What lies at a place of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageItem {
    /// This entry; its content begins in the buffer behind [`PREFIX_LEN`] and has this length.
    Entry {
        number: u32,
        len: usize,
    },
    Mark(Mark),
    /// So many units from here on are what a power cut has left of an item.
    Torn {
        units: usize,
    },
    /// Nothing that can be read.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Nothing below is wanted any more.
    Released(u32),
    /// All that stays of what is below was copied: older pages that begin below are void.
    Copied(u32),
    /// The next entry has this number or a greater one.
    Next(u32),
}

pub(crate) const HEADER_LEN: usize = 16;
pub(crate) const MARK_LEN: usize = 8;
/// What is read of an item at once; most are not longer.
pub(crate) const GLANCE: usize = WORD_LEN_MAX;

/// Of the layout of pages, in all but the highest bit.
const VERSION: u8 = 1;
const IS_COPY: u8 = 0x80;
const LEN_BITS: u32 = 10;
/// Numbers are told apart by so many low bits.
pub(crate) const NUMBERS: u32 = 1 << (u16::BITS - LEN_BITS);
const RELEASED: u16 = 1022;
const COPIED: u16 = 1021;
const NEXT: u16 = 1020;
const TORN: u16 = 1019;
const _: () = assert!(ENTRY_LEN_MAX < TORN as usize);
/// No byte of it makes a blank one of a letter.
const VEIL: [u8; 4] = [0x0d, 0x33, 0x5a, 0x71];
/// Of the item that covers a torn one.
const TORN_LEN: usize = 4;

impl PageHeader {
    pub(crate) fn write(&self, owner: Owner, buffer: &mut [u8]) -> Option<usize> {
        let mut writer = RecordWriter::bare(buffer);
        writer.byte(owner as u8);
        writer.byte(VERSION | if self.is_copy { IS_COPY } else { 0 });
        writer.bytes(&self.generation.to_le_bytes());
        writer.bytes(&self.first.to_le_bytes());
        writer.bytes(&self.head.to_le_bytes());
        writer.bytes(&self.again.to_le_bytes());
        writer.finish_entry(0)
    }

    pub(crate) fn read(owner: Owner, bytes: &[u8]) -> Option<Self> {
        let mut reader = RecordReader::open_entry(0, bytes.get(..HEADER_LEN)?)?;
        let (magic, version) = (reader.byte()?, reader.byte()?);
        if (magic, version & !IS_COPY) != (owner as u8, VERSION) {
            return None;
        }
        Some(Self {
            is_copy: version & IS_COPY != 0,
            generation: u16::from_le_bytes(reader.array()?),
            first: u32::from_le_bytes(reader.array()?),
            head: u32::from_le_bytes(reader.array()?),
            again: u16::from_le_bytes(reader.array()?),
        })
    }
}

impl Mark {
    /// The bytes of the mark.
    pub(crate) fn write(self, buffer: &mut [u8]) -> Option<usize> {
        let (kind, number) = match self {
            Self::Released(number) => (RELEASED, number),
            Self::Copied(number) => (COPIED, number),
            Self::Next(number) => (NEXT, number),
        };
        let (prefix, rest) = buffer.split_first_chunk_mut()?;
        *prefix = kind.to_le_bytes();
        let mut writer = RecordWriter::bare(rest);
        writer.bytes(&number.to_le_bytes());
        Some(PREFIX_LEN + writer.finish_entry(kind.into())?)
    }

    fn read(kind: u16, bytes: &[u8]) -> Option<Self> {
        let mut reader = RecordReader::open_entry(kind.into(), bytes.get(PREFIX_LEN..MARK_LEN)?)?;
        let number = u32::from_le_bytes(reader.array()?);
        Some(match kind {
            RELEASED => Self::Released(number),
            COPIED => Self::Copied(number),
            _ => Self::Next(number),
        })
    }
}

/// The two bytes in front of the content of an entry.
pub(crate) fn prefix(number: u32, len: usize) -> [u8; PREFIX_LEN] {
    (len as u16 | ((number % NUMBERS) as u16) << LEN_BITS).to_le_bytes()
}

/// How many bytes the item takes that begins with these, without what fills up its last unit; `None` when none does.
pub(crate) fn item_len(bytes: &[u8]) -> Option<usize> {
    match length_of(bytes)? {
        TORN => Some(TORN_LEN),
        NEXT..=RELEASED => Some(MARK_LEN),
        len if usize::from(len) <= ENTRY_LEN_MAX => Some(PREFIX_LEN + usize::from(len)),
        _ => None,
    }
}

/// Changes the content of an item to what is written of it, and back, but for its first bytes, which are never blank. So no
/// longer word is: a blank one that was written cannot be told from one that was not, and cannot be written again where it
/// has an error correction code. A blank word would have to hold the rarest of bytes.
pub(crate) fn veil(item: &mut [u8], len: usize) {
    let end = len.next_multiple_of(VEIL.len());
    let (words, _) = item.get_mut(VEIL.len()..end).unwrap_or_default().as_chunks_mut();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(VEIL)).to_ne_bytes();
    }
}

/// The item that covers `units` of a torn one, its own included. It takes the first of them, which is blank.
pub(crate) fn torn(units: usize) -> [u8; TORN_LEN] {
    let [low, high] = TORN.to_le_bytes();
    let units = units.min(u8::MAX.into()) as u8; // the longest entry has less
    [low, high, units, !units]
}

/// Reads the item that these bytes begin with, which are as many as [`item_len`] says. The number of an entry is at least
/// `expected`, and greater by `slack` at most: the less is taken for an entry by chance.
pub(crate) fn read_item(bytes: &[u8], expected: u32, slack: u32) -> PageItem {
    let read = || {
        let prefix = u16::from_le_bytes(*bytes.first_chunk()?);
        let kind = length_of(bytes)?;
        if let [_, _, units, check] = *bytes
            && kind == TORN
        {
            return (units == !check).then_some(PageItem::Torn { units: units.into() });
        }
        if kind > TORN {
            return Mark::read(kind, bytes).map(PageItem::Mark);
        }
        let gap = u32::from(prefix >> LEN_BITS).wrapping_sub(expected) % NUMBERS;
        if gap > slack {
            return None;
        }
        let number = expected.saturating_add(gap);
        let len = usize::from(kind);
        RecordReader::open_entry(number, bytes.get(PREFIX_LEN..PREFIX_LEN + len)?)?;
        Some(PageItem::Entry { number, len })
    };
    read().unwrap_or(PageItem::Nothing)
}

fn length_of(bytes: &[u8]) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.first_chunk()?) % (1 << LEN_BITS))
}
