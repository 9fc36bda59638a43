//! The flash of the charger, in RAM that a reset leaves as it is: what the hardware does by itself is a copy here. It begins
//! erased.

use core::convert::Infallible;
use core::mem::MaybeUninit;
use core::ptr;

use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

pub(crate) const PAGE: usize = 4096;
pub(crate) const LEN: usize = 8 * PAGE;

pub(crate) struct Chip(&'static mut [u8; LEN]);

struct Memory {
    mark: u32,
    chips: [[u8; LEN]; 2],
}

/// What `mark` is when it is not the first time.
const USED: u32 = 0x0CCB_1600;

// Neither erased nor loaded by the start code of cortex-m-rt.
#[unsafe(link_section = ".uninit")]
static mut MEMORY: MaybeUninit<Memory> = MaybeUninit::uninit();

/// Both chips. To be called once after a reset.
pub(crate) fn take() -> [Chip; 2] {
    // SAFETY: nobody else has it; every value of memory is one of these types
    let Memory { mark, chips } = unsafe { (*ptr::addr_of_mut!(MEMORY)).assume_init_mut() };
    if *mark != USED {
        chips.as_flattened_mut().fill(0xff);
        *mark = USED;
    }
    chips.each_mut().map(Chip)
}

impl ErrorType for Chip {
    type Error = Infallible;
}

impl ReadNorFlash for Chip {
    const READ_SIZE: usize = 4;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        LEN
    }
}

impl NorFlash for Chip {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Infallible> {
        self.0[from as usize..to as usize].fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Infallible> {
        let place = &mut self.0[offset as usize..][..bytes.len()];
        place.iter_mut().zip(bytes).for_each(|(place, byte)| *place &= byte);
        Ok(())
    }
}
