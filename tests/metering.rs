//! MV: what is measured, when, and how it is told (OCPP 1.6 §3.16, §4.7, §7.31; errata 3.14 to 3.16, 3.78, 3.91).

mod support;

use embedded_ocpp::json::Decimal;
use embedded_ocpp::ocpp16::{Location, Measurand, MeterReading, Phase, UnitOfMeasure};
use serde_json::{Value, json};
use support::meters::{
    ENERGY, LISTS, POWER, add_main_meter, add_meter, aligned, boot_at, contexts, current, energy, in_transaction, line,
    lines, measurands, outside, power, sampling, set_clock, stop, told, trigger, value_of, voltage,
};
use support::{Frame, bench, booted, charging, date};

// ---- Periodic samples ----

#[test]
fn mv_01_mv_09_mv_10_samples_come_at_the_interval_of_the_transaction() {
    let mut t = sampling("60", ENERGY).booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.meter(1, 1100).at_ms(69_999).expect_nothing();
    t.at(70);
    let sample = t.expect_call("MeterValues", json!({}));
    assert_eq!(sample.payload, in_transaction(1, 42, 70, json!([energy("Sample.Periodic", "1100")])));
    sample.answer(json!({}));
    t.at(130).expect_call("MeterValues", json!({"transactionId": 42})).answer(json!({}));
    t.at(140).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({"transactionData": null}));
    t.expect_status(1, "Finishing");
    t.at(1000).expect_nothing();
}

#[test]
fn mv_01_an_interval_of_0_samples_nothing() {
    let mut t = charging();
    t.at(80_000).expect_nothing();
}

#[test]
fn mv_01_each_transaction_has_its_own_rhythm() {
    let mut t = sampling("60", ENERGY).two_connectors().booted();
    t.at(10).start_charging(1, "ONE", 11);
    t.at(25).start_charging(2, "TWO", 12);
    for (at, connector, transaction) in [(70, 1, 11), (85, 2, 12), (130, 1, 11), (145, 2, 12)] {
        t.at(at);
        let sampled = json!([energy("Sample.Periodic", "1000")]);
        assert_eq!(told(&mut t), [in_transaction(connector, transaction, at, sampled)]);
    }
}

#[test]
fn mv_01_mv_09_samples_that_come_late_are_dated_late_and_keep_the_rhythm() {
    let mut t = sampling("60", ENERGY).booted();
    t.at(10).start_charging(1, "TAG", 42);
    let sampled = json!([energy("Sample.Periodic", "1000")]);
    t.stall(95);
    assert_eq!(told(&mut t), [in_transaction(1, 42, 95, sampled.clone())]);
    t.at(130);
    assert_eq!(told(&mut t), [in_transaction(1, 42, 130, sampled.clone())]);
    // What was missed is not made up for.
    t.stall(400);
    assert_eq!(told(&mut t), [in_transaction(1, 42, 400, sampled)]);
}

#[test]
fn mv_05_a_sample_holds_exactly_what_is_listed() {
    let mut t = sampling("60", "Power.Active.Import,SoC").start();
    add_meter(&mut t, 1, voltage(Phase::L1)).set(Some(Decimal::tenths(2301)));
    let soc = add_meter(&mut t, 1, MeterReading::new(Measurand::SoC, Some(UnitOfMeasure::Percent)));
    t.boot();
    t.at(10).start_charging(1, "TAG", 42);
    t.evse(1).power.set(7360);
    soc.set(Some(Decimal::whole(55)));
    t.at(70);
    let percent = json!({"value": "55", "context": "Sample.Periodic", "measurand": "SoC", "unit": "Percent"});
    let sampled = json!([power("Sample.Periodic", "7360"), percent]);
    assert_eq!(told(&mut t), [in_transaction(1, 42, 70, sampled)]);
}

#[test]
fn mv_16_what_has_no_value_now_is_left_out_and_nothing_makes_no_message() {
    let mut t = sampling("60", "SoC,Voltage").start();
    let soc = add_meter(&mut t, 1, MeterReading::new(Measurand::SoC, Some(UnitOfMeasure::Percent)));
    add_meter(&mut t, 1, voltage(Phase::L1));
    t.boot();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(100).expect_nothing();
    soc.set(Some(Decimal::whole(80)));
    t.at(130);
    let percent = json!({"value": "80", "context": "Sample.Periodic", "measurand": "SoC", "unit": "Percent"});
    assert_eq!(told(&mut t), [in_transaction(1, 42, 130, json!([percent]))]);
}

#[test]
fn mv_16_an_empty_list_makes_no_message() {
    let mut t = sampling("60", "").key("ClockAlignedDataInterval", "900").key("MeterValuesAlignedData", "").booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(4000).expect_nothing();
    assert_eq!(stop(&mut t).get("transactionData"), None);
}

#[test]
fn mv_22_samples_go_on_while_offline_and_suspended() {
    let mut t = sampling("60", ENERGY).booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(20).link_down();
    t.ready(1, false, true);
    t.meter(1, 1111).at(75);
    t.meter(1, 2222).at(135);
    t.link_up();
    let sample = |at, value| in_transaction(1, 42, at, json!([energy("Sample.Periodic", value)]));
    t.expect_status(1, "SuspendedEV");
    t.expect_call("MeterValues", sample(70, "1111")).answer(json!({}));
    t.expect_call("MeterValues", sample(130, "2222")).answer(json!({}));
}

// ---- Lists and intervals that change in a running transaction ----

