//! `FlashStorage` on the chips of the flash model.

#[path = "support/nor_flash.rs"]
mod nor_flash;

use embassy_futures::poll_once;
use embedded_ocpp::store::record::RecordWriter;
use embedded_ocpp::store::thinning::Role;
use embedded_ocpp::store::{FlashError, FlashLayoutError, FlashStorage, RECORD_LEN_MAX, RecordKey, Storage};
use nor_flash::{
    Chip, Content, Cut, Ecc, Esp32, FlashError as ChipError, HalfErased, NorFlash, Nrf51, Nrf52, Operation, Stm32f4,
    Stm32h7, Tear,
};
use std::cell::RefCell;
use std::future::Future;
use std::task::Poll;

/// A driver is ready at the first poll.
fn now<T>(future: impl Future<Output = T>) -> T {
    match poll_once(future) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not ready"),
    }
}

type Flash<C> = FlashStorage<NorFlash<'static, C>>;

/// Settings in the first pages, the journal in the others.
fn on<C: Chip>(chip: NorFlash<'static, C>, settings: u32, journal: u32) -> Flash<C> {
    let page = C::PAGE as u32;
    FlashStorage::new(chip, 0..settings * page, settings * page..(settings + journal) * page).unwrap()
}

fn blank<C: Chip>(settings: u32, journal: u32) -> Flash<C> {
    on(NorFlash::erased((settings + journal) as usize), settings, journal)
}

fn load<C: Chip>(flash: &mut Flash<C>, key: RecordKey) -> Option<Vec<u8>> {
    let mut buffer = [0xee; RECORD_LEN_MAX];
    now(flash.load(key, &mut buffer)).unwrap().map(|len| buffer[..len].to_vec())
}

/// An entry of `len` bytes, sealed as the journal's are.
fn entry(number: u32, len: usize) -> Vec<u8> {
    let mut buffer = [0; RECORD_LEN_MAX];
    let mut record = RecordWriter::bare(&mut buffer);
    (0..len - 2).for_each(|place| record.byte((number as usize + place) as u8));
    let len = record.finish_entry(number).unwrap();
    buffer[..len].to_vec()
}

fn append<C: Chip>(flash: &mut Flash<C>, number: u32, len: usize) {
    now(flash.append_entry(number, &entry(number, len))).unwrap();
}

fn load_entry<C: Chip>(flash: &mut Flash<C>, number: u32) -> Option<Vec<u8>> {
    let mut buffer = [0xee; RECORD_LEN_MAX];
    now(flash.load_entry(number, &mut buffer)).unwrap().map(|len| buffer[..len].to_vec())
}

fn reopened<C: Chip>(flash: Flash<C>, settings: u32, journal: u32) -> Flash<C> {
    on(flash.into_inner().0, settings, journal)
}

/// Lengths that are never the same twice in a row.
fn len_of(number: u32) -> usize {
    12 + (number as usize * 7) % 40
}

fn keeps_the_promises_of_storage<C: Chip>() {
    let mut flash = blank::<C>(4, 3);
    assert_eq!(load(&mut flash, 1), None);
    let longest = [7; RECORD_LEN_MAX];
    for (key, record) in [(1, &b"one"[..]), (0x1fff, &longest), (0, b"\0")] {
        now(flash.store(key, record)).unwrap();
    }
    now(flash.store(1, b"longer than before")).unwrap();
    let mut flash = reopened(flash, 4, 3);
    assert_eq!(load(&mut flash, 1).as_deref(), Some(&b"longer than before"[..]));
    assert_eq!(load(&mut flash, 0x1fff).as_deref(), Some(&longest[..]));
    assert_eq!(load(&mut flash, 0).as_deref(), Some(&b"\0"[..]));
    assert!(now(flash.load(0x1fff, &mut [0; RECORD_LEN_MAX - 1])).is_err());
    now(flash.remove(0x1fff)).unwrap();
    now(flash.remove(0x1234)).unwrap();
    assert_eq!(load(&mut flash, 0x1fff), None);
    assert_eq!(now(flash.journal()).unwrap(), Some(0..0));
    assert_eq!(load_entry(&mut flash, 0), None);
}

