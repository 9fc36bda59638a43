//! The drivers, as the log sees them: the log's code exists once, whatever they are.

use super::lengths::SCRATCH_LEN;
use embedded_storage::nor_flash::NorFlash;

/// A chip under its driver. What went wrong stays with the driver until it is asked for.
pub(super) trait Chip {
    fn read(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), Fault>;
    fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), Fault>;
    fn erase(&mut self, from: u32, to: u32) -> Result<(), Fault>;
}

/// Why something cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Chip,
    Full,
    TooLong,
}

pub(super) type Result<T, E = Fault> = core::result::Result<T, E>;

/// What each operation works with: the chip, and memory for one item.
pub(super) struct Io<'a> {
    pub(super) chip: &'a mut dyn Chip,
    pub(super) scratch: &'a mut [u8; SCRATCH_LEN],
}

/// Calls a driver, and counts the bytes that are written.
pub(super) struct Driver<F: NorFlash> {
    pub(super) flash: F,
    pub(super) failure: Option<F::Error>,
    pub(super) written: u64,
}

impl<F: NorFlash> Driver<F> {
    pub(super) const fn new(flash: F) -> Self {
        Self { flash, failure: None, written: 0 }
    }

    fn done(&mut self, result: Result<(), F::Error>) -> Result<()> {
        result.map_err(|error| {
            self.failure = Some(error);
            Fault::Chip
        })
    }
}

// Never inlined: some drivers have room for a whole sector in their frame, which would lie below all that the log does.
impl<F: NorFlash> Chip for Driver<F> {
    #[inline(never)]
    fn read(&mut self, address: u32, bytes: &mut [u8]) -> Result<()> {
        let result = self.flash.read(address, bytes);
        self.done(result)
    }

    #[inline(never)]
    fn write(&mut self, address: u32, bytes: &[u8]) -> Result<()> {
        self.written = self.written.saturating_add(bytes.len() as u64);
        let result = self.flash.write(address, bytes);
        self.done(result)
    }

    #[inline(never)]
    fn erase(&mut self, from: u32, to: u32) -> Result<()> {
        let result = self.flash.erase(from, to);
        self.done(result)
    }
}
