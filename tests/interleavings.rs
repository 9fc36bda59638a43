//! What must hold when things happen at the wrong moment: unplugging, resets, triggers and dead links in between.

mod support;

use embedded_ocpp::ChargePoint;
use embedded_ocpp::json::Decimal;
use embedded_ocpp::ocpp16::{ChargePointErrorCode, ErrorData, Measurand, MeterInput, MeterReading, UnitOfMeasure};
use serde_json::json;
use support::{Frame, bench, booted, charging, date, plugged};

#[test]
fn st_01_st_09_a_status_lost_on_a_dead_link_is_told_on_the_next() {
    let mut t = booted();
    t.at(10).plug(1);
    t.expect_call("StatusNotification", json!({"status": "Preparing"})).ignore();
    t.at(45);
    t.link_down();
    t.at(60).link_up();
    t.expect_status(1, "Preparing");
}

#[test]
fn rst_04_a_hard_reset_comes_although_the_device_has_failed() {
    let mut t = charging();
    t.flash.failing_stores = u32::MAX;
    t.at(20).call("Reset", json!({"type": "Hard"})).expect("Accepted");
    t.at(49);
    assert!(!t.resets.borrow().is_empty(), "no reset in 29 s");
}

#[test]
fn rst_03_the_stop_gate_does_not_hold_a_reset_for_ever() {
    let mut t = plugged();
    t.evse(1).stop_ready.set(false);
    t.card(1, "TAG");
    t.flash.failing_stores = 1;
    t.expect_call("Authorize", json!({})).accept_tag();
    t.call("Reset", json!({"type": "Hard"})).expect("Accepted");
    t.settle();
    for _ in 1..100 {
        t.wait(1);
        while let Some(Frame::Call { id, action, .. }) = t.next_frame() {
            let conf = match action.as_str() {
                "StartTransaction" => json!({"transactionId": 1, "idTagInfo": {"status": "Accepted"}}),
                _ => json!({}),
            };
            t.answer(&id, conf);
        }
    }
    assert!(!t.resets.borrow().is_empty(), "no reset in 100 s");
}

#[test]
fn rst_04_hard_after_a_soft_reset_that_hangs() {
    let mut t = booted();
    t.at(10).call("Reset", json!({"type": "Soft"})).expect("Accepted");
    t.at(12).call("Reset", json!({"type": "Hard"})).expect("Accepted");
    t.at(39);
    let resets = t.resets.borrow();
    assert!(resets.iter().any(|kind| kind == "Hard"), "{resets:?}");
}

#[test]
fn boot_02_nothing_triggered_before_the_first_answer() {
    let mut t = bench().start();
    t.expect_call("BootNotification", json!({})).refuse("InternalError");
    t.call("TriggerMessage", json!({"requestedMessage": "Heartbeat"})).result();
    t.expect_nothing();
}

#[test]
fn boot_06_a_trigger_does_not_outlive_a_rejection() {
    let mut t = bench().start();
    t.register("Pending", 10);
    t.at(10);
    let boot = t.expect_call("BootNotification", json!({})).ignore();
    t.call("TriggerMessage", json!({"requestedMessage": "Heartbeat"})).expect("Accepted");
    t.answer(&boot, json!({"status": "Rejected", "currentTime": date(10), "interval": 100}));
    t.expect_nothing();
}

