//! SC: charging profiles and the limits that follow from them (OCPP 1.6 §3.13, §5.5, §5.16).

mod support;

use embedded_ocpp::json::Decimal;
use embedded_ocpp::ocpp16::{Measurand, MeterReading, Reason, Supply, UnitOfMeasure};
use serde_json::{Value, json};
use support::meters::add_meter;
use support::profiles::{
    RESUMES, ampere, clear, composite, limited, maximum, of_transaction, profile, set, told, watt, with,
};
use support::{Event, Timeline, bench, booted, date};

const DAY: u64 = 86_400;

/// Transaction 42 runs since 10 s on connector 1.
fn charging() -> Timeline {
    let mut t = limited().booted();
    t.at(10).start_charging(1, "TAG", 42);
    told();
    t
}

/// Transactions 1 and 2 run on connectors 1 and 2.
fn two_charging() -> Timeline {
    let mut t = limited().two_connectors().booted();
    t.start_charging(1, "ONE", 1);
    t.start_charging(2, "TWO", 2);
    told();
    t
}

/// Lets time pass, with heartbeats only.
fn go(t: &mut Timeline, seconds: u64) {
    while t.seconds() < seconds {
        t.wait(seconds - t.seconds());
        if !t.wire.outgoing.is_empty() {
            let now = date(t.seconds());
            t.expect_call("Heartbeat", json!({})).answer(json!({"currentTime": now}));
        }
    }
}

fn relative(profile: Value) -> Value {
    with(profile, json!({"chargingProfileKind": "Relative", "startSchedule": null}))
}

// ---- Purposes ----

#[test]
fn sc_01_each_purpose_has_its_connectors() {
    let mut t = two_charging();
    let one = [(0, 16.0)];
    for (profile, connector, status) in [
        (maximum(1, 0, &one), 0, "Accepted"),
        (maximum(2, 0, &one), 1, "Rejected"),
        (profile(3, 0, &one), 0, "Accepted"),
        (profile(4, 0, &one), 2, "Accepted"),
        (of_transaction(5, 0, &one), 0, "Rejected"),
        (of_transaction(6, 0, &one), 1, "Accepted"),
    ] {
        set(&mut t, connector, profile, status);
    }
}

#[test]
fn sc_02_a_default_of_a_connector_replaces_that_of_all_on_its_stack_level() {
    let mut t = limited().two_connectors().booted();
    set(&mut t, 0, profile(1, 1, &[(0, 10.0)]), "Accepted");
    assert_eq!((ampere(&mut t, 1), ampere(&mut t, 2)), (100, 100));
    set(&mut t, 1, profile(2, 1, &[(0, 20.0)]), "Accepted");
    assert_eq!((ampere(&mut t, 1), ampere(&mut t, 2)), (200, 100));
    // One that is not valid yet has taken the place of the other all the same.
    set(&mut t, 1, with(profile(2, 1, &[(0, 20.0)]), json!({"validFrom": date(50)})), "Accepted");
    assert_eq!((ampere(&mut t, 1), ampere(&mut t, 2)), (-1, 100));
    // Another level of all still counts, above and below.
    set(&mut t, 0, profile(3, 2, &[(0, 6.0)]), "Accepted");
    t.at(60);
    assert_eq!((ampere(&mut t, 1), ampere(&mut t, 2)), (60, 60));
    clear(&mut t, json!({"id": 3}), "Accepted");
    assert_eq!((ampere(&mut t, 1), ampere(&mut t, 2)), (200, 100));
}

#[test]
fn sc_03_a_tx_profile_wants_its_transaction() {
    let mut t = limited().booted();
    let own = of_transaction(1, 0, &[(0, 10.0)]);
    set(&mut t, 1, own.clone(), "Rejected");
    t.plug(1);
    t.expect_status(1, "Preparing");
    set(&mut t, 1, own.clone(), "Rejected");
    t.accepted_card(1, "TAG");
    let start = t.expect_call("StartTransaction", json!({})).ignore();
    // It runs, but nobody knows its id.
    set(&mut t, 1, with(own.clone(), json!({"transactionId": 42})), "Rejected");
    set(&mut t, 1, own.clone(), "Accepted");
    t.answer(&start, json!({"transactionId": 42, "idTagInfo": {"status": "Accepted"}}));
    t.expect_status(1, "Charging");
    set(&mut t, 1, with(own.clone(), json!({"transactionId": 41})), "Rejected");
    set(&mut t, 1, with(own.clone(), json!({"transactionId": 42})), "Accepted");
    assert_eq!(ampere(&mut t, 1), 100);
    t.stop_charging(1, "TAG");
    set(&mut t, 1, own, "Rejected");
}

#[test]
fn sc_04_sc_05_a_tx_profile_overrules_the_default_but_for_its_gaps() {
    let mut t = charging();
    set(&mut t, 0, profile(1, 8, &[(0, 10.0)]), "Accepted");
    set(&mut t, 1, with(of_transaction(2, 0, &[(0, 20.0)]), json!({"duration": 100})), "Accepted");
    set(
        &mut t,
        1,
        with(of_transaction(3, 1, &[(0, 25.0)]), json!({"validFrom": date(40), "duration": 60})),
        "Accepted",
    );
    assert_eq!(ampere(&mut t, 1), 200);
    t.at(40);
    assert_eq!(ampere(&mut t, 1), 250);
    t.at(70); // 60 s after the start of the transaction
    assert_eq!(ampere(&mut t, 1), 200);
    t.at(110);
    assert_eq!(ampere(&mut t, 1), 100);
    set(&mut t, 1, of_transaction(2, 0, &[(0, 20.0)]), "Accepted");
    assert_eq!(ampere(&mut t, 1), 200);
    t.stop_charging(1, "TAG");
    assert_eq!(ampere(&mut t, 1), 100);
    clear(&mut t, json!({"chargingProfilePurpose": "TxProfile"}), "Unknown");
}

#[test]
fn sc_04_the_next_transaction_gets_no_profile_of_the_last() {
    let mut t = charging();
    set(&mut t, 1, of_transaction(1, 0, &[(0, 10.0)]), "Accepted");
    // No poll between the end and the next card.
    t.charger().end_transaction(None, Reason::Local, 1).unwrap();
    t.settle();
    t.expect_stop(json!({}));
    t.expect_status(1, "Finishing");
    t.unplug(1);
    t.expect_status(1, "Available");
    t.start_charging(1, "OTHER", 43);
    assert_eq!(ampere(&mut t, 1), -1);
}

// ---- Stacking and replacing ----

#[test]
fn sc_06_sc_41_the_highest_level_that_is_valid_wins_and_changes_come_by_themselves() {
    let mut t = limited().booted();
    set(&mut t, 1, profile(1, 0, &[(0, 10.0)]), "Accepted");
    let valid = json!({"validFrom": date(100), "validTo": date(200)});
    set(&mut t, 1, with(profile(2, 1, &[(0, 6.0), (150, 7.0)]), valid), "Accepted");
    told();
    t.at(99);
    assert_eq!(told(), []);
    t.at(100);
    assert_eq!(told(), [(1, 60, 41_400)]);
    t.at(150);
    assert_eq!(told(), [(1, 70, 48_300)]);
    t.at(199);
    assert_eq!(told(), []);
    t.at(200);
    assert_eq!(told(), [(1, 100, 69_000)]);
}

