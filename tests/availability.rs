//! AV: connectors in and out of service (OCPP 1.6 §5.2, §4.9).

mod support;

use embedded_ocpp::ocpp16::{BeginError, ChargePointErrorCode, ErrorData};
use serde_json::{Value, json};
use support::{Event, Frame, Timeline, bench, booted, charging, date, plugged};

const INOPERATIVE: &str = "Inoperative";
const OPERATIVE: &str = "Operative";

fn change(t: &mut Timeline, connector: i64, kind: &str, status: &str) {
    t.call("ChangeAvailability", json!({"connectorId": connector, "type": kind})).expect(status);
}

fn two() -> Timeline {
    bench().two_connectors().booted()
}

/// The next reports are these; the standard does not say in which order those of one moment come.
fn expect_statuses(t: &mut Timeline, expected: &[(u8, &str)]) {
    let mut found = Vec::new();
    for _ in expected {
        let unanswered = t.expect_call("StatusNotification", json!({"errorCode": "NoError"}));
        let payload = unanswered.payload.clone();
        unanswered.answer(json!({}));
        found.push((payload["connectorId"].as_u64().unwrap() as u8, payload["status"].as_str().unwrap().to_owned()));
    }
    found.sort();
    let expected: Vec<_> = expected.iter().map(|(connector, status)| (*connector, (*status).to_owned())).collect();
    assert_eq!(found, expected);
}

/// The states after a boot, from connector 0 on (BOOT-12).
fn expect_boot(t: &mut Timeline, states: &[&str]) {
    t.accept_boot();
    for (connector, status) in (0..).zip(states) {
        t.expect_status(connector, status);
    }
}

// ---- At once, or when the connector is free ----

#[test]
fn av_01_av_09_st_a8_st_h1_a_free_connector_changes_at_once() {
    let mut t = booted();
    t.at(10);
    change(&mut t, 1, INOPERATIVE, "Accepted");
    let status = json!({"connectorId": 1, "status": "Unavailable", "errorCode": "NoError", "timestamp": date(10)});
    t.expect_call("StatusNotification", status).answer(json!({}));
    assert!(!t.charger().is_operative(1));
    t.at(20);
    change(&mut t, 1, OPERATIVE, "Accepted");
    let status = json!({"connectorId": 1, "status": "Available", "errorCode": "NoError", "timestamp": date(20)});
    t.expect_call("StatusNotification", status).answer(json!({}));
    assert!(t.charger().is_operative(1));
}

#[test]
fn av_01_st_c8_st_d8_st_e8_after_the_transaction_when_one_runs() {
    for (ev, evse, status) in [(true, true, "Charging"), (false, true, "SuspendedEV"), (true, false, "SuspendedEVSE")] {
        let mut t = charging();
        t.ready(1, ev, evse);
        if status != "Charging" {
            t.expect_status(1, status);
        }
        t.at(20);
        change(&mut t, 1, INOPERATIVE, "Scheduled");
        t.at(3600);
        assert!(t.charger().permits_charge(1), "{status}: the transaction goes on");
        t.card_again(1, "TAG").unwrap();
        t.expect_stop(json!({"reason": "Local", "timestamp": date(3600)}));
        t.expect_status(1, "Unavailable");
        assert!(!t.charger().is_operative(1));
        t.at(3700).unplug(1);
    }
}

#[test]
fn av_01_however_the_transaction_ends() {
    type End = fn(&mut Timeline);
    let ends: [(&str, End); 3] = [
        ("Remote", |t| t.call("RemoteStopTransaction", json!({"transactionId": 42})).expect("Accepted")),
        ("EVDisconnected", |t| t.unplug(1)),
        ("Other", |t| {
            t.charger().end_transaction(None, embedded_ocpp::ocpp16::Reason::Other, 1).unwrap();
            t.settle();
        }),
    ];
    for (reason, end) in ends {
        let mut t = charging();
        change(&mut t, 1, INOPERATIVE, "Scheduled");
        end(t.at(50));
        t.expect_stop(json!({ "reason": reason }));
        t.may_report(1, "SuspendedEV"); // TX-23
        t.expect_status(1, "Unavailable");
    }
}

