//! TX and ST: a session from plug and card to the free connector (OCPP 1.6 §3.6, §4.8 to §4.10).

mod support;

use embedded_ocpp::ocpp16::{BeginError, ChargePointErrorCode, ErrorData, Reason, TransactionId, TxNotification};
use serde_json::json;
use support::{Timeline, bench, booted, charging, date, plugged};

// ---- The normal session ----

/// The number of the transaction on connector 1, as the firmware sees it and as a text.
fn number(t: &mut Timeline) -> Option<(TransactionId, String)> {
    let id = t.charger().transaction(1).and_then(|transaction| transaction.id)?;
    Some((id, id.to_string()))
}

#[test]
fn tx_01_each_transaction_has_a_number_of_its_own_offline_and_after_power_cuts() {
    let anybody = bench().key("AllowOfflineTxForUnknownId", "true");
    let mut t = anybody.configure(|charger| charger.resume_transactions(true)).start_offline();
    let mut seen = Vec::new();
    for _ in 0..3 {
        assert_eq!(number(&mut t), None);
        t.plug(1);
        t.card(1, "TAG");
        let given = number(&mut t).unwrap();
        assert_eq!(given.1.len(), 17);
        t.power_cut();
        t.power_on();
        assert_eq!(number(&mut t), Some(given.clone()));
        assert!(!seen.contains(&given));
        seen.push(given);
        t.card_again(1, "TAG").unwrap();
        t.unplug(1);
        t.power_cut();
        t.power_on();
    }
    // Nor does it change when the central system gives its own.
    t.plug(1);
    t.card(1, "TAG");
    let given = number(&mut t).unwrap();
    assert_eq!(t.charger().transaction(1).unwrap().transaction_id, None);
    t.link_up();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Charging");
    for transaction_id in [41, 42, 43, 44] {
        t.expect_call("StartTransaction", json!({})).start(transaction_id, "Accepted");
        if transaction_id != 44 {
            t.expect_stop(json!({}));
        }
    }
    assert_eq!(t.charger().transaction(1).unwrap().transaction_id, Some(44));
    assert_eq!(number(&mut t), Some(given));
}

#[test]
fn tx_01_tx_05_tx_24_st_b3_plug_then_card() {
    let mut t = booted();
    t.at(10).plug(1);
    let preparing = json!({"connectorId": 1, "status": "Preparing", "errorCode": "NoError", "timestamp": date(10)});
    t.expect_call("StatusNotification", preparing).answer(json!({}));
    assert!(!t.charger().permits_charge(1));

    t.at(20).accepted_card(1, "TAG");
    let start = t.expect_call("StartTransaction", json!({}));
    assert_eq!(start.payload, json!({"connectorId": 1, "idTag": "TAG", "meterStart": 1000, "timestamp": date(20)}));
    start.start(42, "Accepted");
    t.expect_status(1, "Charging");
    assert!(t.charger().permits_charge(1));
    assert_eq!(t.charger().transaction(1).unwrap().transaction_id, Some(42));

    t.meter(1, 5300).at(900).card_again(1, "TAG").unwrap();
    let stop = t.expect_call("StopTransaction", json!({}));
    let expected =
        json!({"transactionId": 42, "idTag": "TAG", "meterStop": 5300, "timestamp": date(900), "reason": "Local"});
    assert_eq!(stop.payload, expected);
    stop.answer(json!({"idTagInfo": {"status": "Accepted"}}));
    t.expect_status(1, "Finishing");
    assert!(!t.charger().permits_charge(1));
    t.at(930).unplug(1);
    t.expect_status(1, "Available");
    assert_eq!(t.charger().waiting_messages(), 0);
}

