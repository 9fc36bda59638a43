//! The flash chip: a file that is the image of a NOR flash, and a fuse that takes the power away between two writes.

use embedded_ocpp::store::FlashStorage;
use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash};
use std::cell::RefCell;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;

const PAGE: usize = 4096;
const WORD: usize = 4;
/// Keys, lists, profiles: 16 pages, as an ESP32 might give away.
const SETTINGS: Range<u32> = 0..16 * PAGE as u32;
/// Transactions that the central system has not taken yet.
const JOURNAL: Range<u32> = SETTINGS.end..SETTINGS.end + 64 * PAGE as u32;
pub(crate) const LEN: usize = JOURNAL.end as usize;

/// A chip. What holds it shares it: the charge point, and whoever may cut its power.
#[derive(Clone)]
pub(crate) struct Chip(Rc<RefCell<Image>>);

struct Image {
    /// `None` for a copy in RAM.
    file: Option<File>,
    bytes: Vec<u8>,
    /// Grows with each word and page that changes.
    changes: u64,
    /// How many more words are written before the power fails.
    fuse: Option<u32>,
}

/// Nothing is written any more.
#[derive(Debug)]
pub(crate) enum ChipError {
    NoPower,
    File(io::ErrorKind),
}

impl Chip {
    /// The image in this directory, which is made if there is none.
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let path = directory.join("flash.bin");
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&path)?;
        if file.try_lock().is_err() {
            return Err(io::Error::other(format!("{} is in the hands of another simulator", path.display())));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        if bytes.len() != LEN {
            bytes.resize(LEN, 0xff); // what a chip that was never written holds
            write_at(&mut file, 0, &bytes)?;
        }
        Ok(Self::of(Some(file), bytes))
    }

    fn of(file: Option<File>, bytes: Vec<u8>) -> Self {
        Self(Rc::new(RefCell::new(Image { file, bytes, changes: 0, fuse: None })))
    }

    /// As it stands now, in RAM.
    pub(crate) fn copy(&self) -> Self {
        Self::of(None, self.0.borrow().bytes.clone())
    }

    pub(crate) fn storage(&self) -> Result<FlashStorage<Self>, embedded_ocpp::store::FlashLayoutError> {
        FlashStorage::new(self.clone(), SETTINGS, JOURNAL)
    }

    /// Tells whether something has changed since it was looked at.
    pub(crate) fn changes(&self) -> u64 {
        self.0.borrow().changes
    }

    /// The power fails after so many more words.
    pub(crate) fn arm(&self, words: u32) {
        self.0.borrow_mut().fuse = Some(words);
    }

    pub(crate) fn has_power(&self) -> bool {
        self.0.borrow().fuse != Some(0)
    }

    pub(crate) fn restore_power(&self) {
        self.0.borrow_mut().fuse = None;
    }
}

impl Image {
    /// Changes bytes on the chip, if there still is power for it.
    fn put(&mut self, offset: usize, bytes: &[u8]) -> Result<(), ChipError> {
        match &mut self.fuse {
            Some(0) => return Err(ChipError::NoPower),
            Some(words) => *words -= 1,
            None => {}
        }
        if let Some(file) = &mut self.file {
            write_at(file, offset, bytes).map_err(|error| ChipError::File(error.kind()))?;
        }
        self.bytes[offset..][..bytes.len()].copy_from_slice(bytes);
        self.changes += 1;
        Ok(())
    }
}

fn write_at(file: &mut File, offset: usize, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(offset as u64))?;
    file.write_all(bytes)
}

impl ErrorType for Chip {
    type Error = ChipError;
}

impl NorFlashError for ChipError {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl fmt::Display for ChipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPower => f.write_str("the power is gone"),
            Self::File(error) => error.fmt(f),
        }
    }
}

impl ReadNorFlash for Chip {
    const READ_SIZE: usize = WORD;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), ChipError> {
        bytes.copy_from_slice(&self.0.borrow().bytes[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        LEN
    }
}

impl NorFlash for Chip {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), ChipError> {
        let pages = (from..to).step_by(PAGE);
        pages.into_iter().try_for_each(|page| self.0.borrow_mut().put(page as usize, &[0xff; PAGE]))
    }

    /// Word by word, as chips do. Only zeros can be written.
    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), ChipError> {
        let mut image = self.0.borrow_mut();
        for (offset, word) in (offset as usize..).step_by(WORD).zip(bytes.chunks(WORD)) {
            let word: Vec<u8> = word.iter().zip(&image.bytes[offset..]).map(|(new, old)| new & old).collect();
            image.put(offset, &word)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_ocpp::store::Storage;
    use futures_util::FutureExt;

    #[test]
    fn the_power_fails_between_two_words_and_the_record_before_it_stands() {
        let directory = std::env::temp_dir().join(format!("simulator-flash-{}", std::process::id()));
        let chip = Chip::open(&directory).unwrap();
        let mut storage = chip.storage().unwrap();
        storage.store(0x1000, b"the first").now_or_never().unwrap().unwrap();
        chip.arm(2);
        assert!(storage.store(0x1000, b"another one").now_or_never().unwrap().is_err());
        assert!(!chip.has_power());

        assert!(Chip::open(&directory).is_err(), "two would spoil it");
        drop((storage, chip));
        let reopened = Chip::open(&directory).unwrap(); // what another process would find
        let mut buffer = [0; 64];
        let len = reopened.storage().unwrap().load(0x1000, &mut buffer).now_or_never().unwrap().unwrap();
        assert_eq!(len.map(|len| &buffer[..len]), Some(&b"the first"[..]));
        fs::remove_dir_all(directory).unwrap();
    }
}