#[test]
fn av_01_tx_09_also_when_the_central_system_does_not_want_it_after_all() {
    let mut t = plugged();
    t.accepted_card(1, "TAG");
    let start = t.expect_call("StartTransaction", json!({})).ignore();
    change(&mut t, 1, INOPERATIVE, "Scheduled");
    t.answer(&start, json!({"transactionId": 9, "idTagInfo": {"status": "Blocked"}}));
    t.expect_status(1, "Charging");
    t.expect_stop(json!({"reason": "DeAuthorized"}));
    t.expect_status(1, "Unavailable");
}

#[test]
fn av_01_st_09_the_end_may_come_while_offline() {
    let mut t = charging();
    change(&mut t, 1, INOPERATIVE, "Scheduled");
    t.at(20).link_down();
    t.at(30).card_again(1, "TAG").unwrap();
    t.at(40).unplug(1);
    assert!(!t.charger().is_operative(1));
    t.at(50).link_up();
    t.expect_stop(json!({"timestamp": date(30)}));
    let status = json!({"connectorId": 1, "status": "Unavailable", "timestamp": date(30)});
    t.expect_call("StatusNotification", status).answer(json!({}));
}

#[test]
fn av_02_st_13_nothing_is_told_when_nothing_changes() {
    let mut t = booted();
    change(&mut t, 1, OPERATIVE, "Accepted");
    change(&mut t, 0, OPERATIVE, "Accepted");
    change(&mut t, 1, INOPERATIVE, "Accepted");
    t.expect_status(1, "Unavailable");
    t.at(10);
    change(&mut t, 1, INOPERATIVE, "Accepted");
    t.at(1000).expect_nothing();
}

#[test]
fn av_02_what_is_scheduled_already_is_not_done_yet() {
    let mut t = charging();
    change(&mut t, 1, OPERATIVE, "Accepted");
    change(&mut t, 1, INOPERATIVE, "Scheduled");
    change(&mut t, 1, INOPERATIVE, "Scheduled");
    t.at(20).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({}));
    t.expect_status(1, "Unavailable");
    change(&mut t, 1, INOPERATIVE, "Accepted");
}

#[test]
fn av_08_operative_cancels_what_is_scheduled() {
    let mut t = charging();
    change(&mut t, 1, INOPERATIVE, "Scheduled");
    t.at(20);
    change(&mut t, 1, OPERATIVE, "Accepted");
    t.at(30).stop_charging(1, "TAG");
    t.at(40).unplug(1);
    t.expect_status(1, "Available");
    assert!(t.charger().is_operative(1));
}

#[test]
fn av_05_unknown_connectors_are_rejected() {
    let mut t = two();
    for connector in [-1, 3, 255, 256, 257, i64::from(i32::MAX)] {
        for kind in [INOPERATIVE, OPERATIVE] {
            change(&mut t, connector, kind, "Rejected");
        }
    }
    assert!(t.charger().is_operative(1) && t.charger().is_operative(2));
}

#[test]
fn rpc_15_wrong_requests_are_named_and_change_nothing() {
    let mut t = booted();
    for (payload, code) in [
        (json!({"connectorId": 1}), "OccurenceConstraintViolation"),
        (json!({"type": "Inoperative"}), "OccurenceConstraintViolation"),
        (json!({"connectorId": "1", "type": "Inoperative"}), "TypeConstraintViolation"),
        (json!({"connectorId": 1.5, "type": "Inoperative"}), "TypeConstraintViolation"),
        (json!({"connectorId": 1, "type": true}), "TypeConstraintViolation"),
        (json!({"connectorId": 1, "type": "inoperative"}), "PropertyConstraintViolation"),
        (json!({"connectorId": 1, "type": "Unavailable"}), "PropertyConstraintViolation"),
        (json!({"connectorId": 1, "type": "Inoperative", "now": true}), "FormationViolation"),
    ] {
        t.call("ChangeAvailability", payload).expect_error(code);
    }
    assert!(t.charger().is_operative(1));
}