#[test]
fn sc_07_sc_08_the_same_id_or_the_same_level_replaces() {
    let mut t = limited().booted();
    set(&mut t, 1, profile(1, 0, &[(0, 10.0)]), "Accepted");
    set(&mut t, 1, profile(2, 1, &[(0, 11.0)]), "Accepted");
    // The same id on another level: the old one is gone.
    set(&mut t, 1, profile(2, 3, &[(0, 12.0)]), "Accepted");
    clear(&mut t, json!({"stackLevel": 1}), "Unknown");
    // The same level with another id.
    set(&mut t, 1, profile(3, 3, &[(0, 13.0)]), "Accepted");
    clear(&mut t, json!({"id": 2}), "Unknown");
    assert_eq!(ampere(&mut t, 1), 130);
    // Both at once.
    set(&mut t, 1, profile(1, 3, &[(0, 14.0)]), "Accepted");
    clear(&mut t, json!({"stackLevel": 0}), "Unknown");
    assert_eq!(ampere(&mut t, 1), 140);
    // SC-08: a gap until the new one is valid.
    set(&mut t, 1, with(profile(1, 3, &[(0, 14.0)]), json!({"validFrom": date(60)})), "Accepted");
    assert_eq!(ampere(&mut t, 1), -1);
    t.at(60);
    assert_eq!(ampere(&mut t, 1), 140);
    clear(&mut t, json!({}), "Accepted");
    clear(&mut t, json!({}), "Unknown");
}

#[test]
fn sc_31_there_is_no_unlimited_moment_while_a_profile_is_replaced() {
    let mut t = limited().booted();
    set(&mut t, 1, profile(1, 0, &[(0, 10.0)]), "Accepted");
    told();
    set(&mut t, 1, profile(1, 0, &[(0, 12.0)]), "Accepted");
    assert_eq!(told(), [(1, 120, 82_800)]);
    set(&mut t, 1, profile(1, 0, &[(5, 14.0)]), "Rejected");
    let broken = with(profile(1, 0, &[]), json!({"chargingSchedulePeriod": [{"startPeriod": 0, "limit": 1}, {}]}));
    t.call("SetChargingProfile", json!({"connectorId": 1, "csChargingProfiles": broken}))
        .expect_error("OccurenceConstraintViolation");
    assert_eq!(told(), []);
    assert_eq!(ampere(&mut t, 1), 120);
}

// ---- Merging and sharing ----

#[test]
fn sc_09_the_lower_of_maximum_and_own_holds() {
    let mut t = charging();
    set(&mut t, 1, profile(1, 0, &[(0, 10.0), (100, 20.0)]), "Accepted");
    set(&mut t, 0, maximum(2, 0, &[(0, 16.0)]), "Accepted");
    assert_eq!(ampere(&mut t, 1), 100);
    t.at(100);
    assert_eq!(ampere(&mut t, 1), 160);
    // 5000 W / (230 V * 3) = 7.24 A
    set(&mut t, 0, with(maximum(2, 0, &[(0, 5000.0)]), json!({"chargingRateUnit": "W"})), "Accepted");
    assert_eq!((ampere(&mut t, 1), watt(&mut t, 1)), (72, 50_000));
}

#[test]
fn sc_10_the_maximum_is_shared_by_those_who_charge() {
    let mut t = limited().two_connectors().booted();
    set(&mut t, 0, maximum(1, 0, &[(0, 33.1)]), "Accepted");
    assert_eq!((ampere(&mut t, 1), ampere(&mut t, 2)), (331, 331)); // nobody charges
    t.start_charging(1, "ONE", 1);
    assert_eq!(ampere(&mut t, 1), 331);
    t.start_charging(2, "TWO", 2);
    assert_eq!((ampere(&mut t, 1), ampere(&mut t, 2)), (165, 165)); // 16.55 A, rounded down
    // What one does not need goes to the other.
    set(&mut t, 1, profile(2, 0, &[(0, 6.0)]), "Accepted");
    assert_eq!((ampere(&mut t, 1), ampere(&mut t, 2)), (60, 271));
    set(&mut t, 1, profile(2, 0, &[(0, 30.0)]), "Accepted");
    assert_eq!((ampere(&mut t, 1), ampere(&mut t, 2)), (165, 165));
    set(&mut t, 2, profile(3, 0, &[(0, 3.1)]), "Accepted");
    assert_eq!((ampere(&mut t, 1), ampere(&mut t, 2)), (300, 31)); // there is enough for both
    clear(&mut t, json!({"id": 3}), "Accepted");
    t.stop_charging(1, "ONE");
    assert_eq!(ampere(&mut t, 2), 331);
}