#[test]
fn mv_21_new_intervals_and_lists_work_for_the_running_transaction() {
    let mut t = charging();
    t.at(100);
    t.change_key("MeterValueSampleInterval", "120", "Accepted");
    t.change_key("MeterValuesSampledData", "Power.Active.Import, Energy.Active.Import.Register", "Accepted");
    t.evse(1).power.set(7200);
    t.at(130);
    let sampled = json!([energy("Sample.Periodic", "1000"), power("Sample.Periodic", "7200")]);
    assert_eq!(told(&mut t), [in_transaction(1, 42, 130, sampled)]);
    t.change_key("MeterValueSampleInterval", "0", "Accepted");
    t.at(1000).expect_nothing();
}

#[test]
fn mv_21_a_new_clock_aligned_interval_and_list_work_at_once() {
    let mut t = aligned("900", ENERGY).booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(900);
    assert_eq!(told(&mut t), [in_transaction(1, 42, 900, json!([energy("Sample.Clock", "1000")]))]);
    t.at(1000);
    t.change_key("ClockAlignedDataInterval", "600", "Accepted");
    t.change_key("MeterValuesAlignedData", POWER, "Accepted");
    t.at(1200);
    assert_eq!(told(&mut t), [in_transaction(1, 42, 1200, json!([power("Sample.Clock", "0")]))]);
    t.change_key("ClockAlignedDataInterval", "0", "Accepted");
    t.at(9000).expect_nothing();
}

// ---- Clock-aligned values ----

#[test]
fn mv_02_values_come_at_the_multiples_of_the_interval_counted_from_midnight() {
    let mut t = aligned("900", ENERGY).start();
    boot_at(&mut t, 36_100);
    for quarter in 0..8 {
        let after = 800 + 900 * quarter;
        t.meter(1, 1000 + quarter as i64).at_ms(after * 1000 - 1).expect_nothing();
        t.at(after);
        let sampled = json!([energy("Sample.Clock", &(1000 + quarter).to_string())]);
        assert_eq!(told(&mut t), [outside(1, 36_100 + after, sampled)]);
    }
}

#[test]
fn mv_02_rpc_26_multiples_come_when_their_second_begins() {
    let mut t = aligned("900", ENERGY).start();
    let conf = json!({"status": "Accepted", "currentTime": "2025-01-01T00:00:00.900Z", "interval": 0});
    t.expect_call("BootNotification", json!({})).answer(conf);
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    for quarter in [900, 1800] {
        t.at_ms(quarter * 1000 - 901).expect_nothing();
        t.at_ms(quarter * 1000 - 900);
        assert_eq!(told(&mut t), [outside(1, quarter, json!([energy("Sample.Clock", "1000")]))]);
    }
}

#[test]
fn mv_02_an_interval_of_0_tells_nothing() {
    let mut t = aligned("0", ENERGY).booted();
    t.at(80_000).expect_nothing();
}

#[test]
fn mv_03_an_interval_that_does_not_divide_the_day_begins_anew_at_midnight() {
    let mut t = aligned("7000", ENERGY).start();
    boot_at(&mut t, 80_000);
    // 12 × 7000 s, midnight, and 7000 s after it.
    for clock in [84_000, 86_400, 93_400, 100_400] {
        t.at(clock - 80_000);
        assert_eq!(told(&mut t), [outside(1, clock, json!([energy("Sample.Clock", "1000")]))]);
    }
}

#[test]
fn mv_03_a_whole_day_is_told_at_midnight() {
    let mut t = aligned("86400", ENERGY).start();
    boot_at(&mut t, 43_200);
    t.at(43_200);
    assert_eq!(told(&mut t), [outside(1, 86_400, json!([energy("Sample.Clock", "1000")]))]);
}

#[test]
fn mv_04_mv_10_all_connectors_are_told_in_a_transaction_or_not_and_the_main_meter() {
    let mut t = aligned("900", ENERGY).two_connectors().start();
    let main = add_main_meter(&mut t);
    t.boot();
    t.at(10).start_charging(2, "TAG", 42);
    main.set(Some(Decimal::whole(70_000)));
    t.meter(1, 1111).meter(2, 2222).at(900);
    let mut inlet = energy("Sample.Clock", "70000");
    inlet["location"] = json!("Inlet");
    let expected = [
        outside(0, 900, json!([inlet])),
        outside(1, 900, json!([energy("Sample.Clock", "1111")])),
        in_transaction(2, 42, 900, json!([energy("Sample.Clock", "2222")])),
    ];
    assert_eq!(told(&mut t), expected);
}

#[test]
fn mv_04_clock_aligned_values_only_in_transactions_where_the_operator_wants_that() {
    let mut t = aligned("900", ENERGY).key("Cst_MeterValuesInTxOnly", "true").two_connectors().start();
    let main = add_main_meter(&mut t);
    t.boot();
    main.set(Some(Decimal::whole(70_000)));
    t.at(900).expect_nothing();
    t.at(910).start_charging(2, "TAG", 42);
    t.meter(1, 1111).meter(2, 2222).at(1800);
    let mut inlet = energy("Sample.Clock", "70000");
    inlet["location"] = json!("Inlet");
    let in_tx = |seconds| in_transaction(2, 42, seconds, json!([energy("Sample.Clock", "2222")]));
    assert_eq!(told(&mut t), [outside(0, 1800, json!([inlet])), in_tx(1800)]);
    t.change_key("Cst_MeterValuesInTxOnly", "false", "Accepted");
    t.at(2700);
    let idle = outside(1, 2700, json!([energy("Sample.Clock", "1111")]));
    assert_eq!(told(&mut t), [outside(0, 2700, json!([inlet])), idle, in_tx(2700)]);
    t.change_key("Cst_MeterValuesInTxOnly", "true", "Accepted");
    t.stop_charging(2, "TAG");
    t.at(10_000).expect_nothing();
}

