//! The form of a record: a format number, the content, and a checksum that covers the record's own key, so that
//! neither a torn write nor a misplaced record passes for a good one. Entries of the journal bring a form of their own,
//! and are sealed with their number.
//!
//! Integers are little-endian base-128 varints, signed ones in zigzag order; texts are length and bytes.

use super::RecordKey;

/// The format that is written. Readers keep reading all older ones.
pub const FORMAT: u8 = 1;

/// The bytes of the checksum at the end of a record.
pub(crate) const CHECKSUM_LEN: usize = 2;

/// Writes the content of a record into a lent buffer. Overflow shows in [`finish`](Self::finish).
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RecordWriter<'b> {
    buffer: &'b mut [u8],
    len: usize,
    overflow: bool,
    is_partial: bool,
}

impl<'b> RecordWriter<'b> {
    /// Begins a record at the start of `buffer`.
    pub fn new(buffer: &'b mut [u8]) -> Self {
        let mut writer = Self { buffer, len: 0, overflow: false, is_partial: false };
        writer.byte(FORMAT);
        writer
    }

    /// Begins a record whose form is its writer's own, without a format number.
    pub fn bare(buffer: &'b mut [u8]) -> Self {
        Self { buffer, len: 0, overflow: false, is_partial: false }
    }

    /// Goes on behind the first `len` bytes of a record without its checksum.
    pub(crate) fn resume(buffer: &'b mut [u8], len: usize) -> Self {
        Self { buffer, len, overflow: false, is_partial: false }
    }

    /// Appends one byte.
    #[inline(never)]
    pub fn byte(&mut self, byte: u8) {
        match self.buffer.get_mut(self.len) {
            Some(place) => {
                *place = byte;
                self.len += 1;
            }
            None => self.overflow = true,
        }
    }

    /// Appends bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        match self.buffer.get_mut(self.len..).and_then(|rest| rest.get_mut(..bytes.len())) {
            Some(place) => {
                place.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
                self.len += bytes.len();
            }
            None => self.overflow = true,
        }
    }

    /// Appends an unsigned integer.
    #[inline(never)]
    pub fn unsigned(&mut self, value: u64) {
        // In halves: a shift of 64 bits is a long way on a chip of 32.
        let (mut low, mut high) = (value as u32, (value >> u32::BITS) as u32);
        for place in self.buffer.get_mut(self.len..).unwrap_or_default() {
            let is_last = high == 0 && low < 0x80;
            *place = if is_last { low as u8 } else { low as u8 | 0x80 };
            self.len += 1;
            if is_last {
                return;
            }
            low = low >> 7 | high << 25;
            high >>= 7;
        }
        self.overflow = true;
    }

    /// Appends a signed integer.
    pub fn signed(&mut self, value: i64) {
        self.unsigned((value << 1 ^ value >> 63) as u64);
    }

    /// Appends a text of at most 255 bytes; the rest of a longer one is cut.
    pub fn text(&mut self, text: &str) {
        let len = text.len().min(usize::from(u8::MAX));
        self.byte(len as u8);
        self.bytes(text.as_bytes().get(..len).unwrap_or_default());
    }

    /// The content bytes written so far, to [`rewind`](Self::rewind) to.
    pub fn position(&self) -> usize {
        self.len
    }

    /// Takes back what was written after `position`, an overflow included.
    pub fn rewind(&mut self, position: usize) {
        self.len = self.len.min(position);
        self.overflow = false;
    }

    /// Notes that something was left out for want of room; the record is sound all the same.
    pub(crate) fn leave_out(&mut self) {
        self.is_partial = true;
    }

    /// Whether something was left out.
    pub(crate) fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// Whether `more` bytes still fit, the checksum counted.
    pub fn has_room(&self, more: usize) -> bool {
        self.len + more + CHECKSUM_LEN <= self.buffer.len()
    }

    /// Seals the record for `key` and returns its length; `None` when the buffer was too small.
    pub fn finish(self, key: RecordKey) -> Option<usize> {
        self.finish_with(seed_of_key(key))
    }

    /// Seals the record for entry `number` of the journal in the same way.
    pub fn finish_entry(self, number: u32) -> Option<usize> {
        self.finish_with(seed_of_entry(number))
    }

    fn finish_with(mut self, seed: u16) -> Option<usize> {
        let sum = checksum(seed, self.buffer.get(..self.len)?);
        self.bytes(&sum.to_le_bytes());
        if self.overflow { None } else { Some(self.len) }
    }
}

/// Reads the content of a record. Every function is total: on content that is not there it returns `None`.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RecordReader<'a> {
    rest: &'a [u8],
}

impl<'a> RecordReader<'a> {
    /// Opens `record`, which was stored under `key`; `None` when it is damaged or of a format from the future.
    pub fn open(key: RecordKey, record: &'a [u8]) -> Option<Self> {
        let (format, rest) = sealed_content(seed_of_key(key), record)?.split_first()?;
        (*format == FORMAT).then_some(Self { rest })
    }

    /// Opens a [bare](RecordWriter::bare) record that is entry `number` of the journal; `None` when it is damaged or
    /// another entry.
    pub fn open_entry(number: u32, record: &'a [u8]) -> Option<Self> {
        sealed_content(seed_of_entry(number), record).map(|rest| Self { rest })
    }