// ---- Preparing and Finishing ----

#[test]
fn av_04_st_b1_st_a8_a_plugged_connector_waits_for_the_plug_to_go() {
    let mut t = booted();
    t.at(10).plug(1);
    t.expect_status(1, "Preparing");
    t.at(20);
    change(&mut t, 1, INOPERATIVE, "Scheduled");
    t.at(30).unplug(1);
    t.expect_status(1, "Available");
    t.expect_status(1, "Unavailable");
}

#[test]
fn av_04_st_b6_st_f8_or_for_its_time_to_run_out() {
    let mut t = bench().key("ConnectionTimeOut", "30").booted();
    t.at(10).plug(1);
    t.expect_status(1, "Preparing");
    t.at(20);
    change(&mut t, 1, INOPERATIVE, "Scheduled");
    t.at(40).expect_status(1, "Finishing");
    t.expect_status(1, "Unavailable");
    t.at(50).unplug(1);
}

#[test]
fn av_04_av_07_no_new_card_is_taken_meanwhile() {
    let mut t = plugged();
    change(&mut t, 1, INOPERATIVE, "Scheduled");
    assert_eq!(t.try_card(1, "TAG"), Err(BeginError::Inoperative));
    t.call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "TAG"})).expect("Rejected");
    t.call("RemoteStartTransaction", json!({"idTag": "TAG"})).expect("Rejected");
    t.at(5);
    change(&mut t, 1, OPERATIVE, "Accepted");
    t.accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn av_04_av_08_what_is_about_to_go_out_of_service_is_not_operative_any_more() {
    let mut t = plugged();
    change(&mut t, 1, INOPERATIVE, "Scheduled");
    assert!(!t.charger().is_operative(1));
    change(&mut t, 1, OPERATIVE, "Accepted");
    assert!(t.charger().is_operative(1));
}

#[test]
fn av_04_a_card_that_waits_already_may_still_start() {
    let mut t = booted();
    t.at(10).accepted_card(1, "TAG");
    t.expect_status(1, "Preparing");
    t.at(20);
    change(&mut t, 1, INOPERATIVE, "Scheduled");
    t.at(30).plug(1);
    t.expect_call("StartTransaction", json!({"timestamp": date(30)})).start(1, "Accepted");
    t.expect_status(1, "Charging");
    t.at(40).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({}));
    t.expect_status(1, "Unavailable");
}

#[test]
fn av_04_so_may_one_that_is_still_being_authorised() {
    let mut t = plugged();
    t.at(10).card(1, "TAG");
    let authorize = t.expect_call("Authorize", json!({})).ignore();
    change(&mut t, 1, INOPERATIVE, "Scheduled");
    t.answer(&authorize, json!({"idTagInfo": {"status": "Accepted"}}));
    t.expect_call("StartTransaction", json!({})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn av_04_tx_06_a_card_that_no_plug_follows_makes_way_in_time() {
    let mut t = bench().key("ConnectionTimeOut", "30").booted();
    t.at(10).accepted_card(1, "TAG");
    t.expect_status(1, "Preparing");
    change(&mut t, 1, INOPERATIVE, "Scheduled");
    t.at(40).expect_status(1, "Available");
    t.expect_status(1, "Unavailable");
}

#[test]
fn av_04_st_f8_finishing_is_not_busy() {
    let mut t = charging();
    t.at(20).stop_charging(1, "TAG");
    t.at(30);
    change(&mut t, 1, INOPERATIVE, "Accepted");
    t.expect_status(1, "Unavailable");
    t.at(40).unplug(1);
}

// ---- Out of service ----

#[test]
fn av_07_nothing_starts_on_a_connector_out_of_service() {
    let mut t = booted();
    change(&mut t, 1, INOPERATIVE, "Accepted");
    t.expect_status(1, "Unavailable");
    assert_eq!(t.try_card(1, "TAG"), Err(BeginError::Inoperative));
    assert_eq!(t.charger().begin_transaction_authorized("TAG", 1), Err(BeginError::Inoperative));
    t.call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "TAG"})).expect("Rejected");
    t.call("RemoteStartTransaction", json!({"idTag": "TAG"})).expect("Rejected");
    t.at(10).plug(1);
    assert_eq!(t.try_card(1, "TAG"), Err(BeginError::Inoperative));
    t.at(1000).expect_nothing();
    t.unplug(1);
    assert!(!t.charger().permits_charge(1));
}

