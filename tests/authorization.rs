//! AUTH and LOC: who may begin and end a transaction (OCPP 1.6 §3.5, §3.10, §4.1), and where nobody has to ask.

mod support;

use TxNotification::{AuthorizationRejected, AuthorizationTimeout, Authorized, StartTx};
use embedded_ocpp::ocpp16::{BeginError, EndError, Reason, Token, TokenType, TxNotification};
use serde_json::{Value, json};
use support::cards::{
    accepted, answer_late, expect_authorize, leave, member_of, tag_info, teach, text, until, word_offline,
};
use support::{Timeline, bench, booted, charging, date, plugged};

/// Begins a transaction with everything that is told up to Charging.
fn start(t: &mut Timeline, id_tag: &str, info: Value) {
    t.plug(1);
    t.expect_status(1, "Preparing");
    t.card(1, id_tag);
    expect_authorize(t, id_tag, info.clone());
    t.expect_call("StartTransaction", json!({ "idTag": id_tag }))
        .answer(json!({"transactionId": 42, "idTagInfo": info}));
    t.expect_status(1, "Charging");
}

// ---- The card begins ----

#[test]
fn auth_01_no_energy_before_authorisation() {
    let mut t = plugged();
    t.card(1, "TAG");
    let authorize = t.expect_call("Authorize", json!({})).ignore();
    assert!(!t.charger().permits_charge(1));
    answer_late(&mut t, &authorize, accepted());
    t.expect_call("StartTransaction", json!({})).start(1, "Accepted");
    t.expect_status(1, "Charging");
    assert!(t.charger().permits_charge(1));
}

#[test]
fn auth_03_a_tag_is_any_text_up_to_20_characters() {
    for tag in ["x", "a b\"c\\d/e", "12345678901234567890", "TAG#ä€"] {
        let mut t = booted();
        start(&mut t, tag, accepted());
    }
    let mut t = booted();
    assert_eq!(t.try_card(1, "123456789012345678901"), Err(BeginError::InvalidIdTag));
    assert_eq!(t.try_card(1, ""), Err(BeginError::InvalidIdTag));
    assert_eq!(t.try_card(2, "TAG"), Err(BeginError::UnknownConnector));
    assert_eq!(t.try_card(0, "TAG"), Err(BeginError::UnknownConnector));
}

#[test]
fn auth_04_a_tag_that_is_not_accepted_starts_nothing() {
    for status in ["Blocked", "Expired", "Invalid", "ConcurrentTx"] {
        let mut t = booted();
        teach(&mut t, "TAG", tag_info(status));
        t.at(2).plug(1);
        t.expect_status(1, "Preparing");
        assert!(!t.charger().is_transaction_active(1));
        assert_eq!(t.evse(1).take_notifications(), [AuthorizationRejected]);
    }
}

#[test]
fn auth_06_rpc_20_a_broken_answer_authorises_nobody() {
    for conf in [
        json!({}),
        json!({"idTagInfo": {}}),
        json!({"idTagInfo": null}),
        json!({"idTagInfo": "Accepted"}),
        json!({"idTagInfo": {"status": "accepted"}}),
        json!({"idTagInfo": {"status": "Maybe"}}),
        json!({"idTagInfo": {"status": "NoCredit"}}), // a word of OCPP 2.0.1
        json!({"idTagInfo": {"status": ["Accepted"]}}),
        json!({"idTagInfo": {"expiryDate": "2030-01-01T00:00:00Z"}}),
        json!({"status": "Accepted"}),
    ] {
        let mut t = bench().key("AllowOfflineTxForUnknownId", "true").plugged();
        t.card(1, "TAG");
        t.expect_call("Authorize", json!({})).answer(conf.clone());
        assert!(!t.charger().is_transaction_active(1), "{conf}");
    }
}

/// OCPP 1.6 tells the text of a token, whatever its type is.
#[test]
fn auth_01_a_token_with_a_type_is_told_by_its_text() {
    for kind in [TokenType::KeyCode, TokenType::MacAddress, Token::from("TAG").kind] {
        let mut t = plugged();
        t.charger().begin_transaction(Token::new("TAG", kind), 1).unwrap();
        t.settle();
        assert_eq!(t.expect_call("Authorize", json!({})).payload, json!({"idTag": "TAG"}));
        assert_eq!(t.charger().transaction_id_tag(1), Some("TAG"));
    }
    assert_eq!(Token::from("TAG"), Token::new("TAG", TokenType::Iso14443));
    assert_eq!(TokenType::EMaid.as_str(), "eMAID");
}

#[test]
fn auth_12_st_b1_the_second_card_before_the_plug_ends_preparing() {
    let mut t = booted();
    t.at(5).accepted_card(1, "TAG");
    t.expect_status(1, "Preparing");
    t.at(10).card_again(1, "TAG").unwrap();
    t.expect_status(1, "Available");
    t.at(20).plug(1);
    t.expect_status(1, "Preparing");
    assert_eq!(t.card_again(1, "TAG"), Err(EndError::NoSession));
}