    /// Reads a record that has been opened before, from its first byte on, without checking it again.
    pub fn reopen(record: &'a [u8]) -> Option<Self> {
        let (rest, _) = record.split_last_chunk::<CHECKSUM_LEN>()?;
        Some(Self { rest })
    }

    /// Goes on in content that an open record has handed out.
    pub fn content(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next byte.
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*array)
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(bytes)
    }

    /// The next unsigned integer.
    pub fn unsigned(&mut self) -> Option<u64> {
        // Most numbers are short, and a shift of 64 bits is a long way on a chip of 32.
        if let [byte @ 0..0x80, ..] = *self.rest {
            self.rest = self.rest.get(1..)?;
            return Some(u64::from(byte));
        }
        let mut value = 0;
        let mut shift = 0;
        while shift < u64::BITS {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
            shift += 7;
        }
        None
    }

    /// The next unsigned integer, if it fits 32 bits.
    pub fn u32(&mut self) -> Option<u32> {
        u32::try_from(self.unsigned()?).ok()
    }

    /// The next signed integer.
    pub fn signed(&mut self) -> Option<i64> {
        let zigzag = self.unsigned()?;
        Some((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    /// The next text.
    pub fn text(&mut self) -> Option<&'a str> {
        let len = usize::from(self.byte()?);
        core::str::from_utf8(self.take(len)?).ok()
    }
}

/// Renews the checksum of a whole record whose content was changed in place.
pub fn seal(key: RecordKey, record: &mut [u8]) -> Option<()> {
    seal_with(seed_of_key(key), record)
}

/// The same for entry `number` of the journal.
pub fn seal_entry(number: u32, record: &mut [u8]) -> Option<()> {
    seal_with(seed_of_entry(number), record)
}

fn seal_with(seed: u16, record: &mut [u8]) -> Option<()> {
    let (content, sum) = record.split_last_chunk_mut::<CHECKSUM_LEN>()?;
    *sum = checksum(seed, content).to_le_bytes();
    Some(())
}

fn sealed_content(seed: u16, record: &[u8]) -> Option<&[u8]> {
    let (content, sum) = record.split_last_chunk::<CHECKSUM_LEN>()?;
    (checksum(seed, content).to_le_bytes() == *sum).then_some(content)
}

fn seed_of_key(key: RecordKey) -> u16 {
    checksum(0xffff, &key.to_le_bytes())
}

fn seed_of_entry(number: u32) -> u16 {
    checksum(0xffff, &number.to_le_bytes())
}

/// CRC-16/CCITT-FALSE without a table. It begins with the identity of the record, so that none passes in another's place.
fn checksum(seed: u16, content: &[u8]) -> u16 {
    content.iter().fold(seed, |sum, byte| step(sum, *byte))
}

#[inline(always)]
fn step(sum: u16, byte: u8) -> u16 {
    let mut folded = sum >> 8 ^ u16::from(byte);
    folded ^= folded >> 4;
    sum << 8 ^ folded << 12 ^ folded << 5 ^ folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_is_crc_16_ccitt_false() {
        // The check value of the CRC catalogue for "123456789".
        assert_eq!(checksum(seed_of_key(u16::from_le_bytes(*b"12")), b"3456789"), 0x29b1);
        assert_eq!(checksum(seed_of_entry(u32::from_le_bytes(*b"1234")), b"56789"), 0x29b1);
    }

    #[test]
    fn what_is_written_is_read() {
        let mut buffer = [0; 64];
        let mut writer = RecordWriter::new(&mut buffer);
        writer.byte(7);
        for value in [0, 127, 128, u64::MAX] {
            writer.unsigned(value);
        }
        for value in [0, -1, 1, i64::MIN, i64::MAX] {
            writer.signed(value);
        }
        writer.text("Tag ä");
        let len = writer.finish(0x2001).unwrap();
        let mut reader = RecordReader::open(0x2001, &buffer[..len]).unwrap();
        assert_eq!(reader.byte(), Some(7));
        for value in [0, 127, 128, u64::MAX] {
            assert_eq!(reader.unsigned(), Some(value));
        }
        for value in [0, -1, 1, i64::MIN, i64::MAX] {
            assert_eq!(reader.signed(), Some(value));
        }
        assert_eq!(reader.text(), Some("Tag ä"));
        assert_eq!(reader.byte(), None);
    }

    #[test]
    fn every_flipped_bit_cut_and_wrong_place_shows() {
        let mut buffer = [0; 16];
        let mut writer = RecordWriter::new(&mut buffer);
        writer.text("record");
        let len = writer.finish(3).unwrap();
        let record = &mut buffer[..len];
        assert!(RecordReader::open(3, record).is_some());
        assert!(RecordReader::open(4, record).is_none());
        for cut in 0..len {
            assert!(RecordReader::open(3, &record[..cut]).is_none(), "cut at {cut}");
        }
        for bit in 0..len * 8 {
            record[bit / 8] ^= 1 << (bit % 8);
            assert!(RecordReader::open(3, record).is_none(), "bit {bit}");
            record[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn a_record_that_does_not_fit_is_no_record() {
        let mut buffer = [0; 4];
        let mut writer = RecordWriter::new(&mut buffer);
        writer.bytes(&[1, 2]);
        assert_eq!(writer.finish(0), None);
    }
}
