//! The storage devices that are built in, and a charge point on one that fails.

mod support;

use embassy_futures::poll_once;
use embedded_ocpp::ocpp16::BeginError;
use embedded_ocpp::store::record::seal;
use embedded_ocpp::store::{DirectoryStorage, RECORD_LEN_MAX, RamStorage, RecordKey, Storage, registry};
use serde_json::{Value, json};
use std::future::Future;
use std::path::PathBuf;
use std::task::Poll;
use support::meters::{ENERGY, energy, in_transaction, sampling};
use support::{Event, bench, booted, charging, date, plugged};

/// A blocking device is ready at the first poll.
fn now<T>(future: impl Future<Output = T>) -> T {
    match poll_once(future) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not ready"),
    }
}

fn load<S: Storage>(storage: &mut S, key: RecordKey) -> Option<Vec<u8>> {
    let mut buffer = [0xee; RECORD_LEN_MAX];
    let len = now(storage.load(key, &mut buffer)).unwrap()?;
    Some(buffer[..len].to_vec())
}

fn store<S: Storage>(storage: &mut S, key: RecordKey, record: &[u8]) {
    now(storage.store(key, record)).unwrap();
}

/// An empty directory of the test's own, removed at its end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("embedded-ocpp-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn open(&self) -> DirectoryStorage {
        DirectoryStorage::open(&self.0).unwrap()
    }

    fn files(&self) -> usize {
        std::fs::read_dir(&self.0).unwrap().count()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What every device promises.
fn keeps_the_promises_of_storage<S: Storage>(storage: &mut S) {
    assert_eq!(load(storage, 1), None);
    let longest = [7; RECORD_LEN_MAX];
    store(storage, 1, b"one");
    store(storage, 0x3fff, &longest);
    store(storage, 0, b"\0");
    assert_eq!(load(storage, 1).as_deref(), Some(&b"one"[..]));
    assert_eq!(load(storage, 0x3fff).as_deref(), Some(&longest[..]));
    assert_eq!(load(storage, 0).as_deref(), Some(&b"\0"[..]));

    store(storage, 1, b"longer than before");
    assert_eq!(load(storage, 1).as_deref(), Some(&b"longer than before"[..]));
    store(storage, 1, b"2");
    assert_eq!(load(storage, 1).as_deref(), Some(&b"2"[..]));
    assert_eq!(load(storage, 0x3fff).as_deref(), Some(&longest[..]));

    assert!(now(storage.load(0x3fff, &mut [0; RECORD_LEN_MAX - 1])).is_err());
    now(storage.remove(0x3fff)).unwrap();
    now(storage.remove(0x3fff)).unwrap();
    now(storage.remove(0x1234)).unwrap();
    assert_eq!(load(storage, 0x3fff), None);
    assert_eq!(load(storage, 1).as_deref(), Some(&b"2"[..]));

    // A chip that cannot delete stores an empty record instead.
    store(storage, 1, b"");
    assert_eq!(load(storage, 1), None);
}

#[test]
fn ram_storage_keeps_the_promises_of_storage() {
    keeps_the_promises_of_storage(&mut RamStorage::<600>::new());
}

#[test]
fn directory_storage_keeps_the_promises_of_storage() {
    let directory = Directory::new("promises");
    keeps_the_promises_of_storage(&mut directory.open());
}

#[test]
fn ram_storage_that_is_full_keeps_what_it_has() {
    let mut storage = RamStorage::<32>::new();
    store(&mut storage, 1, &[1; 12]);
    store(&mut storage, 2, &[2; 12]);
    assert_eq!(storage.used(), 32);
    assert!(now(storage.store(3, b"")).is_err());
    assert!(now(storage.store(1, &[9; 13])).is_err());
    assert_eq!(load(&mut storage, 1), Some(vec![1; 12]));
    store(&mut storage, 1, &[9; 12]);
    now(storage.remove(2)).unwrap();
    store(&mut storage, 3, &[3; 12]);
    assert_eq!((load(&mut storage, 1), load(&mut storage, 3)), (Some(vec![9; 12]), Some(vec![3; 12])));
}

#[test]
fn directory_storage_is_there_after_the_next_start() {
    let directory = Directory::new("restart");
    store(&mut directory.open(), 5, b"kept");
    assert_eq!(load(&mut directory.open(), 5).as_deref(), Some(&b"kept"[..]));
    assert_eq!(directory.files(), 1);
}

#[test]
fn directory_storage_killed_while_writing_leaves_the_old_record() {
    let directory = Directory::new("killed");
    store(&mut directory.open(), 5, b"old");
    // What a kill between writing and renaming leaves behind.
    std::fs::write(directory.0.join("0005.new"), b"ne").unwrap();
    assert_eq!(load(&mut directory.open(), 5).as_deref(), Some(&b"old"[..]));
    store(&mut directory.open(), 5, b"new");
    assert_eq!(load(&mut directory.open(), 5).as_deref(), Some(&b"new"[..]));
    assert_eq!(directory.files(), 1);
}

#[test]
fn directory_storage_tells_why_it_cannot() {
    let directory = Directory::new("fails");
    let mut storage = directory.open();
    std::fs::create_dir(directory.0.join("0007")).unwrap();
    assert!(now(storage.load(7, &mut [0; 8])).is_err());
    assert!(now(storage.store(7, b"x")).is_err());
    assert!(DirectoryStorage::open(directory.0.join("0007").join("\0")).is_err());
}

// ---- A charge point on a device that fails ----

#[test]
fn nothing_starts_before_its_start_is_durable() {
    let mut t = plugged();
    t.flash.failing_stores = 3;
    t.at(10).accepted_card(1, "TAG");
    assert!(!t.charger().permits_charge(1) && !t.charger().is_transaction_running(1));
    assert_eq!(t.take_errors(), ["FlashError"]);
    // It is tried again by itself, and the start is dated when it happened.
    t.wait(60);
    t.expect_call("StartTransaction", json!({"timestamp": date(10)})).start(1, "Accepted");
    assert!(t.seconds() > 10 && t.charger().permits_charge(1));
    t.expect_status(1, "Charging");
    assert_eq!(t.take_errors(), ["FlashError"; 2]);
}

#[test]
fn an_end_that_cannot_be_stored_is_tried_again() {
    let mut t = charging();
    t.flash.failing_stores = 3;
    t.meter(1, 1500).at(100).card_again(1, "TAG").unwrap();
    assert!(!t.charger().permits_charge(1));
    t.expect_nothing();
    t.meter(1, 1600).wait(60);
    let stop = json!({"transactionId": 42, "timestamp": date(100), "meterStop": 1500});
    t.expect_stop(stop);
    t.expect_status(1, "Finishing");
    assert_eq!(t.take_errors(), ["FlashError"; 3]);
}

#[test]
fn msg_01_msg_05_an_entry_whose_writing_failed_is_told_as_it_lies_there() {
    let mut t = sampling("60", ENERGY).booted();
    t.at(10).start_charging(1, "TAG", 42);
    (t.flash.failing_stores, t.flash.fails_late) = (1, true);
    t.meter(1, 1100).at(70);
    t.meter(1, 1200).at_ms(70_500).card_again(1, "TAG").unwrap();
    t.at(71);
    let sample = t.expect_call("MeterValues", json!({}));
    let sampled = json!([energy("Sample.Periodic", "1100")]);
    assert_eq!(sample.payload, in_transaction(1, 42, 70, sampled));
    sample.answer(json!({}));
    t.expect_stop(json!({"meterStop": 1200, "timestamp": date(70)}));
    t.expect_status(1, "Finishing");
    t.at(1000).expect_nothing();
}

#[test]
fn a_delivered_message_that_cannot_be_removed_is_not_sent_twice() {
    let mut t = charging();
    t.flash.failing_removes = 5;
    t.at(100).stop_charging(1, "TAG");
    t.at(1000).expect_nothing();
    assert_eq!(t.charger().waiting_messages(), 0);
    assert_eq!(t.take_errors(), ["FlashError"; 5]);
}

#[test]
fn a_device_that_needs_a_moment_at_boot_loses_nothing() {
    let mut t = booted();
    t.change_key("ConnectionTimeOut", "33", "Accepted");
    t.at(10).start_charging(1, "TAG", 42);
    t.at(20).power_cut();
    t.flash.failing_loads = 2;
    t.power_on();
    t.link_up();
    t.expect_nothing();
    assert_eq!(t.try_card(1, "TAG"), Err(BeginError::NotReady));
    t.wait(60);
    t.accept_boot();
    t.expect_stop(json!({"transactionId": 42, "reason": "PowerLoss"}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
    let found = t.call("GetConfiguration", json!({"key": ["ConnectionTimeOut"]})).result();
    assert_eq!(found["configurationKey"][0]["value"], "33");
    t.take_errors();
}

#[test]
fn rpc_08_msg_05_nothing_is_guessed_while_the_device_is_dead_at_boot() {
    let mut t = charging();
    t.power_cut();
    (t.flash.failing_loads, t.flash.failing_stores, t.flash.operations) = (u32::MAX, u32::MAX, 0);
    t.power_on();
    t.link_up();
    t.at(1000);
    assert_eq!(t.try_card(1, "TAG"), Err(BeginError::NotReady));
    assert!((10..=1000).contains(&t.flash.operations), "{} operations", t.flash.operations);
    assert_eq!(t.take_errors().len() as u32, t.flash.operations);
    (t.flash.failing_loads, t.flash.failing_stores) = (0, 0);
    t.wait(60);
    t.accept_boot();
    t.expect_stop(json!({"transactionId": 42, "reason": "PowerLoss"}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
}

#[test]
fn cfg_09_the_answer_waits_until_the_key_is_stored() {
    let mut t = booted();
    t.flash.failing_stores = 2;
    let id = t.at(10).call("ChangeConfiguration", json!({"key": "ConnectionTimeOut", "value": "33"})).later();
    t.at(11).expect_nothing();
    t.at(12).expect_answer(&id, json!({"status": "Accepted"}));
    t.at(60).reboot();
    t.boot();
    let found = t.call("GetConfiguration", json!({"key": ["ConnectionTimeOut"]})).result();
    assert_eq!(found["configurationKey"][0]["value"], "33");
}

#[test]
fn cfg_09_av_06_a_device_that_goes_on_failing_holds_no_answer_for_ever() {
    let mut t = booted();
    t.flash.failing_stores = u32::MAX;
    let id = t.at(10).call("ChangeConfiguration", json!({"key": "ConnectionTimeOut", "value": "33"})).later();
    t.at(12).expect_answer(&id, json!({"status": "Accepted"}));
    let id = t.at(20).call("ChangeAvailability", json!({"connectorId": 1, "type": "Inoperative"})).later();
    t.expect_answer(&id, json!({"status": "Accepted"}));
    t.expect_status(1, "Unavailable");
}

#[test]
fn a_damaged_key_falls_back_to_its_factory_value() {
    let mut t = booted();
    t.change_key("ConnectionTimeOut", "33", "Accepted");
    for byte in t.flash.records.get_mut(&0x0106).unwrap() {
        *byte ^= 0x40;
    }
    t.reboot();
    t.boot();
    let found = t.call("GetConfiguration", json!({"key": ["ConnectionTimeOut"]})).result();
    assert_eq!(found["configurationKey"][0]["value"], "60");
}

#[test]
fn msg_08_a_damaged_entry_is_shown_and_does_not_block_the_rest() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").booted();
    t.at(10).link_down();
    t.take_log();
    t.plug(1);
    t.card(1, "TAG");
    t.at(20).unplug(1);
    let log = t.take_log();
    let entry = log.iter().find_map(|event| match event {
        Event::Stored(key) if registry::JOURNAL.contains(key) => Some(*key),
        _ => None,
    });
    t.flash.records.get_mut(&entry.unwrap()).unwrap()[5] ^= 1;
    t.at(30).reboot();
    t.accept_boot();
    t.expect_stop(json!({"transactionId": -1, "timestamp": date(20)}));
    assert_eq!(t.discarded.borrow().len(), 1);
    assert!(t.discarded.borrow()[0].contains("Unreadable"));
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
}

#[test]
fn msg_08_a_wrong_byte_behind_a_right_checksum_makes_no_broken_message() {
    let wallbox = || bench().key("MeterValueSampleInterval", "10").key("StopTxnSampledData", ENERGY);
    let mut t = wallbox().booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(15).link_down();
    t.at(25).unplug(1);
    let records = t.flash.records.clone();
    let entries: Vec<_> = records.iter().filter(|(key, _)| registry::JOURNAL.contains(key)).collect();
    assert_eq!(entries.len(), 2, "MeterValues and StopTransaction");
    for (key, entry) in entries {
        for (index, wrong) in (0..entry.len()).flat_map(|index| [(index, 0x00), (index, 0x7f), (index, 0xff)]) {
            let mut wrong_entry = entry.clone();
            wrong_entry[index] = wrong;
            seal(*key, &mut wrong_entry).unwrap();
            let mut t = wallbox().start_offline();
            t.flash.records = records.clone();
            t.flash.records.insert(*key, wrong_entry);
            t.reboot();
            t.accept_boot();
            while !t.wire.outgoing.is_empty() {
                let text = t.wire_text();
                let frame: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
                t.answer(frame[1].as_str().unwrap(), json!({}));
            }
        }
    }
}

#[test]
fn the_firmwares_own_records_are_never_touched() {
    let mut t = bench().start();
    t.flash.records.insert(registry::FIRMWARE.start, b"mine".to_vec());
    t.boot();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(20).reboot();
    t.accept_boot();
    t.expect_stop(json!({}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
    assert_eq!(t.flash.records[&registry::FIRMWARE.start], b"mine");
}

#[test]
fn cfg_09_what_is_asked_for_before_the_device_was_read_is_answered_after_it_and_holds() {
    let key = json!({"key": "MeterValueSampleInterval", "value": "45"});
    let mut t = booted();
    t.change_key("MeterValueSampleInterval", "30", "Accepted");
    t.at(10).power_cut();
    t.flash.failing_loads = 2;
    t.power_on();
    t.link_up();
    let id = t.call("ChangeConfiguration", key).later();
    t.expect_nothing();
    t.wait(10).expect_answer(&id, json!({"status": "Accepted"}));
    t.boot();
    t.take_errors();
    let result = t.call("GetConfiguration", json!({"key": ["MeterValueSampleInterval"]})).result();
    assert_eq!(result["configurationKey"][0]["value"], "45");
}