#[test]
fn auth_12_a_card_in_finishing_sends_no_second_stop() {
    let mut t = charging();
    t.stop_charging(1, "TAG");
    assert_eq!(t.card_again(1, "TAG"), Err(EndError::NoSession));
}

#[test]
fn tx_29_auth_02_cards_on_two_connectors_are_asked_about_in_turn() {
    for (one, two) in [("Accepted", "Blocked"), ("Blocked", "Accepted")] {
        let mut t = bench().two_connectors().booted();
        for connector in [1, 2] {
            t.plug(connector);
            t.expect_status(connector, "Preparing");
        }
        t.at(10).card(1, "ONE");
        t.card(2, "TWO");
        expect_authorize(&mut t, "ONE", tag_info(one));
        expect_authorize(&mut t, "TWO", tag_info(two));
        let (connector, tag) = if one == "Accepted" { (1, "ONE") } else { (2, "TWO") };
        t.expect_call("StartTransaction", json!({"connectorId": connector, "idTag": tag})).start(1, "Accepted");
        t.expect_status(connector, "Charging");
        assert_eq!((t.charger().permits_charge(1), t.charger().permits_charge(2)), (connector == 1, connector == 2));
    }
}

// ---- Answers that come late ----

#[test]
fn auth_05_rpc_22_the_answer_over_a_new_connection_is_nobodys() {
    let mut t = plugged();
    t.at(10).card(1, "TAG");
    let authorize = t.expect_call("Authorize", json!({})).ignore();
    t.at(12).link_down();
    t.at(20).link_up();
    answer_late(&mut t, &authorize, accepted());
    assert!(!t.charger().is_transaction_active(1));
}

#[test]
fn auth_05_the_answer_after_the_time_for_it_starts_and_stops_nothing() {
    for (allowed, late) in [(false, "Accepted"), (true, "Blocked")] {
        let keys = bench().key("Cst_AuthorizationTimeout", "20").key("AllowOfflineTxForUnknownId", text(allowed));
        let mut t = keys.plugged();
        t.at(10).card(1, "TAG");
        let authorize = t.expect_call("Authorize", json!({})).ignore();
        t.at(30);
        assert_eq!(t.charger().is_transaction_running(1), allowed);
        answer_late(&mut t, &authorize, tag_info(late));
        if allowed {
            t.expect_call("StartTransaction", json!({"timestamp": date(30)})).start(1, "Accepted");
            t.expect_status(1, "Charging");
        }
        assert_eq!(t.charger().permits_charge(1), allowed);
    }
}

#[test]
fn auth_05_the_time_for_the_answer_begins_when_the_question_is_sent() {
    let mut t = bench().two_connectors().booted();
    t.at(10).plug(1);
    let status = t.expect_call("StatusNotification", json!({"connectorId": 1, "status": "Preparing"})).ignore();
    t.at(11).card(1, "ONE");
    t.at(12).plug(2);
    t.card(2, "TWO");
    // Each answer takes 20 s. The user comes first.
    t.at(30).answer(&status, json!({}));
    let one = t.expect_call("Authorize", json!({"idTag": "ONE"})).ignore();
    t.at(50);
    answer_late(&mut t, &one, accepted());
    let two = t.expect_call("Authorize", json!({"idTag": "TWO"})).ignore();
    assert!(t.charger().permits_charge(1));
    t.at(70);
    answer_late(&mut t, &two, accepted());
    assert!(t.charger().permits_charge(2));
    while t.next_frame().is_some() {}
}

#[test]
fn auth_05_what_a_busy_connection_takes_late_has_its_whole_time() {
    for (answered, told) in [(64_999, &[Authorized, StartTx][..]), (65_000, &[AuthorizationTimeout])] {
        let mut t = plugged();
        t.wire.busy = u32::MAX;
        t.at(10).card(1, "TAG");
        t.at_ms(34_999).wire.busy = 0;
        t.at(35);
        let authorize = t.expect_call("Authorize", json!({"idTag": "TAG"})).ignore();
        t.at_ms(64_999).at_ms(answered);
        answer_late(&mut t, &authorize, accepted());
        assert_eq!(t.evse(1).take_notifications(), told);
        while t.next_frame().is_some() {}
    }
}

#[test]
fn auth_05_a_question_that_cannot_be_sent_ends_with_the_offline_rules() {
    // A connection that takes nothing for 30 s is given up (RPC-31).
    for (connectors, decided) in [(1, 40), (2, 40)] {
        let bench = bench().key("AllowOfflineTxForUnknownId", "true");
        let mut t = if connectors == 2 { bench.two_connectors().booted() } else { bench.booted() };
        t.wire.busy = u32::MAX;
        t.at(10).plug(1);
        t.card(1, "TAG");
        t.at(decided - 1);
        assert_eq!(t.evse(1).take_notifications(), []);
        t.at(decided);
        assert_eq!(t.evse(1).take_notifications(), [Authorized, StartTx]);
        t.wire.busy = 0;
        t.settle();
        while t.next_frame().is_some() {}
    }
}