#[test]
fn sc_10_watts_are_shared_as_watts() {
    let mut t = two_charging();
    set(&mut t, 0, with(maximum(1, 0, &[(0, 10_000.0)]), json!({"chargingRateUnit": "W"})), "Accepted");
    assert_eq!((watt(&mut t, 1), watt(&mut t, 2)), (50_000, 50_000));
    // 10 A on one phase are 2300 W.
    let one_phase = json!({"chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0, "numberPhases": 1}]});
    set(&mut t, 1, with(profile(2, 0, &[]), one_phase), "Accepted");
    assert_eq!((watt(&mut t, 1), watt(&mut t, 2)), (23_000, 77_000));
}

#[test]
fn sc_10_a_power_brings_no_more_current_than_the_maximum() {
    let mut t = charging();
    // 5000 W on one phase are 21.7 A.
    let period = json!({"startPeriod": 0, "limit": 5000, "numberPhases": 1});
    let members = json!({"chargingRateUnit": "W", "chargingSchedulePeriod": [period]});
    set(&mut t, 1, with(profile(1, 0, &[]), members), "Accepted");
    assert_eq!((ampere(&mut t, 1), watt(&mut t, 1)), (217, 50_000));
    set(&mut t, 0, maximum(2, 0, &[(0, 16.0)]), "Accepted");
    assert_eq!((ampere(&mut t, 1), watt(&mut t, 1)), (160, 36_800));
}

// ---- Schedules ----

#[test]
fn sc_11_absolute_relative_daily_and_weekly() {
    let periods = [(0, 10.0), (60, 12.0)];
    let mut t = limited().booted();
    set(&mut t, 1, with(profile(1, 0, &periods), json!({"startSchedule": date(100)})), "Accepted");
    assert_eq!(ampere(&mut t, 1), -1);
    go(&mut t, 100);
    assert_eq!(ampere(&mut t, 1), 100);
    go(&mut t, 160);
    assert_eq!(ampere(&mut t, 1), 120);
    // Relative: from the start of the transaction on. Without one it would start now.
    set(&mut t, 1, relative(profile(1, 0, &periods)), "Accepted");
    go(&mut t, 300);
    assert_eq!(ampere(&mut t, 1), 100);
    t.start_charging(1, "TAG", 1);
    go(&mut t, 359);
    assert_eq!(ampere(&mut t, 1), 100);
    go(&mut t, 360);
    assert_eq!(ampere(&mut t, 1), 120);
    for (kind, seconds) in [("Daily", DAY), ("Weekly", 7 * DAY)] {
        let start = t.seconds() + 100;
        let members = json!({"chargingProfileKind": "Recurring", "recurrencyKind": kind, "startSchedule": date(start)});
        set(&mut t, 1, with(profile(1, 0, &periods), members), "Accepted");
        assert_eq!(ampere(&mut t, 1), -1, "not before startSchedule");
        for round in 0..3 {
            let begin = start + round * seconds;
            go(&mut t, begin);
            assert_eq!(ampere(&mut t, 1), 100, "{kind}");
            go(&mut t, begin + 60);
            assert_eq!(ampere(&mut t, 1), 120, "{kind}");
            go(&mut t, begin + seconds - 1);
            assert_eq!(ampere(&mut t, 1), 120, "{kind}");
        }
    }
}

#[test]
fn sc_12_sc_13_sc_14_schedules_must_be_whole() {
    let mut t = limited().booted();
    let one = [(0, 10.0)];
    let recurring =
        |members: Value| with(with(profile(1, 0, &one), json!({"chargingProfileKind": "Recurring"})), members);
    for (profile, status) in [
        (with(profile(1, 0, &one), json!({"startSchedule": null})), "Rejected"),
        (recurring(json!({"startSchedule": null, "recurrencyKind": "Daily"})), "Rejected"),
        (recurring(json!({})), "Rejected"),
        (recurring(json!({"recurrencyKind": "Weekly"})), "Accepted"),
        (with(profile(1, 0, &one), json!({"recurrencyKind": "Daily"})), "Accepted"), // ignored
        (profile(1, 0, &[]), "Rejected"),
        (profile(1, 0, &[(1, 10.0)]), "Rejected"),
        (profile(1, 0, &[(0, 10.0), (0, 11.0)]), "Rejected"),
        (profile(1, 0, &[(0, 10.0), (20, 11.0), (10, 12.0)]), "Rejected"),
        (profile(1, 0, &[(-1, 10.0)]), "Rejected"),
        (profile(1, 0, &[(0, -10.0)]), "Rejected"),
        (with(profile(1, 0, &one), json!({"duration": -1})), "Rejected"),
        (profile(1, 0, &[(0, 10.0), (1, 11.0), (2_147_483_647, 12.0)]), "Accepted"),
        (relative(maximum(1, 0, &one)), "Accepted"),
        (relative(profile(1, 0, &one)), "Accepted"),
    ] {
        let connector = i64::from(profile["chargingProfilePurpose"] == "TxDefaultProfile");
        set(&mut t, connector, profile, status);
    }
}

#[test]
fn sc_14_phases_are_one_to_three() {
    let mut t = limited().booted();
    for (phases, status) in [(0, "Rejected"), (1, "Accepted"), (3, "Accepted"), (4, "Rejected"), (-1, "Rejected")] {
        let period = json!({"startPeriod": 0, "limit": 10, "numberPhases": phases});
        set(&mut t, 1, with(profile(1, 0, &[]), json!({"chargingSchedulePeriod": [period]})), status);
    }
}

#[test]
fn sc_15_duration_cuts_or_prolongs_the_periods() {
    let mut t = limited().booted();
    let periods = [(0, 10.0), (100, 12.0)];
    set(&mut t, 1, with(profile(1, 0, &periods), json!({"duration": 50})), "Accepted");
    set(&mut t, 0, profile(2, 8, &[(0, 9.0)]), "Accepted");
    clear(&mut t, json!({"id": 2}), "Accepted");
    go(&mut t, 50);
    assert_eq!(ampere(&mut t, 1), -1);
    set(&mut t, 1, with(profile(1, 0, &periods), json!({"duration": 200})), "Accepted");
    go(&mut t, 199);
    assert_eq!(ampere(&mut t, 1), 120);
    go(&mut t, 200);
    assert_eq!(ampere(&mut t, 1), -1);
    set(&mut t, 1, profile(1, 0, &periods), "Accepted");
    t.link_down();
    t.at(20 * 365 * DAY);
    assert_eq!(ampere(&mut t, 1), 120);
}

#[test]
fn sc_16_recurrences_are_cut_or_leave_a_remainder() {
    let mut t = limited().booted();
    let daily = json!({"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"});
    let long = with(profile(1, 1, &[(0, 10.0), (90_000, 12.0)]), daily.clone());
    set(&mut t, 1, with(long, json!({"duration": 100_000})), "Accepted");
    go(&mut t, DAY - 1);
    assert_eq!(ampere(&mut t, 1), 100);
    go(&mut t, 90_000);
    assert_eq!(ampere(&mut t, 1), 100, "a new day has begun");
    let short = with(with(profile(1, 1, &[(0, 10.0)]), daily), json!({"duration": 3600}));
    set(&mut t, 1, short, "Accepted");
    go(&mut t, DAY + 3600);
    assert_eq!(ampere(&mut t, 1), -1);
    set(&mut t, 1, profile(2, 0, &[(0, 6.0)]), "Accepted");
    assert_eq!(ampere(&mut t, 1), 60);
    go(&mut t, 2 * DAY);
    assert_eq!(ampere(&mut t, 1), 100);
    go(&mut t, 2 * DAY + 3600);
    assert_eq!(ampere(&mut t, 1), 60);
}

#[test]
fn sc_17_without_a_valid_profile_there_is_no_limit() {
    let mut t = charging();
    assert_eq!(ampere(&mut t, 1), -1);
    set(&mut t, 1, with(profile(1, 0, &[(0, 10.0)]), json!({"validTo": date(5)})), "Accepted");
    assert_eq!(ampere(&mut t, 1), -1);
    assert_eq!(told(), []);
}

// ---- Units and phases ----

#[test]
fn sc_18_sc_19_watts_and_amperes() {
    let mut t = limited().booted();
    let mut limits = |unit: &str, limit: f64, phases: Option<i32>| {
        let mut period = json!({"startPeriod": 0, "limit": limit});
        if let Some(phases) = phases {
            period["numberPhases"] = json!(phases);
        }
        let members = json!({"chargingRateUnit": unit, "chargingSchedulePeriod": [period]});
        set(&mut t, 1, with(profile(1, 0, &[]), members), "Accepted");
        let limit = t.charger().charging_limit(1).unwrap();
        (limit.current.mantissa(), limit.power.mantissa(), limit.phases)
    };
    assert_eq!(limits("A", 16.0, None), (160, 110_400, 3));
    assert_eq!(limits("A", 16.0, Some(1)), (160, 36_800, 1));
    assert_eq!(limits("A", 8.1, Some(2)), (81, 37_260, 2));
    assert_eq!(limits("W", 11_000.0, None), (159, 110_000, 3)); // 15.94 A
    assert_eq!(limits("W", 11_000.0, Some(1)), (478, 110_000, 1)); // 47.83 A
    assert_eq!(limits("W", 0.1, None), (0, 1, 3));
    // The most that there is.
    assert_eq!(limits("A", 1e300, None), (1_073_741_823, 4_294_967_295, 3));
    // One phase of 110 V: a current stays what it is, a power is that of three phases if nothing else is said.
    let supply = Supply { voltage: 110, phases: 1, current: Decimal::tenths(155) };
    t.charger().set_supply(supply);
    t.settle();
    let mut limits = |unit: &str, limit: f64| {
        set(&mut t, 1, with(profile(1, 0, &[(0, limit)]), json!({"chargingRateUnit": unit})), "Accepted");
        let limit = t.charger().charging_limit(1).unwrap();
        (limit.current.mantissa(), limit.power.mantissa(), limit.phases)
    };
    assert_eq!(limits("A", 16.0), (160, 17_600, 1));
    assert_eq!(limits("W", 3300.0), (100, 33_000, 1));
}

#[test]
fn sc_20_sc_21_limits_have_one_decimal_and_the_minimum_is_a_hint() {
    let mut t = limited().booted();
    for (limit, expected) in [("8.1", 81), ("8.19", 81), ("16", 160), ("1.6e1", 160), ("0.05", 0), ("0", 0)] {
        let text = serde_json::to_string(&with(profile(1, 0, &[(0, 7.25)]), json!({"minChargingRate": 9.9}))).unwrap();
        let text = text.replace("7.25", limit);
        t.send(&format!(r#"[2,"x","SetChargingProfile",{{"connectorId":1,"csChargingProfiles":{text}}}]"#));
        assert_eq!(t.wire_text(), r#"[3,"x",{"status":"Accepted"}]"#);
        assert_eq!(ampere(&mut t, 1), expected, "{limit}");
    }
}

#[test]
fn sc_22_st_c5_st_e3_nothing_to_take_suspends_the_evse() {
    let mut t = charging();
    set(&mut t, 1, profile(1, 0, &[(0, 0.0), (60, 6.0)]), "Accepted");
    t.expect_status(1, "SuspendedEVSE");
    assert_eq!(told(), [(1, 0, 0)]);
    assert!(!t.charger().permits_charge(1), "a relay is all that some hardware has");
    t.wait(100).expect_status(1, "Charging");
    assert!(t.charger().permits_charge(1));
    assert_eq!(t.seconds(), 60);
    assert_eq!(told(), [(1, 60, 41_400)]);
    // What the hardware makes of little is its own business.
    set(&mut t, 1, profile(1, 0, &[(0, 0.1)]), "Accepted");
    t.at(100).expect_nothing();
    set(&mut t, 0, maximum(2, 0, &[(0, 0.0)]), "Accepted");
    t.expect_status(1, "SuspendedEVSE");
    clear(&mut t, json!({}), "Accepted");
    t.expect_status(1, "Charging");
}

// ---- What is offered ----

#[test]
fn sc_42_what_a_connector_may_take_is_what_it_offers() {
    let mut t = limited().two_connectors().start();
    add_meter(&mut t, 2, MeterReading::new(Measurand::CurrentOffered, Some(UnitOfMeasure::A)))
        .set(Some(Decimal::whole(9)));
    t.boot();
    for list in ["MeterValuesSampledData", "MeterValuesAlignedData", "StopTxnSampledData", "StopTxnAlignedData"] {
        t.change_key(list, "Current.Offered,Power.Offered", "Accepted");
        t.change_key(list, "Current.Offered.L1", "Rejected");
    }
    t.change_key("ClockAlignedDataInterval", "60", "Accepted");
    let mut offers = |seconds, expected: [[&str; 2]; 2]| {
        t.at(seconds);
        for (connector, [ampere, watt]) in (1..).zip(expected) {
            let call = t.expect_call("MeterValues", json!({ "connectorId": connector }));
            let values = &call.payload["meterValue"][0]["sampledValue"];
            let value = |value: &str, measurand: &str, unit: &str| json!({"value": value, "context": "Sample.Clock", "measurand": measurand, "unit": unit});
            assert_eq!(*values, json!([value(ampere, "Current.Offered", "A"), value(watt, "Power.Offered", "W")]));
            call.answer(json!({}));
        }
        if seconds == 60 {
            set(&mut t, 1, profile(1, 0, &[(0, 10.5), (180, 40.0)]), "Accepted");
        }
    };
    offers(60, [["32.0", "22080.0"], ["9", "22080.0"]]); // the hardware: 3 * 230 V * 32 A
    offers(120, [["10.5", "7245.0"], ["9", "22080.0"]]); // 3 * 230 V * 10.5 A
    offers(180, [["32.0", "22080.0"], ["9", "22080.0"]]); // 40 A are more than there are
}

#[test]
fn sc_42_mv_14_nothing_is_offered_where_nothing_can_be_limited() {
    let mut t = booted();
    t.change_key("MeterValuesSampledData", "Current.Offered", "Rejected");
    t.change_key("MeterValuesSampledData", "Power.Offered", "Rejected");
}

// ---- What is refused ----

#[test]
fn sc_23_key_41_key_43_key_45_capacities() {
    let mut t = limited().booted();
    let many: Vec<_> = (0..25).map(|n| (n * 10, 10.0)).collect();
    set(&mut t, 1, profile(1, 9, &[(0, 10.0)]), "Rejected");
    set(&mut t, 1, profile(1, -1, &[(0, 10.0)]), "Rejected");
    set(&mut t, 1, profile(1, 300, &[(0, 10.0)]), "Rejected");
    set(&mut t, 1, profile(1, 8, &many), "Rejected");
    set(&mut t, 1, profile(1, 8, &many[..24]), "Accepted");
    for id in 2..=10 {
        let connector = i64::from(id > 9);
        set(&mut t, connector, profile(id, (id - 2) % 8, &[(0, 10.0)]), "Accepted");
    }
    set(&mut t, 0, maximum(11, 0, &[(0, 10.0)]), "Rejected");
    set(&mut t, 1, profile(1, 8, &many[..20]), "Accepted"); // in its own place
    clear(&mut t, json!({"id": 7}), "Accepted");
    set(&mut t, 0, maximum(11, 0, &[(0, 10.0)]), "Accepted");
    t.call(
        "GetConfiguration",
        json!({"key": ["ChargeProfileMaxStackLevel", "ChargingScheduleMaxPeriods",
        "MaxChargingProfilesInstalled", "ConnectorSwitch3to1PhaseSupported",
        "ChargingScheduleAllowedChargingRateUnit"]}),
    )
    .expect_result(json!({"configurationKey": [
        {"key": "ChargeProfileMaxStackLevel", "readonly": true, "value": "8"},
        {"key": "ChargingScheduleMaxPeriods", "readonly": true, "value": "24"},
        {"key": "MaxChargingProfilesInstalled", "readonly": true, "value": "10"},
        {"key": "ConnectorSwitch3to1PhaseSupported", "readonly": true, "value": "false"},
        {"key": "ChargingScheduleAllowedChargingRateUnit", "readonly": true, "value": "Current,Power"},
    ]}));
}

#[test]
fn sc_23_key_42_units_are_those_of_the_outputs() {
    for (is_current, unit, other, name) in [(true, "A", "W", "Current"), (false, "W", "A", "Power")] {
        let bench = bench();
        let mut t = if is_current {
            bench.wire(|closures, _| closures.set_smart_charging_current_output(&|_| {}))
        } else {
            bench.wire(|closures, _| closures.set_smart_charging_power_output(&|_| {}))
        }
        .booted();
        let in_unit = |unit: &str| with(profile(1, 0, &[(0, 10.0)]), json!({"chargingRateUnit": unit}));
        set(&mut t, 1, in_unit(other), "Rejected");
        set(&mut t, 1, in_unit(unit), "Accepted");
        let conf = t.call("GetCompositeSchedule", json!({"connectorId": 1, "duration": 10})).result();
        assert_eq!(conf["chargingSchedule"]["chargingRateUnit"], unit);
        t.call("GetCompositeSchedule", json!({"connectorId": 1, "duration": 10, "chargingRateUnit": other}))
            .expect("Rejected");
        let found = t.call("GetConfiguration", json!({"key": ["ChargingScheduleAllowedChargingRateUnit"]})).result();
        assert_eq!(found["configurationKey"][0]["value"], name);
    }
}

#[test]
fn sc_43_key_44_the_firmware_says_whether_it_switches_phases() {
    let mut t = bench().key("ConnectorSwitch3to1PhaseSupported", "true").booted();
    t.change_key("ConnectorSwitch3to1PhaseSupported", "false", "Rejected");
    t.call("GetConfiguration", json!({"key": ["ConnectorSwitch3to1PhaseSupported"]})).expect_result(json!({
        "configurationKey": [{"key": "ConnectorSwitch3to1PhaseSupported", "readonly": true, "value": "true"}]}));
}

#[test]
fn sc_24_sc_25_rpc_15_wrong_requests_are_named_and_change_nothing() {
    let mut t = limited().booted();
    let good = profile(1, 0, &[(0, 10.0)]);
    let period = |period: Value| with(good.clone(), json!({"chargingSchedulePeriod": [period]}));
    let property = "PropertyConstraintViolation";
    let missing = "OccurenceConstraintViolation";
    let wrong_type = "TypeConstraintViolation";
    for (profile, code) in [
        (with(good.clone(), json!({"chargingProfilePurpose": "Tx"})), property),
        (with(good.clone(), json!({"chargingProfileKind": "absolute"})), property),
        (with(good.clone(), json!({"recurrencyKind": "Hourly"})), property),
        (with(good.clone(), json!({"chargingRateUnit": "kW"})), property),
        (with(good.clone(), json!({"validFrom": "yesterday"})), property),
        (with(good.clone(), json!({"validTo": "2025-02-30T00:00:00Z"})), property),
        (with(good.clone(), json!({"startSchedule": ""})), property),
        (with(good.clone(), json!({"stackLevel": null})), missing),
        (with(good.clone(), json!({"chargingRateUnit": null})), missing),
        (with(good.clone(), json!({"chargingSchedulePeriod": null})), missing),
        (period(json!({"startPeriod": 0})), missing),
        (period(json!({"limit": 0})), missing),
        (period(json!({"startPeriod": 0, "limit": "10"})), wrong_type),
        (period(json!({"startPeriod": 0.5, "limit": 10})), wrong_type),
        (with(good.clone(), json!({"chargingProfileId": "1"})), wrong_type),
        (with(good.clone(), json!({"chargingSchedulePeriod": {}})), wrong_type),
        (period(json!({"startPeriod": 0, "limit": 10, "phases": 3})), "FormationViolation"),
        (with(good.clone(), json!({"priority": 3})), "FormationViolation"),
    ] {
        let request = json!({"connectorId": 1, "csChargingProfiles": profile});
        t.call("SetChargingProfile", request).expect_error(code);
    }
    for connector in [-1, 2, 255, 256, 257] {
        let request = json!({"connectorId": connector, "csChargingProfiles": good});
        t.call("SetChargingProfile", request).expect_error(property);
    }
    t.call("SetChargingProfile", json!({"connectorId": 1})).expect_error(missing);
    t.call("SetChargingProfile", json!({"csChargingProfiles": good})).expect_error(missing);
    t.call("SetChargingProfile", json!({"connectorId": 1, "csChargingProfiles": []})).expect_error(wrong_type);
    for periods in ["[5]", "[[]]", "[\"x\",null]", "[{}]"] {
        let text = serde_json::to_string(&with(good.clone(), json!({"chargingSchedulePeriod": "HERE"}))).unwrap();
        let text = text.replace("\"HERE\"", periods);
        t.send(&format!(r#"[2,"x","SetChargingProfile",{{"connectorId":1,"csChargingProfiles":{text}}}]"#));
        assert!(t.wire_text().starts_with(r#"[4,"x","#), "{periods}");
    }
    // A member twice, deep inside.
    let text =
        serde_json::to_string(&good).unwrap().replace("\"startPeriod\":0", "\"startPeriod\":0,\"startPeriod\":0");
    t.send(&format!(r#"[2,"x","SetChargingProfile",{{"connectorId":1,"csChargingProfiles":{text}}}]"#));
    assert!(t.wire_text().starts_with(r#"[4,"x","OccurenceConstraintViolation""#));
    assert_eq!(ampere(&mut t, 1), -1);
    // White space, and members in any order.
    let text = serde_json::to_string_pretty(&json!({"csChargingProfiles": good, "connectorId": 1})).unwrap();
    t.send(&format!(r#"[2,"x","SetChargingProfile",{text}]"#));
    assert_eq!(t.wire_text(), r#"[3,"x",{"status":"Accepted"}]"#);
    assert_eq!(ampere(&mut t, 1), 100);
}

#[test]
fn sc_26_without_an_output_it_is_not_supported() {
    let mut t = booted();
    let set = json!({"connectorId": 1, "csChargingProfiles": profile(1, 0, &[(0, 10.0)])});
    t.call("SetChargingProfile", set).expect_error("NotSupported");
    t.call("ClearChargingProfile", json!({})).expect_error("NotSupported");
    t.call("GetCompositeSchedule", json!({"connectorId": 1, "duration": 10})).expect_error("NotSupported");
    for (mut t, is_in) in [(t, false), (limited().booted(), true)] {
        let found = t.call("GetConfiguration", json!({"key": ["SupportedFeatureProfiles"]})).result();
        let profiles = found["configurationKey"][0]["value"].as_str().unwrap().to_owned();
        assert_eq!(profiles.split(',').any(|profile| profile == "SmartCharging"), is_in, "{profiles}");
    }
}

#[test]
fn sc_26_an_output_is_told_at_once() {
    let _t = limited().start_offline();
    assert_eq!(told(), [(1, -1, -1)]);
}

// ---- Reboot, power cut, outage ----

#[test]
fn sc_27_profiles_survive_and_a_tx_profile_its_transaction() {
    for resumes in [false, true] {
        let mut t = limited().start();
        RESUMES.set(resumes);
        t.boot();
        t.reboot();
        t.boot();
        t.start_charging(1, "TAG", 42);
        let weekly = json!({"chargingProfileKind": "Recurring", "recurrencyKind": "Weekly", "duration": 604_000,
            "validFrom": date(0), "validTo": date(900_000)});
        let periods: Vec<_> = (0..24).map(|n| (n * 3600, 10.0 + n as f64 / 10.0)).collect();
        set(&mut t, 0, with(profile(-7, 8, &periods), weekly), "Accepted");
        set(&mut t, 1, of_transaction(2, 0, &[(0, 6.0), (8000, 7.5)]), "Accepted");
        let before = composite(&mut t, 1, 20_000);
        t.at(3600).reboot();
        if !resumes {
            t.accept_boot();
            t.expect_stop(json!({"reason": "PowerLoss"}));
            t.may_report(0, "Available");
            t.may_report(1, "Finishing");
            assert_eq!(ampere(&mut t, 1), 101);
            clear(&mut t, json!({"id": 2}), "Unknown");
        } else {
            t.accept_boot();
            t.may_report(0, "Available");
            t.may_report(1, "Charging");
            assert_eq!(before[..2], [(0, 6.0), (8000, 7.5)]);
            assert_eq!(composite(&mut t, 1, 10_000), [(0, 6.0), (4400, 7.5)], "from the start of the transaction");
            t.stop_charging(1, "TAG");
            clear(&mut t, json!({"id": 2}), "Unknown");
        }
        clear(&mut t, json!({"id": -7}), "Accepted");
        t.reboot();
        t.accept_boot();
        t.expect_status(0, "Available");
        t.expect_status(1, "Preparing");
        clear(&mut t, json!({}), "Unknown");
    }
}

#[test]
fn sc_27_what_was_answered_is_durable_at_every_power_cut() {
    for steps in 0..12 {
        let mut t = limited().booted();
        set(&mut t, 1, profile(1, 0, &[(0, 10.0)]), "Accepted");
        set(&mut t, 1, profile(2, 1, &[(0, 11.0)]), "Accepted");
        t.power.fails_after(steps);
        let request = json!({"connectorId": 1, "csChargingProfiles": profile(1, 1, &[(0, 12.0)])}); // replaces both
        let _ = t.call("SetChargingProfile", request).later();
        let answered = t.next_frame().is_some();
        t.take_errors();
        t.power_cut();
        t.power_on();
        let limit = {
            t.link_up();
            t.boot();
            ampere(&mut t, 1)
        };
        assert!(limit == 120 || !answered && [100, 110].contains(&limit), "{steps}: {limit}");
    }
}

#[test]
fn sc_27_a_profile_is_stored_before_it_is_accepted() {
    let mut t = limited().booted();
    t.take_log();
    set(&mut t, 1, profile(1, 0, &[(0, 10.0)]), "Accepted");
    let log = t.take_log();
    assert!(matches!(log[..], [Event::Stored(0x0c40), Event::Sent(_)]), "{log:?}");
    clear(&mut t, json!({}), "Accepted");
    let log = t.take_log();
    assert!(matches!(log[..], [Event::Removed(0x0c40), Event::Sent(_)]), "{log:?}");
}

#[test]
fn sc_28_sc_29_a_default_takes_effect_on_a_transaction_that_runs() {
    let mut t = charging();
    set(&mut t, 0, profile(1, 0, &[(0, 10.0)]), "Accepted");
    assert_eq!(told(), [(1, 100, 69_000)]);
    set(&mut t, 0, profile(1, 0, &[(0, 12.0)]), "Accepted");
    assert_eq!(told(), [(1, 120, 82_800)]);
    clear(&mut t, json!({}), "Accepted");
    assert_eq!(told(), [(1, -1, -1)]);
    assert!(t.charger().permits_charge(1));
}

#[test]
fn sc_30_profiles_stay_in_force_offline() {
    let mut t = charging();
    set(&mut t, 1, of_transaction(1, 0, &[(0, 10.0), (60, 12.0)]), "Accepted");
    t.at(20).link_down();
    t.at(70);
    assert_eq!(ampere(&mut t, 1), 120);
    t.at(2 * DAY);
    assert_eq!(ampere(&mut t, 1), 120);
}

#[test]
fn sc_30_while_the_date_is_unknown_the_lowest_that_may_hold_does() {
    let mut t = limited().booted();
    set(&mut t, 1, profile(1, 1, &[(0, 16.0), (3600, 8.0), (7200, 20.0)]), "Accepted");
    set(&mut t, 1, relative(profile(2, 0, &[(0, 10.0)])), "Accepted");
    t.power_cut();
    t.power_on();
    assert_eq!(ampere(&mut t, 1), 80);
    t.at(100).link_up();
    t.boot();
    assert_eq!(ampere(&mut t, 1), 160);
    clear(&mut t, json!({"id": 1}), "Accepted");
    t.power_cut();
    t.power_on();
    assert_eq!(ampere(&mut t, 1), 100, "a relative one needs no date");
}

#[test]
fn sc_11_the_limit_of_home_assistant_holds_from_its_acceptance_on() {
    let mut t = charging();
    let limit = json!({"chargingProfileId": 8, "stackLevel": 8, "chargingProfileKind": "Relative",
        "chargingProfilePurpose": "ChargePointMaxProfile", "chargingSchedule": {
            "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 13}]}});
    t.at(500);
    set(&mut t, 0, limit.clone(), "Accepted");
    assert_eq!(told(), [(1, 130, 89_700)]);
    set(&mut t, 1, limit, "Rejected"); // SC-01
    assert_eq!(composite(&mut t, 0, 100), [(0, 13.0)]);
}

#[test]
fn sc_11_a_relative_maximum_counts_from_its_acceptance_also_after_a_power_cut() {
    let mut t = charging();
    t.at(100);
    let steps = with(relative(maximum(1, 0, &[(0, 10.0), (600, 12.0)])), json!({"duration": 900}));
    set(&mut t, 0, steps, "Accepted");
    assert_eq!(composite(&mut t, 1, 1000), [(0, 10.0), (600, 12.0), (900, 32.0)]);
    t.at(400).power_cut();
    t.power_on();
    assert_eq!(ampere(&mut t, 1), 100, "SC-30: the lowest while the date is unknown");
    t.at(450).link_up();
    t.accept_boot();
    t.expect_stop(json!({"reason": "PowerLoss"}));
    t.may_report(0, "Available");
    t.may_report(1, "Finishing");
    assert_eq!(composite(&mut t, 1, 1000), [(0, 10.0), (250, 12.0), (550, 32.0)]);
    go(&mut t, 699);
    assert_eq!(ampere(&mut t, 1), 100);
    go(&mut t, 700);
    assert_eq!(ampere(&mut t, 1), 120);
    go(&mut t, 1000);
    assert_eq!(ampere(&mut t, 1), -1);
}

#[test]
fn sc_11_a_relative_maximum_from_before_the_date_was_known_begins_when_it_is() {
    let mut t = limited().start();
    let boot = t.expect_call("BootNotification", json!({})).ignore();
    set(&mut t, 0, relative(maximum(1, 0, &[(0, 10.0), (60, 8.0)])), "Accepted");
    assert_eq!(ampere(&mut t, 1), 80);
    t.at(20);
    t.answer(&boot, json!({"status": "Accepted", "currentTime": date(20), "interval": 86_400}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    assert_eq!(ampere(&mut t, 1), 100);
    t.at(70).reboot();
    t.boot();
    assert_eq!(composite(&mut t, 1, 100), [(0, 10.0), (10, 8.0)]);
}

#[test]
fn sc_11_a_relative_maximum_that_is_repeated_begins_anew_and_is_seldom_written() {
    for (duration, age, writes) in [(1200, 512, 1..=2), (60, 30, 20..=40)] {
        let mut t = limited().booted();
        let limit = with(relative(maximum(1, 0, &[(0, 10.0)])), json!({"duration": duration}));
        set(&mut t, 0, limit.clone(), "Accepted");
        t.take_log();
        for second in 1..=600 {
            t.at(second);
            set(&mut t, 0, limit.clone(), "Accepted");
        }
        let found = t.take_log().iter().filter(|event| matches!(event, Event::Stored(_))).count();
        assert!(writes.contains(&found), "{found} writes in ten minutes");
        assert_eq!(composite(&mut t, 1, 2000), [(0, 10.0), (duration, 32.0)]);
        t.reboot();
        t.boot();
        let [(0, 10.0), (end, 32.0)] = composite(&mut t, 1, 2000)[..] else { panic!("gone after a power cut") };
        assert!((duration - age..=duration).contains(&end), "the record is {} s old", duration - end);
    }
}

#[test]
fn sc_27_a_profile_that_is_repeated_is_not_written_again() {
    let mut t = charging();
    let default = profile(1, 0, &[(0, 10.0), (60, 12.5)]);
    let own = with(of_transaction(2, 0, &[(0, 16.0), (20, 6.0)]), json!({"transactionId": 42}));
    let max = relative(maximum(3, 0, &[(0, 20.0)]));
    // A limit that holds for ever is the same whenever it has begun.
    let moving = |start: u64| with(profile(4, 1, &[(0, 10.0)]), json!({"startSchedule": date(start)}));
    let weekly = json!({"chargingProfileKind": "Recurring", "recurrencyKind": "Weekly", "validTo": date(9_000_000)});
    let weekly = with(profile(5, 2, &[(0, 11.0), (3600, 12.0)]), weekly);
    let all = |now| [(0, max.clone()), (1, default.clone()), (1, own.clone()), (1, moving(now)), (0, weekly.clone())];
    for (connector, profile) in all(0) {
        set(&mut t, connector, profile, "Accepted");
    }
    let before = t.charger().bytes_written();
    for n in 1..=50 {
        let now = 10 + n * 7;
        t.at(now);
        for (connector, profile) in all(now) {
            set(&mut t, connector, profile, "Accepted");
        }
    }
    assert_eq!(t.charger().bytes_written(), before);
    // Whatever differs is another profile.
    for other in [
        with(default.clone(), json!({"stackLevel": 7})),
        with(default.clone(), json!({"validFrom": date(5)})),
        with(default.clone(), json!({"validTo": date(100_000)})),
        with(default.clone(), json!({"duration": 7000})),
        with(default.clone(), json!({"startSchedule": date(1)})),
        with(default.clone(), json!({"chargingRateUnit": "W"})),
        with(default.clone(), json!({"chargingProfileKind": "Relative"})),
        with(default.clone(), json!({"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"})),
        with(moving(0), json!({"chargingProfileId": 1})),
        profile(1, 0, &[(0, 10.0), (60, 12.4)]),
        profile(1, 0, &[(0, 10.0)]),
        moving(100_000), // has not begun
    ] {
        let before = t.charger().bytes_written();
        set(&mut t, 1, other.clone(), "Accepted");
        assert!(t.charger().bytes_written() > before, "{other}");
    }
}

/// By the date of its start; nobody knows how long the power was off.
#[test]
fn sc_11_tx_27_a_relative_default_counts_from_the_start_of_a_resumed_transaction() {
    let mut t = limited().start();
    RESUMES.set(true);
    t.boot();
    t.reboot();
    t.boot();
    set(&mut t, 0, relative(profile(1, 0, &[(0, 10.0), (100, 20.0), (4000, 8.0)])), "Accepted");
    t.at(10).start_charging(1, "TAG", 42);
    t.at(60).power_cut();
    t.at(90).power_on();
    assert_eq!(ampere(&mut t, 1), 80, "SC-30: the lowest while the date is unknown");
    t.at(105).link_up();
    t.accept_boot();
    t.may_report(0, "Available");
    t.may_report(1, "Charging");
    assert_eq!(ampere(&mut t, 1), 100);
    assert_eq!(composite(&mut t, 1, 10_000), [(0, 10.0), (5, 20.0), (3905, 8.0)]);
    t.at(110);
    assert_eq!(ampere(&mut t, 1), 200);
    t.reboot();
    t.accept_boot();
    t.may_report(0, "Available");
    t.may_report(1, "Charging");
    assert_eq!(ampere(&mut t, 1), 200);
    t.stop_charging(1, "TAG");
    assert_eq!(ampere(&mut t, 1), 100, "the next one would begin now");
}

// ---- Clearing ----

#[test]
fn sc_32_sc_33_sc_34_what_is_cleared() {
    let all = |t: &mut Timeline| {
        set(t, 0, maximum(1, 0, &[(0, 10.0)]), "Accepted");
        set(t, 0, profile(2, 0, &[(0, 11.0)]), "Accepted");
        set(t, 1, profile(3, 0, &[(0, 12.0)]), "Accepted");
        set(t, 1, profile(4, 1, &[(0, 13.0)]), "Accepted");
    };
    for (request, gone) in [
        (json!({}), &[1, 2, 3, 4][..]),
        (json!({"id": 3}), &[3]),
        // Other fields beside the id are ignored.
        (json!({"id": 4, "connectorId": 0, "stackLevel": 7, "chargingProfilePurpose": "TxProfile"}), &[4]),
        (json!({"connectorId": 0}), &[1, 2]),
        (json!({"connectorId": 1}), &[3, 4]),
        (json!({"stackLevel": 0}), &[1, 2, 3]),
        (json!({"chargingProfilePurpose": "TxDefaultProfile"}), &[2, 3, 4]),
        (json!({"chargingProfilePurpose": "TxDefaultProfile", "connectorId": 1, "stackLevel": 0}), &[3]),
        (json!({"chargingProfilePurpose": "TxProfile"}), &[]),
        (json!({"connectorId": 7}), &[]),
        (json!({"id": 5}), &[]),
    ] {
        let mut t = limited().booted();
        all(&mut t);
        clear(&mut t, request.clone(), if gone.is_empty() { "Unknown" } else { "Accepted" });
        for id in 1..=4 {
            let status = if gone.contains(&id) { "Unknown" } else { "Accepted" };
            clear(&mut t, json!({"id": id}), status);
        }
        clear(&mut t, json!({}), "Unknown");
    }
    let mut t = limited().booted();
    t.call("ClearChargingProfile", json!({"chargingProfilePurpose": "x"})).expect_error("PropertyConstraintViolation");
    t.call("ClearChargingProfile", json!({"id": "1"})).expect_error("TypeConstraintViolation");
}

// ---- RemoteStartTransaction ----

fn remote_start(t: &mut Timeline, profile: Value, status: &str) {
    t.call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "TAG", "chargingProfile": profile}))
        .expect(status);
}

#[test]
fn rc_08_the_profile_must_be_a_tx_profile_without_transaction() {
    let mut t = limited().plugged();
    let own = of_transaction(1, 0, &[(0, 10.0)]);
    remote_start(&mut t, profile(1, 0, &[(0, 10.0)]), "Rejected");
    remote_start(&mut t, with(own.clone(), json!({"transactionId": 1})), "Rejected");
    remote_start(&mut t, with(own.clone(), json!({"stackLevel": 9})), "Rejected");
    remote_start(&mut t, of_transaction(1, 0, &[(5, 10.0)]), "Rejected");
    let wrong = with(own, json!({"chargingProfileKind": "x"}));
    t.call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "TAG", "chargingProfile": wrong}))
        .expect_error("PropertyConstraintViolation");
    assert!(!t.charger().is_transaction_active(1));
    clear(&mut t, json!({}), "Unknown");
}

#[test]
fn rc_09_it_rules_the_transaction_that_begins_and_is_replaced_by_its_level() {
    let mut t = limited().plugged();
    set(&mut t, 0, profile(9, 0, &[(0, 16.0)]), "Accepted");
    t.at(40);
    remote_start(&mut t, of_transaction(1, 2, &[(0, 10.0), (60, 12.0)]), "Accepted");
    t.expect_call("StartTransaction", json!({})).start(7, "Accepted");
    t.expect_status(1, "Charging");
    assert_eq!(ampere(&mut t, 1), 100);
    t.at(99);
    assert_eq!(ampere(&mut t, 1), 100);
    t.at(100);
    assert_eq!(ampere(&mut t, 1), 120);
    set(&mut t, 1, with(of_transaction(2, 2, &[(0, 8.0)]), json!({"transactionId": 7})), "Accepted");
    clear(&mut t, json!({"id": 1}), "Unknown");
    assert_eq!(ampere(&mut t, 1), 80);
    t.stop_charging(1, "TAG");
    assert_eq!(ampere(&mut t, 1), 160);
    clear(&mut t, json!({"id": 2}), "Unknown");
}

#[test]
fn rc_09_it_goes_with_a_session_that_comes_to_nothing() {
    let mut t = limited().key("ConnectionTimeOut", "30").booted();
    remote_start(&mut t, of_transaction(1, 0, &[(0, 10.0)]), "Accepted");
    t.expect_status(1, "Preparing");
    assert_eq!(ampere(&mut t, 1), 100);
    // Another session takes its place between two polls.
    t.charger().end_transaction(None, Reason::Local, 1).unwrap();
    t.charger().begin_transaction("OTHER", 1).unwrap();
    t.settle();
    t.expect_call("Authorize", json!({"idTag": "OTHER"})).accept_tag();
    assert_eq!(ampere(&mut t, 1), -1);
    t.at(30).expect_status(1, "Available");
    t.at(100);
    remote_start(&mut t, of_transaction(1, 0, &[(0, 10.0)]), "Accepted");
    t.expect_status(1, "Preparing");
    t.at(130).expect_status(1, "Available");
    assert_eq!(ampere(&mut t, 1), -1);
    clear(&mut t, json!({}), "Unknown");
}

#[test]
fn rc_09_sc_27_it_survives_a_power_cut_with_its_transaction() {
    let mut t = limited().plugged();
    RESUMES.set(true);
    t.reboot();
    t.accept_boot();
    t.may_report(0, "Available");
    t.may_report(1, "Preparing");
    remote_start(&mut t, of_transaction(1, 0, &[(0, 10.0)]), "Accepted");
    t.expect_call("StartTransaction", json!({})).start(7, "Accepted");
    t.expect_status(1, "Charging");
    t.reboot();
    t.accept_boot();
    t.may_report(0, "Available");
    t.may_report(1, "Charging");
    assert_eq!(ampere(&mut t, 1), 100);
    t.stop_charging(1, "TAG");
    assert_eq!(ampere(&mut t, 1), -1);
}

#[test]
fn sc_27_the_answer_waits_for_a_device_that_fails_for_a_few_tries() {
    let mut t = limited().booted();
    t.flash.failing_stores = 2;
    let request = json!({"connectorId": 1, "csChargingProfiles": profile(1, 0, &[(0, 10.0)])});
    let id = t.call("SetChargingProfile", request).later();
    t.expect_nothing();
    t.wait(10).expect_answer(&id, json!({"status": "Accepted"}));
    assert_eq!(t.take_errors().len(), 2);
    t.reboot();
    t.boot();
    assert_eq!(ampere(&mut t, 1), 100);
}

/// Not even a profile that fills its record is cut: 24 periods of the longest numbers.
#[test]
fn sc_27_the_longest_profile_fits_its_record() {
    let mut t = limited().booted();
    let periods: Vec<_> = (0..24)
        .map(|n| json!({"startPeriod": if n == 0 { 0 } else { i32::MAX - 24 + n }, "limit": 1e9, "numberPhases": 3}))
        .collect();
    let members = json!({"chargingSchedulePeriod": periods, "duration": i32::MAX, "startSchedule": "1975-01-01T00:00:00Z",
        "validFrom": date(0), "validTo": "2106-01-01T00:00:00Z"});
    set(&mut t, 1, with(profile(i32::MIN, 8, &[]), members), "Accepted");
    let before = composite(&mut t, 1, 1000);
    t.reboot();
    t.boot();
    assert_eq!(composite(&mut t, 1, 1000), before);
    assert_eq!(before, [(0, 107_374_182.3)]);
}
