//! What chargers in the field hold since the first release is read for ever. The images were made by that release.

mod support;

use embedded_ocpp::store::RecordKey;
use serde_json::{Value, json};
use support::{Bench, Timeline, bench, date};

/// A charge point that wakes up on the records of an image, so many seconds after they were written.
fn woken(bench: Bench, image: &str, at: u64) -> Timeline {
    let mut t = bench.start_offline();
    t.power_cut();
    t.flash.records.clear();
    for line in image.lines() {
        let (key, record) = line.split_once(' ').unwrap();
        let byte = |at: usize| u8::from_str_radix(&record[at..at + 2], 16).unwrap();
        let record = (0..record.len()).step_by(2).map(byte).collect();
        t.flash.records.insert(RecordKey::from_str_radix(key, 16).unwrap(), record);
    }
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
    let image = include_str!("format_1/journal");
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
