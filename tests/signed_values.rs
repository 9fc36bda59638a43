//! SMV: signed meter values (OCA application note "Signed Meter Values" 1.0).

mod support;

use embedded_ocpp::facade::ConnectorClosures;
use embedded_ocpp::ocpp16::{PrintedKey, SignedForm, SigningFailed, SigningMoment, TxNotification};
use serde_json::{Value, json};
use std::task::Poll;
use support::signer::Signer;
use support::{Bench, Frame, Timeline, bench, date};

const ENERGY: &str = "Energy.Active.Import.Register";

thread_local! {
    static SIGNERS: [&'static Signer; 2] = [Signer::leak(), Signer::leak()];
}

fn signer(connector: u8) -> &'static Signer {
    SIGNERS.with(|signers| signers[usize::from(connector) - 1])
}

fn wire(closures: &mut ConnectorClosures<'static>, connector: u8) {
    closures.set_signed_meter(signer(connector));
}

/// Signs the beginning and the end of each transaction.
fn signing() -> Bench {
    bench().wire(wire).key("SampledDataSignReadings", "true").key("StopTxnSampledData", ENERGY)
}

/// The fields of a signed value, from a sampledValue that has nothing else.
fn signed(seconds: u64, context: &str, meter_value: &Value) -> Value {
    assert_eq!(meter_value["timestamp"], date(seconds), "{meter_value}");
    let [sampled] = meter_value["sampledValue"].as_array().unwrap().as_slice() else { panic!("{meter_value}") };
    let mut rest = sampled.clone();
    let value = rest.as_object_mut().unwrap().remove("value").unwrap();
    let expected = json!({"context": context, "format": "SignedData", "measurand": ENERGY, "unit": "Wh"});
    assert_eq!(rest, expected);
    serde_json::from_str(value.as_str().unwrap()).unwrap()
}

/// What stands in the field of a public key.
const PUBLIC_KEY: &str = "b2NhOmJhc2UxNjphc24xOjMwNTYzMDEwMDY="; // oca:base16:asn1:3056301006

/// The fields of a value of this data.
fn value(data: &str, public_key: &str) -> Value {
    json!({"signedMeterData": data, "signingMethod": "", "encodingMethod": "OCMF", "publicKey": public_key})
}

fn plain(seconds: u64, context: &str, wh: &str) -> Value {
    json!({"timestamp": date(seconds), "sampledValue": [
        {"value": wh, "context": context, "measurand": ENERGY, "unit": "Wh"},
    ]})
}

#[test]
fn smv_01_02_03_06_the_end_tells_what_was_signed_at_the_beginning_and_at_the_end() {
    let mut t = signing().booted();
    t.at(10).start_charging(1, "TAG", 42);
    assert_eq!((signer(1).take_asked(), signer(1).stored.get()), (vec![SigningMoment::Begin], 1));
    t.meter(1, 1500).at(100);
    t.card_again(1, "TAG").unwrap();
    let stop =
        t.expect_call("StopTransaction", json!({"meterStop": 1500, "timestamp": date(100), "transactionId": 42}));
    let data = stop.payload["transactionData"].as_array().unwrap().clone();
    stop.answer(json!({}));
    t.expect_status(1, "Finishing");
    let [begin, end, signed_begin, signed_end] = data.as_slice() else { panic!("{data:?}") };
    assert_eq!(*begin, plain(10, "Transaction.Begin", "1000"));
    assert_eq!(*end, plain(100, "Transaction.End", "1500"));
    // OCMF|{"Begin":1}| and OCMF|{"End":1}|
    assert_eq!(signed(10, "Transaction.Begin", signed_begin), value("T0NNRnx7IkJlZ2luIjoxfXw=", ""));
    assert_eq!(signed(100, "Transaction.End", signed_end), value("T0NNRnx7IkVuZCI6MX18", PUBLIC_KEY));
    assert_eq!((signer(1).take_asked(), signer(1).stored.get()), (vec![SigningMoment::End], 2));
}
