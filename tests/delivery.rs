//! MSG and TX: no transaction message is lost, whatever happens (OCPP 1.6 §3.7, errata 3.18).

mod support;

use embedded_ocpp::ocpp16::BeginError;
use embedded_ocpp::store::{Journal, RecordKey, registry};
use embedded_ocpp::transport::ConnectFailure;
use serde_json::{Value, json};
use support::{Event, Frame, Timeline, bench, charging, date, plugged};

/// The card is authorised at 10 s, and StartTransaction is what comes next.
fn starting() -> Timeline {
    let mut t = plugged();
    t.at(10).accepted_card(1, "TAG");
    t
}

fn position(log: &[Event], wanted: impl Fn(&Event) -> bool) -> usize {
    log.iter().position(wanted).unwrap_or_else(|| panic!("not in {log:?}"))
}

fn sends<'w>(text: &'w str) -> impl Fn(&Event) -> bool + 'w {
    move |event| matches!(event, Event::Sent(frame) if frame.contains(text))
}

fn is_entry(key: &RecordKey) -> bool {
    registry::JOURNAL.contains(key)
}

// ---- Order ----

#[test]
fn msg_05_every_message_is_durable_before_it_is_sent() {
    let mut t = bench().key("MeterValueSampleInterval", "60").booted();
    t.take_log();
    t.start_charging(1, "TAG", 1);
    t.at(60).expect_call("MeterValues", json!({})).answer(json!({}));
    t.at(70).stop_charging(1, "TAG");
    let log = t.take_log();
    let entries: Vec<_> = log.iter().filter(|event| matches!(event, Event::Stored(key) if is_entry(key))).collect();
    for (entry, action) in entries.into_iter().zip(["StartTransaction", "MeterValues", "StopTransaction"]) {
        let Event::Stored(key) = entry else { unreachable!() };
        let stored = position(&log, |event| event == entry);
        let sent = position(&log, sends(action));
        let removed = position(&log, |event| *event == Event::Removed(*key));
        assert!(stored < sent && sent < removed, "{action}: {log:?}");
    }
    assert_eq!(log.iter().filter(|event| matches!(event, Event::Removed(key) if is_entry(key))).count(), 3);
}

#[test]
fn tx_03_the_transaction_id_is_durable_before_the_start_is_forgotten() {
    let mut t = starting();
    t.take_log();
    t.expect_call("StartTransaction", json!({})).start(42, "Accepted");
    t.expect_status(1, "Charging");
    let log = t.take_log();
    let id = position(&log, |event| *event == Event::Stored(0x0081));
    let removed = position(&log, |event| matches!(event, Event::Removed(key) if is_entry(key)));
    assert!(id < removed, "{log:?}");
}

#[test]
fn msg_01_msg_03_chronological_over_all_connectors() {
    let mut t = bench().two_connectors().key("AllowOfflineTxForUnknownId", "true").booted();
    t.at(10).link_down();
    for (at, connector, tag) in [(20, 2, "TWO"), (30, 1, "ONE")] {
        t.at(at).plug(connector);
        t.card(connector, tag);
    }
    t.meter(1, 1100).at(40).unplug(1);
    t.meter(2, 1200).at(50).unplug(2);
    t.at(100).link_up();
    let start = |at, connector| json!({"connectorId": connector, "timestamp": date(at)});
    t.expect_call("StartTransaction", start(20, 2)).start(7, "Accepted");
    t.expect_call("StartTransaction", start(30, 1)).start(8, "Accepted");
    t.expect_stop(json!({"transactionId": 8, "timestamp": date(40), "meterStop": 1100}));
    t.expect_stop(json!({"transactionId": 7, "timestamp": date(50), "meterStop": 1200}));
}

#[test]
fn msg_03_tx_33_the_end_waits_for_the_answer_to_the_start() {
    let mut t = starting();
    let start = t.expect_call("StartTransaction", json!({})).ignore();
    t.at(15).card_again(1, "TAG").unwrap();
    t.expect_nothing();
    t.answer(&start, json!({"transactionId": 77, "idTagInfo": {"status": "Accepted"}}));
    t.expect_status(1, "Charging");
    t.expect_stop(json!({"transactionId": 77, "timestamp": date(15)}));
    t.expect_status(1, "Finishing");
}

