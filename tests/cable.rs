//! TX-09 to TX-13 and TX-18 to TX-23: consent that is withdrawn, the EV that leaves, and who gets the cable back
//! (OCPP 1.6 §3.5.4, §4.8 to §4.10).

mod support;

use TxNotification::{AuthorizationRejected, DeAuthorized, StartTx, StopTx};
use embedded_ocpp::ocpp16::{BeginError, ChargePointErrorCode, ErrorData, Reason, TxNotification, UnlockResult};
use serde_json::json;
use support::cards::{accepted, answer_late, expect_authorize, member_of, tag_info, teach, text};
use support::{Timeline, bench, booted, charging, date, plugged};

/// At 10 s a transaction of `TAG` has begun, and the central system says in its answer that it does not agree.
fn deauthorized(t: &mut Timeline) {
    t.boot();
    t.at(10).plug(1);
    t.expect_status(1, "Preparing");
    t.card(1, "TAG");
    expect_authorize(t, "TAG", accepted());
    t.expect_call("StartTransaction", json!({})).start(9, "Invalid");
}

/// The next frame is this status, because the EV was disconnected on its side (OCPP 1.6 §4.9).
fn expect_disconnected(t: &mut Timeline, status: &str) {
    let payload = json!({"connectorId": 1, "status": status, "errorCode": "NoError", "info": "EV side disconnected"});
    t.expect_call("StatusNotification", payload).answer(json!({}));
}

/// The next frame is this status, and it has nothing to do with the EV's side.
fn expect_plain_status(t: &mut Timeline, status: &str) {
    let payload = json!({"connectorId": 1, "status": status, "errorCode": "NoError", "info": null});
    t.expect_call("StatusNotification", payload).answer(json!({}));
}

// ---- Consent withdrawn ----

#[test]
fn tx_09_a_start_that_is_not_accepted_stops() {
    for status in ["Blocked", "Expired", "Invalid", "ConcurrentTx", "Whatever"] {
        let mut t = plugged();
        t.accepted_card(1, "TAG");
        t.expect_call("StartTransaction", json!({})).start(9, status);
        t.expect_status(1, "Charging");
        t.expect_stop(json!({"transactionId": 9, "reason": "DeAuthorized", "idTag": null}));
        t.expect_status(1, "Finishing");
        assert!(!t.charger().permits_charge(1));
        assert_eq!(t.evse(1).count(DeAuthorized), 1);
    }
}

#[test]
fn tx_09_no_date_of_expiry_withdraws_what_is_accepted() {
    for date in ["9999-12-31T23:59:59Z", "2000-01-01T00:00:00Z", "0001-01-01T00:00:00Z"] {
        let mut t = plugged();
        t.accepted_card(1, "TAG");
        let begun = json!({"transactionId": 9, "idTagInfo": {"status": "Accepted", "expiryDate": date}});
        t.expect_call("StartTransaction", json!({})).answer(begun);
        t.expect_status(1, "Charging");
        assert!(t.charger().permits_charge(1));
    }
}

#[test]
fn tx_09_also_one_that_was_made_offline() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").booted();
    t.at(10).link_down();
    t.plug(1);
    t.card(1, "TAG");
    assert!(t.charger().permits_charge(1));
    t.meter(1, 1100).at(100).link_up();
    t.expect_call("StartTransaction", json!({"timestamp": date(10)})).start(9, "Blocked");
    let stop = json!({"transactionId": 9, "reason": "DeAuthorized", "timestamp": date(100), "meterStop": 1100});
    t.expect_status(1, "Charging");
    t.expect_stop(stop);
    t.expect_status(1, "Finishing");
}

#[test]
fn tx_11_st_c5_without_stop_the_energy_is_off_and_the_transaction_open() {
    let mut t = bench().key("StopTransactionOnInvalidId", "false").start();
    deauthorized(&mut t);
    t.expect_status(1, "Charging");
    t.expect_status(1, "SuspendedEVSE");
    assert!(!t.charger().permits_charge(1));
    assert!(t.charger().is_transaction_running(1));
    t.at(100).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({"transactionId": 9, "reason": "Local"}));
    t.expect_status(1, "Finishing");
}

