//! AC: the cache of what the central system has said about each tag (OCPP 1.6 §3.5.1, §5.4).

mod support;

use TxNotification::{AuthorizationRejected, AuthorizationTimeout, Authorized};
use embedded_ocpp::ocpp16::TxNotification;
use embedded_ocpp::store::{RecordKey, registry};
use serde_json::json;
use support::cards::{accepted, expect_authorize, leave, tag_info, teach, until, word_offline};
use support::{Event, Timeline, bench, booted, charging, date};

// ---- The cache learns ----

#[test]
fn ac_01_ac_02_from_an_answer_to_authorize() {
    for (status, word) in [
        ("Accepted", Authorized),
        ("Blocked", AuthorizationRejected),
        ("Expired", AuthorizationRejected),
        ("Invalid", AuthorizationRejected),
        ("ConcurrentTx", AuthorizationRejected),
    ] {
        let mut t = booted();
        teach(&mut t, "TAG", tag_info(status));
        t.at(10).link_down();
        assert_eq!(word_offline(&mut t, "TAG"), word, "{status}");
        assert_eq!(word_offline(&mut t, "OTHER"), AuthorizationTimeout);
    }
}

#[test]
fn ac_02_from_an_answer_to_start_transaction() {
    for (status, word) in [("Accepted", Authorized), ("Blocked", AuthorizationRejected)] {
        let mut t = bench().key("StopTransactionOnInvalidId", "false").plugged();
        t.charger().begin_transaction_authorized("TAG", 1).unwrap();
        t.settle();
        t.expect_call("StartTransaction", json!({"idTag": "TAG"})).start(1, status);
        t.expect_status(1, "Charging");
        t.may_report(1, "SuspendedEVSE");
        t.at(10).link_down();
        t.card_again(1, "TAG").unwrap();
        t.unplug(1);
        assert_eq!(word_offline(&mut t, "TAG"), word);
    }
}

#[test]
fn ac_02_from_an_answer_to_stop_transaction() {
    for (info, word) in [
        (json!({"idTagInfo": tag_info("Blocked")}), AuthorizationRejected),
        (json!({"idTagInfo": accepted()}), Authorized),
        (json!({}), Authorized),
        (json!({"idTagInfo": tag_info("Maybe")}), Authorized),
    ] {
        let mut t = charging();
        t.at(20).card_again(1, "TAG").unwrap();
        t.expect_call("StopTransaction", json!({"idTag": "TAG"})).answer(info.clone());
        t.expect_status(1, "Finishing");
        leave(&mut t);
        t.link_down();
        assert_eq!(word_offline(&mut t, "TAG"), word, "{info}");
    }
}

#[test]
fn ac_02_an_answer_to_a_stop_without_tag_is_about_nobody() {
    let mut t = charging();
    t.at(20).call("RemoteStopTransaction", json!({"transactionId": 42})).expect("Accepted");
    t.expect_call("StopTransaction", json!({"idTag": null})).answer(json!({"idTagInfo": tag_info("Blocked")}));
    t.expect_status(1, "Finishing");
    leave(&mut t);
    t.link_down();
    assert_eq!(word_offline(&mut t, "TAG"), Authorized);
}

