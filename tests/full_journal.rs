//! A journal that has no room left, and what the firmware can know of it.

mod support;

use embedded_ocpp::ocpp16::BeginError;
use serde_json::json;
use support::{Bench, Frame, Timeline, bench, date};

/// One connector takes an entry for each start, end and sample; room is kept for the transaction of each connector and one
/// more.
const KEPT: u32 = 4;

fn anybody() -> Bench {
    bench().key("AllowOfflineTxForUnknownId", "true").key("LocalPreAuthorize", "false")
}

/// Accepted, then offline, with room for so many entries.
fn offline(bench: Bench, capacity: u32) -> Timeline {
    let mut t = bench.booted();
    t.flash.capacity = capacity;
    t.at(1).link_down();
    t
}

fn charge(t: &mut Timeline, from: u64) {
    t.at(from).plug(1);
    t.card(1, "TAG");
    t.at(from + 5).unplug(1);
}

#[test]
fn msg_15_when_it_is_full_a_transaction_is_refused_and_none_is_lost() {
    let mut t = offline(anybody(), KEPT + 2);
    charge(&mut t, 10);
    assert_eq!((t.charger().waiting_messages(), t.charger().transactions_left()), (2, 1));
    charge(&mut t, 20);
    assert_eq!((t.charger().waiting_messages(), t.charger().transactions_left()), (4, 0));
    t.at(30).plug(1);
    assert_eq!(t.try_card(1, "TAG"), Err(BeginError::JournalFull));
    t.at(40).link_up();
    t.expect_status(1, "Preparing");
    for from in [10, 20] {
        t.expect_call("StartTransaction", json!({"timestamp": date(from)})).start(from as i64, "Accepted");
        t.expect_stop(json!({"timestamp": date(from + 5), "transactionId": from}));
    }
    assert_eq!((t.charger().waiting_messages(), t.charger().transactions_left()), (0, 2));
    t.accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).start(50, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn msg_15_rc_03_a_remote_start_is_rejected_then() {
    let mut t = offline(anybody(), KEPT);
    charge(&mut t, 10);
    t.at(30).link_up();
    let start = t.expect_call("StartTransaction", json!({})).ignore();
    t.call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "APP"})).expect("Rejected");
    t.answer(&start, json!({"transactionId": 1, "idTagInfo": {"status": "Accepted"}}));
    t.expect_stop(json!({}));
    t.call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "APP"})).expect("Accepted");
    t.expect_status(1, "Preparing");
}