#[test]
fn tx_13_a_refusal_after_the_end_stops_nothing_twice() {
    let mut t = plugged();
    t.accepted_card(1, "TAG");
    let start = t.expect_call("StartTransaction", json!({})).ignore();
    t.at(10).unplug(1);
    t.answer(&start, json!({"transactionId": 9, "idTagInfo": {"status": "Blocked"}}));
    t.expect_status(1, "Charging");
    t.expect_stop(json!({"transactionId": 9, "reason": "EVDisconnected"}));
    t.may_report(1, "SuspendedEV");
    expect_disconnected(&mut t, "Finishing");
    t.expect_status(1, "Available");
}

#[test]
fn tx_13_a_refused_past_transaction_does_not_end_the_present_one() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").booted();
    t.at(10).link_down();
    for (at, tag) in [(20, "BLOCKED"), (60, "GOOD")] {
        t.at(at).plug(1);
        t.card(1, tag);
        assert!(t.charger().permits_charge(1));
        if tag == "BLOCKED" {
            t.at(at + 20).unplug(1);
        }
    }
    t.at(100).link_up();
    t.expect_status(1, "Charging");
    t.expect_call("StartTransaction", json!({"idTag": "BLOCKED"})).start(1, "Blocked");
    t.expect_stop(json!({"transactionId": 1, "reason": "EVDisconnected"}));
    t.expect_call("StartTransaction", json!({"idTag": "GOOD"})).start(2, "Accepted");
    assert!(t.charger().permits_charge(1));
    assert_eq!(t.charger().transaction(1).unwrap().transaction_id, Some(2));
}

// ---- A little energy, so that the EV can drive away ----

fn with_a_little_energy(stop: bool) -> Timeline {
    let keys = bench().key("MaxEnergyOnInvalidId", "500").key("StopTransactionOnInvalidId", text(stop));
    let mut t = keys.start();
    deauthorized(&mut t);
    t.expect_status(1, "Charging");
    t
}

#[test]
fn tx_12_tx_09_so_much_energy_is_given_and_then_it_stops() {
    let mut t = with_a_little_energy(true);
    assert!(t.charger().permits_charge(1));
    t.meter(1, 1499).at(100).expect_nothing();
    assert!(t.charger().permits_charge(1));
    t.meter(1, 1500).at(101);
    assert!(!t.charger().permits_charge(1));
    let stop = json!({"transactionId": 9, "reason": "DeAuthorized", "idTag": null, "meterStop": 1500,
        "timestamp": date(101)});
    t.expect_stop(stop);
    t.expect_status(1, "Finishing");
    assert_eq!(t.evse(1).count(DeAuthorized), 1);
}

#[test]
fn tx_12_tx_11_st_c5_so_much_energy_is_given_and_then_it_is_suspended() {
    let mut t = with_a_little_energy(false);
    t.meter(1, 1499).at(100).expect_nothing();
    assert!(t.charger().permits_charge(1));
    t.meter(1, 1500).at(101).expect_status(1, "SuspendedEVSE");
    assert!(!t.charger().permits_charge(1));
    assert!(t.charger().is_transaction_running(1));
    t.at(200).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({"transactionId": 9, "reason": "Local", "meterStop": 1500}));
    t.expect_status(1, "Finishing");
}

#[test]
fn tx_12_the_energy_counts_from_the_refusal_on() {
    let mut t = bench().key("MaxEnergyOnInvalidId", "500").key("AllowOfflineTxForUnknownId", "true").booted();
    t.at(10).link_down();
    t.plug(1);
    t.card(1, "TAG");
    t.meter(1, 2800).at(100).link_up();
    t.expect_call("StartTransaction", json!({"meterStart": 1000})).start(9, "Blocked");
    t.expect_status(1, "Charging");
    t.meter(1, 3299).at(200).expect_nothing();
    assert!(t.charger().permits_charge(1));
    t.meter(1, 3300).at(201);
    t.expect_stop(json!({"transactionId": 9, "reason": "DeAuthorized", "meterStop": 3300}));
    t.expect_status(1, "Finishing");
}