#[test]
fn ac_02_from_answers_to_messages_of_the_boot_before() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").booted();
    t.at(10).link_down();
    t.plug(1);
    t.card(1, "TAG");
    t.at(20).card_again(1, "TAG").unwrap();
    t.unplug(1);
    t.at(30).reboot();
    t.accept_boot();
    t.expect_call("StartTransaction", json!({"idTag": "TAG", "timestamp": date(10)})).start(1, "Accepted");
    t.expect_call("StopTransaction", json!({"idTag": "TAG", "timestamp": date(20)}))
        .answer(json!({"idTagInfo": tag_info("Blocked")}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    t.at(40).link_down();
    assert_eq!(word_offline(&mut t, "TAG"), AuthorizationRejected);
}

#[test]
fn ac_01_the_latest_answer_counts() {
    let mut t = booted();
    teach(&mut t, "TAG", accepted());
    teach(&mut t, "TAG", tag_info("Blocked"));
    t.link_down();
    assert_eq!(word_offline(&mut t, "TAG"), AuthorizationRejected);
    t.link_up();
    teach(&mut t, "TAG", accepted());
    t.link_down();
    assert_eq!(word_offline(&mut t, "TAG"), Authorized);
}

#[test]
fn ac_01_rpc_27_tags_are_the_same_in_any_case() {
    let mut t = booted();
    teach(&mut t, "AbCd", accepted());
    t.link_down();
    assert_eq!(word_offline(&mut t, "aBcD"), Authorized);
    t.link_up();
    teach(&mut t, "ABCD", tag_info("Blocked"));
    t.link_down();
    assert_eq!(word_offline(&mut t, "AbCd"), AuthorizationRejected);
}

#[test]
fn ac_01_tags_with_one_hash_have_nothing_else_in_common() {
    // FNV-1a in 32 bits makes no difference between the two.
    for (one, other) in [("804DFFE8", "6D27C75E"), ("534C110E", "96FD7BDD")] {
        let mut t = booted();
        teach(&mut t, one, accepted());
        t.link_down();
        assert_eq!(word_offline(&mut t, one), Authorized);
        assert_eq!(word_offline(&mut t, other), AuthorizationTimeout);
        t.link_up();
        teach(&mut t, other, tag_info("Blocked"));
        t.link_down();
        assert_eq!(word_offline(&mut t, other), AuthorizationRejected);
        assert_ne!(word_offline(&mut t, one), AuthorizationRejected);
    }
}

#[test]
fn ac_07_a_tag_that_is_known_as_not_valid_is_asked_about_again() {
    let mut t = bench().key("LocalPreAuthorize", "true").booted();
    teach(&mut t, "TAG", tag_info("Blocked"));
    t.accepted_card(1, "TAG");
    t.expect_status(1, "Preparing");
    assert!(t.charger().is_transaction_active(1));
}

#[test]
fn ac_04_an_entry_expires_at_its_date() {
    let mut t = booted();
    teach(&mut t, "TAG", until(1000));
    t.at(10).link_down();
    t.at(999);
    assert_eq!(word_offline(&mut t, "TAG"), Authorized);
    t.at(1001);
    assert_eq!(word_offline(&mut t, "TAG"), AuthorizationRejected);
}

#[test]
fn ac_04_rpc_26_a_date_of_expiry_may_have_an_offset_and_fractions() {
    let mut t = booted();
    // 2025-01-01T00:16:40Z, 1000 s after the beginning.
    teach(&mut t, "TAG", json!({"status": "Accepted", "expiryDate": "2025-01-01T02:16:40.123456+02:00"}));
    t.at(10).link_down();
    t.at(999);
    assert_eq!(word_offline(&mut t, "TAG"), Authorized);
    t.at(1002);
    assert_eq!(word_offline(&mut t, "TAG"), AuthorizationRejected);
}

#[test]
fn ac_04_auth_06_dates_at_the_ends_of_the_calendar_are_dates() {
    for (date, word) in [
        ("9999-12-31T23:59:59Z", Authorized),
        ("2200-01-01T00:00:00.000+01:00", Authorized),
        ("2000-01-01T00:00:00Z", AuthorizationRejected),
        ("1970-01-01T00:00:00Z", AuthorizationRejected),
        ("1900-01-01T00:00:00Z", AuthorizationRejected),
        ("0001-01-01T00:00:00Z", AuthorizationRejected),
    ] {
        let mut t = booted();
        t.card(1, "TAG");
        expect_authorize(&mut t, "TAG", json!({"status": "Accepted", "expiryDate": date}));
        assert!(t.charger().is_transaction_active(1), "accepted until {date}");
        t.expect_status(1, "Preparing");
        t.card_again(1, "TAG").unwrap();
        t.expect_status(1, "Available");
        t.link_down();
        assert_eq!(word_offline(&mut t, "TAG"), word, "{date}");
    }
}

#[test]
fn ac_04_a_new_answer_without_date_takes_the_old_date_away() {
    let mut t = booted();
    teach(&mut t, "TAG", until(1000));
    teach(&mut t, "TAG", accepted());
    t.at(10).link_down();
    t.at(1001);
    assert_eq!(word_offline(&mut t, "TAG"), Authorized);
}

#[test]
fn ac_04_without_the_time_no_entry_is_taken_for_expired() {
    let mut t = booted();
    teach(&mut t, "TAG", until(1000));
    t.at(2000).power_cut();
    t.power_on();
    assert_eq!(word_offline(&mut t, "TAG"), Authorized);
    t.link_up();
    t.boot();
    t.link_down();
    assert_eq!(word_offline(&mut t, "TAG"), AuthorizationRejected);
}

#[test]
fn ac_09_an_expiry_in_the_past_makes_the_entry_unusable() {
    let mut t = booted();
    t.at(100).plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).answer(json!({"transactionId": 1, "idTagInfo": until(50)}));
    t.expect_status(1, "Charging");
    assert!(t.charger().permits_charge(1), "the central system has accepted it");
    t.at(110).card_again(1, "TAG").unwrap();
    t.expect_call("StopTransaction", json!({})).answer(json!({"idTagInfo": until(60)}));
    t.expect_status(1, "Finishing");
    leave(&mut t);
    t.link_down();
    assert_eq!(word_offline(&mut t, "TAG"), AuthorizationRejected);
}

