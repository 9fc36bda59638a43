//! MV: transactionData, what a StopTransaction tells of the course of its transaction (OCPP 1.6 §3.16.5, errata 3.14, 3.91).

mod support;

use embedded_ocpp::json::Decimal;
use embedded_ocpp::ocpp16::{Measurand, MeterReading, Reason, UnitOfMeasure};
use serde_json::{Value, json};
use support::meters::{
    ALL, ENERGY, POWER, add_meter, add_three_phases, aligned, boot_at, contexts, energy, in_transaction, line, lines,
    measurands, meter_value, power, sampling, set_clock, stop, stop_payload, told, trigger,
};
use support::{Frame, Timeline, bench, booted, date};

// ---- What is told ----

/// Charges since 10 s, with samples each minute that are for transactionData alone.
fn collecting(measurands: &'static str) -> Timeline {
    let mut t = sampling("60", "").key("StopTxnSampledData", measurands).booted();
    t.at(10).start_charging(1, "TAG", 42);
    t
}

/// The first samples of a transaction that began at 10 s, one a minute: the register shows 1000 and the number of the
/// sample.
fn sample_each_minute(t: &mut Timeline, samples: u64) {
    for number in 1..=samples {
        t.meter(1, 1000 + number as i64).at(10 + 60 * number);
    }
}

/// What is told when these of its samples stay, and it ends half a minute after the last one.
fn begin_samples_end(samples: impl IntoIterator<Item = u64>, last: u64) -> Vec<String> {
    let sample = |number: u64| line(10 + 60 * number, "Sample.Periodic", 1000 + number as i64);
    let mut expected = vec![line(10, "Transaction.Begin", 1000)];
    expected.extend(samples.into_iter().map(sample));
    expected.push(line(40 + 60 * last, "Transaction.End", 9000));
    expected
}

#[test]
fn mv_11_mv_12_begin_and_end_frame_the_samples() {
    let mut t = collecting("Energy.Active.Import.Register,Power.Active.Import");
    t.evse(1).power.set(7200);
    t.meter(1, 1120).at(70);
    t.evse(1).power.set(0);
    t.meter(1, 1150).at(100);
    let expected = json!({
        "transactionId": 42, "idTag": "TAG", "meterStop": 1150, "timestamp": date(100), "reason": "Local",
        "transactionData": [
            meter_value(10, json!([energy("Transaction.Begin", "1000"), power("Transaction.Begin", "0")])),
            meter_value(70, json!([energy("Sample.Periodic", "1120"), power("Sample.Periodic", "7200")])),
            meter_value(100, json!([energy("Transaction.End", "1150"), power("Transaction.End", "0")])),
        ],
    });
    assert_eq!(stop(&mut t), expected);
}

#[test]
fn mv_12_without_samples_there_are_begin_and_end() {
    let mut t = bench().key("StopTxnSampledData", ENERGY).booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.meter(1, 1234).at(5000);
    let data = stop(&mut t)["transactionData"].take();
    assert_eq!(lines(&data), [line(10, "Transaction.Begin", 1000), line(5000, "Transaction.End", 1234)]);
}

#[test]
fn mv_11_mv_16_moments_without_values_leave_no_trace() {
    let mut t = sampling("60", "").key("StopTxnSampledData", "SoC").start();
    let soc = add_meter(&mut t, 1, MeterReading::new(Measurand::SoC, Some(UnitOfMeasure::Percent)));
    t.boot();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(70);
    assert_eq!(stop(&mut t).get("transactionData"), None);
    t.unplug(1);
    t.expect_status(1, "Available");
    t.at(100).start_charging(1, "TAG", 43);
    t.at(170);
    soc.set(Some(Decimal::whole(80)));
    t.at(230);
    let expected = [line(220, "Sample.Periodic", 80), line(230, "Transaction.End", 80)];
    assert_eq!(lines(&stop(&mut t)["transactionData"]), expected);
}