#[test]
fn tx_12_a_meter_in_great_steps_stops_it_beyond_the_limit() {
    let mut t = with_a_little_energy(true);
    t.at(100).meter(1, 9000).at(101);
    t.expect_stop(json!({"reason": "DeAuthorized", "meterStop": 9000}));
    t.expect_status(1, "Finishing");
}

#[test]
fn tx_12_tx_13_whoever_ends_it_before_ends_it_once() {
    let mut t = with_a_little_energy(true);
    t.meter(1, 1200).at(100).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({"reason": "Local", "idTag": "TAG", "meterStop": 1200}));
    t.expect_status(1, "Finishing");
    t.meter(1, 9000).at(200).expect_nothing();
    t.unplug(1);
    t.expect_status(1, "Available");

    // The next one has nothing to do with it.
    t.at(300).start_charging(1, "NEXT", 10);
    t.meter(1, 20_000).at(400).expect_nothing();
    assert!(t.charger().permits_charge(1));
}

#[test]
fn tx_12_none_is_given_unless_the_operator_says_so() {
    let mut t = booted();
    let found = t.call("GetConfiguration", json!({"key": ["MaxEnergyOnInvalidId"]})).result();
    let key = json!({"key": "MaxEnergyOnInvalidId", "readonly": false, "value": "0"});
    assert_eq!(found["configurationKey"], json!([key]));
    for (value, status) in [("-1", "Rejected"), ("", "Rejected"), ("1.5", "Rejected"), ("500", "Accepted")] {
        t.change_key("MaxEnergyOnInvalidId", value, status);
    }
}

// ---- The EV leaves ----

#[test]
fn tx_19_tx_23_st_c6_unplugging_at_the_ev_ends_it() {
    let mut t = charging();
    t.meter(1, 1234).at(60).unplug(1);
    assert!(!t.charger().permits_charge(1));
    let stop = json!({"transactionId": 42, "reason": "EVDisconnected", "idTag": null, "meterStop": 1234,
        "timestamp": date(60)});
    t.expect_stop(stop);
    t.may_report(1, "SuspendedEV");
    expect_disconnected(&mut t, "Finishing");
    expect_plain_status(&mut t, "Available");
}

#[test]
fn tx_19_st_13_a_suspended_transaction_ends_without_being_suspended_again() {
    for (ev, evse, status) in [(false, true, "SuspendedEV"), (true, false, "SuspendedEVSE")] {
        let mut t = charging();
        t.at(20).ready(1, ev, evse);
        t.expect_status(1, status);
        t.at(60).unplug(1);
        t.expect_stop(json!({"transactionId": 42, "reason": "EVDisconnected"}));
        expect_disconnected(&mut t, "Finishing");
        expect_plain_status(&mut t, "Available");
    }
}

#[test]
fn tx_21_st_c4_st_d3_unplugging_suspends_it_when_so_configured() {
    let mut t = bench().key("StopTransactionOnEVSideDisconnect", "false").booted();
    t.start_charging(1, "TAG", 42);
    t.at(60).unplug(1);
    expect_disconnected(&mut t, "SuspendedEV");
    assert!(t.charger().is_transaction_running(1));
    assert!(!t.charger().permits_charge(1));
    t.at(90).plug(1);
    expect_plain_status(&mut t, "Charging");
    assert!(t.charger().permits_charge(1));
    t.at(100).unplug(1);
    expect_disconnected(&mut t, "SuspendedEV");
    t.at(120).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({"transactionId": 42, "reason": "Local"}));
    t.may_report(1, "Finishing");
    expect_plain_status(&mut t, "Available");
}