#[test]
fn mv_04_a_connector_without_such_a_meter_is_left_out() {
    let mut t = aligned("900", "Voltage").two_connectors().start();
    add_meter(&mut t, 2, voltage(Phase::L1)).set(Some(Decimal::tenths(2305)));
    t.boot();
    t.at(900);
    let volts =
        json!({"value": "230.5", "context": "Sample.Clock", "measurand": "Voltage", "phase": "L1", "unit": "V"});
    assert_eq!(told(&mut t), [outside(2, 900, json!([volts]))]);
}

#[test]
fn mv_05_mv_06_sampled_and_aligned_values_have_lists_of_their_own() {
    let mut t =
        sampling("90", ENERGY).key("ClockAlignedDataInterval", "900").key("MeterValuesAlignedData", POWER).booted();
    t.at(810).start_charging(1, "TAG", 42);
    t.evse(1).power.set(3600);
    // Both fall due at one moment.
    t.at(900);
    let expected = [
        in_transaction(1, 42, 900, json!([power("Sample.Clock", "3600")])),
        in_transaction(1, 42, 900, json!([energy("Sample.Periodic", "1000")])),
    ];
    assert_eq!(told(&mut t), expected);
}

#[test]
fn mv_10_the_id_is_that_of_the_transaction_at_the_moment_of_the_sample() {
    let mut t = aligned("900", ENERGY).booted();
    let sampled = json!([energy("Sample.Clock", "1000")]);
    t.at(10).start_charging(1, "TAG", 41);
    t.at(900);
    assert_eq!(told(&mut t), [in_transaction(1, 41, 900, sampled.clone())]);
    t.at(1000).stop_charging(1, "TAG");
    t.unplug(1);
    t.expect_status(1, "Available");
    t.at(1100).start_charging(1, "TAG", 42);
    t.at(1800);
    assert_eq!(told(&mut t), [in_transaction(1, 42, 1800, sampled.clone())]);
    t.at(1900).stop_charging(1, "TAG");
    t.at(2700);
    assert_eq!(told(&mut t), [outside(1, 2700, sampled)]);
}

#[test]
fn mv_04_mv_22_offline_a_transaction_keeps_its_values_and_nobody_else() {
    let mut t = aligned("900", ENERGY).two_connectors().start();
    add_main_meter(&mut t).set(Some(Decimal::whole(70_000)));
    t.boot();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(20).link_down();
    t.ready(1, false, true);
    t.meter(1, 1111).at(1000);
    t.meter(1, 2222).at(2000);
    t.link_up();
    let sample = |at, value| in_transaction(1, 42, at, json!([energy("Sample.Clock", value)]));
    t.expect_status(1, "SuspendedEV");
    for (at, value) in [(900, "1111"), (1800, "2222")] {
        let told = t.expect_call("MeterValues", json!({}));
        assert_eq!(told.payload, sample(at, value));
        told.answer(json!({}));
    }
}

#[test]
fn mv_04_values_outside_of_a_transaction_are_told_once_and_block_nobody() {
    let mut t = aligned("900", ENERGY).booted();
    t.at(900).expect_call("MeterValues", json!({"transactionId": null})).refuse("InternalError");
    t.at(1000).start_charging(1, "TAG", 42);
    t.at(1050).stop_charging(1, "TAG");
    let _ = t.at(1800).expect_call("MeterValues", json!({"transactionId": null})).ignore();
    t.unplug(1);
    t.wait(200).expect_status(1, "Available");
    t.at(2699).expect_nothing();
}

#[test]
fn mv_09_values_that_had_to_wait_are_dated_when_they_were_read() {
    let mut t = aligned("900", ENERGY).two_connectors().booted();
    let first = t.at(900).expect_call("MeterValues", json!({"connectorId": 1})).ignore();
    t.meter(2, 5000).at(920).answer(&first, json!({}));
    let requests = told(&mut t);
    let read_then = outside(2, 900, json!([energy("Sample.Clock", "1000")]));
    let read_now = outside(2, 920, json!([energy("Sample.Clock", "5000")]));
    assert!(requests == [read_then] || requests == [read_now], "{requests:#?}");
}

#[test]
fn mv_02_mv_09_values_that_come_late_are_dated_late_and_the_next_ones_are_in_time() {
    let mut t = aligned("900", ENERGY).booted();
    for (at, polled) in [(930, true), (1800, false), (4000, true), (4500, false)] {
        let t = if polled { t.stall(at) } else { t.at(at) };
        assert_eq!(told(t), [outside(1, at, json!([energy("Sample.Clock", "1000")]))]);
    }
}

#[test]
fn mv_02_a_multiple_comes_at_its_very_second_whatever_happened_before() {
    let mut t = aligned("900", ENERGY).booted();
    t.at_ms(10_900).plug(1);
    t.expect_status(1, "Preparing");
    t.at_ms(20_950).unplug(1);
    t.expect_status(1, "Available");
    t.at(900);
    assert_eq!(told(&mut t), [outside(1, 900, json!([energy("Sample.Clock", "1000")]))]);
    t.at_ms(900_200).plug(1);
    t.expect_status(1, "Preparing");
}

#[test]
fn mv_04_values_that_wait_when_the_link_is_lost_are_not_told_later() {
    let mut t = aligned("900", ENERGY).two_connectors().booted();
    let _ = t.at(900).expect_call("MeterValues", json!({"connectorId": 1})).ignore();
    t.at(910).link_down();
    t.meter(2, 5000).at(1200).link_up();
    t.expect_nothing();
}