#[test]
fn ac_01_a_cache_that_is_off_neither_learns_nor_knows() {
    let mut t = booted();
    teach(&mut t, "OLD", accepted());
    t.change_key("AuthorizationCacheEnabled", "false", "Accepted");
    t.take_log();
    teach(&mut t, "NEW", accepted());
    assert!(stored(&t.take_log()).is_empty());
    t.link_down();
    assert_eq!(word_offline(&mut t, "OLD"), AuthorizationTimeout);
    assert_eq!(word_offline(&mut t, "NEW"), AuthorizationTimeout);
    t.link_up();
    t.change_key("AuthorizationCacheEnabled", "true", "Accepted");
    t.link_down();
    assert_eq!(word_offline(&mut t, "NEW"), AuthorizationTimeout);
}

#[test]
fn ac_01_cfg_11_the_cache_is_on_unless_somebody_switches_it_off() {
    let mut t = booted();
    let found = t.call("GetConfiguration", json!({"key": ["AuthorizationCacheEnabled"]})).result();
    let key = json!({"key": "AuthorizationCacheEnabled", "readonly": false, "value": "true"});
    assert_eq!(found["configurationKey"], json!([key]));
}

// ---- The cache is full ----

/// As many tags as the cache holds.
const CAPACITY: usize = 32;

fn tag(number: usize) -> String {
    format!("TAG{number}")
}

/// Teaches the tags from 1 up to as many as the cache holds, all valid but number `blocked`.
fn fill(t: &mut Timeline, blocked: usize) {
    for number in 1..=CAPACITY {
        let status = if number == blocked { "Blocked" } else { "Accepted" };
        teach(t, &tag(number), tag_info(status));
    }
}

/// The numbers of the tags up to `last` that the cache does not know.
fn forgotten(t: &mut Timeline, last: usize) -> Vec<usize> {
    t.link_down();
    let unknown = (1..=last).filter(|number| word_offline(t, &tag(*number)) == AuthorizationTimeout).collect();
    t.link_up();
    unknown
}