#[test]
fn tx_21_an_ev_that_pauses_by_itself_was_not_disconnected() {
    let mut t = bench().key("StopTransactionOnEVSideDisconnect", "false").booted();
    t.start_charging(1, "TAG", 42);
    t.at(60).ready(1, false, true);
    expect_plain_status(&mut t, "SuspendedEV");
    t.at(70).ready(1, true, true);
    expect_plain_status(&mut t, "Charging");
}

#[test]
fn tx_21_a_new_setting_counts_for_the_running_transaction() {
    let mut t = charging();
    t.change_key("StopTransactionOnEVSideDisconnect", "false", "Accepted");
    t.at(60).unplug(1);
    expect_disconnected(&mut t, "SuspendedEV");
    t.at(90).plug(1);
    expect_plain_status(&mut t, "Charging");
}

// ---- The lock ----

fn locked_charging() -> Timeline {
    let mut t = bench().lock().booted();
    t.at(10).start_charging(1, "TAG", 42);
    assert!(t.charger().locks_cable(1));
    t
}

#[test]
fn tx_18_the_cable_is_locked_from_the_durable_start_to_the_durable_end() {
    let mut t = bench().lock().plugged();
    assert!(!t.charger().locks_cable(1));
    t.flash.failing_stores = 1;
    t.at(10).charger().begin_transaction_authorized("TAG", 1).unwrap();
    t.settle();
    assert_eq!((t.charger().locks_cable(1), t.evse(1).count(StartTx)), (false, 0));
    t.wait(5);
    assert_eq!((t.charger().locks_cable(1), t.evse(1).count(StartTx)), (true, 1));
    t.expect_call("StartTransaction", json!({"timestamp": date(10)})).start(42, "Accepted");
    t.expect_status(1, "Charging");
    t.flash.failing_stores = 1;
    t.at(100).card_again(1, "TAG").unwrap();
    assert_eq!((t.charger().locks_cable(1), t.evse(1).count(StopTx)), (true, 0));
    t.wait(5);
    assert_eq!((t.charger().locks_cable(1), t.evse(1).count(StopTx)), (false, 1));
    t.expect_stop(json!({"timestamp": date(100)}));
    t.expect_status(1, "Finishing");
}

#[test]
fn tx_18_every_normal_end_unlocks() {
    type End = fn(&mut Timeline);
    let ends: [End; 5] = [
        |t| t.card_again(1, "TAG").unwrap(),
        |t| t.call("RemoteStopTransaction", json!({"transactionId": 42})).expect("Accepted"),
        |t| t.charger().end_transaction(None, Reason::EmergencyStop, 1).unwrap(),
        |t| t.call("Reset", json!({"type": "Hard"})).expect("Accepted"),
        |t| t.evse(1).plugged.set(false),
    ];
    for end in ends {
        let mut t = locked_charging();
        t.at(50);
        end(&mut t);
        t.settle();
        assert!(!t.charger().locks_cable(1));
        while t.next_frame().is_some() {}
    }
}

#[test]
fn tx_18_no_fault_pause_or_outage_unlocks() {
    let mut t = locked_charging();
    t.at(20).ready(1, false, false);
    assert!(t.charger().locks_cable(1));
    t.fault(1, Some(ErrorData::fault(ChargePointErrorCode::GroundFailure)));
    assert!(t.charger().locks_cable(1));
    t.link_down();
    assert!(t.charger().locks_cable(1));
    while t.next_frame().is_some() {}
}

#[test]
fn tx_18_without_a_lock_nothing_is_locked() {
    let mut t = charging();
    for connector in 0..4 {
        assert!(!t.charger().locks_cable(connector));
    }
}

#[test]
fn tx_18_tx_29_each_connector_has_its_own_lock() {
    let mut t = bench().two_connectors().lock().booted();
    t.start_charging(2, "TAG", 42);
    assert_eq!([0, 1, 2, 3].map(|id| t.charger().locks_cable(id)), [false, false, true, false]);
}