/// Many laps around the ring, each entry released in its turn, with a boot now and then.
fn is_a_journal<C: Chip>() {
    let mut flash = blank::<C>(2, 3);
    let (mut first, mut next) = (0, 0);
    while next < 5000 {
        let burst = 1 + next % 17;
        for number in next..next + burst {
            append(&mut flash, number, len_of(number));
        }
        next += burst;
        if next % 5 == 0 {
            flash = reopened(flash, 2, 3);
            assert_eq!(now(flash.journal()).unwrap(), Some(first..next));
        }
        for number in first..next {
            assert_eq!(load_entry(&mut flash, number), Some(entry(number, len_of(number))), "entry {number}");
        }
        assert_eq!(load_entry(&mut flash, next), None);
        let kept = next % 3;
        for number in first..next - kept {
            assert_eq!(load_entry(&mut flash, number), Some(entry(number, len_of(number))), "entry {number}");
            now(flash.release_entry(number)).unwrap();
            assert_eq!(load_entry(&mut flash, number), None);
        }
        first = next - kept;
    }
}

/// What the driver says has failed is written once more, even if it was written, and with another content.
fn takes_an_entry_once_more<C: Chip>() {
    let mut flash = blank::<C>(2, 3);
    for number in 0..10 {
        append(&mut flash, number, 20);
    }
    append(&mut flash, 9, 30);
    append(&mut flash, 10, 20);
    for boot in [false, true] {
        if boot {
            flash = reopened(flash, 2, 3);
            assert_eq!(now(flash.journal()).unwrap(), Some(0..11));
        }
        for number in 0..11 {
            let len = if number == 9 { 30 } else { 20 };
            assert_eq!(load_entry(&mut flash, number), Some(entry(number, len)));
        }
        assert_eq!(load_entry(&mut flash, 11), None);
    }
}

/// As many entries as it says it has room for, and it says so until the last.
fn is_full_when_it_says_so<C: Chip>() {
    for len in [12, 14, 56, RECORD_LEN_MAX] {
        let mut flash = blank::<C>(2, 3);
        let mut number = 0;
        now(flash.journal()).unwrap();
        let capacity = flash.room(len);
        assert!(capacity > 0);
        while flash.room(len) > 0 {
            append(&mut flash, number, len);
            number += 1;
            assert!(flash.room(len) + number >= capacity);
        }
        assert_eq!(number, capacity, "entries of {len} bytes");
        let mut flash = reopened(flash, 2, 3);
        assert_eq!(now(flash.journal()).unwrap(), Some(0..number));
        assert_eq!(flash.room(len), 0);
        for number in 0..number {
            assert_eq!(load_entry(&mut flash, number), Some(entry(number, len)));
            now(flash.release_entry(number)).unwrap();
        }
        assert!(flash.room(len) > 0);
    }
}

/// With nothing in it, the smallest journal always takes the entries of a few transactions.
fn never_stays_full<C: Chip>() {
    let mut flash = blank::<C>(2, 2);
    now(flash.journal()).unwrap();
    for number in 0..1000 {
        assert!(flash.room(56) >= 6, "entry {number}");
        append(&mut flash, number, len_of(number));
        now(flash.release_entry(number)).unwrap();
    }
}

/// All entries but those whose number is a multiple of 100 are samples of one transaction.
fn role(record: &[u8]) -> Role {
    if record.len() == 14 { Role::Sample { connector: 1, kind: 0 } } else { Role::Stays }
}