#[test]
fn msg_14_tx_31_mv_22_an_offline_session_is_told_as_it_was() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").key("MeterValueSampleInterval", "60").booted();
    t.at(10).link_down();
    t.at(20).plug(1);
    t.at(30).card(1, "TAG");
    assert!(t.charger().permits_charge(1));
    t.meter(1, 1500).at(100);
    t.meter(1, 1700).at(120).card_again(1, "TAG").unwrap();
    t.at(130).unplug(1);
    t.meter(1, 9999).at(5000).link_up();
    let start = t.expect_call("StartTransaction", json!({}));
    assert_eq!(start.payload, json!({"connectorId": 1, "idTag": "TAG", "meterStart": 1000, "timestamp": date(30)}));
    start.start(5, "Accepted");
    let value = json!([{"timestamp": date(90), "sampledValue": [{"value": "1500"}]}]);
    t.expect_call("MeterValues", json!({"transactionId": 5, "meterValue": value})).answer(json!({}));
    let stop = t.expect_call("StopTransaction", json!({}));
    let expected =
        json!({"transactionId": 5, "idTag": "TAG", "meterStop": 1700, "timestamp": date(120), "reason": "Local"});
    assert_eq!(stop.payload, expected);
    stop.answer(json!({}));
    assert_eq!(t.charger().waiting_messages(), 0);
}

#[test]
fn boot_15_tx_31_also_when_the_clock_was_unset_at_that_time() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").key("MeterValueSampleInterval", "60").start_offline();
    t.at(20).plug(1);
    t.at(30).card(1, "TAG");
    t.at(100).unplug(1);
    t.at(500).link_up();
    t.boot();
    t.expect_call("StartTransaction", json!({"timestamp": date(30)})).start(5, "Accepted");
    t.expect_call("MeterValues", json!({"transactionId": 5, "meterValue": [{"timestamp": date(90)}]}))
        .answer(json!({}));
    t.expect_stop(json!({"transactionId": 5, "timestamp": date(100)}));
}

#[test]
fn msg_04_msg_09_the_wait_for_the_next_attempt_blocks_nobody_else() {
    let mut t = starting();
    t.expect_call("StartTransaction", json!({})).refuse("InternalError");
    t.expect_status(1, "Charging");
    t.at(20).ready(1, false, true);
    t.expect_status(1, "SuspendedEV");
    t.call("GetConfiguration", json!({"key": ["ConnectionTimeOut"]})).result();
    t.call("TriggerMessage", json!({"requestedMessage": "Heartbeat"})).expect("Accepted");
    t.expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(20)}));
    t.wait(60).expect_call("StartTransaction", json!({})).start(1, "Accepted");
}

// ---- Attempts ----

/// Default keys: 3 attempts, 60 s.
#[test]
fn msg_06_msg_07_msg_08_a_message_is_tried_three_times_and_shown_when_it_is_given_up() {
    let mut t = charging();
    t.meter(1, 1900).at(100).card_again(1, "TAG").unwrap();
    let stop = t.expect_call("StopTransaction", json!({}));
    let (id, payload) = (stop.id.clone(), stop.payload.clone());
    stop.refuse("InternalError");
    t.expect_status(1, "Finishing");
    for at in [160, 280] {
        t.at_ms(at * 1000 - 1).expect_nothing();
        let again = t.at(at).expect_call("StopTransaction", payload.clone());
        assert_eq!((&again.id, &again.payload), (&id, &payload));
        again.refuse("InternalError");
    }
    let shown = t.discarded.borrow().clone();
    assert_eq!(shown.len(), 1);
    for content in ["connector: 1", "Stop", "transaction_id: 42", "meter_stop: 1900", "Local", "count: 1"] {
        assert!(shown[0].contains(content), "{content} is not in {shown:?}");
    }
    assert_eq!(t.charger().waiting_messages(), 0);
    t.at(80_000).expect_nothing();
}