#[test]
fn ac_05_the_oldest_goes_when_all_are_valid() {
    let mut t = booted();
    fill(&mut t, 0);
    assert!(forgotten(&mut t, 32).is_empty());
    teach(&mut t, &tag(33), accepted());
    assert_eq!(forgotten(&mut t, 33), [1]);
    teach(&mut t, &tag(34), accepted());
    assert_eq!(forgotten(&mut t, 34), [1, 2]);
}

#[test]
fn ac_05_those_that_are_not_valid_go_first() {
    let mut t = booted();
    fill(&mut t, 20);
    teach(&mut t, &tag(33), accepted());
    assert_eq!(forgotten(&mut t, 33), [20]);
    teach(&mut t, &tag(34), accepted());
    assert_eq!(forgotten(&mut t, 34), [1, 20]);
}

#[test]
fn ac_05_ac_04_so_do_those_that_have_expired() {
    let mut t = booted();
    for number in 1..=CAPACITY {
        teach(&mut t, &tag(number), if number == 7 { until(100) } else { until(10_000) });
    }
    t.at(101);
    teach(&mut t, &tag(33), accepted());
    assert_eq!(forgotten(&mut t, 33), [7]);
}

#[test]
fn ac_05_a_thief_with_many_cards_drives_out_one_customer_at_most() {
    let mut t = booted();
    fill(&mut t, 0);
    for number in 33..43 {
        teach(&mut t, &tag(number), tag_info("Invalid"));
    }
    assert_eq!(forgotten(&mut t, 32), [1]);
}

#[test]
fn ac_05_news_about_a_known_tag_drive_out_nobody() {
    let mut t = booted();
    fill(&mut t, 0);
    teach(&mut t, "tag7", tag_info("Blocked"));
    teach(&mut t, "TAG7", until(10_000));
    teach(&mut t, "TAG7", accepted());
    assert!(forgotten(&mut t, 32).is_empty());
}

#[test]
fn ac_05_ac_06_the_age_survives_a_reboot() {
    let mut t = booted();
    fill(&mut t, 0);
    teach(&mut t, &tag(33), accepted());
    t.at(10).reboot();
    t.boot();
    assert_eq!(forgotten(&mut t, 33), [1]);
    teach(&mut t, &tag(34), accepted());
    teach(&mut t, &tag(35), accepted());
    assert_eq!(forgotten(&mut t, 35), [1, 2, 3]);
}

// ---- The cache and the device ----

/// The records that were written.
fn stored(log: &[Event]) -> Vec<RecordKey> {
    let written = |event: &Event| match event {
        Event::Stored(key) | Event::Removed(key) => Some(*key),
        Event::Sent(_) => None,
    };
    log.iter().filter_map(written).collect()
}

#[test]
fn ac_06_it_survives_reboots_and_power_cuts() {
    let mut t = booted();
    teach(&mut t, "GOOD", json!({"status": "Accepted", "expiryDate": date(5000), "parentIdTag": "GROUP"}));
    teach(&mut t, "BAD", tag_info("Blocked"));
    for at in [100, 200] {
        t.at(at).reboot();
        t.boot();
        t.at(at + 1).link_down();
        assert_eq!(word_offline(&mut t, "GOOD"), Authorized);
        assert_eq!(word_offline(&mut t, "BAD"), AuthorizationRejected);
        assert_eq!(word_offline(&mut t, "OTHER"), AuthorizationTimeout);
    }
    t.at(5001);
    assert_eq!(word_offline(&mut t, "GOOD"), AuthorizationRejected);
}

#[test]
fn ac_06_a_tag_learnt_before_the_reset_is_known_after_it() {
    let mut t = booted();
    teach(&mut t, "TAG", accepted());
    t.call("Reset", json!({"type": "Hard"})).expect("Accepted");
    t.reboot();
    t.boot();
    t.link_down();
    assert_eq!(word_offline(&mut t, "TAG"), Authorized);
}

