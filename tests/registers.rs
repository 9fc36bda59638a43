//! Energy registers: what is told of them never falls, whatever becomes of the meter, and what cannot be read is not told.

mod support;

use serde_json::json;
use support::meters::{ALL, ENERGY, add_meter, sampling, voltage};
use support::{Timeline, bench, charging, date};

/// Two samples of a transaction are told and answered: 4000 Wh, then 6000 Wh.
fn sampled() -> Timeline {
    let mut t = sampling("60", ENERGY).booted();
    t.at(10).start_charging(1, "TAG", 42);
    for (at, wh) in [(70, 4000), (130, 6000)] {
        t.meter(1, wh).at(at);
        expect_sample(&mut t, wh);
    }
    t
}

/// The same, and back at 150 s from a power cut, after which the meter cannot be read.
fn sampled_and_in_the_dark() -> Timeline {
    let mut t = sampled();
    t.evse(1).is_meter_readable.set(false);
    t.at(150).reboot();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Preparing");
    t
}

fn expect_sample(t: &mut Timeline, wh: i64) {
    let value = json!([{"sampledValue": [{"value": wh.to_string()}]}]);
    t.expect_call("MeterValues", json!({"transactionId": 42, "meterValue": value})).answer(json!({}));
}

/// The charge point is back after a power cut, and ends what it has interrupted with this register.
fn expect_power_loss(t: &mut Timeline, meter_stop: i64) {
    t.accept_boot();
    t.expect_stop(json!({"transactionId": 42, "reason": "PowerLoss", "meterStop": meter_stop}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
}

// ---- Meters that begin anew ----

#[test]
fn tx_28_mv_17_after_a_power_cut_the_end_is_not_below_a_sample_that_was_delivered() {
    let mut t = sampled();
    t.meter(1, 0).at(150).reboot();
    expect_power_loss(&mut t, 6000);
}

#[test]
fn tx_28_nor_after_several_power_cuts() {
    let mut t = sampled();
    t.meter(1, 0).at(150).power_cut();
    t.at(200).power_on_for(1);
    t.power_cut();
    t.at(300).power_on();
    t.link_up();
    expect_power_loss(&mut t, 6000);
}

#[test]
fn tx_27_tx_28_mv_17_a_transaction_that_goes_on_tells_no_lower_register_than_before() {
    let mut t = sampling("60", ENERGY).configure(|charger| charger.resume_transactions(true)).booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.meter(1, 4000).at(70);
    expect_sample(&mut t, 4000);
    t.meter(1, 0).at(100).reboot();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Charging");
    t.meter(1, 300).at(160);
    expect_sample(&mut t, 4000);
    t.at(170).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({"meterStop": 4000}));
    t.expect_status(1, "Finishing");
}

#[test]
fn tx_28_mv_11_the_end_is_not_below_what_was_collected_for_it() {
    let mut t = sampling("60", "").key("StopTxnSampledData", ENERGY).booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.meter(1, 4000).at(70).meter(1, 0);
    t.at(100).reboot();
    t.accept_boot();
    let stop = t.expect_call("StopTransaction", json!({"meterStop": 4000}));
    let values: Vec<_> = stop.payload["transactionData"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value["sampledValue"][0]["value"].clone())
        .collect();
    assert_eq!(values, ["1000", "4000", "4000"]);
    stop.answer(json!({}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
}

#[test]
fn tx_14_an_end_after_a_power_cut_is_not_dated_before_the_start_that_was_delivered() {
    let mut t = bench().booted();
    t.at(500).start_charging(1, "TAG", 42);
    t.power_cut();
    t.at(600).power_on();
    t.link_up();
    // The clock of the central system was set back by ten minutes.
    let conf = json!({"status": "Accepted", "currentTime": date(0), "interval": 86_400});
    t.expect_call("BootNotification", json!({})).answer(conf);
    t.expect_stop(json!({"transactionId": 42, "timestamp": date(500)}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
}

// ---- Meters that cannot be read ----

#[test]
fn mv_17_mv_16_what_cannot_be_read_is_not_told() {
    let mut t = sampling("60", ALL).all_outputs().start();
    t.charger();
    let meter = add_meter(&mut t, 1, voltage(embedded_ocpp::ocpp16::Phase::L1));
    t.boot();
    t.at(10).start_charging(1, "TAG", 42);
    t.evse(1).is_meter_readable.set(false);
    t.at(70); // nothing to tell at all
    meter.set(Some(embedded_ocpp::json::Decimal::whole(231)));
    t.at(130);
    let sampled = t.expect_call("MeterValues", json!({}));
    let values = sampled.payload["meterValue"][0]["sampledValue"].clone();
    sampled.answer(json!({}));
    assert_eq!(values.as_array().map(Vec::len), Some(1));
    assert_eq!((&values[0]["measurand"], &values[0]["value"]), (&json!("Voltage"), &json!("231")));
    t.evse(1).is_meter_readable.set(true);
    t.meter(1, 2000).at(190);
    let sampled = t.expect_call("MeterValues", json!({}));
    assert_eq!(sampled.payload["meterValue"][0]["sampledValue"].as_array().map(Vec::len), Some(3));
    sampled.answer(json!({}));
}

#[test]
fn tx_01_a_start_waits_for_a_register_that_cannot_be_read() {
    let mut t = bench().key("ConnectionTimeOut", "30").booted();
    t.evse(1).is_meter_readable.set(false);
    t.at(5).plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    t.at(100);
    assert!(!t.charger().permits_charge(1));
    t.meter(1, 777).evse(1).is_meter_readable.set(true);
    t.at(101);
    t.expect_call("StartTransaction", json!({"meterStart": 777, "timestamp": date(101)})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn st_b1_tx_06_who_leaves_meanwhile_starts_nothing() {
    let mut t = bench().booted();
    t.evse(1).is_meter_readable.set(false);
    t.at(5).plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    t.at(20).unplug(1);
    t.expect_status(1, "Available");
    t.evse(1).is_meter_readable.set(true);
    t.at(200).plug(1);
    t.expect_status(1, "Preparing");
}

#[test]
fn tx_14_an_end_waits_for_the_register_and_keeps_its_own_time() {
    let mut t = charging();
    t.evse(1).is_meter_readable.set(false);
    t.at(100).card_again(1, "TAG").unwrap();
    assert!(!t.charger().permits_charge(1), "it is over");
    t.at(110).meter(1, 2500).evse(1).is_meter_readable.set(true);
    t.at(111);
    t.expect_stop(json!({"meterStop": 2500, "timestamp": date(100), "reason": "Local"}));
    t.expect_status(1, "Finishing");
}

#[test]
fn tx_28_an_end_waits_no_longer_than_30_s_and_tells_the_last_register_that_was_read() {
    let mut t = sampled();
    t.evse(1).is_meter_readable.set(false);
    t.at(140).card_again(1, "TAG").unwrap();
    t.at_ms(169_999).at(170);
    t.expect_stop(json!({"meterStop": 6000, "timestamp": date(140)}));
    t.expect_status(1, "Finishing");
}

#[test]
fn tx_28_after_a_power_cut_the_first_register_that_can_be_read_counts() {
    let mut t = sampled_and_in_the_dark();
    t.at(160).meter(1, 6400).evse(1).is_meter_readable.set(true);
    t.at(161);
    t.expect_stop(json!({"meterStop": 6400, "reason": "PowerLoss", "timestamp": date(150)}));
    t.expect_status(1, "Finishing");
}

#[test]
fn tx_28_after_a_power_cut_a_register_that_stays_unreadable_ends_as_it_was_told_last() {
    let mut t = sampled_and_in_the_dark();
    t.at(179).at(180);
    t.expect_stop(json!({"meterStop": 6000, "reason": "PowerLoss", "timestamp": date(150)}));
    t.expect_status(1, "Finishing");
}

#[test]
fn rst_01_a_reset_waits_for_no_register() {
    let mut t = sampled();
    t.evse(1).is_meter_readable.set(false);
    t.at(140).call("Reset", json!({"type": "Soft"})).expect("Accepted");
    t.expect_stop(json!({"meterStop": 6000, "reason": "SoftReset"}));
    t.may_report(1, "Finishing");
    assert_eq!(t.resets.borrow().len(), 1);
}

#[test]
fn msg_10_a_sample_that_is_answered_is_not_sent_again() {
    let mut t = sampled();
    assert_eq!(t.charger().waiting_messages(), 0);
    t.at(140).link_down();
    t.at(145).link_up();
    t.at(180);
    assert_eq!(t.charger().waiting_messages(), 0);
}

#[test]
fn tx_28_tx_29_another_connector_that_is_told_meanwhile_takes_nothing_along() {
    let mut t = sampling("60", ENERGY).two_connectors().booted();
    t.at(10).start_charging(1, "ONE", 42);
    t.meter(1, 4000).at(70);
    expect_sample(&mut t, 4000);
    t.at(100).start_charging(2, "TWO", 43);
    t.meter(1, 0).meter(2, 0).at(110).reboot();
    t.accept_boot();
    t.expect_stop(json!({"transactionId": 42, "meterStop": 4000}));
    t.expect_stop(json!({"transactionId": 43, "meterStop": 1000}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
    t.expect_status(2, "Finishing");
}