#[test]
fn tx_18_tx_26_after_a_power_cut_the_cable_of_the_interrupted_transaction_is_free() {
    let mut t = locked_charging();
    t.at(50).reboot();
    t.accept_boot();
    t.expect_stop(json!({"reason": "PowerLoss"}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
    assert!(!t.charger().locks_cable(1));
}

/// The EV was disconnected on its side, and the cable stays locked.
fn held_by_disconnection() -> Timeline {
    let mut t = bench().lock().key("UnlockConnectorOnEVSideDisconnect", "false").booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(60).unplug(1);
    t.expect_stop(json!({"transactionId": 42, "reason": "EVDisconnected"}));
    t.may_report(1, "SuspendedEV");
    expect_disconnected(&mut t, "Finishing");
    t
}

/// The central system did not agree, and the cable stays locked; the EV is still there.
fn held_by_deauthorization() -> Timeline {
    let mut t = bench().lock().start();
    deauthorized(&mut t);
    t.expect_status(1, "Charging");
    t.expect_stop(json!({"transactionId": 9, "reason": "DeAuthorized"}));
    t.expect_status(1, "Finishing");
    t
}

/// Shows the card for which the cable is kept; it begins nothing.
fn take_cable(t: &mut Timeline, id_tag: &str) {
    t.evse(1).take_notifications();
    assert!(t.charger().locks_cable(1));
    t.card(1, id_tag);
    assert!(!t.charger().locks_cable(1));
    assert!(!t.charger().is_transaction_active(1));
}

#[test]
fn tx_20_with_the_switch_on_the_cable_is_free_when_the_ev_is_gone() {
    let mut t = locked_charging();
    t.at(60).unplug(1);
    assert!(!t.charger().locks_cable(1));
    t.expect_stop(json!({"reason": "EVDisconnected"}));
    t.may_report(1, "SuspendedEV");
    expect_disconnected(&mut t, "Finishing");
    expect_plain_status(&mut t, "Available");
}

#[test]
fn tx_20_with_the_switch_off_the_cable_stays_until_the_card_is_shown() {
    let mut t = held_by_disconnection();
    t.at(10_000).expect_nothing();
    take_cable(&mut t, "tag");
    expect_plain_status(&mut t, "Available");
    t.at(10_100).start_charging(1, "OTHER", 43);
}

#[test]
fn tx_20_no_other_card_gets_the_cable() {
    let mut t = held_by_disconnection();
    assert_eq!(t.try_card(1, "OTHER"), Err(BeginError::Busy));
    assert!(t.charger().locks_cable(1));
    take_cable(&mut t, "TAG");
    expect_plain_status(&mut t, "Available");
}

#[test]
fn tx_20_nor_does_the_central_system_begin_anything_on_it() {
    let mut t = held_by_disconnection();
    t.call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "OTHER"})).expect("Rejected");
    assert!(t.charger().locks_cable(1));
}

#[test]
fn tx_20_an_ev_that_comes_back_gets_no_energy() {
    let mut t = held_by_disconnection();
    t.at(100).plug(1);
    t.at(10_000).expect_nothing();
    assert!(!t.charger().permits_charge(1));
    assert!(t.charger().locks_cable(1));
    take_cable(&mut t, "TAG");
    t.at(10_100).unplug(1);
    expect_plain_status(&mut t, "Available");
}

#[test]
fn tx_20_offline_the_card_is_known_as_well() {
    let mut t = held_by_disconnection();
    t.at(100).link_down();
    take_cable(&mut t, "TAG");
    t.at(200).link_up();
    expect_plain_status(&mut t, "Available");
}

#[test]
fn tx_20_without_a_lock_nothing_is_held() {
    let mut t = bench().key("UnlockConnectorOnEVSideDisconnect", "false").booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(60).unplug(1);
    t.expect_stop(json!({"reason": "EVDisconnected"}));
    t.may_report(1, "SuspendedEV");
    expect_disconnected(&mut t, "Finishing");
    expect_plain_status(&mut t, "Available");
    assert!(!t.charger().locks_cable(1));
}

