//! Answers of central systems that do not keep to the schemas: what is left of each, and what is made of it.

mod support;

use embedded_ocpp::ocpp16::TxNotification::{AuthorizationRejected, Authorized, DeAuthorized};
use serde_json::{Value, json};
use support::cards::{expect_authorize, tag_info, teach, word_offline};
use support::{Bench, Timeline, bench, booted, charging, date, plugged};

/// How many members were left out so far.
fn left_out(t: &mut Timeline) -> u32 {
    t.charger().statistics().left_out
}

fn heartbeat_interval(t: &mut Timeline) -> Value {
    t.call("GetConfiguration", json!({"key": ["HeartbeatInterval"]})).result()["configurationKey"][0]["value"].clone()
}

// ---- BootNotification and Heartbeat ----

#[test]
fn rpc_30_boot_03_the_status_alone_accepts_whatever_the_rest_is_like() {
    for (time, interval, counted) in [
        (json!("yesterday"), json!(300), 1),
        (json!(""), json!(300), 1),
        (json!(1_735_689_600), json!(300), 1),
        (json!({"date": "2025-01-01"}), json!(300), 1),
        (Value::Null, json!(300), 0),
        (json!(date(0)), json!("300"), 1),
        (json!(date(0)), json!(300.5), 1),
        (json!(date(0)), json!([300]), 1),
        (json!(date(0)), json!(-1), 0),
        (json!(date(0)), Value::Null, 0),
        (json!([]), json!(true), 2),
    ] {
        let mut t = bench().key("HeartbeatInterval", "700").start();
        let conf = json!({"status": "Accepted", "currentTime": time, "interval": interval});
        t.expect_call("BootNotification", json!({})).answer(conf.clone());
        assert!(t.charger().is_accepted(), "{conf}");
        let told = if time == date(0) { json!(date(0)) } else { Value::Null };
        for connector in [0, 1] {
            let status = json!({"connectorId": connector, "status": "Available", "timestamp": told});
            t.expect_call("StatusNotification", status).answer(json!({}));
        }
        let expected = if interval == 300 { "300" } else { "700" };
        assert_eq!(heartbeat_interval(&mut t), expected, "{conf}");
        assert_eq!(left_out(&mut t), counted, "{conf}");
    }
}

#[test]
fn rpc_30_boot_05_an_odd_interval_is_none_when_not_accepted_either() {
    for interval in [json!("10"), json!(-10), Value::Null] {
        let mut t = bench().start();
        let conf = json!({"status": "Pending", "currentTime": date(0), "interval": interval});
        t.expect_call("BootNotification", json!({})).answer(conf);
        t.at_ms(59_999).expect_nothing();
        t.at(60);
        t.boot();
    }
}

#[test]
fn rpc_32_boot_03_an_interval_beyond_32_bits_is_the_greatest_there_is() {
    let mut t = bench().start();
    t.register("Accepted", 5_000_000_000);
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    assert_eq!(heartbeat_interval(&mut t), "2147483647");
    assert_eq!(left_out(&mut t), 0);
}

#[test]
fn rpc_30_boot_03_a_time_before_2020_is_none() {
    for (time, is_told) in [
        ("1970-01-01T00:00:17Z", false),
        ("2000-01-01T00:00:00Z", false),
        ("2019-12-31T23:59:59Z", false),
        ("2020-01-01T01:59:59+02:00", false),
        ("2020-01-01T00:00:00Z", true),
    ] {
        let mut t = bench().start();
        let conf = json!({"status": "Accepted", "currentTime": time, "interval": 300});
        t.expect_call("BootNotification", json!({})).answer(conf);
        t.expect_status(0, "Available");
        t.expect_status(1, "Available");
        assert_eq!(t.charger().date_time().is_some(), is_told, "{time}");
        assert_eq!(left_out(&mut t), u32::from(!is_told), "{time}");
    }
}