fn is_thinned<C: Chip>() {
    let mut flash = blank::<C>(2, 4);
    let len = |number: u32| if number.is_multiple_of(100) { 20 } else { 14 };
    now(flash.journal()).unwrap();
    let mut expected = Vec::new();
    let mut number = 0;
    for _ in 0..8 {
        while flash.room(56) > 1 {
            append(&mut flash, number, len(number));
            expected.push(number);
            number += 1;
        }
        let samples: Vec<_> = expected.iter().copied().filter(|number| number % 100 != 0).collect();
        let mut gone: Vec<_> = samples.iter().copied().skip(1).step_by(2).collect();
        gone.retain(|number| samples.last() != Some(number) && expected.first() != Some(number));
        let mut buffer = [0; RECORD_LEN_MAX];
        assert_eq!(now(flash.thin(0..number, role, &mut buffer)).unwrap(), gone.len() as u32);
        expected.retain(|number| !gone.contains(number));
        for boot in [false, true] {
            if boot {
                flash = reopened(flash, 2, 4);
                assert_eq!(now(flash.journal()).unwrap(), Some(0..number));
            }
            let found: Vec<_> = (0..number).filter(|number| load_entry(&mut flash, *number).is_some()).collect();
            assert_eq!(found, expected);
            assert_eq!(load_entry(&mut flash, expected[1]), Some(entry(expected[1], len(expected[1]))));
        }
    }
    // What has brought nothing costs no wear.
    let mut buffer = [0; RECORD_LEN_MAX];
    while now(flash.thin(0..number, role, &mut buffer)).unwrap() > 0 {}
    let written = flash.bytes_written();
    assert_eq!(now(flash.thin(0..number, role, &mut buffer)).unwrap(), 0);
    assert_eq!(flash.bytes_written(), written);
}

#[test]
fn ranges_that_cannot_be_used_are_refused() {
    let new = |settings, journal| {
        let flash = NorFlash::<Esp32>::erased(8);
        FlashStorage::new(flash, settings, journal).map(|_| ())
    };
    assert_eq!(new(0..0x2000, 0x2000..0x8000), Ok(()));
    assert_eq!(new(0..0x2004, 0x3000..0x8000), Err(FlashLayoutError::NotWholePages { address: 0x2004, page: 4096 }));
    assert_eq!(new(0..0x2000, 0x2000..0x3000), Err(FlashLayoutError::TooFewPages { len: 4096, page: 4096 }));
    assert_eq!(new(0..0x3000, 0x2000..0x8000), Err(FlashLayoutError::Overlap { begin: 0x2000, end: 0x3000 }));
    assert_eq!(new(0..0x2000, 0x2000..0x9000), Err(FlashLayoutError::OutOfBounds { end: 0x9000, capacity: 0x8000 }));
}

#[test]
fn chips_that_cannot_be_used_are_refused_by_their_numbers() {
    fn new<C: Chip>() -> Option<FlashLayoutError> {
        let page = C::PAGE as u32;
        FlashStorage::new(NorFlash::<C>::erased(4), 0..2 * page, 2 * page..4 * page).err()
    }
    assert_eq!(new::<Stm32f4<4, 512>>(), Some(FlashLayoutError::SmallPages { page: 512 }));
    assert_eq!(new::<Stm32f4<64, 4096>>(), Some(FlashLayoutError::UnsuitableWords { write: 64, read: 1 }));
    assert_eq!(new::<Stm32f4<1, 1024>>(), None);
    let error = FlashLayoutError::NotWholePages { address: 0x2004, page: 4096 };
    assert_eq!(error.to_string(), "0x2004 is no border between erase pages of 4096 bytes");
}

