use core::hint::black_box;

use super::{Counter, Operation};

/// All rows. Which frames they exchange stands in [`frames`](super::frames).
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation { name: "empty", run: empty },
    // NEXT STAGE: in place of this one the operations named in `microocpp.toml`
    Operation { name: "counted-loop", run: counted_loop },
];

/// No work at all: what counting itself costs. It is taken off the other figures.
fn empty(counter: &mut dyn Counter) {
    counter.count(1000, &mut || {});
}

/// 1000 turns of a loop whose instructions can be counted by hand.
fn counted_loop(counter: &mut dyn Counter) {
    counter.count(100, &mut || {
        for turn in 0..1000 {
            black_box(turn);
        }
    });
}
