//! SEC: AuthorizationKey and SecurityProfile (security whitepaper A00, A01, A05).

mod support;

use embedded_ocpp::store::registry::CREDENTIALS;
use embedded_ocpp::transport::ConnectFailure;
use serde_json::json;
use support::{Bench, Event, Timeline, bench};

const OLD: &str = "old pass phrase 1";
/// 20 bytes as 40 hex digits.
const NEW: &str = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF";
const NEW_BYTES: [u8; 20] = [0, 1, 2, 3, 4, 5, 6, 7, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255];

fn in_profile(profile: &'static str) -> Bench {
    bench().key("AuthorizationKey", OLD).key("SecurityProfile", profile)
}

fn profile(t: &mut Timeline) -> u8 {
    t.charger().credentials().security_profile()
}

fn password(t: &mut Timeline) -> Option<Vec<u8>> {
    t.charger().credentials().password().map(<[u8]>::to_vec)
}

fn is_old(t: &mut Timeline) -> bool {
    password(t).unwrap() == OLD.as_bytes()
}

fn is_new(t: &mut Timeline) -> bool {
    password(t).unwrap() == NEW_BYTES
}

fn stored_then_sent(t: &mut Timeline) {
    let log = t.take_log();
    let stored = log.iter().position(|event| *event == Event::Stored(CREDENTIALS));
    let sent = log.iter().position(|event| matches!(event, Event::Sent(_)));
    assert!(stored.is_some() && stored < sent, "{log:?}");
}

fn reported_profile(t: &mut Timeline) -> String {
    let answer = t.call("GetConfiguration", json!({"key": ["SecurityProfile"]})).result();
    answer["configurationKey"][0]["value"].as_str().unwrap().to_owned()
}

#[test]
fn sec_02_sec_45_the_first_key_and_profile_are_set_locally() {
    let mut t = in_profile("1").booted();
    assert_eq!(profile(&mut t), 1);
    assert!(is_old(&mut t));
    t.reboot();
    t.boot();
    assert!(is_old(&mut t) && profile(&mut t) == 1);
    assert!(!t.flash.records.contains_key(&CREDENTIALS), "a factory value needs no record");
    let mut t = bench().booted();
    assert_eq!((profile(&mut t), password(&mut t)), (0, None));
}

#[test]
fn sec_01_profile_3_has_no_password() {
    let mut t = in_profile("3").booted();
    assert_eq!((profile(&mut t), password(&mut t)), (3, None));
}

#[test]
fn sec_04_a_new_key_is_durable_then_accepted_then_used() {
    for wanted in ["1", "2"] {
        let mut t = in_profile(if wanted == "1" { "1" } else { "2" }).booted();
        t.at(10).take_log();
        t.change_key("AuthorizationKey", NEW, "Accepted");
        stored_then_sent(&mut t);
        assert!(!t.wire.connected, "it reconnects");
        assert!(t.take_errors().iter().any(|error| error == "Reconnect"));
        assert!(is_new(&mut t));
        t.at(20).link_up();
        t.expect_nothing();
        assert!(is_new(&mut t));
        t.reboot();
        t.boot();
        assert!(is_new(&mut t));
    }
}

#[test]
fn sec_04_in_profiles_0_and_3_nothing_is_reconnected() {
    for bench in [in_profile("0"), in_profile("3")] {
        let mut t = bench.booted();
        t.change_key("AuthorizationKey", NEW, "Accepted");
        assert!(t.wire.connected);
    }
}

#[test]
fn sec_04_the_key_is_in_no_answer() {
    let mut t = in_profile("0").booted();
    t.change_key("AuthorizationKey", NEW, "Accepted");
    let answer = t.call("GetConfiguration", json!({"key": ["AuthorizationKey"]})).result();
    assert_eq!(answer, json!({"configurationKey": [{"key": "AuthorizationKey", "readonly": false}]}));
    t.call("GetLog", json!({"logType": "SecurityLog", "requestId": 1, "log": {"remoteLocation": "http://h"}}))
        .expect("Rejected");
}

#[test]
fn sec_04_the_old_key_is_tried_again_when_the_new_one_does_not_work() {
    let mut t = in_profile("1").booted();
    t.change_key("AuthorizationKey", NEW, "Accepted");
    for _ in 0..3 {
        assert!(is_new(&mut t));
        t.connect_failed(ConnectFailure::Status(401));
    }
    assert!(is_old(&mut t));
    t.connect_failed(ConnectFailure::Status(401));
    assert!(is_new(&mut t));
    for _ in 0..3 {
        t.connect_failed(ConnectFailure::Status(401));
    }
    // The central system has not taken the new key over.
    assert!(is_old(&mut t));
    t.at(100).link_up();
    assert!(is_old(&mut t));
    t.link_down();
    for _ in 0..8 {
        t.connect_failed(ConnectFailure::Status(401));
        assert!(is_old(&mut t));
    }
}

#[test]
fn sec_04_once_it_has_worked_the_old_key_is_forgotten() {
    let mut t = in_profile("1").booted();
    t.change_key("AuthorizationKey", NEW, "Accepted");
    t.at(10).link_up();
    t.link_down();
    for _ in 0..8 {
        t.connect_failed(ConnectFailure::Status(401));
        assert!(is_new(&mut t));
    }
}