#[test]
fn settings_and_journal_may_lie_on_chips_of_their_own() {
    let settings = NorFlash::<Stm32h7<{ 128 * 1024 }, true>>::erased(2);
    let journal = NorFlash::<Nrf51>::erased(3);
    let mut flash = FlashStorage::new_on_two((settings, 0..0x4_0000), (journal, 0..0xc00)).unwrap();
    now(flash.store(1, b"kept")).unwrap();
    now(flash.append_entry(0, &entry(0, 20))).unwrap();
    let written = flash.bytes_written();
    let (settings, journal) = flash.into_inner();
    let journal = journal.unwrap();
    assert_eq!(settings.wear.bytes_written + journal.wear.bytes_written, written);
    assert!(settings.wear.bytes_written == 64 && journal.wear.bytes_written == 40, "{written}");
    let mut flash = FlashStorage::new_on_two((settings, 0..0x4_0000), (journal, 0..0xc00)).unwrap();
    let mut buffer = [0; RECORD_LEN_MAX];
    assert_eq!(now(flash.load(1, &mut buffer)), Ok(Some(4)));
    assert_eq!(now(flash.load_entry(0, &mut buffer)), Ok(Some(20)));
    let refused =
        FlashStorage::new_on_two((NorFlash::<Nrf51>::erased(4), 0..0x1000), (NorFlash::<Esp32>::erased(4), 0..0x1400));
    assert_eq!(refused.err(), Some(FlashLayoutError::NotWholePages { address: 0x1400, page: 4096 }));
}

#[test]
fn what_stands_already_is_not_written() {
    let mut flash = blank::<Nrf52>(2, 2);
    now(flash.remove(1)).unwrap();
    assert_eq!(flash.bytes_written(), 0);
    now(flash.store(1, b"one")).unwrap();
    now(flash.store(2, b"two")).unwrap();
    let written = flash.bytes_written();
    now(flash.store(1, b"one")).unwrap();
    let mut flash = reopened(flash, 2, 2);
    now(flash.store(1, b"one")).unwrap();
    assert_eq!(flash.bytes_written(), 0);
    now(flash.store(1, b"One")).unwrap();
    assert!(0 < flash.bytes_written() && flash.bytes_written() < written);
    now(flash.remove(1)).unwrap();
    let written = flash.bytes_written();
    now(flash.remove(1)).unwrap();
    assert_eq!((flash.bytes_written(), load(&mut flash, 1)), (written, None));
}

/// Settings that are full stay as they are, and what is refused over and over wears nothing out.
#[test]
fn cfg_09_full_settings_keep_what_they_hold() {
    let mut flash = blank::<Nrf51>(2, 2);
    let mut count = 0;
    while now(flash.store(count, &[count as u8; 90])).is_ok() {
        count += 1;
    }
    assert_eq!(count, 10); // each takes 96 bytes of 1024, a header 16 and a mark 8
    let written = flash.bytes_written();
    assert_eq!(now(flash.store(100, &[1; 90])), Err(FlashError::Full));
    assert_eq!(flash.bytes_written(), written);
    for boot in [false, true] {
        if boot {
            flash = reopened(flash, 2, 2);
        }
        for key in 0..count {
            assert_eq!(load(&mut flash, key), Some(vec![key as u8; 90]));
        }
    }
    now(flash.remove(3)).unwrap();
    now(flash.store(100, &[1; 90])).unwrap();
    assert_eq!(load(&mut flash, 100), Some(vec![1; 90]));
    assert_eq!(now(flash.store(1, &[0; RECORD_LEN_MAX + 1])), Err(FlashError::TooLong));
}

/// Only what a power cut may have torn is passed over; a chip that reads nothing at all is no empty chip.
#[test]
fn rpc_08_cfg_09_a_chip_that_cannot_be_read_is_an_error_and_loses_nothing() {
    let mut flash = blank::<Stm32h7<8192, true>>(2, 2);
    now(flash.store(1, b"kept")).unwrap();
    append(&mut flash, 0, 20);
    let mut chip = flash.into_inner().0;
    chip.cut_after(0, Cut::Erase(HalfErased::Nothing));
    let page = 8192;
    let _ = embedded_storage::nor_flash::NorFlash::erase(&mut chip, 3 * page, 4 * page);
    let mut flash = on(chip, 2, 2);
    let mut buffer = [0; RECORD_LEN_MAX];
    for _ in 0..3 {
        assert_eq!(now(flash.load(1, &mut buffer)), Err(FlashError::Chip(ChipError::PowerIsOff)));
        assert_eq!(now(flash.journal()), Err(FlashError::Chip(ChipError::PowerIsOff)));
        assert!(now(flash.store(1, b"lost")).is_err());
    }
    let mut chip = flash.into_inner().0;
    chip.restore();
    let mut flash = on(chip, 2, 2);
    assert_eq!(load(&mut flash, 1).as_deref(), Some(&b"kept"[..]));
    assert_eq!(load_entry(&mut flash, 0), Some(entry(0, 20)));
    // It breaks while it runs.
    let mut chip = flash.into_inner().0;
    chip.cut_after(0, Cut::Write { after: 0, word: Tear::Nothing });
    let mut flash = on(chip, 2, 2);
    assert_eq!(load(&mut flash, 1).as_deref(), Some(&b"kept"[..]));
    assert!(now(flash.store(1, b"lost")).is_err());
    assert!(now(flash.load(1, &mut buffer)).is_err() && now(flash.load_entry(0, &mut buffer)).is_err());
}