#[test]
fn mv_11_clock_aligned_values_are_collected_as_well() {
    let mut t = aligned("900", "").key("StopTxnAlignedData", ENERGY).booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.meter(1, 1100).at(1000);
    t.meter(1, 1200).at(2000);
    let expected = [
        line(10, "Transaction.Begin", 1000),
        line(900, "Sample.Clock", 1100),
        line(1800, "Sample.Clock", 1200),
        line(2000, "Transaction.End", 1200),
    ];
    assert_eq!(lines(&stop(&mut t)["transactionData"]), expected);
}

#[test]
fn mv_11_mv_12_begin_and_end_hold_what_both_lists_name_and_samples_what_theirs_does() {
    let mut t = sampling("600", "")
        .key("ClockAlignedDataInterval", "900")
        .key("MeterValuesAlignedData", "")
        .key("StopTxnSampledData", "Energy.Active.Import.Register")
        .key("StopTxnAlignedData", "Power.Active.Import,Energy.Active.Import.Register")
        .booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.evse(1).power.set(7200);
    t.meter(1, 2200).at(1000);
    let both = |context, wh, watts| json!([energy(context, wh), power(context, watts)]);
    let expected = json!([
        meter_value(10, both("Transaction.Begin", "1000", "0")),
        meter_value(610, json!([energy("Sample.Periodic", "2200")])),
        meter_value(900, both("Sample.Clock", "2200", "7200")),
        meter_value(1000, both("Transaction.End", "2200", "7200")),
    ]);
    assert_eq!(stop(&mut t)["transactionData"], expected);
}

#[test]
fn mv_11_meter_values_and_transaction_data_have_lists_of_their_own() {
    let mut t = sampling("60", POWER).key("StopTxnSampledData", ENERGY).booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(70);
    assert_eq!(told(&mut t), [in_transaction(1, 42, 70, json!([power("Sample.Periodic", "0")]))]);
    t.at(100);
    let expected = json!([
        meter_value(10, json!([energy("Transaction.Begin", "1000")])),
        meter_value(70, json!([energy("Sample.Periodic", "1000")])),
        meter_value(100, json!([energy("Transaction.End", "1000")])),
    ]);
    assert_eq!(stop(&mut t)["transactionData"], expected);
}

#[test]
fn mv_11_each_transaction_tells_its_own_values() {
    let mut t = sampling("60", "").two_connectors().key("StopTxnSampledData", ENERGY).booted();
    t.at(10).start_charging(1, "TAG", 11);
    t.meter(2, 5000).at(20).start_charging(2, "TWO", 12);
    t.meter(1, 1100).meter(2, 5100).at(85);
    assert_eq!(
        lines(&stop(&mut t)["transactionData"]),
        [line(10, "Transaction.Begin", 1000), line(70, "Sample.Periodic", 1100), line(85, "Transaction.End", 1100)]
    );
    t.at(90).unplug(1);
    t.expect_status(1, "Available");
    t.at(100).start_charging(1, "TAG", 13);
    t.meter(1, 1200).at(110).card_again(2, "TWO").unwrap();
    assert_eq!(
        lines(&stop_payload(&mut t)["transactionData"]),
        [line(20, "Transaction.Begin", 5000), line(80, "Sample.Periodic", 5100), line(110, "Transaction.End", 5100)]
    );
    t.expect_status(2, "Finishing");
    t.at(120);
    assert_eq!(
        lines(&stop(&mut t)["transactionData"]),
        [line(100, "Transaction.Begin", 1100), line(120, "Transaction.End", 1200)]
    );
}

#[test]
fn mv_11_tx_09_also_a_transaction_that_is_stopped_at_once_tells_begin_and_end() {
    let mut t = bench().key("StopTxnSampledData", ENERGY).plugged();
    t.at(10).accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).start(42, "Invalid");
    t.expect_status(1, "Charging");
    let stop = stop_payload(&mut t);
    assert_eq!(stop["reason"], "DeAuthorized");
    let expected = [line(10, "Transaction.Begin", 1000), line(10, "Transaction.End", 1000)];
    assert_eq!(lines(&stop["transactionData"]), expected);
    t.expect_status(1, "Finishing");
}

