use core::convert::Infallible;
use core::ops::Range;
use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

pub(crate) const PAGE: usize = 4096;
pub(crate) const LEN: usize = 8 * PAGE;
/// Configuration and the like: four pages.
pub(crate) const SETTINGS: Range<u32> = 0..4 * PAGE as u32;
/// Transactions that the central system has not taken yet: what is left.
pub(crate) const JOURNAL: Range<u32> = SETTINGS.end..LEN as u32;

/// The flash of an ESP32 or an nRF52, in RAM: what the hardware does by itself is a copy here. It begins erased.
pub(crate) struct Chip<'m>(&'m mut [u8; LEN]);

impl<'m> Chip<'m> {
    pub(crate) fn erased(memory: &'m mut [u8; LEN]) -> Self {
        memory.fill(0xff);
        Self(memory)
    }
}

impl ErrorType for Chip<'_> {
    type Error = Infallible;
}

impl ReadNorFlash for Chip<'_> {
    const READ_SIZE: usize = 4;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        LEN
    }
}

impl NorFlash for Chip<'_> {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Infallible> {
        self.0[from as usize..to as usize].fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Infallible> {
        self.0[offset as usize..][..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }
}