#[test]
fn mv_10_values_from_before_the_start_are_none_of_the_transaction() {
    let mut t = aligned("900", ENERGY).booted();
    t.at(895).plug(1);
    let preparing = t.expect_call("StatusNotification", json!({})).ignore();
    t.at(905).charger().begin_transaction_authorized("TAG", 1).unwrap();
    t.settle();
    t.at(910).answer(&preparing, json!({}));
    while let Some(Frame::Call { id, action, payload }) = t.next_frame() {
        t.answer(&id, json!({"transactionId": 42, "idTagInfo": {"status": "Accepted"}}));
        if action == "MeterValues" && payload.get("transactionId").is_some() {
            assert!(payload["meterValue"][0]["timestamp"].as_str() >= Some(&*date(905)), "{payload}");
        }
    }
}

#[test]
fn mv_04_boot_08_nothing_is_told_before_the_charge_point_is_accepted() {
    let mut t = aligned("900", ENERGY).start();
    t.register("Pending", 3000);
    t.at(2999).expect_nothing();
    t.at(3000);
    t.boot();
    t.at(3600);
    assert_eq!(told(&mut t), [outside(1, 3600, json!([energy("Sample.Clock", "1000")]))]);
}

#[test]
fn mv_02_without_a_clock_there_is_nothing_to_align_with() {
    let mut t = bench()
        .key("AllowOfflineTxForUnknownId", "true")
        .key("ClockAlignedDataInterval", "900")
        .key("MeterValuesAlignedData", ENERGY)
        .start_offline();
    t.plug(1);
    t.at(30).card(1, "TAG");
    t.at(3000).link_up();
    t.accept_boot();
    t.expect_call("StartTransaction", json!({"timestamp": date(30)})).start(42, "Accepted");
    t.expect_status(0, "Available");
    t.expect_status(1, "Charging");
    t.at(3600);
    assert_eq!(told(&mut t), [in_transaction(1, 42, 3600, json!([energy("Sample.Clock", "1000")]))]);
}

// ---- The clock is corrected ----

#[test]
fn mv_02_hb_03_a_clock_that_jumps_forward_skips_what_it_jumped_over() {
    let mut t = aligned("900", ENERGY).booted();
    t.at(100);
    set_clock(&mut t, 1050);
    t.expect_nothing();
    for (at, clock) in [(850, 1800), (1750, 2700)] {
        t.at_ms(at * 1000 - 1).expect_nothing();
        t.at(at);
        assert_eq!(told(&mut t), [outside(1, clock, json!([energy("Sample.Clock", "1000")]))]);
    }
}

#[test]
fn mv_02_hb_03_a_clock_that_jumps_by_days_still_knows_midnight() {
    let mut t = aligned("7000", ENERGY).booted();
    t.at(100);
    set_clock(&mut t, 10 * 86_400 - 50);
    t.expect_nothing();
    for (at, clock) in [(150, 10 * 86_400), (7150, 10 * 86_400 + 7000)] {
        t.at(at);
        assert_eq!(told(&mut t), [outside(1, clock, json!([energy("Sample.Clock", "1000")]))]);
    }
}

#[test]
fn mv_02_hb_03_a_clock_that_is_set_back_waits_for_the_next_multiple_and_repeats_none() {
    for back_to in [950, 890] {
        let mut t = aligned("900", ENERGY).booted();
        t.at(900);
        assert_eq!(told(&mut t).len(), 1);
        t.at(1000);
        set_clock(&mut t, back_to);
        t.at(1000 + 1800 - back_to);
        assert_eq!(told(&mut t), [outside(1, 1800, json!([energy("Sample.Clock", "1000")]))]);
    }
}

#[test]
fn mv_02_hb_03_a_clock_that_is_set_back_by_a_day_does_not_wait_for_that_day() {
    let mut t = aligned("900", ENERGY).start();
    boot_at(&mut t, 2 * 86_400 + 100);
    t.at(10);
    set_clock(&mut t, 86_400 + 250);
    t.at(660);
    assert_eq!(told(&mut t), [outside(1, 86_400 + 900, json!([energy("Sample.Clock", "1000")]))]);
}

#[test]
fn mv_02_hb_03_a_correction_by_a_second_skips_nothing() {
    let mut t = aligned("900", ENERGY).booted();
    t.at(899);
    set_clock(&mut t, 900);
    assert_eq!(told(&mut t), [outside(1, 900, json!([energy("Sample.Clock", "1000")]))]);
    t.at(1798).expect_nothing();
    t.at(1799);
    assert_eq!(told(&mut t), [outside(1, 1800, json!([energy("Sample.Clock", "1000")]))]);
}

#[test]
fn mv_02_hb_03_after_the_last_second_of_all_dates_there_is_no_multiple() {
    let mut t = aligned("900", ENERGY).booted();
    t.at(10).call("TriggerMessage", json!({"requestedMessage": "Heartbeat"})).expect("Accepted");
    t.expect_call("Heartbeat", json!({})).answer(json!({"currentTime": "2106-02-07T06:28:15Z"}));
    t.at(3000);
    set_clock(&mut t, 3000);
    t.expect_nothing();
    t.at(3600);
    assert_eq!(told(&mut t), [outside(1, 3600, json!([energy("Sample.Clock", "1000")]))]);
}

#[test]
fn mv_01_hb_03_periodic_samples_do_not_care_about_the_clock() {
    let mut t = sampling("60", ENERGY).booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(30);
    set_clock(&mut t, 50_030);
    for at in [70, 130] {
        t.at(at);
        let sampled = json!([energy("Sample.Periodic", "1000")]);
        assert_eq!(told(&mut t), [in_transaction(1, 42, 50_000 + at, sampled)]);
    }
}

