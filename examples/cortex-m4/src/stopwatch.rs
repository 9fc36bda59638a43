//! Counts instructions. Under QEMU's `-icount shift=0` an instruction takes a nanosecond, always, so a timer
//! of 25 MHz moves on every 40 instructions and gives the same number in every run.

use crate::registers::timer0;

/// Instructions per tick of the timer: the resolution of one measurement.
pub const RESOLUTION: u32 = 40;

/// Starts the timer. It is as wide as 171 000 000 000 instructions, longer than any work here.
pub fn start() {
    timer0::RELOAD.write(u32::MAX);
    timer0::VALUE.write(u32::MAX);
    timer0::CONTROL.write(timer0::CONTROL_ENABLE);
}

/// The instructions of doing `work` so many `times`, the loop around it included.
///
/// `work` is called through a pointer so that the loop costs the same whatever the work is, and measuring
/// empty work tells how much that is.
#[inline(never)]
pub fn measure(times: u32, work: &mut dyn FnMut()) -> u64 {
    let before = timer0::VALUE.read();
    for _ in 0..times {
        work();
    }
    let after = timer0::VALUE.read();
    u64::from(before.wrapping_sub(after)) * u64::from(RESOLUTION) // it counts down
}
