//! Runs forward once, and at each change of the flash tries every way in which the power may fail in it.
//! `CUTS_SEED` chooses which bits are torn.

use crate::Layout;
use crate::life::{go_on, play};
use crate::nor_flash::{Chip, Content, Cut, HalfErased, NorFlash, Operation, Tear, Watch};
use crate::script::Step;
use crate::world::{Meters, World};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many are enough to see what is wrong.
const FAILURES_MAX: usize = 10;

/// In each erase so many different sets of words are left.
const WORDS_LEFT: u64 = 8;

/// How finely writes are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grain {
    Byte,
    Word,
    /// At two words of each write: one in the middle, and the last one.
    #[cfg(feature = "signed-meter-values")]
    Some,
}

/// How many cuts of each flavour were made.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) changes: usize,
    /// Nothing of the word, a prefix, some bits.
    pub(crate) writes: [usize; 3],
    /// Nothing, the first half, some words, all.
    pub(crate) erases: [usize; 4],
    pub(crate) failures: usize,
}

/// The moment before one change of the flash.
struct Moment {
    content: Content,
    change: Change,
    world: World,
}

enum Change {
    Write { offset: u32, bytes: Vec<u8> },
    Erase { from: u32, to: u32 },
}

/// Plays the script so often; then cuts each change of the flash that it makes the next time, and goes on from there.
pub(crate) fn one_cut<C: Chip>(
    layout: &Layout,
    world: World,
    script: &[(u64, Step)],
    before: usize,
    grain: Grain,
) -> Count {
    let moments = moments_of(world, |watch, world| {
        let mut flash = NorFlash::<C>::new(layout.erased::<C>());
        for _ in 0..before {
            play(world, &mut flash, layout, script);
        }
        flash.watch = Some(watch);
        play(world, &mut flash, layout, script);
        let world = world.borrow();
        world.ledger.check(|number| world.central.was_told(number));
        world.ledger.check_all();
    });
    shared(&moments, |moment, count| {
        for cut in moment.cuts::<C>(grain) {
            count.add(cut);
            count.attempt(C::NAME, &[(moment, cut)], || {
                let (world, mut flash) = moment.fork::<C>(cut);
                go_on(&world, &mut flash, layout);
            });
        }
    })
}

/// The same, and each change of the flash that follows the first cut is cut as well.
pub(crate) fn two_cuts<C: Chip>(layout: &Layout, script: &[(u64, Step)], first: Grain, second: Grain) -> Count {
    let moments = moments_of(World::new(Meters::BeginAnew), |watch, world| {
        play(world, &mut NorFlash::<C>::watched(layout.erased::<C>(), watch), layout, script);
    });
    shared(&moments, |moment, count| {
        for cut in moment.cuts::<C>(first) {
            let mut after = Vec::new();
            count.attempt(C::NAME, &[(moment, cut)], || {
                let (world, flash) = moment.fork::<C>(cut);
                after = moments_of(world.into_inner(), |watch, world| {
                    go_on(world, &mut NorFlash::<C>::watched(flash.content, watch), layout);
                });
            });
            for again in &after {
                for second_cut in again.cuts::<C>(second) {
                    count.add(second_cut);
                    count.attempt(C::NAME, &[(moment, cut), (again, second_cut)], || {
                        let (world, mut flash) = again.fork::<C>(second_cut);
                        go_on(&world, &mut flash, layout);
                    });
                }
            }
        }
    })
}

/// Another one tears other bits.
fn seed() -> u64 {
    std::env::var("CUTS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0)
}

/// Runs `course`, and keeps the moment before each change of the flash.
fn moments_of(world: World, course: impl FnOnce(Watch<'_>, &RefCell<World>)) -> Vec<Moment> {
    let world = RefCell::new(world);
    let moments = RefCell::new(Vec::new());
    let watch = |content: &Content, operation: Operation<'_>| {
        let change = match operation {
            Operation::Write { offset, bytes } => Change::Write { offset, bytes: bytes.to_vec() },
            Operation::Erase { from, to } => Change::Erase { from, to },
        };
        moments.borrow_mut().push(Moment { content: content.clone(), change, world: world.borrow().clone() });
    };
    course(&watch, &world);
    moments.into_inner()
}

/// Does `work` for all moments, on all cores.
fn shared(moments: &[Moment], work: impl Fn(&Moment, &mut Count) + Sync) -> Count {
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Count { changes: moments.len(), ..Count::default() });
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let mut count = Count::default();
                while let Some(moment) = moments.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if count.failures < FAILURES_MAX {
                        work(moment, &mut count);
                    }
                }
                total.lock().unwrap().merge(count);
            });
        }
    });
    total.into_inner().unwrap()
}

