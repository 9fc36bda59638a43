//! The benchmark on the host. `.ci/bench` runs it under callgrind, once for each operation:
//! `script NAME` does one operation and prints how many times; `script` alone does all of them.

#[path = "script/mod.rs"]
mod script;

use script::{Counter, OPERATIONS, Operation};

/// Counts how often; callgrind counts the instructions.
#[derive(Default)]
struct Callgrind {
    times: u32,
}

impl Counter for Callgrind {
    fn count(&mut self, times: u32, work: &mut dyn FnMut()) {
        for _ in 0..times {
            counted(work);
        }
        self.times += times;
    }

    fn count_more(&mut self, work: &mut dyn FnMut()) {
        counted(work);
    }
}

/// Callgrind counts from entering this function to leaving it (`--toggle-collect`).
#[inline(never)]
fn counted(work: &mut dyn FnMut()) {
    work();
}

fn main() {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with("--")); // cargo says --bench
    let is_wanted = |operation: &&Operation| wanted.as_ref().is_none_or(|name| name == operation.name);
    for operation in OPERATIONS.iter().filter(is_wanted) {
        let mut counter = Callgrind::default();
        (operation.run)(&mut counter);
        println!("{}={}", operation.name, counter.times);
    }
}
