//! What chargers in the field hold is read for ever. Each image was made by the release that wrote this format first: the
//! records of `format_1` have the number of an entry in them, those of `format_2` do not, and `chip` is what the flash of an
//! nRF51 held with pages of 1 KiB, two for the settings and three for the journal.

#[path = "support/nor_flash.rs"]
mod nor_flash;
mod support;

use embedded_ocpp::store::{FlashStorage, RECORD_LEN_MAX, Storage, registry};
use nor_flash::{NorFlash, Nrf51};
use serde_json::{Value, json};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use support::{Bench, Timeline, bench, date};

/// The address or key of each line, and its bytes.
fn lines(image: &str) -> impl Iterator<Item = (u16, Vec<u8>)> {
    image.lines().map(|line| {
        let (key, bytes) = line.split_once(' ').unwrap();
        let byte = |at: usize| u8::from_str_radix(&bytes[at..at + 2], 16).unwrap();
        (u16::from_str_radix(key, 16).unwrap(), (0..bytes.len()).step_by(2).map(byte).collect())
    })
}

/// A charge point that wakes up on the records of an image, so many seconds after they were written.
fn woken(bench: Bench, image: &str, at: u64) -> Timeline {
    let mut t = bench.start_offline();
    t.power_cut();
    t.flash.records.clear();
    t.flash.records.extend(lines(image));
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
    tells_what_happened(include_str!("format_1/journal"));
}

#[test]
fn msg_05_cfg_09_av_06_so_is_the_second() {
    tells_what_happened(include_str!("format_2/journal"));
}

#[test]
fn msg_05_a_chip_with_the_first_layout_is_read_with_all_that_it_holds() {
    let mut chip = NorFlash::<Nrf51>::erased(5);
    for (address, bytes) in lines(include_str!("format_2/chip")) {
        chip.content.overwrite::<Nrf51>(address.into(), &bytes);
    }
    let mut flash = FlashStorage::new(chip, 0..0x800, 0x800..0x1400).unwrap();
    let mut buffer = [0; RECORD_LEN_MAX];
    let mut entries = Vec::new();
    for (key, record) in lines(include_str!("format_2/journal")) {
        let number = u32::from(key - registry::JOURNAL.start.min(key));
        let len = if registry::JOURNAL.contains(&key) {
            entries.push(number);
            now(flash.load_entry(number, &mut buffer))
        } else {
            now(flash.load(key, &mut buffer))
        };
        assert_eq!(len.unwrap().map(|len| &buffer[..len]), Some(&record[..]), "{key:#x}");
    }
    assert_eq!(now(flash.journal()).unwrap(), Some(entries[0]..entries[entries.len() - 1] + 1));
}

/// A driver is ready at the first poll.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not ready"),
    }
}

fn tells_what_happened(image: &str) {
    let mut t = woken(bench().two_connectors(), image, 400);
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

#[test]
fn boot_15_msg_12_an_entry_of_the_first_format_that_was_dated_later_keeps_its_date() {
    let mut t = woken(bench(), include_str!("format_1/dated"), 1000);
    t.accept_boot();
    t.may_report(0, "Available");
    t.may_report(1, "Finishing");
    t.may_report(1, "Available");
    let start = t.expect_call("StartTransaction", json!({"idTag": "TAG", "meterStart": 100, "timestamp": date(20)}));
    assert_eq!(start.id, "92345678-11");
    start.start(1, "Accepted");
    t.expect_stop(json!({"transactionId": 1, "reason": "PowerLoss"}));
    t.may_report(0, "Available");
    t.may_report(1, "Finishing");
    t.may_report(1, "Available");
}