#[test]
fn sec_03_what_is_no_key_is_rejected_and_changes_nothing() {
    let mut t = in_profile("1").booted();
    for value in ["", "too short", &"x".repeat(41), "sechzehn zeichen ä"] {
        t.change_key("AuthorizationKey", value, "Rejected");
        assert!(t.wire.connected && is_old(&mut t), "{value}");
    }
    t.change_key("AuthorizationKey", "AABBCCDDEEFFGGHH", "Accepted");
    assert_eq!(password(&mut t).unwrap(), b"AABBCCDDEEFFGGHH");
}

#[test]
fn sec_05_a_key_is_changed_while_pending() {
    let mut t = in_profile("1").start();
    t.register("Pending", 60);
    t.change_key("AuthorizationKey", NEW, "Accepted");
    assert!(!t.wire.connected && is_new(&mut t));
}

#[test]
fn sec_04_power_cuts_at_every_record_and_frame_never_leave_a_charger_without_a_good_key() {
    for steps in 1.. {
        let mut t = in_profile("1").booted();
        t.at(10);
        t.power.fails_after(steps);
        t.send(&format!(r#"[2,"k","ChangeConfiguration",{{"key":"AuthorizationKey","value":"{NEW}"}}]"#));
        let was_accepted =
            t.take_log().iter().any(|event| matches!(event, Event::Sent(text) if text.contains("Accepted")));
        let was_cut = t.power.is_off();
        while t.next_frame().is_some() {}
        t.power_cut();
        t.power_on();
        // Whichever the central system wants now, one of the next four tries has it.
        let mut tried = (is_new(&mut t), is_old(&mut t));
        for _ in 0..3 {
            t.connect_failed(ConnectFailure::Status(401));
            tried = (tried.0 | is_new(&mut t), tried.1 | is_old(&mut t));
        }
        assert!(tried.1 || was_accepted, "{steps}: the old key is gone and the new one was not accepted");
        assert!(!was_accepted || tried.0, "{steps}: the new key was accepted and is gone");
        if !was_cut {
            assert!(steps > 2, "the sweep has cut nothing");
            return;
        }
    }
}

#[test]
fn sec_11_sec_56_the_profile_only_rises_and_has_four_values() {
    let mut t = in_profile("1").booted();
    for value in ["0", "1", "4", "-1", "", "two", "1.5", "2 "] {
        t.change_key("SecurityProfile", value, "Rejected");
        assert!(t.wire.connected && profile(&mut t) == 1, "{value}");
    }
}

#[test]
fn sec_12_a_profile_without_its_key_or_certificates_is_rejected() {
    let mut t = bench().booted();
    t.change_key("SecurityProfile", "1", "Rejected");
    t.change_key("AuthorizationKey", NEW, "Accepted");
    for wanted in ["2", "3"] {
        t.change_key("SecurityProfile", wanted, "Rejected");
    }
    assert_eq!(profile(&mut t), 0);
}

#[test]
fn sec_13_a_higher_profile_is_durable_then_accepted_then_used() {
    let mut t = in_profile("0").booted();
    t.at(10).take_log();
    t.change_key("SecurityProfile", "1", "Accepted");
    stored_then_sent(&mut t);
    assert!(!t.wire.connected && profile(&mut t) == 1);
    t.at(20).link_up();
    assert_eq!(reported_profile(&mut t), "1");
    t.link_down();
    for _ in 0..8 {
        t.connect_failed(ConnectFailure::Status(401));
        assert_eq!(profile(&mut t), 1, "the central system takes no lower one any more");
    }
    t.power_cut();
    t.power_on();
    assert_eq!(profile(&mut t), 1);
}

#[test]
fn sec_13_a_profile_that_does_not_work_is_given_up_for_the_old_one() {
    let mut t = in_profile("0").booted();
    t.change_key("SecurityProfile", "1", "Accepted");
    t.connect_failed(ConnectFailure::NoNetwork);
    for _ in 0..3 {
        assert_eq!(profile(&mut t), 1);
        t.connect_failed(ConnectFailure::Refused);
    }
    assert_eq!(profile(&mut t), 0);
    t.power_cut();
    t.power_on();
    assert_eq!(profile(&mut t), 0);
    t.at(50).link_up();
    t.boot();
    assert_eq!(reported_profile(&mut t), "0");
}

#[test]
fn sec_13_a_reboot_between_tries_the_new_profile_first() {
    let mut t = in_profile("0").booted();
    t.change_key("SecurityProfile", "1", "Accepted");
    t.power_cut();
    t.power_on();
    for _ in 0..3 {
        assert_eq!(profile(&mut t), 1);
        t.connect_failed(ConnectFailure::Refused);
    }
    assert_eq!(profile(&mut t), 0);
}

#[test]
fn sec_45_only_the_firmware_lowers_the_profile() {
    let mut t = in_profile("1").booted();
    t.charger().set_configuration("SecurityProfile", "0").unwrap();
    t.settle();
    assert_eq!(profile(&mut t), 0);
    t.power_cut();
    t.power_on();
    assert_eq!(profile(&mut t), 0);
}
