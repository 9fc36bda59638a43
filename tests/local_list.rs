//! LST, LOC: the local authorisation list, and what it decides (OCPP 1.6 §3.5.2 to §3.5.4, §5.10, §5.15).

mod support;

use TxNotification::{AuthorizationRejected, AuthorizationTimeout, Authorized};
use embedded_ocpp::ocpp16::TxNotification;
use embedded_ocpp::store::record::RecordWriter;
use embedded_ocpp::store::{RecordKey, registry};
use serde_json::{Value, json};
use std::collections::HashMap;
use support::cards::{accepted, expect_authorize, member_of, tag_info, teach, until, word_offline};
use support::{Bench, Event, Timeline, bench, booted, date};

/// Entries of the default resources.
const CAPACITY: usize = 48;
/// Two pairs that FNV-1a in 32 bits makes no difference between.
const ONE_HASH: [(&str, &str); 2] = [("804DFFE8", "6D27C75E"), ("534C110E", "96FD7BDD")];

fn entry(id_tag: &str, info: Value) -> Value {
    json!({"idTag": id_tag, "idTagInfo": info})
}

fn gone(id_tag: &str) -> Value {
    json!({ "idTag": id_tag })
}

fn tag(number: usize) -> String {
    format!("TAG{number}")
}

fn valid(tags: &[&str]) -> Value {
    tags.iter().map(|id_tag| entry(id_tag, accepted())).collect()
}

fn send(t: &mut Timeline, kind: &str, version: i64, list: Value, status: &str) {
    let payload = json!({"listVersion": version, "updateType": kind, "localAuthorizationList": list});
    t.call("SendLocalList", payload).expect(status);
}

fn full(t: &mut Timeline, version: i64, list: Value) {
    send(t, "Full", version, list, "Accepted");
}

fn differential(t: &mut Timeline, version: i64, list: Value) {
    send(t, "Differential", version, list, "Accepted");
}

fn expect_version(t: &mut Timeline, version: i64) {
    t.call("GetLocalListVersion", json!({})).expect_result(json!({ "listVersion": version }));
}

/// What the display says offline about each of these tags.
fn words<const N: usize>(t: &mut Timeline, tags: [&str; N]) -> [TxNotification; N] {
    t.link_down();
    let words = tags.map(|id_tag| word_offline(t, id_tag));
    t.link_up();
    words
}

fn reboot(t: &mut Timeline) {
    t.reboot();
    t.boot();
}

/// Online with these keys.
fn with(keys: &[(&'static str, &'static str)]) -> Bench {
    keys.iter().fold(bench(), |bench, (key, value)| bench.key(key, value))
}

fn list_records(t: &Timeline) -> HashMap<RecordKey, Vec<u8>> {
    let all = t.flash.records.iter();
    all.filter(|(key, _)| registry::LOCAL_LIST.contains(key)).map(|(key, record)| (*key, record.clone())).collect()
}

/// Answers all StatusNotifications that come now; how many of them tell a conflict.
fn conflicts(t: &mut Timeline) -> usize {
    let mut conflicts = 0;
    while t.wire.outgoing.front().is_some_and(|frame| frame.contains("StatusNotification")) {
        let told = t.expect_call("StatusNotification", json!({}));
        let is_conflict = told.payload["errorCode"] == "LocalListConflict";
        assert!(!is_conflict || told.payload["connectorId"] == 0);
        conflicts += usize::from(is_conflict);
        told.answer(json!({}));
    }
    conflicts
}

fn stores(log: &[Event]) -> Vec<RecordKey> {
    log.iter().filter_map(|event| if let Event::Stored(key) = event { Some(*key) } else { None }).collect()
}

// ---- The version ----

#[test]
fn lst_01_the_version_is_not_told_before_the_list_was_read() {
    let mut t = booted();
    full(&mut t, 7, valid(&["ONE"]));
    t.at(10).power_cut();
    t.flash.failing_loads = 2;
    t.power_on();
    t.link_up();
    let id = t.call("GetLocalListVersion", json!({})).later();
    t.wait(10).expect_answer(&id, json!({"listVersion": 7}));
    t.boot();
    t.take_errors();
}

#[test]
fn lst_01_the_version_is_that_of_the_last_update() {
    let mut t = booted();
    expect_version(&mut t, 0);
    full(&mut t, 7, valid(&["ONE"]));
    expect_version(&mut t, 7);
    differential(&mut t, 8, valid(&["TWO"]));
    expect_version(&mut t, 8);
    full(&mut t, 3, valid(&["ONE"]));
    expect_version(&mut t, 3);
    full(&mut t, i64::from(i32::MAX), valid(&["ONE"]));
    expect_version(&mut t, i64::from(i32::MAX));
}

#[test]
fn lst_01_a_list_without_entries_has_version_0() {
    let mut t = booted();
    full(&mut t, 1, json!([]));
    expect_version(&mut t, 0);
    full(&mut t, 5, valid(&["ONE"]));
    t.call("SendLocalList", json!({"listVersion": 6, "updateType": "Full"})).expect("Accepted");
    expect_version(&mut t, 0);
    full(&mut t, 7, valid(&["ONE", "TWO"]));
    differential(&mut t, 8, json!([gone("ONE"), gone("TWO")]));
    expect_version(&mut t, 0);
    differential(&mut t, 1, valid(&["ONE"]));
    expect_version(&mut t, 1);
}

#[test]
fn lst_01_lst_11_a_list_that_is_off_has_version_minus_1_and_takes_nothing() {
    let mut t = booted();
    full(&mut t, 7, valid(&["ONE"]));
    t.change_key("LocalAuthListEnabled", "false", "Accepted");
    expect_version(&mut t, -1);
    t.take_log();
    send(&mut t, "Full", 8, valid(&["TWO"]), "NotSupported");
    send(&mut t, "Differential", 8, valid(&["TWO"]), "NotSupported");
    assert!(stores(&t.take_log()).is_empty());
    assert_eq!(words(&mut t, ["ONE", "TWO"]), [AuthorizationTimeout; 2]);
    t.change_key("LocalAuthListEnabled", "true", "Accepted");
    expect_version(&mut t, 7);
    assert_eq!(words(&mut t, ["ONE", "TWO"]), [Authorized, AuthorizationTimeout]);
}