#[test]
fn ac_06_an_answer_that_says_nothing_new_writes_nothing() {
    let known = json!({"status": "Accepted", "expiryDate": date(5000), "parentIdTag": "GROUP"});
    let mut t = booted();
    teach(&mut t, "TAG", known.clone());
    t.take_log();
    for _ in 0..3 {
        teach(&mut t, "TAG", known.clone());
    }
    assert!(stored(&t.take_log()).is_empty());
    t.reboot();
    t.boot();
    t.take_log();
    teach(&mut t, "TAG", known);
    assert!(stored(&t.take_log()).is_empty());
}

#[test]
fn ac_06_what_changed_is_written() {
    let mut t = booted();
    for news in [
        json!({"status": "Accepted"}),
        json!({"status": "Blocked"}),
        json!({"status": "Blocked", "expiryDate": date(5000)}),
        json!({"status": "Blocked", "expiryDate": date(6000)}),
        json!({"status": "Blocked", "expiryDate": date(6000), "parentIdTag": "ONE"}),
        json!({"status": "Blocked", "expiryDate": date(6000), "parentIdTag": "TWO"}),
        json!({"status": "Accepted"}),
    ] {
        t.take_log();
        teach(&mut t, "TAG", news.clone());
        assert!(!stored(&t.take_log()).is_empty(), "{news}");
    }
}

#[test]
fn ac_06_it_writes_nowhere_but_in_its_own_records() {
    let mut t = booted();
    t.take_log();
    fill(&mut t, 3);
    teach(&mut t, &tag(33), accepted());
    t.call("ClearCache", json!({})).expect("Accepted");
    let written = stored(&t.take_log());
    assert!(written.len() > CAPACITY);
    assert!(written.iter().all(|key| registry::CACHE.contains(key)), "{written:x?}");
}

#[test]
fn ac_06_a_device_that_fails_for_a_moment_keeps_it_nevertheless() {
    let mut t = booted();
    t.flash.failing_stores = 3;
    teach(&mut t, "TAG", accepted());
    t.at(30).reboot();
    t.boot();
    t.link_down();
    assert_eq!(word_offline(&mut t, "TAG"), Authorized);
}

#[test]
fn ac_06_what_was_said_while_the_device_failed_counts() {
    let mut t = booted();
    teach(&mut t, "TAG", accepted());
    t.flash.failing_stores = 100;
    teach(&mut t, "TAG", tag_info("Blocked"));
    teach(&mut t, "OTHER", accepted());
    t.flash.failing_stores = 0;
    t.at(30);
    teach(&mut t, "TAG", tag_info("Blocked"));
    t.link_down();
    assert_eq!(word_offline(&mut t, "TAG"), AuthorizationRejected);
    assert_eq!(word_offline(&mut t, "OTHER"), Authorized);
}

#[test]
fn ac_02_loc_04_what_waits_for_the_device_counts_already() {
    for (before, now, word) in [("Accepted", "Blocked", AuthorizationRejected), ("Blocked", "Accepted", Authorized)] {
        let mut t = booted();
        teach(&mut t, "TAG", tag_info(before));
        t.flash.failing_stores = 1;
        t.at(20);
        teach(&mut t, "TAG", tag_info(now));
        t.link_down();
        assert_eq!(word_offline(&mut t, "TAG"), word);
        t.at(30);
        assert_eq!(word_offline(&mut t, "TAG"), word);
    }
}

#[test]
fn ac_06_a_damaged_record_makes_no_tag_valid() {
    let mut t = booted();
    teach(&mut t, "GOOD", accepted());
    teach(&mut t, "BAD", tag_info("Blocked"));
    let mut sound: Vec<_> = t.flash.records.clone().into_iter().collect();
    sound.retain(|(key, _)| registry::CACHE.contains(key));
    assert!(!sound.is_empty());
    for (key, record) in sound {
        let torn = (0..record.len()).map(|len| record[..len].to_vec());
        let flipped = (0..record.len()).map(|place| {
            let mut record = record.clone();
            record[place] ^= 0x10;
            record
        });
        for damaged in torn.chain(flipped) {
            t.flash.records.insert(key, damaged.clone());
            t.reboot();
            t.boot();
            t.link_down();
            assert_ne!(word_offline(&mut t, "GOOD"), AuthorizationRejected, "{key:x} {damaged:x?}");
            assert_ne!(word_offline(&mut t, "BAD"), Authorized, "{key:x} {damaged:x?}");
        }
        t.flash.records.insert(key, record);
    }
}

