//! The NOR flash of one charger, in memory: what was never written takes none.

use super::power::{Power, Write};
use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash};
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

/// The content, which outlives each charge point that works on it.
pub(crate) struct Flash {
    /// In the order of their places. A place without one is erased.
    chunks: RefCell<Vec<(u16, Box<Chunk>)>>,
    power: Rc<Power>,
}

/// Where the settings lie.
pub(crate) const SETTINGS: Range<u32> = 0..8 * PAGE;
/// Where the journal lies: room for some 300 messages.
pub(crate) const JOURNAL: Range<u32> = 8 * PAGE..16 * PAGE;

/// As on an nRF51. Small ones keep a fleet small that runs for days, and are erased all the more often.
const PAGE: u32 = 1024;
const WORD: usize = 4;
const CHUNK: usize = 256;

type Chunk = [u8; CHUNK];

/// The power has failed, or an address is not on the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure(NorFlashErrorKind);

impl Flash {
    pub(crate) fn erased(power: Rc<Power>) -> Self {
        Self { chunks: RefCell::default(), power }
    }

    fn check(&self, offset: u32, len: usize) -> Result<(), Failure> {
        if self.power.is_cut() {
            return Err(Failure(NorFlashErrorKind::Other));
        }
        if offset as usize + len > JOURNAL.end as usize {
            return Err(Failure(NorFlashErrorKind::OutOfBounds));
        }
        Ok(())
    }

    /// Clears bits, as NOR flash does.
    fn program(&self, offset: u32, bytes: &[u8]) {
        let mut chunks = self.chunks.borrow_mut();
        for (place, part, from) in parts(offset, bytes.len()) {
            let index = match chunks.binary_search_by_key(&place, |(place, _)| *place) {
                Ok(index) => index,
                Err(index) => {
                    chunks.insert(index, (place, Box::new([0xff; CHUNK])));
                    index
                }
            };
            let target = &mut chunks[index].1[part.clone()];
            target.iter_mut().zip(&bytes[from..]).for_each(|(target, byte)| *target &= byte);
        }
    }
}

/// The pieces of a range by chunk: its place, the range in it, and where the piece begins in the whole.
fn parts(offset: u32, len: usize) -> impl Iterator<Item = (u16, Range<usize>, usize)> {
    let (begin, end) = (offset as usize, offset as usize + len);
    (begin / CHUNK..end.div_ceil(CHUNK)).map(move |place| {
        let first = begin.max(place * CHUNK);
        let last = end.min((place + 1) * CHUNK);
        (place as u16, first - place * CHUNK..last - place * CHUNK, first - begin)
    })
}

impl ErrorType for &Flash {
    type Error = Failure;
}

impl ReadNorFlash for &Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Failure> {
        self.check(offset, bytes.len())?;
        let chunks = self.chunks.borrow();
        for (place, part, from) in parts(offset, bytes.len()) {
            let target = &mut bytes[from..from + part.len()];
            match chunks.binary_search_by_key(&place, |(place, _)| *place) {
                Ok(index) => target.copy_from_slice(&chunks[index].1[part]),
                Err(_) => target.fill(0xff),
            }
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        JOURNAL.end as usize
    }
}

impl NorFlash for &Flash {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE as usize;

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Failure> {
        self.check(offset, bytes.len())?;
        match self.power.write() {
            Write::Whole => {
                self.program(offset, bytes);
                Ok(())
            }
            Write::Torn => {
                self.program(offset, &bytes[..bytes.len() / 2]);
                Err(Failure(NorFlashErrorKind::Other))
            }
            Write::Dead => Err(Failure(NorFlashErrorKind::Other)),
        }
    }

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Failure> {
        self.check(from, to.saturating_sub(from) as usize)?;
        let is_whole = match self.power.write() {
            Write::Whole => true,
            Write::Torn => false,
            Write::Dead => return Err(Failure(NorFlashErrorKind::Other)),
        };
        // A torn erase has done its first half.
        let to = if is_whole { to } else { from + (to - from) / 2 };
        let erased = from as usize / CHUNK..to as usize / CHUNK;
        self.chunks.borrow_mut().retain(|(place, _)| !erased.contains(&usize::from(*place)));
        if is_whole { Ok(()) } else { Err(Failure(NorFlashErrorKind::Other)) }
    }
}

impl NorFlashError for Failure {
    fn kind(&self) -> NorFlashErrorKind {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_cleared_across_chunks_and_come_back_with_an_erase() {
        let power = Rc::new(Power::default());
        let flash = Flash::erased(Rc::clone(&power));
        let mut chip = &flash;
        chip.write(252, &[0xf0; 8]).unwrap();
        chip.write(252, &[0x3c; 4]).unwrap();
        let mut bytes = [0; 12];
        chip.read(252, &mut bytes).unwrap();
        assert_eq!(bytes, [0x30, 0x30, 0x30, 0x30, 0xf0, 0xf0, 0xf0, 0xf0, 0xff, 0xff, 0xff, 0xff]);
        chip.erase(0, PAGE).unwrap();
        chip.read(252, &mut bytes).unwrap();
        assert_eq!(bytes, [0xff; 12]);
        assert!(flash.chunks.borrow().is_empty());
    }

    #[test]
    fn the_power_fails_in_the_write_that_was_chosen_and_nothing_comes_after_it() {
        let power = Rc::new(Power::default());
        let flash = Flash::erased(Rc::clone(&power));
        let mut chip = &flash;
        power.cut_in_write(1);
        chip.write(0, &[1; 8]).unwrap();
        chip.write(8, &[2; 8]).unwrap_err();
        chip.write(16, &[3; 8]).unwrap_err();
        assert!(power.is_cut());
        power.restore();
        let mut bytes = [0; 24];
        chip.read(0, &mut bytes).unwrap();
        assert_eq!(bytes[..12], [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2]);
        assert_eq!(bytes[12..], [0xff; 12]);
    }
}