#[test]
fn lst_01_rpc_15_the_question_has_no_members() {
    let mut t = booted();
    t.call("GetLocalListVersion", json!({"listVersion": 1})).expect_error("FormationViolation");
}

// ---- Updates ----

#[test]
fn lst_02_a_full_update_replaces_all() {
    let mut t = booted();
    full(&mut t, 1, json!([entry("ONE", accepted()), entry("TWO", tag_info("Blocked"))]));
    assert_eq!(words(&mut t, ["ONE", "TWO", "NEW"]), [Authorized, AuthorizationRejected, AuthorizationTimeout]);
    full(&mut t, 2, json!([entry("NEW", accepted()), entry("TWO", accepted())]));
    assert_eq!(words(&mut t, ["ONE", "TWO", "NEW"]), [AuthorizationTimeout, Authorized, Authorized]);
}

#[test]
fn lst_02_an_empty_list_and_none_remove_all() {
    for empty in [json!([]), Value::Null] {
        let mut t = booted();
        full(&mut t, 1, valid(&["ONE", "TWO"]));
        full(&mut t, 2, empty);
        assert_eq!(words(&mut t, ["ONE", "TWO"]), [AuthorizationTimeout; 2]);
    }
}

#[test]
fn lst_03_a_differential_update_adds_changes_and_removes() {
    let mut t = booted();
    full(&mut t, 1, valid(&["ONE", "TWO", "THREE"]));
    differential(
        &mut t,
        2,
        json!([entry("two", tag_info("Blocked")), gone("Three"), gone("NOBODY"), entry("FOUR", accepted())]),
    );
    assert_eq!(
        words(&mut t, ["ONE", "TWO", "THREE", "FOUR"]),
        [Authorized, AuthorizationRejected, AuthorizationTimeout, Authorized]
    );
    reboot(&mut t);
    assert_eq!(
        words(&mut t, ["ONE", "TWO", "THREE", "FOUR"]),
        [Authorized, AuthorizationRejected, AuthorizationTimeout, Authorized]
    );
}

#[test]
fn lst_03_an_empty_differential_update_changes_the_version_only() {
    for (version, empty) in [(5, json!([])), (6, Value::Null)] {
        let mut t = booted();
        full(&mut t, 1, valid(&["ONE"]));
        differential(&mut t, version, empty);
        expect_version(&mut t, version);
        assert_eq!(words(&mut t, ["ONE"]), [Authorized]);
    }
}

#[test]
fn lst_04_a_differential_update_needs_a_higher_version_and_a_full_one_does_not() {
    let mut t = booted();
    full(&mut t, 5, valid(&["ONE"]));
    for version in [5, 4, 1, 0, -1, i64::from(i32::MIN)] {
        send(&mut t, "Differential", version, valid(&["TWO"]), "VersionMismatch");
    }
    expect_version(&mut t, 5);
    assert_eq!(words(&mut t, ["ONE", "TWO"]), [Authorized, AuthorizationTimeout]);
    full(&mut t, 2, valid(&["TWO"]));
    expect_version(&mut t, 2);
}

#[test]
fn lst_05_a_tag_that_is_named_twice_fails_in_whatever_case() {
    let lists = [
        json!([entry("AbC", accepted()), entry("aBc", accepted())]),
        json!([
            entry("ONE", accepted()),
            entry("TWO", accepted()),
            entry("THREE", accepted()),
            entry("two", accepted())
        ]),
        json!([entry("ABC", accepted()), entry("ABC", tag_info("Blocked"))]),
    ];
    let changes = [
        json!([entry("OLD", accepted()), gone("old")]),
        json!([gone("OLD"), entry("Old", accepted())]),
        json!([gone("old"), gone("OLD")]),
        json!([gone("NOBODY"), gone("nobody")]),
    ];
    let mut t = booted();
    full(&mut t, 1, valid(&["OLD"]));
    for list in &lists {
        send(&mut t, "Full", 2, list.clone(), "Failed");
    }
    for list in lists.iter().chain(&changes) {
        send(&mut t, "Differential", 2, list.clone(), "Failed");
    }
    expect_version(&mut t, 1);
    assert_eq!(words(&mut t, ["OLD", "ABC", "ONE"]), [Authorized, AuthorizationTimeout, AuthorizationTimeout]);
}

#[test]
fn lst_05_rpc_06_escapes_hide_no_duplicate() {
    let mut t = booted();
    let list = r#"[{"idTag":"TAG","idTagInfo":{"status":"Accepted"}},{"idTag":"\u0054\u0061g","idTagInfo":{"status":"Accepted"}}]"#;
    t.send(&format!(
        r#"[2,"twice","SendLocalList",{{"listVersion":1,"updateType":"Full","localAuthorizationList":{list}}}]"#
    ));
    t.expect_answer("twice", json!({"status": "Failed"}));
}

#[test]
fn lst_05_lst_03_tags_with_one_hash_have_nothing_else_in_common() {
    for (one, other) in ONE_HASH {
        let mut t = booted();
        full(&mut t, 1, valid(&[one]));
        assert_eq!(words(&mut t, [one, other]), [Authorized, AuthorizationTimeout]);
        differential(&mut t, 2, json!([entry(other, tag_info("Blocked"))]));
        assert_eq!(words(&mut t, [one, other]), [Authorized, AuthorizationRejected]);
        differential(&mut t, 3, json!([entry(one, tag_info("Blocked")), entry(other, accepted())]));
        assert_eq!(words(&mut t, [one, other]), [AuthorizationRejected, Authorized]);
        differential(&mut t, 4, json!([gone(one)]));
        assert_eq!(words(&mut t, [one, other]), [AuthorizationTimeout, Authorized]);
        full(&mut t, 5, json!([entry(other, tag_info("Blocked")), entry(one, accepted())]));
        assert_eq!(words(&mut t, [one, other]), [Authorized, AuthorizationRejected]);
        differential(&mut t, 6, json!([gone(other), gone(one)]));
        assert_eq!(words(&mut t, [one, other]), [AuthorizationTimeout; 2]);
        send(&mut t, "Full", 7, valid(&[one, other, &one.to_lowercase()]), "Failed");
        expect_version(&mut t, 0);
    }
}

