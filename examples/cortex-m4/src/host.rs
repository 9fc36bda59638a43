//! What the host gives by semihosting: its terminal and the exit code of QEMU.

use core::fmt::Arguments;
use core::panic::PanicInfo;

use cortex_m_semihosting::{debug, hprintln};

/// Prints one line on the terminal of the host.
pub fn print(line: Arguments<'_>) {
    hprintln!("{}", line);
}

/// Ends QEMU with exit code 0 for `Ok` and 1 for `Err`.
pub fn exit(result: Result<(), ()>) -> ! {
    debug::exit(if result.is_ok() { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE });
    loop {
        cortex_m::asm::wfi();
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    print(format_args!("{info}"));
    exit(Err(()))
}