#[test]
fn tx_04_what_follows_an_undeliverable_start_has_the_id_minus_1() {
    let mut t = bench()
        .key("TransactionMessageAttempts", "2")
        .key("TransactionMessageRetryInterval", "5")
        .key("MeterValueSampleInterval", "60")
        .plugged();
    t.at(10).accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).refuse("GenericError");
    t.expect_status(1, "Charging");
    t.at(15).expect_call("StartTransaction", json!({})).refuse("GenericError");
    let shown = t.discarded.borrow().clone();
    assert!(shown[0].contains("Start") && shown[0].contains("\"TAG\"") && shown[0].contains("1000"), "{shown:?}");
    assert!(t.charger().permits_charge(1));
    assert_eq!(t.charger().transaction(1).unwrap().transaction_id, Some(-1));
    t.call("RemoteStopTransaction", json!({"transactionId": 1})).expect("Rejected");
    t.at(70).expect_call("MeterValues", json!({"transactionId": -1})).answer(json!({}));
    t.at(80).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({"transactionId": -1}));
    t.expect_status(1, "Finishing");
}

#[test]
fn tx_04_msg_05_the_id_minus_1_survives_a_reboot() {
    let mut t = bench().key("TransactionMessageAttempts", "1").plugged();
    t.at(10).accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).refuse("GenericError");
    t.expect_status(1, "Charging");
    t.at(20).reboot();
    t.accept_boot();
    t.expect_stop(json!({"transactionId": -1, "reason": "PowerLoss"}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
}

#[test]
fn msg_06_a_silent_server_uses_up_no_attempt() {
    let mut t = charging();
    t.at(100).card_again(1, "TAG").unwrap();
    let mut times = 0;
    // Two days of silence on an open connection.
    while t.seconds() < 2 * 86_400 {
        while let Some(frame) = t.next_frame() {
            times += u32::from(matches!(frame, Frame::Call { action, .. } if action == "StopTransaction"));
        }
        t.wait(3600);
    }
    assert!(times > 10, "{times}");
    assert!(t.discarded.borrow().is_empty());
    assert_eq!(t.charger().waiting_messages(), 1);
    t.next_frame();
}

#[test]
fn msg_06_a_server_that_ignores_this_message_alone_does_not_block_the_queue() {
    let mut t = bench().key("TransactionMessageRetryInterval", "10").key("MessageTimeout", "30").booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(100).card_again(1, "TAG").unwrap();
    let mut times = 0;
    while t.discarded.borrow().is_empty() {
        match t.next_frame() {
            Some(Frame::Call { action, .. }) if action == "StopTransaction" => times += 1,
            Some(Frame::Call { id, .. }) => t.answer(&id, json!({})),
            Some(other) => assert!(matches!(other, Frame::Result { .. })),
            None => {
                // The server lives: now and then it asks for something.
                t.wait(20);
                let request = json!([2, t.seconds().to_string(), "GetConfiguration", {"key": ["x"]}]);
                t.send(&request.to_string());
            }
        }
        assert!(t.seconds() < 3600);
    }
    assert_eq!(times, 3);
    while t.next_frame().is_some() {}
    assert_eq!(t.charger().waiting_messages(), 0);
}

#[test]
fn msg_06_a_heartbeat_after_each_silence_finds_out_a_server_that_ignores_the_message() {
    let mut t = charging();
    t.at(100).card_again(1, "TAG").unwrap();
    let stop = t.expect_call("StopTransaction", json!({})).ignore();
    t.at(130).expect_status(1, "Finishing");
    for resend in [190, 340] {
        t.expect_call("Heartbeat", json!({})).answer(json!({}));
        assert_eq!(t.at(resend).expect_call("StopTransaction", json!({})).ignore(), stop);
        t.wait(30);
    }
    assert!(t.discarded.borrow().is_empty());
    t.expect_call("Heartbeat", json!({})).answer(json!({}));
    assert_eq!((t.discarded.borrow().len(), t.charger().waiting_messages()), (1, 0));
    t.at(80_000).expect_nothing();
}

#[test]
fn msg_06_a_server_that_answered_nothing_else_either_has_not_ignored_the_message() {
    let mut t = bench().key("TransactionMessageAttempts", "1").key("TransactionMessageRetryInterval", "120").booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(100).card_again(1, "TAG").unwrap();
    let stop = t.expect_call("StopTransaction", json!({})).ignore();
    t.at(130).expect_call("StatusNotification", json!({})).ignore();
    let _ = t.at(160).expect_call("Heartbeat", json!({})).ignore();
    t.at(200).unplug(1); // the server is back now
    t.expect_status(1, "Available");
    let again = t.at(250).expect_call("StopTransaction", json!({}));
    assert_eq!(again.id, stop);
    again.answer(json!({}));
    assert!(t.discarded.borrow().is_empty());
    assert_eq!(t.charger().waiting_messages(), 0);
}

#[test]
fn msg_07_the_wait_after_a_silence_counts_from_the_timeout_whatever_else_is_answered_meanwhile() {
    let mut t = charging();
    t.at(100).card_again(1, "TAG").unwrap();
    let _ = t.expect_call("StopTransaction", json!({})).ignore();
    t.at(130).expect_status(1, "Finishing"); // answered: the server lives
    t.expect_call("Heartbeat", json!({})).answer(json!({}));
    let _ = t.at(190).expect_call("StopTransaction", json!({})).ignore();
    t.at(220).expect_call("Heartbeat", json!({})).answer(json!({}));
    t.at(225).unplug(1);
    t.expect_status(1, "Available");
    t.at(340).expect_stop(json!({}));
}

#[test]
fn msg_06_msg_13_a_lost_link_uses_up_no_attempt() {
    let mut t = bench().key("TransactionMessageAttempts", "1").booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(100).card_again(1, "TAG").unwrap();
    let stop = t.expect_call("StopTransaction", json!({}));
    let (id, payload) = (stop.id.clone(), stop.payload.clone());
    let _ = stop.ignore();
    for round in 1..10 {
        t.at(100 + round).link_down();
        t.link_up();
        let again = t.expect_call("StopTransaction", json!({}));
        assert_eq!((&again.id, &again.payload), (&id, &payload));
        let _ = again.ignore();
    }
    assert!(t.discarded.borrow().is_empty());
    t.answer(&id, json!({}));
    t.expect_status(1, "Finishing");
    assert_eq!(t.charger().waiting_messages(), 0);
}

#[test]
fn msg_06_what_a_dead_link_has_swallowed_is_not_held_against_the_message() {
    let mut t =
        bench().two_connectors().key("TransactionMessageAttempts", "1").key("MeterValueSampleInterval", "60").booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(70).expect_call("MeterValues", json!({})).ignore(); // the link is dead already, and nobody knows
    t.at(100).expect_call("Heartbeat", json!({})).ignore();
    t.at(160).expect_call("MeterValues", json!({})).ignore();
    t.at(190).expect_call("Heartbeat", json!({})).ignore();
    t.at(300).link_down();
    t.plug(2);
    t.at(301).link_up();
    t.expect_status(2, "Preparing"); // answered on the new link, before the next attempt
    assert!(t.discarded.borrow().is_empty());
    for _ in 0..4 {
        t.expect_call("MeterValues", json!({"transactionId": 42})).answer(json!({}));
    }
}

#[test]
fn msg_06_a_connection_that_fails_while_sending_costs_nothing() {
    let mut t = bench().key("TransactionMessageAttempts", "1").booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.wire.fail_next_send = true;
    t.at(100).card_again(1, "TAG").unwrap();
    assert_eq!(t.take_errors(), ["WireError"]);
    t.at(110).link_up();
    t.expect_stop(json!({"transactionId": 42, "timestamp": date(100)}));
    t.expect_status(1, "Finishing");
}

#[test]
fn rpc_22_a_connection_that_fails_while_receiving_ends_the_call() {
    let mut t = charging();
    t.at(100).card_again(1, "TAG").unwrap();
    let id = t.expect_call("StopTransaction", json!({})).ignore();
    t.wire.fail_next_receive = true;
    t.at(101).settle();
    assert_eq!(t.take_errors(), ["WireError"]);
    assert!(!t.charger().is_connected());
    t.at(110).link_up();
    let again = t.expect_call("StopTransaction", json!({}));
    assert_eq!(again.id, id);
    again.answer(json!({}));
    t.expect_status(1, "Finishing");
}

#[test]
fn msg_03_a_transport_that_takes_nothing_for_a_while_delays_and_loses_nothing() {
    let mut t = charging();
    t.wire.busy = u32::MAX;
    t.at(100).card_again(1, "TAG").unwrap();
    t.at(115).expect_nothing();
    t.wire.busy = 0;
    t.settle();
    t.expect_stop(json!({"timestamp": date(100)}));
    t.expect_status(1, "Finishing");
}

#[test]
fn msg_10_any_result_takes_the_message_away() {
    for conf in [json!({}), json!({"idTagInfo": 7}), json!({"transactionId": "x"}), json!({"nonsense": [1, 2]})] {
        let mut t = charging();
        t.at(100).card_again(1, "TAG").unwrap();
        t.expect_call("StopTransaction", json!({})).answer(conf);
        t.expect_status(1, "Finishing");
        assert_eq!(t.charger().waiting_messages(), 0);
        t.at(10_000).expect_nothing();
    }
}

#[test]
fn msg_04_st_01_states_and_transaction_messages_leave_in_the_order_in_which_they_happened() {
    let mut t = bench().two_connectors().booted();
    t.at(10).plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    let start = t.expect_call("StartTransaction", json!({})).ignore();
    t.at(12).plug(2);
    t.at(15).answer(&start, json!({"transactionId": 9, "idTagInfo": {"status": "Blocked"}}));
    t.expect_status(1, "Charging");
    t.expect_status(2, "Preparing");
    t.expect_stop(json!({"reason": "DeAuthorized", "timestamp": date(15)}));
    t.expect_status(1, "Finishing");
    // A new transaction on the same cable (F2).
    t.at(20).accepted_card(1, "OTHER");
    t.expect_status(1, "Preparing");
    t.expect_call("StartTransaction", json!({"idTag": "OTHER"})).start(10, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn msg_04_st_03_a_state_that_must_last_holds_back_no_transaction_message() {
    let mut t = bench().key("MinimumStatusDuration", "60").booted();
    t.at(10).plug(1);
    t.at(20).accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({"timestamp": date(20)})).start(1, "Accepted");
    t.at(30).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({"timestamp": date(30)}));
    t.at(90).expect_status(1, "Finishing");
}

#[test]
fn msg_10_rpc_20_a_start_that_is_answered_without_an_id_goes_on_as_minus_1() {
    let mut t = starting();
    t.expect_call("StartTransaction", json!({})).answer(json!({}));
    t.expect_status(1, "Charging");
    t.expect_stop(json!({"transactionId": -1, "reason": "DeAuthorized"}));
    t.expect_status(1, "Finishing");
}

#[test]
fn msg_11_zero_attempts_are_one_and_zero_interval_is_no_tight_loop() {
    let mut t = bench().key("TransactionMessageAttempts", "0").booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(100).card_again(1, "TAG").unwrap();
    t.expect_call("StopTransaction", json!({})).refuse("InternalError");
    assert_eq!(t.discarded.borrow().len(), 1);
    t.expect_status(1, "Finishing");

    let mut t = bench().key("TransactionMessageRetryInterval", "0").booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(100).card_again(1, "TAG").unwrap();
    t.expect_call("StopTransaction", json!({})).refuse("InternalError");
    t.expect_status(1, "Finishing");
    t.wait(10).expect_stop(json!({}));
    assert!(t.seconds() > 100);
}

// ---- Connections ----

#[test]
fn rpc_03_connections_are_tried_for_ever_with_growing_waits() {
    let mut t = bench().start_offline();
    let mut waits = Vec::new();
    for _ in 0..20 {
        t.charger().connect_failed(ConnectFailure::NoAnswer);
        let due = t.charger().connect_at().as_millis();
        let now = t.seconds() * 1000;
        waits.push(due - now);
        t.at(due.div_ceil(1000));
    }
    assert!(waits[0] <= 2_000 && waits.iter().all(|wait| *wait <= 300_000), "{waits:?}");
    assert!(waits[..8].windows(2).all(|pair| pair[0] < pair[1]), "{waits:?}");
    assert!(waits[19] >= 150_000, "{waits:?}");
    // The connection proves itself: the waits start over.
    t.link_up();
    t.boot();
    t.link_down();
    let now = t.seconds() * 1000;
    assert!(t.charger().connect_at().as_millis() - now <= 2_000);
}

// ---- Reboots ----

#[test]
fn msg_05_rebooted_before_the_start_is_sent() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").booted();
    t.at(10).link_down();
    t.plug(1);
    t.at(20).card(1, "TAG");
    t.meter(1, 1050).at(100).reboot();
    t.accept_boot();
    t.expect_call("StartTransaction", json!({"timestamp": date(20), "meterStart": 1000})).start(3, "Accepted");
    let stop = json!({"transactionId": 3, "reason": "PowerLoss", "meterStop": 1050, "timestamp": date(100)});
    t.expect_stop(stop);
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
}

