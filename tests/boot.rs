//! BOOT and HB: boot, heartbeat and time (OCPP 1.6 §4.2, §4.6).

mod support;

use embedded_ocpp::facade::{ConfigError, ConnectorClosures, InputError, Missing};
use embedded_ocpp::json::Raw;
use embedded_ocpp::ocpp16::BootReason;
use embedded_ocpp::store::RamStorage;
use embedded_ocpp::transport::Loopback;
use embedded_ocpp::{Boot, ChargePoint, Error, Instant, Resources};
use serde_json::json;
use support::meter_only::MeterOnly;
use support::{Timeline, bench, booted, date};

#[test]
fn boot_01_rpc_19_is_the_first_call_with_its_required_fields_alone() {
    let mut t = bench().start();
    let call = t.expect_call("BootNotification", json!({}));
    assert_eq!(call.payload, json!({"chargePointModel": "Model", "chargePointVendor": "Vendor"}));
    call.answer(json!({"status": "Accepted", "currentTime": date(0), "interval": 300}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
}

#[test]
fn boot_01_texts_beyond_the_limits_of_the_standard_are_refused() {
    let long = "123456789012345678901234567890123456789012345678901";
    let texts = |model, serial, version| {
        Boot::new(model, "Vendor").charge_point_serial_number(serial).firmware_version(version)
    };
    let accepts = |boot| ChargePoint::new(&mut Resources::<1>::new(), boot).is_ok();
    assert!(accepts(texts(&long[..20], &long[..25], &long[..50])));
    assert!(!accepts(texts(&long[..21], &long[..25], &long[..50])));
    assert!(!accepts(texts(&long[..20], &long[..26], &long[..50])));
    assert!(!accepts(texts(&long[..20], &long[..25], &long[..51])));
    let mut resources = Resources::<1>::new();
    let refused = ChargePoint::new(&mut resources, Boot::new("Model", &long[..21]));
    assert_eq!(refused.err(), Some(ConfigError::BootTextTooLong));
}

#[test]
fn boot_01_the_reason_of_the_boot_is_kept_and_not_sent() {
    let mut t = bench().start(); // after a power cut, as it tells the charge point
    assert_eq!(t.charger().boot_reason(), BootReason::PowerUp);
    let call = t.expect_call("BootNotification", json!({}));
    assert_eq!(call.payload, json!({"chargePointModel": "Model", "chargePointVendor": "Vendor"}));
    call.ignore();
    let mut resources = Resources::<1>::new();
    let charger = ChargePoint::new(&mut resources, Boot::new("Model", "Vendor")).unwrap();
    assert_eq!(charger.boot_reason(), BootReason::Unknown);
}

#[test]
fn boot_01_every_reboot_notifies_again() {
    let mut t = booted();
    t.at(100).reboot();
    t.boot();
}

/// Whatever happens meanwhile, nothing but BootNotification goes out.
fn use_it(t: &mut Timeline) {
    t.evse(1).plugged.set(true);
    t.settle();
    let _ = t.try_card(1, "TAG");
    t.charger().send_request("DataTransfer", &Raw(br#"{"vendorId":"V"}"#), None).unwrap();
    t.settle();
}

#[test]
fn what_ocpp_cannot_do_without_shows_at_the_first_poll() {
    let without_meter = ConnectorClosures::new();
    let mut resources = Resources::<2>::new();
    let mut charger = ChargePoint::new(&mut resources, Boot::new("Model", "Vendor")).unwrap();
    let (mut transport, mut storage) = (Loopback::<64>::new(), RamStorage::<256>::new());
    let mut missing = |charger: &mut ChargePoint<'_>| match charger.poll(Instant::ZERO, &mut transport, &mut storage) {
        Err(Error::Incomplete(missing)) => Some(missing),
        _ => None,
    };
    charger.set_hardware(&MeterOnly, 1).unwrap();
    assert_eq!(missing(&mut charger), Some(Missing::EnergyMeterInput(2)));
    charger.set_hardware(&without_meter, 2).unwrap();
    assert_eq!(missing(&mut charger), Some(Missing::EnergyMeterInput(2)));
    charger.set_hardware(&MeterOnly, 2).unwrap();
    assert_eq!(missing(&mut charger), Some(Missing::ResetOutput));
    charger.set_on_reset_execute(&|_| ());
    assert_eq!(missing(&mut charger), None);
    assert_eq!(charger.set_hardware(&MeterOnly, 3), Err(InputError::UnknownConnector));
    assert_eq!(charger.set_hardware(&MeterOnly, 0), Err(InputError::UnknownConnector));
}

#[test]
fn boot_02_nothing_is_sent_before_the_first_answer() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").start();
    let boot = t.expect_call("BootNotification", json!({})).ignore();
    use_it(&mut t);
    t.at(29).answer(&boot, json!({"status": "Accepted", "currentTime": date(29), "interval": 0}));
    // The start was made before the clock was known, 29 s ago.
    let start = json!({"idTag": "TAG", "timestamp": date(0)});
    t.expect_call("StartTransaction", start).start(1, "Accepted");
    t.expect_status(0, "Available");
    t.expect_status(1, "Charging");
    t.expect_call("DataTransfer", json!({})).answer(json!({"status": "Accepted"}));
}

#[test]
fn boot_02_nothing_stored_before_is_sent_until_accepted() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").start_offline();
    t.plug(1);
    t.card(1, "TAG");
    t.at(5).link_up();
    t.register("Pending", 100);
    t.at(105);
    t.accept_boot();
    t.expect_call("StartTransaction", json!({"timestamp": date(0)})).start(1, "Accepted");
    t.expect_status(0, "Available");
    t.expect_status(1, "Charging");
}

#[test]
fn boot_03_the_interval_becomes_the_heartbeat_interval() {
    let mut t = bench().start();
    t.register("Accepted", 300);
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    let keys = t.call("GetConfiguration", json!({"key": ["HeartbeatInterval"]})).result();
    assert_eq!(keys["configurationKey"], json!([{"key": "HeartbeatInterval", "readonly": false, "value": "300"}]));
    t.at(300).expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(300)}));
}

