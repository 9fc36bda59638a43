//! What chargers in the field hold is read for ever. Each image was made by the release that wrote its format first: `journal`
//! has the records by their number, `chip` is what the flash of an nRF51 holds of them with pages of 1 KiB, two for the
//! settings and three for the journal.
//!
//! `FORMAT_IMAGES=tests/format_1 cargo test --test stored_formats` writes them as they are written now: only for a format that
//! no release has written yet.

#[path = "support/nor_flash.rs"]
mod nor_flash;
mod support;

use embassy_futures::poll_once;
use embedded_ocpp::store::{FlashStorage, RECORD_LEN_MAX, RecordKey, Storage, registry};
use nor_flash::{NorFlash, Nrf51};
use serde_json::{Value, json};
use std::fmt::Write;
use std::task::Poll;
use support::meters::ENERGY;
use support::{Bench, Timeline, bench, date};

type Records = Vec<(RecordKey, Vec<u8>)>;

/// The address or key of each line, and its bytes.
fn lines(image: &str) -> Records {
    let line = |line: &str| {
        let (key, bytes) = line.split_once(' ').unwrap();
        let byte = |at: usize| u8::from_str_radix(&bytes[at..at + 2], 16).unwrap();
        (u16::from_str_radix(key, 16).unwrap(), (0..bytes.len()).step_by(2).map(byte).collect())
    };
    image.lines().map(line).collect()
}

fn image(lines: &Records) -> String {
    let mut image = String::new();
    for (key, bytes) in lines {
        let bytes: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(image, "{key:04x} {bytes}").unwrap();
    }
    image
}

/// A charge point that wakes up on these records, so many seconds after they were written.
fn woken(bench: Bench, records: Records, at: u64) -> Timeline {
    let mut t = bench.start_offline();
    t.power_cut();
    t.flash.records.clear();
    t.flash.records.extend(records);
    t.at(at).power_on();
    t.link_up();
    t
}

fn register(seconds: u64, context: &str, wh: i64) -> Value {
    let value = json!({"value": wh.to_string(), "context": context, "measurand": "Energy.Active.Import.Register", "unit": "Wh"});
    json!({"timestamp": date(seconds), "sampledValue": [value]})
}

const PERIODIC: &str = "Sample.Periodic";
const BEGIN: &str = "Transaction.Begin";
const END: &str = "Transaction.End";

#[test]
fn msg_05_cfg_09_av_06_the_first_format_is_read_with_all_that_it_holds() {
    tells_what_happened(lines(include_str!("format_1/journal")));
}

#[test]
fn msg_05_cfg_09_av_06_what_is_written_now_is_read_with_all_that_it_holds() {
    let records = story();
    let chip = on_a_chip(&records);
    is_on_the_chip(&chip, &records);
    if let Ok(folder) = std::env::var("FORMAT_IMAGES") {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(format!("{folder}/journal"), image(&records)).unwrap();
        std::fs::write(format!("{folder}/chip"), image(&chip)).unwrap();
    }
    tells_what_happened(records);
}

#[test]
fn msg_05_a_chip_with_the_first_layout_is_read_with_all_that_it_holds() {
    is_on_the_chip(&lines(include_str!("format_1/chip")), &lines(include_str!("format_1/journal")));
}

/// The first entry that waits.
const FIRST: u32 = 0x13;
const SETTINGS: u32 = 0x800;
const CHIP_END: u32 = 0x1400;

/// What the chip holds of these records, without what is blank.
fn on_a_chip(records: &Records) -> Records {
    let mut flash = FlashStorage::new(NorFlash::<Nrf51>::erased(5), 0..SETTINGS, SETTINGS..CHIP_END).unwrap();
    // Of the entries before the power cut all but these were delivered.
    now(flash.release_entry(FIRST - 1)).unwrap();
    for (key, record) in records {
        let number = u32::from(key - registry::JOURNAL.start.min(*key));
        if registry::JOURNAL.contains(key) {
            now(flash.append_entry(number, record)).unwrap();
        } else {
            now(flash.store(*key, b"before")).unwrap();
            now(flash.store(*key, record)).unwrap();
        }
    }
    let (mut chip, _) = flash.into_inner();
    let mut bytes = vec![0; CHIP_END as usize];
    embedded_storage::nor_flash::ReadNorFlash::read(&mut chip, 0, &mut bytes).unwrap();
    let rows = bytes.chunks(64).zip((0..).step_by(64)).map(|(row, address)| (address, row.to_vec()));
    rows.filter(|(_, row)| row.iter().any(|byte| *byte != 0xff)).collect()
}

fn is_on_the_chip(image: &Records, records: &Records) {
    let mut chip = NorFlash::<Nrf51>::erased(5);
    for (address, bytes) in image {
        chip.content.overwrite::<Nrf51>((*address).into(), bytes);
    }
    let mut flash = FlashStorage::new(chip, 0..SETTINGS, SETTINGS..CHIP_END).unwrap();
    let mut buffer = [0; RECORD_LEN_MAX];
    let mut end = FIRST;
    for (key, record) in records {
        let number = u32::from(key - registry::JOURNAL.start.min(*key));
        let len = if registry::JOURNAL.contains(key) {
            end = number + 1;
            now(flash.load_entry(number, &mut buffer))
        } else {
            now(flash.load(*key, &mut buffer))
        };
        assert_eq!(len.unwrap().map(|len| &buffer[..len]), Some(&record[..]), "{key:#x}");
    }
    assert_eq!(now(flash.journal()).unwrap(), Some(FIRST..end));
}

