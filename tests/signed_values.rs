//! SMV: signed meter values (OCA application note "Signed Meter Values" 1.0).

mod support;

use embedded_ocpp::facade::ConnectorClosures;
use embedded_ocpp::ocpp16::{PrintedKey, SignedForm, SigningFailed, SigningMoment, TxNotification};
use serde_json::{Value, json};
use std::task::Poll;
use support::meters::ENERGY;
use support::signatures::{PUBLIC_KEY, base64};
use support::signer::Signer;
use support::{Bench, Frame, Timeline, bench, date};

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

/// The signed values of the next StopTransaction, which is answered; the plain ones are left out.
fn stop(t: &mut Timeline) -> Vec<Value> {
    let stop = t.expect_call("StopTransaction", json!({"transactionId": 42}));
    let data = stop.payload["transactionData"].as_array().cloned().unwrap_or_default();
    stop.answer(json!({}));
    t.may_report(1, "Finishing");
    data.into_iter().filter(|value| value["sampledValue"][0]["format"] == "SignedData").collect()
}

/// The next is the start of transaction 42, dated at this second; it is accepted.
fn expect_start(t: &mut Timeline, seconds: u64) {
    t.expect_call("StartTransaction", json!({ "timestamp": date(seconds) })).start(42, "Accepted");
    t.expect_status(1, "Charging");
}

/// Ends the transaction at this second, with the card that began it.
fn end(t: &mut Timeline, seconds: u64) {
    t.at(seconds).card_again(1, "TAG").unwrap();
}

#[test]
fn smv_02_a_method_that_the_data_does_not_name_is_told() {
    signer(1).method.set("ECDSA-secp256r1-SHA256");
    let mut t = signing().booted();
    t.at(10).start_charging(1, "TAG", 42);
    end(&mut t, 100);
    let [_, end] = stop(&mut t).try_into().unwrap();
    assert_eq!(signed(100, "Transaction.End", &end)["signingMethod"], "ECDSA-secp256r1-SHA256");
}

#[test]
fn smv_01_13_the_longest_values_go_out_as_they_came_and_again_as_they_were() {
    // Base64 of the meter's own, of 2500 characters and others at the borders of pieces.
    for len in [4, 476, 480, 484, 960, 2500, 3360] {
        signer(1).form.set(SignedForm::Base64);
        signer(1).len_max.set(len);
        signer(1).makes(move |moment, _| {
            let fill = if moment == SigningMoment::Begin { "Qk" } else { "RU" };
            fill.repeat(len / 2).into_bytes()
        });
        let mut t = signing().booted();
        t.at(10).start_charging(1, "TAG", 42);
        end(&mut t, 100);
        let Some(Frame::Call { id, action, payload }) = t.next_frame() else { panic!() };
        assert_eq!(action, "StopTransaction");
        // The link is lost before the answer: the same bytes once more, which the timeline holds against the id.
        t.link_down();
        t.at(110).link_up();
        let again = t.expect_call("StopTransaction", payload.clone());
        assert_eq!((&again.id, &again.payload), (&id, &payload));
        again.answer(json!({}));
        t.expect_status(1, "Finishing");
        let [.., begin, end] = payload["transactionData"].as_array().unwrap().as_slice() else { panic!() };
        assert_eq!(signed(10, "Transaction.Begin", begin)["signedMeterData"], "Qk".repeat(len / 2));
        assert_eq!(signed(100, "Transaction.End", end)["signedMeterData"], "RU".repeat(len / 2));
        t.unplug(1);
        t.expect_status(1, "Available");
        t.at(1000).expect_nothing();
    }
}

#[test]
fn smv_13_a_value_that_is_too_long_or_no_base64_is_none() {
    for value in [vec![b'A'; 3361], b"QUJD\"".to_vec(), b"QUJD\n".to_vec()] {
        signer(1).form.set(SignedForm::Base64);
        signer(1).makes(|_, _| b"QUJD".to_vec());
        let mut t = signing().booted();
        t.at(10).start_charging(1, "TAG", 42);
        signer(1).makes(move |_, _| value.clone());
        t.at(100).card_again(1, "TAG").unwrap();
        t.wait(60);
        assert_eq!(t.seconds(), 160);
        let [begin] = stop(&mut t).try_into().unwrap();
        assert_eq!(signed(10, "Transaction.Begin", &begin)["signedMeterData"], "QUJD");
        t.unplug(1);
        t.expect_status(1, "Available");
    }
}