#[test]
fn tx_05_st_a2_card_then_plug() {
    let mut t = booted();
    t.at(10).accepted_card(1, "TAG");
    t.expect_status(1, "Preparing");
    t.at(40).plug(1);
    t.expect_call("StartTransaction", json!({"timestamp": date(40)})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn tx_05_the_plug_comes_while_the_card_is_being_authorised() {
    let mut t = booted();
    t.at(10).card(1, "TAG");
    let authorize = t.expect_call("Authorize", json!({})).ignore();
    t.at(15).plug(1);
    assert!(!t.charger().permits_charge(1));
    t.at(20).answer(&authorize, json!({"idTagInfo": {"status": "Accepted"}}));
    t.expect_status(1, "Preparing");
    t.expect_call("StartTransaction", json!({"timestamp": date(20)})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn tx_32_registers_are_told_as_they_stand() {
    let mut t = charging();
    t.meter(1, 1700).at(100).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({"meterStop": 1700}));
    t.expect_status(1, "Finishing");
    t.unplug(1);
    t.expect_status(1, "Available");
    t.at(200).plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({"meterStart": 1700})).start(43, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn tx_03_any_transaction_id_is_legal() {
    for id in [0, -5, i32::MAX.into(), i32::MIN.into(), i64::MAX, -i64::MAX] {
        let mut t = booted();
        t.start_charging(1, "TAG", id);
        t.card_again(1, "TAG").unwrap();
        t.expect_stop(json!({"transactionId": id}));
        t.expect_status(1, "Finishing");
    }
}

#[test]
fn tx_14_a_register_that_fell_does_not_make_it_negative() {
    let mut t = charging();
    t.meter(1, 0).at(100).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({"meterStop": 1000}));
    t.expect_status(1, "Finishing");
}

#[test]
fn tx_15_tx_16_tx_17_an_end_without_card_has_a_reason_and_no_tag() {
    let mut t = charging();
    t.charger().end_transaction(None, Reason::EmergencyStop, 1).unwrap();
    t.settle();
    t.expect_stop(json!({"reason": "EmergencyStop", "idTag": null}));
    t.expect_status(1, "Finishing");
}

#[test]
fn tx_29_connectors_work_side_by_side() {
    let mut t = bench().two_connectors().booted();
    t.at(10).start_charging(1, "ONE", 11);
    t.at(20).start_charging(2, "TWO", 12);
    assert_eq!(t.try_card(1, "THREE"), Err(BeginError::Busy));
    t.meter(1, 2000).meter(2, 3000).at(30).card_again(1, "ONE").unwrap();
    t.expect_stop(json!({"transactionId": 11, "meterStop": 2000}));
    t.expect_status(1, "Finishing");
    assert!(t.charger().permits_charge(2) && !t.charger().permits_charge(1));
    t.at(40).card_again(2, "TWO").unwrap();
    t.expect_stop(json!({"transactionId": 12, "meterStop": 3000}));
    t.expect_status(2, "Finishing");
}

#[test]
fn tx_05_the_firmware_may_hold_a_start_and_an_end_back() {
    let mut t = booted();
    t.evse(1).start_ready.set(false);
    t.plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    t.at(5).evse(1).start_ready.set(true);
    t.settle();
    t.expect_call("StartTransaction", json!({"timestamp": date(5)})).start(1, "Accepted");
    t.expect_status(1, "Charging");
    t.evse(1).stop_ready.set(false);
    t.at(50).card_again(1, "TAG").unwrap();
    assert!(!t.charger().permits_charge(1));
    t.at(55).evse(1).stop_ready.set(true);
    t.settle();
    t.expect_stop(json!({"timestamp": date(50)}));
    t.expect_status(1, "Finishing");
}

#[test]
fn tx_25_st_c1_without_a_plug_sensor_nothing_is_left_to_do() {
    let mut t = bench().without_plug_sensor().booted();
    t.accepted_card(1, "TAG");
    t.expect_status(1, "Preparing");
    t.expect_call("StartTransaction", json!({})).start(1, "Accepted");
    t.expect_status(1, "Charging");
    t.at(60).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({"transactionId": 1}));
    t.expect_status(1, "Available");
}

#[test]
fn tx_25_st_c1_nor_when_the_cable_is_gone_at_the_very_moment_of_the_end() {
    let mut t = booted();
    t.start_charging(1, "TAG", 1);
    t.evse(1).plugged.set(false);
    t.card_again(1, "TAG").unwrap();
    t.expect_stop(json!({"transactionId": 1}));
    t.may_report(1, "SuspendedEV");
    t.expect_status(1, "Available");
}

#[test]
fn the_display_learns_what_happens() {
    let mut t = charging();
    t.stop_charging(1, "TAG");
    let told = t.evse(1).take_notifications();
    assert_eq!(told, [TxNotification::Authorized, TxNotification::StartTx, TxNotification::StopTx]);
}

#[test]
fn st_f2_a_new_card_in_finishing_begins_a_new_transaction() {
    let mut t = charging();
    t.stop_charging(1, "TAG");
    t.at(100).card(1, "NEXT");
    t.expect_call("Authorize", json!({"idTag": "NEXT"})).ignore();
    assert!(!t.charger().permits_charge(1));
}

#[test]
fn tx_30_a_tag_that_the_firmware_vouches_for_is_told_all_the_same() {
    let mut t = plugged();
    t.charger().begin_transaction_authorized("FLEET", 1).unwrap();
    t.settle();
    t.expect_call("StartTransaction", json!({"idTag": "FLEET"})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

// ---- Time limits ----

#[test]
fn tx_06_a_card_waits_for_the_plug_no_longer_than_connection_time_out() {
    let mut t = bench().key("ConnectionTimeOut", "30").booted();
    t.at(10).accepted_card(1, "TAG");
    t.expect_status(1, "Preparing");
    t.at_ms(39_999).expect_nothing();
    t.at(40).expect_status(1, "Available");
    t.at(41).plug(1);
    t.expect_status(1, "Preparing");
    assert!(!t.charger().is_transaction_active(1));
    assert!(t.evse(1).take_notifications().contains(&TxNotification::ConnectionTimeout));
}

#[test]
fn tx_07_st_b6_a_plug_without_card_becomes_finishing() {
    let mut t = bench().key("ConnectionTimeOut", "30").booted();
    t.at(10).plug(1);
    t.expect_status(1, "Preparing");
    t.at(40).expect_status(1, "Finishing");
    t.at(50).unplug(1);
    t.expect_status(1, "Available");
}

#[test]
fn tx_08_connection_time_out_0_waits_for_ever() {
    let mut t = bench().two_connectors().key("ConnectionTimeOut", "0").plugged();
    t.accepted_card(2, "TAG");
    t.expect_status(2, "Preparing");
    t.at(80_000).expect_nothing();
}

// ---- Status ----

#[test]
fn st_04_st_c4_st_c5_st_d3_st_e3_who_suspends() {
    let mut t = charging();
    let mut set = |ev, evse, status| {
        t.ready(1, ev, evse);
        t.expect_status(1, status);
    };
    set(false, true, "SuspendedEV");
    set(true, true, "Charging");
    set(true, false, "SuspendedEVSE");
    set(true, true, "Charging");
    set(false, true, "SuspendedEV");
    set(false, false, "SuspendedEVSE"); // ST-04, D5
    set(false, true, "SuspendedEV"); // E4
}

#[test]
fn st_b4_st_b5_a_transaction_may_begin_suspended() {
    for (ev, evse, status) in [(false, true, "SuspendedEV"), (true, false, "SuspendedEVSE")] {
        let mut t = booted();
        t.ready(1, ev, evse);
        t.plug(1);
        t.expect_status(1, "Preparing");
        t.accepted_card(1, "TAG");
        t.expect_call("StartTransaction", json!({})).start(1, "Accepted");
        t.expect_status(1, status);
    }
}

#[test]
fn st_03_states_shorter_than_minimum_status_duration_are_left_out() {
    let mut t = bench().key("MinimumStatusDuration", "5").key("ConnectionTimeOut", "0").booted();
    t.at(10).plug(1);
    t.at(14).unplug(1);
    t.at(30).plug(1);
    t.at_ms(34_999).expect_nothing();
    let status = json!({"connectorId": 1, "status": "Preparing", "timestamp": date(30)});
    t.at(35).expect_call("StatusNotification", status).answer(json!({}));
}

const FAULT: ErrorData = ErrorData {
    code: ChargePointErrorCode::GroundFailure,
    is_faulted: true,
    severity: 0,
    info: Some("RCD tripped"),
    vendor_id: Some("Vendor"),
    vendor_error_code: Some("E42"),
};

#[test]
fn st_07_st_a9_st_i1_a_fault_and_its_repair() {
    let mut t = booted();
    t.at(10).fault(1, Some(FAULT));
    let fault = t.expect_call("StatusNotification", json!({}));
    let expected = json!({"connectorId": 1, "status": "Faulted", "errorCode": "GroundFailure", "info": "RCD tripped",
        "vendorId": "Vendor", "vendorErrorCode": "E42", "timestamp": date(10)});
    assert_eq!(fault.payload, expected);
    fault.answer(json!({}));
    assert_eq!(t.try_card(1, "TAG"), Err(BeginError::Inoperative));
    t.at(20).fault(1, None);
    t.expect_status(1, "Available");
}

#[test]
fn st_07_st_08_st_c9_a_fault_in_a_transaction_turns_the_energy_off() {
    let mut t = charging();
    t.at(20).fault(1, Some(FAULT));
    t.expect_call("StatusNotification", json!({"status": "Faulted"})).answer(json!({}));
    assert!(!t.charger().permits_charge(1));
    assert!(t.charger().is_transaction_running(1));
    t.at(30).fault(1, None);
    t.expect_status(1, "Charging");
    assert!(t.charger().permits_charge(1));
}

#[test]
fn st_05_a_warning_leaves_the_state() {
    let mut t = charging();
    t.fault(1, Some(ErrorData::warning(ChargePointErrorCode::HighTemperature)));
    let warning = json!({"status": "Charging", "errorCode": "HighTemperature", "info": null});
    t.expect_call("StatusNotification", warning).answer(json!({}));
    assert!(t.charger().permits_charge(1));
    t.fault(1, None);
    t.expect_status(1, "Charging");
}

#[test]
fn st_09_a_reconnection_tells_what_changed_but_no_history() {
    let mut t = charging();
    t.at(20).link_down();
    t.ready(1, false, true);
    t.at(30).ready(1, false, false);
    t.at(40).ready(1, false, true);
    t.at(50).link_up();
    let status = json!({"connectorId": 1, "status": "SuspendedEV", "timestamp": date(40)});
    t.expect_call("StatusNotification", status).answer(json!({}));
}

#[test]
fn st_09_st_13_a_reconnection_without_a_change_tells_nothing() {
    let mut t = charging();
    t.at(20).link_down();
    t.ready(1, false, true);
    t.at(30).ready(1, true, true);
    t.at(50).link_up();
    t.at(100).expect_nothing();
}

#[test]
fn st_09_a_status_that_was_lost_with_the_link_is_told_again() {
    let mut t = charging();
    t.at(20).ready(1, false, true);
    let _ = t.expect_call("StatusNotification", json!({"status": "SuspendedEV"})).ignore();
    t.link_down();
    t.at(30).link_up();
    t.expect_call("StatusNotification", json!({"status": "SuspendedEV"})).answer(json!({}));
}

#[test]
fn st_01_a_status_that_is_refused_does_not_come_back_for_ever() {
    let mut t = charging();
    t.at(20).ready(1, false, true);
    t.expect_call("StatusNotification", json!({"status": "SuspendedEV"})).refuse("InternalError");
    t.at(80_000).expect_nothing();
}
