//! CFG-13, DT-01 and the facade: what the firmware adds to the standard, and what it may watch.

mod support;

use embedded_ocpp::ChargePoint;
use embedded_ocpp::json::JsonStr;
use embedded_ocpp::ocpp16::{
    AuthorizeError, DataTransfer, DataTransferHandler, DataTransferReply, DataTransferStatus, IdTagInfo, Reason,
    RequestHandler, TxNotification, UnlockResult,
};
use embedded_ocpp::rpc::{Call, CallError, CallErrorCode, Composer, Reply};
use embedded_ocpp::store::{KeyError, Refusal, Value as KeyValue, VendorKey};
use embedded_ocpp::time::{DateTime, Instant};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use support::cards::{accepted, teach, word_offline};
use support::{Timeline, bench, booted, charging, date, leak, own_value, plugged};

type Charger = ChargePoint<'static>;

/// What the firmware was told, in its order.
type Told = &'static RefCell<Vec<String>>;

fn told() -> Told {
    leak(RefCell::default())
}

fn room(len: usize) -> &'static mut [u8] {
    Box::leak(vec![0; len].into_boxed_slice())
}

// ---- Configuration keys of the firmware ----

fn declare(charger: &mut Charger, key: VendorKey<'static>) {
    charger.declare_configuration(Box::leak(Box::new(key))).unwrap();
}

/// One key of each kind.
fn of_each_kind(charger: &mut Charger) {
    declare(charger, VendorKey::switch(0, "Acme_Lamp", true));
    declare(charger, VendorKey::integer(1, "Acme_Percent", 80, 0, 100));
    declare(charger, VendorKey::text(2, "Acme_Greeting", "Hello", room(500)));
}

fn with_keys(configure: fn(&mut Charger)) -> Timeline {
    bench().configure(configure).booted()
}

/// The key as GetConfiguration tells it.
fn told_key(t: &mut Timeline, name: &str) -> Value {
    let found = t.call("GetConfiguration", json!({ "key": [name] })).result();
    assert_eq!(found.get("unknownKey"), None, "{name}");
    found["configurationKey"][0].clone()
}

fn told_value(t: &mut Timeline, name: &str) -> String {
    told_key(t, name)["value"].as_str().unwrap().to_owned()
}

#[test]
fn cfg_13_keys_of_every_kind_are_told_with_their_factory_values() {
    let mut t = with_keys(of_each_kind);
    for (name, value) in [("Acme_Lamp", "true"), ("Acme_Percent", "80"), ("Acme_Greeting", "Hello")] {
        assert_eq!(told_key(&mut t, name), json!({"key": name, "readonly": false, "value": value}));
    }
    let all = t.call("GetConfiguration", json!({})).result();
    let own = |key: &&Value| key["key"].as_str().unwrap().starts_with("Acme_");
    assert_eq!(all["configurationKey"].as_array().unwrap().iter().filter(own).count(), 3);
}

#[test]
fn cfg_13_the_firmware_reads_them_with_their_types() {
    let mut t = with_keys(of_each_kind);
    let keys = t.charger().configuration();
    assert!(matches!(keys.value("Acme_Lamp"), Some(KeyValue::Switch(true))));
    assert!(matches!(keys.value("Acme_Percent"), Some(KeyValue::Integer(80))));
    assert!(matches!(keys.value("Acme_Greeting"), Some(KeyValue::Text("Hello"))));
    assert!(keys.value("Acme_Nonsense").is_none());
    assert!(matches!(keys.value("ConnectionTimeOut"), Some(KeyValue::Integer(60))));
}

#[test]
fn cfg_13_cfg_05_cfg_06_cfg_07_cfg_08_values_are_checked_like_those_of_the_standard() {
    let mut t = with_keys(of_each_kind);
    for (key, value, status, then) in [
        ("acme_LAMP", "False", "Accepted", "false"),
        ("Acme_Lamp", "yes", "Rejected", "false"),
        ("Acme_Lamp", "", "Rejected", "false"),
        ("Acme_Lamp", "1", "Rejected", "false"),
        ("Acme_Percent", "0", "Accepted", "0"),
        ("Acme_Percent", "100", "Accepted", "100"),
        ("Acme_Percent", "101", "Rejected", "100"),
        ("Acme_Percent", "-1", "Rejected", "100"),
        ("Acme_Percent", "50 ", "Rejected", "100"),
        ("Acme_Percent", "5.0", "Rejected", "100"),
        ("Acme_Percent", "99999999999999999999", "Rejected", "100"),
        ("Acme_Percent", "", "Rejected", "100"),
        ("Acme_Greeting", "Bonjour", "Accepted", "Bonjour"),
        ("ACME_GREETING", "", "Accepted", ""),
        ("Acme_Greeting", "Grüß Gott", "Accepted", "Grüß Gott"),
    ] {
        t.change_key(key, value, status);
        assert_eq!(told_value(&mut t, key), then, "{key} {value:?}");
        assert_eq!(own_value(t.charger(), key), then);
    }
}

#[test]
fn cfg_13_whole_numbers_reach_as_far_as_the_standards() {
    let mut t = with_keys(|charger| declare(charger, VendorKey::integer(0, "Acme_Offset", -1, i32::MIN, i32::MAX)));
    for value in ["-2147483648", "2147483647", "0"] {
        t.change_key("Acme_Offset", value, "Accepted");
        assert_eq!(told_value(&mut t, "Acme_Offset"), value);
    }
    t.change_key("Acme_Offset", "2147483648", "Rejected");
    t.change_key("Acme_Offset", "-2147483649", "Rejected");
}