#[test]
fn ac_06_a_tag_can_be_learnt_again_after_its_record_was_damaged() {
    let mut t = booted();
    teach(&mut t, "TAG", accepted());
    for (key, record) in &mut t.flash.records {
        if registry::CACHE.contains(key) {
            record.iter_mut().for_each(|byte| *byte ^= 0x55);
        }
    }
    t.reboot();
    t.boot();
    teach(&mut t, "TAG", tag_info("Blocked"));
    t.reboot();
    t.boot();
    t.link_down();
    assert_eq!(word_offline(&mut t, "TAG"), AuthorizationRejected);
}

// ---- ClearCache ----

#[test]
fn ac_08_clear_cache_empties_it_for_ever() {
    let mut t = booted();
    teach(&mut t, "GOOD", accepted());
    teach(&mut t, "BAD", tag_info("Blocked"));
    t.call("ClearCache", json!({})).expect("Accepted");
    t.link_down();
    for tag in ["GOOD", "BAD"] {
        assert_eq!(word_offline(&mut t, tag), AuthorizationTimeout);
    }
    t.reboot();
    t.boot();
    t.link_down();
    for tag in ["GOOD", "BAD"] {
        assert_eq!(word_offline(&mut t, tag), AuthorizationTimeout);
    }
}

#[test]
fn ac_08_the_answer_comes_when_no_record_is_left() {
    let cut_after = |steps| {
        let mut t = booted();
        for number in 1..4 {
            teach(&mut t, &tag(number), accepted());
        }
        t.power.fails_after(steps);
        t.send(r#"[2,"clear","ClearCache",{}]"#);
        let answered = !t.wire_text().is_empty();
        t.reboot();
        t.boot();
        assert!(!answered || forgotten(&mut t, 3).len() == 3, "cut after {steps}");
        answered
    };
    assert!(!cut_after(0));
    assert!((1..10).any(cut_after));
}

#[test]
fn ac_08_an_empty_cache_is_cleared_as_well() {
    let mut t = booted();
    t.call("ClearCache", json!({})).expect("Accepted");
    t.call("ClearCache", json!({})).expect("Accepted");
    t.call("ClearCache", json!({"all": true})).expect_error("FormationViolation");
}

#[test]
fn ac_08_a_cleared_cache_learns_anew() {
    let mut t = booted();
    fill(&mut t, 0);
    t.call("ClearCache", json!({})).expect("Accepted");
    for number in 40..40 + CAPACITY {
        teach(&mut t, &tag(number), accepted());
    }
    t.reboot();
    t.boot();
    assert_eq!(forgotten(&mut t, 39 + CAPACITY), (1..40).collect::<Vec<_>>());
}

#[test]
fn ac_08_a_cache_that_is_off_is_not_cleared() {
    let mut t = bench().key("AuthorizationCacheEnabled", "false").booted();
    t.call("ClearCache", json!({})).expect("Rejected");
}

#[test]
fn ac_08_clear_cache_leaves_transactions_alone() {
    let mut t = booted();
    t.at(10).plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({"idTag": "TAG"})).ignore();
    t.at(20).call("ClearCache", json!({})).expect("Accepted");
    assert!(t.charger().permits_charge(1));
    t.meter(1, 1500).at(30).reboot();
    t.accept_boot();
    t.expect_call("StartTransaction", json!({"idTag": "TAG", "timestamp": date(10)})).start(7, "Accepted");
    t.expect_stop(json!({"transactionId": 7, "reason": "PowerLoss", "meterStop": 1500}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
}