/// A driver is ready at the first poll.
fn now<T>(future: impl Future<Output = T>) -> T {
    match poll_once(future) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not ready"),
    }
}

/// 77 runs on connector 2 when the connection goes. One runs on connector 1, the power fails, and another one runs there in a
/// boot that never knew the date.
fn story() -> Records {
    let mut t = bench().two_connectors().key("AllowOfflineTxForUnknownId", "true").booted();
    t.change_key("MeterValueSampleInterval", "60", "Accepted");
    t.change_key("StopTxnSampledData", ENERGY, "Accepted");
    t.change_key("ConnectorPhaseRotation", "1.RST,2.RTS", "Accepted");
    t.call("ChangeAvailability", json!({"connectorId": 0, "type": "Operative"})).expect("Accepted");
    t.at(10).meter(2, 70_000_123).start_charging(2, "04A1B2C3D4E5F6", 77);
    t.meter(2, 70_000_600).at(70);
    t.expect_call("MeterValues", json!({"transactionId": 77})).answer(json!({}));
    t.at(75).link_down();
    t.at(80).meter(1, 5000).plug(1);
    t.card(1, "local-Tag");
    t.meter(2, 70_001_200).at(130);
    t.meter(1, 5555).at(140);
    t.at(145).meter(1, 5600).card_again(1, "local-Tag").unwrap();
    t.unplug(1);
    t.at(200).power_cut();
    t.at(300).meter(2, 70_002_000).power_on();
    t.at(310).meter(1, 5700).plug(1);
    t.card(1, "ab12cd34");
    t.at(380).meter(1, 5800).card_again(1, "ab12cd34").unwrap();
    t.unplug(1);
    t.at(390).power_cut();
    let mut records: Records = t.flash.records.drain().collect();
    records.sort();
    records
}

fn tells_what_happened(records: Records) {
    let mut t = woken(bench().two_connectors(), records, 400);
    t.accept_boot();
    for connector in 0..=2 {
        t.may_report(connector, "Available");
        t.may_report(connector, "Preparing");
        t.may_report(connector, "Finishing");
    }
    // Offline on connector 1, while 77 ran on connector 2.
    let start = t.expect_call("StartTransaction", json!({"connectorId": 1, "idTag": "local-Tag", "meterStart": 5000}));
    assert_eq!((start.id.as_str(), &start.payload["timestamp"]), ("92345678-13", &json!(date(80))));
    start.start(78, "Accepted");
    t.expect_call("MeterValues", json!({"transactionId": 77, "meterValue": [register(130, PERIODIC, 70_001_200)]}))
        .answer(json!({}));
    t.expect_call("MeterValues", json!({"transactionId": 78, "meterValue": [register(140, PERIODIC, 5555)]}))
        .answer(json!({}));
    let data = json!([register(80, BEGIN, 5000), register(140, PERIODIC, 5555), register(145, END, 5600)]);
    t.expect_stop(json!({"transactionId": 78, "idTag": "local-Tag", "meterStop": 5600, "timestamp": date(145),
        "reason": "Local", "transactionData": data}));
    t.expect_call("MeterValues", json!({"transactionId": 77, "meterValue": [register(190, PERIODIC, 70_001_200)]}))
        .answer(json!({}));
    // The power cut at 200 s; the clock was not set at the boot at 300 s, nor later in that boot.
    let data = json!([
        register(10, BEGIN, 70_000_123),
        register(70, PERIODIC, 70_000_600),
        register(130, PERIODIC, 70_001_200),
        register(190, PERIODIC, 70_001_200),
        register(400, END, 70_002_000),
    ]);
    t.expect_stop(json!({"transactionId": 77, "meterStop": 70_002_000, "reason": "PowerLoss", "timestamp": date(400),
        "transactionData": data}));
    t.expect_call("StartTransaction", json!({"connectorId": 1, "idTag": "ab12cd34", "meterStart": 5700}))
        .start(79, "Accepted");
    t.expect_call("MeterValues", json!({"transactionId": 79})).answer(json!({}));
    t.expect_stop(json!({"transactionId": 79, "idTag": "ab12cd34", "meterStop": 5800}));
    assert_eq!(t.charger().waiting_messages(), 0);
    assert!(t.discarded.borrow().is_empty());

    let keys = ["MeterValueSampleInterval", "StopTxnSampledData", "ConnectorPhaseRotation"];
    let found = t.call("GetConfiguration", json!({ "key": keys })).result();
    let values: Vec<_> = found["configurationKey"].as_array().unwrap().iter().map(|key| &key["value"]).collect();
    assert_eq!(values, ["60", "Energy.Active.Import.Register", "1.RST,2.RTS"]);
}