#[test]
fn cfg_09_cfg_13_accepted_values_survive_a_reboot() {
    let mut t = with_keys(of_each_kind);
    let greeting = "\"Hi\" \\ ä".repeat(40);
    for (key, value) in [("Acme_Lamp", "false"), ("Acme_Percent", "7"), ("Acme_Greeting", greeting.as_str())] {
        t.change_key(key, value, "Accepted");
        t.reboot();
        t.boot();
        assert_eq!(told_value(&mut t, key), value);
        assert_eq!(own_value(t.charger(), key), value);
    }
}

#[test]
fn cfg_09_cfg_13_a_damaged_record_leaves_the_factory_value() {
    let mut t = with_keys(of_each_kind);
    t.take_log();
    let before = t.flash.records.clone();
    t.change_key("Acme_Greeting", "Bonjour", "Accepted");
    t.change_key("Acme_Percent", "7", "Accepted");
    for (key, record) in &mut t.flash.records {
        if !before.contains_key(key) {
            record[1] ^= 1;
        }
    }
    t.reboot();
    t.boot();
    assert_eq!(told_value(&mut t, "Acme_Greeting"), "Hello");
    assert_eq!(told_value(&mut t, "Acme_Percent"), "80");
}

#[test]
fn cfg_05_cfg_13_read_only_keys_are_told_and_not_changed() {
    let mut t = with_keys(|charger| declare(charger, VendorKey::text(0, "Acme_Revision", "C", room(8)).read_only()));
    assert_eq!(told_key(&mut t, "Acme_Revision"), json!({"key": "Acme_Revision", "readonly": true, "value": "C"}));
    t.change_key("Acme_Revision", "D", "Rejected");
    assert_eq!(told_value(&mut t, "Acme_Revision"), "C");
}

#[test]
fn cfg_09_cfg_13_the_firmware_may_set_what_the_central_system_may_not() {
    let mut t = with_keys(|charger| {
        declare(charger, VendorKey::text(0, "Acme_Revision", "C", room(8)).read_only());
        declare(charger, VendorKey::integer(1, "Acme_Percent", 80, 0, 100).validated_by(leak(|_| false)));
    });
    for (key, value) in [("Acme_Revision", "\\u\"4"), ("Acme_Percent", "7"), ("ConnectionTimeOut", "45")] {
        t.charger().set_configuration(key, value).unwrap();
        t.settle();
        assert_eq!(told_value(&mut t, key), value);
        t.reboot();
        t.boot();
        assert_eq!(told_value(&mut t, key), value);
    }
    for (key, value, refusal) in [
        ("Acme_Revision", "too long for it", Refusal::Invalid),
        ("Acme_Percent", "101", Refusal::Invalid),
        ("SupportedFeatureProfiles", "Core", Refusal::Invalid),
        ("Acme_Nothing", "1", Refusal::UnknownKey),
    ] {
        assert_eq!(t.charger().set_configuration(key, value), Err(refusal), "{key}");
    }
    assert_eq!(told_value(&mut t, "Acme_Percent"), "7");
}

#[test]
fn cfg_04_cfg_13_write_only_values_never_leave_the_charge_point() {
    let mut t = with_keys(|charger| {
        declare(charger, VendorKey::text(0, "Acme_Secret", "factory", room(40)).write_only());
        declare(charger, VendorKey::integer(1, "Acme_Pin", 1234, 0, 9999).write_only());
    });
    t.change_key("Acme_Secret", "hush-hush", "Accepted");
    for name in ["Acme_Secret", "Acme_Pin"] {
        assert_eq!(told_key(&mut t, name), json!({"key": name, "readonly": false}));
    }
    let all = t.call("GetConfiguration", json!({})).result().to_string();
    assert!(!all.contains("hush-hush") && !all.contains("factory") && !all.contains("1234"));
    assert_eq!(own_value(t.charger(), "Acme_Secret"), "hush-hush");
    t.reboot();
    t.boot();
    assert_eq!(own_value(t.charger(), "Acme_Secret"), "hush-hush");
}

#[test]
fn cfg_05_cfg_13_a_change_may_need_a_reboot() {
    let mut t = with_keys(|charger| {
        declare(charger, VendorKey::text(0, "Acme_Url", "ws://a", room(40)).reboot_required());
        declare(charger, VendorKey::integer(1, "Acme_Percent", 80, 0, 100).reboot_required());
    });
    t.change_key("Acme_Url", "ws://b", "RebootRequired");
    t.change_key("Acme_Percent", "101", "Rejected");
    t.reboot();
    t.boot();
    assert_eq!(told_value(&mut t, "Acme_Url"), "ws://b");
    assert_eq!(told_value(&mut t, "Acme_Percent"), "80");
}