#[test]
fn boot_03_boot_04_the_interval_outlives_a_reboot() {
    let mut t = bench().start();
    t.register("Accepted", 300);
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    t.at(100).reboot();
    t.register("Accepted", 0);
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    t.at(400).expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(400)}));
}

#[test]
fn boot_03_rpc_26_the_clock_is_set_whatever_the_offset_of_the_time() {
    let mut t = bench().start();
    assert_eq!(t.charger().date_time(), None);
    let conf = json!({"status": "Accepted", "currentTime": "2024-02-29T23:30:00.123456-01:00", "interval": 0});
    t.expect_call("BootNotification", json!({})).answer(conf);
    // 00:30 UTC of the next day, 1 March.
    let timestamp = json!({"connectorId": 0, "timestamp": "2024-03-01T00:30:00Z"});
    t.expect_call("StatusNotification", timestamp).answer(json!({}));
    t.expect_status(1, "Available");
}

#[test]
fn boot_03_rpc_26_the_fraction_of_the_time_counts() {
    let mut t = bench().key("HeartbeatInterval", "60").start();
    let conf = json!({"status": "Accepted", "currentTime": "2025-01-01T00:00:00.9Z", "interval": 0});
    t.expect_call("BootNotification", json!({})).answer(conf);
    let status = |connector, status, s| json!({"connectorId": connector, "status": status, "timestamp": date(s)});
    t.expect_call("StatusNotification", status(0, "Available", 0)).answer(json!({}));
    t.expect_call("StatusNotification", status(1, "Available", 0)).answer(json!({}));
    t.at_ms(10_099).plug(1);
    t.expect_call("StatusNotification", status(1, "Preparing", 10)).answer(json!({}));
    t.at_ms(10_100).unplug(1);
    t.expect_call("StatusNotification", status(1, "Available", 11)).answer(json!({}));
    // A heartbeat sets it as well: at 60 s it is 60.25 s.
    t.at(60).expect_call("Heartbeat", json!({})).answer(json!({"currentTime": "20250101T020100,25+0200"}));
    t.at_ms(70_749).plug(1);
    t.expect_call("StatusNotification", status(1, "Preparing", 70)).answer(json!({}));
    t.at_ms(70_750).unplug(1);
    t.expect_call("StatusNotification", status(1, "Available", 71)).answer(json!({}));
}