#[test]
fn auth_05_ac_02_the_answer_after_the_time_for_it_teaches_the_cache_nevertheless() {
    let mut t = bench().key("Cst_AuthorizationTimeout", "20").booted();
    t.at(10).card(1, "TAG");
    let authorize = t.expect_call("Authorize", json!({})).ignore();
    t.at(31);
    answer_late(&mut t, &authorize, accepted());
    t.expect_status(1, "Preparing");
    t.expect_status(1, "Available");
    t.link_down();
    assert_eq!(word_offline(&mut t, "TAG"), Authorized);
}

#[test]
fn loc_06_auth_05_a_link_lost_while_the_device_is_read_leaves_it_to_the_offline_rules() {
    let mut t = bench().key("LocalPreAuthorize", "true").booted();
    teach(&mut t, "TAG", tag_info("Blocked"));
    t.at(5).plug(1);
    t.expect_status(1, "Preparing");
    t.evse(1).take_notifications();
    t.flash.failing_loads = 1;
    t.at(10).card(1, "TAG");
    t.link_down();
    t.at(15);
    assert_eq!(t.evse(1).take_notifications(), [AuthorizationRejected]);
}

#[test]
fn loc_02_auth_02_the_device_is_asked_three_times_then_the_tag_counts_as_unknown() {
    for (failing, is_known) in [(2, true), (3, false)] {
        let mut t = bench().key("LocalPreAuthorize", "true").booted();
        teach(&mut t, "TAG", accepted());
        t.evse(1).take_notifications();
        t.flash.failing_loads = failing;
        t.at(10).card(1, "TAG");
        t.expect_status(1, "Preparing");
        t.at_ms(11_999).expect_nothing();
        t.at(12);
        if !is_known {
            assert_eq!(t.evse(1).take_notifications(), []);
            expect_authorize(&mut t, "TAG", accepted());
        }
        assert_eq!(t.evse(1).take_notifications(), [Authorized]);
    }
}

#[test]
fn loc_03_auth_05_offline_nobody_can_decide_about_what_the_device_withholds() {
    let mut t = booted();
    teach(&mut t, "TAG", accepted());
    t.link_down();
    t.evse(1).take_notifications();
    t.flash.failing_loads = u32::MAX;
    t.at(10).card(1, "TAG");
    t.at(12);
    assert_eq!(t.evse(1).take_notifications(), [AuthorizationTimeout]);
}

#[test]
fn auth_01_the_answer_about_a_card_that_was_taken_back_is_not_for_the_next_one() {
    let mut t = plugged();
    t.at(10).card(1, "TAG");
    let authorize = t.expect_call("Authorize", json!({"idTag": "TAG"})).ignore();
    t.at(12).card_again(1, "TAG").unwrap();
    t.at(13).card(1, "OTHER");
    t.at(15);
    answer_late(&mut t, &authorize, accepted());
    assert!(!t.charger().permits_charge(1));
    expect_authorize(&mut t, "OTHER", tag_info("Blocked"));
    assert!(!t.charger().is_transaction_active(1));
}

#[test]
fn auth_01_an_ev_that_leaves_while_its_card_is_asked_about_starts_nothing() {
    let mut t = plugged();
    t.at(10).card(1, "TAG");
    let authorize = t.expect_call("Authorize", json!({})).ignore();
    t.at(11).unplug(1);
    answer_late(&mut t, &authorize, accepted());
    t.expect_status(1, "Available");
    t.at(12).plug(1);
    t.expect_status(1, "Preparing");
    assert!(!t.charger().is_transaction_active(1));
}

// ---- Without asking, while the central system is there ----

#[test]
fn loc_02_auth_02_auth_07_a_valid_tag_starts_at_once_only_with_local_pre_authorize() {
    for (known, pre_authorize, asked) in [
        (Some(accepted()), true, false),
        (Some(accepted()), false, true),
        (Some(until(50)), true, true),
        (Some(tag_info("Blocked")), true, true),
        (Some(tag_info("ConcurrentTx")), true, true),
        (None, true, true),
        (None, false, true),
    ] {
        let mut t = bench().key("LocalPreAuthorize", text(pre_authorize)).booted();
        if let Some(info) = known {
            teach(&mut t, "TAG", info);
        }
        t.at(100).plug(1);
        t.expect_status(1, "Preparing");
        t.card(1, "TAG");
        if asked {
            expect_authorize(&mut t, "TAG", accepted());
        }
        t.expect_call("StartTransaction", json!({"idTag": "TAG"})).start(1, "Accepted");
        t.expect_status(1, "Charging");
    }
}

