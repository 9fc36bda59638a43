//! SEC: security events, and the log that they are kept in (security whitepaper A04).

mod support;

use embedded_ocpp::ocpp16::{SecurityEvent, SecurityEventError};
use embedded_ocpp::store::registry::{SECURITY_LOG, SECURITY_LOG_MARK};
use embedded_ocpp::transport::ConnectFailure;
use serde_json::json;
use support::{Bench, Event, Timeline, bench, date};

fn expect(t: &mut Timeline, event: &str, at: u64, tech_info: Option<&str>) {
    let mut payload = json!({ "type": event, "timestamp": date(at) });
    if let Some(tech_info) = tech_info {
        payload["techInfo"] = json!(tech_info);
    }
    let call = t.expect_call("SecurityEventNotification", json!({}));
    assert_eq!(call.payload, payload);
    call.answer(json!({}));
}

/// Accepted at the moment of the timeline; the statuses of two places follow the event.
fn accepted(bench: Bench) -> Timeline {
    let mut t = bench.start();
    t.accept_boot();
    expect(&mut t, "StartupOfTheDevice", 0, None);
    t.expect_available();
    t
}

fn raise(t: &mut Timeline, event: SecurityEvent, tech_info: &str) {
    t.charger().raise_security_event(event, tech_info).unwrap();
    t.settle();
}

// ---- What is told ----

#[test]
fn sec_26_critical_events_are_told_with_their_own_time() {
    let mut t = accepted(bench());
    for (seconds, event) in [
        (10, SecurityEvent::TamperDetectionActivated),
        (20, SecurityEvent::MemoryExhaustion),
        (30, SecurityEvent::SecurityLogWasCleared),
        (40, SecurityEvent::ResetOrReboot),
        (50, SecurityEvent::SettingSystemTime),
        (60, SecurityEvent::StartupOfTheDevice),
        (70, SecurityEvent::FirmwareUpdated),
    ] {
        t.at(seconds);
        raise(&mut t, event, "door");
        expect(&mut t, event.as_str(), seconds, Some("door"));
    }
    t.at(1000).expect_nothing();
}

#[test]
fn sec_27_sec_28_of_the_others_those_about_firmware_certificates_and_tls_are_told() {
    let mut t = accepted(bench());
    t.at(10);
    for event in [
        SecurityEvent::FailedToAuthenticateAtCentralSystem,
        SecurityEvent::CentralSystemFailedToAuthenticate,
        SecurityEvent::ReconfigurationOfSecurityParameters,
        SecurityEvent::InvalidMessages,
        SecurityEvent::AttemptedReplayAttacks,
    ] {
        raise(&mut t, event, "");
        t.expect_nothing();
    }
    for event in [
        SecurityEvent::InvalidFirmwareSignature,
        SecurityEvent::InvalidFirmwareSigningCertificate,
        SecurityEvent::InvalidCentralSystemCertificate,
        SecurityEvent::InvalidChargePointCertificate,
        SecurityEvent::InvalidTLSVersion,
        SecurityEvent::InvalidTLSCipherSuite,
    ] {
        raise(&mut t, event, "");
        expect(&mut t, event.as_str(), 10, None);
    }
}

#[test]
fn sec_46_every_event_is_on_the_device_before_it_is_told() {
    let mut t = accepted(bench());
    t.take_log();
    raise(&mut t, SecurityEvent::AttemptedReplayAttacks, "");
    raise(&mut t, SecurityEvent::TamperDetectionActivated, "");
    let log = t.take_log();
    let [Event::Stored(first), Event::Stored(second), Event::Sent(message)] = &log[..] else { panic!("{log:?}") };
    assert_eq!([*first, *second], [SECURITY_LOG.start + 1, SECURITY_LOG.start + 2]);
    assert!(message.contains("TamperDetectionActivated"));
    t.expect_call("SecurityEventNotification", json!({"type": "TamperDetectionActivated"})).answer(json!({}));
    assert_eq!(t.take_log(), [Event::Stored(SECURITY_LOG_MARK)]);
}

