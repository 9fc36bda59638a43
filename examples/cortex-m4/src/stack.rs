//! The deepest stack of a piece of work: the free stack is painted before and searched afterwards.

use cortex_m::register::msp;

const PAINT: u32 = 0x0C_AB_1E_55;
/// More than any charger has. Work that reaches the end is reported as `None`.
const PAINTED_WORDS: usize = 16 * 1024;

/// Runs `work` and returns its result and how many bytes of stack it used at most, including those of interrupts.
#[inline(never)] // so that the stack pointer read here is the one at which `work` starts
pub fn deepest<R>(work: fn() -> R) -> (R, Option<usize>) {
    let top = msp::read() as *mut u32;
    for below in 1..=PAINTED_WORDS {
        // SAFETY: below the stack pointer lies unused RAM, as this board has megabytes of it
        unsafe { top.sub(below).write_volatile(PAINT) };
    }
    let result = work();
    // SAFETY: as above
    let used = (1..=PAINTED_WORDS).rev().find(|&below| unsafe { top.sub(below).read_volatile() } != PAINT);
    let bytes = match used {
        Some(PAINTED_WORDS) => None,
        Some(words) => Some(words * size_of::<u32>()),
        None => Some(0),
    };
    (result, bytes)
}