// ---- The lists change in a running transaction ----

#[test]
fn mv_21_mv_11_transaction_data_that_is_switched_on_late_is_told_from_then_on() {
    let mut t = sampling("60", "").booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.meter(1, 1100).at(100);
    t.change_key("StopTxnSampledData", ENERGY, "Accepted");
    t.meter(1, 1200).at(130);
    t.meter(1, 1300).at(150);
    let data = stop(&mut t)["transactionData"].take();
    assert_eq!(lines(&data), [line(130, "Sample.Periodic", 1200), line(150, "Transaction.End", 1300)]);
}

#[test]
fn mv_21_mv_11_transaction_data_that_is_switched_off_is_not_told() {
    let mut t = collecting(ENERGY);
    t.at(70).expect_nothing();
    t.change_key("StopTxnSampledData", "", "Accepted");
    t.at(150);
    assert_eq!(stop(&mut t).get("transactionData"), None);
}

#[test]
fn trg_05_mv_11_a_triggered_sample_is_no_transaction_data() {
    let mut t = collecting(ENERGY);
    t.change_key("MeterValuesSampledData", ENERGY, "Accepted");
    t.at(30);
    trigger(&mut t, json!({"connectorId": 1}), "Accepted");
    assert_eq!(told(&mut t).len(), 1);
    t.at(40);
    let expected = [line(10, "Transaction.Begin", 1000), line(40, "Transaction.End", 1000)];
    assert_eq!(lines(&stop(&mut t)["transactionData"]), expected);
}

#[test]
fn mv_11_mv_21_values_of_the_transaction_before_stay_there_when_the_list_is_set_late() {
    let mut t = collecting(ENERGY);
    t.at(100);
    stop(&mut t);
    t.unplug(1);
    t.expect_status(1, "Available");
    t.change_key("StopTxnSampledData", "", "Accepted");
    t.at(200).start_charging(1, "TAG", 43);
    t.change_key("StopTxnSampledData", ENERGY, "Accepted");
    t.at(210);
    assert_eq!(lines(&stop(&mut t)["transactionData"]), [line(210, "Transaction.End", 1000)]);
}

// ---- When it was ----

#[test]
fn mv_11_boot_15_values_of_a_time_without_clock_are_dated_later() {
    let mut t =
        sampling("60", "").key("AllowOfflineTxForUnknownId", "true").key("StopTxnSampledData", ENERGY).start_offline();
    t.plug(1);
    t.at(10).card(1, "TAG");
    sample_each_minute(&mut t, 3);
    t.meter(1, 9000).at(40 + 60 * 3).card_again(1, "TAG").unwrap();
    t.at(500).link_up();
    t.accept_boot();
    t.expect_call("StartTransaction", json!({"timestamp": date(10)})).start(42, "Accepted");
    let stop = stop_payload(&mut t);
    assert_eq!(lines(&stop["transactionData"]), begin_samples_end(1..=3, 3));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
}

#[test]
fn mv_12_the_end_is_of_the_moment_of_the_end_also_when_the_firmware_holds_it_back() {
    let mut t = sampling("60", ENERGY).key("StopTxnSampledData", ENERGY).booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.evse(1).stop_ready.set(false);
    t.meter(1, 1500).at(50).card_again(1, "TAG").unwrap();
    t.meter(1, 1501).at(200).evse(1).stop_ready.set(true);
    t.settle();
    let stop = stop_payload(&mut t);
    assert_eq!(stop["timestamp"], date(50));
    let expected =
        [line(10, "Transaction.Begin", 1000), line(50, "Transaction.End", stop["meterStop"].as_i64().unwrap())];
    assert_eq!(lines(&stop["transactionData"]), expected);
    t.expect_status(1, "Finishing");
}