#[test]
fn sec_30_lengths_and_control_characters() {
    let mut t = accepted(bench());
    let name = "N".repeat(50);
    let info = format!("line\nbreak {}", "x".repeat(300));
    t.charger().raise_other_security_event(&name, &info).unwrap();
    let busy = t.charger().raise_security_event(SecurityEvent::TamperDetectionActivated, "");
    assert_eq!(busy, Err(SecurityEventError::Busy));
    t.settle();
    expect(&mut t, &name, 0, Some(&format!("line break {}", "x".repeat(244))));
    for name in ["", &"N".repeat(51)] {
        let refused = t.charger().raise_other_security_event(name, "");
        assert_eq!(refused, Err(SecurityEventError::InvalidName));
    }
    t.at(100).expect_nothing();
}

// ---- When it is told ----

#[test]
fn sec_31_nothing_is_told_before_acceptance_nor_in_pending() {
    let mut t = bench().start();
    t.register("Pending", 60);
    t.at(10);
    raise(&mut t, SecurityEvent::TamperDetectionActivated, "");
    t.expect_nothing();
    t.at(60);
    t.accept_boot();
    expect(&mut t, "StartupOfTheDevice", 0, None);
    expect(&mut t, "TamperDetectionActivated", 10, None);
    t.expect_available();
}

#[test]
fn sec_29_what_happens_offline_is_told_later_also_after_a_power_cut() {
    let mut t = accepted(bench());
    t.link_down();
    t.at(100);
    raise(&mut t, SecurityEvent::TamperDetectionActivated, "lid");
    t.at(200).power_cut();
    t.at(300).power_on();
    t.at(400).link_up();
    t.accept_boot();
    expect(&mut t, "TamperDetectionActivated", 100, Some("lid"));
    expect(&mut t, "StartupOfTheDevice", 300, None);
    t.expect_available();
    t.reboot();
    t.accept_boot();
    expect(&mut t, "StartupOfTheDevice", 400, None);
    t.expect_available();
}

#[test]
fn sec_29_an_unanswered_event_is_told_again() {
    let mut t = accepted(bench());
    raise(&mut t, SecurityEvent::TamperDetectionActivated, "");
    t.expect_call("SecurityEventNotification", json!({})).ignore();
    t.link_down();
    t.at(50).link_up();
    expect(&mut t, "TamperDetectionActivated", 0, None);
    t.at(1000).expect_nothing();
}

#[test]
fn sec_29_power_cuts_at_every_record_and_frame_lose_no_event() {
    for steps in 1.. {
        let mut t = bench().start_offline();
        t.power_cut();
        t.power_on_for(steps);
        t.link_up();
        let mut told: Vec<String> = Vec::new();
        let mut raised = 0;
        let mut tell = |t: &mut Timeline| {
            while let Some(frame) = t.next_frame() {
                let support::Frame::Call { id, action, payload } = frame else { continue };
                match action.as_str() {
                    "BootNotification" => {
                        let date = date(t.seconds());
                        t.answer(&id, json!({"status": "Accepted", "currentTime": date, "interval": 86400}));
                    }
                    "SecurityEventNotification" => {
                        told.push(payload["type"].as_str().unwrap().to_owned());
                        t.answer(&id, json!({}));
                    }
                    _ => t.answer(&id, json!({})),
                }
            }
        };
        tell(&mut t);
        let mut durable = false;
        if !t.power.is_off() {
            raised += u32::from(t.charger().raise_security_event(SecurityEvent::TamperDetectionActivated, "").is_ok());
            t.settle();
            tell(&mut t);
            durable = !t.power.is_off();
        }
        let was_cut = t.power.is_off();
        t.power_cut();
        t.power_on();
        t.link_up();
        tell(&mut t);
        let tampered = told.iter().filter(|event| *event == "TamperDetectionActivated").count() as u32;
        // What was acknowledged, and what was durable before, is told; once more only where the answer met a cut.
        assert!(tampered <= 2 && (!durable || tampered >= 1), "{steps}: {told:?}");
        assert!(told.iter().any(|event| event == "StartupOfTheDevice"), "{steps}: {told:?}");
        if !was_cut {
            assert_eq!((raised, tampered), (1, 1));
            assert!(steps > 10, "the sweep has cut nothing");
            return;
        }
    }
}

// ---- Central systems that do not get along with it ----

