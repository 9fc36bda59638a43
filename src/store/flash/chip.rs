//! The chip as the map of settings sees it. What a power cut may leave of an erase or of a page's marker is mended here,
//! because the map cannot tell it from something else.

use super::WORD_LEN_MAX;
use super::counting::Counting;
use super::log::Log;
use super::page::Mark;
use crate::bytes::copy;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use sequential_storage::Error;

pub(super) struct Chip<F> {
    pub(super) flash: Counting<F>,
    pub(super) log: Log,
}

impl<F: NorFlash> Chip<F> {
    /// A page that is half erased when the power fails may still look whole, with some of its records gone. The map would
    /// go on with those: it is erased again at the next boot.
    async fn note(&mut self, mark: Mark) -> Result<(), F::Error> {
        match self.log.note(&mut self.flash, mark).await {
            Err(Error::Storage { value }) => Err(value),
            _ => Ok(()),
        }
    }
}

impl<F: NorFlash> ErrorType for Chip<F> {
    type Error = F::Error;
}

impl<F: NorFlash> ReadNorFlash for Chip<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    /// The map marks pages in their first and last word. One whose writing was cut short counts as written: the map would
    /// write it a second time, which not every chip allows.
    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), F::Error> {
        let in_page = offset as usize % F::ERASE_SIZE;
        let word = in_page - in_page % F::WRITE_SIZE;
        if word != 0 && word != F::ERASE_SIZE - F::WRITE_SIZE {
            return self.flash.read(offset, bytes).await;
        }
        let mut marker = [0; WORD_LEN_MAX];
        let marker = marker.get_mut(..F::WRITE_SIZE.max(F::READ_SIZE)).unwrap_or_default();
        self.flash.read(offset - (in_page - word) as u32, marker).await?;
        if marker.iter().any(|byte| *byte != 0xff) {
            marker.fill(0);
        }
        let _ = copy(bytes, marker.get(..bytes.len()).unwrap_or_default());
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<F: NorFlash> NorFlash for Chip<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), F::Error> {
        self.note(Mark::Erasing(from)).await?;
        self.log.close(); // until it is certain that the page is erased
        self.flash.erase(from, to).await?;
        self.log.reopen();
        self.note(Mark::Erased(from)).await
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), F::Error> {
        self.flash.write(offset, bytes).await
    }
}
