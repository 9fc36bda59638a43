//! UNL: the central system frees a cable (OCPP 1.6 §5.18, §7.46, errata 3.87).

mod support;

use embedded_ocpp::ocpp16::{BeginError, ChargePointErrorCode, ErrorData, UnlockResult};
use serde_json::{Value, json};
use support::{Frame, Timeline, bench, booted, charging, date};

/// A charge point with a lock.
fn idle() -> Timeline {
    bench().lock().booted()
}

fn two() -> Timeline {
    bench().two_connectors().lock().booted()
}

/// One with a lock that takes its time, in transaction 42 since 10 s.
fn slow_and_charging() -> Timeline {
    let mut t = idle();
    t.evse(1).unlock_result.set(UnlockResult::Pending);
    t.at(10).start_charging(1, "TAG", 42);
    t
}

/// Asks for the cable; the answer may come whenever it likes.
fn ask(t: &mut Timeline, id: &str, connector: i64) {
    t.send(&json!([2, id, "UnlockConnector", { "connectorId": connector }]).to_string());
}

fn expect_answer(t: &mut Timeline, id: &str, status: &str) {
    assert_eq!(t.next_frame(), Some(Frame::Result { id: id.to_owned(), payload: json!({ "status": status }) }));
}

/// ... and is asked within a second.
fn the_lock_says(t: &mut Timeline, connector: u8, result: UnlockResult) {
    t.evse(connector).unlock_result.set(result);
    t.wait(1);
}

/// Every frame that comes at this moment; the calls are answered.
fn frames(t: &mut Timeline) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    while let Some(frame) = t.next_frame() {
        match frame {
            Frame::Call { id, action, payload } => {
                t.answer(&id, json!({}));
                found.push((action, payload));
            }
            Frame::Result { id, payload } => found.push((id, payload)),
            error @ Frame::Error { .. } => panic!("{error:?}"),
        }
    }
    found
}

// ---- What the lock says ----

#[test]
fn unl_02_unl_03_an_idle_connector_is_unlocked_again_and_again() {
    let mut t = idle();
    for at in [10, 20] {
        t.at(at).call("UnlockConnector", json!({"connectorId": 1})).expect("Unlocked");
    }
    assert_eq!(t.evse(1).unlock_polls.get(), 2);
    t.at(100).expect_nothing();
}

#[test]
fn unl_03_so_is_one_in_finishing() {
    let mut t = idle();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(20).stop_charging(1, "TAG");
    t.at(30).call("UnlockConnector", json!({"connectorId": 1})).expect("Unlocked");
    assert_eq!(t.evse(1).unlock_polls.get(), 1);
    t.at(40).unplug(1);
    t.expect_status(1, "Available");
}