#[test]
fn mv_09_tx_14_a_corrected_clock_puts_no_value_outside_of_the_transaction() {
    for corrected in [50_030, 20] {
        let mut t = sampling("60", "").key("StopTxnSampledData", ENERGY).start();
        boot_at(&mut t, 1000);
        t.at(10).plug(1);
        t.expect_status(1, "Preparing");
        t.accepted_card(1, "TAG");
        t.expect_call("StartTransaction", json!({"timestamp": date(1010)})).start(42, "Accepted");
        t.expect_status(1, "Charging");
        t.at(30);
        set_clock(&mut t, corrected);
        t.at(100);
        let stop = stop(&mut t);
        let told = lines(&stop["transactionData"]);
        let dates: Vec<_> = told.iter().map(|line| &line[..20]).collect();
        assert!(dates.is_sorted() && dates[0] == date(1010), "{told:#?}");
        assert_eq!(stop["timestamp"], dates[2]);
    }
}

// ---- Long transactions ----

#[test]
fn mv_13_key_24_the_limit_is_told() {
    let mut t = booted();
    let found = t.call("GetConfiguration", json!({"key": ["StopTransactionMaxMeterValues"]})).result();
    let expected = json!([{"key": "StopTransactionMaxMeterValues", "readonly": true, "value": "16"}]);
    assert_eq!(found["configurationKey"], expected);
}

/// 16 meter values are Begin, 14 samples and End. One more, and the first, third, fifth ... sample go (errata 3.91);
/// from then on only each second one is taken, and so on.
#[test]
fn mv_13_a_long_transaction_keeps_samples_that_are_spread_evenly() {
    for (taken, step) in
        [(13, 1), (14, 1), (15, 2), (28, 2), (29, 2), (30, 4), (60, 8), (100, 8), (240, 32), (1000, 128)]
    {
        let mut t = collecting(ENERGY);
        sample_each_minute(&mut t, taken);
        t.meter(1, 9000).at(40 + 60 * taken);
        let kept = (step..=taken).step_by(step as usize);
        assert_eq!(lines(&stop(&mut t)["transactionData"]), begin_samples_end(kept, taken), "{taken} samples");
    }
}

#[test]
fn mv_13_the_next_transaction_keeps_each_sample_again() {
    let mut t = collecting(ENERGY);
    t.at(6000);
    stop(&mut t);
    t.unplug(1);
    t.expect_status(1, "Available");
    t.at(7000).start_charging(1, "TAG", 43);
    t.at(7200);
    let expected = [
        line(7000, "Transaction.Begin", 1000),
        line(7060, "Sample.Periodic", 1000),
        line(7120, "Sample.Periodic", 1000),
        line(7180, "Sample.Periodic", 1000),
        line(7200, "Transaction.End", 1000),
    ];
    assert_eq!(lines(&stop(&mut t)["transactionData"]), expected);
}

#[test]
fn mv_13_samples_of_both_lists_share_the_limit_and_both_stay() {
    for (clock, hours) in [("60", 2), ("90", 2), ("60", 10)] {
        let mut t = sampling("60", "")
            .key("ClockAlignedDataInterval", clock)
            .key("MeterValuesAlignedData", "")
            .key("StopTxnSampledData", ENERGY)
            .key("StopTxnAlignedData", ENERGY)
            .booted();
        t.at(10).start_charging(1, "TAG", 42);
        t.at(hours * 3600);
        let told = lines(&stop(&mut t)["transactionData"]);
        assert!((9..=16).contains(&told.len()), "{told:#?}");
        assert!(told[0].contains("Transaction.Begin") && told[told.len() - 1].contains("Transaction.End"), "{told:#?}");
        assert!(told.is_sorted_by_key(|line| line[..20].to_owned()), "{told:#?}");
        for context in ["Sample.Periodic", "Sample.Clock"] {
            assert!(told.iter().filter(|line| line.contains(context)).count() >= 3, "{clock} s, {context}: {told:#?}");
        }
    }
}