#[test]
fn tx_22_tx_21_a_transaction_that_goes_on_keeps_the_cable_whatever_the_other_switch_says() {
    for unlock in [false, true] {
        let keys = bench().lock().key("UnlockConnectorOnEVSideDisconnect", text(unlock));
        let mut t = keys.key("StopTransactionOnEVSideDisconnect", "false").booted();
        t.at(10).start_charging(1, "TAG", 42);
        t.at(60).unplug(1);
        expect_disconnected(&mut t, "SuspendedEV");
        assert!(t.charger().locks_cable(1));
        t.at(90).card_again(1, "TAG").unwrap();
        t.expect_stop(json!({"transactionId": 42, "reason": "Local"}));
        t.may_report(1, "Finishing");
        expect_plain_status(&mut t, "Available");
        assert!(!t.charger().locks_cable(1));
    }
}

#[test]
fn tx_10_after_a_refusal_the_cable_stays_until_the_card_is_shown() {
    let mut t = held_by_deauthorization();
    assert_eq!(t.try_card(1, "OTHER"), Err(BeginError::Busy));
    t.at(10_000).expect_nothing();
    take_cable(&mut t, "TAG");
    t.at(10_010).unplug(1);
    expect_plain_status(&mut t, "Available");
}

#[test]
fn tx_10_an_ev_that_leaves_does_not_take_the_cable_along() {
    let mut t = held_by_deauthorization();
    t.at(100).unplug(1);
    t.at(200).expect_nothing();
    assert!(t.charger().locks_cable(1));
    take_cable(&mut t, "TAG");
    expect_plain_status(&mut t, "Available");
}

#[test]
fn tx_10_tx_20_after_free_vend_nothing_is_held() {
    let keys = bench().key("Cst_FreeVendActive", "true").key("UnlockConnectorOnEVSideDisconnect", "false");
    let mut t = keys.lock().booted();
    t.at(10).plug(1);
    t.expect_call("StartTransaction", json!({})).start(1, "Blocked");
    t.expect_status(1, "Charging");
    t.expect_stop(json!({"transactionId": 1, "reason": "DeAuthorized"}));
    t.expect_status(1, "Finishing");
    assert!(!t.charger().locks_cable(1));
    t.at(20).unplug(1);
    t.expect_status(1, "Available");
    t.at(30).plug(1);
    t.expect_call("StartTransaction", json!({})).start(2, "Accepted");
    t.expect_status(1, "Charging");
    assert!(t.charger().locks_cable(1));
    t.at(40).unplug(1);
    t.expect_stop(json!({"transactionId": 2, "reason": "EVDisconnected"}));
    t.may_report(1, "SuspendedEV");
    expect_disconnected(&mut t, "Finishing");
    assert!(!t.charger().locks_cable(1));
    expect_plain_status(&mut t, "Available");
}

#[test]
fn tx_10_a_boot_frees_the_cable() {
    for held in [held_by_deauthorization, held_by_disconnection] {
        let mut t = held();
        assert!(t.charger().locks_cable(1));
        t.at(100).reboot();
        assert!(!t.charger().locks_cable(1));
        t.accept_boot();
        t.expect_status(0, "Available");
        t.expect_status(1, if t.evse(1).plugged.get() { "Preparing" } else { "Available" });
    }
}

#[test]
fn tx_10_tx_20_av_07_out_of_service_the_cable_is_free_and_stays_so() {
    for (mut t, plug, status) in [
        (held_by_disconnection(), false, "Available"),
        (held_by_deauthorization(), false, "Available"),
        (held_by_deauthorization(), true, "Preparing"),
    ] {
        t.at(100).evse(1).plugged.set(plug);
        t.settle();
        t.call("ChangeAvailability", json!({"connectorId": 1, "type": "Inoperative"})).expect("Accepted");
        assert!(!t.charger().locks_cable(1));
        expect_plain_status(&mut t, "Unavailable");
        t.at(110).call("ChangeAvailability", json!({"connectorId": 1, "type": "Operative"})).expect("Accepted");
        assert!(!t.charger().locks_cable(1));
        expect_plain_status(&mut t, status);
    }
}