#[test]
fn boot_04_interval_0_leaves_the_heartbeat_interval_alone() {
    let mut t = bench().key("HeartbeatInterval", "600").start();
    t.register("Accepted", 0);
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    t.at(600).expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(600)}));
}

#[test]
fn boot_05_pending_and_rejected_wait_for_the_interval() {
    for status in ["Pending", "Rejected"] {
        let mut t = bench().start();
        let conf = |s| json!({"status": status, "currentTime": date(s), "interval": 90});
        t.expect_call("BootNotification", json!({})).answer(conf(0));
        t.at_ms(89_999).expect_nothing();
        t.at(90).expect_call("BootNotification", json!({})).answer(conf(90));
        t.at(180);
        t.boot();
    }
}

#[test]
fn boot_05_a_new_connection_does_not_shorten_the_interval() {
    let mut t = bench().start();
    t.register("Pending", 90);
    t.at(10).link_down();
    t.at(20).link_up();
    t.at_ms(89_999).expect_nothing();
    t.at(90);
    t.boot();
}

#[test]
fn boot_05_interval_0_does_not_flood() {
    let mut t = bench().start();
    for _ in 0..3 {
        t.register("Pending", 0);
        let now = t.seconds();
        t.at(now + 10).expect_nothing();
        t.wait(600);
    }
    t.boot();
}

#[test]
fn boot_06_rejected_says_nothing_at_all() {
    let mut t = bench().start();
    t.register("Rejected", 100);
    use_it(&mut t);
    t.call("GetConfiguration", json!({})).expect_silence();
    t.call("TriggerMessage", json!({"requestedMessage": "BootNotification"})).expect_silence();
    t.call("Reset", json!({"type": "Hard"})).expect_silence();
    t.send(r#"[2,"1","Nonsense",{}]"#);
    t.at(99).expect_nothing();
    assert!(t.resets.borrow().is_empty());
    t.at(100);
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
    t.expect_call("DataTransfer", json!({})).answer(json!({"status": "Accepted"}));
}

/// Accepted by nobody yet: `interval` is 1000 s.
fn pending() -> Timeline {
    let mut t = bench().start();
    t.register("Pending", 1000);
    t
}

#[test]
fn boot_07_pending_is_configured_at_once() {
    let mut t = pending();
    t.change_key("ConnectionTimeOut", "33", "Accepted");
    let found = t.call("GetConfiguration", json!({"key": ["ConnectionTimeOut"]})).result();
    assert_eq!(found["configurationKey"][0]["value"], "33");
}

#[test]
fn boot_08_pending_sends_nothing_of_its_own() {
    let mut t = pending();
    t.change_key("HeartbeatInterval", "10", "Accepted");
    use_it(&mut t);
    t.at(999).expect_nothing();
}

#[test]
fn boot_09_rc_12_pending_rejects_remote_start_and_stop() {
    let mut t = pending();
    t.call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "TAG"})).expect("Rejected");
    t.call("RemoteStopTransaction", json!({"transactionId": 1})).expect("Rejected");
}

#[test]
fn boot_10_trg_08_a_triggered_boot_notification_comes_early() {
    let mut t = pending();
    t.at(10).call("TriggerMessage", json!({"requestedMessage": "BootNotification"})).expect("Accepted");
    t.boot();
}

#[test]
fn trg_08_triggered_messages_are_sent_in_pending() {
    let mut t = pending();
    t.call("TriggerMessage", json!({"requestedMessage": "StatusNotification", "connectorId": 1})).expect("Accepted");
    t.expect_status(1, "Available");
    t.call("TriggerMessage", json!({"requestedMessage": "Heartbeat"})).expect("Accepted");
    t.expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(0)}));
    t.call("TriggerMessage", json!({"requestedMessage": "MeterValues", "connectorId": 1})).expect("Accepted");
    t.expect_call("MeterValues", json!({"connectorId": 1, "transactionId": null})).answer(json!({}));
}

#[test]
fn rst_08_pending_serves_reset() {
    let mut t = pending();
    t.call("Reset", json!({"type": "Soft"})).expect("Accepted");
    assert_eq!(*t.resets.borrow(), ["Soft"]);
}