/// All meters are told in the beginning and at the end, whatever they show, with so many samples in between.
fn whole_begin_and_end(at_first: Option<Decimal>, at_last: Option<Decimal>, taken: u64) {
    let mut t = sampling("60", "").key("StopTxnSampledData", ALL).start();
    let meters = add_three_phases(&mut t);
    meters.iter().for_each(|meter| meter.set(at_first));
    t.boot();
    t.at(10).start_charging(1, "TAG", 42);
    meters.iter().for_each(|meter| meter.set(at_last));
    t.evse(1).power.set(22_000);
    sample_each_minute(&mut t, taken);
    t.at(40 + 60 * taken);
    let data = stop(&mut t)["transactionData"].take();
    let case = format!("{taken} samples from {at_first:?} to {at_last:?}: {:#?}", lines(&data));
    let counts: Vec<_> = data.as_array().unwrap().iter().map(|value| measurands(value).len()).collect();
    assert_eq!(counts[0], if at_first.is_some() { 8 } else { 2 }, "{case}");
    assert!(counts[1..].iter().all(|count| *count == 8), "{counts:?} {case}");
    let contexts = contexts(&data);
    assert_eq!((&*contexts[0], &*contexts[contexts.len() - 1]), ("Transaction.Begin", "Transaction.End"), "{case}");
    assert!(contexts.len() <= 16, "{case}");
}

const SMALL: Option<Decimal> = Some(Decimal::thousandths(0));

const LARGE: Option<Decimal> = Some(Decimal::thousandths(230_123_456));

const HUGE: Option<Decimal> = Some(Decimal::thousandths(i64::MIN));

#[test]
fn mv_12_mv_13_begin_and_end_are_whole_however_much_there_is_in_between() {
    for taken in [1, 4, 6, 12, 100] {
        whole_begin_and_end(SMALL, LARGE, taken);
        whole_begin_and_end(LARGE, LARGE, taken);
        whole_begin_and_end(HUGE, HUGE, taken);
    }
}

#[test]
fn mv_12_mv_13_the_end_is_whole_also_when_the_values_are_longer_than_those_of_the_beginning() {
    for taken in [1, 4, 6, 12, 100] {
        whole_begin_and_end(SMALL, HUGE, taken);
        whole_begin_and_end(None, LARGE, taken);
    }
}

#[test]
fn mv_13_auth_03_the_longest_tag_leaves_room_for_the_values() {
    let tag = "\"".repeat(20);
    let mut t = sampling("60", "").key("StopTxnSampledData", ENERGY).booted();
    t.at(10).start_charging(1, &tag, -i64::MAX);
    sample_each_minute(&mut t, 14);
    t.meter(1, 9000).at(40 + 60 * 14).card_again(1, &tag).unwrap();
    let stop = stop_payload(&mut t);
    t.expect_status(1, "Finishing");
    assert_eq!((&stop["idTag"], &stop["transactionId"]), (&json!(tag), &json!(-i64::MAX)));
    assert_eq!(lines(&stop["transactionData"]), begin_samples_end(1..=14, 14));
}

#[test]
fn mv_13_rpc_18_the_longest_transaction_data_goes_through_the_smallest_send_buffer() {
    let mut t = sampling("60", "")
        .small_buffers()
        .key("StopTxnSampledData", "Energy.Active.Import.Register,Power.Active.Import")
        .booted();
    t.at(10).start_charging(1, "TAG", 42);
    sample_each_minute(&mut t, 14);
    t.meter(1, 9000).at(40 + 60 * 14);
    t.card_again(1, "TAG").unwrap();
    assert!(t.wire.parts > 1);
    let stop = stop_payload(&mut t);
    t.expect_status(1, "Finishing");
    assert_eq!(lines(&stop["transactionData"]), begin_samples_end(1..=14, 14));
    for meter_value in stop["transactionData"].as_array().unwrap() {
        assert_eq!(measurands(meter_value).len(), 2);
    }
    assert_eq!(
        (&stop["transactionId"], &stop["meterStop"], &stop["reason"]),
        (&json!(42), &json!(9000), &json!("Local"))
    );
}