#[test]
fn loc_02_tx_09_tx_30_the_central_system_has_the_last_word_and_the_cache_learns_it() {
    let mut t = bench().key("LocalPreAuthorize", "true").booted();
    teach(&mut t, "TAG", accepted());
    t.at(100).plug(1);
    t.expect_status(1, "Preparing");
    t.card(1, "TAG");
    t.expect_call("StartTransaction", json!({"idTag": "TAG"})).start(1, "Blocked");
    t.expect_status(1, "Charging");
    t.expect_stop(json!({"transactionId": 1, "reason": "DeAuthorized"}));
    t.expect_status(1, "Finishing");
    leave(&mut t);
    t.at(200).card(1, "TAG");
    expect_authorize(&mut t, "TAG", tag_info("Blocked"));
    t.expect_status(1, "Preparing");
    t.expect_status(1, "Available");
}

#[test]
fn loc_02_rc_01_a_remote_tag_is_looked_up_like_a_local_one() {
    let mut t = bench().key("LocalPreAuthorize", "true").key("AuthorizeRemoteTxRequests", "true").booted();
    teach(&mut t, "TAG", accepted());
    t.at(100).plug(1);
    t.expect_status(1, "Preparing");
    t.call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "TAG"})).expect("Accepted");
    t.expect_call("StartTransaction", json!({"idTag": "TAG"})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

// ---- Offline ----

/// How the central system can be out of reach.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outage {
    NoLink,
    NotAccepted,
    NoAnswer,
    CallError,
    LinkLost,
}

const OUTAGES: [Outage; 5] =
    [Outage::NoLink, Outage::NotAccepted, Outage::NoAnswer, Outage::CallError, Outage::LinkLost];

/// What the display tells when a card is shown in an outage to a charge point that once heard this about it.
fn in_an_outage(outage: Outage, known: Option<&Value>, local: bool, unknown: bool) -> Vec<TxNotification> {
    let keys = bench().key("LocalAuthorizeOffline", text(local)).key("AllowOfflineTxForUnknownId", text(unknown));
    let mut t = keys.booted();
    if let Some(info) = known {
        teach(&mut t, "TAG", info.clone());
    }
    t.at(100).plug(1);
    t.expect_status(1, "Preparing");
    match outage {
        Outage::NoLink => t.link_down(),
        Outage::NotAccepted => {
            t.reboot();
            t.register("Pending", 600);
        }
        Outage::NoAnswer | Outage::CallError | Outage::LinkLost => {}
    }
    t.evse(1).take_notifications();
    t.card(1, "TAG");
    match outage {
        Outage::NoLink | Outage::NotAccepted => {}
        Outage::NoAnswer => {
            t.expect_call("Authorize", json!({})).ignore();
            t.at(129);
            assert_eq!(t.evse(1).take_notifications(), []);
            t.at(130);
        }
        Outage::CallError => t.expect_call("Authorize", json!({})).refuse("InternalError"),
        Outage::LinkLost => {
            t.expect_call("Authorize", json!({})).ignore();
            t.at(105).link_down();
        }
    }
    while t.next_frame().is_some() {}
    t.evse(1).take_notifications()
}

/// LocalAuthorizeOffline and AllowOfflineTxForUnknownId.
const SWITCHES: [(bool, bool); 4] = [(false, false), (false, true), (true, false), (true, true)];

/// Checks what a tag may do at each of the [`SWITCHES`], in every outage.
fn offline_rule(known: Option<Value>, may_start: [bool; 4], refusals: &[TxNotification]) {
    for outage in OUTAGES {
        for ((local, unknown), may_start) in SWITCHES.into_iter().zip(may_start) {
            let told = in_an_outage(outage, known.as_ref(), local, unknown);
            let case = format!("{outage:?}, {known:?}, LocalAuthorizeOffline {local}, unknown {unknown}: {told:?}");
            if may_start {
                assert_eq!(told, [Authorized, StartTx], "{case}");
            } else {
                assert!(told.len() == 1 && refusals.contains(&told[0]), "{case}");
            }
        }
    }
}

#[test]
fn loc_05_auth_05_an_unknown_tag_charges_where_that_is_allowed() {
    offline_rule(None, [false, true, false, true], &[AuthorizationTimeout]);
}

#[test]
fn loc_03_auth_05_a_valid_tag_charges_where_the_cache_counts_or_anybody_may() {
    // Where nobody may charge the tag is neither unknown nor refused.
    offline_rule(Some(accepted()), [false, true, true, true], &[AuthorizationRejected, AuthorizationTimeout]);
    offline_rule(Some(until(5000)), [false, true, true, true], &[AuthorizationRejected, AuthorizationTimeout]);
}

#[test]
fn loc_04_loc_06_auth_05_a_tag_known_as_not_valid_never_charges() {
    for status in ["Blocked", "Expired", "Invalid", "ConcurrentTx"] {
        offline_rule(Some(tag_info(status)), [false; 4], &[AuthorizationRejected]);
    }
}

#[test]
fn loc_04_auth_05_nor_does_one_that_has_expired() {
    offline_rule(Some(until(50)), [false; 4], &[AuthorizationRejected]);
}