#[test]
fn msg_05_msg_12_rebooted_while_the_start_is_unanswered() {
    let mut t = starting();
    let start = t.expect_call("StartTransaction", json!({}));
    let (id, payload) = (start.id.clone(), start.payload.clone());
    let _ = start.ignore();
    t.at(20).reboot();
    t.accept_boot();
    let again = t.expect_call("StartTransaction", json!({}));
    assert_eq!((&again.id, &again.payload), (&id, &payload));
    again.start(3, "Accepted");
    t.expect_stop(json!({"transactionId": 3, "reason": "PowerLoss"}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
}

#[test]
fn tx_26_tx_28_rebooted_after_the_start() {
    let mut t = charging();
    t.meter(1, 900).at(50).reboot();
    t.accept_boot();
    // A new meter that begins below: never below meterStart.
    let stop = t.expect_call("StopTransaction", json!({}));
    let expected = json!({"transactionId": 42, "reason": "PowerLoss", "meterStop": 1000, "timestamp": date(50)});
    assert_eq!(stop.payload, expected);
    stop.answer(json!({}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
    t.at(60).reboot();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Preparing");
}

#[test]
fn tx_26_st_02_an_end_that_the_firmware_holds_back_after_a_power_cut_charges_nothing() {
    let mut t = charging();
    t.evse(1).stop_ready.set(false);
    t.at(50).reboot();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Preparing");
    assert!(!t.charger().permits_charge(1));
    t.at(55).evse(1).stop_ready.set(true);
    t.settle();
    t.expect_stop(json!({"transactionId": 42, "reason": "PowerLoss", "timestamp": date(50)}));
    t.expect_status(1, "Finishing");
    assert!(!t.charger().permits_charge(1));
}

#[test]
fn msg_05_msg_12_rebooted_while_the_stop_is_unanswered() {
    let mut t = charging();
    t.meter(1, 1300).at(50).card_again(1, "TAG").unwrap();
    let stop = t.expect_call("StopTransaction", json!({}));
    let (id, payload) = (stop.id.clone(), stop.payload.clone());
    let _ = stop.ignore();
    t.unplug(1);
    t.at(60).reboot();
    t.accept_boot();
    let again = t.expect_call("StopTransaction", json!({}));
    assert_eq!((&again.id, &again.payload), (&id, &payload));
    again.answer(json!({}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    t.at(70).reboot();
    t.boot();
}

#[test]
fn msg_05_order_survives_several_reboots() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").booted();
    t.at(5).link_down();
    for session in 0..5 {
        let at = 10 + session * 100;
        t.at(at).plug(1);
        t.card(1, &format!("TAG{session}"));
        t.meter(1, 1000 + 100 * session as i64 + 50).at(at + 50).unplug(1);
        t.at(at + 60).power_cut();
        t.power_on();
    }
    t.at(1000).link_up();
    t.boot();
    for session in 0..5 {
        let id = 100 + session;
        let start = json!({"idTag": format!("TAG{session}"), "meterStart": if session == 0 { 1000 } else { 950 + 100 * session }});
        t.expect_call("StartTransaction", start).start(id, "Accepted");
        t.expect_stop(json!({"transactionId": id, "meterStop": 1050 + 100 * session}));
    }
    while t
        .next_frame()
        .is_some_and(|frame| matches!(frame, Frame::Call { action, .. } if action == "StatusNotification"))
    {}
}

#[test]
fn rpc_08_ids_of_two_boots_differ() {
    let mut t = bench().start();
    let mut ids = std::collections::HashSet::new();
    for _ in 0..20 {
        let boot = t.expect_call("BootNotification", json!({}));
        assert!(ids.insert(boot.id.clone()), "{}", boot.id);
        let _ = boot.ignore();
        t.reboot();
    }
    t.next_frame();
}

/// A central system that answers everything, and remembers what it was told.
#[derive(Default)]
struct Central {
    told: Vec<(String, String, Value)>,
}

impl Central {
    fn serve(&mut self, t: &mut Timeline, until: u64) {
        loop {
            while let Some(frame) = t.next_frame() {
                let Frame::Call { id, action, payload } = frame else { panic!("{frame:?}") };
                let conf = match action.as_str() {
                    "BootNotification" => {
                        json!({"status": "Accepted", "currentTime": date(t.seconds()), "interval": 86_400})
                    }
                    "Authorize" => json!({"idTagInfo": {"status": "Accepted"}}),
                    "StartTransaction" => {
                        json!({"transactionId": self.transaction_of(&id), "idTagInfo": {"status": "Accepted"}})
                    }
                    _ => json!({}),
                };
                self.told.push((id.clone(), action, payload));
                if t.power.is_off() {
                    return;
                }
                t.answer(&id, conf);
            }
            if t.power.is_off() || t.seconds() >= until {
                return;
            }
            let left = until - t.seconds();
            t.wait(left);
        }
    }

    /// The same id for the same message, as a central system that knows duplicates would do.
    fn transaction_of(&self, message: &str) -> usize {
        let starts = self.once("StartTransaction");
        1000 + starts.iter().position(|(id, _)| *id == message).unwrap_or(starts.len())
    }

    /// What it was told, each message once, in the order in which it came first.
    fn once(&self, action: &str) -> Vec<(&str, &Value)> {
        let mut found: Vec<(&str, &Value)> = Vec::new();
        for (id, name, payload) in &self.told {
            if name == action && found.iter().all(|(other, _)| other != id) {
                found.push((id, payload));
            }
        }
        found
    }
}

/// Plays one session, with a power cut after `first` records and frames and another one after `second` more. `false`
/// when the session was over before the first.
fn play(offline: bool, first: u32, second: u32) -> bool {
    let mut central = Central::default();
    let mut t = bench()
        .key("AllowOfflineTxForUnknownId", "true")
        .key("MeterValueSampleInterval", "30")
        .clock_from(if offline { 1_700_000_000_000 } else { 0 })
        .start_offline();
    t.power.fails_after(first);
    let mut energy = false;
    type Step = fn(&mut Timeline);
    let steps: [(u64, Step); 6] = [
        (5, |t| t.plug(1)),
        (10, |t| {
            let _ = t.try_card(1, "TAG");
        }),
        (40, |t| {
            t.meter(1, 1300);
        }),
        (80, |t| {
            t.meter(1, 1700);
        }),
        (100, |t| {
            let _ = t.card_again(1, "TAG");
        }),
        (110, |t| t.unplug(1)),
    ];
    if !offline {
        t.link_up();
    }
    for (at, step) in steps {
        central.serve(&mut t, at);
        if t.power.is_off() {
            break;
        }
        step(&mut t);
        // Energy that flowed before the lights went out must be billed.
        energy |= !t.power.is_off() && t.charger().permits_charge(1);
    }
    if offline && !t.power.is_off() {
        t.link_up();
    }
    central.serve(&mut t, 200);
    let cut = t.power.is_off();
    for cut_again in [Some(second), None] {
        if cut {
            t.power_cut();
            while t.next_frame().is_some() {}
            let now = t.seconds();
            t.at(now + 30);
            if let Some(steps) = cut_again {
                t.power_on_for(steps);
            } else {
                t.power_on();
            }
            t.link_up();
            central.serve(&mut t, now + 400);
        }
    }

    let case = format!("offline {offline}, cuts after {first} and {second}: {:#?}", central.told);
    let starts = central.once("StartTransaction");
    let stops = central.once("StopTransaction");
    assert!(starts.len() <= 1 && starts.len() == stops.len(), "{case}");
    assert!(!energy || starts.len() == 1, "energy flowed unbilled: {case}");
    if let ([(_, start)], [(_, stop)]) = (starts.as_slice(), stops.as_slice()) {
        assert_eq!((&start["idTag"], &start["meterStart"]), (&json!("TAG"), &json!(1000)), "{case}");
        assert_eq!(stop["transactionId"], 1000, "{case}");
        assert!(stop["meterStop"].as_i64() >= Some(1000), "{case}");
        assert!(stop["timestamp"].as_str() >= start["timestamp"].as_str(), "{case}");
        for (_, sample) in central.once("MeterValues") {
            assert_eq!(sample["transactionId"], 1000, "{case}");
        }
        let place = |wanted: &str| central.told.iter().position(|(_, action, _)| action == wanted);
        assert!(place("StartTransaction") < place("StopTransaction"), "{case}");
    }
    assert_eq!(t.charger().waiting_messages(), 0, "{case}");
    cut
}

#[test]
fn msg_05_a_power_cut_at_any_moment_loses_and_doubles_nothing() {
    for offline in [false, true] {
        let cuts = (1..).take_while(|first| play(offline, *first, 1000)).count();
        assert!(cuts > 15, "{cuts}");
    }
}

#[test]
fn msg_05_nor_do_two_power_cuts() {
    for offline in [false, true] {
        for first in (1..).take_while(|first| play(offline, *first, 1000)) {
            for second in 1..20 {
                play(offline, first, second);
            }
        }
    }
}

// ---- The full store ----

#[test]
fn msg_15_msg_02_a_full_journal_keeps_starts_and_stops_and_refuses_new_transactions() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").key("MeterValueSampleInterval", "1").booted();
    t.at(1).link_down();
    t.plug(1);
    t.card(1, "TAG");
    assert!(t.charger().permits_charge(1));
    t.at(10_000);
    assert!(t.charger().permits_charge(1));
    t.meter(1, 5000).card_again(1, "TAG").unwrap();
    assert!(t.charger().waiting_messages() <= Journal::CAPACITY);
    assert_eq!(t.try_card(1, "NEXT"), Err(BeginError::JournalFull));
    t.reboot();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Preparing");
    t.expect_call("StartTransaction", json!({"idTag": "TAG", "meterStart": 1000})).start(1, "Accepted");
    let mut last = Value::Null;
    while let Some(Frame::Call { id, action, payload }) = t.next_frame() {
        if action == "StopTransaction" {
            last = payload;
        } else {
            assert!(action == "MeterValues" && last.is_null() || action == "StatusNotification", "{action}");
        }
        t.answer(&id, json!({}));
    }
    assert_eq!((&last["transactionId"], &last["meterStop"]), (&json!(1), &json!(5000)));
    assert_eq!(t.try_card(1, "NEXT"), Ok(()));
    let _ = t.expect_call("Authorize", json!({"idTag": "NEXT"})).ignore();
}

#[test]
fn msg_12_a_record_made_before_the_clock_was_set_keeps_its_first_date_over_a_reboot() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").start_offline();
    t.plug(1);
    t.at(30).card(1, "TAG");
    t.at(100).unplug(1);
    t.at(500).link_up();
    t.accept_boot();
    let _ = t.expect_call("StartTransaction", json!({"timestamp": date(30)})).ignore();
    t.at(520).reboot();
    t.accept_boot();
    t.expect_call("StartTransaction", json!({"timestamp": date(30)})).start(1, "Accepted");
    t.expect_stop(json!({"transactionId": 1, "reason": "EVDisconnected"}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
}

#[test]
fn msg_14_a_damaged_start_never_lends_the_id_of_the_transaction_before() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").key("MeterValueSampleInterval", "60").booted();
    t.at(10).start_charging(1, "TAG", 7);
    t.at(20).stop_charging(1, "TAG");
    t.unplug(1);
    t.expect_status(1, "Available");
    t.at(30).link_down();
    t.take_log();
    t.plug(1);
    t.card(1, "TAG");
    let log = t.take_log();
    let key = log
        .iter()
        .find_map(|e| match e {
            Event::Stored(k) if is_entry(k) => Some(*k),
            _ => None,
        })
        .unwrap();
    t.flash.records.get_mut(&key).unwrap()[5] ^= 1;
    t.at(95).link_up();
    t.expect_status(1, "Charging");
    t.expect_call("MeterValues", json!({"transactionId": -1})).answer(json!({}));
}

#[test]
fn msg_12_a_corrected_clock_does_not_change_what_was_sent_before() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").start_offline();
    t.plug(1);
    t.at(30).card(1, "TAG");
    t.at(500).link_up();
    t.accept_boot();
    t.expect_call("StartTransaction", json!({"timestamp": date(30)})).refuse("InternalError");
    t.expect_status(0, "Available");
    t.expect_status(1, "Charging");
    t.call("TriggerMessage", json!({"requestedMessage": "Heartbeat"})).expect("Accepted");
    t.expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(503)}));
    t.wait(100);
    t.expect_call("StartTransaction", json!({"timestamp": date(30)})).start(1, "Accepted");
}
