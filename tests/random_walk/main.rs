//! A seeded random walk on the public facade: whatever users, hardware, link, flash and central system do in whatever
//! order, the promises of the README hold. Every walk ends in calm weather, in which everything must come to rest.
//!
//! `WALK_FROM=1000 WALK_SEEDS=500 WALK_STRICT=1 cargo test --test random_walk -- --nocapture` walks on other seeds; a walk
//! that fails prints its seed and the end of its story, `WALK_TAIL` lines of it. `WALK_STEPS` cuts walks short, which finds
//! shorter stories; `WALK_TELL` prints the stories of all walks. `WALK_STRICT` takes back the allowances that are marked as open.

mod chance;
mod commands;
mod firmware;
mod hardware;
mod job;
mod meter_values;
mod plans;
mod promises;
mod server;
#[cfg(feature = "signed-meter-values")]
mod signing;
#[path = "../state_machine/standard.rs"]
mod standard;
#[path = "../support/mod.rs"]
mod support;
mod tags;
mod transfers;
mod walk;

use chance::Chance;
use embedded_ocpp::json as bounded_json;
use embedded_ocpp::time::DateTime;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use support::leak;
use walk::{Story, walk};

/// They take more than 100 000 steps.
const SEEDS: u64 = 900;
const STEPS_MIN: u64 = 100_000;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn print_end(seed: u64, story: &[String]) {
    let tail = number("WALK_TAIL", 60) as usize;
    println!("SEED {seed} failed after {} events", story.len());
    println!("{}", story[..2.min(story.len())].join("\n"));
    println!("{}", story[story.len().saturating_sub(tail).max(2).min(story.len())..].join("\n"));
}

#[test]
fn whatever_happens_the_promises_hold() {
    let (from, seeds) = (number("WALK_FROM", 0), number("WALK_SEEDS", SEEDS));
    let (mut failed, mut steps) = (0, 0);
    for seed in from..from + seeds {
        let story: Story = leak(RefCell::new(Vec::new()));
        match catch_unwind(AssertUnwindSafe(|| walk(seed, story))) {
            Ok(walked) => {
                steps += walked;
                if number("WALK_TELL", 0) > 0 {
                    println!("SEED {seed}\n{}", story.borrow().join("\n"));
                }
            }
            Err(_) => {
                print_end(seed, &story.borrow());
                failed += 1;
            }
        }
        story.take();
    }
    assert_eq!(failed, 0, "of {seeds} walks");
    #[cfg(feature = "signed-meter-values")]
    assert!(seeds < SEEDS || signing::TOLD.load(std::sync::atomic::Ordering::Relaxed) > 1000, "{:?}", signing::TOLD);
    assert!(seeds < SEEDS || number("WALK_STEPS", STEPS_MIN) < STEPS_MIN || steps >= STEPS_MIN, "{steps} steps only");
}

#[test]
fn random_bytes_are_read_to_their_end() {
    let mut chance = Chance(number("WALK_FROM", 0) + 1);
    for _ in 0..number("WALK_TEXTS", 30_000) {
        let mut bytes = chance.of::<&[u8]>(&[
            b"[2,\"id\",\"RemoteStartTransaction\",{\"connectorId\":1,\"idTag\":\"A\\u00e4\",\"x\":[1,-2.5e+3,true,null]}]",
            b"[3,\"id\",{\"idTagInfo\":{\"status\":\"Accepted\"}}]",
            b"[4,\"id\",\"InternalError\",\"\",{}]",
            b"",
        ]).to_vec();
        chance.damage(&mut bytes);
        let _ = bounded_json::scan(&bytes);
        let mut date = b"2024-02-29T23:59:60.123+05:30".to_vec();
        chance.damage(&mut date);
        if let Ok(Ok(date)) = core::str::from_utf8(&date).map(DateTime::parse) {
            assert_eq!(DateTime::parse(&date.to_string()), Ok(date));
        }
    }
}