#[test]
fn rpc_30_hb_03_a_time_that_is_none_leaves_the_clock_as_it_is() {
    let mut t = booted();
    t.change_key("HeartbeatInterval", "60", "Accepted");
    for (beat, time) in [json!("25 o'clock"), json!("1970-01-01T00:00:00Z"), json!(7), json!("")].iter().enumerate() {
        let seconds = 60 * (beat as u64 + 1);
        t.at(seconds).expect_call("Heartbeat", json!({})).answer(json!({ "currentTime": time }));
        assert_eq!(t.charger().date_time().unwrap().to_string(), date(seconds), "{time}");
        assert_eq!(left_out(&mut t), beat as u32 + 1, "{time}");
    }
}

#[test]
fn rpc_30_boot_15_without_the_time_it_is_asked_for_each_minute_and_transaction_messages_wait_for_it() {
    let mut t = bench().start();
    let conf = json!({"status": "Accepted", "currentTime": "soon", "interval": 3600});
    t.expect_call("BootNotification", json!({})).answer(conf);
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    t.at(10).plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    t.expect_status(1, "Charging");
    t.at(60).expect_call("Heartbeat", json!({})).answer(json!({"currentTime": "later"}));
    assert!(t.charger().permits_charge(1));
    t.at(120).expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(120)}));
    t.expect_call("StartTransaction", json!({"timestamp": date(10)})).start(42, "Accepted");
    // Now the interval of the answer holds.
    t.at(3719).expect_nothing();
    t.at(3720).expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(3720)}));
}

// ---- What an answer says about a tag ----

/// Members of an idTagInfo beside its status that say nothing, and how many of them.
fn odd_members() -> [(Value, u32); 12] {
    [
        (json!({"expiryDate": "never"}), 1),
        (json!({"expiryDate": ""}), 1),
        (json!({"expiryDate": "0000-00-00T00:00:00Z"}), 1),
        (json!({"expiryDate": 1_735_689_600}), 1),
        (json!({"expiryDate": false}), 1),
        (json!({"expiryDate": null, "parentIdTag": null}), 0),
        (json!({"expiryDate": "2000-01-01"}), 1),
        (json!({"parentIdTag": "123456789012345678901"}), 1),
        (json!({"parentIdTag": 12345}), 1),
        (json!({"parentIdTag": ""}), 0),
        (json!({"parentIdTag": {"idTag": "GROUP"}, "expiryDate": ["never"]}), 2),
        (json!({"groupIdTag": {"type": "Central"}}), 0),
    ]
}

fn with_status(status: &str, members: &Value) -> Value {
    let mut info = members.clone();
    info["status"] = json!(status);
    info
}

#[test]
fn rpc_30_auth_02_an_odd_date_or_group_refuses_nobody() {
    for (members, counted) in odd_members() {
        let mut t = plugged();
        t.card(1, "TAG");
        expect_authorize(&mut t, "TAG", with_status("Accepted", &members));
        t.expect_call("StartTransaction", json!({})).start(42, "Accepted");
        t.expect_status(1, "Charging");
        assert_eq!(t.evse(1).take_notifications()[0], Authorized, "{members}");
        assert_eq!(left_out(&mut t), counted, "{members}");
    }
}

#[test]
fn rpc_30_auth_04_nor_does_it_let_anybody_charge() {
    for (members, _) in odd_members() {
        let mut t = plugged();
        t.card(1, "TAG");
        expect_authorize(&mut t, "TAG", with_status("Blocked", &members));
        assert_eq!(t.evse(1).take_notifications(), [AuthorizationRejected], "{members}");
    }
}

#[test]
fn rpc_30_tx_09_an_odd_date_or_group_in_the_answer_to_a_start_ends_nothing() {
    for (members, counted) in odd_members() {
        let mut t = plugged();
        t.at(10).accepted_card(1, "TAG");
        let conf = json!({"transactionId": 42, "idTagInfo": with_status("Accepted", &members)});
        t.expect_call("StartTransaction", json!({})).answer(conf);
        t.expect_status(1, "Charging");
        assert!(t.charger().permits_charge(1), "{members}");
        assert!(!t.evse(1).take_notifications().contains(&DeAuthorized), "{members}");
        assert_eq!(left_out(&mut t), counted, "{members}");
        t.at(100).card_again(1, "TAG").unwrap();
        t.expect_stop(json!({"transactionId": 42, "reason": "Local"}));
        t.expect_status(1, "Finishing");
    }
}

