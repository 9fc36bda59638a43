use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

/// Flash that counts the bytes which are written to it.
pub(super) struct Counting<F> {
    pub(super) flash: F,
    pub(super) written: u64,
}

impl<F> Counting<F> {
    pub(super) const fn new(flash: F) -> Self {
        Self { flash, written: 0 }
    }
}

impl<F: ErrorType> ErrorType for Counting<F> {
    type Error = F::Error;
}

impl<F: ReadNorFlash> ReadNorFlash for Counting<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), F::Error> {
        self.flash.read(offset, bytes).await
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<F: NorFlash> NorFlash for Counting<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), F::Error> {
        self.flash.erase(from, to).await
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), F::Error> {
        self.written = self.written.saturating_add(bytes.len() as u64);
        self.flash.write(offset, bytes).await
    }
}