#[test]
fn smv_04_the_key_of_the_meter_is_a_configuration_key_of_its_connector() {
    signer(2).key.set(None);
    let mut t = signing().two_connectors().booted();
    let known = json!({"key": "MeterPublicKey1", "readonly": true, "value": PUBLIC_KEY});
    t.call(
        "GetConfiguration",
        json!({"key": ["meterpublickey1", "MeterPublicKey2", "MeterPublicKey3", "MeterPublicKey"]}),
    )
    .expect_result(json!({
        "configurationKey": [known],
        "unknownKey": ["MeterPublicKey2", "MeterPublicKey3", "MeterPublicKey"],
    }));
    t.change_key("MeterPublicKey1", "x", "Rejected");
    t.change_key("MeterPublicKey2", "x", "NotSupported");
    let payload = t.call("GetConfiguration", json!({})).result();
    assert!(payload["configurationKey"].as_array().unwrap().contains(&known));

    // 359 printed characters fill the 500 that a value may have; one more has no place.
    signer(1).key.set(Some(PrintedKey::Base64("k".repeat(359).leak())));
    let payload = t.call("GetConfiguration", json!({"key": ["MeterPublicKey1"]})).result();
    let text = payload["configurationKey"][0]["value"].as_str().unwrap();
    assert_eq!(text.len(), 500);
    assert!(text.starts_with("b2NhOmJhc2U2NDphc24xOmtr"), "{text}"); // oca:base64:asn1:kk
    signer(1).key.set(Some(PrintedKey::Base64("k".repeat(360).leak())));
    t.call("GetConfiguration", json!({"key": ["MeterPublicKey1"]}))
        .expect_result(json!({"configurationKey": [], "unknownKey": ["MeterPublicKey1"]}));
}

#[test]
fn smv_05_the_key_goes_along_never_once_or_always() {
    for (setting, keys) in
        [("Never", ["", "", ""]), ("OncePerTransaction", ["", "", PUBLIC_KEY]), ("EveryMeterValue", [PUBLIC_KEY; 3])]
    {
        let mut t = signing()
            .key("MeterValueSampleInterval", "60")
            .key("SampledDataSignUpdatedReadings", "true")
            .key("MeterValuesSampledData", ENERGY)
            .booted();
        t.change_key("PublicKeyWithSignedMeterValue", "Sometimes", "Rejected");
        t.change_key("PublicKeyWithSignedMeterValue", setting, "Accepted");
        t.call("GetConfiguration", json!({"key": ["PublicKeyWithSignedMeterValue"]})).expect_result(json!({
            "configurationKey": [{"key": "PublicKeyWithSignedMeterValue", "readonly": false, "value": setting}],
        }));
        t.at(10).start_charging(1, "TAG", 42);
        t.at(70).expect_call("MeterValues", json!({"transactionId": 42})).answer(json!({}));
        let sample = t.expect_call("MeterValues", json!({"transactionId": 42}));
        let [sampled] = sample.payload["meterValue"].as_array().unwrap().clone().try_into().unwrap();
        sample.answer(json!({}));
        end(&mut t, 100);
        let [begin, end] = stop(&mut t).try_into().unwrap();
        let told = [
            signed(70, "Sample.Periodic", &sampled),
            signed(10, "Transaction.Begin", &begin),
            signed(100, "Transaction.End", &end),
        ]
        .map(|value| value["publicKey"].clone());
        assert_eq!(told, keys, "{setting}");
        t.unplug(1);
        t.expect_status(1, "Available");
    }
}

#[test]
fn smv_05_where_no_end_is_signed_the_first_sample_has_the_key() {
    let mut t = bench()
        .wire(wire)
        .key("SampledDataSignReadings", "true")
        .key("SampledDataSignUpdatedReadings", "true")
        .key("MeterValueSampleInterval", "60")
        .key("MeterValuesSampledData", ENERGY)
        .booted();
    t.at(10).start_charging(1, "TAG", 42);
    for (seconds, key) in [(70, PUBLIC_KEY), (130, "")] {
        t.at(seconds).expect_call("MeterValues", json!({})).answer(json!({}));
        let sample = t.expect_call("MeterValues", json!({}));
        let value = signed(seconds, "Sample.Periodic", &sample.payload["meterValue"][0]);
        sample.answer(json!({}));
        assert_eq!(value["publicKey"], key);
    }
    end(&mut t, 150);
    assert_eq!(stop(&mut t), Vec::<Value>::new());
    assert_eq!(signer(1).take_asked(), [SigningMoment::Sample; 2]);
}

#[test]
fn smv_06_what_the_keys_do_not_ask_for_is_not_signed() {
    for (key, value) in
        [("SampledDataSignReadings", "false"), ("StopTxnSampledData", "Voltage"), ("StopTxnSampledData", "")]
    {
        let mut t = signing().key(key, value).booted();
        t.at(10).start_charging(1, "TAG", 42);
        end(&mut t, 100);
        assert_eq!(stop(&mut t), Vec::<Value>::new(), "{key}");
        assert_eq!(signer(1).take_asked(), [], "{key}");
        t.unplug(1);
        t.expect_status(1, "Available");
    }
}

