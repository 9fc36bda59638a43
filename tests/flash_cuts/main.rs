//! `FlashStorage` alone, on small pages: the power fails in every operation of the chip, those of a boot included, and many
//! contents follow each cut (CFG-09, AV-06, MSG-05).
//!
//! `CUTS_MINUTES=300 cargo test --release --test flash_cuts -- --nocapture` goes on for hours, with other contents;
//! `CUTS_SEED` is where the contents begin.

mod ledger;
#[path = "../support/nor_flash.rs"]
mod nor_flash;
mod sweep;

use nor_flash::{Chip, Ecc, Esp32, Nrf51, Stm32f4};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use sweep::{Plan, sweep};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

/// Settings on one chip, the journal on another.
type Sweep = (&'static str, Plan, fn(u64, &Plan) -> u64);

fn on<S: Chip, J: Chip>(name: &'static str, plan: Plan) -> Sweep {
    (name, plan, sweep::<S, J>)
}

fn sweeps() -> Vec<Sweep> {
    let short = Plan { pages: (2, 2), deeds: 30, contents: 3, fill: 0 };
    let long = Plan { pages: (4, 3), ..short };
    // A page of 128 KiB is full first.
    let large = Plan { deeds: 2, contents: 1, fill: 128 * 1024 - 512, ..short };
    vec![
        on::<Stm32f4<1, 1024>, Stm32f4<1, 1024>>("words of 1 byte", short),
        on::<Stm32f4<2, 1024>, Stm32f4<2, 1024>>("2 bytes", short),
        on::<Stm32f4<4, 1024>, Stm32f4<4, 1024>>("4 bytes", long),
        on::<Stm32f4<8, 1024>, Stm32f4<8, 1024>>("8 bytes", short),
        on::<Nrf51, Nrf51>("4 bytes, two writes a word", short),
        on::<Ecc<8, 1024, true>, Ecc<8, 1024, true>>("8 bytes, torn ones cannot be read", short),
        on::<Ecc<16, 1024, true>, Ecc<16, 1024, true>>("16 bytes, torn ones cannot be read", long),
        on::<Ecc<32, 2048, true>, Ecc<32, 2048, true>>("32 bytes, torn ones cannot be read", short),
        on::<Ecc<8, 1024, false>, Ecc<8, 1024, false>>("8 bytes, torn ones read as anything", short),
        on::<Ecc<32, 2048, false>, Ecc<32, 2048, false>>("32 bytes, torn ones read as anything", long),
        on::<Ecc<32, 2048, true>, Nrf51>("two chips: 32 bytes, 4 bytes", short),
        on::<Esp32, Stm32f4<1, 1024>>("two chips: pages of 4 KiB and of 1", Plan { fill: 3800, ..short }),
        on::<Stm32f4<4, { 128 * 1024 }>, Stm32f4<4, { 128 * 1024 }>>("pages of 128 KiB", large),
    ]
}

#[test]
fn cfg_09_av_06_msg_05_whatever_a_power_cut_leaves_and_whatever_is_written_behind_it_nothing_falls_back() {
    let end = Instant::now() + Duration::from_secs(60 * number("CUTS_MINUTES").unwrap_or(0));
    let first = number("CUTS_SEED").unwrap_or(0);
    let sweeps = sweeps();
    let (next, cuts) = (AtomicU64::new(0), AtomicU64::new(0));
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let turn = next.fetch_add(1, Ordering::Relaxed);
                    let (seed, index) = (first + turn / sweeps.len() as u64, turn as usize % sweeps.len());
                    if seed > first && Instant::now() > end {
                        return;
                    }
                    let (name, plan, sweep) = &sweeps[index];
                    let begin = Instant::now();
                    let count = sweep(seed, plan);
                    println!("seed {seed}, {name}: {count} cuts in {:.1} s", begin.elapsed().as_secs_f32());
                    cuts.fetch_add(count, Ordering::Relaxed);
                }
            });
        }
    });
    let cuts = cuts.into_inner();
    println!("{cuts} cuts");
    assert!(cuts >= 40_000, "{cuts} cuts only");
}