#[test]
fn unl_03_a_card_that_waits_goes_on_waiting() {
    let mut t = idle();
    t.at(10).accepted_card(1, "TAG");
    t.expect_status(1, "Preparing");
    t.call("UnlockConnector", json!({"connectorId": 1})).expect("Unlocked");
    t.at(20).plug(1);
    t.expect_call("StartTransaction", json!({"idTag": "TAG"})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn unl_02_unl_05_a_lock_that_stays_locked_is_told_with_the_present_status() {
    let mut t = idle();
    t.evse(1).unlock_result.set(UnlockResult::UnlockFailed);
    t.call("UnlockConnector", json!({"connectorId": 1})).expect("UnlockFailed");
    t.expect_error(1, "Available", "ConnectorLockFailure");
    t.at(10).plug(1);
    t.expect_status(1, "Preparing");
    t.at(20).call("UnlockConnector", json!({"connectorId": 1})).expect("UnlockFailed");
    t.expect_error(1, "Preparing", "ConnectorLockFailure");
    t.evse(1).unlock_result.set(UnlockResult::Unlocked);
    t.at(30).call("UnlockConnector", json!({"connectorId": 1})).expect("Unlocked");
}

#[test]
fn unl_05_st_03_the_failure_waits_for_no_state_to_last() {
    let mut t = bench().lock().key("MinimumStatusDuration", "30").booted();
    t.evse(1).unlock_result.set(UnlockResult::UnlockFailed);
    t.at(100).call("UnlockConnector", json!({"connectorId": 1})).expect("UnlockFailed");
    t.expect_error(1, "Available", "ConnectorLockFailure");
    t.at(110).plug(1);
    t.at(139).expect_nothing();
    t.at(140).expect_status(1, "Preparing");
}

#[test]
fn unl_05_st_03_a_state_that_does_not_last_hides_no_failure() {
    let mut t = bench().lock().key("MinimumStatusDuration", "30").booted();
    t.evse(1).unlock_result.set(UnlockResult::UnlockFailed);
    t.at(100).link_down();
    t.at(101).link_up();
    t.call("TriggerMessage", json!({"requestedMessage": "Heartbeat"})).expect("Accepted");
    let heartbeat = t.expect_call("Heartbeat", json!({})).ignore();
    t.call("UnlockConnector", json!({"connectorId": 1})).expect("UnlockFailed");
    t.at(110).plug(1);
    t.answer(&heartbeat, json!({"currentTime": date(110)}));
    t.expect_error(1, "Available", "ConnectorLockFailure");
    t.at(140).expect_status(1, "Preparing");
}

#[test]
fn unl_02_without_a_lock_it_is_not_supported() {
    let mut t = booted();
    for connector in [1, 2, 0] {
        t.call("UnlockConnector", json!({ "connectorId": connector })).expect("NotSupported");
    }
}

#[test]
fn unl_02_an_unknown_connector_has_no_lock_nor_has_connector_0() {
    let mut t = two();
    for connector in [0, -1, 3, 255, 256, 257, i64::from(i32::MIN)] {
        t.call("UnlockConnector", json!({ "connectorId": connector })).expect("NotSupported");
    }
    assert_eq!([1, 2].map(|connector| t.evse(connector).unlock_polls.get()), [0, 0]);
}

#[test]
fn unl_04_without_a_lock_the_transaction_goes_on() {
    let mut t = charging();
    t.at(20).call("UnlockConnector", json!({"connectorId": 1})).expect("NotSupported");
    t.at(1000);
    assert!(t.charger().permits_charge(1));
}

#[test]
fn rpc_15_wrong_requests_are_named_and_unlock_nothing() {
    let mut t = slow_and_charging();
    for (payload, code) in [
        (json!({}), "OccurenceConstraintViolation"),
        (json!({"connectorId": null}), "OccurenceConstraintViolation"),
        (json!({"connectorId": "1"}), "TypeConstraintViolation"),
        (json!({"connectorId": 1.5}), "TypeConstraintViolation"),
        (json!({"connectorId": 1, "force": true}), "FormationViolation"),
    ] {
        t.call("UnlockConnector", payload).expect_error(code);
    }
    assert!(t.charger().permits_charge(1));
    assert_eq!(t.evse(1).unlock_polls.get(), 0);
}

// ---- The transaction ends first ----

#[test]
fn unl_01_tx_17_the_transaction_ends_before_the_lock_is_asked() {
    let mut t = slow_and_charging();
    t.meter(1, 1700).at(60);
    t.flash.failing_stores = 1;
    ask(&mut t, "u", 1);
    assert!(!t.charger().permits_charge(1));
    let ended = !t.charger().is_transaction_running(1);
    assert!(ended || t.evse(1).unlock_polls.get() == 0, "the lock was asked before the end was durable");
    t.wait(5);
    let stop = json!({"transactionId": 42, "reason": "UnlockCommand", "idTag": null, "meterStop": 1700,
        "timestamp": date(60)});
    t.expect_stop(stop);
    t.expect_status(1, "Finishing");
    assert!(t.evse(1).unlock_polls.get() > 0);
    the_lock_says(&mut t, 1, UnlockResult::Unlocked);
    expect_answer(&mut t, "u", "Unlocked");
}

#[test]
fn unl_01_st_d6_st_e6_a_suspended_one_as_well() {
    for (ev, evse, status) in [(false, true, "SuspendedEV"), (true, false, "SuspendedEVSE")] {
        let mut t = slow_and_charging();
        t.ready(1, ev, evse);
        t.expect_status(1, status);
        ask(t.at(20), "u", 1);
        t.expect_stop(json!({"reason": "UnlockCommand"}));
        t.expect_status(1, "Finishing");
        the_lock_says(&mut t, 1, UnlockResult::Unlocked);
        expect_answer(&mut t, "u", "Unlocked");
    }
}

#[test]
fn unl_01_the_answer_does_not_wait_for_the_central_system_to_take_the_end() {
    let mut t = slow_and_charging();
    ask(t.at(20), "u", 1);
    let stop = t.expect_call("StopTransaction", json!({"reason": "UnlockCommand"})).ignore();
    the_lock_says(&mut t, 1, UnlockResult::Unlocked);
    expect_answer(&mut t, "u", "Unlocked");
    t.at(25).answer(&stop, json!({}));
    t.expect_status(1, "Finishing");
}

#[test]
fn unl_01_a_start_without_answer_is_ended_all_the_same() {
    let mut t = idle();
    t.plug(1);
    t.expect_status(1, "Preparing");
    t.at(10).accepted_card(1, "TAG");
    let start = t.expect_call("StartTransaction", json!({})).ignore();
    t.at(20).call("UnlockConnector", json!({"connectorId": 1})).expect("Unlocked");
    assert!(!t.charger().permits_charge(1));
    t.answer(&start, json!({"transactionId": 7, "idTagInfo": {"status": "Accepted"}}));
    let stop = json!({"transactionId": 7, "reason": "UnlockCommand", "timestamp": date(20)});
    t.expect_status(1, "Charging");
    t.expect_stop(stop);
    t.expect_status(1, "Finishing");
}

#[test]
fn unl_01_also_when_the_start_waits_for_the_device_and_the_firmware_holds_ends_back() {
    let mut t = bench().lock().plugged();
    t.evse(1).stop_ready.set(false);
    t.flash.failing_stores = 1;
    t.at(10).accepted_card(1, "TAG");
    ask(t.at_ms(10_500), "u", 1);
    assert_eq!(t.evse(1).unlock_polls.get(), 0);
    expect_answer(t.wait(2), "u", "Unlocked");
    t.expect_call("StartTransaction", json!({"timestamp": date(10)})).start(42, "Accepted");
    t.expect_stop(json!({"transactionId": 42, "reason": "UnlockCommand", "timestamp": date(10)}));
    t.expect_status(1, "Finishing");
}

#[test]
fn unl_01_unl_02_it_stays_ended_when_the_lock_fails() {
    let mut t = slow_and_charging();
    t.evse(1).unlock_result.set(UnlockResult::UnlockFailed);
    ask(t.at(20), "u", 1);
    let found = frames(&mut t);
    let of =
        |name: &str| found.iter().filter(|(found, _)| found == name).map(|(_, payload)| payload).collect::<Vec<_>>();
    assert_eq!(of("u"), [&json!({"status": "UnlockFailed"})]);
    assert_eq!(of("StopTransaction").len(), 1);
    let statuses = of("StatusNotification");
    let told = |error: &str| statuses.iter().any(|told| told["status"] == "Finishing" && told["errorCode"] == error);
    assert!(told("ConnectorLockFailure"), "{statuses:?}");
    assert!(!t.charger().is_transaction_active(1));
}

// ---- The answer comes later ----

#[test]
fn unl_02_the_answer_comes_when_the_lock_has_moved() {
    let mut t = idle();
    t.evse(1).unlock_result.set(UnlockResult::Pending);
    ask(t.at(10), "u", 1);
    t.at_ms(19_900).expect_nothing();
    the_lock_says(&mut t, 1, UnlockResult::Unlocked);
    expect_answer(&mut t, "u", "Unlocked");
    let polls = t.evse(1).unlock_polls.get();
    t.at(1000);
    assert_eq!(t.evse(1).unlock_polls.get(), polls, "the lock is left alone");
}

#[test]
fn unl_02_it_is_asked_all_the_time() {
    let mut t = idle();
    t.evse(1).unlock_result.set(UnlockResult::Pending);
    ask(t.at(10), "u", 1);
    for second in 11..15 {
        let polls = t.evse(1).unlock_polls.get();
        t.at(second);
        assert!(t.evse(1).unlock_polls.get() > polls, "{second} s");
    }
    the_lock_says(&mut t, 1, UnlockResult::Unlocked);
    expect_answer(&mut t, "u", "Unlocked");
}

#[test]
fn unl_02_unl_05_after_10_s_it_has_failed() {
    let mut t = idle();
    t.evse(1).unlock_result.set(UnlockResult::Pending);
    ask(t.at(10), "u", 1);
    t.at_ms(19_999).expect_nothing();
    t.at(20);
    expect_answer(&mut t, "u", "UnlockFailed");
    t.expect_error(1, "Available", "ConnectorLockFailure");
    let polls = t.evse(1).unlock_polls.get();
    the_lock_says(&mut t, 1, UnlockResult::Unlocked);
    t.at(100).expect_nothing();
    assert_eq!(t.evse(1).unlock_polls.get(), polls);
    t.call("UnlockConnector", json!({"connectorId": 1})).expect("Unlocked");
}

#[test]
fn rpc_10_unl_02_other_calls_are_answered_meanwhile() {
    let mut t = two();
    t.evse(1).unlock_result.set(UnlockResult::Pending);
    ask(t.at(10), "u", 1);
    let keys = t.at(11).call("GetConfiguration", json!({})).result();
    assert!(keys["configurationKey"].as_array().unwrap().len() > 17);
    t.change_key("ConnectionTimeOut", "45", "Accepted");
    t.call("ChangeAvailability", json!({"connectorId": 2, "type": "Inoperative"})).expect("Accepted");
    t.expect_status(2, "Unavailable");
    t.call("Nonsense", json!({})).expect_error("NotImplemented");
    t.call("TriggerMessage", json!({"requestedMessage": "Heartbeat"})).expect("Accepted");
    t.expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(11)}));
    t.call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "TAG"})).expect("Accepted");
    t.expect_status(1, "Preparing");
    t.at(15);
    the_lock_says(&mut t, 1, UnlockResult::Unlocked);
    expect_answer(&mut t, "u", "Unlocked");
}

