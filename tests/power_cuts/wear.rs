//! How much is written, how evenly it wears, and how much fits.

use crate::Layout;
use crate::life::{Life, live};
use crate::nor_flash::{Esp32, NorFlash};
use crate::script::Step::{self, Card, CardAgain, Energy, Key, Link, Plug, Unplug};
use crate::world::{Meters, World};
use embedded_ocpp::store::Storage;
use std::cell::RefCell;
use std::ops::Range;

/// Of 7 bytes, as most cards have.
const TAG: &str = "04A1B2C3D4E5F6";

/// One transaction of 70 s on connector 1.
const SESSION: [(u64, Step); 5] =
    [(1, Plug(1)), (2, Card(1, TAG)), (42, Energy(1, 5000)), (72, CardAgain(1, TAG)), (73, Unplug(1))];
/// With a value at 15, 30, 45 and 60 s.
const FOUR_VALUES: Step = Key("MeterValueSampleInterval", "15");

fn play<S: Storage>(life: &mut Life<'_, '_, S>, script: &[(u64, Step)]) {
    let begin = life.seconds();
    for (at, step) in script {
        life.until(begin + at);
        life.take(*step);
    }
}

#[test]
fn what_a_session_costs() {
    let layout = Layout::pages::<Esp32>(4, 6);
    let (world, mut flash) = (RefCell::new(World::new(Meters::GoOn)), NorFlash::<Esp32>::new(layout.erased::<Esp32>()));
    let written = std::cell::Cell::new((0, 0));
    let mut costs = |name: &str, course: &[(u64, Step)]| {
        world.borrow_mut().boot();
        let before = flash.wear.clone();
        live(&world, &mut flash, &layout, |life| {
            life.settle();
            play(life, course);
            life.come_to_rest();
        });
        let bytes = flash.wear.bytes_written - before.bytes_written;
        let writes = flash.wear.writes - before.writes;
        let (boot_bytes, boot_writes) = written.get();
        if !name.is_empty() {
            println!("{name}: {} bytes in {} writes", bytes - boot_bytes, writes - boot_writes);
        }
        (bytes, writes)
    };
    costs("the first boot", &[(0, Link(true))]);
    written.set(costs("a boot", &[(0, Link(true))]));
    let online = [&[(0, Link(true))], &SESSION[..]].concat();
    costs("a session with a tag that is not known yet", &online);
    costs("a session", &online);
    costs("", &[(0, Link(true)), (0, FOUR_VALUES)]);
    costs("a session with 4 meter values", &online);
}

#[test]
fn a_thousand_sessions_wear_all_pages_alike() {
    let layout = Layout::pages::<Esp32>(4, 6);
    let (world, mut flash) = (RefCell::new(World::new(Meters::GoOn)), NorFlash::<Esp32>::new(layout.erased::<Esp32>()));
    world.borrow_mut().boot();
    live(&world, &mut flash, &layout, |life| {
        life.take(Link(true));
        for _ in 0..1000 {
            play(life, &SESSION);
        }
        life.come_to_rest();
    });
    world.borrow().ledger.check_all();
    let wear = &flash.wear;
    println!("1000 sessions: {} bytes in {} writes", wear.bytes_written, wear.writes);
    for (name, range) in [("settings", &layout.settings), ("journal", &layout.journal)] {
        let erases = &wear.erases[pages(range)];
        let average = f64::from(erases.iter().sum::<u32>()) / erases.len() as f64;
        println!("{name}: erased {erases:?}, {average:.1} on the average");
        assert!(erases.iter().all(|erases| f64::from(*erases) <= 1.3 * average + 2.0));
    }
}

#[test]
fn five_hundred_transactions_wait_in_64_kib() {
    const SETTINGS: u32 = 4;
    let layout = Layout::pages::<Esp32>(SETTINGS, 16);
    let (world, mut flash) = (RefCell::new(World::new(Meters::GoOn)), NorFlash::<Esp32>::new(layout.erased::<Esp32>()));
    world.borrow_mut().boot();
    let (mut waiting, mut with_all_values) = (0, 0);
    live(&world, &mut flash, &layout, |life| {
        life.take(Link(true));
        life.take(FOUR_VALUES);
        life.take(Link(false));
        loop {
            let begin = life.seconds();
            life.take(Plug(1));
            life.take(Card(1, TAG));
            if life.is_full {
                break;
            }
            life.until(begin + 40);
            life.take(Energy(1, 5000));
            life.until(begin + 70);
            life.take(CardAgain(1, TAG));
            life.take(Unplug(1));
            waiting += 1;
            if !world.borrow().ledger.is_thinned {
                with_all_values = waiting;
            }
        }
        life.take(Link(true));
        life.come_to_rest();
    });
    let world = world.borrow();
    world.ledger.check(|number| world.central.was_told(number));
    println!("64 KiB: {with_all_values} transactions wait with all 4 meter values, {waiting} with some left out");
    assert!(with_all_values >= 500);
}

fn pages(range: &Range<u32>) -> Range<usize> {
    (range.start / 4096) as usize..(range.end / 4096) as usize
}
