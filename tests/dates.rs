//! When things happened is told as it was, whether the clock was set then or not, and through any number of boots.

mod support;

use embedded_ocpp::time::DateTime;
use serde_json::{Value, json};
use support::{Bench, Frame, Timeline, bench, date};

/// Anybody may charge without being asked about, so that sessions begin before the clock is set.
fn anybody() -> Bench {
    bench().key("AllowOfflineTxForUnknownId", "true").key("TransactionMessageRetryInterval", "0")
}

/// A session of six seconds that begins 10 s after the boot, without a link.
fn session(t: &mut Timeline, boot: u64, id_tag: &str) {
    t.at(boot + 10).plug(1);
    t.card(1, id_tag);
    t.at(boot + 16).card_again(1, id_tag).unwrap();
    t.unplug(1);
}

/// The central system accepts, and answers no message of a transaction. Returns the first that it hears.
fn accepted_but_unheard(t: &mut Timeline) -> Option<Value> {
    t.link_up();
    t.accept_boot();
    let mut first = None;
    while let Some(Frame::Call { id, action, payload }) = t.next_frame() {
        if action == "StatusNotification" {
            t.answer(&id, json!({}));
        } else {
            first = Some(payload);
        }
    }
    t.link_down();
    first
}

/// The central system accepts when its clock shows this.
fn accept_at(t: &mut Timeline, seconds: u64) {
    let accepted = json!({"status": "Accepted", "currentTime": date(seconds), "interval": 86_400});
    t.expect_call("BootNotification", json!({})).answer(accepted);
}

/// Takes what waits, and returns the dates of starts and ends in the order in which they come.
fn deliver(t: &mut Timeline) -> Vec<String> {
    t.link_up();
    t.accept_boot();
    let mut dates = Vec::new();
    while let Some(Frame::Call { id, action, payload }) = t.next_frame() {
        match &*action {
            "StartTransaction" => t.answer(&id, json!({"transactionId": 42, "idTagInfo": {"status": "Accepted"}})),
            _ => t.answer(&id, json!({})),
        }
        if let "StartTransaction" | "StopTransaction" = &*action {
            dates.push(payload["timestamp"].as_str().unwrap().to_owned());
        }
    }
    dates
}

#[test]
fn msg_12_boot_15_what_may_have_been_sent_keeps_its_date_through_any_number_of_boots() {
    let mut t = anybody().start_offline();
    session(&mut t, 0, "TAG");
    t.at(100);
    let first = accepted_but_unheard(&mut t).expect("a start");
    assert_eq!(first["timestamp"], date(10));
    for boot in 1..=20 {
        t.power_cut();
        t.at(1000 * boot).power_on();
        t.at(1000 * boot + 5);
        assert_eq!(accepted_but_unheard(&mut t).as_ref(), Some(&first), "boot {boot}");
    }
    t.power_cut();
    t.at(30_000).power_on();
    assert_eq!(deliver(&mut t), [date(10), date(16)]);
}

#[test]
fn boot_15_msg_01_sessions_of_many_boots_keep_their_order_and_their_length() {
    let mut t = anybody().start_offline();
    let mut expected = Vec::new();
    for boot in 0..12 {
        let begin = 1000 * boot;
        if boot > 0 {
            t.power_cut();
            t.at(begin).power_on();
        }
        session(&mut t, begin, "TAG");
        expected.extend([date(begin + 10), date(begin + 16)]);
        t.at(begin + 100);
        accepted_but_unheard(&mut t);
    }
    t.power_cut();
    t.at(20_000).power_on();
    assert_eq!(deliver(&mut t), expected);
}

#[test]
fn boot_15_a_boot_whose_clock_was_never_set_is_dated_by_the_next_and_stays_so() {
    let mut t = anybody().start_offline();
    session(&mut t, 0, "TAG");
    t.power_cut();
    t.at(1000).power_on();
    session(&mut t, 1000, "TAG");
    t.at(1100);
    // The first boot ended before this one began.
    let first = accepted_but_unheard(&mut t).expect("a start");
    assert_eq!(first["timestamp"], date(1000));
    for boot in 2..=8 {
        t.power_cut();
        t.at(1000 * boot).power_on();
        accepted_but_unheard(&mut t);
    }
    t.power_cut();
    t.at(10_000).power_on();
    assert_eq!(deliver(&mut t), [date(1000), date(1000), date(1010), date(1016)]);
}