#[test]
fn unl_02_a_second_one_meanwhile_fails_at_once_and_the_first_is_answered() {
    let mut t = idle();
    t.evse(1).unlock_result.set(UnlockResult::Pending);
    ask(t.at(10), "first", 1);
    ask(t.at(15), "second", 1);
    let found = frames(&mut t);
    assert_eq!(found[0], ("second".to_owned(), json!({"status": "UnlockFailed"})));
    assert!(found.iter().all(|(id, _)| id != "first"));
    t.at(16);
    the_lock_says(&mut t, 1, UnlockResult::Unlocked);
    expect_answer(&mut t, "first", "Unlocked");
    ask(t.at(17), "third", 1);
    expect_answer(&mut t, "third", "Unlocked");
}

#[test]
fn unl_02_a_second_one_ends_no_transaction_of_another_connector() {
    let mut t = two();
    t.at(5).start_charging(2, "TAG", 42);
    t.evse(1).unlock_result.set(UnlockResult::Pending);
    ask(t.at(10), "one", 1);
    ask(t.at(11), "two", 2);
    let found = frames(&mut t);
    assert_eq!(found[0], ("two".to_owned(), json!({"status": "UnlockFailed"})));
    assert!(t.charger().permits_charge(2));
    assert_eq!(t.evse(2).unlock_polls.get(), 0);
    the_lock_says(&mut t, 1, UnlockResult::Unlocked);
    expect_answer(&mut t, "one", "Unlocked");
}