#[test]
fn loc_03_tx_31_auth_07_a_session_offline_from_begin_to_end_is_told_as_it_was() {
    let mut t = booted();
    teach(&mut t, "TAG", accepted());
    t.at(100).link_down();
    t.plug(1);
    t.at(110).card(1, "TAG");
    assert!(t.charger().permits_charge(1));
    t.meter(1, 2500).at(500).card_again(1, "tag").unwrap();
    assert!(!t.charger().permits_charge(1));
    t.at(510).unplug(1);
    t.at(1000).link_up();
    let begun = json!({"idTag": "TAG", "meterStart": 1000, "timestamp": date(110)});
    t.expect_call("StartTransaction", begun).start(5, "Accepted");
    let ended =
        json!({"transactionId": 5, "idTag": "tag", "meterStop": 2500, "timestamp": date(500), "reason": "Local"});
    t.expect_stop(ended);
}

// ---- The card ends ----

#[test]
fn auth_07_the_card_that_began_ends_it_without_being_asked_about_even_offline() {
    let mut t = charging();
    t.at(50).link_down();
    t.meter(1, 1200).at(100).card_again(1, "tag").unwrap();
    assert!(!t.charger().permits_charge(1));
    t.at(200).link_up();
    t.expect_stop(json!({"timestamp": date(100), "reason": "Local"}));
    t.expect_status(1, "Finishing");
}

#[test]
fn auth_07_even_when_it_has_been_blocked_meanwhile() {
    let mut t = bench().two_connectors().booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(20).card(2, "TAG");
    expect_authorize(&mut t, "TAG", tag_info("ConcurrentTx"));
    t.expect_status(2, "Preparing");
    t.expect_status(2, "Available");
    t.at(30).stop_charging(1, "TAG");
}

#[test]
fn auth_08_without_a_group_another_card_does_not_end_it() {
    let mut t = charging();
    assert_eq!(t.card_again(1, "OTHER"), Err(EndError::OtherIdTag));
    assert!(t.charger().permits_charge(1));
}

#[test]
fn auth_08_an_empty_parent_is_no_group() {
    let mut t = booted();
    start(&mut t, "TAG", member_of(""));
    assert_eq!(t.charger().transaction(1).unwrap().parent_id_tag, None);
    assert_eq!(t.card_again(1, "OTHER"), Err(EndError::OtherIdTag));
    assert!(t.charger().permits_charge(1));
}

/// At 10 s, with `TAG` of `GROUP` in transaction 42.
fn charging_in_a_group() -> Timeline {
    let mut t = booted();
    t.at(10);
    start(&mut t, "TAG", member_of("GROUP"));
    t.evse(1).take_notifications();
    t
}

fn expect_end_with(t: &mut Timeline, id_tag: &str) {
    let end = json!({"transactionId": 42, "idTag": id_tag, "reason": "Local"});
    t.expect_stop(end);
    t.expect_status(1, "Finishing");
    assert!(!t.charger().permits_charge(1));
}

/// The transaction goes on, and the display told why.
fn expect_no_end(t: &mut Timeline) {
    t.expect_nothing();
    assert!(t.charger().permits_charge(1));
    assert_eq!(t.evse(1).take_notifications(), [AuthorizationRejected]);
}

#[test]
fn auth_08_auth_11_another_card_of_the_group_ends_it_with_its_own_tag() {
    for group in ["GROUP", "group"] {
        let mut t = charging_in_a_group();
        t.at(50).card_again(1, "OTHER").unwrap();
        assert!(t.charger().permits_charge(1), "until the central system has answered");
        expect_authorize(&mut t, "OTHER", member_of(group));
        expect_end_with(&mut t, "OTHER");
    }
}

#[test]
fn auth_08_auth_10_no_other_card_ends_it() {
    for info in [
        accepted(),
        member_of("OTHERS"),
        member_of("TAG"),
        member_of("GROUP2"),
        json!({"status": "Blocked", "parentIdTag": "GROUP"}),
        json!({"status": "ConcurrentTx", "parentIdTag": "GROUP"}),
        json!({"status": "Nonsense", "parentIdTag": "GROUP"}),
    ] {
        for card in ["OTHER", "GROUP"] {
            let mut t = charging_in_a_group();
            t.at(50).card_again(1, card).unwrap();
            expect_authorize(&mut t, card, info.clone());
            expect_no_end(&mut t);
        }
    }
}

#[test]
fn auth_10_the_name_of_the_group_ends_it_when_it_is_a_member_itself() {
    let mut t = charging_in_a_group();
    t.at(50).card_again(1, "GROUP").unwrap();
    expect_authorize(&mut t, "GROUP", member_of("GROUP"));
    expect_end_with(&mut t, "GROUP");
}

#[test]
fn auth_08_without_an_answer_the_transaction_goes_on() {
    let mut t = charging_in_a_group();
    t.at(50).card_again(1, "OTHER").unwrap();
    t.expect_call("Authorize", json!({"idTag": "OTHER"})).refuse("InternalError");
    expect_no_end(&mut t);

    t.at(60).card_again(1, "OTHER").unwrap();
    t.expect_call("Authorize", json!({"idTag": "OTHER"})).ignore();
    t.at(90);
    expect_no_end(&mut t);

    t.at(100).card_again(1, "OTHER").unwrap();
    t.expect_call("Authorize", json!({"idTag": "OTHER"})).ignore();
    t.at(105).link_down();
    expect_no_end(&mut t);

    t.at(110);
    let _ = t.card_again(1, "OTHER");
    expect_no_end(&mut t);
}

