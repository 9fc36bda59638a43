//! The clock behind embassy-time: a timer counts, and SysTick looks each millisecond who is to be woken. It does not count
//! itself, for on a busy machine QEMU leaves out some of its interrupts.

use core::cell::{Cell, RefCell};
use core::task::Waker;

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;
use critical_section::{CriticalSection, Mutex};
use embassy_time_driver::{Driver, TICK_HZ};
use embassy_time_queue_utils::Queue;

use crate::registers::timer1;

const CORE_HZ: u32 = 25_000_000;
const TICK: u32 = CORE_HZ / TICK_HZ as u32;

struct SysTickDriver {
    /// What the timer had counted at the last look, and what it said then.
    counted: Mutex<Cell<(u64, u32)>>,
    queue: Mutex<RefCell<Queue>>,
}

embassy_time_driver::time_driver_impl!(static DRIVER: SysTickDriver = SysTickDriver {
    counted: Mutex::new(Cell::new((0, u32::MAX))),
    queue: Mutex::new(RefCell::new(Queue::new())),
});

impl Driver for SysTickDriver {
    fn now(&self) -> u64 {
        critical_section::with(|section| {
            let counted = self.counted.borrow(section);
            let ((before, then), now) = (counted.get(), timer1::VALUE.read());
            let sum = before + u64::from(then.wrapping_sub(now)); // it counts down
            counted.set((sum, now));
            sum / u64::from(TICK)
        })
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|section| {
            self.queue.borrow_ref_mut(section).schedule_wake(at, waker);
        });
    }
}

impl SysTickDriver {
    fn tick(&self, section: CriticalSection<'_>) {
        // Wakes whoever is due. There is no alarm to set for the next one: every tick looks again.
        let _next = self.queue.borrow_ref_mut(section).next_expiration(self.now());
    }
}

#[exception]
fn SysTick() {
    critical_section::with(|section| DRIVER.tick(section));
}

/// Starts the clock of embassy-time.
pub fn start(mut timer: SYST) {
    timer1::RELOAD.write(u32::MAX);
    timer1::VALUE.write(u32::MAX);
    timer1::CONTROL.write(timer1::CONTROL_ENABLE);
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(TICK - 1);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
}