// ---- Phases, places and the main meter ----

fn amperes(value: &str, phase: &str, location: Option<&str>) -> Value {
    let mut sampled = json!({"value": value, "context": "Sample.Periodic", "measurand": "Current.Import",
        "phase": phase, "unit": "A"});
    if let Some(location) = location {
        sampled["location"] = json!(location);
    }
    sampled
}

/// The example of OCPP 1.6 §3.16.3.
#[test]
fn mv_08_all_places_and_phases_are_told() {
    let mut t = sampling("300", "Current.Import").two_connectors().start();
    for (place, location) in [(0, Location::Inlet), (1, Location::Outlet), (2, Location::Outlet)] {
        for (phase, line) in [(Phase::L1, 1), (Phase::L2, 2), (Phase::L3, 3)] {
            let meter = add_meter(&mut t, place, current(phase).location(location));
            meter.set(Some(Decimal::tenths(i64::from(place) * 100 + line)));
        }
    }
    t.boot();
    t.at(10).start_charging(1, "ONE", 11);
    t.start_charging(2, "TWO", 12);
    t.at(310);
    let lines = |values: [&str; 3], location| {
        json!([
            amperes(values[0], "L1", Some(location)),
            amperes(values[1], "L2", Some(location)),
            amperes(values[2], "L3", Some(location)),
        ])
    };
    let expected = [
        outside(0, 310, lines(["0.1", "0.2", "0.3"], "Inlet")),
        in_transaction(1, 11, 310, lines(["10.1", "10.2", "10.3"], "Outlet")),
        in_transaction(2, 12, 310, lines(["20.1", "20.2", "20.3"], "Outlet")),
    ];
    assert_eq!(told(&mut t), expected);
}

#[test]
fn mv_08_mv_18_an_item_with_a_phase_asks_for_that_phase_alone() {
    let mut t = sampling("60", "Current.Import.L2").start();
    for (phase, value) in [(Phase::L1, 11), (Phase::L2, 22), (Phase::L1N, 33), (Phase::L2N, 44)] {
        add_meter(&mut t, 1, current(phase)).set(Some(Decimal::whole(value)));
    }
    t.boot();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(70);
    assert_eq!(told(&mut t), [in_transaction(1, 42, 70, json!([amperes("22", "L2", None)]))]);
    t.change_key("MeterValuesSampledData", "Current.Import.L1-N,Current.Import.L1", "Accepted");
    t.at(130);
    let sampled = json!([amperes("11", "L1", None), amperes("33", "L1-N", None)]);
    assert_eq!(told(&mut t), [in_transaction(1, 42, 130, sampled)]);
}

#[test]
fn mv_08_a_value_over_all_phases_is_told_beside_those_of_each() {
    let mut t = sampling("60", POWER).start();
    let of_a_phase = MeterReading::new(Measurand::PowerActiveImport, Some(UnitOfMeasure::KW)).phase(Phase::L3);
    add_meter(&mut t, 1, of_a_phase).set(Some(Decimal::thousandths(3680)));
    t.boot();
    t.at(10).start_charging(1, "TAG", 42);
    t.evse(1).power.set(7360);
    t.at(70);
    let kilowatts =
        json!({"value": "3.680", "context": "Sample.Periodic", "measurand": POWER, "phase": "L3", "unit": "kW"});
    let mut requests = told(&mut t);
    let sampled = requests[0]["meterValue"][0]["sampledValue"].as_array_mut().unwrap();
    sampled.sort_by_key(|value| value["unit"].to_string());
    assert_eq!(requests, [in_transaction(1, 42, 70, json!([power("Sample.Periodic", "7360"), kilowatts]))]);
}

#[test]
fn mv_04_mv_10_the_main_meter_is_told_with_the_lowest_connector_that_charges() {
    let mut t = sampling("60", ENERGY).two_connectors().start();
    let main = add_main_meter(&mut t);
    t.boot();
    main.set(Some(Decimal::whole(70_000)));
    t.at(10).start_charging(2, "TWO", 12);
    t.at(70);
    let connectors = |requests: &[Value]| -> Vec<_> {
        requests.iter().map(|request| (request["connectorId"].clone(), request.get("transactionId").cloned())).collect()
    };
    let (zero, one, two) = ((json!(0), None), (json!(1), Some(json!(11))), (json!(2), Some(json!(12))));
    assert_eq!(connectors(&told(&mut t)), [zero.clone(), two.clone()]);
    t.at(100).start_charging(1, "ONE", 11);
    t.at(130);
    assert_eq!(connectors(&told(&mut t)), std::slice::from_ref(&two));
    t.at(160);
    assert_eq!(connectors(&told(&mut t)), [zero.clone(), one]);
    t.at(170).stop_charging(1, "ONE");
    t.at(190);
    assert_eq!(connectors(&told(&mut t)), [zero, two]);
}

#[test]
fn mv_04_mv_06_the_main_meter_tells_both_kinds_at_one_moment() {
    let mut t = sampling("90", ENERGY).key("ClockAlignedDataInterval", "900").start();
    add_main_meter(&mut t).set(Some(Decimal::whole(70_000)));
    t.boot();
    t.at(810).start_charging(1, "TAG", 42);
    t.at(900);
    let of: Vec<_> =
        told(&mut t).iter().map(|request| (request["connectorId"].clone(), contexts(&request["meterValue"]))).collect();
    let (clock, periodic) = (vec!["Sample.Clock".to_owned()], vec!["Sample.Periodic".to_owned()]);
    let expected = [(json!(0), clock.clone()), (json!(0), periodic.clone()), (json!(1), clock), (json!(1), periodic)];
    assert_eq!(of, expected);
}