#[test]
fn auth_08_a_member_that_the_cache_knows_ends_it_at_once_even_offline() {
    for offline in [false, true] {
        let mut t = booted();
        teach(&mut t, "OTHER", member_of("GROUP"));
        t.at(10);
        start(&mut t, "TAG", member_of("GROUP"));
        if offline {
            t.at(20).link_down();
        }
        t.meter(1, 1700).at(50).card_again(1, "other").unwrap();
        assert!(!t.charger().permits_charge(1));
        if offline {
            t.at(90).link_up();
        }
        let end = json!({"transactionId": 42, "idTag": "other", "meterStop": 1700, "timestamp": date(50)});
        t.expect_stop(end);
        t.expect_status(1, "Finishing");
    }
}

#[test]
fn auth_08_ac_04_a_member_that_is_not_valid_any_more_is_asked_about() {
    for known in [
        json!({"status": "Blocked", "parentIdTag": "GROUP"}),
        json!({"status": "Accepted", "parentIdTag": "GROUP", "expiryDate": date(40)}),
        member_of("FORMER"),
        accepted(),
    ] {
        let mut t = booted();
        teach(&mut t, "OTHER", known.clone());
        t.at(10);
        start(&mut t, "TAG", member_of("GROUP"));
        t.at(50).card_again(1, "OTHER").unwrap();
        expect_authorize(&mut t, "OTHER", member_of("GROUP"));
        expect_end_with(&mut t, "OTHER");

        let mut t = booted();
        teach(&mut t, "OTHER", known);
        t.at(10);
        start(&mut t, "TAG", member_of("GROUP"));
        t.at(45).link_down();
        let _ = t.card_again(1, "OTHER");
        assert!(t.charger().permits_charge(1), "nobody can be asked");
    }
}

#[test]
fn auth_08_a_card_that_began_without_being_asked_about_has_the_group_of_the_cache() {
    let mut t = bench().key("LocalPreAuthorize", "true").booted();
    teach(&mut t, "TAG", member_of("GROUP"));
    teach(&mut t, "OTHER", member_of("GROUP"));
    t.at(10).plug(1);
    t.expect_status(1, "Preparing");
    t.card(1, "TAG");
    let begun = json!({"transactionId": 42, "idTagInfo": member_of("GROUP")});
    t.expect_call("StartTransaction", json!({"idTag": "TAG"})).answer(begun);
    t.expect_status(1, "Charging");
    t.at(50).card_again(1, "OTHER").unwrap();
    expect_end_with(&mut t, "OTHER");
}

#[test]
fn auth_08_offline_from_begin_to_end_the_cache_knows_the_group() {
    let mut t = booted();
    teach(&mut t, "TAG", member_of("GROUP"));
    teach(&mut t, "OTHER", member_of("GROUP"));
    teach(&mut t, "STRANGER", member_of("OTHERS"));
    t.at(10).link_down();
    t.plug(1);
    t.card(1, "TAG");
    let _ = t.card_again(1, "STRANGER");
    assert!(t.charger().permits_charge(1));
    t.at(50).card_again(1, "OTHER").unwrap();
    assert!(!t.charger().permits_charge(1));
    t.at(60).link_up();
    t.expect_call("StartTransaction", json!({"idTag": "TAG"})).start(42, "Accepted");
    expect_end_with(&mut t, "OTHER");
}

#[test]
fn auth_09_the_group_may_be_told_with_the_transaction_id() {
    let mut t = plugged();
    t.accepted_card(1, "TAG");
    let begun = json!({"transactionId": 42, "idTagInfo": member_of("GROUP")});
    t.expect_call("StartTransaction", json!({})).answer(begun);
    t.expect_status(1, "Charging");
    assert_eq!(t.charger().transaction(1).unwrap().parent_id_tag, Some("GROUP"));
    t.at(50).card_again(1, "OTHER").unwrap();
    expect_authorize(&mut t, "OTHER", member_of("GROUP"));
    expect_end_with(&mut t, "OTHER");
}

#[test]
fn auth_09_the_group_of_a_past_transaction_is_not_that_of_the_present_one() {
    let mut t = bench().key("AllowOfflineTxForUnknownId", "true").booted();
    t.at(10).link_down();
    for (at, tag) in [(10, "PAST"), (30, "PRESENT")] {
        t.at(at).plug(1);
        t.card(1, tag);
        if tag == "PAST" {
            t.at(at + 10).unplug(1);
        }
    }
    t.at(50).link_up();
    t.expect_status(1, "Charging");
    let begun = json!({"transactionId": 1, "idTagInfo": member_of("GROUP")});
    t.expect_call("StartTransaction", json!({"idTag": "PAST"})).answer(begun);
    t.expect_stop(json!({"transactionId": 1}));
    t.expect_call("StartTransaction", json!({"idTag": "PRESENT"})).start(2, "Accepted");
    assert_eq!(t.charger().transaction(1).unwrap().parent_id_tag, None);
    assert_eq!(t.card_again(1, "PAST"), Err(EndError::OtherIdTag));
    assert!(t.charger().permits_charge(1));
}

