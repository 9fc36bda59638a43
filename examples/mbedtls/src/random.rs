//! The generator of the chip, as Mbed TLS wants it.

use core::convert::Infallible;

use static_cell::StaticCell;

pub(crate) struct Generator(fn() -> u32);

/// To be called once.
pub(crate) fn generator(random: fn() -> u32) -> &'static mut Generator {
    static GENERATOR: StaticCell<Generator> = StaticCell::new();
    GENERATOR.init(Generator(random))
}

impl rand_core::TryRng for Generator {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.0)())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from((self.0)()) << 32 | u64::from((self.0)()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for word in bytes.chunks_mut(4) {
            word.copy_from_slice(&(self.0)().to_ne_bytes()[..word.len()]);
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Generator {}