#[test]
fn lst_06_an_entry_of_a_full_list_says_what_its_tag_is_worth() {
    let mut t = booted();
    full(&mut t, 1, valid(&["OLD"]));
    send(&mut t, "Full", 2, json!([entry("NEW", accepted()), gone("OLD")]), "Failed");
    send(&mut t, "Full", 2, json!([{"idTag": "NEW", "idTagInfo": null}]), "Failed");
    expect_version(&mut t, 1);
    assert_eq!(words(&mut t, ["OLD", "NEW"]), [Authorized, AuthorizationTimeout]);
}

/// Fills the list to `count` entries, which takes several messages.
fn fill(t: &mut Timeline, count: usize) {
    let numbers: Vec<_> = (0..count).collect();
    for (version, numbers) in (1..).zip(numbers.chunks(16)) {
        let list: Value = numbers.iter().map(|number| entry(&tag(*number), accepted())).collect();
        differential(t, version, list);
    }
}

#[test]
fn lst_07_it_holds_as_many_entries_as_its_key_says_and_not_one_more() {
    let mut t = booted();
    let keys =
        t.call("GetConfiguration", json!({"key": ["LocalAuthListMaxLength", "SendLocalListMaxLength"]})).result();
    let values: Vec<_> = keys["configurationKey"].as_array().unwrap().iter().map(|key| key["value"].clone()).collect();
    assert_eq!(values, ["48", "12"]);
    fill(&mut t, CAPACITY);
    expect_version(&mut t, 3);
    send(&mut t, "Differential", 4, valid(&["MORE"]), "Failed");
    expect_version(&mut t, 3);
    assert_eq!(words(&mut t, ["TAG0", "TAG47", "MORE"]), [Authorized, Authorized, AuthorizationTimeout]);
    differential(&mut t, 4, json!([entry("MORE", accepted()), entry("TAG7", tag_info("Blocked")), gone("TAG0")]));
    assert_eq!(words(&mut t, ["TAG0", "TAG7", "MORE"]), [AuthorizationTimeout, AuthorizationRejected, Authorized]);
    full(&mut t, 1, valid(&["ONLY"]));
    assert_eq!(words(&mut t, ["TAG1", "ONLY"]), [AuthorizationTimeout, Authorized]);
}

#[test]
fn lst_07_a_full_list_is_replaced_by_another_one_as_long() {
    let mut t = booted();
    fill(&mut t, CAPACITY);
    for round in 0..3 {
        let status = if round % 2 == 0 { "Blocked" } else { "Accepted" };
        for (part, version) in (0..3).zip(10 + 3 * round..) {
            let numbers = part * 16..(part + 1) * 16;
            let list: Value = numbers.map(|number| entry(&tag(number), tag_info(status))).collect();
            differential(&mut t, version, list);
        }
        let word = if round % 2 == 0 { AuthorizationRejected } else { Authorized };
        assert_eq!(words(&mut t, ["TAG0", "TAG20", "TAG47"]), [word; 3]);
    }
    reboot(&mut t);
    assert_eq!(words(&mut t, ["TAG0", "TAG20", "TAG47"]), [AuthorizationRejected; 3]);
}

#[test]
fn lst_07_one_message_names_as_many_tags_as_the_list_is_long() {
    let mut t = booted();
    full(&mut t, 1, valid(&["OLD"]));
    let names = |count: usize| -> Value { (0..count).map(|number| gone(&number.to_string())).collect() };
    differential(&mut t, 2, names(CAPACITY));
    send(&mut t, "Differential", 3, names(CAPACITY + 1), "Failed");
    expect_version(&mut t, 2);
}

#[test]
fn lst_12_versions_0_and_below_belong_to_no_list_but_may_clear_it() {
    for version in [0, -1] {
        let mut t = booted();
        full(&mut t, 5, valid(&["OLD"]));
        send(&mut t, "Full", version, valid(&["NEW"]), "Failed");
        expect_version(&mut t, 5);
        assert_eq!(words(&mut t, ["OLD", "NEW"]), [Authorized, AuthorizationTimeout]);
        full(&mut t, version, json!([]));
        expect_version(&mut t, 0);
        assert_eq!(words(&mut t, ["OLD"]), [AuthorizationTimeout]);
    }
}