#[test]
fn cfg_08_cfg_13_the_firmware_has_the_last_word_on_a_value() {
    fn is_even(value: JsonStr<'_>) -> bool {
        value.chars().last().is_some_and(|digit| "02468".contains(digit))
    }
    fn is_url(value: JsonStr<'_>) -> bool {
        value.chars().collect::<String>().starts_with("wss://")
    }
    let mut t = with_keys(|charger| {
        declare(charger, VendorKey::integer(0, "Acme_Even", 2, 0, 100).validated_by(&is_even));
        declare(charger, VendorKey::text(1, "Acme_Url", "", room(40)).validated_by(&is_url));
    });
    for (key, value, status, then) in [
        ("Acme_Even", "4", "Accepted", "4"),
        ("Acme_Even", "5", "Rejected", "4"),
        ("Acme_Even", "102", "Rejected", "4"),
        ("Acme_Url", "wss://b", "Accepted", "wss://b"),
        ("Acme_Url", "ws://c", "Rejected", "wss://b"),
        ("Acme_Url", "", "Rejected", "wss://b"),
    ] {
        t.change_key(key, value, status);
        assert_eq!(told_value(&mut t, key), then);
    }
    t.send(r#"[2,"e","ChangeConfiguration",{"key":"Acme_Url","value":"\u0077ss:\/\/d"}]"#);
    assert_eq!(t.wire_text(), json!([3, "e", {"status": "Accepted"}]).to_string());
    assert_eq!(told_value(&mut t, "Acme_Url"), "wss://d");
}

#[test]
fn cfg_08_cfg_13_the_firmware_is_asked_only_about_what_is_such_a_value() {
    thread_local!(static SHOWN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) });
    fn note(value: JsonStr<'_>) -> bool {
        SHOWN.with_borrow_mut(|shown| shown.push(value.chars().collect()));
        true
    }
    let mut t = with_keys(|charger| {
        declare(charger, VendorKey::switch(0, "Acme_Lamp", false).validated_by(&note));
        declare(charger, VendorKey::integer(1, "Acme_Percent", 80, 0, 100).validated_by(&note));
        declare(charger, VendorKey::text(2, "Acme_Greeting", "", room(4)).validated_by(&note));
    });
    SHOWN.take();
    for (key, wrong, right) in
        [("Acme_Lamp", "yes", "true"), ("Acme_Percent", "101", "100"), ("Acme_Greeting", "Hello", "Hi")]
    {
        t.change_key(key, wrong, "Rejected");
        assert_eq!(SHOWN.take(), [""; 0]);
        t.change_key(key, right, "Accepted");
        assert_eq!(SHOWN.take(), [right]);
    }
}

#[test]
fn cfg_10_cfg_13_texts_have_up_to_500_characters_and_no_more_than_their_room() {
    let mut t = with_keys(|charger| {
        declare(charger, VendorKey::text(0, "Acme_Long", "", room(500)));
        declare(charger, VendorKey::text(1, "Acme_Short", "", room(10)));
    });
    let text = |len: usize| "0123456789".chars().cycle().take(len).collect::<String>();
    t.change_key("Acme_Long", &text(500), "Accepted");
    let too_long = json!({"key": "Acme_Long", "value": text(501)});
    t.call("ChangeConfiguration", too_long).expect_error("PropertyConstraintViolation");
    t.change_key("Acme_Short", &text(10), "Accepted");
    t.change_key("Acme_Short", &text(11), "Rejected");
    t.reboot();
    t.boot();
    assert_eq!(told_value(&mut t, "Acme_Long"), text(500));
    assert_eq!(told_value(&mut t, "Acme_Short"), text(10));
}

#[test]
fn cfg_10_cfg_13_quotes_and_backslashes_are_told_as_they_came_or_refused() {
    for value in ["\"".repeat(500), "\\".repeat(500), "\"\\/".repeat(150), "\"".repeat(250)] {
        let mut t = with_keys(of_each_kind);
        let status = t.call("ChangeConfiguration", json!({"key": "Acme_Greeting", "value": value})).result();
        let expected = if status["status"] == "Accepted" { value.as_str() } else { "Hello" };
        assert!(value.len() > 250 || status["status"] == "Accepted");
        assert_eq!(told_value(&mut t, "Acme_Greeting"), expected);
        let _ = t.call("GetConfiguration", json!({})).result();
        t.reboot();
        t.boot();
        assert_eq!(told_value(&mut t, "Acme_Greeting"), expected);
    }
}

#[test]
fn cfg_10_cfg_13_a_text_longer_than_a_record_is_told_as_it_came_or_refused() {
    let mut t = with_keys(|charger| declare(charger, VendorKey::text(0, "Acme_Text", "Hello", room(4000))));
    let value = "ä".repeat(500);
    let status = t.call("ChangeConfiguration", json!({"key": "Acme_Text", "value": value})).result();
    let expected = if status["status"] == "Accepted" { value.as_str() } else { "Hello" };
    assert_eq!(told_value(&mut t, "Acme_Text"), expected);
    t.reboot();
    t.boot();
    assert_eq!(told_value(&mut t, "Acme_Text"), expected);
}

#[test]
fn cfg_01_cfg_13_no_factory_value_is_too_long_for_the_smallest_send_buffer() {
    for value in ["\"".repeat(500), "\\".repeat(500), "\"".repeat(250), "ä\"".repeat(166)] {
        let mut t = bench().small_buffers().start();
        let declared =
            t.charger().declare_configuration(Box::leak(Box::new(VendorKey::text(0, "Acme_Text", &value, room(500)))));
        t.boot();
        if declared.is_ok() {
            assert_eq!(told_value(&mut t, "Acme_Text"), value);
        }
    }
}

#[test]
fn cfg_10_cfg_13_control_characters_are_refused() {
    let mut t = with_keys(of_each_kind);
    for value in ["line\nline", "\u{0}", "tab\t"] {
        t.change_key("Acme_Greeting", value, "Rejected");
    }
    assert_eq!(told_value(&mut t, "Acme_Greeting"), "Hello");
}

#[test]
fn cfg_01_cfg_13_eight_long_texts_fit_the_smallest_send_buffer() {
    const NAMES: [&str; 8] = ["Acme_0", "Acme_1", "Acme_2", "Acme_3", "Acme_4", "Acme_5", "Acme_6", "Acme_7"];
    fn value(number: usize) -> String {
        let letter = char::from(b'a' + number as u8);
        if number.is_multiple_of(2) { letter.to_string().repeat(500) } else { format!("{letter}\"\\ä").repeat(90) }
    }
    fn configure(charger: &mut Charger) {
        for (number, name) in NAMES.into_iter().enumerate() {
            declare(charger, VendorKey::text(number as u8, name, &value(number), room(500)));
        }
    }
    let mut t = bench().small_buffers().configure(configure).booted();
    let all = t.call("GetConfiguration", json!({})).result();
    assert!(t.wire.parts > 4);
    for (number, name) in NAMES.into_iter().enumerate() {
        let key = json!({"key": name, "readonly": false, "value": value(number)});
        assert!(all["configurationKey"].as_array().unwrap().contains(&key), "{name}");
        assert_eq!(told_key(&mut t, name), key);
    }
}