#[test]
fn tx_10_st_f2_the_card_shown_once_more_begins_anew() {
    let mut t = held_by_deauthorization();
    take_cable(&mut t, "TAG");
    t.at(100).card(1, "TAG");
    expect_authorize(&mut t, "TAG", tag_info("Blocked"));
    assert!(!t.charger().permits_charge(1));
    while t.next_frame().is_some() {}
}

/// The same after a transaction of `TAG` of `GROUP`.
fn held_for_a_group() -> Timeline {
    let mut t = bench().lock().booted();
    teach(&mut t, "KNOWN", member_of("GROUP"));
    t.at(10).plug(1);
    t.expect_status(1, "Preparing");
    t.card(1, "TAG");
    expect_authorize(&mut t, "TAG", member_of("GROUP"));
    let refusal = json!({"transactionId": 9, "idTagInfo": {"status": "Blocked", "parentIdTag": "GROUP"}});
    t.expect_call("StartTransaction", json!({})).answer(refusal);
    t.expect_status(1, "Charging");
    t.expect_stop(json!({"transactionId": 9, "reason": "DeAuthorized"}));
    t.expect_status(1, "Finishing");
    t.evse(1).take_notifications();
    t
}

#[test]
fn tx_10_auth_08_a_card_of_its_group_gets_the_cable_too() {
    let mut t = held_for_a_group();
    take_cable(&mut t, "KNOWN");

    let mut t = held_for_a_group();
    t.card(1, "NEW");
    expect_authorize(&mut t, "NEW", member_of("GROUP"));
    assert!(!t.charger().locks_cable(1));
    assert!(!t.charger().is_transaction_active(1));
}

#[test]
fn tx_10_auth_08_a_card_of_no_group_or_another_one_does_not() {
    for info in [accepted(), member_of("OTHERS"), json!({"status": "Blocked", "parentIdTag": "GROUP"})] {
        let mut t = held_for_a_group();
        t.card(1, "NEW");
        expect_authorize(&mut t, "NEW", info);
        assert!(t.charger().locks_cable(1));
        assert!(!t.charger().is_transaction_active(1));
        assert_eq!(t.evse(1).take_notifications(), [AuthorizationRejected]);
        t.at(100).link_down();
        t.card(1, "NEWER");
        assert!(t.charger().locks_cable(1));
        assert_eq!(t.evse(1).take_notifications(), [AuthorizationRejected]);
    }
}

#[test]
fn tx_10_auth_09_the_group_may_be_told_when_the_cable_is_held_already() {
    let mut t = bench().lock().key("UnlockConnectorOnEVSideDisconnect", "false").plugged();
    t.accepted_card(1, "TAG");
    let start = t.expect_call("StartTransaction", json!({})).ignore();
    t.at(20).unplug(1);
    t.answer(&start, json!({"transactionId": 42, "idTagInfo": member_of("GROUP")}));
    t.expect_status(1, "Charging");
    t.expect_stop(json!({"transactionId": 42, "reason": "EVDisconnected"}));
    expect_disconnected(&mut t, "Finishing");
    t.at(30).card(1, "MEMBER");
    assert!(t.charger().locks_cable(1));
    expect_authorize(&mut t, "MEMBER", member_of("GROUP"));
    assert!(!t.charger().locks_cable(1));
    expect_plain_status(&mut t, "Available");
}

/// The EV of a member of `GROUP` was disconnected on its side, and the central system is asked about another card. The id
/// is that of the question.
fn held_with_a_visitor() -> (Timeline, String) {
    let mut t = bench().lock().key("UnlockConnectorOnEVSideDisconnect", "false").plugged();
    t.card(1, "TAG");
    expect_authorize(&mut t, "TAG", member_of("GROUP"));
    t.expect_call("StartTransaction", json!({})).start(42, "Accepted");
    t.expect_status(1, "Charging");
    t.at(20).unplug(1);
    t.expect_stop(json!({"transactionId": 42, "reason": "EVDisconnected"}));
    expect_disconnected(&mut t, "Finishing");
    t.card(1, "VISITOR");
    let question = t.expect_call("Authorize", json!({"idTag": "VISITOR"})).ignore();
    (t, question)
}

