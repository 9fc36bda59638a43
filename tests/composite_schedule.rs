//! SC-35 to SC-40: what GetCompositeSchedule tells (OCPP 1.6 §5.7).

mod support;

use embedded_ocpp::json::Decimal;
use embedded_ocpp::ocpp16::Supply;
use serde_json::{Value, json};
use support::profiles::{composite, composite_in, limited, maximum, of_transaction, profile, set, with};
use support::{Timeline, date};

fn conf(t: &mut Timeline, request: Value) -> Value {
    t.call("GetCompositeSchedule", request).result()
}

#[test]
fn sc_35_sc_36_the_whole_answer() {
    let mut t = limited().booted();
    let periods = json!([{"startPeriod": 0, "limit": 16, "numberPhases": 1}, {"startPeriod": 60, "limit": 8.1}]);
    set(&mut t, 1, with(profile(1, 0, &[]), json!({"chargingSchedulePeriod": periods})), "Accepted");
    t.at(20);
    let expected = json!({"status": "Accepted", "connectorId": 1, "scheduleStart": date(20), "chargingSchedule": {
        "duration": 300, "chargingRateUnit": "A", "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 16.0, "numberPhases": 1}, {"startPeriod": 40, "limit": 8.1}]}});
    assert_eq!(conf(&mut t, json!({"connectorId": 1, "duration": 300, "chargingRateUnit": "A"})), expected);
}

#[test]
fn sc_36_equal_neighbours_are_one_and_the_end_is_left_out() {
    let mut t = limited().booted();
    set(&mut t, 1, profile(1, 0, &[(0, 10.0), (10, 10.0), (20, 12.0), (30, 14.0)]), "Accepted");
    assert_eq!(composite(&mut t, 1, 31), [(0, 10.0), (20, 12.0), (30, 14.0)]);
    assert_eq!(composite(&mut t, 1, 30), [(0, 10.0), (20, 12.0)]);
    assert_eq!(composite(&mut t, 1, 1), [(0, 10.0)]);
    assert_eq!(composite(&mut t, 1, 0), [(0, 10.0)]);
}

#[test]
fn sc_36_a_week_is_the_most() {
    let mut t = limited().booted();
    let week = 7 * 86_400;
    for (asked, told) in [(week, week), (week + 1, week), (i32::MAX as i64, week)] {
        let conf = conf(&mut t, json!({"connectorId": 1, "duration": asked}));
        assert_eq!(conf["chargingSchedule"]["duration"], told);
    }
    t.call("GetCompositeSchedule", json!({"connectorId": 1, "duration": -1})).expect("Rejected");
}

#[test]
fn sc_37_the_unit_is_the_one_that_is_asked_for() {
    let mut t = limited().booted();
    set(&mut t, 1, with(profile(1, 0, &[(0, 11_000.0)]), json!({"chargingRateUnit": "W"})), "Accepted");
    assert_eq!(composite_in(&mut t, 1, 10, "W"), [(0, 11_000.0)]);
    assert_eq!(composite_in(&mut t, 1, 10, "A"), [(0, 15.9)]);
    t.call("GetCompositeSchedule", json!({"connectorId": 1, "duration": 10, "chargingRateUnit": "V"}))
        .expect_error("PropertyConstraintViolation");
    t.call("GetCompositeSchedule", json!({"connectorId": 1})).expect_error("OccurenceConstraintViolation");
}

#[test]
fn sc_09_sc_17_the_lower_of_both_at_each_moment() {
    let mut t = limited().booted();
    set(&mut t, 1, with(profile(1, 0, &[(0, 10.0), (100, 20.0)]), json!({"duration": 300})), "Accepted");
    set(&mut t, 0, with(maximum(2, 0, &[(0, 12.0), (200, 6.0)]), json!({"duration": 400})), "Accepted");
    // 32 A is the hardware (SC-40).
    assert_eq!(composite(&mut t, 1, 500), [(0, 10.0), (100, 12.0), (200, 6.0), (400, 32.0)]);
}

#[test]
fn sc_05_sc_06_stacks_of_both_purposes() {
    let mut t = limited().booted();
    t.at(10).start_charging(1, "TAG", 1);
    set(&mut t, 0, profile(1, 0, &[(0, 20.0)]), "Accepted");
    let valid = json!({"validFrom": date(50), "validTo": date(100)});
    set(&mut t, 1, with(of_transaction(2, 1, &[(0, 8.0), (60, 9.0)]), valid), "Accepted");
    set(&mut t, 1, with(of_transaction(3, 0, &[(0, 12.0)]), json!({"duration": 70})), "Accepted");
    // From 10 s on: 12 A until 50 s, 8 A until 70 s, 9 A until 100 s, then 20 A, for the other ended at 80 s.
    assert_eq!(composite(&mut t, 1, 1000), [(0, 12.0), (40, 8.0), (60, 9.0), (90, 20.0)]);
}

#[test]
fn sc_11_sc_16_recurrences_and_relative_schedules() {
    let mut t = limited().booted();
    let daily = json!({"chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "duration": 36_000,
        "startSchedule": date(3600)});
    set(&mut t, 1, with(profile(1, 1, &[(0, 6.0), (7200, 8.0)]), daily), "Accepted");
    let relative = json!({"chargingProfileKind": "Relative", "startSchedule": null});
    set(&mut t, 1, with(profile(2, 0, &[(0, 20.0), (1800, 24.0)]), relative), "Accepted");
    let expected = [
        (0, 20.0),
        (1800, 24.0),
        (3600, 6.0),
        (10_800, 8.0),
        (39_600, 24.0),
        (90_000, 6.0),
        (97_200, 8.0),
        (126_000, 24.0),
    ];
    assert_eq!(composite(&mut t, 1, 2 * 86_400), expected);
}

#[test]
fn sc_38_connector_0_is_what_all_take_from_the_grid() {
    let mut t = limited().two_connectors().booted();
    assert_eq!(composite(&mut t, 0, 100), [(0, 64.0)]);
    set(&mut t, 0, profile(1, 0, &[(0, 10.0)]), "Accepted");
    assert_eq!(composite(&mut t, 0, 100), [(0, 20.0)]);
    set(&mut t, 1, profile(2, 0, &[(0, 30.0), (50, 6.0)]), "Accepted");
    assert_eq!(composite(&mut t, 0, 100), [(0, 40.0), (50, 16.0)]);
    set(&mut t, 0, maximum(3, 0, &[(0, 25.0)]), "Accepted");
    assert_eq!(composite(&mut t, 0, 100), [(0, 25.0), (50, 16.0)]);
    assert_eq!(composite_in(&mut t, 0, 100, "W"), [(0, 17_250.0), (50, 11_040.0)]);
}

#[test]
fn sc_39_unknown_connectors_are_rejected() {
    let mut t = limited().booted();
    for connector in [-1, 2, 255, 256, 257] {
        t.call("GetCompositeSchedule", json!({"connectorId": connector, "duration": 10})).expect("Rejected");
    }
}

#[test]
fn sc_40_without_a_profile_the_hardware_sets_the_limit() {
    let mut t = limited().booted();
    assert_eq!(composite(&mut t, 1, 10), [(0, 32.0)]);
    assert_eq!(composite_in(&mut t, 1, 10, "W"), [(0, 22_080.0)]);
    t.charger().set_supply(Supply { voltage: 230, phases: 3, current: Decimal::whole(48) });
    let conf = conf(&mut t, json!({"connectorId": 1, "duration": 10, "chargingRateUnit": "W"}));
    let periods = json!([{"startPeriod": 0, "limit": 33_120.0, "numberPhases": 3}]);
    assert_eq!(conf["chargingSchedule"]["chargingSchedulePeriod"], periods);
}

/// 24 periods on each of seven days do not fit a send buffer.
#[test]
fn sc_35_an_answer_of_any_length_goes_out_in_pages() {
    let daily = json!({"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"});
    let hours: Vec<_> = (0..24).map(|hour| (hour * 3600, 6.0 + hour as f64 / 10.0)).collect();
    let mut t = limited().booted();
    set(&mut t, 1, with(profile(1, 0, &hours), daily), "Accepted");
    t.at(1800);
    let found = composite(&mut t, 1, 7 * 86_400);
    assert!(t.wire.parts > 1);
    let expected: Vec<_> = (0..=168)
        .map(|hour| (if hour == 0 { 0 } else { hour * 3600 - 1800 }, (60 + hour % 24) as f64 / 10.0))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn sc_35_every_length_ends_well_whatever_the_page_ends_with() {
    let daily = json!({"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"});
    let hours: Vec<_> = (0..24).map(|hour| (hour * 10, 6.0 + hour as f64)).collect();
    let mut t = limited().booted();
    set(&mut t, 1, with(profile(1, 0, &hours), daily), "Accepted");
    for seconds in 1..=240 {
        assert_eq!(composite(&mut t, 1, seconds).len() as i64, (seconds + 9) / 10);
    }
}