#[test]
fn mv_22_the_main_meter_keeps_nothing_while_offline() {
    let mut t = sampling("60", ENERGY).start();
    add_main_meter(&mut t).set(Some(Decimal::whole(70_000)));
    t.boot();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(20).link_down();
    t.at(100).link_up();
    assert_eq!(told(&mut t), [in_transaction(1, 42, 70, json!([energy("Sample.Periodic", "1000")]))]);
}

#[test]
fn mv_22_the_main_meter_tells_nothing_that_has_no_date() {
    let mut t = sampling("60", ENERGY).start();
    add_main_meter(&mut t).set(Some(Decimal::whole(70_000)));
    // The one thing that decides is the status: accepted, but without a time.
    t.expect_call("BootNotification", json!({})).answer(json!({"status": "Accepted", "interval": 86_400}));
    for connector in [0, 1] {
        t.expect_status(connector, "Available");
    }
    t.plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    t.expect_status(1, "Charging");
    // Of what is sent while nobody knows the time, only the heartbeats ask for it.
    for second in [60, 120] {
        t.at(second).expect_call("Heartbeat", json!({})).answer(json!({}));
    }
}

#[test]
fn mv_22_nor_what_waited_for_its_turn_when_the_link_was_lost() {
    let mut t = sampling("60", ENERGY).start();
    add_main_meter(&mut t).set(Some(Decimal::whole(70_000)));
    t.boot();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(60).call("TriggerMessage", json!({"requestedMessage": "Heartbeat"})).expect("Accepted");
    let _ = t.expect_call("Heartbeat", json!({})).ignore();
    t.at(75).link_down();
    t.at(100).link_up();
    assert_eq!(told(&mut t), [in_transaction(1, 42, 70, json!([energy("Sample.Periodic", "1000")]))]);
}

#[test]
fn mv_10_a_periodic_sample_that_waits_for_the_device_is_not_told_after_the_transaction() {
    let mut t = sampling("60", ENERGY).booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.flash.failing_stores = 1;
    t.at(70);
    t.at_ms(70_300).card_again(1, "TAG").unwrap();
    t.wait(2).expect_stop(json!({"transactionId": 42, "timestamp": date(70)}));
    t.expect_status(1, "Finishing");
    t.at(1000).expect_nothing();
}

// ---- Registers ----

#[test]
fn mv_17_a_register_that_falls_in_a_transaction_is_told_as_it_stood() {
    let mut t = sampling("60", ENERGY)
        .key("ClockAlignedDataInterval", "900")
        .key("MeterValuesAlignedData", ENERGY)
        .key("StopTxnSampledData", ENERGY)
        .booted();
    t.at(710).start_charging(1, "TAG", 42);
    for (at, shown, context, value) in [
        (770, 900, "Sample.Periodic", "1000"),
        (830, 1500, "Sample.Periodic", "1500"),
        (890, 1400, "Sample.Periodic", "1500"),
        (900, 0, "Sample.Clock", "1500"),
        (950, 1600, "Sample.Periodic", "1600"),
    ] {
        t.meter(1, shown).at(at);
        assert_eq!(told(&mut t), [in_transaction(1, 42, at, json!([energy(context, value)]))]);
    }
    t.meter(1, 1200).at(960);
    trigger(&mut t, json!({"connectorId": 1}), "Accepted");
    assert_eq!(told(&mut t), [in_transaction(1, 42, 960, json!([energy("Trigger", "1600")]))]);
    let stop = stop(&mut t);
    assert_eq!(stop["meterStop"], 1600);
    let values: Vec<_> = lines(&stop["transactionData"]).iter().map(|line| line[line.len() - 4..].to_owned()).collect();
    assert_eq!(values, ["1000", "1000", "1500", "1500", "1600", "1600"]);
}

#[test]
fn mv_17_tx_32_the_next_transaction_begins_with_what_the_meter_shows() {
    let mut t = charging();
    t.meter(1, 1600).at(100).stop_charging(1, "TAG");
    t.unplug(1);
    t.expect_status(1, "Available");
    // A new meter.
    t.meter(1, 5).at(200).plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({"meterStart": 5})).start(43, "Accepted");
    t.expect_status(1, "Charging");
}

// ---- Numbers and units ----

#[test]
fn mv_20_large_registers_are_told_digit_by_digit() {
    let mut t = sampling("60", ENERGY).key("StopTxnSampledData", ENERGY).booted();
    t.meter(1, 5_000_000_000).at(10).plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({"meterStart": 5_000_000_000_i64})).start(42, "Accepted");
    t.expect_status(1, "Charging");
    t.meter(1, 9_007_199_254_740_993).at(70); // not a double
    assert_eq!(told(&mut t), [in_transaction(1, 42, 70, json!([energy("Sample.Periodic", "9007199254740993")]))]);
    let stop = stop(&mut t);
    assert_eq!(stop["meterStop"], 9_007_199_254_740_993_i64);
    let expected = [
        line(10, "Transaction.Begin", 5_000_000_000),
        line(70, "Sample.Periodic", 9_007_199_254_740_993),
        line(70, "Transaction.End", 9_007_199_254_740_993),
    ];
    assert_eq!(lines(&stop["transactionData"]), expected);
}