/// A power cut in any operation of a thinning, in several ways each.
fn is_thinned_through_power_cuts<C: Chip>() {
    let len = |number: u32| if number.is_multiple_of(100) { 20 } else { 14 };
    let mut flash = blank::<C>(2, 4);
    now(flash.journal()).unwrap();
    let mut number = 0;
    while flash.room(56) > 1 {
        append(&mut flash, number, len(number));
        number += 1;
    }
    for released in 0..5 {
        now(flash.release_entry(released)).unwrap();
    }
    let samples: Vec<_> = (5..number).filter(|number| number % 100 != 0).collect();
    let mut kept: Vec<_> = samples.iter().copied().step_by(2).chain(samples.last().copied()).collect();
    kept.extend((5..number).filter(|number| number % 100 == 0));

    let before = flash.into_inner().0.content;
    let moments = RefCell::new(Vec::new());
    let watch = |content: &Content, operation: Operation<'_>| {
        let len = match operation {
            Operation::Write { bytes, .. } => Some(bytes.len()),
            Operation::Erase { .. } => None,
        };
        moments.borrow_mut().push((content.clone(), len));
    };
    let mut buffer = [0; RECORD_LEN_MAX];
    let page = C::PAGE as u32;
    let mut watched =
        FlashStorage::new(NorFlash::<C>::watched(before.clone(), &watch), 0..2 * page, 2 * page..6 * page).unwrap();
    now(watched.thin(5..number, role, &mut buffer)).unwrap();
    drop(watched);
    let moments = moments.into_inner();
    assert!(moments.len() > 100);
    for (index, (_, len_of_write)) in moments.iter().enumerate() {
        let cuts: Vec<_> = match len_of_write {
            Some(len) => [0, len / 2, *len]
                .into_iter()
                .flat_map(|after| {
                    [Tear::Nothing, Tear::Bits(index as u64)]
                        .map(|word| Cut::Write { after: after - after % C::WORD, word })
                })
                .filter(|cut| !matches!(cut, Cut::Write { after, word: Tear::Bits(_) } if after == len))
                .collect(),
            None => [HalfErased::Nothing, HalfErased::FirstHalf, HalfErased::Words(index as u64), HalfErased::All]
                .map(Cut::Erase)
                .to_vec(),
        };
        for cut in cuts {
            let mut chip = NorFlash::<C>::new(before.clone());
            chip.cut_after(index as u64, cut);
            let mut flash = on(chip, 2, 4);
            assert!(now(flash.thin(5..number, role, &mut buffer)).is_err());
            let mut chip = flash.into_inner().0;
            chip.restore();
            let mut flash = on(chip, 2, 4);
            assert_eq!(now(flash.journal()).unwrap(), Some(5..number), "{index}: {cut:?}");
            append(&mut flash, number, 20);
            for again in [false, true] {
                for number in (5..number).chain([number]) {
                    let wanted = if number % 100 == 0 { 20 } else { 14 };
                    match load_entry(&mut flash, number) {
                        Some(found) if found.len() == 20 => assert_eq!(found, entry(number, 20)),
                        Some(found) => assert_eq!(found, entry(number, wanted), "{index}: {cut:?}"),
                        None => assert!(again || !kept.contains(&number), "{index}: {cut:?} has lost {number}"),
                    }
                }
                now(flash.thin(5..number + 1, role, &mut buffer)).unwrap();
            }
            for number in kept.iter().filter(|number| *number % 100 == 0) {
                assert_eq!(load_entry(&mut flash, *number), Some(entry(*number, 20)), "{index}: {cut:?}");
            }
        }
    }
}