#[test]
fn msg_15_where_the_operator_allows_it_energy_is_given_unreported() {
    let mut t = offline(anybody().key("Cst_SilentOfflineTransactions", "true"), KEPT);
    charge(&mut t, 10);
    let written = t.charger().bytes_written();
    t.at(20).plug(1);
    t.card(1, "TAG");
    assert!(t.charger().permits_charge(1));
    assert!(t.charger().transaction(1).unwrap().is_silent);
    t.at(50).link_up();
    t.expect_call("StartTransaction", json!({"timestamp": date(10)})).start(1, "Accepted");
    t.expect_stop(json!({"transactionId": 1}));
    t.expect_status(1, "Charging");
    // The triggered values are those of no transaction.
    t.call("TriggerMessage", json!({"requestedMessage": "MeterValues", "connectorId": 1})).expect("Accepted");
    t.expect_call("MeterValues", json!({"connectorId": 1, "transactionId": null})).answer(json!({}));
    t.at(60).card_again(1, "TAG").unwrap();
    t.expect_status(1, "Finishing");
    assert!(!t.charger().permits_charge(1));
    // Nothing but the transaction that was confirmed has been written.
    assert!(t.charger().bytes_written() < written + 60);
    t.at(70).unplug(1);
    t.expect_status(1, "Available");
    // With room again the next one is told.
    t.at(80).plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({"timestamp": date(80)})).start(2, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn msg_15_tx_26_an_unreported_transaction_leaves_no_trace_after_a_power_cut() {
    let mut t = offline(anybody().key("Cst_SilentOfflineTransactions", "true"), KEPT);
    charge(&mut t, 10);
    t.at(20).plug(1);
    t.card(1, "TAG");
    t.at(30).reboot();
    t.accept_boot();
    t.expect_call("StartTransaction", json!({"timestamp": date(10)})).start(1, "Accepted");
    t.expect_stop(json!({"timestamp": date(15)}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Preparing");
    assert!(t.charger().transaction(1).is_none());
}

/// The registers of all MeterValues that come, each of its minute.
fn delivered_registers(t: &mut Timeline) -> Vec<i64> {
    let mut registers = Vec::new();
    while t.wire.outgoing.front().is_some_and(|frame| frame.contains("MeterValues")) {
        let values = t.expect_call("MeterValues", json!({"transactionId": 42}));
        let value = &values.payload["meterValue"][0];
        let register = value["sampledValue"][0]["value"].as_str().unwrap().parse().unwrap();
        assert_eq!(value["timestamp"], date(register as u64));
        registers.push(register);
        values.answer(json!({}));
    }
    registers
}

/// A transaction at 60 s, whose register is the second of the sample, one in a minute.
fn sample_minutes(t: &mut Timeline, minutes: u64) {
    for minute in 2..=minutes {
        t.evse(1).energy.set(minute as i64 * 60);
        t.at(minute * 60);
    }
}

#[test]
fn msg_02_mv_13_the_samples_of_a_long_transaction_are_thinned_evenly_and_first_and_last_stay() {
    for reboots in [false, true] {
        let mut t = offline(anybody().key("MeterValueSampleInterval", "60"), KEPT + 30);
        t.at(60).meter(1, 60).plug(1);
        t.card(1, "TAG");
        sample_minutes(&mut t, 100);
        t.evse(1).energy.set(6010);
        t.at(6010).unplug(1);
        if reboots {
            t.reboot();
            t.accept_boot();
            t.expect_status(0, "Available");
            t.expect_status(1, "Available");
        } else {
            t.link_up();
        }
        t.expect_call("StartTransaction", json!({"meterStart": 60, "timestamp": date(60)})).start(42, "Accepted");
        let registers = delivered_registers(&mut t);
        t.expect_stop(json!({"transactionId": 42, "meterStop": 6010}));
        // 99 samples at the minutes 2 to 100.
        let gaps: Vec<_> = registers.windows(2).map(|pair| (pair[1] - pair[0]) / 60).collect();
        assert_eq!(registers.first(), Some(&120), "{registers:?}");
        assert!(registers.last() >= Some(&(6000 - 8 * 60)), "{registers:?}");
        assert!((12..=30).contains(&registers.len()), "{registers:?}");
        assert!(gaps.iter().all(|gap| (1..=8).contains(gap)), "{gaps:?}");
        assert_eq!(t.charger().waiting_messages(), 0);
        t.wire.outgoing.clear();
    }
}

#[test]
fn msg_02_thinning_keeps_all_starts_and_ends_and_makes_room_for_more() {
    let mut t = offline(anybody().key("MeterValueSampleInterval", "60"), KEPT + 30);
    let mut now = 60;
    let mut begun = Vec::new();
    loop {
        t.at(now).plug(1);
        if t.try_card(1, "TAG").is_err() {
            break;
        }
        begun.push(now);
        t.at(now + 5 * 60 + 1).unplug(1);
        now += 600;
    }
    // Start, end, first and last sample are 4 entries; some of the last transactions hold more of their samples.
    assert!(begun.len() >= 6, "{begun:?}");
    t.link_up();
    t.expect_status(1, "Preparing");
    for (id, begun) in (1..).zip(&begun) {
        t.expect_call("StartTransaction", json!({"timestamp": date(*begun)})).start(id, "Accepted");
        let mut samples = Vec::new();
        while t.wire.outgoing.front().is_some_and(|frame| frame.contains("MeterValues")) {
            let values = t.expect_call("MeterValues", json!({"transactionId": id}));
            samples.push(values.payload["meterValue"][0]["timestamp"].as_str().unwrap().to_owned());
            values.answer(json!({}));
        }
        assert!(samples.len() >= 2, "{samples:?}");
        assert_eq!(samples.first(), Some(&date(begun + 60)));
        // What was under way while the samples were thinned goes on in its new rhythm.
        assert!([begun + 240, begun + 300].map(date).contains(samples.last().unwrap()), "{samples:?}");
        t.expect_stop(json!({"transactionId": id, "timestamp": date(begun + 301)}));
    }
}

#[test]
fn msg_03_what_waits_is_delivered_although_the_device_takes_nothing_more() {
    let mut t = offline(anybody(), u32::MAX);
    charge(&mut t, 10);
    t.at(20).plug(1);
    t.flash.refuses_entries = true;
    t.card(1, "TAG");
    t.at(60).link_up();
    let mut told = Vec::new();
    while t.seconds() < 180 {
        while let Some(Frame::Call { id, action, .. }) = t.next_frame() {
            t.answer(&id, json!({"transactionId": 1, "idTagInfo": {"status": "Accepted"}}));
            if action != "StatusNotification" {
                told.push(action);
            }
        }
        t.take_errors();
        let next = t.next_deadline().min(180_000);
        t.at_ms(next);
    }
    assert_eq!(told, ["StartTransaction", "StopTransaction"]);
    assert!(!t.charger().permits_charge(1));
    t.flash.refuses_entries = false;
    let next = t.next_deadline();
    t.at_ms(next);
    t.expect_call("StartTransaction", json!({"timestamp": date(20)})).start(2, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn tx_27_a_transaction_goes_on_after_a_power_cut_where_the_firmware_wants_that() {
    let mut t =
        bench().key("MeterValueSampleInterval", "60").configure(|charger| charger.resume_transactions(true)).booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.meter(1, 1500).at(40).power_cut();
    t.at(50).power_on();
    t.link_up();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Charging");
    assert!(t.charger().permits_charge(1));
    let view = t.charger().transaction(1).unwrap();
    assert_eq!((view.transaction_id, view.id_tag, view.meter_start), (Some(42), "TAG", Some(1000)));
    t.at(110).expect_call("MeterValues", json!({"transactionId": 42})).answer(json!({}));
    t.at(120).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({"transactionId": 42, "meterStop": 1500, "idTag": "TAG", "timestamp": date(120)}));
    t.expect_status(1, "Finishing");
}

#[test]
fn tx_27_what_the_central_system_refused_gets_no_energy_after_a_power_cut_either() {
    let bench =
        bench().key("StopTransactionOnInvalidId", "false").configure(|charger| charger.resume_transactions(true));
    let mut t = bench.plugged();
    t.at(10).accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).start(42, "Blocked");
    t.may_report(1, "Charging");
    t.expect_status(1, "SuspendedEVSE");
    t.at(20).reboot();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "SuspendedEVSE");
    assert!(!t.charger().permits_charge(1));
}

#[test]
fn tx_28_a_meter_that_began_anew_ends_with_the_last_register_that_is_stored() {
    let mut t = offline(anybody().key("MeterValueSampleInterval", "60"), u32::MAX);
    t.at(60).meter(1, 1000).plug(1);
    t.card(1, "TAG");
    t.meter(1, 1700).at(120).meter(1, 0);
    t.at(130).reboot();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
    t.expect_call("StartTransaction", json!({"meterStart": 1000})).start(42, "Accepted");
    t.expect_call("MeterValues", json!({"transactionId": 42})).answer(json!({}));
    t.expect_stop(json!({"meterStop": 1700, "reason": "PowerLoss"}));
}

#[test]
fn boot_15_msg_12_what_was_made_without_a_clock_keeps_the_time_of_its_own_boot() {
    let mut t = anybody().start_offline();
    t.at(100).meter(1, 10).plug(1);
    t.card(1, "TAG");
    t.at(200).unplug(1);
    t.at(300).link_up();
    t.accept_boot();
    let start = t.expect_call("StartTransaction", json!({"timestamp": date(100)})).ignore();
    t.at(310).reboot();
    t.accept_boot();
    let again = t.expect_call("StartTransaction", json!({"timestamp": date(100)}));
    assert_eq!(again.id, start);
    again.start(42, "Accepted");
    t.expect_stop(json!({"timestamp": date(200)}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
}
