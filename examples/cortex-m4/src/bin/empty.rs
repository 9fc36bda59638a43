//! The empty firmware: the zero from which size is counted.
#![no_std]
#![no_main]

#[path = "../halt.rs"]
mod halt;

#[cortex_m_rt::entry]
fn main() -> ! {
    loop {
        cortex_m::asm::wfi();
    }
}