#[test]
fn msg_15_msg_05_a_power_cut_while_samples_are_thinned_costs_nothing_that_stays() {
    is_thinned_through_power_cuts::<Nrf51>();
    is_thinned_through_power_cuts::<Esp32>();
}

#[test]
fn msg_15_what_was_written_late_never_stands_for_something_else() {
    let mut flash = blank::<Nrf52>(2, 3);
    let mut number = 0;
    now(flash.journal()).unwrap();
    while flash.room(56) > 0 {
        append(&mut flash, number, 14);
        number += 1;
    }
    append(&mut flash, number, 14);
    let mut end = entry(number, 20);
    end[0] ^= 0xff;
    embedded_ocpp::store::record::seal_entry(number, &mut end).unwrap();
    let is_durable = now(flash.append_entry(number, &end)).is_ok();
    let found = load_entry(&mut reopened(flash, 2, 3), number);
    assert!(!is_durable || found == Some(end));
}

#[test]
fn msg_05_a_page_of_marks_alone_hides_no_entry() {
    let mut flash = blank::<Nrf52>(2, 8);
    for number in 0..900 {
        append(&mut flash, number, 14);
    }
    for number in 0..900 {
        now(flash.release_entry(number)).unwrap();
    }
    for number in 900..905 {
        append(&mut flash, number, 14);
    }
    for boot in [false, true] {
        if boot {
            flash = reopened(flash, 2, 8);
            assert_eq!(now(flash.journal()).unwrap(), Some(900..905));
        }
        for number in 900..905 {
            assert_eq!(load_entry(&mut flash, number), Some(entry(number, 14)));
        }
    }
}

/// What is stored after a power cut stays, whatever the cut has left of what was being stored, and whatever it is. The map of
/// another library lost one in some hundred of these where words are bytes: it appended behind a torn header.
fn keeps_what_is_stored_behind_a_cut<C: Chip>() {
    let mut chance = Chance(1);
    for (cut_in, after) in (0..3).flat_map(|cut_in| (0..12).map(move |after| (cut_in, after))) {
        let mut flash = blank::<C>(2, 2);
        for key in 0..4 {
            now(flash.store(key, &[key as u8; 7])).unwrap();
        }
        let mut chip = flash.into_inner().0;
        chip.cut_after(cut_in, Cut::Write { after, word: Tear::Prefix });
        let mut flash = on(chip, 2, 2);
        let _ = now(flash.store(1, b"under way"));
        let mut chip = flash.into_inner().0;
        chip.restore();
        let left = chip.content;
        for content in 0..240 {
            let mut flash = on(NorFlash::<C>::new(left.clone()), 2, 2);
            let record: Vec<u8> = (0..1 + chance.below(20)).map(|_| chance.below(256) as u8).collect();
            now(flash.store(1, &record)).unwrap();
            let mut flash = reopened(flash, 2, 2);
            let found = load(&mut flash, 1);
            assert_eq!(found, Some(record), "cut in {cut_in} after {after}, content {content}");
            assert_eq!(load(&mut flash, 2).as_deref(), Some(&[2; 7][..]));
        }
    }
}

/// Numbers that look random, the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// Bytes of another firmware, or of a broken one: text, zeros, noise.
fn scribble<C: Chip>(chance: &mut Chance, chip: &mut NorFlash<'static, C>, from: usize, len: usize) {
    let kind = chance.below(3);
    let bytes: Vec<u8> = (0..len)
        .map(|_| match kind {
            0 => chance.below(256) as u8,
            1 => 0,
            _ => b' ' + chance.below(90) as u8,
        })
        .collect();
    chip.content.overwrite::<C>(from, &bytes);
}

