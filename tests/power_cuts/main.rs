//! The power fails at every byte that is written to the flash, and in every erase: whatever is left, no transaction is
//! lost, none is told otherwise than it happened, and what was promised is kept (OCPP 1.6 §3.7).

mod central;
mod ledger;
mod life;
#[path = "../support/nor_flash.rs"]
mod nor_flash;
mod script;
#[cfg(feature = "signed-meter-values")]
#[path = "../support/signatures.rs"]
mod signatures;
#[cfg(feature = "signed-meter-values")]
mod signed;
mod sweep;
mod wear;
mod world;

use nor_flash::{Chip, Content, Ecc, Esp32, Nrf51, Nrf52, Stm32f4, Stm32h7};
use std::ops::Range;
use std::time::Instant;
use sweep::{Count, Grain, one_cut, two_cuts};
use world::Meters::{self, BeginAnew, GoOn};
use world::World;

/// What of the flash belongs to whom.
pub struct Layout {
    settings: Range<u32>,
    journal: Range<u32>,
}

impl Layout {
    /// So many pages for each, from the beginning of the chip.
    fn pages<C: Chip>(settings: u32, journal: u32) -> Self {
        let page = C::PAGE as u32;
        Self { settings: 0..settings * page, journal: settings * page..(settings + journal) * page }
    }

    fn erased<C: Chip>(&self) -> Content {
        Content::erased(self.journal.end as usize)
    }
}

/// What all sweeps of a test have found.
#[derive(Default)]
struct Table {
    total: Count,
}

impl Table {
    fn row<C: Chip>(&mut self, layout: &Layout, sweep: impl FnOnce(&Layout) -> Count) {
        let begin = Instant::now();
        let count = sweep(layout);
        let (settings, journal) = (layout.settings.len() / C::PAGE, layout.journal.len() / C::PAGE);
        println!(
            "{}, {settings} + {journal} pages of {} bytes | {} changes | words {:?} | pages {:?} | {:.1} s",
            C::NAME,
            C::PAGE,
            count.changes,
            count.writes,
            count.erases,
            begin.elapsed().as_secs_f32(),
        );
        self.total.merge(count);
    }

    fn check(&self, cuts_min: usize) {
        let cuts = self.total.cuts();
        println!(
            "{cuts} cuts; of words: nothing, a prefix, some bits; of pages: nothing, the first half, some words, all"
        );
        assert_eq!(self.total.failures, 0);
        assert!(cuts >= cuts_min, "{cuts} cuts only");
    }
}

#[test]
fn msg_05_a_power_cut_at_any_byte_loses_changes_and_invents_nothing() {
    fn sweep<C: Chip>(table: &mut Table, settings: u32, journal: u32, meters: Meters, before: usize, grain: Grain) {
        let layout = Layout::pages::<C>(settings, journal);
        table.row::<C>(&layout, |layout| one_cut::<C>(layout, World::new(meters), script::DAY, before, grain));
    }
    let mut table = Table::default();
    sweep::<Esp32>(&mut table, 4, 6, GoOn, 0, Grain::Byte);
    sweep::<Esp32>(&mut table, 2, 2, BeginAnew, 2, Grain::Byte);
    sweep::<Nrf51>(&mut table, 4, 4, GoOn, 3, Grain::Byte);
    sweep::<Nrf52>(&mut table, 3, 3, BeginAnew, 4, Grain::Word);
    sweep::<Stm32f4<4, { 16 * 1024 }>>(&mut table, 2, 2, GoOn, 8, Grain::Word);
    sweep::<Stm32f4<1, { 16 * 1024 }>>(&mut table, 2, 2, BeginAnew, 8, Grain::Word);
    sweep::<Stm32h7<{ 8 * 1024 }, false>>(&mut table, 2, 2, GoOn, 2, Grain::Byte);
    sweep::<Stm32h7<{ 8 * 1024 }, true>>(&mut table, 2, 2, BeginAnew, 2, Grain::Word);
    sweep::<Ecc<8, 2048, true>>(&mut table, 2, 2, BeginAnew, 0, Grain::Byte);
    table.check(50_000);
}

#[test]
fn msg_05_nor_do_two_in_a_row() {
    let mut table = Table::default();
    let layout = Layout::pages::<Esp32>(2, 2);
    table.row::<Esp32>(&layout, |layout| two_cuts::<Esp32>(layout, script::HOUR, Grain::Byte, Grain::Word));
    let layout = Layout::pages::<Nrf51>(2, 2);
    table.row::<Nrf51>(&layout, |layout| two_cuts::<Nrf51>(layout, script::HOUR, Grain::Word, Grain::Word));
    table.check(50_000);
}