#[test]
fn sec_48_who_does_not_know_the_message_is_asked_once_a_link() {
    for code in ["NotImplemented", "NotSupported"] {
        let mut t = bench().start();
        t.accept_boot();
        t.expect_call("SecurityEventNotification", json!({"type": "StartupOfTheDevice"})).refuse(code);
        t.expect_available();
        t.at(10);
        raise(&mut t, SecurityEvent::TamperDetectionActivated, "");
        t.at(5000).expect_nothing();
        t.link_down();
        t.at(5010).link_up();
        expect(&mut t, "TamperDetectionActivated", 10, None);
        t.at(9000).expect_nothing();
    }
}

#[test]
fn sec_48_another_error_is_tried_again_as_a_transaction_message_is() {
    let mut t = bench().key("TransactionMessageAttempts", "3").key("TransactionMessageRetryInterval", "60").start();
    t.accept_boot();
    t.expect_call("SecurityEventNotification", json!({})).refuse("InternalError");
    t.expect_available();
    t.at(60).expect_call("SecurityEventNotification", json!({})).refuse("InternalError");
    t.at(180).expect_call("SecurityEventNotification", json!({})).refuse("InternalError");
    t.at(9000).expect_nothing();
}

#[test]
fn sec_48_events_and_transactions_do_not_wait_for_each_other() {
    // A central system that never answers events: a transaction goes through.
    let mut t = bench().start();
    t.accept_boot();
    t.expect_call("SecurityEventNotification", json!({})).ignore();
    t.at(30);
    t.expect_available();
    t.start_charging(1, "TAG", 7);
    t.stop_charging(1, "TAG");
    // One that fails transactions: events go through.
    let mut t = accepted(bench().key("TransactionMessageRetryInterval", "1000"));
    t.plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).refuse("InternalError");
    t.may_report(1, "Charging");
    raise(&mut t, SecurityEvent::TamperDetectionActivated, "");
    expect(&mut t, "TamperDetectionActivated", 0, None);
}

#[test]
fn sec_48_after_an_outage_events_and_transactions_take_turns() {
    let mut t = accepted(bench());
    t.link_down();
    for second in 1..=3 {
        t.at(second * 10);
        raise(&mut t, SecurityEvent::TamperDetectionActivated, "");
        t.plug(1);
        t.charger().begin_transaction_authorized("TAG", 1).unwrap();
        t.settle();
        t.unplug(1);
    }
    t.at(100).link_up();
    let mut order = String::new();
    while let Some(frame) = t.next_frame() {
        let support::Frame::Call { id, action, .. } = frame else { continue };
        match action.as_str() {
            "SecurityEventNotification" => order.push('e'),
            "StartTransaction" | "StopTransaction" => order.push('t'),
            _ => {}
        }
        let answer = match action.as_str() {
            "StartTransaction" => json!({"transactionId": 1, "idTagInfo": {"status": "Accepted"}}),
            _ => json!({}),
        };
        t.answer(&id, answer);
    }
    assert_eq!(order, "tetetettt");
}

// ---- What raises events ----

#[test]
fn sec_07_sec_47_a_failed_connection_is_told_after_a_good_one_once_a_cause() {
    let mut t = accepted(bench());
    t.link_down();
    for round in 1..=3 {
        t.at(round * 10);
        for why in [
            ConnectFailure::TlsVersion,
            ConnectFailure::TlsCipherSuite,
            ConnectFailure::ServerCertificate,
            ConnectFailure::Status(401),
            ConnectFailure::Refused,
        ] {
            t.connect_failed(why);
        }
    }
    t.at(100).link_up();
    expect(&mut t, "InvalidTLSVersion", 10, None);
    expect(&mut t, "InvalidTLSCipherSuite", 10, None);
    expect(&mut t, "InvalidCentralSystemCertificate", 10, None);
    t.expect_nothing();
    t.link_down();
    t.at(200);
    t.connect_failed(ConnectFailure::TlsVersion);
    t.at(300).link_up();
    expect(&mut t, "InvalidTLSVersion", 200, None);
    // Startup, four causes, and one of them again.
    assert_eq!(t.flash.records.keys().filter(|key| SECURITY_LOG.contains(key)).count(), 6);
}