#[test]
fn tx_20_auth_02_whoever_asked_for_a_cable_that_is_free_again_is_forgotten() {
    type Release = fn(&mut Timeline);
    let releases: [Release; 2] =
        [|t| take_cable(t, "TAG"), |t| t.call("UnlockConnector", json!({"connectorId": 1})).expect("Unlocked")];
    for release in releases {
        let (mut t, question) = held_with_a_visitor();
        release(&mut t);
        t.at(25).plug(1);
        t.card(1, "NEXT");
        t.evse(1).take_notifications();
        answer_late(&mut t, &question, tag_info("Invalid"));
        expect_authorize(&mut t, "NEXT", accepted());
        t.expect_status(1, "Available");
        t.expect_status(1, "Preparing");
        t.expect_call("StartTransaction", json!({"idTag": "NEXT"})).start(43, "Accepted");
        assert!(t.charger().permits_charge(1));
        while t.next_frame().is_some() {}
    }
}

#[test]
fn rc_05_tx_10_tx_20_an_app_begins_nothing_while_the_cable_is_held() {
    let mut t = held_by_deauthorization();
    for id_tag in ["TAG", "OTHER"] {
        t.call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": id_tag})).expect("Rejected");
        t.call("RemoteStartTransaction", json!({ "idTag": id_tag })).expect("Rejected");
    }
    t.card(1, "TAG");
    assert!(!t.charger().locks_cable(1));
    t.call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "OTHER"})).expect("Accepted");
    t.expect_status(1, "Preparing");
    t.expect_call("StartTransaction", json!({"idTag": "OTHER"})).start(43, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn tx_10_without_a_lock_nothing_is_held() {
    let mut t = bench().start();
    deauthorized(&mut t);
    t.expect_status(1, "Charging");
    t.expect_stop(json!({"reason": "DeAuthorized"}));
    t.expect_status(1, "Finishing");
    assert!(!t.charger().locks_cable(1));
    t.at(100).unplug(1);
    t.expect_status(1, "Available");
}

#[test]
fn tx_10_tx_11_a_transaction_without_energy_keeps_the_cable_and_its_end_frees_it() {
    let mut t = bench().lock().key("StopTransactionOnInvalidId", "false").start();
    deauthorized(&mut t);
    t.expect_status(1, "Charging");
    t.expect_status(1, "SuspendedEVSE");
    assert!(t.charger().locks_cable(1));
    t.at(100).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({"reason": "Local"}));
    t.expect_status(1, "Finishing");
    assert!(!t.charger().locks_cable(1));
}

#[test]
fn tx_10_tx_12_the_cable_stays_locked_through_the_last_energy_and_beyond() {
    let mut t = bench().lock().key("MaxEnergyOnInvalidId", "500").start();
    deauthorized(&mut t);
    t.expect_status(1, "Charging");
    assert!(t.charger().locks_cable(1));
    t.at(100).meter(1, 1500).at(101);
    t.expect_stop(json!({"reason": "DeAuthorized"}));
    t.expect_status(1, "Finishing");
    take_cable(&mut t, "TAG");
}

#[test]
fn tx_10_tx_20_unl_03_the_central_system_gives_the_cable_back() {
    for mut t in [held_by_disconnection(), held_by_deauthorization()] {
        t.evse(1).unlock_result.set(UnlockResult::Unlocked);
        t.at(100).call("UnlockConnector", json!({"connectorId": 1})).expect("Unlocked");
        assert!(!t.charger().locks_cable(1));
        if !t.evse(1).plugged.get() {
            expect_plain_status(&mut t, "Available");
        }
    }
}