#[test]
fn boot_15_a_clock_that_is_corrected_changes_nothing_that_was_told() {
    let mut t = anybody().start_offline();
    session(&mut t, 0, "TAG");
    t.at(100).link_up();
    t.accept_boot();
    let id = t.expect_call("StartTransaction", json!({"timestamp": date(10)})).ignore();
    assert!(t.charger().set_date_time(embedded_ocpp::time::DateTime::parse(&date(5000)).unwrap()));
    t.link_down();
    t.at(101).link_up();
    let again = t.expect_call("StartTransaction", json!({"timestamp": date(10)}));
    assert_eq!(again.id, id);
    again.start(42, "Accepted");
    t.expect_stop(json!({"timestamp": date(16)}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
}

#[test]
fn msg_12_tx_14_an_end_that_was_told_not_before_its_start_stays_so_when_it_is_told_again() {
    for steps in 1..=3 {
        let mut t = anybody().booted();
        t.at(9000).start_charging(1, "TAG", 42);
        t.power_cut();
        t.unplug(1);
        t.at(10_000).power_on();
        t.link_up();
        accept_at(&mut t, 5000); // the clock of the central system was set back
        let id = t.expect_call("StopTransaction", json!({"timestamp": date(9000)})).ignore();
        t.power.fails_after(steps);
        t.answer(&id, json!({}));
        t.power_cut();
        t.wire.outgoing.clear();
        t.at(10_100).power_on();
        assert!(deliver(&mut t).iter().all(|ended| *ended == date(9000)), "after {steps} steps");
    }
}

#[test]
fn boot_15_the_entry_that_dates_others_is_no_message() {
    let mut t = anybody().start_offline();
    session(&mut t, 0, "TAG");
    assert_eq!(t.charger().waiting_messages(), 2);
    t.at(100);
    accepted_but_unheard(&mut t);
    assert_eq!(t.charger().waiting_messages(), 2);
    t.power_cut();
    t.at(200).power_on();
    assert_eq!(t.charger().waiting_messages(), 2);
    assert_eq!(deliver(&mut t), [date(10), date(16)]);
    assert_eq!(t.charger().waiting_messages(), 0);
    assert!(t.charger().journal().is_empty());
}

#[test]
fn boot_15_a_device_that_fails_meanwhile_delays_but_changes_no_date() {
    let mut t = anybody().start_offline();
    session(&mut t, 0, "TAG");
    t.at(100);
    t.flash.failing_stores = 2;
    t.flash.failing_loads = 0;
    t.link_up();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    t.wait(10);
    t.expect_call("StartTransaction", json!({"timestamp": date(10)})).start(42, "Accepted");
    t.wait(10);
    t.expect_stop(json!({"timestamp": date(16)}));
    t.take_errors();
}

/// 2025-01-01T00:00:00Z and so many seconds.
fn moment(seconds: u64) -> Option<DateTime> {
    Some(DateTime::parse(&date(seconds)).unwrap())
}

#[test]
fn the_last_known_date_is_there_after_a_boot_without_a_connection() {
    let mut t = bench().start();
    assert_eq!(t.charger().last_known_date(), None);
    t.boot();
    assert_eq!(t.charger().last_known_date(), moment(0));
    t.at(100).power_cut();
    t.power_on();
    assert_eq!(t.charger().last_known_date(), moment(0));
    assert!(!t.charger().clock().is_set());
    // A boot that learns no date loses none.
    t.power_cut();
    t.power_on();
    assert_eq!(t.charger().last_known_date(), moment(0));
}

const DAY: u64 = 86_400;

/// Sets the clock, and returns the bytes that were written for it.
fn set(t: &mut Timeline, seconds: u64) -> u64 {
    let before = t.charger().bytes_written();
    assert!(t.charger().set_date_time(moment(seconds).unwrap()));
    t.settle();
    t.charger().bytes_written() - before
}

#[test]
fn the_last_known_date_costs_one_record_a_day_and_follows_the_clock_back_as_well() {
    let mut t = bench().start_offline();
    assert!(set(&mut t, 2 * DAY) > 0);
    assert_eq!(set(&mut t, 3 * DAY - 1), 0);
    assert_eq!(set(&mut t, DAY + 1), 0);
    assert_eq!(t.charger().last_known_date(), moment(2 * DAY));
    assert!(set(&mut t, 3 * DAY) > 0);
    assert_eq!(t.charger().last_known_date(), moment(3 * DAY));
    assert!(set(&mut t, 0) > 0); // it was wrong
    t.power_cut();
    t.power_on();
    assert_eq!(t.charger().last_known_date(), moment(0));
}

/// The power fails at each write of a boot that learns the date of the next day: that of its own record, then that of the date.
#[test]
fn no_power_cut_loses_the_last_known_date() {
    let mut seen = Vec::new();
    for steps in 1..=3 {
        let mut t = bench().start_offline();
        set(&mut t, 0);
        t.power_cut();
        t.power_on_for(steps);
        if t.charger().set_date_time(moment(DAY).unwrap()) {
            t.settle();
        }
        t.power_cut();
        t.power_on();
        seen.push(t.charger().last_known_date());
    }
    assert_eq!(seen, [moment(0), moment(0), moment(DAY)]);
}