#[test]
fn smv_06_a_value_that_holds_both_is_told_alone() {
    signer(1).ends_with_both.set(true);
    let mut t = signing().booted();
    t.at(10).start_charging(1, "TAG", 42);
    end(&mut t, 100);
    let [both] = stop(&mut t).try_into().unwrap();
    signed(100, "Transaction.End", &both);
    assert_eq!(signer(1).take_asked(), [SigningMoment::Begin, SigningMoment::End]);
}

#[test]
fn smv_07_08_the_beginning_is_told_right_after_the_start() {
    for (is_signed, sent) in [("true", 2), ("false", 1)] {
        let mut t =
            signing().key("StartTxnSampledData", ENERGY).key("SampledDataSignStartedReadings", is_signed).plugged();
        t.at(10).accepted_card(1, "TAG");
        t.expect_call("StartTransaction", json!({})).start(42, "Accepted");
        let mut values = Vec::new();
        for _ in 0..sent {
            let call = t.expect_call("MeterValues", json!({"connectorId": 1, "transactionId": 42}));
            values.push(call.payload["meterValue"][0].clone());
            call.answer(json!({}));
        }
        t.may_report(1, "Charging");
        assert!(values.contains(&plain(10, "Transaction.Begin", "1000")), "{values:?}");
        if is_signed == "true" {
            let told = values.iter().find(|value| value["sampledValue"][0]["format"] == "SignedData").unwrap();
            assert_eq!(signed(10, "Transaction.Begin", told), value("T0NNRnx7IkJlZ2luIjoxfXw=", ""));
        }
        end(&mut t, 100);
        assert_eq!(stop(&mut t).len(), 2);
        t.unplug(1);
        t.expect_status(1, "Available");
        signer(1).take_asked();
    }
}

#[test]
fn smv_09_10_a_meter_that_signs_no_samples_makes_the_keys_read_only() {
    signer(1).signs_samples.set(false);
    let mut t = signing().key("SampledDataSignUpdatedReadings", "true").booted();
    for key in ["SampledDataSignUpdatedReadings", "AlignedDataSignUpdatedReadings"] {
        t.change_key(key, "true", "Rejected");
        t.call("GetConfiguration", json!({"key": [key]}))
            .expect_result(json!({"configurationKey": [{"key": key, "readonly": true, "value": "false"}]}));
    }
}

#[test]
fn smv_10_moments_of_the_clock_are_signed_and_with_them_begin_and_end() {
    let mut t = bench()
        .wire(wire)
        .key("AlignedDataSignReadings", "true")
        .key("AlignedDataSignUpdatedReadings", "true")
        .key("ClockAlignedDataInterval", "900")
        .key("MeterValuesAlignedData", ENERGY)
        .key("StopTxnAlignedData", ENERGY)
        .booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(900).expect_call("MeterValues", json!({"transactionId": 42})).answer(json!({}));
    let sample = t.expect_call("MeterValues", json!({"transactionId": 42}));
    signed(900, "Sample.Clock", &sample.payload["meterValue"][0]);
    sample.answer(json!({}));
    end(&mut t, 1000);
    let [begin, end] = stop(&mut t).try_into().unwrap();
    signed(10, "Transaction.Begin", &begin);
    signed(1000, "Transaction.End", &end);
    assert_eq!(signer(1).take_asked(), [SigningMoment::Begin, SigningMoment::Aligned, SigningMoment::End]);
}

#[test]
fn smv_11_the_end_waits_for_a_meter_that_takes_half_a_minute() {
    let mut t = signing().booted();
    t.at(10).start_charging(1, "TAG", 42);
    signer(1).holds_back.set(Some(Poll::Pending));
    t.meter(1, 1500).at(100);
    t.card_again(1, "TAG").unwrap();
    t.meter(1, 1600).at(130);
    signer(1).holds_back.set(None);
    t.wait(1);
    // The stop was at 100 s, and so was the signing.
    let stop = t.expect_call("StopTransaction", json!({"timestamp": date(100), "meterStop": 1500}));
    let data = stop.payload["transactionData"].as_array().unwrap().clone();
    stop.answer(json!({}));
    t.expect_status(1, "Finishing");
    signed(100, "Transaction.End", data.last().unwrap());
    assert_eq!(t.evse(1).count(TxNotification::SignedValueMissing), 0);
}

#[test]
fn smv_11_a_start_waits_for_its_value_and_is_told_when_it_was_signed() {
    signer(1).holds_back.set(Some(Poll::Pending));
    let mut t = signing().plugged();
    t.at(10).accepted_card(1, "TAG");
    t.at(40);
    assert!(!t.charger().permits_charge(1));
    signer(1).holds_back.set(None);
    t.wait(1);
    expect_start(&mut t, 40);
    end(&mut t, 100);
    let [begin, _] = stop(&mut t).try_into().unwrap();
    signed(10, "Transaction.Begin", &begin);
}

