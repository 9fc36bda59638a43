//! The smallest firmware with a whole charge point: `.ci/size` counts what it has above `empty`.
#![no_std]
#![no_main]

#[path = "../halt.rs"]
mod halt;
#[path = "../session.rs"]
mod session;

#[cortex_m_rt::entry]
fn main() -> ! {
    let _ = session::session();
    loop {
        cortex_m::asm::wfi();
    }
}