#[test]
fn mv_20_decimals_and_negative_values_have_a_point_and_no_exponent() {
    let mut t = sampling("60", "Power.Reactive.Import").start();
    let meter = add_meter(&mut t, 1, MeterReading::new(Measurand::PowerReactiveImport, Some(UnitOfMeasure::Var)));
    t.boot();
    t.at(10).start_charging(1, "TAG", 42);
    for (minute, (decimal, text)) in (1..).zip([
        (Decimal::whole(-3500), "-3500"),
        (Decimal::tenths(-5), "-0.5"),
        (Decimal::tenths(160), "16.0"),
        (Decimal::new(-3_000_000_000_123, 3), "-3000000000.123"),
        (Decimal::new(5, 6), "0.000005"),
        (Decimal::new(i64::MAX, 6), "9223372036854.775807"),
        (Decimal::new(i64::MIN, 0), "-9223372036854775808"),
        (Decimal::whole(0), "0"),
    ]) {
        meter.set(Some(decimal));
        t.at(10 + 60 * minute);
        let var = json!({"value": text, "context": "Sample.Periodic", "measurand": "Power.Reactive.Import",
            "unit": "var"});
        assert_eq!(told(&mut t), [in_transaction(1, 42, 10 + 60 * minute, json!([var]))]);
    }
}

#[test]
fn mv_20_power_fed_back_is_negative() {
    let mut t = sampling("60", POWER).booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.evse(1).power.set(i32::MIN);
    t.at(70);
    assert_eq!(told(&mut t), [in_transaction(1, 42, 70, json!([power("Sample.Periodic", "-2147483648")]))]);
}

#[test]
fn mv_07_mv_19_units_are_those_of_the_schema_and_a_frequency_has_none() {
    let list = "Frequency,Power.Factor,RPM,SoC,Temperature";
    let mut t = sampling("60", list).start();
    for (measurand, unit, value) in [
        (Measurand::Frequency, None, Decimal::new(4998, 2)),
        (Measurand::PowerFactor, None, Decimal::new(98, 2)),
        (Measurand::Rpm, None, Decimal::whole(1200)),
        (Measurand::SoC, Some(UnitOfMeasure::Percent), Decimal::whole(80)),
        (Measurand::Temperature, Some(UnitOfMeasure::Celcius), Decimal::tenths(-55)),
    ] {
        add_meter(&mut t, 1, MeterReading::new(measurand, unit)).set(Some(value));
    }
    t.boot();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(70);
    let periodic = |measurand, value| json!({"value": value, "context": "Sample.Periodic", "measurand": measurand});
    let mut percent = periodic("SoC", "80");
    percent["unit"] = json!("Percent");
    let mut celcius = periodic("Temperature", "-5.5");
    celcius["unit"] = json!("Celcius");
    let sampled = json!([
        periodic("Frequency", "49.98"),
        periodic("Power.Factor", "0.98"),
        periodic("RPM", "1200"),
        percent,
        celcius,
    ]);
    assert_eq!(told(&mut t), [in_transaction(1, 42, 70, sampled)]);
}

#[test]
fn mv_23_the_energy_of_an_interval_is_what_the_firmware_has_measured() {
    let interval = "Energy.Active.Import.Interval";
    let mut t = sampling("60", interval).start();
    let reading = MeterReading::new(Measurand::EnergyActiveImportInterval, Some(UnitOfMeasure::KWh));
    let meter = add_meter(&mut t, 1, reading);
    t.boot();
    t.at(10).start_charging(1, "TAG", 42);
    for (at, wh, text) in [(70, 120, "0.120"), (130, 45, "0.045")] {
        meter.set(Some(Decimal::thousandths(wh)));
        t.at(at);
        let sampled = json!([{"value": text, "context": "Sample.Periodic", "measurand": interval, "unit": "kWh"}]);
        assert_eq!(told(&mut t), [in_transaction(1, 42, at, sampled)]);
    }
}

#[test]
fn mv_08_mv_05_many_values_at_one_moment_are_all_told() {
    let list = "Voltage,Current.Import,Energy.Active.Import.Register,Power.Active.Import";
    let mut t = sampling("60", list).small_buffers().key("StopTxnSampledData", list).start();
    let largest = Decimal::new(i64::MIN, 3);
    for phase in [Phase::L1, Phase::L2, Phase::L3] {
        add_meter(&mut t, 1, voltage(phase).location(Location::Cable)).set(Some(largest));
        add_meter(&mut t, 1, current(phase).location(Location::Cable)).set(Some(largest));
    }
    t.boot();
    t.meter(1, i64::MAX).at(10).start_charging(1, "TAG", 42);
    t.at(70);
    let requests = told(&mut t);
    assert_eq!((requests.len(), measurands(&requests[0]["meterValue"][0]).len()), (1, 8));
    let stop = stop(&mut t);
    let data = stop["transactionData"].as_array().unwrap();
    let counts: Vec<_> = data.iter().map(|meter_value| measurands(meter_value).len()).collect();
    assert_eq!(counts, [8, 8, 8]);
}

// ---- The keys ----

#[test]
fn mv_14_cfg_08_what_cannot_be_measured_is_refused_and_changes_nothing() {
    let mut t = booted();
    for key in LISTS {
        t.change_key(key, POWER, "Accepted");
        for value in [
            "SoC",
            "Energy.Active.Import.Register,SoC",
            "Power.Active.Import.L1",
            "Nonsense",
            "Power.Active.Import,",
            ",",
            "Power.Active.Import;Energy.Active.Import.Register",
        ] {
            t.change_key(key, value, "Rejected");
        }
        assert_eq!(value_of(&mut t, key), POWER, "{key}");
    }
}