#[test]
fn auth_08_the_card_that_began_need_not_wait_for_the_answer_about_another() {
    let mut t = charging_in_a_group();
    t.at(50).card_again(1, "OTHER").unwrap();
    let authorize = t.expect_call("Authorize", json!({"idTag": "OTHER"})).ignore();
    t.at(52).card_again(1, "TAG").unwrap();
    assert!(!t.charger().permits_charge(1));
    t.at(53);
    answer_late(&mut t, &authorize, member_of("GROUP"));
    expect_end_with(&mut t, "TAG");
}

#[test]
fn auth_08_an_answer_after_the_end_ends_nothing_twice() {
    let mut t = charging_in_a_group();
    t.at(50).card_again(1, "OTHER").unwrap();
    let authorize = t.expect_call("Authorize", json!({"idTag": "OTHER"})).ignore();
    t.at(51).unplug(1);
    t.at(52);
    answer_late(&mut t, &authorize, member_of("GROUP"));
    let end = json!({"transactionId": 42, "reason": "EVDisconnected", "idTag": null, "timestamp": date(51)});
    t.expect_stop(end);
    t.may_report(1, "SuspendedEV");
    t.expect_call("StatusNotification", json!({"status": "Finishing"})).answer(json!({}));
    t.expect_status(1, "Available");
}

#[test]
fn auth_08_nor_does_it_end_the_next_transaction() {
    let mut t = charging_in_a_group();
    t.at(50).card_again(1, "OTHER").unwrap();
    let authorize = t.expect_call("Authorize", json!({"idTag": "OTHER"})).ignore();
    t.at(52).card_again(1, "TAG").unwrap();
    t.at(54).card(1, "NEXT");
    t.at(56);
    answer_late(&mut t, &authorize, member_of("GROUP"));
    expect_authorize(&mut t, "NEXT", member_of("GROUP"));
    t.expect_stop(json!({"idTag": "TAG", "timestamp": date(52)}));
    t.expect_status(1, "Finishing");
    t.expect_status(1, "Preparing");
    t.expect_call("StartTransaction", json!({"idTag": "NEXT"})).start(43, "Accepted");
    t.expect_status(1, "Charging");
    assert!(t.charger().permits_charge(1));
}

#[test]
fn auth_08_tx_29_each_connector_has_its_own_group() {
    let mut t = bench().two_connectors().booted();
    for (connector, tag, group) in [(1, "ONE", "REDS"), (2, "TWO", "BLUES")] {
        t.plug(connector);
        t.expect_status(connector, "Preparing");
        t.card(connector, tag);
        expect_authorize(&mut t, tag, member_of(group));
        let begun = json!({"transactionId": connector, "idTagInfo": member_of(group)});
        t.expect_call("StartTransaction", json!({ "idTag": tag })).answer(begun);
        t.expect_status(connector, "Charging");
    }
    t.at(50).card_again(1, "BLUE").unwrap();
    t.card_again(2, "RED").unwrap();
    expect_authorize(&mut t, "BLUE", member_of("BLUES"));
    expect_authorize(&mut t, "RED", member_of("REDS"));
    assert!(t.charger().permits_charge(1) && t.charger().permits_charge(2));
    t.at(60).card_again(2, "BLUE").unwrap();
    t.expect_stop(json!({"transactionId": 2, "idTag": "BLUE"}));
    t.expect_status(2, "Finishing");
}

// ---- Free vend ----

fn free_vend() -> Timeline {
    bench().key("Cst_FreeVendActive", "true").booted()
}

#[test]
fn st_a3_free_vend_needs_no_card() {
    let mut t = free_vend();
    t.at(10).plug(1);
    t.expect_call("StartTransaction", json!({"connectorId": 1, "idTag": "A0000000", "timestamp": date(10)}))
        .start(1, "Accepted");
    t.expect_status(1, "Charging");
    assert!(t.charger().permits_charge(1));
}

#[test]
fn st_a4_st_a5_free_vend_may_begin_suspended() {
    for (ev, evse, status) in [(false, true, "SuspendedEV"), (true, false, "SuspendedEVSE")] {
        let mut t = free_vend();
        t.ready(1, ev, evse);
        t.at(10).plug(1);
        t.expect_call("StartTransaction", json!({"idTag": "A0000000"})).start(1, "Accepted");
        t.expect_status(1, status);
    }
}