fn takes_any_chip<C: Chip>() {
    for seed in 0..100 {
        let mut chance = Chance(seed);
        let mut chip = NorFlash::<C>::erased(6);
        for _ in 0..=chance.below(12) {
            let from = chance.below(6 * C::PAGE - 64);
            let len = 1 + chance.below((6 * C::PAGE - from).min(2 * C::PAGE));
            scribble(&mut chance, &mut chip, from, len);
        }
        let mut flash = on(chip, 3, 3);
        let first = now(flash.journal()).unwrap().unwrap().end;
        let _ = load(&mut flash, 1);
        now(flash.store(1, b"kept")).unwrap();
        for number in first..first + 5 {
            append(&mut flash, number, 20);
        }
        let mut flash = reopened(flash, 3, 3);
        assert_eq!(load(&mut flash, 1).as_deref(), Some(&b"kept"[..]), "seed {seed}");
        for number in first..first + 5 {
            assert_eq!(load_entry(&mut flash, number), Some(entry(number, 20)), "seed {seed}");
        }
    }
}

/// Whatever is damaged, what is not stays readable, under its number, while others come and go.
fn loses_only_what_is_damaged<C: Chip>() {
    for seed in 0..100 {
        let mut chance = Chance(seed);
        let mut flash = blank::<C>(2, 4);
        let mut next = 0;
        now(flash.journal()).unwrap();
        while flash.room(60) > 8 {
            append(&mut flash, next, len_of(next));
            next += 1;
        }
        let mut chip = flash.into_inner().0;
        // Not the header of a page: a page without one is a page without entries.
        let page = 2 + chance.below(2);
        let from = page * C::PAGE + 32 + chance.below(C::PAGE - 200);
        let len = 1 + chance.below(100);
        scribble(&mut chance, &mut chip, from, len);
        let mut flash = on(chip, 2, 4);
        let journal = now(flash.journal()).unwrap().unwrap();
        assert!(journal.start == 0 && journal.end >= next, "seed {seed}: {journal:?}");
        let lost: Vec<_> = (0..next).filter(|number| load_entry(&mut flash, *number).is_none()).collect();
        let span = lost.last().map_or(0, |last| last - lost[0] + 1);
        assert!(span as usize <= 2 + len.div_ceil(C::WORD.max(4)), "seed {seed}: {lost:?}");
        for number in journal.end..journal.end + 4 {
            append(&mut flash, number, 20);
        }
        for number in (0..next).filter(|number| !lost.contains(number)) {
            let len = len_of(number);
            let found = load_entry(&mut flash, number).unwrap();
            assert!(lost.contains(&number) || found == entry(number, len), "seed {seed}: {number}");
        }
    }
}

macro_rules! on_all_chips {
    ($($test:ident)+) => { $(
        #[test]
        fn $test() {
            super::$test::<super::Stm32f4<4, 16384>>();
            super::$test::<super::Stm32f4<1, 16384>>();
            super::$test::<super::Stm32h7<8192, false>>();
            super::$test::<super::Stm32h7<8192, true>>();
            super::$test::<super::Ecc<8, 2048, true>>();
            super::$test::<super::Ecc<16, 8192, true>>();
            super::$test::<super::Esp32>();
            super::$test::<super::Nrf51>();
            super::$test::<super::Nrf52>();
        }
    )+ };
}

/// Where a word can be written again. Elsewhere the ranges have to be erased first.
#[test]
fn a_chip_with_the_content_of_something_else_can_be_used() {
    takes_any_chip::<Esp32>();
    takes_any_chip::<Nrf51>();
    takes_any_chip::<Nrf52>();
}

mod msg_05 {
    on_all_chips!(keeps_the_promises_of_storage is_a_journal takes_an_entry_once_more loses_only_what_is_damaged);
}

mod cfg_09_av_06 {
    on_all_chips!(keeps_what_is_stored_behind_a_cut);
}

mod msg_15 {
    on_all_chips!(is_full_when_it_says_so is_thinned never_stays_full);
}