#[test]
fn cfg_13_names_and_numbers_that_clash_are_refused() {
    let mut t = bench().start_offline();
    let charger = t.charger();
    let mut declare =
        |number, name| charger.declare_configuration(Box::leak(Box::new(VendorKey::switch(number, name, false))));
    assert_eq!(declare(0, "Acme_Lamp"), Ok(()));
    assert_eq!(declare(0, "Acme_Other"), Err(KeyError::Taken));
    assert_eq!(declare(1, "acme_lamp"), Err(KeyError::Taken));
    assert_eq!(declare(1, "connectionTIMEout"), Err(KeyError::Taken));
    assert_eq!(declare(1, ""), Err(KeyError::Name));
    assert_eq!(declare(1, "Acme\"Lamp"), Err(KeyError::Name));
    assert_eq!(declare(1, "Acme\\Lamp"), Err(KeyError::Name));
    assert_eq!(declare(1, "k123456789k123456789k123456789k123456789k1234567890"), Err(KeyError::Name));
    assert_eq!(declare(1, "k123456789k123456789k123456789k123456789k123456789"), Ok(()));
    assert_eq!(declare(127, "Acme_Number"), Ok(()));
}

#[test]
fn cfg_13_numbers_of_records_end_at_127() {
    for number in [128, 255] {
        let key = Box::leak(Box::new(VendorKey::switch(number, "Acme_Lamp", false)));
        assert!(bench().start_offline().charger().declare_configuration(key).is_err());
    }
}

#[test]
fn cfg_13_factory_values_out_of_range_are_refused() {
    let mut t = bench().start_offline();
    let mut declare = |key| t.charger().declare_configuration(Box::leak(Box::new(key)));
    assert_eq!(declare(VendorKey::integer(0, "Acme_0", 101, 0, 100)), Err(KeyError::Factory));
    assert_eq!(declare(VendorKey::integer(0, "Acme_0", -1, 0, 100)), Err(KeyError::Factory));
    assert_eq!(declare(VendorKey::text(0, "Acme_0", "12345", room(4))), Err(KeyError::Factory));
    assert_eq!(declare(VendorKey::text(0, "Acme_0", &"x".repeat(501), room(600))), Err(KeyError::Factory));
    assert_eq!(declare(VendorKey::text(0, "Acme_0", "1234", room(4))), Ok(()));
}

#[test]
fn cfg_13_there_are_as_many_keys_as_numbers_for_them() {
    let mut t = with_keys(|charger| {
        for number in 0..=127 {
            declare(charger, VendorKey::integer(number, format!("Acme_{number}").leak(), number.into(), 0, 1000));
        }
    });
    for number in 0..=127 {
        assert_eq!(told_value(&mut t, &format!("Acme_{number}")), number.to_string());
    }
    for number in [0, 63, 64, 127] {
        t.change_key(&format!("Acme_{number}"), &(number + 500).to_string(), "Accepted");
    }
    t.reboot();
    t.boot();
    for number in 0..=127 {
        let changed = [0, 63, 64, 127].contains(&number);
        let value = if changed { number + 500 } else { number };
        assert_eq!(told_value(&mut t, &format!("Acme_{number}")), value.to_string());
    }
    let all = t.call("GetConfiguration", json!({})).result();
    let names: Vec<_> = all["configurationKey"].as_array().unwrap().iter().map(|key| key["key"].clone()).collect();
    let own: Vec<_> = (0..=127).map(|number| json!(format!("Acme_{number}"))).collect();
    assert!(names.ends_with(&own), "in the order in which they were declared");
}

#[test]
fn cfg_11_key_11_an_optional_key_of_the_standard_is_declared_where_the_hardware_has_it() {
    let mut t = with_keys(|charger| declare(charger, VendorKey::integer(0, "LightIntensity", 60, 0, 100)));
    t.change_key("LightIntensity", "101", "Rejected");
    t.change_key("LightIntensity", "25", "Accepted");
    assert!(matches!(t.charger().configuration().value("LightIntensity"), Some(KeyValue::Integer(25))));
}

#[test]
fn cfg_13_a_new_firmware_may_narrow_a_range_or_change_a_type() {
    thread_local!(static UPDATED: Cell<bool> = const { Cell::new(false) });
    fn configure(charger: &mut Charger) {
        if UPDATED.get() {
            declare(charger, VendorKey::integer(0, "Acme_Percent", 10, 0, 50));
            declare(charger, VendorKey::switch(1, "Acme_Mode", true));
            declare(charger, VendorKey::text(2, "Acme_Greeting", "Hi", room(4)));
        } else {
            declare(charger, VendorKey::integer(0, "Acme_Percent", 10, 0, 100));
            declare(charger, VendorKey::text(1, "Acme_Mode", "eco", room(20)));
            declare(charger, VendorKey::text(2, "Acme_Greeting", "Hi", room(20)));
        }
    }
    let mut t = with_keys(configure);
    t.change_key("Acme_Percent", "99", "Accepted");
    t.change_key("Acme_Mode", "turbo", "Accepted");
    t.change_key("Acme_Greeting", "Good morning", "Accepted");
    UPDATED.set(true);
    t.reboot();
    t.boot();
    assert_eq!(told_value(&mut t, "Acme_Percent"), "50");
    assert!(["true", "false"].contains(&told_value(&mut t, "Acme_Mode").as_str()));
    assert_eq!(told_value(&mut t, "Acme_Greeting"), "Hi");
}