#[test]
fn mv_16_mv_18_cfg_12_lists_may_be_empty_and_have_phases_and_blanks() {
    let mut t = bench().start();
    add_meter(&mut t, 1, voltage(Phase::L1N));
    t.boot();
    for key in LISTS {
        t.change_key(key, " Voltage.L1-N , Energy.Active.Import.Register", "Accepted");
        assert_eq!(value_of(&mut t, key), "Voltage.L1-N,Energy.Active.Import.Register", "{key}");
        t.change_key(key, "Voltage.L1", "Rejected");
        t.change_key(key, "Voltage", "Accepted");
        t.change_key(key, "", "Accepted");
        assert_eq!(value_of(&mut t, key), "", "{key}");
    }
}

#[test]
fn mv_14_what_the_main_meter_alone_measures_is_supported() {
    let mut t = bench().start();
    add_meter(&mut t, 0, MeterReading::new(Measurand::Frequency, None));
    t.boot();
    for key in ["MeterValuesSampledData", "MeterValuesAlignedData"] {
        t.change_key(key, "Frequency", "Accepted");
    }
}

#[test]
fn mv_15_key_08_a_list_may_hold_as_many_items_as_its_max_length_says() {
    let mut t = bench().start();
    // Each of these is an item with its phase and one without.
    let measurands = [
        Measurand::CurrentExport,
        Measurand::CurrentImport,
        Measurand::CurrentOffered,
        Measurand::PowerActiveExport,
        Measurand::PowerOffered,
        Measurand::PowerReactiveExport,
        Measurand::PowerReactiveImport,
        Measurand::Voltage,
    ];
    for measurand in measurands {
        add_meter(&mut t, 1, MeterReading::new(measurand, None).phase(Phase::L1));
    }
    t.boot();
    let items = [
        "Current.Export",
        "Current.Import",
        "Current.Offered",
        "Power.Active.Export",
        "Power.Offered",
        "Power.Reactive.Export",
        "Power.Reactive.Import",
        "Voltage",
    ];
    let thirteen =
        items.iter().flat_map(|item| [(*item).to_owned(), format!("{item}.L1")]).take(13).collect::<Vec<_>>().join(",");
    for key in LISTS {
        assert_eq!(value_of(&mut t, &format!("{key}MaxLength")), "13");
        t.change_key(key, &thirteen, "Accepted");
        t.change_key(key, &format!("{thirteen},{ENERGY}"), "Rejected");
        assert_eq!(value_of(&mut t, key), thirteen, "{key}");
    }
}

#[test]
fn mv_21_cfg_09_lists_and_intervals_survive_a_reboot() {
    let mut t = booted();
    for key in LISTS {
        t.change_key(key, "Power.Active.Import,Energy.Active.Import.Register", "Accepted");
    }
    t.change_key("ClockAlignedDataInterval", "1800", "Accepted");
    t.at(50).reboot();
    t.boot();
    for key in LISTS {
        assert_eq!(value_of(&mut t, key), "Power.Active.Import,Energy.Active.Import.Register", "{key}");
    }
    t.evse(1).power.set(10);
    t.at(1800);
    let sampled = json!([energy("Sample.Clock", "1000"), power("Sample.Clock", "10")]);
    assert_eq!(told(&mut t), [outside(1, 1800, sampled)]);
}

// ---- TriggerMessage ----

#[test]
fn trg_05_mv_06_the_values_are_those_of_now_and_of_the_sampled_list() {
    let mut t =
        bench().two_connectors().key("MeterValuesSampledData", POWER).key("MeterValuesAlignedData", ENERGY).booted();
    t.at(10).start_charging(2, "TAG", 42);
    t.evse(2).power.set(11_000);
    t.at(99);
    trigger(&mut t, json!({}), "Accepted");
    let expected =
        [outside(1, 99, json!([power("Trigger", "0")])), in_transaction(2, 42, 99, json!([power("Trigger", "11000")]))];
    assert_eq!(told(&mut t), expected);
}

#[test]
fn trg_03_trg_05_mv_10_the_main_meter_is_triggered_alone_or_with_all() {
    let mut t = bench().start();
    add_main_meter(&mut t).set(Some(Decimal::whole(70_000)));
    t.boot();
    t.at(10).start_charging(1, "TAG", 42);
    let mut inlet = energy("Trigger", "70000");
    inlet["location"] = json!("Inlet");
    let main = outside(0, 10, json!([inlet]));
    trigger(&mut t, json!({"connectorId": 0}), "Accepted");
    assert_eq!(told(&mut t), std::slice::from_ref(&main));
    trigger(&mut t, json!({}), "Accepted");
    assert_eq!(told(&mut t), [main, in_transaction(1, 42, 10, json!([energy("Trigger", "1000")]))]);
}

#[test]
fn trg_05_mv_16_what_has_no_values_is_not_promised() {
    let mut t = bench().two_connectors().key("MeterValuesSampledData", "").start();
    let meter = add_meter(&mut t, 2, voltage(Phase::L1));
    t.boot();
    trigger(&mut t, json!({"connectorId": 1}), "Rejected");
    trigger(&mut t, json!({}), "Rejected");
    t.change_key("MeterValuesSampledData", "Voltage", "Accepted");
    meter.set(Some(Decimal::whole(230)));
    trigger(&mut t, json!({"connectorId": 1}), "Rejected");
    trigger(&mut t, json!({}), "Accepted");
    let volts = json!({"value": "230", "context": "Trigger", "measurand": "Voltage", "phase": "L1", "unit": "V"});
    assert_eq!(told(&mut t), [outside(2, 0, json!([volts]))]);
}
