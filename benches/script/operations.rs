use super::bench::{Bench, ERROR, Nowhere, RAM, RESULT, power_on, with_bench};
use super::nor_flash::{Chip, JOURNAL, LEN, SETTINGS};
use super::{Counter, Operation, frames};
use core::slice::Iter;
use embedded_ocpp::store::{FlashStorage, Storage};
use embedded_storage::nor_flash::NorFlash;

/// All rows. Which frames they exchange stands in [`frames`]. Where the storage device is [`Nowhere`], it takes everything
/// and does nothing, so that a changed key is all there, but for the device.
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation { name: "empty", run: empty },
    Operation { name: "idle", run: idle },
    Operation { name: "remote-start", run: remote_start },
    Operation { name: "get-configuration-all", run: get_configuration_all },
    Operation {
        name: "get-configuration-one",
        run: |counter| answered(counter, Nowhere, &[frames::GET_CONFIGURATION_ONE], RESULT),
    },
    Operation {
        name: "change-configuration",
        run: |counter| answered(counter, Nowhere, &frames::CHANGE_CONFIGURATION, RESULT),
    },
    Operation {
        name: "change-configuration-ram",
        run: |counter| answered(counter, RAM, &frames::CHANGE_CONFIGURATION, RESULT),
    },
    Operation { name: "set-charging-profile-5", run: |counter| accepted(counter, frames::SET_CHARGING_PROFILE_5) },
    Operation { name: "set-charging-profile-20", run: |counter| accepted(counter, frames::SET_CHARGING_PROFILE_20) },
    Operation { name: "send-local-list-10", run: |counter| accepted(counter, frames::SEND_LOCAL_LIST_10) },
    Operation { name: "trigger-heartbeat", run: trigger_heartbeat },
    Operation { name: "unknown-action", run: |counter| answered(counter, Nowhere, &[frames::UNKNOWN_ACTION], ERROR) },
    Operation { name: "session", run: |counter| session(counter, RAM) },
    Operation { name: "session-flash", run: session_on_flash },
    Operation { name: "journal-full", run: journal_full },
    Operation { name: "boot-full", run: boot_full },
];

const REPETITIONS: u32 = 10;

/// No work at all: what counting itself costs. It is taken off the other figures.
fn empty(counter: &mut dyn Counter) {
    counter.count(1000, &mut || {});
}

/// A poll that finds nothing to do, on a connection that stands.
fn idle(counter: &mut dyn Counter) {
    with_bench(RAM, |bench| {
        counter.count(1000, &mut || bench.step());
        assert_eq!(bench.sent(), None);
    });
}

/// Calls that are answered at once: from the frame to the answer, which is one poll.
fn answered(counter: &mut dyn Counter, storage: impl Storage, frames: &[&str], kind: &str) {
    with_bench(storage, |bench| {
        for _ in 0..REPETITIONS {
            for frame in frames {
                bench.push(frame);
                counter.count(1, &mut || bench.step());
                bench.expect_answer(frame, kind);
            }
        }
    });
}

/// A large call that is taken over.
fn accepted(counter: &mut dyn Counter, frame: &str) {
    with_bench(Nowhere, |bench| {
        for _ in 0..REPETITIONS {
            bench.push(frame);
            counter.count(1, &mut || bench.step());
            bench.expect_accepted(frame);
        }
    });
}

/// The answer tells every key.
fn get_configuration_all(counter: &mut dyn Counter) {
    with_bench(Nowhere, |bench| {
        for _ in 0..REPETITIONS {
            bench.push(frames::GET_CONFIGURATION_ALL);
            counter.count(1, &mut || bench.step());
            assert!(bench.expect_answer(frames::GET_CONFIGURATION_ALL, RESULT) > bench.keys_len());
        }
    });
}

/// From the frame to the answer. The same poll also sends the StatusNotification that follows.
fn remote_start(counter: &mut dyn Counter) {
    with_bench(RAM, |bench| {
        for _ in 0..REPETITIONS {
            bench.push(frames::REMOTE_START);
            counter.count(1, &mut || bench.step());
            bench.expect_answer(frames::REMOTE_START, RESULT);
            bench.end();
            bench.settle(&mut [("StatusNotification", "{}"); 2].iter());
        }
    });
}

