//! The clock behind embassy-time: SysTick counts milliseconds.

use core::cell::{Cell, RefCell};
use core::task::Waker;

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;
use critical_section::{CriticalSection, Mutex};
use embassy_time_driver::{Driver, TICK_HZ};
use embassy_time_queue_utils::Queue;

const CORE_HZ: u32 = 25_000_000;

struct SysTickDriver {
    now: Mutex<Cell<u64>>,
    queue: Mutex<RefCell<Queue>>,
}

embassy_time_driver::time_driver_impl!(static DRIVER: SysTickDriver = SysTickDriver {
    now: Mutex::new(Cell::new(0)),
    queue: Mutex::new(RefCell::new(Queue::new())),
});

impl Driver for SysTickDriver {
    fn now(&self) -> u64 {
        critical_section::with(|section| self.now.borrow(section).get())
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|section| {
            self.queue.borrow_ref_mut(section).schedule_wake(at, waker);
        });
    }
}

impl SysTickDriver {
    fn tick(&self, section: CriticalSection<'_>) {
        let now = self.now.borrow(section);
        now.set(now.get() + 1);
        // Wakes whoever is due. There is no alarm to set for the next one: every tick looks again.
        let _next = self.queue.borrow_ref_mut(section).next_expiration(now.get());
    }
}

#[exception]
fn SysTick() {
    critical_section::with(|section| DRIVER.tick(section));
}

/// Starts the clock of embassy-time.
pub fn start(mut timer: SYST) {
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(CORE_HZ / TICK_HZ as u32 - 1);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
}
