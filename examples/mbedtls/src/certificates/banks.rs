//! A place on the flash of a chip whose content changes as a whole: it is in one of two banks, and the next one goes to the
//! other. A loss of power leaves what was before or what is to be.

use alloc::vec::Vec;
use core::iter;

use embedded_storage::nor_flash::NorFlash;

/// What every chip can read and write at a time.
const WORD: usize = 32;
/// Comes before the content, and is written after it: its number, its length, and the checksum of all.
const HEAD: usize = WORD;

pub(crate) struct Banks<F> {
    flash: F,
    /// Of the content that holds; it lies in bank 0 where this is even.
    number: u32,
}

impl<F: NorFlash> Banks<F> {
    /// With the content that was written last; `None` on a flash that is new, or broken.
    ///
    /// # Panics
    /// When the flash is too small, or has words that are too long.
    pub(crate) fn open(flash: F) -> (Self, Option<Vec<u8>>) {
        assert!(WORD.is_multiple_of(F::READ_SIZE) && WORD.is_multiple_of(F::WRITE_SIZE), "words are too long");
        let mut banks = Self { flash, number: 0 };
        assert!(banks.capacity() > 0, "there is no room for two banks");
        let newest = [0, 1].into_iter().filter_map(|bank| banks.read(bank)).max_by_key(|(number, _)| *number);
        let (number, content) = newest.unzip();
        banks.number = number.unwrap_or(0);
        (banks, content)
    }

    /// The most bytes of a content.
    pub(crate) fn capacity(&self) -> usize {
        self.bank_len().saturating_sub(HEAD)
    }

    /// `false` when it cannot be kept; what was before holds then.
    pub(crate) fn write(&mut self, content: &[u8]) -> bool {
        let number = self.number.wrapping_add(1);
        let is_kept = content.len() <= self.capacity() && self.try_write(number, content).is_ok();
        if is_kept {
            self.number = number;
        }
        is_kept
    }

    fn try_write(&mut self, number: u32, content: &[u8]) -> Result<(), F::Error> {
        let begin = self.begin(number % 2);
        self.flash.erase(begin, begin + self.bank_len() as u32)?;
        for (part, at) in content.chunks(WORD).zip((begin + HEAD as u32..).step_by(WORD)) {
            self.flash.write(at, &word(part))?;
        }
        let (number, len) = (number.to_le_bytes(), (content.len() as u32).to_le_bytes());
        let checksum = checksum([&number[..], &len, content]).to_le_bytes();
        self.flash.write(begin, &word([number, len, checksum].as_flattened()))
    }

    /// The number and the content of a bank, where it was written to its end.
    fn read(&mut self, bank: u32) -> Option<(u32, Vec<u8>)> {
        let begin = self.begin(bank);
        let mut head = [0; HEAD];
        self.flash.read(begin, &mut head).ok()?;
        let ([number, len, expected, ..], _) = head.as_chunks::<4>() else { return None };
        let content_len = usize::try_from(u32::from_le_bytes(*len)).ok().filter(|len| *len <= self.capacity())?;
        let mut content = Vec::new();
        content.try_reserve_exact(content_len.next_multiple_of(WORD)).ok()?;
        content.resize(content_len.next_multiple_of(WORD), 0);
        self.flash.read(begin + HEAD as u32, &mut content).ok()?;
        content.truncate(content_len);
        let is_whole = checksum([&number[..], len, &content]) == u32::from_le_bytes(*expected);
        is_whole.then(|| (u32::from_le_bytes(*number), content))
    }

    fn begin(&self, bank: u32) -> u32 {
        bank * self.bank_len() as u32
    }

    fn bank_len(&self) -> usize {
        self.flash.capacity() / 2 / F::ERASE_SIZE * F::ERASE_SIZE
    }
}

/// As much of a word as there is, and as if it were erased behind that.
fn word(part: &[u8]) -> [u8; WORD] {
    let mut word = [0xff; WORD];
    word[..part.len()].copy_from_slice(part);
    word
}

/// CRC-32 (IEEE 802.3).
fn checksum<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> u32 {
    let step = |register: u32, _| register >> 1 ^ if register & 1 == 0 { 0 } else { 0xEDB8_8320 };
    let bytes = parts.into_iter().flatten();
    !bytes.fold(!0, |register, byte| iter::repeat_n((), 8).fold(register ^ u32::from(*byte), step))
}
