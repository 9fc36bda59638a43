//! SC: smart charging against a model of the standard that counts second by second.
//!
//! Each round is one charge point with two connectors, through many sets of profiles one after the other: some are set, some
//! cleared, transactions begin and end, it boots now and then. What GetCompositeSchedule tells of each second, what the
//! outputs are told while time passes, and each answer must be what the model says.
//!
//! A round that fails prints its seed and its story; `MODEL_FROM=17 MODEL_ROUNDS=1 cargo test --test smart_charging_model`
//! plays it again.

mod bench;
#[allow(dead_code)] // nothing is damaged here
#[path = "../random_walk/chance.rs"]
mod chance;
mod draw;
mod examples;
mod model;
mod round;
#[path = "../support/mod.rs"]
mod support;

use round::{Counts, Round};
use std::panic::{AssertUnwindSafe, catch_unwind};

const ROUNDS: u64 = 500;
/// Of a round.
const SETS: u64 = 50;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

#[test]
fn sc_01_to_sc_41_each_second_is_as_the_standard_says() {
    let (from, rounds) = (number("MODEL_FROM", 0), number("MODEL_ROUNDS", ROUNDS));
    let mut counts = Counts::default();
    let mut failed = Vec::new();
    for seed in from..from + rounds {
        let mut round = Round::new(seed);
        let played = catch_unwind(AssertUnwindSafe(|| (0..SETS).for_each(|_| round.play_set(&mut counts))));
        if played.is_err() {
            println!("MODEL_FROM={seed} MODEL_ROUNDS=1, the end of its story:");
            let tail = round.story.len().saturating_sub(number("MODEL_TAIL", 40) as usize);
            round.story[tail..].iter().for_each(|line| println!("  {line}"));
            println!("  {:#?}", round.model);
            failed.push(seed);
            if failed.len() >= number("MODEL_FAILURES", 3) as usize {
                break;
            }
        }
        round.leave();
    }
    println!("{counts:?}");
    assert!(failed.is_empty(), "rounds {failed:?}");
    if rounds >= ROUNDS {
        assert!(
            counts.sets >= 20_000 && counts.watched >= 5_000 && counts.accepted * 3 > counts.rejected,
            "{counts:?}"
        );
    }
}