#[test]
fn sec_54_setting_the_clock_is_told_beyond_20_s_and_not_at_the_first_time() {
    let mut t = accepted(bench());
    let heartbeat = |t: &mut Timeline, at: u64, says: u64| {
        t.at(at);
        t.call("TriggerMessage", json!({"requestedMessage": "Heartbeat"})).expect("Accepted");
        t.expect_call("Heartbeat", json!({})).answer(json!({ "currentTime": date(says) }));
    };
    heartbeat(&mut t, 100, 120);
    t.expect_nothing();
    heartbeat(&mut t, 200, 241);
    expect(&mut t, "SettingSystemTime", 220, None);
    t.expect_nothing();
}

#[test]
fn sec_53_the_boot_after_an_update_says_so() {
    thread_local! {
        static VERSION: std::cell::Cell<&'static str> = const { std::cell::Cell::new("1") };
    }
    let mut t = bench()
        .version(|| VERSION.get())
        .configure(|charger| {
            charger.set_on_download(&|_| {});
            charger.set_on_install(&|| {});
        })
        .start();
    t.accept_boot();
    expect(&mut t, "StartupOfTheDevice", 0, None);
    t.expect_available();
    t.call("UpdateFirmware", json!({"location": "http://h/f", "retrieveDate": date(0)})).expect_result(json!({}));
    for status in ["Downloading", "Downloaded", "Installing"] {
        t.expect_call("FirmwareStatusNotification", json!({ "status": status })).answer(json!({}));
        t.may_report(1, "Unavailable");
        t.may_report(0, "Unavailable");
    }
    t.settle();
    VERSION.set("2");
    t.reboot();
    t.accept_boot();
    expect(&mut t, "FirmwareUpdated", 0, None);
    t.expect_available();
    t.expect_call("FirmwareStatusNotification", json!({"status": "Installed"})).answer(json!({}));
}

#[test]
fn sec_27_messages_that_are_none_are_noted_once() {
    let mut t = accepted(bench());
    t.take_log();
    for _ in 0..3 {
        t.send("no message");
    }
    let stored = |event: &Event| matches!(event, Event::Stored(key) if SECURITY_LOG.contains(key));
    assert_eq!(t.take_log().iter().filter(|event| stored(event)).count(), 1);
    t.expect_nothing();
}

#[test]
fn sec_26_events_that_found_no_room_are_told_as_what_they_are() {
    let mut t = accepted(bench());
    t.reboot();
    t.accept_boot();
    expect(&mut t, "StartupOfTheDevice", 0, None);
    t.expect_available();
    t.link_down();
    t.at(100);
    // More at one moment than there is room for.
    for why in [
        ConnectFailure::Status(401),
        ConnectFailure::TlsVersion,
        ConnectFailure::TlsCipherSuite,
        ConnectFailure::ServerCertificate,
    ] {
        t.charger().connect_failed(why);
    }
    assert!(t.charger().set_date_time(embedded_ocpp::time::DateTime::parse(&date(1000)).unwrap()));
    t.settle();
    t.at(200).link_up();
    for event in ["InvalidTLSVersion", "InvalidTLSCipherSuite", "InvalidCentralSystemCertificate"] {
        expect(&mut t, event, 100, None);
    }
    expect(&mut t, "MemoryExhaustion", 100, Some("security events were lost"));
    t.at(5000).expect_nothing();
}

// ---- The ring ----

#[test]
fn sec_42_the_newest_64_stay_over_reboots() {
    let mut t = accepted(bench());
    for n in 0..150 {
        raise(&mut t, SecurityEvent::AttemptedReplayAttacks, &format!("number {n}"));
    }
    t.reboot();
    t.accept_boot();
    expect(&mut t, "StartupOfTheDevice", 0, None);
    t.expect_available();
    raise(&mut t, SecurityEvent::TamperDetectionActivated, "");
    expect(&mut t, "TamperDetectionActivated", 0, None);
    assert_eq!(t.flash.records.keys().filter(|key| SECURITY_LOG.contains(key)).count(), 64);
    // 1 + 150 + 1 entries before it: it is the 153rd.
    let place = SECURITY_LOG.start + 152 % 64;
    let record = &t.flash.records[&place];
    assert!(record.windows(2).any(|bytes| bytes == [152, 1]), "{record:?}"); // 152 as a varint
}