// ---- Outages ----

#[test]
fn mv_11_msg_12_what_is_sent_again_is_the_same() {
    let mut t = collecting(ENERGY);
    sample_each_minute(&mut t, 3);
    t.at(200).card_again(1, "TAG").unwrap();
    let stop = t.expect_call("StopTransaction", json!({}));
    let (id, payload) = (stop.id.clone(), stop.payload.clone());
    stop.refuse("InternalError");
    t.expect_status(1, "Finishing");
    t.at(260);
    let again = t.expect_call("StopTransaction", json!({}));
    assert_eq!((&again.id, &again.payload), (&id, &payload));
    let _ = again.ignore();
    t.at(270).reboot();
    t.accept_boot();
    let again = t.expect_call("StopTransaction", json!({}));
    assert_eq!((&again.id, &again.payload), (&id, &payload));
    again.answer(json!({}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Preparing");
}

#[test]
fn mv_11_tx_26_after_a_power_loss_the_end_tells_what_was_collected() {
    for taken in [0, 1, 14, 15, 100] {
        let mut t = collecting(ENERGY);
        sample_each_minute(&mut t, taken);
        t.meter(1, 9000).at(40 + 60 * taken);
        t.reboot();
        t.accept_boot();
        let stop = stop_payload(&mut t);
        t.expect_status(0, "Available");
        t.expect_status(1, "Finishing");
        assert_eq!((&stop["reason"], &stop["meterStop"]), (&json!("PowerLoss"), &json!(9000)));
        let step = match taken {
            100 => 8,
            15 => 2,
            _ => 1,
        };
        let expected = begin_samples_end((step..=taken).step_by(step as usize), taken);
        assert_eq!(lines(&stop["transactionData"]), expected, "{taken} samples");
    }
}

#[test]
fn mv_11_tx_26_tx_29_each_connector_finds_its_own_values_after_a_power_loss() {
    let mut t = sampling("60", "").two_connectors().key("StopTxnSampledData", ENERGY).booted();
    t.at(10).start_charging(1, "ONE", 11);
    t.meter(2, 5000).at(20).start_charging(2, "TWO", 12);
    t.meter(1, 1100).meter(2, 5100).at(100).reboot();
    t.accept_boot();
    let mut stops = [stop_payload(&mut t), stop_payload(&mut t)];
    stops.sort_by_key(|stop| stop["transactionId"].as_i64());
    let of = |start, before, sample, after| {
        let (begin, end) = (line(start, "Transaction.Begin", before), line(100, "Transaction.End", after));
        [begin, line(sample, "Sample.Periodic", after), end]
    };
    assert_eq!(lines(&stops[0]["transactionData"]), of(10, 1000, 70, 1100));
    assert_eq!(lines(&stops[1]["transactionData"]), of(20, 5000, 80, 5100));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
    t.expect_status(2, "Finishing");
}

#[test]
fn mv_21_mv_11_transaction_data_that_was_switched_off_is_not_told_after_a_power_loss_either() {
    let mut t = collecting(ENERGY);
    t.at(80);
    t.change_key("StopTxnSampledData", "", "Accepted");
    t.at(100).reboot();
    t.accept_boot();
    assert_eq!(stop_payload(&mut t).get("transactionData"), None);
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
}

#[test]
fn mv_11_a_transaction_after_a_power_loss_begins_without_old_values() {
    let mut t = collecting(ENERGY);
    sample_each_minute(&mut t, 5);
    t.at(320).reboot();
    t.accept_boot();
    let _ = stop_payload(&mut t);
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
    t.at(400).unplug(1);
    t.expect_status(1, "Available");
    t.meter(1, 2000).at(410).start_charging(1, "TAG", 43);
    t.meter(1, 2050).at(440);
    let expected = [line(410, "Transaction.Begin", 2000), line(440, "Transaction.End", 2050)];
    assert_eq!(lines(&stop(&mut t)["transactionData"]), expected);
}

/// The values of the beginning are durable before the start, which the power cut takes away while older messages wait:
/// the next start gets its number.
#[test]
fn mv_12_the_values_of_a_start_that_never_was_are_nobody_elses() {
    let keys = bench().key("StopTxnSampledData", ENERGY).key("AllowOfflineTxForUnknownId", "true");
    let mut t = keys.two_connectors().booted();
    t.at(5).link_down();
    t.plug(2);
    t.card(2, "OTHER");
    t.card_again(2, "OTHER").unwrap();
    t.unplug(2);
    t.meter(1, 500).at(10).evse(1).plugged.set(true);
    t.power.fails_after(2);
    t.card(1, "TAG");
    assert!(!t.charger().is_transaction_running(1));
    t.unplug(1);
    t.reboot();
    t.accept_boot();
    t.expect_call("StartTransaction", json!({"idTag": "OTHER"})).start(41, "Accepted");
    t.expect_stop(json!({"transactionId": 41}));
    for connector in 0..=2 {
        t.expect_status(connector, "Available");
    }
    t.change_key("StopTxnSampledData", "", "Accepted");
    t.meter(1, 1000).at(100).start_charging(1, "TAG", 42);
    t.change_key("StopTxnSampledData", ENERGY, "Accepted");
    t.at(200);
    assert_eq!(lines(&stop(&mut t)["transactionData"]), [line(200, "Transaction.End", 1000)]);
}

#[test]
fn mv_11_mv_13_msg_02_hours_offline_lose_neither_begin_nor_end() {
    let mut t =
        sampling("60", ENERGY).key("AllowOfflineTxForUnknownId", "true").key("StopTxnSampledData", ENERGY).booted();
    t.at(5).link_down();
    t.plug(1);
    t.at(10).card(1, "TAG");
    sample_each_minute(&mut t, 240);
    t.meter(1, 9000).at(40 + 60 * 240).card_again(1, "TAG").unwrap();
    t.at(20_000).link_up();
    let mut samples = Vec::new();
    let stop = loop {
        let Some(Frame::Call { id, action, payload }) = t.next_frame() else { panic!("no StopTransaction") };
        let started = json!({"transactionId": 42, "idTagInfo": {"status": "Accepted"}});
        let conf = if action == "StartTransaction" { started } else { json!({}) };
        t.answer(&id, conf);
        match action.as_str() {
            "MeterValues" => samples.extend(lines(&payload["meterValue"])),
            "StopTransaction" => break payload,
            _ => {}
        }
    };
    assert_eq!((&stop["transactionId"], &stop["timestamp"]), (&json!(42), &json!(date(14_440))));
    // 32 minutes apart: 7 samples.
    assert_eq!(lines(&stop["transactionData"]), begin_samples_end((32..=240).step_by(32), 240));
    let dates: Vec<_> = samples.iter().map(|line| &line[..20]).collect();
    assert!(dates.len() > 10 && dates.is_sorted(), "{samples:#?}");
    t.may_report(1, "Finishing");
}

#[test]
fn mv_12_a_device_that_fails_for_a_moment_costs_neither_begin_nor_end() {
    // Offline, so that nothing else needs the device.
    for (at, done_before) in [(10, 0), (10, 1), (70, 0), (100, 0)] {
        let mut t = sampling("60", "").key("StopTxnSampledData", ENERGY).booted();
        t.at(5).link_down();
        t.plug(1);
        let fail_at = |t: &mut Timeline, now| {
            if now == at {
                t.power.fails_after(done_before);
            }
        };
        fail_at(t.at(10), 10);
        t.charger().begin_transaction_authorized("TAG", 1).unwrap();
        t.settle();
        t.power.fails_after(u32::MAX);
        fail_at(t.at_ms(69_999), 70);
        t.at(70).power.fails_after(u32::MAX);
        fail_at(t.at(100), 100);
        t.card_again(1, "TAG").unwrap();
        t.power.fails_after(u32::MAX);
        assert_eq!(t.take_errors(), ["FlashError"], "{at} s");
        t.at(200).link_up();
        let told = contexts(&serve(&mut t, 300).unwrap()["transactionData"]);
        assert_eq!((&*told[0], &*told[told.len() - 1]), ("Transaction.Begin", "Transaction.End"), "{at} s: {told:?}");
        while t.next_frame().is_some() {}
    }
}

#[test]
fn mv_11_the_device_is_asked_three_times_then_the_end_goes_without_what_was_collected() {
    for (failing, expected) in [(2, begin_samples_end(1..=2, 2)), (3, vec![line(160, "Transaction.End", 9000)])] {
        let mut t = collecting(ENERGY);
        sample_each_minute(&mut t, 2);
        t.flash.failing_loads = failing;
        t.meter(1, 9000).at(160).card_again(1, "TAG").unwrap();
        t.at_ms(161_999).expect_nothing();
        let stop = stop_payload(t.wait(2));
        t.expect_status(1, "Finishing");
        assert_eq!(stop["timestamp"], json!(date(160)));
        assert_eq!(lines(&stop["transactionData"]), expected);
    }
}

/// The smallest central system; what it was told by StopTransaction.
fn serve(t: &mut Timeline, until: u64) -> Option<Value> {
    while t.seconds() < until && !t.power.is_off() {
        let Some(Frame::Call { id, action, payload }) = t.next_frame() else {
            t.wait(until - t.seconds());
            continue;
        };
        if action == "StopTransaction" {
            return Some(payload);
        }
        let accepted = json!({"status": "Accepted", "currentTime": date(t.seconds()), "interval": 86_400,
            "transactionId": 42, "idTagInfo": {"status": "Accepted"}});
        let members: &[&str] = match &*action {
            "BootNotification" => &["status", "currentTime", "interval"],
            "StartTransaction" => &["transactionId", "idTagInfo"],
            _ => &[],
        };
        let conf: serde_json::Map<_, _> =
            members.iter().map(|name| ((*name).to_owned(), accepted[*name].clone())).collect();
        t.answer(&id, conf.into());
    }
    None
}

#[test]
fn mv_11_mv_12_msg_05_a_power_cut_at_any_moment_leaves_what_was_told_whole() {
    for steps in 1.. {
        let mut t = sampling("60", "").key("StopTxnSampledData", ENERGY).start_offline();
        t.power.fails_after(steps);
        t.link_up();
        serve(&mut t, 5);
        t.plug(1);
        let _ = t.charger().begin_transaction_authorized("TAG", 1);
        t.settle();
        for (until, register) in [(60, 1100), (150, 1200)] {
            t.meter(1, register);
            serve(&mut t, until);
        }
        let _ = t.charger().end_transaction(None, Reason::Other, 1);
        t.settle();
        let mut stop = serve(&mut t, 160);
        let cut = t.power.is_off();
        if cut {
            t.power_cut();
            while t.next_frame().is_some() {}
            t.at(200).power_on();
            t.link_up();
            stop = serve(&mut t, 300);
        }
        while t.next_frame().is_some() {}
        if let Some(stop) = stop {
            let told = lines(&stop["transactionData"]);
            assert_eq!(told[0], line(5, "Transaction.Begin", 1000), "{steps} steps: {told:#?}");
            assert!(told[told.len() - 1].contains("Transaction.End"), "{steps} steps: {told:#?}");
            assert!(told.is_sorted_by_key(|line| line[..20].to_owned()), "{steps} steps: {told:#?}");
        }
        if !cut {
            break;
        }
    }
}