#[test]
fn av_07_rc_04_a_remote_start_goes_to_the_connector_in_service() {
    let mut t = two();
    change(&mut t, 1, INOPERATIVE, "Accepted");
    t.expect_status(1, "Unavailable");
    t.plug(1);
    t.call("RemoteStartTransaction", json!({"idTag": "TAG"})).expect("Accepted");
    t.expect_status(2, "Preparing");
}

#[test]
fn av_07_av_09_free_vend_waits_for_the_service() {
    let mut t = bench().key("Cst_FreeVendActive", "true").booted();
    change(&mut t, 1, INOPERATIVE, "Accepted");
    t.expect_status(1, "Unavailable");
    t.at(10).plug(1);
    t.at(1000);
    assert!(!t.charger().permits_charge(1));
    change(&mut t, 1, OPERATIVE, "Accepted");
    t.expect_call("StartTransaction", json!({"idTag": "A0000000", "timestamp": date(1000)})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn av_09_st_h2_preparing_when_it_was_plugged_in_meanwhile() {
    let mut t = booted();
    change(&mut t, 1, INOPERATIVE, "Accepted");
    t.expect_status(1, "Unavailable");
    t.at(10).plug(1);
    t.at(20);
    change(&mut t, 1, OPERATIVE, "Accepted");
    t.expect_status(1, "Preparing");
    t.at(30).accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn av_09_tx_07_the_user_then_has_the_whole_time_for_a_card() {
    let mut t = bench().key("ConnectionTimeOut", "30").booted();
    change(&mut t, 1, INOPERATIVE, "Accepted");
    t.expect_status(1, "Unavailable");
    t.at(10).plug(1);
    t.at(1000);
    change(&mut t, 1, OPERATIVE, "Accepted");
    t.expect_status(1, "Preparing");
    t.at(1030).expect_status(1, "Finishing");
}

#[test]
fn trg_05_av_01_a_trigger_tells_unavailable() {
    let mut t = booted();
    change(&mut t, 1, INOPERATIVE, "Accepted");
    t.expect_status(1, "Unavailable");
    t.call("TriggerMessage", json!({"requestedMessage": "StatusNotification"})).expect("Accepted");
    t.expect_status(0, "Available");
    t.expect_status(1, "Unavailable");
}

const FAULT: ErrorData = ErrorData::fault(ChargePointErrorCode::GroundFailure);

#[test]
fn av_01_st_i8_a_faulted_connector_takes_the_change_and_shows_it_after_the_repair() {
    let mut t = booted();
    t.at(10).fault(1, Some(FAULT));
    t.expect_call("StatusNotification", json!({"status": "Faulted"})).answer(json!({}));
    change(&mut t, 1, INOPERATIVE, "Accepted");
    t.at(20).expect_nothing();
    t.fault(1, None);
    t.expect_status(1, "Unavailable");
    t.at(30).fault(1, Some(FAULT));
    t.expect_call("StatusNotification", json!({"status": "Faulted"})).answer(json!({}));
    change(&mut t, 1, OPERATIVE, "Accepted");
    t.at(40).fault(1, None);
    t.expect_status(1, "Available");
}

#[test]
fn av_01_st_i3_a_faulted_transaction_is_still_a_transaction() {
    let mut t = charging();
    t.at(20).fault(1, Some(FAULT));
    t.expect_call("StatusNotification", json!({"status": "Faulted"})).answer(json!({}));
    change(&mut t, 1, INOPERATIVE, "Scheduled");
    t.at(30).fault(1, None);
    t.expect_status(1, "Charging");
    t.at(40).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({}));
    t.expect_status(1, "Unavailable");
}

// ---- Connector 0 ----

#[test]
fn av_03_st_02_connector_0_is_the_charge_point_and_all_connectors() {
    let mut t = two();
    t.at(10);
    change(&mut t, 0, INOPERATIVE, "Accepted");
    expect_statuses(&mut t, &[(0, "Unavailable"), (1, "Unavailable"), (2, "Unavailable")]);
    assert_eq!(t.try_card(1, "TAG"), Err(BeginError::Inoperative));
    assert_eq!(t.try_card(2, "TAG"), Err(BeginError::Inoperative));
    change(&mut t, 0, INOPERATIVE, "Accepted");
    t.at(20).plug(2);
    change(&mut t, 0, OPERATIVE, "Accepted");
    expect_statuses(&mut t, &[(0, "Available"), (1, "Available"), (2, "Preparing")]);
}

#[test]
fn av_03_the_idle_connectors_change_now_the_busy_one_later() {
    let mut t = two();
    t.at(10).start_charging(2, "TAG", 42);
    change(&mut t, 0, INOPERATIVE, "Scheduled");
    t.expect_status(1, "Unavailable");
    t.at(1000).expect_nothing();
    assert!(t.charger().permits_charge(2));
    t.card_again(2, "TAG").unwrap();
    t.expect_stop(json!({}));
    expect_statuses(&mut t, &[(0, "Unavailable"), (2, "Unavailable")]);
}

#[test]
fn av_03_connector_0_waits_for_the_last_of_several() {
    let mut t = two();
    t.at(10).start_charging(1, "ONE", 11);
    t.start_charging(2, "TWO", 12);
    change(&mut t, 0, INOPERATIVE, "Scheduled");
    t.at(20).card_again(2, "TWO").unwrap();
    t.expect_stop(json!({"transactionId": 12}));
    t.expect_status(2, "Unavailable");
    t.at(30).card_again(1, "ONE").unwrap();
    t.expect_stop(json!({"transactionId": 11}));
    expect_statuses(&mut t, &[(0, "Unavailable"), (1, "Unavailable")]);
}

#[test]
fn av_08_operative_for_connector_0_cancels_for_all() {
    let mut t = two();
    t.at(10).start_charging(2, "TAG", 42);
    change(&mut t, 0, INOPERATIVE, "Scheduled");
    t.expect_status(1, "Unavailable");
    change(&mut t, 0, OPERATIVE, "Accepted");
    t.expect_status(1, "Available");
    t.at(20).stop_charging(2, "TAG");
    t.at(30).unplug(2);
    t.expect_status(2, "Available");
}

#[test]
fn st_02_av_01_one_connector_out_of_service_says_nothing_about_connector_0() {
    let mut t = two();
    for connector in [1, 2] {
        change(&mut t, i64::from(connector), INOPERATIVE, "Accepted");
        t.expect_status(connector, "Unavailable");
    }
    assert_eq!(t.charger().charge_point_status(0).unwrap().as_str(), "Available");
}

#[test]
fn av_10_each_connector_has_its_own_state() {
    let mut t = two();
    change(&mut t, 0, INOPERATIVE, "Accepted");
    expect_statuses(&mut t, &[(0, "Unavailable"), (1, "Unavailable"), (2, "Unavailable")]);
    t.at(10);
    change(&mut t, 1, OPERATIVE, "Accepted");
    t.expect_status(1, "Available");
    t.at(20).start_charging(1, "TAG", 42);
    assert_eq!(t.try_card(2, "OTHER"), Err(BeginError::Inoperative));
    assert_eq!(t.charger().charge_point_status(0).unwrap().as_str(), "Unavailable");
    t.at(30).stop_charging(1, "TAG");
    t.at(40);
    change(&mut t, 0, OPERATIVE, "Accepted");
    expect_statuses(&mut t, &[(0, "Available"), (2, "Available")]);
}

#[test]
fn av_03_st_02_connector_0_is_operative_unless_it_is_out_of_service_or_faulted() {
    let mut t = booted();
    assert!(t.charger().is_operative(0));
    assert!(!t.charger().is_operative(2), "there is none");
    change(&mut t, 0, INOPERATIVE, "Accepted");
    expect_statuses(&mut t, &[(0, "Unavailable"), (1, "Unavailable")]);
    assert!(!t.charger().is_operative(0));
    change(&mut t, 0, OPERATIVE, "Accepted");
    expect_statuses(&mut t, &[(0, "Available"), (1, "Available")]);
    t.charger().add_error_data_input(&|| Some(FAULT), 0).unwrap();
    t.settle();
    t.expect_error(0, "Faulted", "GroundFailure");
    assert!(!t.charger().is_operative(0));
    assert!(t.charger().is_operative(1));
}

// ---- Over reboots ----

#[test]
fn av_06_st_11_rst_05_out_of_service_survives_power_cut_and_reset() {
    let mut t = two();
    change(&mut t, 1, INOPERATIVE, "Accepted");
    t.expect_status(1, "Unavailable");
    t.at(100).reboot();
    expect_boot(&mut t, &["Available", "Unavailable", "Available"]);
    assert_eq!(t.try_card(1, "TAG"), Err(BeginError::Inoperative));
    for kind in ["Soft", "Hard"] {
        t.call("Reset", json!({ "type": kind })).expect("Accepted");
        t.reboot();
        expect_boot(&mut t, &["Available", "Unavailable", "Available"]);
    }
}

#[test]
fn av_06_back_in_service_survives_as_well() {
    let mut t = two();
    change(&mut t, 1, INOPERATIVE, "Accepted");
    t.expect_status(1, "Unavailable");
    change(&mut t, 1, OPERATIVE, "Accepted");
    t.expect_status(1, "Available");
    t.reboot();
    expect_boot(&mut t, &["Available", "Available", "Available"]);
}

#[test]
fn av_06_av_10_connector_0_and_each_connector_survive_on_their_own() {
    let mut t = two();
    change(&mut t, 0, INOPERATIVE, "Accepted");
    expect_statuses(&mut t, &[(0, "Unavailable"), (1, "Unavailable"), (2, "Unavailable")]);
    t.reboot();
    expect_boot(&mut t, &["Unavailable", "Unavailable", "Unavailable"]);
    change(&mut t, 2, OPERATIVE, "Accepted");
    t.expect_status(2, "Available");
    t.reboot();
    expect_boot(&mut t, &["Unavailable", "Unavailable", "Available"]);
}

#[test]
fn av_06_tx_26_what_was_scheduled_happens_after_the_power_cut() {
    let mut t = charging();
    change(&mut t, 1, INOPERATIVE, "Scheduled");
    t.at(50).reboot();
    t.accept_boot();
    t.expect_stop(json!({"transactionId": 42, "reason": "PowerLoss"}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Unavailable");
    assert_eq!(t.try_card(1, "TAG"), Err(BeginError::Inoperative));
}

#[test]
fn av_08_tx_26_operative_cancels_what_waits_for_the_end_of_before_the_power_cut() {
    let mut t = charging();
    change(&mut t, 1, INOPERATIVE, "Scheduled");
    t.evse(1).stop_ready.set(false);
    t.at(50).reboot();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Preparing");
    change(&mut t, 1, OPERATIVE, "Accepted");
    t.evse(1).stop_ready.set(true);
    t.settle();
    t.expect_stop(json!({"transactionId": 42, "reason": "PowerLoss"}));
    t.expect_status(1, "Finishing");
}

#[test]
fn av_06_av_08_what_was_cancelled_stays_cancelled() {
    let mut t = charging();
    change(&mut t, 1, INOPERATIVE, "Scheduled");
    change(&mut t, 1, OPERATIVE, "Accepted");
    t.at(50).reboot();
    t.accept_boot();
    t.expect_stop(json!({"reason": "PowerLoss"}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
}

#[test]
fn av_06_a_preparing_connector_does_not_prepare_after_the_boot() {
    let mut t = plugged();
    change(&mut t, 1, INOPERATIVE, "Scheduled");
    t.reboot();
    expect_boot(&mut t, &["Available", "Unavailable"]);
}

#[test]
fn av_06_the_change_is_durable_before_it_is_told() {
    for (connector, kind) in [(1, INOPERATIVE), (0, INOPERATIVE)] {
        let mut t = two();
        t.take_log();
        change(&mut t, connector, kind, "Accepted");
        let log = t.take_log();
        let sent = log.iter().position(|event| matches!(event, Event::Sent(_))).unwrap();
        assert!(log[..sent].iter().any(|event| matches!(event, Event::Stored(_))), "{log:?}");
        assert!(!log[sent..].iter().any(|event| matches!(event, Event::Stored(_))), "{log:?}");
        while let Some(Frame::Call { id, .. }) = t.next_frame() {
            t.answer(&id, json!({}));
        }
    }
}

/// Whether the change has been answered, and the states that are told after the next boot.
fn cut_after(steps: u32, connector: i64) -> (bool, Vec<String>) {
    let mut t = two();
    t.take_log();
    t.power.fails_after(steps);
    let _ = t.call("ChangeAvailability", json!({"connectorId": connector, "type": INOPERATIVE}));
    let answered = t.take_log().iter().any(|event| matches!(event, Event::Sent(frame) if frame.starts_with("[3,")));
    while t.next_frame().is_some() {}
    t.power_cut();
    t.power_on();
    t.link_up();
    t.accept_boot();
    let mut told = Vec::new();
    while let Some(Frame::Call { id, payload, .. }) = t.next_frame() {
        told.push(payload["status"].as_str().unwrap().to_owned());
        t.answer(&id, json!({}));
    }
    (answered, told)
}

#[test]
fn av_06_a_power_cut_at_any_moment_leaves_what_was_answered() {
    let (before, after) = (["Available"; 3], ["Unavailable"; 3]);
    let mut answers = 0;
    for steps in 0..8 {
        let (answered, told) = cut_after(steps, 0);
        assert!(told == after || !answered, "{steps}: {told:?}");
        assert!(told == before || steps > 0, "{told:?}");
        answers += u32::from(answered);

        let (answered, told) = cut_after(steps, 1);
        assert!(!answered || told == ["Available", "Unavailable", "Available"], "{steps}: {told:?}");
    }
    assert!((1..8).contains(&answers), "some cuts come before the answer, some after: {answers}");
}

#[test]
fn av_06_a_device_that_fails_is_tried_again() {
    let mut t = booted();
    t.flash.failing_stores = 1;
    let id = t.call("ChangeAvailability", json!({"connectorId": 1, "type": INOPERATIVE})).later();
    t.expect_nothing();
    t.at(1).expect_answer(&id, json!({"status": "Accepted"}));
    t.expect_status(1, "Unavailable");
    t.at(10).reboot();
    expect_boot(&mut t, &["Available", "Unavailable"]);
}

// ---- Before the charge point is accepted ----

#[test]
fn av_01_boot_07_boot_08_while_pending_it_is_changed_and_told_later() {
    let mut t = bench().start();
    t.register("Pending", 60);
    change(&mut t, 1, INOPERATIVE, "Accepted");
    t.at(59).expect_nothing();
    t.at(60);
    expect_boot(&mut t, &["Available", "Unavailable"]);
}

#[test]
fn boot_06_a_rejected_charge_point_does_not_even_answer() {
    let mut t = bench().start();
    t.register("Rejected", 60);
    t.call("ChangeAvailability", json!({"connectorId": 1, "type": INOPERATIVE})).expect_silence();
    t.at(60);
    expect_boot(&mut t, &["Available", "Available"]);
}

// ---- Beside the other functions ----

#[test]
fn av_01_st_03_a_change_that_does_not_last_is_not_told() {
    let mut t = bench().key("MinimumStatusDuration", "10").booted();
    t.at(100);
    change(&mut t, 1, INOPERATIVE, "Accepted");
    t.at(105);
    change(&mut t, 1, OPERATIVE, "Accepted");
    t.at(200);
    change(&mut t, 1, INOPERATIVE, "Accepted");
    t.at_ms(209_999).expect_nothing();
    let status: Value = json!({"connectorId": 1, "status": "Unavailable", "timestamp": date(200)});
    t.at(210).expect_call("StatusNotification", status).answer(json!({}));
}