#[test]
fn boot_11_a_call_error_is_no_acceptance() {
    let mut t = bench().start();
    t.expect_call("BootNotification", json!({})).refuse("InternalError");
    assert!(!t.charger().is_accepted());
    t.at(10).wait(600);
    t.boot();
    assert!(t.charger().is_accepted());
}

#[test]
fn boot_11_silence_is_no_acceptance() {
    let mut t = bench().key("MessageTimeout", "30").start();
    let first = t.expect_call("BootNotification", json!({})).ignore();
    t.at(31).expect_nothing();
    t.wait(600);
    // The late answer counts for nothing (RPC-12).
    t.answer(&first, json!({"status": "Accepted", "currentTime": date(0), "interval": 9}));
    assert!(!t.charger().is_accepted());
    t.boot();
}

#[test]
fn rpc_20_boot_11_broken_answers_are_no_acceptance() {
    for conf in [
        json!({}),
        json!({"status": "Yes", "currentTime": date(0), "interval": 10}),
        json!({"status": "accepted", "currentTime": date(0), "interval": 10}),
        json!({"currentTime": date(0), "interval": 10}),
        json!({"status": 1, "currentTime": date(0), "interval": 10}),
    ] {
        let mut t = bench().start();
        t.expect_call("BootNotification", json!({})).answer(conf.clone());
        assert!(!t.charger().is_accepted(), "{conf}");
        t.at(9).wait(600);
        t.boot();
    }
}

#[test]
fn boot_12_st_02_the_state_of_connector_0_and_of_all_others_follows() {
    let mut t = bench().two_connectors().start_offline();
    t.evse(2).plugged.set(true);
    t.at(7).link_up();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    t.expect_status(2, "Preparing");
}

#[test]
fn boot_13_tx_26_the_end_of_a_cut_transaction_follows_acceptance() {
    let mut t = booted();
    t.at(10).start_charging(1, "TAG", 7);
    t.meter(1, 1500).at(60).reboot();
    t.accept_boot();
    let stop = json!({"transactionId": 7, "reason": "PowerLoss", "meterStop": 1500, "timestamp": date(60)});
    t.expect_stop(stop);
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
}

#[test]
fn boot_14_charging_before_the_first_acceptance_is_the_operators_choice() {
    for allowed in [false, true] {
        let mut t = bench().key("AllowOfflineTxForUnknownId", if allowed { "true" } else { "false" }).start();
        t.register("Pending", 1000);
        t.plug(1);
        t.card(1, "TAG");
        assert_eq!(t.charger().permits_charge(1), allowed);
        t.expect_nothing();
    }
}

#[test]
fn boot_15_what_happened_before_the_clock_was_known_is_dated_afterwards() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").start_offline();
    t.at(100).plug(1);
    t.at(110).card(1, "TAG");
    t.meter(1, 1700).at(500).unplug(1);
    t.at(600).link_up();
    t.accept_boot();
    t.expect_call("StartTransaction", json!({"timestamp": date(110), "meterStart": 1000})).start(3, "Accepted");
    let stop = json!({"timestamp": date(500), "meterStop": 1700, "transactionId": 3, "reason": "EVDisconnected"});
    t.expect_stop(stop);
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
}

#[test]
fn boot_15_rpc_26_a_fraction_of_the_time_dates_nothing_too_late() {
    // The monotonic clock shows 0.9 s at the boot, and 1.0 s when the transaction begins.
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").clock_from(900).start_offline();
    t.at_ms(100).plug(1);
    t.card(1, "TAG");
    t.at_ms(150).link_up();
    // So it began at 1.8 s.
    let conf = json!({"status": "Accepted", "currentTime": "2025-01-01T00:00:01.850Z", "interval": 0});
    t.expect_call("BootNotification", json!({})).answer(conf);
    t.expect_call("StartTransaction", json!({"timestamp": date(1)})).start(3, "Accepted");
    t.expect_status(0, "Available");
    t.expect_status(1, "Charging");
}