#[test]
fn free_vend_charges_on_the_tag_of_its_key() {
    let mut t = bench().key("Cst_FreeVendActive", "true").key("Cst_FreeVendIdTag", "Everybody").booted();
    t.at(10).plug(1);
    t.expect_call("StartTransaction", json!({"idTag": "Everybody"})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn free_vend_takes_no_tag_longer_than_20_characters() {
    let mut t = free_vend();
    let tag = |len: usize| json!({"key": "Cst_FreeVendIdTag", "value": "x".repeat(len)});
    t.call("ChangeConfiguration", tag(21)).expect("Rejected");
    t.call("ChangeConfiguration", tag(20)).expect("Accepted");
    t.plug(1);
    t.expect_call("StartTransaction", json!({"idTag": "x".repeat(20)})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn free_vend_is_off_unless_somebody_switches_it_on() {
    let mut t = plugged();
    t.unplug(1);
    t.expect_status(1, "Available");
    t.change_key("Cst_FreeVendActive", "true", "Accepted");
    t.at(20).plug(1);
    t.expect_call("StartTransaction", json!({"idTag": "A0000000"})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn free_vend_each_plug_is_one_transaction() {
    let mut t = free_vend();
    for (at, transaction) in [(10, 1), (100, 2)] {
        t.at(at).plug(1);
        t.expect_call("StartTransaction", json!({"timestamp": date(at)})).start(transaction, "Accepted");
        t.expect_status(1, "Charging");
        t.at(at + 50).call("RemoteStopTransaction", json!({"transactionId": transaction})).expect("Accepted");
        t.expect_stop(json!({"transactionId": transaction}));
        t.expect_status(1, "Finishing");
        t.at(at + 70).expect_nothing();
        leave(&mut t);
    }
}

#[test]
fn free_vend_tx_19_whoever_unplugs_ends_it_and_the_next_one_begins_anew() {
    let mut t = free_vend();
    for (at, transaction) in [(10, 1), (100, 2)] {
        t.at(at).plug(1);
        t.expect_call("StartTransaction", json!({"timestamp": date(at)})).start(transaction, "Accepted");
        t.expect_status(1, "Charging");
        t.at(at + 50).unplug(1);
        let stop = json!({"transactionId": transaction, "reason": "EVDisconnected", "timestamp": date(at + 50)});
        t.expect_stop(stop);
        t.may_report(1, "SuspendedEV");
        t.expect_status(1, "Finishing");
        t.expect_status(1, "Available");
    }
}

#[test]
fn free_vend_tx_26_after_a_power_cut_the_plug_that_is_in_is_not_a_new_one() {
    let mut t = free_vend();
    t.at(10).plug(1);
    t.expect_call("StartTransaction", json!({})).start(1, "Accepted");
    t.expect_status(1, "Charging");
    t.at(50).reboot();
    t.accept_boot();
    t.expect_stop(json!({"transactionId": 1, "reason": "PowerLoss"}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
    t.at(10_000).expect_nothing();
}

#[test]
fn free_vend_tx_09_stops_when_the_central_system_says_no_and_does_not_begin_again() {
    let mut t = free_vend();
    t.at(10).plug(1);
    t.expect_call("StartTransaction", json!({})).start(1, "Blocked");
    t.expect_status(1, "Charging");
    t.expect_stop(json!({"transactionId": 1, "reason": "DeAuthorized"}));
    t.expect_status(1, "Finishing");
    t.at(10_000).expect_nothing();
    assert!(!t.charger().permits_charge(1));
}

#[test]
fn free_vend_st_f2_after_finishing_comes_preparing() {
    let mut t = free_vend();
    t.at(10).plug(1);
    t.expect_call("StartTransaction", json!({})).start(1, "Accepted");
    t.expect_status(1, "Charging");
    t.at(20).call("RemoteStopTransaction", json!({"transactionId": 1})).expect("Accepted");
    t.expect_stop(json!({}));
    t.expect_status(1, "Finishing");
    // A card that comes to nothing before the next poll leaves the plug to whoever comes.
    t.charger().begin_transaction("TAG", 1).unwrap();
    t.charger().end_transaction(None, Reason::Other, 1).unwrap();
    t.at(30).expect_status(1, "Preparing");
    t.expect_call("StartTransaction", json!({"idTag": "A0000000"})).start(2, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn free_vend_needs_no_central_system() {
    let mut t = free_vend();
    t.at(5).link_down();
    t.at(10).plug(1);
    assert!(t.charger().permits_charge(1));
    t.at(60).link_up();
    t.expect_call("StartTransaction", json!({"idTag": "A0000000", "timestamp": date(10)})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn free_vend_av_07_st_h3_out_of_service_it_waits_until_it_is_in_service_again() {
    let mut t = free_vend();
    let change = |kind: &str| json!({"connectorId": 1, "type": kind});
    t.call("ChangeAvailability", change("Inoperative")).expect("Accepted");
    t.expect_status(1, "Unavailable");
    t.at(10).plug(1);
    t.at(50).expect_nothing();
    t.call("ChangeAvailability", change("Operative")).expect("Accepted");
    t.expect_call("StartTransaction", json!({"idTag": "A0000000", "timestamp": date(50)})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}