#[test]
fn unl_02_unl_01_each_connector_has_its_own_lock() {
    let mut t = two();
    t.at(5).start_charging(1, "ONE", 11);
    t.start_charging(2, "TWO", 12);
    t.evse(1).unlock_result.set(UnlockResult::UnlockFailed);
    ask(t.at(10), "two", 2);
    let found = frames(&mut t);
    assert!(found.contains(&("two".to_owned(), json!({"status": "Unlocked"}))), "{found:?}");
    assert_eq!([1, 2].map(|connector| t.evse(connector).unlock_polls.get()), [0, 1]);
    assert!(t.charger().permits_charge(1) && !t.charger().permits_charge(2));
    ask(t.at(20), "one", 1);
    let found = frames(&mut t);
    assert!(found.contains(&("one".to_owned(), json!({"status": "UnlockFailed"}))), "{found:?}");
    assert_eq!(t.evse(2).unlock_polls.get(), 1);
}

// ---- The link is lost meanwhile ----

#[test]
fn unl_02_rpc_12_an_answer_does_not_cross_to_the_next_connection() {
    for result in [UnlockResult::Unlocked, UnlockResult::UnlockFailed] {
        let mut t = idle();
        t.evse(1).unlock_result.set(UnlockResult::Pending);
        ask(t.at(10), "lost", 1);
        t.at(12).link_down();
        t.at(13);
        the_lock_says(&mut t, 1, result);
        t.at(15).link_up();
        t.wait(60);
        let found = frames(&mut t);
        assert!(found.iter().all(|(name, _)| name == "StatusNotification"), "{found:?}");
        t.evse(1).unlock_result.set(UnlockResult::Unlocked);
        ask(&mut t, "again", 1);
        expect_answer(&mut t, "again", "Unlocked");
    }
}

