//! The benchmark on the Cortex-M4: prints the instructions of each operation. Counts right only in QEMU with
//! `-icount shift=0`; the first thing it does is to make sure of that.
#![no_std]
#![no_main]

#[path = "../../../../benches/script/mod.rs"]
mod script;

use board::stopwatch::{self, RESOLUTION};
use script::{Counter, OPERATIONS};

#[derive(Default)]
struct Stopwatch {
    instructions: u64,
    times: u32,
    /// How far the sum of instructions may be off.
    uncertainty: u32,
    /// Instructions of the longest piece of work, which is a poll, but for the card that is shown.
    longest: u64,
}

impl Counter for Stopwatch {
    fn count(&mut self, times: u32, work: &mut dyn FnMut()) {
        self.add(times, work);
        self.times += times;
    }

    fn count_more(&mut self, work: &mut dyn FnMut()) {
        self.add(1, work);
    }
}

impl Stopwatch {
    fn add(&mut self, times: u32, work: &mut dyn FnMut()) {
        let with_work = stopwatch::measure(times, work);
        let without = stopwatch::measure(times, &mut || {});
        let instructions = with_work.saturating_sub(without);
        self.instructions += instructions;
        self.longest = self.longest.max(instructions.div_ceil(times.into()));
        self.uncertainty += 2 * RESOLUTION;
    }

    /// Instructions of doing the work once, and how far they may be off.
    fn mean(&self) -> (u64, u32) {
        let times = self.times.max(1);
        ((self.instructions + u64::from(times) / 2) / u64::from(times), self.uncertainty.div_ceil(times))
    }
}

#[cortex_m_rt::entry]
fn main() -> ! {
    stopwatch::start();
    if !is_exact() {
        board::print(format_args!("instructions are not counted: is -icount shift=0 missing?"));
        board::exit(Err(()));
    }
    for operation in OPERATIONS {
        let mut counter = Stopwatch::default();
        (operation.run)(&mut counter);
        let (instructions, uncertainty) = counter.mean();
        let (name, longest) = (operation.name, counter.longest);
        board::print(format_args!("{name}={instructions} uncertainty={uncertainty} longest={longest}"));
    }
    board::exit(Ok(()))
}

/// `delay(n)` is `n + 1` turns of two instructions, and a few before them.
fn is_exact() -> bool {
    let mut counter = Stopwatch::default();
    counter.count(1000, &mut || cortex_m::asm::delay(2000));
    let (instructions, _) = counter.mean();
    (4002..4012).contains(&instructions)
}