// ---- Handlers of the firmware's own ----

fn handle(
    t: &mut Timeline,
    action: &'static str,
    handle: impl Fn(&Call<'_>, &mut Composer<'_>) -> Result<Reply, CallError> + 'static,
) {
    t.charger().set_request_handler(RequestHandler { action, handle: leak(handle) }).unwrap();
}

fn answer(json: &'static str) -> impl Fn(&Call<'_>, &mut Composer<'_>) -> Result<Reply, CallError> {
    move |_, answer| {
        answer.raw(json.as_bytes())?;
        Ok(Reply::Now)
    }
}

#[test]
fn rpc_13_an_action_of_the_firmware_is_answered_by_it() {
    let mut t = booted();
    t.call("Sing", json!({"song": "Ä \"1\""})).expect_error("NotImplemented");
    handle(&mut t, "Sing", |call, answer| {
        assert!(call.action.is("Sing"));
        answer.raw(b"{\"heard\":")?;
        answer.raw(call.payload.text()?.as_bytes())?;
        answer.raw(b"}")?;
        Ok(Reply::Now)
    });
    t.call("Sing", json!({"song": "Ä \"1\""})).expect_result(json!({"heard": {"song": "Ä \"1\""}}));
    t.call("sing", json!({})).expect_error("NotImplemented"); // RPC-27
    t.call("Dance", json!({})).expect_error("NotImplemented");
}