#[test]
fn unl_02_a_call_on_the_next_connection_is_a_new_one() {
    let mut t = idle();
    t.evse(1).unlock_result.set(UnlockResult::Pending);
    ask(t.at(10), "lost", 1);
    t.at(12).link_down();
    t.at(13).link_up();
    t.evse(1).unlock_result.set(UnlockResult::Unlocked);
    ask(t.at(14), "again", 1);
    expect_answer(&mut t, "again", "Unlocked");
    t.at(100).expect_nothing();
}

#[test]
fn unl_01_msg_02_the_end_of_the_transaction_is_told_on_the_next_connection() {
    let mut t = slow_and_charging();
    ask(t.at(20), "u", 1);
    t.expect_call("StopTransaction", json!({"reason": "UnlockCommand"})).ignore();
    t.at(21).link_down();
    t.at(30).link_up();
    t.expect_stop(json!({"reason": "UnlockCommand", "timestamp": date(20)}));
    t.expect_status(1, "Finishing");
    t.wait(60);
    assert!(frames(&mut t).iter().all(|(name, _)| name == "StatusNotification"));
}

#[test]
fn unl_02_rst_04_a_reboot_ends_the_attempt() {
    let mut t = idle();
    t.evse(1).unlock_result.set(UnlockResult::Pending);
    ask(t.at(10), "u", 1);
    t.at(12).reboot();
    t.boot();
    let polls = t.evse(1).unlock_polls.get();
    t.at(100).expect_nothing();
    assert_eq!(t.evse(1).unlock_polls.get(), polls);
}

// ---- The cable ----

#[test]
fn unl_01_tx_18_the_cable_is_free_when_the_transaction_is_over() {
    let mut t = slow_and_charging();
    assert!(t.charger().locks_cable(1));
    ask(t.at(20), "u", 1);
    assert!(!t.charger().locks_cable(1));
    t.expect_stop(json!({}));
    t.expect_status(1, "Finishing");
    the_lock_says(&mut t, 1, UnlockResult::Unlocked);
    expect_answer(&mut t, "u", "Unlocked");
    assert!(!t.charger().locks_cable(1));
}