#[test]
fn boot_06_a_malformed_call_is_not_answered_either() {
    let mut t = bench().start();
    t.register("Rejected", 100);
    t.send(r#"[2,"x","Reset"]"#);
    t.expect_nothing();
}

#[test]
fn boot_06_nor_is_one_that_is_too_long() {
    let mut t = bench().start();
    t.register("Rejected", 100);
    t.send(&json!([2, "x", "DataTransfer", {"vendorId": "v", "data": "x".repeat(5000)}]).to_string());
    t.expect_nothing();
}

#[test]
fn st_09_trg_05_a_trigger_keeps_the_order_of_changes() {
    let mut t = booted();
    t.call("TriggerMessage", json!({"requestedMessage": "Heartbeat"})).expect("Accepted");
    let heartbeat = t.expect_call("Heartbeat", json!({})).ignore();
    t.at(5).plug(1);
    t.at(6).fault(1, Some(ErrorData::fault(ChargePointErrorCode::GroundFailure)));
    t.at(7)
        .call("TriggerMessage", json!({"requestedMessage": "StatusNotification", "connectorId": 1}))
        .expect("Accepted");
    t.answer(&heartbeat, json!({"currentTime": date(7)}));
    let mut told = vec![];
    while let Some(Frame::Call { id, payload, .. }) = t.next_frame() {
        told.push(payload["status"].as_str().unwrap().to_owned());
        t.answer(&id, json!({}));
    }
    assert_eq!(told, ["Preparing", "Faulted"]);
}

#[test]
fn st_13_a_triggered_status_is_not_told_twice() {
    let mut t = bench().key("MinimumStatusDuration", "30").booted();
    t.at(100).plug(1);
    t.at(110)
        .call("TriggerMessage", json!({"requestedMessage": "StatusNotification", "connectorId": 1}))
        .expect("Accepted");
    t.expect_status(1, "Preparing");
    t.at(140);
    t.expect_nothing();
}

#[test]
fn st_03_the_second_change_is_told_in_its_time() {
    let mut t = bench().key("MinimumStatusDuration", "10").key("ConnectionTimeOut", "0").booted();
    t.at(100).call("TriggerMessage", json!({"requestedMessage": "Heartbeat"})).expect("Accepted");
    let heartbeat = t.expect_call("Heartbeat", json!({})).ignore();
    t.at(102).plug(1);
    t.at(115).fault(1, Some(ErrorData::fault(ChargePointErrorCode::GroundFailure)));
    t.at(118).answer(&heartbeat, json!({"currentTime": date(118)}));
    t.expect_status(1, "Preparing");
    t.wait(60);
    assert!(t.seconds() <= 130, "{}", t.seconds());
    t.expect_call("StatusNotification", json!({"status": "Faulted"})).answer(json!({}));
}

#[test]
fn rst_06_a_reset_failure_is_told_in_its_time() {
    let mut t = bench().key("MinimumStatusDuration", "10").key("ResetRetries", "0").booted();
    t.at(100).call("Reset", json!({"type": "Hard"})).expect("Accepted");
    t.wait(60);
    t.expect_error(0, "Available", "ResetFailure");
}

fn voltage_of_2(charger: &mut ChargePoint<'static>) {
    let reading = MeterReading::new(Measurand::Voltage, Some(UnitOfMeasure::V));
    charger.add_meter_value_input(MeterInput { connector: 2, reading, value: &|| Some(Decimal::whole(230)) }).unwrap();
}

#[test]
fn mv_01_a_connector_without_values_does_not_delay_the_other() {
    let mut t = bench().two_connectors().configure(voltage_of_2).key("MeterValueSampleInterval", "60").booted();
    t.start_charging(1, "ONE", 1);
    t.start_charging(2, "TWO", 2);
    t.change_key("MeterValuesSampledData", "Voltage", "Accepted");
    t.at(60);
    t.expect_call("MeterValues", json!({"connectorId": 2})).answer(json!({}));
}

#[test]
fn msg_03_a_trigger_without_values_does_not_stop_delivery() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").key("MeterValuesSampledData", "").booted();
    t.at(10).link_down();
    for end in [20, 30, 40] {
        t.plug(1);
        t.card(1, "TAG");
        t.at(end).card_again(1, "TAG").unwrap();
        t.unplug(1);
    }
    t.at(100).link_up();
    let call = t.expect_call("StartTransaction", json!({})).ignore();
    t.call("TriggerMessage", json!({"requestedMessage": "MeterValues", "connectorId": 1})).result();
    t.answer(&call, json!({"transactionId": 1, "idTagInfo": {"status": "Accepted"}}));
    t.wait(60);
    assert_eq!(t.seconds(), 100, "delivery stands still");
    t.expect_call("StopTransaction", json!({})).ignore();
}

#[test]
fn tx_14_the_end_is_not_dated_before_the_start() {
    let mut t = booted();
    t.at(4000).start_charging(1, "TAG", 42);
    t.at(4100).call("TriggerMessage", json!({"requestedMessage": "Heartbeat"})).expect("Accepted");
    t.expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(500)}));
    t.at(4200).card_again(1, "TAG").unwrap();
    let stop = t.expect_call("StopTransaction", json!({}));
    let timestamp = stop.payload["timestamp"].as_str().unwrap().to_owned();
    stop.answer(json!({}));
    t.expect_status(1, "Finishing");
    assert!(timestamp >= date(4000), "{timestamp}");
}

#[test]
fn st_b1_unplugged_while_the_start_is_held_back() {
    let mut t = booted();
    t.evse(1).start_ready.set(false);
    t.plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    t.at(10).unplug(1);
    t.expect_status(1, "Available");
}

#[test]
fn tx_06_the_time_out_is_about_the_plug() {
    let mut t = booted();
    t.evse(1).start_ready.set(false);
    t.plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    t.at(120);
    t.expect_nothing();
}

#[test]
fn st_06_ev_communication_error_only_where_it_is_allowed() {
    let mut t = charging();
    t.fault(1, Some(ErrorData::warning(ChargePointErrorCode::EVCommunicationError)));
    t.expect_nothing();
}

#[test]
fn st_b1_unplugged_while_the_card_is_checked() {
    let mut t = plugged();
    t.card(1, "TAG");
    let authorize = t.expect_call("Authorize", json!({})).ignore();
    t.at(5).unplug(1);
    t.at(6).answer(&authorize, json!({"idTagInfo": {"status": "Accepted"}}));
    t.may_report(1, "Available");
    // the next customer
    t.at(20).plug(1);
    t.may_report(1, "Preparing");
    t.expect_nothing();
}

#[test]
fn rst_01_no_reset_before_its_answer_has_left() {
    let mut t = booted();
    t.wire.busy = u32::MAX;
    t.send(&json!([2, "r", "Reset", {"type": "Soft"}]).to_string());
    t.at(11);
    assert!(t.resets.borrow().is_empty());
}

#[test]
fn rc_05_an_app_may_start_an_ev_that_was_plugged_in_long_ago() {
    let mut t = plugged();
    t.at(60).expect_status(1, "Finishing");
    t.at(90).call("RemoteStartTransaction", json!({"idTag": "APP", "connectorId": 1})).expect("Accepted");
    t.expect_status(1, "Preparing");
    t.expect_call("StartTransaction", json!({"idTag": "APP"})).start(7, "Accepted");
    t.expect_status(1, "Charging");
}