#[test]
fn boot_15_undated_records_of_an_earlier_boot_get_a_plausible_time() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").start_offline();
    t.plug(1);
    t.at(110).card(1, "TAG");
    t.at(500).unplug(1);
    t.at(600).power_cut();
    t.at(1000).power_on();
    t.at(1010).link_up();
    t.accept_boot();
    // Nobody can know: not after the boot that followed, and in order.
    let start = t.expect_call("StartTransaction", json!({}));
    let started = start.payload["timestamp"].as_str().unwrap().to_owned();
    start.start(3, "Accepted");
    let stop = t.expect_call("StopTransaction", json!({"transactionId": 3}));
    let stopped = stop.payload["timestamp"].as_str().unwrap().to_owned();
    stop.answer(json!({}));
    assert!(date(0) <= started && started <= stopped && stopped <= date(1010), "{started} {stopped}");
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
}

#[test]
fn boot_15_st_10_it_does_not_matter_where_the_monotonic_clock_begins() {
    // As a host does that takes the seconds since 1970 for it.
    let mut t = bench().clock_from(1_700_000_000_000).key("AllowOfflineTxForUnknownId", "true").start_offline();
    t.plug(1);
    t.at(110).card(1, "TAG");
    t.at(500).unplug(1);
    t.at(600).power_cut();
    t.at(1000).power_on();
    t.at(1010).link_up();
    t.accept_boot();
    t.expect_call("StartTransaction", json!({"timestamp": date(1000)})).start(3, "Accepted");
    t.expect_stop(json!({"timestamp": date(1000)}));
    for connector in 0..=1 {
        let status = t.expect_call("StatusNotification", json!({"connectorId": connector, "status": "Available"}));
        let told = status.payload["timestamp"].as_str().unwrap().to_owned();
        assert!(date(1000) <= told && told <= date(1010), "{told}");
        status.answer(json!({}));
    }
}

#[test]
fn hb_01_heartbeats_come_at_the_interval() {
    let mut t = bench().key("HeartbeatInterval", "60").start();
    t.register("Accepted", 0);
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    for beat in 1..=5 {
        t.at(60 * beat - 1).expect_nothing();
        t.at(60 * beat).expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(60 * beat)}));
    }
}

#[test]
fn hb_02_at_least_one_a_day_by_default() {
    let mut t = bench().start();
    t.register("Accepted", 0);
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    t.wait(86_400);
    t.expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(86_400)}));
}

#[test]
fn hb_03_a_jump_of_the_clock_moves_no_timer() {
    let mut t = bench().key("HeartbeatInterval", "60").key("ConnectionTimeOut", "100").start();
    t.register("Accepted", 0);
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    t.at(50).accepted_card(1, "TAG");
    t.expect_status(1, "Preparing");
    // The central system is suddenly a year ahead.
    t.at(60).expect_call("Heartbeat", json!({})).answer(json!({"currentTime": "2026-01-01T00:00:00Z"}));
    t.at(120).expect_call("Heartbeat", json!({})).answer(json!({"currentTime": "2026-01-01T00:01:00Z"}));
    let status = json!({"status": "Available", "timestamp": "2026-01-01T00:01:30Z"});
    t.at(150).expect_call("StatusNotification", status).answer(json!({}));
    // And back again.
    t.at(180).expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(0)}));
    t.at(240).expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(60)}));
}

#[test]
fn hb_03_rpc_20_a_bad_time_is_ignored() {
    let mut t = bench().key("HeartbeatInterval", "60").booted();
    t.change_key("HeartbeatInterval", "60", "Accepted");
    t.at(60).expect_call("Heartbeat", json!({})).answer(json!({"currentTime": "25 o'clock"}));
    t.at(120).expect_call("Heartbeat", json!({})).answer(json!({}));
    assert_eq!(t.charger().date_time().unwrap().to_string(), date(120));
}

#[test]
fn hb_04_a_new_interval_works_at_once() {
    let mut t = booted();
    t.at(100).change_key("HeartbeatInterval", "150", "Accepted");
    t.at(150).expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(150)}));
    t.at(200).change_key("HeartbeatInterval", "20", "Accepted");
    t.expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(200)}));
    t.at(220).expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(220)}));
}

#[test]
fn rpc_23_no_boot_notification_on_a_mere_reconnection() {
    let mut t = booted();
    t.at(10).link_down();
    t.at(500).link_up();
}