#[test]
fn rpc_13_the_firmware_may_bring_an_operation_that_is_not_built_in() {
    let mut t = booted();
    t.call("GetLog", json!({"requestId": 1})).expect_error("NotImplemented");
    handle(&mut t, "GetLog", answer(r#"{"status":"Accepted"}"#));
    t.call("GetLog", json!({"requestId": 1})).expect_result(json!({"status": "Accepted"}));
}

#[test]
fn a_replaced_operation_has_no_effect_of_its_own() {
    let mut t = booted();
    handle(&mut t, "Reset", answer(r#"{"status":"Rejected"}"#));
    t.call("Reset", json!({"type": "Hard"})).expect("Rejected");
    assert!(t.resets.borrow().is_empty());
    handle(&mut t, "RemoteStartTransaction", answer(r#"{"status":"Accepted"}"#));
    t.call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "TAG"})).expect("Accepted");
    t.at(10).expect_nothing();
    assert!(!t.charger().is_transaction_active(1));
}

#[test]
fn the_handler_that_was_set_last_answers() {
    let mut t = booted();
    handle(&mut t, "Sing", answer(r#"{"verse":1}"#));
    handle(&mut t, "Sing", answer(r#"{"verse":2}"#));
    t.call("Sing", json!({})).expect_result(json!({"verse": 2}));
}

#[test]
fn rpc_15_a_handler_may_refuse() {
    let mut t = booted();
    handle(&mut t, "Sing", |_, answer| {
        answer.raw(b"{\"half\":")?;
        Err(CallErrorCode::SecurityError.into())
    });
    t.call("Sing", json!({})).expect_error("SecurityError");
    t.call("Reset", json!({"type": "Hard"})).expect("Accepted");
}

#[test]
fn rpc_18_an_answer_that_is_too_long_is_an_error_and_no_more() {
    let mut t = booted();
    handle(&mut t, "Sing", |_, answer| {
        answer.raw(&[b' '; 100_000])?;
        Ok(Reply::Now)
    });
    t.call("Sing", json!({})).expect_error("InternalError");
    t.call("Reset", json!({"type": "Hard"})).expect("Accepted");
}

#[test]
fn a_handler_may_say_nothing() {
    let mut t = booted();
    handle(&mut t, "Sing", |_, _| Ok(Reply::Never));
    t.call("Sing", json!({})).expect_silence();
    t.call("Reset", json!({"type": "Hard"})).expect("Accepted");
}

#[test]
fn rpc_15_unl_01_a_handler_puts_no_answer_off() {
    let mut t = bench().lock().booted();
    handle(&mut t, "Sing", |_, _| Ok(Reply::Later));
    t.call("Sing", json!({})).expect_error("InternalError");
    t.call("UnlockConnector", json!({"connectorId": 1})).expect("Unlocked");
}

#[test]
fn rpc_15_unl_01_nor_in_the_place_of_an_unlock_that_is_under_way() {
    let mut t = bench().lock().booted();
    handle(&mut t, "Sing", |_, _| Ok(Reply::Later));
    t.evse(1).unlock_result.set(UnlockResult::Pending);
    t.send(r#"[2,"u","UnlockConnector",{"connectorId":1}]"#);
    t.call("Sing", json!({})).expect_error("InternalError");
    t.evse(1).unlock_result.set(UnlockResult::Unlocked);
    t.wait(1);
    assert_eq!(t.wire_text(), r#"[3,"u",{"status":"Unlocked"}]"#);
}

#[test]
fn a_long_answer_may_come_in_pages() {
    const PAGES: u16 = 20;
    let mut t = bench().small_buffers().booted();
    handle(&mut t, "Sing", |_, answer| {
        let page = answer.page();
        answer.raw(if page == 0 { b"{\"verses\":[" } else { b"," })?;
        answer.raw(format!("\"{page}{}\"", "la".repeat(300)).as_bytes())?;
        if page + 1 < PAGES {
            answer.suspend(page + 1);
        } else {
            answer.raw(b"]}")?;
        }
        Ok(Reply::Now)
    });
    let verses: Vec<_> = (0..PAGES).map(|page| format!("{page}{}", "la".repeat(300))).collect();
    t.call("Sing", json!({})).expect_result(json!({ "verses": verses }));
    assert_eq!(t.wire.parts, usize::from(PAGES));
}

#[test]
fn boot_06_boot_07_handlers_are_as_silent_as_the_charge_point() {
    for (status, answers) in [("Pending", true), ("Rejected", false)] {
        let mut t = bench().start();
        handle(&mut t, "Sing", answer(r#"{}"#));
        t.register(status, 600);
        let call = t.call("Sing", json!({}));
        if answers {
            call.expect_result(json!({}));
        } else {
            call.expect_silence();
        }
    }
}

// ---- Observers ----

/// Writes everything about this action down.
fn observe(t: &mut Timeline, action: &'static str, told: Told) {
    let request = move |payload: &str| told.borrow_mut().push(format!("{action} {payload}"));
    let answer = move |payload: &str| told.borrow_mut().push(format!("{action}.conf {payload}"));
    t.charger().set_on_receive_request(action, leak(request)).unwrap();
    t.charger().set_on_send_conf(action, leak(answer)).unwrap();
}

#[test]
fn the_firmware_sees_what_is_asked_and_answered() {
    let mut t = booted();
    let told = told();
    observe(&mut t, "ChangeConfiguration", told);
    observe(&mut t, "TriggerMessage", told);
    t.send(r#"[2,"1","ChangeConfiguration",{"key":"ConnectionTimeOut","value":"45"}]"#);
    assert_eq!(t.wire_text(), r#"[3,"1",{"status":"Accepted"}]"#);
    t.send(r#"[2,"2","TriggerMessage",{"requestedMessage":"BootNotification"}]"#);
    assert_eq!(t.wire_text(), r#"[3,"2",{"status":"Rejected"}]"#);
    t.call("GetConfiguration", json!({"key": ["ConnectionTimeOut"]})).result();
    let expected = [
        r#"ChangeConfiguration {"key":"ConnectionTimeOut","value":"45"}"#,
        r#"ChangeConfiguration.conf {"status":"Accepted"}"#,
        r#"TriggerMessage {"requestedMessage":"BootNotification"}"#,
        r#"TriggerMessage.conf {"status":"Rejected"}"#,
    ];
    assert_eq!(*told.borrow(), expected);
}

#[test]
fn observers_change_nothing() {
    let mut t = charging();
    observe(&mut t, "RemoteStopTransaction", told());
    t.call("RemoteStopTransaction", json!({"transactionId": 42})).expect("Accepted");
    t.expect_stop(json!({"transactionId": 42, "reason": "Remote"}));
    t.expect_status(1, "Finishing");
}

#[test]
fn a_refused_request_has_no_answer_to_show() {
    let mut t = booted();
    let told = told();
    observe(&mut t, "Reset", told);
    t.call("Reset", json!({"type": "Medium"})).expect_error("PropertyConstraintViolation");
    assert!(told.borrow().iter().all(|line| !line.contains(".conf")), "{told:?}");
}

#[test]
fn a_request_is_seen_once_however_many_parts_its_answer_has() {
    let mut t = bench().small_buffers().booted();
    let told = told();
    observe(&mut t, "GetConfiguration", told);
    t.call("GetConfiguration", json!({})).result();
    assert!(t.wire.parts > 1);
    assert_eq!(told.borrow().iter().filter(|line| *line == "GetConfiguration {}").count(), 1, "{told:?}");
}

#[test]
fn observers_see_the_firmwares_own_handlers_too() {
    let mut t = booted();
    let told = told();
    handle(&mut t, "Sing", answer(r#"{"heard":true}"#));
    observe(&mut t, "Sing", told);
    t.call("Sing", json!({"song": 1})).expect_result(json!({"heard": true}));
    assert_eq!(*told.borrow(), [r#"Sing {"song":1}"#, r#"Sing.conf {"heard":true}"#]);
}

#[test]
fn unl_01_an_answer_that_was_put_off_is_seen_when_it_is_given() {
    let mut t = bench().lock().booted();
    let told = told();
    observe(&mut t, "UnlockConnector", told);
    t.evse(1).unlock_result.set(UnlockResult::Pending);
    t.send(r#"[2,"u","UnlockConnector",{"connectorId":1}]"#);
    assert!(told.borrow().iter().all(|line| !line.contains(".conf")), "{told:?}");
    t.evse(1).unlock_result.set(UnlockResult::Unlocked);
    t.wait(1);
    assert_eq!(t.wire_text(), r#"[3,"u",{"status":"Unlocked"}]"#);
    let expected = [r#"UnlockConnector {"connectorId":1}"#, r#"UnlockConnector.conf {"status":"Unlocked"}"#];
    assert_eq!(*told.borrow(), expected);
}

#[test]
fn several_observers_see_the_same() {
    let mut t = booted();
    let (one, two) = (told(), told());
    observe(&mut t, "ClearCache", one);
    observe(&mut t, "ClearCache", two);
    t.call("ClearCache", json!({})).expect("Accepted");
    assert_eq!(*one.borrow(), ["ClearCache {}", r#"ClearCache.conf {"status":"Accepted"}"#]);
    assert_eq!(one, two);
}

// ---- DataTransfer ----

fn on_data(t: &mut Timeline, vendor_id: &'static str, message_id: Option<&'static str>, reply: &'static str) {
    let handle =
        leak(move |_: &DataTransfer<'_>| DataTransferReply { status: DataTransferStatus::Accepted, data: Some(reply) });
    t.charger().set_data_transfer_handler(DataTransferHandler { vendor_id, message_id, handle }).unwrap();
}

#[test]
fn dt_01_each_message_of_a_vendor_has_its_handler() {
    let mut t = booted();
    on_data(&mut t, "com.acme", Some("one"), "first");
    on_data(&mut t, "com.acme", Some("two"), "second");
    on_data(&mut t, "org.other", Some("one"), "other");
    for (request, reply) in [
        (json!({"vendorId": "com.acme", "messageId": "one"}), "first"),
        (json!({"vendorId": "com.acme", "messageId": "two"}), "second"),
        (json!({"vendorId": "org.other", "messageId": "one", "data": "x"}), "other"),
    ] {
        t.call("DataTransfer", request).expect_result(json!({"status": "Accepted", "data": reply}));
    }
    for (request, status) in [
        (json!({"vendorId": "com.acme", "messageId": "three"}), "UnknownMessageId"),
        (json!({"vendorId": "com.acme"}), "UnknownMessageId"),
        (json!({"vendorId": "org.other", "messageId": "two"}), "UnknownMessageId"),
        (json!({"vendorId": "com.acm", "messageId": "one"}), "UnknownVendorId"),
    ] {
        t.call("DataTransfer", request).expect(status);
    }
}

#[test]
fn dt_01_rpc_27_vendors_and_messages_are_the_same_in_any_case() {
    let mut t = booted();
    on_data(&mut t, "com.acme", Some("one"), "first");
    for (vendor, message) in [("COM.ACME", "one"), ("com.acme", "ONE")] {
        let request = json!({"vendorId": vendor, "messageId": message});
        t.call("DataTransfer", request).expect_result(json!({"status": "Accepted", "data": "first"}));
    }
}

#[test]
fn dt_01_one_handler_may_take_what_no_other_of_the_vendor_takes() {
    for general_first in [false, true] {
        let mut t = booted();
        if general_first {
            on_data(&mut t, "com.acme", None, "rest");
        }
        on_data(&mut t, "com.acme", Some("one"), "first");
        if !general_first {
            on_data(&mut t, "com.acme", None, "rest");
        }
        let mut expect = |request, reply| {
            t.call("DataTransfer", request).expect_result(json!({"status": "Accepted", "data": reply}));
        };
        expect(json!({"vendorId": "com.acme", "messageId": "one"}), "first");
        expect(json!({"vendorId": "com.acme", "messageId": "two"}), "rest");
        expect(json!({"vendorId": "com.acme"}), "rest");
    }
}

#[test]
fn dt_02_the_handler_sees_the_message_and_its_data() {
    let mut t = booted();
    let told = told();
    let handle = leak(move |request: &DataTransfer<'_>| {
        let text = |text: JsonStr<'_>| text.chars().collect::<String>();
        told.borrow_mut().push(format!("{:?} {:?}", request.message_id.map(text), request.data.map(text)));
        DataTransferReply { status: DataTransferStatus::Rejected, data: None }
    });
    let handler = DataTransferHandler { vendor_id: "com.acme", message_id: None, handle };
    t.charger().set_data_transfer_handler(handler).unwrap();
    t.call("DataTransfer", json!({"vendorId": "com.acme", "messageId": "m", "data": "{\"a\": 1}"})).expect("Rejected");
    t.call("DataTransfer", json!({"vendorId": "com.acme"})).expect("Rejected");
    assert_eq!(*told.borrow(), [r#"Some("m") Some("{\"a\": 1}")"#, "None None"]);
}

// ---- A manual Authorize ----

/// Asks about a tag; the outcome is written down.
fn ask(t: &mut Timeline, id_tag: &str, told: Told) {
    let tell = leak(move |outcome: Result<&IdTagInfo, AuthorizeError>| {
        told.borrow_mut().push(match outcome {
            Ok(IdTagInfo { status, parent, .. }) => {
                format!("{status} {:?}", parent.as_ref().map(|parent| parent.as_str()))
            }
            Err(error) => format!("{error:?}"),
        });
    });
    t.charger().authorize(id_tag, tell).unwrap();
    t.settle();
}

#[test]
fn a_manual_authorize_asks_and_begins_nothing() {
    let mut t = plugged();
    let told = told();
    ask(&mut t, "TAG", told);
    let request = t.expect_call("Authorize", json!({}));
    assert_eq!(request.payload, json!({"idTag": "TAG"}));
    request.answer(json!({"idTagInfo": {"status": "Blocked", "parentIdTag": "GROUP"}}));
    assert_eq!(*told.borrow(), [r#"Blocked Some("GROUP")"#]);
    assert!(!t.charger().is_transaction_active(1));
    assert_eq!(t.evse(1).take_notifications(), Vec::<TxNotification>::new());
}

#[test]
fn a_manual_authorize_is_told_how_it_ended() {
    let mut t = booted();
    let told = told();
    ask(&mut t, "TAG", told);
    t.expect_call("Authorize", json!({})).refuse("InternalError");
    ask(&mut t, "TAG", told);
    t.expect_call("Authorize", json!({})).ignore();
    t.at(100);
    ask(&mut t, "TAG", told);
    t.expect_call("Authorize", json!({})).ignore();
    t.link_down();
    t.link_up();
    ask(&mut t, "TAG", told);
    t.expect_call("Authorize", json!({})).answer(json!({"idTagInfo": {"status": "Perhaps"}}));
    assert_eq!(*told.borrow(), ["Refused", "Unanswered", "Unanswered", "Refused"]);
}

#[test]
fn boot_08_a_manual_authorize_waits_until_it_may_be_sent() {
    let mut t = bench().start();
    let told = told();
    ask(&mut t, "TAG", told);
    t.register("Pending", 60);
    t.expect_nothing();
    t.wait(60);
    t.boot();
    t.expect_call("Authorize", json!({"idTag": "TAG"})).accept_tag();
    assert_eq!(told.borrow().len(), 1);
}

#[test]
fn ac_02_a_manual_authorize_teaches_the_cache_too() {
    let mut t = booted();
    ask(&mut t, "TAG", told());
    t.expect_call("Authorize", json!({})).accept_tag();
    t.link_down();
    assert_eq!(word_offline(&mut t, "TAG"), TxNotification::Authorized);
}

#[test]
fn a_manual_authorize_takes_no_tag_that_is_none() {
    let mut t = booted();
    for tag in ["", "123456789012345678901"] {
        assert!(t.charger().authorize(tag, &|_| {}).is_err());
    }
    t.settle();
    t.expect_nothing();
}

#[test]
fn a_manual_authorize_and_a_card_do_not_mix() {
    let mut t = booted();
    let told = told();
    t.plug(1);
    t.expect_status(1, "Preparing");
    ask(&mut t, "OTHER", told);
    let other = t.expect_call("Authorize", json!({"idTag": "OTHER"})).ignore();
    t.card(1, "TAG");
    t.answer(&other, json!({"idTagInfo": accepted()}));
    assert!(!t.charger().permits_charge(1));
    t.expect_call("Authorize", json!({"idTag": "TAG"})).answer(json!({"idTagInfo": {"status": "Blocked"}}));
    assert!(!t.charger().is_transaction_active(1));
    assert_eq!(told.borrow().len(), 1);
}

#[test]
fn a_manual_authorize_of_a_known_tag_asks_all_the_same() {
    let mut t = bench().key("LocalPreAuthorize", "true").booted();
    teach(&mut t, "TAG", accepted());
    ask(&mut t, "TAG", told());
    t.expect_call("Authorize", json!({"idTag": "TAG"})).accept_tag();
}

// ---- What the firmware sees and sets ----

#[test]
fn the_end_of_a_transaction_is_shown_until_it_is_durable() {
    let mut t = charging();
    assert!(t.charger().transaction(1).unwrap().stop.is_none());
    t.at(20).meter(1, 1_700);
    t.evse(1).stop_ready.set(false); // holds the end back
    t.settle();
    t.charger().end_transaction(Some("TAG"), Reason::Local, 1).unwrap();
    let transaction = t.charger().transaction(1).unwrap();
    let stop = transaction.stop.unwrap();
    assert_eq!((stop.meter_stop, stop.reason, stop.id_tag), (1_700, Reason::Local, Some("TAG")));
    let stopped = stop.stopped;
    assert_eq!(stopped, Instant::from_secs(20));
    assert_eq!(t.charger().clock().date(stopped).unwrap().to_string(), date(20));
}

#[test]
fn the_firmware_sets_the_clock_until_the_central_system_does() {
    let mut t = bench().start_offline();
    assert_eq!(t.charger().date_time(), None);
    let midnight = DateTime::parse("2025-01-01T00:00:00Z").unwrap();
    assert!(t.charger().set_date_time(midnight));
    t.at(90);
    assert_eq!(t.charger().date_time().unwrap().to_string(), "2025-01-01T00:01:30Z");
}

// ---- Dates ----

/// Adds the text of every date in a payload.
fn collect_dates(value: &Value, dates: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect_dates(value, dates)),
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(date) if ["timestamp", "scheduleStart"].contains(&name.as_str()) => {
                        dates.push(date.to_owned())
                    }
                    _ => collect_dates(value, dates),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn rpc_26_dates_have_milliseconds_where_the_firmware_says_so() {
    const DATA: &str = "Energy.Active.Import.Register";
    let mut t = bench()
        .small_buffers()
        .key("MeterValueSampleInterval", "60")
        .key("StopTxnSampledData", DATA)
        .all_outputs()
        .configure(|charger| charger.send_milliseconds(true))
        .start();
    t.accept_boot();
    let mut dates = Vec::new();
    let mut next = |t: &mut Timeline, action: &str| {
        let call = t.expect_call(action, json!({}));
        collect_dates(&call.payload, &mut dates);
        call.answer(json!({"transactionId": 42, "idTagInfo": {"status": "Accepted"}}));
    };
    next(&mut t, "StatusNotification");
    next(&mut t, "StatusNotification");
    t.at_ms(10_700).plug(1);
    next(&mut t, "StatusNotification");
    t.card(1, "TAG");
    next(&mut t, "Authorize");
    next(&mut t, "StartTransaction");
    next(&mut t, "StatusNotification");
    for minute in 1..=14 {
        t.at_ms(10_700 + 60_000 * minute);
        next(&mut t, "MeterValues");
    }
    t.at(900).card_again(1, "TAG").unwrap();
    assert!(t.wire.parts > 1, "the end comes in pages");
    next(&mut t, "StopTransaction");
    next(&mut t, "StatusNotification");
    // Two at the boot, three of the session, its start and end, 14 samples, and these again with begin and end.
    assert_eq!(dates.len(), 2 + 3 + 2 + 14 + 16);
    if cfg!(feature = "smart-charging") {
        let schedule = t.call("GetCompositeSchedule", json!({"connectorId": 1, "duration": 60})).result();
        assert_eq!(schedule["scheduleStart"], "2025-01-01T00:15:00.000Z");
    }
    assert_eq!(dates[..5], ["00", "00", "10", "10", "10"].map(|second| format!("2025-01-01T00:00:{second}.000Z")));
    for date in dates {
        let seconds = date.strip_suffix(".000Z").expect(&date);
        assert_eq!(DateTime::parse(&date), DateTime::parse(&format!("{seconds}Z")), "{date}");
    }
}