impl Moment {
    fn operation(&self) -> Operation<'_> {
        match &self.change {
            Change::Write { offset, bytes } => Operation::Write { offset: *offset, bytes },
            Change::Erase { from, to } => Operation::Erase { from: *from, to: *to },
        }
    }

    /// What is left after the cut.
    fn fork<C: Chip>(&self, cut: Cut) -> (RefCell<World>, NorFlash<'static, C>) {
        let mut content = self.content.clone();
        content.cut::<C>(self.operation(), cut);
        (RefCell::new(self.world.clone()), NorFlash::new(content))
    }

    /// Every way in which the power may fail in this change.
    fn cuts<C: Chip>(&self, grain: Grain) -> Vec<Cut> {
        let (offset, len) = match &self.change {
            Change::Write { offset, bytes } => (u64::from(*offset), bytes.len()),
            Change::Erase { from, .. } => {
                let some = (0..WORDS_LEFT).map(|seed| HalfErased::Words(u64::from(*from) + seed));
                let all = [HalfErased::Nothing, HalfErased::FirstHalf, HalfErased::All];
                return all.into_iter().chain(some).map(Cut::Erase).collect();
            }
        };
        let mut cuts = vec![Cut::Write { after: len, word: Tear::Nothing }];
        for after in 0..len {
            let within = after % C::WORD;
            #[cfg(feature = "signed-meter-values")]
            if let (Grain::Some, word, words) = (grain, after / C::WORD, len / C::WORD)
                && word != words / 2
                && word + 1 != words
            {
                continue;
            }
            let seed = offset + after as u64 + seed();
            if within == 0 {
                cuts.push(Cut::Write { after, word: Tear::Nothing });
            }
            if within > 0 && (grain == Grain::Byte || within == 1 + after / C::WORD % (C::WORD - 1)) {
                cuts.push(Cut::Write { after, word: Tear::Prefix });
            }
            if within == 0 || grain == Grain::Byte {
                cuts.push(Cut::Write { after, word: Tear::Bits(seed) });
            }
        }
        cuts
    }
}

impl Count {
    pub(crate) fn cuts(&self) -> usize {
        self.writes.iter().chain(&self.erases).sum()
    }

    fn add(&mut self, cut: Cut) {
        *match cut {
            Cut::Write { word: Tear::Nothing, .. } => &mut self.writes[0],
            Cut::Write { word: Tear::Prefix, .. } => &mut self.writes[1],
            Cut::Write { word: Tear::Bits(_), .. } => &mut self.writes[2],
            Cut::Erase(HalfErased::Nothing) => &mut self.erases[0],
            Cut::Erase(HalfErased::FirstHalf) => &mut self.erases[1],
            Cut::Erase(HalfErased::Words(_)) => &mut self.erases[2],
            Cut::Erase(HalfErased::All) => &mut self.erases[3],
        } += 1;
    }

    fn attempt(&mut self, chip: &str, cuts: &[(&Moment, Cut)], course: impl FnOnce()) {
        if catch_unwind(AssertUnwindSafe(course)).is_ok() {
            return;
        }
        self.failures += 1;
        for (moment, cut) in cuts {
            println!("{chip}, {} s: {cut:?} in {:x?}", moment.world.seconds(), moment.operation());
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.changes += other.changes;
        self.failures += other.failures;
        self.writes.iter_mut().zip(other.writes).for_each(|(sum, more)| *sum += more);
        self.erases.iter_mut().zip(other.erases).for_each(|(sum, more)| *sum += more);
    }
}