/// While the meter signs, a second of the monotonic clock ends, and none of the date.
#[test]
fn smv_11_a_value_is_dated_by_the_seconds_of_the_date() {
    signer(1).holds_back.set(Some(Poll::Pending));
    let mut t = signing().clock_from(900).plugged();
    t.at_ms(10_050).accepted_card(1, "TAG");
    signer(1).holds_back.set(None);
    t.wait(1);
    expect_start(&mut t, 10);
    end(&mut t, 100);
    let [begin, _] = stop(&mut t).try_into().unwrap();
    signed(10, "Transaction.Begin", &begin);
}

#[test]
fn smv_11_a_value_that_was_asked_for_again_is_dated_then() {
    let mut t = signing().clock_from(900).booted();
    t.at(10).start_charging(1, "TAG", 42);
    signer(1).holds_back.set(Some(Poll::Pending));
    t.at_ms(100_050).card_again(1, "TAG").unwrap();
    signer(1).holds_back.set(Some(Poll::Ready(SigningFailed)));
    t.at_ms(100_200); // five seconds after it has failed it is asked again
    signer(1).holds_back.set(None);
    t.wait(10);
    assert_eq!(signer(1).take_asked(), [SigningMoment::Begin, SigningMoment::End, SigningMoment::End]);
    let [_, end] = stop(&mut t).try_into().unwrap();
    signed(105, "Transaction.End", &end);
}

#[test]
fn smv_12_a_meter_that_keeps_silent_at_the_end_is_told_without() {
    for answer in [Poll::Pending, Poll::Ready(SigningFailed)] {
        signer(1).holds_back.set(None);
        let mut t = signing().booted();
        t.at(10).start_charging(1, "TAG", 42);
        signer(1).holds_back.set(Some(answer));
        t.at(100).card_again(1, "TAG").unwrap();
        assert!(!t.charger().permits_charge(1));
        t.at(159);
        assert_eq!(t.evse(1).count(TxNotification::SignedValueMissing), 0);
        t.wait(1);
        let [begin] = stop(&mut t).try_into().unwrap();
        signed(10, "Transaction.Begin", &begin);
        assert_eq!(t.evse(1).count(TxNotification::SignedValueMissing), 1);
        t.unplug(1);
        t.expect_status(1, "Available");
    }
}

#[test]
fn smv_12_a_meter_that_fails_is_asked_again() {
    signer(1).holds_back.set(Some(Poll::Ready(SigningFailed)));
    let mut t = signing().plugged();
    t.at(10).accepted_card(1, "TAG");
    t.at(12);
    signer(1).holds_back.set(None);
    t.wait(10);
    expect_start(&mut t, 15);
    assert_eq!(signer(1).take_asked(), [SigningMoment::Begin; 2]);
}

#[test]
fn smv_12_a_power_cut_keeps_the_beginning_and_has_the_end_signed() {
    let mut t = signing().booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(100).power_cut();
    signer(1).take_asked();
    t.at(200).power_on();
    t.link_up();
    t.accept_boot();
    let [begin, end] = stop(&mut t).try_into().unwrap();
    assert_eq!(signed(10, "Transaction.Begin", &begin)["signedMeterData"], "T0NNRnx7IkJlZ2luIjoxfXw=");
    signed(200, "Transaction.End", &end);
    assert_eq!(signer(1).take_asked(), [SigningMoment::End]);
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
}

#[test]
fn smv_12_offline_sessions_are_told_each_with_its_own() {
    let mut t = signing().booted();
    t.change_key("LocalPreAuthorize", "true", "Accepted");
    t.change_key("AllowOfflineTxForUnknownId", "true", "Accepted");
    t.link_down();
    for number in 0..3 {
        let begin = 100 * (number + 1);
        t.at(begin).plug(1);
        t.card(1, "TAG");
        end(&mut t, begin + 50);
        t.unplug(1);
    }
    t.at(1000).link_up();
    for number in 0..3u64 {
        let begin = 100 * (number + 1);
        let start = t.expect_call("StartTransaction", json!({"timestamp": date(begin)}));
        start.start(42, "Accepted");
        let [begun, ended] = stop(&mut t).try_into().unwrap();
        let count = 2 * number + 1;
        let data = |text: String| base64(text.as_bytes()).map(char::from).collect::<String>();
        let (begun, ended) =
            (signed(begin, "Transaction.Begin", &begun), signed(begin + 50, "Transaction.End", &ended));
        assert_eq!(begun["signedMeterData"], data(format!("OCMF|{{\"Begin\":{count}}}|")));
        assert_eq!(ended["signedMeterData"], data(format!("OCMF|{{\"End\":{}}}|", count + 1)));
    }
    t.at(2000).expect_nothing();
    assert_eq!(t.charger().waiting_messages(), 0);
}