#[test]
fn lst_14_rpc_15_a_wrong_request_is_refused_and_the_list_stays() {
    let mut t = booted();
    full(&mut t, 1, valid(&["OLD"]));
    let before = list_records(&t)[&registry::LOCAL_LIST.start].clone();
    let long = "123456789012345678901";
    let info = |member: &str, value: Value| {
        let mut info = accepted();
        info[member] = value;
        json!([entry("NEW", accepted()), entry("TAG", info)])
    };
    for (list, code) in [
        (json!([entry(long, accepted())]), "PropertyConstraintViolation"),
        (json!([entry("NEW", accepted()), entry(long, accepted())]), "PropertyConstraintViolation"),
        (info("parentIdTag", json!(long)), "PropertyConstraintViolation"),
        (info("status", json!("Maybe")), "PropertyConstraintViolation"),
        (info("status", json!("NoCredit")), "PropertyConstraintViolation"), // a word of OCPP 2.0.1
        (info("expiryDate", json!("tomorrow")), "PropertyConstraintViolation"),
        (info("expiryDate", json!(5)), "TypeConstraintViolation"),
        (info("more", json!(5)), "FormationViolation"),
        (json!([entry("NEW", json!({}))]), "OccurenceConstraintViolation"),
        (json!([entry("NEW", json!([]))]), "TypeConstraintViolation"),
        (json!([{"idTagInfo": accepted()}]), "OccurenceConstraintViolation"),
        (json!([{"idTag": "NEW", "idTagInfo": accepted(), "more": 1}]), "FormationViolation"),
        (json!([{"idTag": 5}]), "TypeConstraintViolation"),
        (json!([5]), "TypeConstraintViolation"),
        (json!(["NEW"]), "TypeConstraintViolation"),
        (json!([[]]), "TypeConstraintViolation"),
        (json!({}), "TypeConstraintViolation"),
    ] {
        for kind in ["Full", "Differential"] {
            let payload = json!({"listVersion": 2, "updateType": kind, "localAuthorizationList": list});
            t.call("SendLocalList", payload).expect_error(code);
        }
    }
    for (payload, code) in [
        (json!({}), "OccurenceConstraintViolation"),
        (json!({"listVersion": 2}), "OccurenceConstraintViolation"),
        (json!({"updateType": "Full"}), "OccurenceConstraintViolation"),
        (json!({"listVersion": 2, "updateType": "Part"}), "PropertyConstraintViolation"),
        (json!({"listVersion": "2", "updateType": "Full"}), "TypeConstraintViolation"),
        (json!({"listVersion": 2.5, "updateType": "Full"}), "TypeConstraintViolation"),
        (json!({"listVersion": 2, "updateType": "Full", "more": 1}), "FormationViolation"),
        (json!({"listVersion": 2, "localAuthorizationList": valid(&["NEW"])}), "OccurenceConstraintViolation"),
    ] {
        t.call("SendLocalList", payload).expect_error(code);
    }
    let members = [
        r#""listVersion":2"#,
        r#""updateType":"Full""#,
        r#""localAuthorizationList":[{"idTag":"NEW","idTagInfo":{"status":"Accepted"}}]"#,
    ];
    for (last, code) in [
        (members[0], "OccurenceConstraintViolation"),
        (members[1], "OccurenceConstraintViolation"),
        (members[2], "OccurenceConstraintViolation"),
        (r#""more":1"#, "FormationViolation"),
    ] {
        let payload = format!("{{{},{last}}}", members.join(","));
        t.call_as_written("SendLocalList", &payload).expect_error(code);
    }
    assert_eq!(list_records(&t)[&registry::LOCAL_LIST.start], before);
    expect_version(&mut t, 1);
    assert_eq!(words(&mut t, ["OLD", "NEW", "TAG"]), [Authorized, AuthorizationTimeout, AuthorizationTimeout]);
    differential(&mut t, 2, valid(&["NEW"]));
    assert_eq!(words(&mut t, ["OLD", "NEW"]), [Authorized; 2]);
}

#[test]
fn lst_14_a_tag_may_have_20_characters() {
    let mut t = booted();
    let tag = "12345678901234567890";
    full(&mut t, 1, json!([entry(tag, member_of("ABCDEFGHIJKLMNOPQRST"))]));
    assert_eq!(words(&mut t, [tag]), [Authorized]);
}

// ---- The device ----

#[test]
fn lst_09_it_survives_reboots() {
    let mut t = booted();
    let list = json!([entry("GOOD", until(5000)), entry("BAD", tag_info("Blocked")), entry("OLD", until(50))]);
    full(&mut t, 9, list);
    for at in [100, 200] {
        t.at(at);
        reboot(&mut t);
        expect_version(&mut t, 9);
        assert_eq!(
            words(&mut t, ["GOOD", "BAD", "OLD", "OTHER"]),
            [Authorized, AuthorizationRejected, AuthorizationRejected, AuthorizationTimeout]
        );
    }
}

#[test]
fn lst_08_the_list_is_replaced_by_one_record_after_all_others() {
    let mut t = booted();
    full(&mut t, 1, valid(&["A", "B", "C"]));
    t.take_log();
    differential(&mut t, 2, json!([entry("B", tag_info("Blocked")), gone("C"), entry("D", accepted())]));
    let log = t.take_log();
    let stored = stores(&log);
    assert_eq!(stored.last(), Some(&registry::LOCAL_LIST.start));
    assert_eq!(stored.iter().filter(|key| **key == registry::LOCAL_LIST.start).count(), 1);
    assert_eq!(stored.len(), 3, "nothing but what is new: {stored:?}");
    assert!(matches!(log.last(), Some(Event::Sent(_))), "the answer promises it");
}

/// The power fails after each record of an update: afterwards there is the old list or the new one.
#[test]
fn lst_08_whenever_the_power_fails_there_is_the_old_list_or_the_new_one() {
    type Update = (&'static str, Value, [TxNotification; 4]);
    let updates: [Update; 4] = [
        (
            "Full",
            json!([entry("D", accepted()), entry("A", tag_info("Blocked"))]),
            [AuthorizationRejected, AuthorizationTimeout, AuthorizationTimeout, Authorized],
        ),
        (
            "Differential",
            json!([entry("D", accepted()), gone("B"), entry("C", tag_info("Blocked"))]),
            [Authorized, AuthorizationTimeout, AuthorizationRejected, Authorized],
        ),
        ("Full", json!([]), [AuthorizationTimeout; 4]),
        ("Differential", json!([]), [Authorized, Authorized, Authorized, AuthorizationTimeout]),
    ];
    let old = [Authorized, Authorized, Authorized, AuthorizationTimeout];
    for (kind, list, new) in updates {
        let (mut saw_old, mut saw_new) = (false, false);
        for steps in 0..6 {
            let mut t = booted();
            full(&mut t, 1, valid(&["A", "B", "C"]));
            t.power.fails_after(steps);
            let payload = json!({"listVersion": 2, "updateType": kind, "localAuthorizationList": list});
            t.send(&json!([2, "cut", "SendLocalList", payload]).to_string());
            let is_answered = !t.wire_text().is_empty();
            t.errors.clear();
            t.power_cut();
            t.power_on();
            t.link_up();
            t.boot();
            let found = words(&mut t, ["A", "B", "C", "D"]);
            let version = if found == new && new == [AuthorizationTimeout; 4] { 0 } else { 2 };
            let got = t.call("GetLocalListVersion", json!({})).result()["listVersion"].clone();
            if got == 1 {
                assert_eq!(found, old, "{kind}, power for {steps}");
                assert!(!is_answered);
                saw_old = true;
            } else {
                assert_eq!((got, found), (json!(version), new), "{kind}, power for {steps}");
                saw_new = true;
            }
        }
        assert!(saw_old && saw_new, "{kind}");
    }
}

#[test]
fn lst_08_a_device_that_fails_for_a_moment_takes_it_all_the_same() {
    let mut t = booted();
    t.flash.failing_stores = 2;
    let id = t
        .call("SendLocalList", json!({"listVersion": 1, "updateType": "Full", "localAuthorizationList": valid(&["A"])}))
        .later();
    t.wait(10).expect_answer(&id, json!({"status": "Accepted"}));
    t.take_errors();
    assert_eq!(words(&mut t, ["A"]), [Authorized]);
}

#[test]
fn lst_08_a_device_that_goes_on_failing_keeps_the_old_list() {
    // It fails to store an entry, and the list.
    for (kind, list) in [("Full", valid(&["NEW"])), ("Differential", json!([gone("OLD")]))] {
        let mut t = booted();
        full(&mut t, 1, valid(&["OLD"]));
        t.flash.failing_stores = 3;
        let payload = json!({"listVersion": 2, "updateType": kind, "localAuthorizationList": list});
        let id = t.call("SendLocalList", payload).later();
        t.wait(20).expect_answer(&id, json!({"status": "Failed"}));
        t.at(30).take_errors();
        expect_version(&mut t, 1);
        assert_eq!(words(&mut t, ["OLD", "NEW"]), [Authorized, AuthorizationTimeout]);
        full(&mut t, 2, valid(&["NEW"]));
        assert_eq!(words(&mut t, ["OLD", "NEW"]), [AuthorizationTimeout, Authorized]);
    }
}

#[test]
fn lst_08_what_cannot_be_read_is_not_replaced() {
    let mut t = booted();
    full(&mut t, 1, valid(&["OLD"]));
    t.flash.failing_loads = 3;
    let list = json!([entry("OLD", tag_info("Blocked"))]);
    let payload = json!({"listVersion": 2, "updateType": "Differential", "localAuthorizationList": list});
    let id = t.call("SendLocalList", payload).later();
    t.wait(20).expect_answer(&id, json!({"status": "Failed"}));
    t.at(30).take_errors();
    expect_version(&mut t, 1);
    assert_eq!(words(&mut t, ["OLD"]), [Authorized]);
}

#[test]
fn lst_08_a_link_that_is_lost_meanwhile_leaves_the_old_list() {
    for kind in ["Full", "Differential"] {
        let mut t = booted();
        full(&mut t, 1, valid(&["OLD"]));
        t.flash.failing_stores = 1;
        let list = json!([entry("NEW", accepted()), entry("OTHER", accepted())]);
        let payload = json!({"listVersion": 2, "updateType": kind, "localAuthorizationList": list});
        let _ = t.call("SendLocalList", payload).later();
        t.link_down();
        t.at(10).take_errors();
        t.link_up();
        expect_version(&mut t, 1);
        assert_eq!(words(&mut t, ["OLD", "NEW"]), [Authorized, AuthorizationTimeout]);
        // Another one begins afresh.
        send(&mut t, "Differential", 2, json!([entry("NEW", tag_info("Blocked"))]), "Accepted");
        assert_eq!(words(&mut t, ["OLD", "NEW", "OTHER"]), [Authorized, AuthorizationRejected, AuthorizationTimeout]);
    }
}

#[test]
fn lst_09_a_damaged_entry_is_one_unknown_tag_and_a_damaged_head_an_empty_list() {
    let mut t = booted();
    full(&mut t, 4, json!([entry("GOOD", accepted()), entry("BAD", tag_info("Blocked"))]));
    for (key, record) in list_records(&t) {
        let torn = (0..record.len()).map(|len| record[..len].to_vec());
        let flipped = (0..record.len()).map(|place| {
            let mut record = record.clone();
            record[place] ^= 0x10;
            record
        });
        for damaged in torn.chain(flipped) {
            t.flash.records.insert(key, damaged.clone());
            reboot(&mut t);
            let found = words(&mut t, ["GOOD", "BAD"]);
            if key == registry::LOCAL_LIST.start {
                assert_eq!(found, [AuthorizationTimeout; 2]);
                expect_version(&mut t, 0);
            } else {
                assert_ne!(found[0], AuthorizationRejected);
                assert_ne!(found[1], Authorized);
                let unknown = found.iter().filter(|word| **word == AuthorizationTimeout).count();
                assert_eq!(unknown, 1, "{key:x} {damaged:x?}: {found:?}");
                expect_version(&mut t, 4);
            }
        }
        t.flash.records.insert(key, record);
    }
    for key in list_records(&t).into_keys().filter(|key| *key != registry::LOCAL_LIST.start) {
        t.flash.records.insert(key, vec![0; 9]);
    }
    reboot(&mut t);
    assert_eq!(words(&mut t, ["GOOD", "BAD"]), [AuthorizationTimeout; 2]);
    expect_version(&mut t, 0); // LST-01: the central system is to send it again
    // It can be written again.
    reboot(&mut t);
    differential(&mut t, 5, json!([entry("GOOD", accepted()), entry("BAD", tag_info("Blocked"))]));
    assert_eq!(words(&mut t, ["GOOD", "BAD"]), [Authorized, AuthorizationRejected]);
}

#[test]
fn lst_09_a_longer_list_of_another_firmware_keeps_what_fits() {
    let mut t = booted();
    full(&mut t, 4, valid(&["GOOD"]));
    // So many places more than there are, and all of them count.
    for bytes in [6, 12, 13, 250, 500] {
        let mut record = [0; 512];
        let mut writer = RecordWriter::new(&mut record);
        writer.signed(4);
        writer.bytes(&vec![0xff; bytes]);
        let len = writer.finish(registry::LOCAL_LIST.start).unwrap();
        t.flash.records.insert(registry::LOCAL_LIST.start, record[..len].to_vec());
        let entry_record = t.flash.records[&(registry::LOCAL_LIST.start + 1)].clone();
        for place in 1..96 {
            t.flash.records.insert(registry::LOCAL_LIST.start + 1 + place, entry_record.clone());
        }
        reboot(&mut t);
        expect_version(&mut t, 4);
        assert_eq!(words(&mut t, ["GOOD"]), [Authorized]);
        full(&mut t, 5, valid(&["NEW"]));
        assert_eq!(words(&mut t, ["GOOD", "NEW"]), [AuthorizationTimeout, Authorized]);
        full(&mut t, 4, valid(&["GOOD"]));
        full(&mut t, 4, valid(&["GOOD"]));
    }
}

#[test]
fn lst_09_an_update_waits_until_the_list_of_before_is_known() {
    let mut t = booted();
    full(&mut t, 1, valid(&["OLD"]));
    t.power_cut();
    t.flash.failing_loads = 2;
    t.power_on();
    t.link_up();
    let payload = json!({"listVersion": 2, "updateType": "Differential", "localAuthorizationList": valid(&["NEW"])});
    let id = t.call("SendLocalList", payload).later();
    t.wait(10).expect_answer(&id, json!({"status": "Accepted"}));
    t.take_errors();
    t.boot();
    assert_eq!(words(&mut t, ["OLD", "NEW"]), [Authorized; 2]);
}

/// The longest entries: several times as many as the record buffer holds.
#[test]
fn lst_08_entries_of_any_length_are_stored_one_and_all() {
    for len in [1, 12, 20] {
        let mut t = booted();
        let name =
            |number: u8| format!("{}{number:02}", "X".repeat(len))[..].chars().rev().take(20).collect::<String>();
        for (version, part) in (1..).zip([0..10_u8, 10..20]) {
            let info = json!({"status": "Accepted", "expiryDate": date(9000), "parentIdTag": "P".repeat(len)});
            let list: Value = part.map(|number| entry(&name(number), info.clone())).collect();
            differential(&mut t, version, list);
        }
        // All of them once more, with others between them and some that go.
        let numbers = (0..20).map(|number| match number % 3 {
            0 => entry(&name(number), tag_info("Blocked")),
            1 => gone(&name(number)),
            _ => entry(&number.to_string(), accepted()),
        });
        differential(&mut t, 3, numbers.collect());
        reboot(&mut t);
        for number in 0..20 {
            let expected = match number % 3 {
                0 => [AuthorizationRejected, AuthorizationTimeout],
                1 => [AuthorizationTimeout, AuthorizationTimeout],
                _ => [Authorized, Authorized],
            };
            assert_eq!(words(&mut t, [&name(number), &number.to_string()]), expected, "{number} of {len}");
        }
    }
}

#[test]
fn lst_10_nothing_else_changes_it() {
    let mut t = booted();
    full(&mut t, 4, json!([entry("GOOD", accepted()), entry("BAD", tag_info("Blocked"))]));
    let before = list_records(&t);
    t.call("ClearCache", json!({})).expect("Accepted");
    t.card(1, "GOOD");
    expect_authorize(&mut t, "GOOD", tag_info("Blocked"));
    t.expect_error(0, "Available", "LocalListConflict");
    t.may_report(1, "Preparing");
    t.may_report(1, "Available");
    t.change_key("LocalAuthListEnabled", "false", "Accepted");
    t.change_key("LocalAuthListEnabled", "true", "Accepted");
    t.call("Reset", json!({"type": "Hard"})).expect("Accepted");
    reboot(&mut t);
    assert_eq!(list_records(&t), before);
    expect_version(&mut t, 4);
    assert_eq!(words(&mut t, ["GOOD", "BAD"]), [Authorized, AuthorizationRejected]);
}

#[test]
fn lst_07_rpc_20_a_list_that_fills_the_receive_buffer_needs_no_other_memory() {
    let mut t = booted();
    // 30 entries of 64 bytes and more.
    let list: Value = (0..30).map(|number| entry(&format!("{number:02}345678901"), accepted())).collect();
    full(&mut t, 1, list);
    assert_eq!(
        words(&mut t, ["00345678901", "29345678901", "30345678901"]),
        [Authorized, Authorized, AuthorizationTimeout]
    );
}

// ---- What the list decides ----

#[test]
fn lst_13_loc_04_an_entry_expires_at_its_date() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").booted();
    full(&mut t, 1, json!([entry("TAG", until(1000))]));
    t.at(10).link_down();
    t.at(999);
    assert_eq!(word_offline(&mut t, "TAG"), Authorized);
    t.at(1001);
    assert_eq!(word_offline(&mut t, "TAG"), AuthorizationRejected);
}

#[test]
fn loc_01_an_entry_of_the_list_outranks_one_of_the_cache() {
    let mut t = booted();
    full(&mut t, 1, json!([entry("BAD", tag_info("Blocked")), entry("GOOD", accepted())]));
    t.change_key("LocalAuthListEnabled", "false", "Accepted");
    teach(&mut t, "BAD", accepted());
    teach(&mut t, "GOOD", tag_info("Blocked"));
    assert_eq!(words(&mut t, ["BAD", "GOOD"]), [Authorized, AuthorizationRejected]);
    t.change_key("LocalAuthListEnabled", "true", "Accepted");
    assert_eq!(words(&mut t, ["BAD", "GOOD"]), [AuthorizationRejected, Authorized]);
}

#[test]
fn loc_01_ac_02_also_one_that_waits_for_its_record() {
    let mut t = booted();
    full(&mut t, 1, json!([entry("TAG", tag_info("Blocked"))]));
    t.change_key("LocalAuthListEnabled", "false", "Accepted");
    t.card(1, "TAG");
    t.flash.failing_stores = 1;
    expect_authorize(&mut t, "TAG", accepted());
    t.expect_status(1, "Preparing");
    t.card_again(1, "TAG").unwrap();
    t.expect_status(1, "Available");
    t.flash.failing_stores = 0;
    t.take_errors();
    t.at(30).change_key("LocalAuthListEnabled", "true", "Accepted");
    assert_eq!(words(&mut t, ["TAG"]), [AuthorizationRejected]);
}

#[test]
fn loc_01_a_cached_tag_with_the_hash_of_a_listed_one_is_found() {
    for (listed, cached) in ONE_HASH {
        let mut t = booted();
        full(&mut t, 1, json!([entry(listed, tag_info("Blocked"))]));
        teach(&mut t, cached, accepted());
        assert_eq!(words(&mut t, [listed, cached]), [AuthorizationRejected, Authorized]);
        reboot(&mut t);
        assert_eq!(words(&mut t, [listed])[0], AuthorizationRejected);
    }
}

#[test]
fn loc_02_a_valid_entry_starts_at_once_only_with_local_pre_authorize() {
    for pre_authorize in ["true", "false"] {
        let mut t = with(&[("LocalPreAuthorize", pre_authorize)]).booted();
        full(&mut t, 1, json!([entry("TAG", accepted()), entry("BAD", tag_info("Blocked"))]));
        t.plug(1);
        t.expect_status(1, "Preparing");
        t.card(1, "TAG");
        if pre_authorize == "false" {
            expect_authorize(&mut t, "TAG", accepted());
        }
        t.expect_call("StartTransaction", json!({"idTag": "TAG"})).start(1, "Accepted");
        t.expect_status(1, "Charging");
    }
}

#[test]
fn loc_02_ac_07_online_the_central_system_is_asked_about_entries_that_are_not_valid() {
    let mut t = with(&[("LocalPreAuthorize", "true")]).booted();
    full(&mut t, 1, json!([entry("BAD", tag_info("Blocked"))]));
    t.card(1, "BAD");
    expect_authorize(&mut t, "BAD", tag_info("Blocked"));
    assert!(!t.charger().is_transaction_active(1));
    t.may_report(1, "Preparing");
    t.may_report(1, "Available");
}

#[test]
fn loc_03_loc_04_loc_05_loc_06_offline() {
    for local in [true, false] {
        for unknown in [true, false] {
            let keys = [
                ("LocalAuthorizeOffline", support::cards::text(local)),
                ("AllowOfflineTxForUnknownId", support::cards::text(unknown)),
            ];
            let mut t = with(&keys).booted();
            let mut list = vec![entry("GOOD", accepted()), entry("OLD", until(5))];
            for status in ["Blocked", "Expired", "Invalid"] {
                list.push(entry(status, tag_info(status)));
            }
            full(&mut t, 1, list.into());
            t.at(10);
            let nobody = if unknown { Authorized } else { AuthorizationTimeout };
            let good = if local { Authorized } else { nobody };
            assert_eq!(words(&mut t, ["GOOD", "NOBODY"]), [good, nobody]);
            assert_eq!(words(&mut t, ["OLD", "Blocked", "Expired", "Invalid"]), [AuthorizationRejected; 4]);
        }
    }
}

#[test]
fn loc_08_concurrent_tx_is_valid_until_the_central_system_decides() {
    let mut t = with(&[("LocalPreAuthorize", "true")]).booted();
    full(&mut t, 1, json!([entry("TAG", tag_info("ConcurrentTx"))]));
    assert_eq!(words(&mut t, ["TAG"]), [Authorized]);
    t.plug(1);
    t.expect_status(1, "Preparing");
    t.card(1, "TAG");
    t.expect_call("StartTransaction", json!({"idTag": "TAG"})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn loc_03_a_device_that_withholds_an_entry_leaves_the_tag_unknown() {
    let mut t = booted();
    full(&mut t, 1, valid(&["TAG"]));
    t.link_down();
    t.evse(1).take_notifications();
    t.flash.failing_loads = 3;
    t.card(1, "TAG");
    t.at(20);
    assert_eq!(t.evse(1).take_notifications(), [AuthorizationTimeout]);
    t.take_errors();
    assert_eq!(word_offline(&mut t, "TAG"), Authorized);
}

#[test]
fn auth_08_rsv_06_the_list_tells_the_parent_of_a_tag() {
    let mut t = with(&[("LocalPreAuthorize", "true")]).booted();
    full(&mut t, 1, json!([entry("ONE", member_of("GROUP")), entry("TWO", member_of("group"))]));
    t.plug(1);
    t.expect_status(1, "Preparing");
    t.card(1, "ONE");
    t.expect_call("StartTransaction", json!({"idTag": "ONE"})).start(1, "Accepted");
    t.expect_status(1, "Charging");
    t.card_again(1, "TWO").unwrap();
    t.expect_call("StopTransaction", json!({"idTag": "TWO"})).answer(json!({}));
    t.expect_status(1, "Finishing");
}

// ---- Conflicts ----

#[test]
fn loc_07_a_start_that_the_list_allowed_and_the_central_system_refuses_is_a_conflict() {
    for status in ["Blocked", "Expired", "Invalid"] {
        let mut t = with(&[("LocalPreAuthorize", "true"), ("StopTransactionOnInvalidId", "false")]).booted();
        full(&mut t, 1, valid(&["TAG"]));
        t.plug(1);
        t.expect_status(1, "Preparing");
        t.card(1, "TAG");
        t.expect_call("StartTransaction", json!({"idTag": "TAG"})).start(1, status);
        assert_eq!(conflicts(&mut t), 1);
    }
}

#[test]
fn loc_07_also_after_the_transaction_was_over_and_after_a_boot() {
    let mut t = booted();
    full(&mut t, 1, valid(&["TAG"]));
    t.link_down();
    t.plug(1);
    t.card(1, "TAG");
    t.at(20).card_again(1, "TAG").unwrap();
    t.unplug(1);
    t.at(30).reboot();
    t.accept_boot();
    t.expect_call("StartTransaction", json!({"idTag": "TAG"})).start(1, "Blocked");
    t.expect_call("StopTransaction", json!({"idTag": "TAG"})).answer(json!({}));
    assert_eq!(conflicts(&mut t), 1);
}

#[test]
fn loc_07_an_answer_to_authorize_may_contradict_the_list_each_time() {
    let mut t = booted();
    full(&mut t, 1, json!([entry("GOOD", accepted()), entry("BAD", tag_info("Blocked"))]));
    for (id_tag, answer) in [("GOOD", "Blocked"), ("GOOD", "Invalid"), ("BAD", "Accepted")] {
        t.card(1, id_tag);
        expect_authorize(&mut t, id_tag, tag_info(answer));
        assert_eq!(conflicts(&mut t), 1);
        let _ = t.card_again(1, id_tag);
        assert_eq!(conflicts(&mut t), 0);
    }
}

#[test]
fn loc_07_loc_08_no_conflict_where_both_say_the_same() {
    let mut t = with(&[("LocalPreAuthorize", "true")]).booted();
    full(&mut t, 1, json!([entry("TAG", accepted()), entry("BUSY", tag_info("ConcurrentTx"))]));
    t.plug(1);
    t.expect_status(1, "Preparing");
    t.card(1, "TAG");
    t.expect_call("StartTransaction", json!({"idTag": "TAG"})).start(1, "Accepted");
    t.expect_status(1, "Charging");
    t.card_again(1, "TAG").unwrap();
    t.expect_call("StopTransaction", json!({"idTag": "TAG"})).answer(json!({"idTagInfo": accepted()}));
    t.expect_status(1, "Finishing");
    t.unplug(1);
    t.expect_status(1, "Available");
    t.plug(1);
    t.expect_status(1, "Preparing");
    t.card(1, "BUSY");
    t.expect_call("StartTransaction", json!({"idTag": "BUSY"})).start(2, "ConcurrentTx");
    t.expect_status(1, "Charging");
    t.expect_stop(json!({"reason": "DeAuthorized"}));
    assert_eq!(conflicts(&mut t), 0);
}

#[test]
fn loc_07_what_is_said_about_another_tag_with_its_hash_is_no_conflict() {
    for (listed, other) in ONE_HASH {
        let mut t = booted();
        full(&mut t, 1, valid(&[listed]));
        teach_refused(&mut t, other);
        assert_eq!(words(&mut t, [listed, other]), [Authorized, AuthorizationRejected]);
    }
}

fn teach_refused(t: &mut Timeline, id_tag: &str) {
    t.card(1, id_tag);
    expect_authorize(t, id_tag, tag_info("Blocked"));
    t.may_report(1, "Preparing");
    t.may_report(1, "Available");
}

// ---- The list and the cache ----

#[test]
fn ac_03_lst_15_tags_that_enter_the_list_leave_the_cache() {
    for kind in ["Full", "Differential"] {
        let mut t = booted();
        teach(&mut t, "TAG", tag_info("Blocked"));
        teach(&mut t, "OTHER", accepted());
        send(&mut t, kind, 1, valid(&["tag"]), "Accepted");
        t.at(10);
        let cached: Vec<_> = t.flash.records.keys().filter(|key| registry::CACHE.contains(key)).collect();
        assert_eq!(cached.len(), 1, "only the other one has a record");
        assert_eq!(words(&mut t, ["TAG", "OTHER"]), [Authorized; 2]);
        full(&mut t, 2, json!([]));
        assert_eq!(words(&mut t, ["TAG", "OTHER"]), [AuthorizationTimeout, Authorized]);
    }
}

#[test]
fn lst_15_lst_08_also_when_the_power_fails_before() {
    let mut t = booted();
    teach(&mut t, "TAG", tag_info("Blocked"));
    t.at(10);
    let cached: Vec<_> = t.flash.records.iter().filter(|(key, _)| registry::CACHE.contains(key)).collect();
    let (key, record) = (*cached[0].0, cached[0].1.clone());
    full(&mut t, 1, valid(&["TAG"]));
    t.at(20);
    t.flash.records.insert(key, record);
    reboot(&mut t);
    full(&mut t, 2, json!([]));
    assert_eq!(words(&mut t, ["TAG"]), [AuthorizationTimeout]);
}

#[test]
fn ac_03_a_listed_tag_is_not_put_into_the_cache() {
    let mut t = booted();
    full(&mut t, 1, valid(&["TAG"]));
    t.take_log();
    teach(&mut t, "TAG", accepted());
    teach(&mut t, "tag", json!({"status": "Accepted", "parentIdTag": "GROUP"}));
    assert!(stores(&t.take_log()).is_empty());
    full(&mut t, 2, json!([]));
    assert_eq!(words(&mut t, ["TAG"]), [AuthorizationTimeout]);
    teach(&mut t, "TAG", accepted());
    assert_eq!(words(&mut t, ["TAG"]), [Authorized]);
}

#[test]
fn lst_15_ac_05_the_place_in_the_cache_is_free_again() {
    let mut t = booted();
    for number in 0..32 {
        teach(&mut t, &tag(number), accepted());
    }
    full(&mut t, 1, valid(&["TAG5"]));
    teach(&mut t, "NEW", accepted());
    assert_eq!(words(&mut t, ["TAG0", "TAG5", "NEW"]), [Authorized; 3]);
}

#[test]
fn lst_09_the_records_are_those_of_the_list() {
    let mut t = booted();
    t.take_log();
    full(&mut t, 1, json!([entry("TAG", json!({"status": "Accepted", "expiryDate": date(5000)}))]));
    differential(&mut t, 2, valid(&["tag", "OTHER"]));
    assert!(stores(&t.take_log()).iter().all(|key| registry::LOCAL_LIST.contains(key)));
}

// ---- Keys ----

#[test]
fn key_37_key_38_key_39_one_can_be_changed_and_the_lengths_cannot() {
    let mut t = booted();
    for (key, value, status) in [
        ("LocalAuthListEnabled", "maybe", "Rejected"),
        ("LocalAuthListEnabled", "false", "Accepted"),
        ("LocalAuthListMaxLength", "10", "Rejected"),
        ("SendLocalListMaxLength", "10", "Rejected"),
    ] {
        t.change_key(key, value, status);
    }
    reboot(&mut t);
    let keys = ["LocalAuthListEnabled", "LocalAuthListMaxLength", "SendLocalListMaxLength"];
    let found = t.call("GetConfiguration", json!({ "key": keys })).result();
    assert_eq!(
        found["configurationKey"],
        json!([
            {"key": keys[0], "readonly": false, "value": "false"},
            {"key": keys[1], "readonly": true, "value": "48"},
            {"key": keys[2], "readonly": true, "value": "12"},
        ])
    );
}
