//! Plays deeds after deeds, and cuts each change of the chips that a boot and the next ones make.

use crate::ledger::{Deed, Ledger, now};
use crate::nor_flash::{Chance, Chip, Content, Cut, HalfErased, NorFlash, Operation, Tear, Watch};
use embedded_ocpp::store::{FlashStorage, Storage};
use std::cell::RefCell;
use std::marker::PhantomData;

/// How much is swept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Of settings and of the journal.
    pub(crate) pages: (u32, u32),
    pub(crate) deeds: u32,
    /// So many different contents follow each cut.
    pub(crate) contents: u64,
    /// So many bytes are written to each before anything is cut.
    pub(crate) fill: u64,
}

/// What lies on both chips, and what was promised.
struct State<S, J> {
    settings: Content,
    journal: Content,
    ledger: Ledger,
    chips: PhantomData<(S, J)>,
}

impl<S, J> Clone for State<S, J> {
    fn clone(&self) -> Self {
        let Self { settings, journal, ledger, .. } = self;
        Self { settings: settings.clone(), journal: journal.clone(), ledger: ledger.clone(), chips: PhantomData }
    }
}

/// A change of a chip.
#[derive(Clone, Copy, Debug)]
struct Change {
    is_of_journal: bool,
    /// Among those of its chip.
    index: u64,
    /// The bytes of a write; none of an erase.
    len: Option<usize>,
}

/// A power cut in the change of this index.
type PlannedCut = (Change, Cut);

pub(crate) fn sweep<S: Chip, J: Chip>(seed: u64, plan: &Plan) -> u64 {
    let mut state = State::<S, J> {
        settings: Content::erased(plan.pages.0 as usize * S::PAGE),
        journal: Content::erased(plan.pages.1 as usize * J::PAGE),
        ledger: Ledger::default(),
        chips: PhantomData,
    };
    let mut chance = Chance(seed);
    state.fill(plan.fill, &mut chance);
    let mut cuts = 0;
    for turn in 0..plan.deeds {
        // Now and then several come after one boot.
        let deeds: Vec<_> = (0..1 + chance.below(3)).map(|_| Deed::by(&mut chance)).collect();
        let mut next = state.clone();
        let changes = next.live(&deeds, None);
        for change in changes {
            for cut in change.cuts::<S, J>(&mut chance) {
                cuts += 1;
                let mut left = state.clone();
                left.live(&deeds, Some((change, cut)));
                for _ in 0..plan.contents {
                    let contents = chance.next();
                    let told = std::panic::AssertUnwindSafe(|| left.clone().go_on(contents));
                    if let Err(panic) = std::panic::catch_unwind(told) {
                        println!("seed {seed}, turn {turn}: {cut:?} in {change:?} of {deeds:?}, contents {contents}");
                        std::panic::resume_unwind(panic);
                    }
                }
                cuts += left.cut_again(&mut chance, &deeds);
            }
        }
        state = next;
    }
    cuts
}

impl<S: Chip, J: Chip> State<S, J> {
    /// One boot: looks whether all is there, and does what is asked. Returns what it has changed on the chips.
    fn live(&mut self, deeds: &[Deed], cut: Option<PlannedCut>) -> Vec<Change> {
        let (of_settings, of_journal) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
        let order = RefCell::new(Vec::new());
        let note = |is_of_journal: bool, operation: Operation<'_>| {
            let changes = if is_of_journal { &of_journal } else { &of_settings };
            let len = match operation {
                Operation::Write { bytes, .. } => Some(bytes.len()),
                Operation::Erase { .. } => None,
            };
            let index = changes.borrow().len() as u64;
            changes.borrow_mut().push(());
            order.borrow_mut().push(Change { is_of_journal, index, len });
        };
        let note_settings = |_: &Content, operation: Operation<'_>| note(false, operation);
        let note_journal = |_: &Content, operation: Operation<'_>| note(true, operation);
        let mut settings = NorFlash::<S>::watched(self.settings.clone(), &note_settings as Watch<'_>);
        let mut journal = NorFlash::<J>::watched(self.journal.clone(), &note_journal as Watch<'_>);
        match cut {
            Some((change, cut)) if change.is_of_journal => journal.cut_after(change.index, cut),
            Some((change, cut)) => settings.cut_after(change.index, cut),
            None => {}
        }
        let ranges = (0..self.settings.len() as u32, 0..self.journal.len() as u32);
        let mut flash = FlashStorage::new_on_two((&mut settings, ranges.0), (&mut journal, ranges.1)).unwrap();
        let mut done = self.ledger.check(&mut flash);
        for deed in deeds {
            done = done.and_then(|()| self.ledger.take(&mut flash, deed));
        }
        assert!(done.is_ok() || cut.is_some(), "{done:?}");
        (self.settings, self.journal) = (settings.content, journal.content);
        order.into_inner()
    }

    /// A boot after a cut, other contents, and a look at them after another boot.
    fn go_on(&mut self, contents: u64) {
        let mut chance = Chance(contents);
        let deeds: Vec<_> = (0..2 + chance.below(8)).map(|_| Deed::by(&mut chance)).collect();
        self.live(&deeds, None);
        self.live(&[], None);
    }

    /// Cuts what the boot after a cut changes as well, in one way each.
    fn cut_again(&self, chance: &mut Chance, before: &[Deed]) -> u64 {
        let mut cuts = 0;
        for change in self.clone().live(&[], None) {
            let ways = change.cuts::<S, J>(chance);
            let cut = ways[chance.below(ways.len())];
            let mut left = self.clone();
            left.live(&[], Some((change, cut)));
            let contents = chance.next();
            let told = std::panic::AssertUnwindSafe(|| left.go_on(contents));
            if let Err(panic) = std::panic::catch_unwind(told) {
                println!("{cut:?} in {change:?} of the boot after {before:?}, contents {contents}");
                std::panic::resume_unwind(panic);
            }
            cuts += 1;
        }
        cuts
    }

    fn fill(&mut self, bytes: u64, chance: &mut Chance) {
        let mut settings = NorFlash::<S>::new(self.settings.clone());
        let mut journal = NorFlash::<J>::new(self.journal.clone());
        let ranges = (0..self.settings.len() as u32, 0..self.journal.len() as u32);
        let mut flash = FlashStorage::new_on_two((&mut settings, ranges.0), (&mut journal, ranges.1)).unwrap();
        now(flash.journal()).unwrap();
        while flash.bytes_written() < bytes {
            self.ledger.take(&mut flash, &Deed::by(chance)).unwrap();
        }
        (self.settings, self.journal) = (settings.content, journal.content);
    }
}

impl Change {
    /// Every way in which the power may fail in it.
    fn cuts<S: Chip, J: Chip>(self, chance: &mut Chance) -> Vec<Cut> {
        let Some(len) = self.len else {
            let some = (0..4).map(|_| HalfErased::Words(chance.next()));
            let all = [HalfErased::Nothing, HalfErased::FirstHalf, HalfErased::All];
            return all.into_iter().chain(some).map(Cut::Erase).collect();
        };
        let word = if self.is_of_journal { J::WORD } else { S::WORD };
        let mut cuts = vec![Cut::Write { after: len, word: Tear::Nothing }];
        for after in 0..len {
            match after % word {
                0 => cuts.extend([Tear::Nothing, Tear::Bits(chance.next())].map(|word| Cut::Write { after, word })),
                1 => cuts.push(Cut::Write { after, word: Tear::Bits(chance.next()) }),
                _ => cuts.push(Cut::Write { after, word: Tear::Prefix }),
            }
        }
        cuts
    }
}
