use core::convert::Infallible;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

/// The flash of an ESP32 or an nRF52, as far as reading and writing it cost the charge point: what the hardware does by
/// itself is a copy here.
pub(crate) struct Chip<'m>(pub(crate) &'m mut [u8; LEN]);

pub(crate) const PAGE: usize = 4096;
pub(crate) const LEN: usize = 8 * PAGE;

impl ErrorType for Chip<'_> {
    type Error = Infallible;
}

impl ReadNorFlash for Chip<'_> {
    const READ_SIZE: usize = 4;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Infallible> {
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

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Infallible> {
        self.0[from as usize..to as usize].fill(0xff);
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Infallible> {
        self.0[offset as usize..][..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }
}
