//! Flash whose words have error correction codes. A word that a power cut has torn raises an NMI when it is read, and the
//! driver of the HAL does not know of it: here the read becomes an error, and the store passes over that word.

use core::sync::atomic::{AtomicBool, Ordering::SeqCst};
use cortex_m::asm;
use cortex_m_rt::exception;
use embassy_stm32::pac;
use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash};

static IS_TORN: AtomicBool = AtomicBool::new(false);

/// A driver that notices torn words.
pub struct Checked<F>(F);

impl<F> Checked<F> {
    pub fn new(flash: F) -> Self {
        Self(flash)
    }
}

impl<F> ErrorType for Checked<F> {
    type Error = NorFlashErrorKind;
}

impl<F: ReadNorFlash> ReadNorFlash for Checked<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        IS_TORN.store(false, SeqCst);
        self.0.read(offset, bytes).map_err(|error| error.kind())?;
        asm::dsb();
        if IS_TORN.load(SeqCst) { Err(NorFlashErrorKind::Other) } else { Ok(()) }
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl<F: NorFlash> NorFlash for Checked<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        self.0.erase(from, to).map_err(|error| error.kind())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        self.0.write(offset, bytes).map_err(|error| error.kind())
    }
}

/// Two wrong bits in a word of flash (RM0481, FLASH_ECCDETR), or something that we know nothing of.
#[exception]
unsafe fn NonMaskableInt() {
    let detected = pac::FLASH.eccdetr();
    if !detected.read().eccd() {
        super::restart();
    }
    detected.modify(|register| register.set_eccd(true)); // written to be cleared
    IS_TORN.store(true, SeqCst);
}