#[test]
fn unl_03_tx_10_a_cable_that_is_held_is_freed() {
    let mut t = idle();
    t.plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).start(9, "Blocked");
    t.expect_status(1, "Charging");
    t.expect_stop(json!({"reason": "DeAuthorized"}));
    t.expect_status(1, "Finishing");
    assert!(t.charger().locks_cable(1));
    assert_eq!(t.try_card(1, "OTHER"), Err(BeginError::Busy));
    t.at(20).unplug(1);
    t.at(30).call("UnlockConnector", json!({"connectorId": 1})).expect("Unlocked");
    assert!(!t.charger().locks_cable(1));
    t.expect_status(1, "Available");
    t.accepted_card(1, "OTHER");
    t.expect_status(1, "Preparing");
}

#[test]
fn unl_03_tx_20_also_when_the_ev_was_unplugged() {
    let mut t = bench().lock().key("UnlockConnectorOnEVSideDisconnect", "false").booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(20).unplug(1);
    t.expect_stop(json!({"reason": "EVDisconnected"}));
    let finishing = json!({"status": "Finishing", "errorCode": "NoError", "info": "EV side disconnected"});
    t.expect_call("StatusNotification", finishing).answer(json!({}));
    assert!(t.charger().locks_cable(1));
    t.at(1000).call("UnlockConnector", json!({"connectorId": 1})).expect("Unlocked");
    assert!(!t.charger().locks_cable(1));
    t.expect_status(1, "Available");
}

// ---- Other circumstances ----

#[test]
fn unl_02_boot_07_while_pending_the_cable_is_freed_and_nothing_else_told() {
    for (result, status) in [(UnlockResult::Unlocked, "Unlocked"), (UnlockResult::UnlockFailed, "UnlockFailed")] {
        let mut t = bench().lock().start();
        t.register("Pending", 60);
        t.evse(1).unlock_result.set(result);
        t.call("UnlockConnector", json!({"connectorId": 1})).expect(status);
        t.at(59).expect_nothing();
    }
}

#[test]
fn boot_06_while_rejected_the_lock_is_not_even_asked() {
    let mut t = bench().lock().start();
    t.register("Rejected", 60);
    t.call("UnlockConnector", json!({"connectorId": 1})).expect_silence();
    t.at(59).expect_nothing();
    assert_eq!(t.evse(1).unlock_polls.get(), 0);
}

#[test]
fn unl_05_nothing_starts_while_the_lock_is_broken() {
    let mut t = idle();
    t.at(10).accepted_card(1, "TAG");
    t.expect_status(1, "Preparing");
    t.evse(1).error.set(Some(ErrorData::fault(ChargePointErrorCode::ConnectorLockFailure)));
    t.at(20).plug(1);
    t.expect_error(1, "Faulted", "ConnectorLockFailure");
    assert!(!t.charger().is_transaction_running(1));
    assert!(!t.charger().permits_charge(1));
}

#[test]
fn unl_02_av_01_an_inoperative_and_a_faulted_connector_can_be_unlocked() {
    let mut t = idle();
    t.call("ChangeAvailability", json!({"connectorId": 1, "type": "Inoperative"})).expect("Accepted");
    t.expect_status(1, "Unavailable");
    t.call("UnlockConnector", json!({"connectorId": 1})).expect("Unlocked");
    t.fault(1, Some(ErrorData::fault(ChargePointErrorCode::GroundFailure)));
    t.expect_call("StatusNotification", json!({"status": "Faulted"})).answer(json!({}));
    t.call("UnlockConnector", json!({"connectorId": 1})).expect("Unlocked");
}

#[test]
fn unl_01_av_01_what_was_scheduled_happens_at_the_end_by_unlock() {
    let mut t = slow_and_charging();
    t.call("ChangeAvailability", json!({"connectorId": 1, "type": "Inoperative"})).expect("Scheduled");
    ask(t.at(20), "u", 1);
    t.expect_stop(json!({"reason": "UnlockCommand"}));
    t.expect_status(1, "Unavailable");
    the_lock_says(&mut t, 1, UnlockResult::Unlocked);
    expect_answer(&mut t, "u", "Unlocked");
}