/// The answer, the heartbeat, and its answer.
fn trigger_heartbeat(counter: &mut dyn Counter) {
    with_bench(RAM, |bench| {
        for _ in 0..REPETITIONS {
            bench.push(frames::TRIGGER_HEARTBEAT);
            counter.count(1, &mut || bench.step());
            bench.expect_answer(frames::TRIGGER_HEARTBEAT, RESULT);
            bench.answer("Heartbeat", frames::HEARTBEAT);
            counter.count_more(&mut || bench.step());
            assert_eq!(bench.sent(), None);
        }
    });
}

/// Plug in, a card, ten samples, the card again, plug out. After each, polls until two in a row send nothing.
fn session(counter: &mut dyn Counter, storage: impl Storage) {
    with_bench(storage, |bench| {
        for _ in 0..REPETITIONS {
            let mut script = frames::SESSION.iter();
            counter.count(1, &mut || {}); // all that follows is part of this one
            bench.plug(true);
            bench.converse(counter, &mut script);
            counter.count_more(&mut || bench.begin());
            bench.converse(counter, &mut script);
            for _ in 0..10 {
                bench.pass_5_s();
                bench.converse(counter, &mut script);
            }
            counter.count_more(&mut || bench.end());
            bench.converse(counter, &mut script);
            bench.plug(false);
            bench.converse(counter, &mut script);
            assert_eq!(script.next(), None);
        }
    });
}

/// The same on flash, which was blank before the first one.
fn session_on_flash(counter: &mut dyn Counter) {
    let mut memory = [0; LEN];
    let flash = FlashStorage::new(Chip::erased(&mut memory), SETTINGS, JOURNAL);
    session(counter, flash.expect("whole pages"));
}

/// The samples of a transaction that the central system does not answer, each in a poll of its own, until they were thinned
/// out on flash.
fn journal_full(counter: &mut dyn Counter) {
    fill(&mut [0; LEN], &mut |bench| counter.count(1, &mut || bench.step()));
}

/// The first poll after a power cut in that transaction, with a local list and a charging profile on flash.
fn boot_full(counter: &mut dyn Counter) {
    let mut memory = [0; LEN];
    fill(&mut memory, &mut |bench| bench.step());
    let before = memory;
    let mut chip = Chip::erased(&mut memory);
    let Ok(()) = chip.write(0, &before);
    let flash = FlashStorage::new(chip, SETTINGS, JOURNAL).expect("whole pages");
    power_on(flash, |bench| {
        counter.count(1, &mut || bench.step());
        assert!(bench.waiting() > 100);
    });
}

/// A sample each time is more than any journal on this chip holds.
const SAMPLES: u32 = 5000;

fn fill(memory: &mut [u8; LEN], step: &mut dyn FnMut(&mut Bench<'_, FlashStorage<Chip<'_>>>)) {
    let flash = FlashStorage::new(Chip::erased(memory), SETTINGS, JOURNAL).expect("whole pages");
    with_bench(flash, |bench| {
        for frame in [frames::SEND_LOCAL_LIST_10, frames::SET_CHARGING_PROFILE_20] {
            bench.push(frame);
            bench.step();
            bench.expect_accepted(frame);
        }
        bench.plug(true);
        let (status, card) = frames::SESSION.split_at(1);
        bench.settle(&mut status.iter());
        bench.begin();
        bench.step();
        bench.answer("Authorize", card[0].1);
        let mut most = 0;
        for _ in 0..SAMPLES {
            bench.pass_5_s();
            step(bench);
            bench.ignore();
            if bench.waiting() < most {
                return bench.plug(false);
            }
            most = bench.waiting();
        }
        panic!("the journal is never full");
    });
}

impl<S: Storage> Bench<'_, S> {
    /// Counts polls, and answers after the script in between, until two polls in a row have sent nothing.
    fn converse(&mut self, counter: &mut dyn Counter, script: &mut Iter<'_, (&str, &str)>) {
        self.converse_with(&mut |bench| counter.count_more(&mut || bench.step()), script);
    }
}