#[test]
fn rpc_30_ac_02_the_answer_to_an_end_is_learnt_without_what_is_odd_in_it() {
    for (members, counted) in odd_members() {
        for (status, word) in [("Accepted", Authorized), ("Blocked", AuthorizationRejected)] {
            let mut t = charging();
            t.at(100).card_again(1, "TAG").unwrap();
            let conf = json!({"idTagInfo": with_status(status, &members)});
            t.expect_call("StopTransaction", json!({})).answer(conf);
            t.expect_status(1, "Finishing");
            t.unplug(1);
            t.expect_status(1, "Available");
            assert_eq!(left_out(&mut t), counted, "{members}");
            t.link_down();
            assert_eq!(word_offline(&mut t, "TAG"), word, "{members}");
        }
    }
}

#[test]
fn rpc_30_ac_02_a_date_that_is_left_out_limits_nothing() {
    let mut t = booted();
    teach(&mut t, "TAG", json!({"status": "Accepted", "expiryDate": date(1000)}));
    teach(&mut t, "TAG", json!({"status": "Accepted", "expiryDate": "never"}));
    t.link_down();
    t.at(5000);
    assert_eq!(word_offline(&mut t, "TAG"), Authorized);
}

#[test]
fn rpc_30_what_stands_there_twice_says_nothing() {
    for (info, is_accepted, counted) in [
        (r#"{"status":"Accepted","expiryDate":"2020-01-01T00:00:00Z","expiryDate":"2030-01-01T00:00:00Z"}"#, true, 1),
        (r#"{"status":"Accepted","status":"Accepted"}"#, false, 1),
        (r#"{"status":"Blocked","status":"Accepted"}"#, false, 1),
    ] {
        let mut t = plugged();
        t.card(1, "TAG");
        let id = t.expect_call("Authorize", json!({})).ignore();
        t.send(&format!(r#"[3,"{id}",{{"idTagInfo":{info}}}]"#));
        if is_accepted {
            t.expect_call("StartTransaction", json!({})).start(42, "Accepted");
            t.expect_status(1, "Charging");
        }
        assert_eq!(t.charger().permits_charge(1), is_accepted, "{info}");
        assert_eq!(left_out(&mut t), counted, "{info}");
    }
}

#[test]
fn rpc_30_tx_09_a_start_that_is_answered_without_a_sound_status_is_refused_and_keeps_its_id() {
    for info in [json!(null), json!("Accepted"), json!({}), json!({"status": 1}), json!({"status": "accepted"})] {
        let mut t = plugged();
        t.at(10).accepted_card(1, "TAG");
        let conf = json!({"transactionId": 42, "idTagInfo": info});
        t.expect_call("StartTransaction", json!({})).answer(conf);
        t.expect_status(1, "Charging");
        t.expect_stop(json!({"transactionId": 42, "reason": "DeAuthorized"}));
        t.expect_status(1, "Finishing");
    }
}

#[test]
fn rpc_30_msg_10_an_id_that_is_none_leaves_the_tag_accepted() {
    for id in [json!("42"), json!(42.5), json!({"id": 42}), json!(null)] {
        let mut t = plugged();
        t.at(10).accepted_card(1, "TAG");
        let conf = json!({"transactionId": id, "idTagInfo": tag_info("Accepted")});
        t.expect_call("StartTransaction", json!({})).answer(conf);
        t.expect_status(1, "Charging");
        assert_eq!(left_out(&mut t), u32::from(!id.is_null()), "{id}");
        t.at(100).card_again(1, "TAG").unwrap();
        t.expect_stop(json!({"transactionId": -1}));
        t.expect_status(1, "Finishing");
    }
}

// ---- Ids beyond 32 bits ----

/// As a back end counts that makes ids of the time.
const SNOWFLAKE: i64 = 7_213_456_789_012_345_678;

/// At 10 s in the transaction of that id.
fn snowflake(bench: Bench) -> Timeline {
    let mut t = bench.booted();
    t.at(10).start_charging(1, "TAG", SNOWFLAKE);
    t
}

#[test]
fn rpc_32_tx_03_every_message_of_the_transaction_carries_the_id() {
    let mut t = snowflake(bench().key("MeterValueSampleInterval", "60"));
    assert_eq!(t.charger().transaction(1).unwrap().transaction_id, Some(SNOWFLAKE));
    t.at(70).expect_call("MeterValues", json!({"transactionId": SNOWFLAKE})).answer(json!({}));
    t.at(100).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({"transactionId": SNOWFLAKE, "reason": "Local"}));
    t.expect_status(1, "Finishing");
}

#[test]
fn rpc_32_rc_11_a_remote_stop_names_it_to_the_last_digit() {
    let mut t = snowflake(bench());
    for other in [SNOWFLAKE + 1, SNOWFLAKE as i32 as i64, SNOWFLAKE & 0xffff_ffff, SNOWFLAKE ^ (1 << 40), -1] {
        t.call("RemoteStopTransaction", json!({"transactionId": other})).expect("Rejected");
    }
    let beyond = r#"{"transactionId":99999999999999999999}"#;
    t.call_as_written("RemoteStopTransaction", beyond).expect_error("PropertyConstraintViolation");
    t.call("RemoteStopTransaction", json!({"transactionId": SNOWFLAKE})).expect("Accepted");
    t.expect_stop(json!({"transactionId": SNOWFLAKE, "reason": "Remote"}));
    t.expect_status(1, "Finishing");
}

#[test]
fn rpc_32_tx_26_the_id_outlives_a_power_cut_and_an_outage() {
    let mut t = snowflake(bench());
    t.at(60).reboot();
    t.accept_boot();
    t.expect_stop(json!({"transactionId": SNOWFLAKE, "reason": "PowerLoss"}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");

    let mut t = snowflake(bench());
    t.at(60).link_down();
    t.at(100).card_again(1, "TAG").unwrap();
    t.at(200).reboot();
    t.accept_boot();
    t.expect_stop(json!({"transactionId": SNOWFLAKE, "reason": "Local", "timestamp": date(100)}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Preparing");

    let mut t = snowflake(bench().configure(|charger| charger.resume_transactions(true)));
    t.at(60).reboot();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Charging");
    assert_eq!(t.charger().transaction(1).unwrap().transaction_id, Some(SNOWFLAKE));
    t.call("RemoteStopTransaction", json!({"transactionId": SNOWFLAKE})).expect("Accepted");
    t.expect_stop(json!({"transactionId": SNOWFLAKE, "reason": "Remote"}));
    t.expect_status(1, "Finishing");
}

#[test]
fn rpc_32_msg_08_what_is_given_up_is_shown_with_the_whole_id() {
    let mut t = snowflake(bench().key("TransactionMessageAttempts", "1"));
    t.at(100).card_again(1, "TAG").unwrap();
    t.expect_call("StopTransaction", json!({})).refuse("InternalError");
    t.expect_status(1, "Finishing");
    let shown = t.discarded.borrow().join("");
    assert!(shown.contains("transaction_id: 7213456789012345678"), "{shown}");
}

#[test]
fn rpc_32_an_id_beyond_64_bits_is_none_and_counted() {
    let mut t = plugged();
    t.at(10).accepted_card(1, "TAG");
    let id = t.expect_call("StartTransaction", json!({})).ignore();
    let conf = r#"{"transactionId":99999999999999999999,"idTagInfo":{"status":"Accepted"}}"#;
    t.send(&format!(r#"[3,"{id}",{conf}]"#));
    t.expect_status(1, "Charging");
    assert_eq!(left_out(&mut t), 1);
    t.at(100).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({"transactionId": -1}));
    t.expect_status(1, "Finishing");
}

#[cfg(feature = "smart-charging")]
#[test]
fn rpc_32_sc_14_a_profile_names_its_transaction_to_the_last_digit() {
    use support::profiles::{limited, of_transaction, set, with};

    let mut t = snowflake(limited());
    for (id, status) in [(SNOWFLAKE ^ (1 << 40), "Rejected"), (SNOWFLAKE, "Accepted")] {
        let profile = with(of_transaction(1, 0, &[(0, 10.0)]), json!({ "transactionId": id }));
        set(&mut t, 1, profile, status);
    }
}
