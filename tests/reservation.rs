//! RSV: a connector that waits for one tag, or any connector that does (OCPP 1.6 §5.1, §5.13).

mod support;

use embedded_ocpp::ocpp16::{BeginError, ChargePointErrorCode, ErrorData, TxNotification};
use serde_json::{Value, json};
use support::cards::{accepted, expect_authorize, member_of};
use support::{Timeline, bench, booted, date};

fn reservation(connector: i64, id: i64, id_tag: &str, until: u64) -> Value {
    json!({"connectorId": connector, "reservationId": id, "idTag": id_tag, "expiryDate": date(until)})
}

fn reserve(t: &mut Timeline, request: Value, status: &str) {
    t.call("ReserveNow", request).expect(status);
}

/// Connector 1 is reserved for `OWNER` until 1000 s.
fn reserved() -> Timeline {
    let mut t = booted();
    t.at(10);
    reserve(&mut t, reservation(1, 7, "OWNER", 1000), "Accepted");
    t.expect_status(1, "Reserved");
    t
}

/// The same for the group `GROUP`.
fn reserved_for_group() -> Timeline {
    let mut t = booted();
    t.at(10);
    let mut request = reservation(1, 7, "OWNER", 1000);
    request["parentIdTag"] = json!("GROUP");
    reserve(&mut t, request, "Accepted");
    t.expect_status(1, "Reserved");
    t
}

fn notified(t: &mut Timeline, wanted: TxNotification) -> bool {
    t.evse(1).take_notifications().contains(&wanted)
}

// ---- ReserveNow ----

#[test]
fn rsv_01_st_a7_a_free_connector_is_reserved() {
    let mut t = booted();
    t.at(10);
    reserve(&mut t, reservation(1, 7, "OWNER", 1000), "Accepted");
    let status = json!({"connectorId": 1, "status": "Reserved", "errorCode": "NoError", "timestamp": date(10)});
    t.expect_call("StatusNotification", status).answer(json!({}));
    assert!(t.charger().is_reserved(1));
    assert!(!t.charger().is_reserved(0));
}

#[test]
fn rsv_02_the_same_id_takes_the_place_of_the_first() {
    let mut t = bench().two_connectors().booted();
    reserve(&mut t, reservation(1, 7, "OWNER", 1000), "Accepted");
    t.expect_status(1, "Reserved");
    reserve(&mut t, reservation(2, 7, "OTHER", 1000), "Accepted");
    t.expect_status(1, "Available");
    t.expect_status(2, "Reserved");
    assert_eq!(t.try_card(2, "OWNER"), Err(BeginError::Reserved));
    assert!(!t.charger().is_blocked_by_reservation("OTHER", 2));
    t.call("CancelReservation", json!({"reservationId": 7})).expect("Accepted");
    t.expect_status(2, "Available");
}

#[test]
fn rsv_03_rsv_14_a_connector_that_somebody_uses_is_occupied() {
    let mut t = booted();
    t.at(10).plug(1);
    t.expect_status(1, "Preparing");
    reserve(&mut t, reservation(1, 7, "OWNER", 1000), "Occupied");
    t.accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).start(42, "Accepted");
    t.expect_status(1, "Charging");
    reserve(&mut t, reservation(1, 7, "OWNER", 1000), "Occupied");
    t.stop_charging(1, "TAG");
    reserve(&mut t, reservation(1, 7, "OWNER", 1000), "Occupied");
    assert!(!t.charger().is_reserved(1));
}

#[test]
fn rsv_03_one_that_is_reserved_by_another_is_occupied() {
    let mut t = reserved();
    reserve(&mut t, reservation(1, 8, "OTHER", 1000), "Occupied");
    t.call("CancelReservation", json!({"reservationId": 8})).expect("Rejected");
    assert!(t.charger().is_blocked_by_reservation("OTHER", 1));
}

#[test]
fn rsv_03_av_07_faulted_and_unavailable_are_told() {
    let mut t = booted();
    t.call("ChangeAvailability", json!({"connectorId": 1, "type": "Inoperative"})).expect("Accepted");
    t.expect_status(1, "Unavailable");
    reserve(&mut t, reservation(1, 7, "OWNER", 1000), "Unavailable");
    reserve(&mut t, reservation(0, 7, "OWNER", 1000), "Unavailable");
    t.fault(1, Some(ErrorData::fault(ChargePointErrorCode::GroundFailure)));
    t.expect_error(1, "Faulted", "GroundFailure");
    reserve(&mut t, reservation(1, 7, "OWNER", 1000), "Faulted");
    reserve(&mut t, reservation(0, 7, "OWNER", 1000), "Faulted");
}

#[test]
fn rsv_03_rsv_11_they_are_told_whatever_else_speaks_against_it() {
    type Setup = fn(&mut Timeline);
    let setups: [(Setup, &str); 3] = [
        (
            |t| {
                t.call("ChangeAvailability", json!({"connectorId": 1, "type": "Inoperative"})).expect("Accepted");
                t.expect_status(1, "Unavailable");
            },
            "Unavailable",
        ),
        (
            |t| {
                t.fault(1, Some(ErrorData::fault(ChargePointErrorCode::GroundFailure)));
                t.expect_error(1, "Faulted", "GroundFailure");
            },
            "Faulted",
        ),
        (
            |t| {
                t.plug(1);
                t.expect_status(1, "Preparing");
            },
            "Occupied",
        ),
    ];
    for (set_up, status) in setups {
        let mut t = booted();
        t.at(50);
        set_up(&mut t);
        for request in [reservation(1, 7, "OWNER", 49), reservation(0, 7, "OWNER", 50), reservation(1, 7, "", 1000)] {
            reserve(&mut t, request, status);
        }
    }
}

#[test]
fn rsv_11_rsv_13_what_cannot_be_is_rejected() {
    let mut t = booted();
    t.at(100);
    for request in [
        reservation(2, 7, "OWNER", 1000),
        reservation(-1, 7, "OWNER", 1000),
        reservation(i64::from(u8::MAX) + 2, 7, "OWNER", 1000),
        reservation(1, 7, "OWNER", 100),
        reservation(1, 7, "OWNER", 99),
        reservation(1, 7, "", 1000),
    ] {
        reserve(&mut t, request, "Rejected");
    }
    for (member, wrong) in [
        ("expiryDate", json!("tomorrow")),
        ("idTag", json!("123456789012345678901")),
        ("parentIdTag", json!("123456789012345678901")),
    ] {
        let mut request = reservation(1, 7, "OWNER", 1000);
        request[member] = wrong;
        t.call("ReserveNow", request).expect_error("PropertyConstraintViolation");
    }
    t.call("ReserveNow", json!({"connectorId": 1})).expect_error("OccurenceConstraintViolation");
    assert!(!t.charger().is_reserved(1));
    t.expect_nothing();
}

#[test]
fn rsv_03_there_are_as_many_as_there_are_places() {
    let mut t = bench().two_connectors().booted();
    reserve(&mut t, reservation(1, 1, "A", 1000), "Accepted");
    t.expect_status(1, "Reserved");
    reserve(&mut t, reservation(2, 2, "B", 1000), "Accepted");
    t.expect_status(2, "Reserved");
    reserve(&mut t, reservation(0, 3, "C", 1000), "Occupied");
    reserve(&mut t, reservation(2, 1, "A", 1000), "Occupied");
}

// ---- Who may charge ----

#[test]
fn rsv_05_other_tags_are_refused() {
    let mut t = reserved();
    assert_eq!(t.try_card(1, "OTHER"), Err(BeginError::Reserved));
    assert!(notified(&mut t, TxNotification::ReservationConflict));
    assert_eq!(t.charger().begin_transaction_authorized("OTHER", 1), Err(BeginError::Reserved));
    assert!(!t.charger().is_transaction_active(1));
    t.at(500).expect_nothing();
}

#[test]
fn rsv_05_an_ev_without_the_right_tag_gets_nothing() {
    let mut t = reserved();
    t.at(20).plug(1);
    assert_eq!(t.try_card(1, "OTHER"), Err(BeginError::Reserved));
    t.at(900).expect_nothing();
    t.at(1000).expect_status(1, "Preparing");
}

#[test]
fn rsv_07_rsv_09_tx_02_st_g2_the_right_tag_starts_and_uses_it_up() {
    for id_tag in ["OWNER", "owner"] {
        let mut t = reserved();
        t.at(20).accepted_card(1, id_tag);
        t.expect_status(1, "Preparing");
        t.at(30).plug(1);
        let start = json!({"connectorId": 1, "idTag": id_tag, "reservationId": 7, "timestamp": date(30)});
        t.expect_call("StartTransaction", start).start(42, "Accepted");
        t.expect_status(1, "Charging");
        assert!(!t.charger().is_reserved(1));
        t.call("CancelReservation", json!({"reservationId": 7})).expect("Rejected");
        t.at(40).stop_charging(1, id_tag);
        t.at(50).unplug(1);
        t.expect_status(1, "Available");
    }
}

#[test]
fn tx_02_a_transaction_without_a_reservation_names_none() {
    let mut t = booted();
    t.at(10).plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    let start = t.expect_call("StartTransaction", json!({}));
    assert_eq!(start.payload.get("reservationId"), None);
    start.start(42, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn rsv_06_rsv_09_a_tag_of_the_group_starts_when_the_central_system_knows_it() {
    let mut t = reserved_for_group();
    t.at(20).card(1, "MEMBER");
    expect_authorize(&mut t, "MEMBER", member_of("GROUP"));
    t.expect_status(1, "Preparing");
    t.at(30).plug(1);
    t.expect_call("StartTransaction", json!({"idTag": "MEMBER", "reservationId": 7})).start(42, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn rsv_06_also_one_that_the_firmware_vouches_for_is_asked_about() {
    let mut t = reserved_for_group();
    t.at(20).charger().begin_transaction_authorized("MEMBER", 1).unwrap();
    t.settle();
    expect_authorize(&mut t, "MEMBER", member_of("GROUP"));
    t.expect_status(1, "Preparing");
}

#[test]
fn rsv_05_rsv_06_a_tag_of_no_group_or_another_is_refused() {
    for info in [accepted(), member_of("OTHERS")] {
        let mut t = reserved_for_group();
        t.at(20).card(1, "STRANGER");
        expect_authorize(&mut t, "STRANGER", info);
        assert!(notified(&mut t, TxNotification::ReservationConflict));
        assert!(!t.charger().is_transaction_active(1));
        assert!(t.charger().is_reserved(1));
    }
}

#[test]
fn rsv_05_st_g2_it_stays_reserved_while_nobody_knows_of_which_group_a_tag_is() {
    type Answer = fn(&mut Timeline, &str);
    let refusals: [Answer; 3] = [
        |t, id| t.answer(id, json!({"idTagInfo": {"status": "Blocked"}})),
        |t, id| t.send(&json!([4, id, "InternalError", "", {}]).to_string()),
        |t, _| t.link_down(),
    ];
    for refuse in refusals {
        let mut t = reserved_for_group();
        t.at(20).plug(1);
        t.card(1, "STRANGER");
        let authorize = t.expect_call("Authorize", json!({"idTag": "STRANGER"})).ignore();
        t.at(25).expect_nothing();
        refuse(&mut t, &authorize);
        assert!(!t.charger().is_transaction_active(1));
        t.at(999).expect_nothing();
        assert_eq!(t.charger().charge_point_status(1).unwrap().as_str(), "Reserved");
    }
    let mut t = reserved_for_group();
    t.at(20).plug(1);
    t.card(1, "MEMBER");
    expect_authorize(&mut t, "MEMBER", member_of("GROUP"));
    t.expect_status(1, "Preparing");
    t.expect_call("StartTransaction", json!({"idTag": "MEMBER", "reservationId": 7})).start(42, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn rc_04_rsv_06_a_remote_start_takes_one_that_is_certain_first() {
    let mut t = bench().two_connectors().booted();
    t.at(10);
    let mut request = reservation(1, 7, "OWNER", 1000);
    request["parentIdTag"] = json!("GROUP");
    reserve(&mut t, request, "Accepted");
    t.expect_status(1, "Reserved");
    t.plug(1);
    t.call("RemoteStartTransaction", json!({"idTag": "ONE"})).expect("Accepted");
    t.expect_status(2, "Preparing");
    t.call("RemoteStartTransaction", json!({"idTag": "TWO"})).expect("Accepted");
    expect_authorize(&mut t, "TWO", member_of("GROUP"));
    t.expect_status(1, "Preparing");
    t.expect_call("StartTransaction", json!({"connectorId": 1, "reservationId": 7})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn rsv_06_offline_the_cache_knows_the_group() {
    let mut t = reserved_for_group();
    t.at(20).card(1, "MEMBER");
    expect_authorize(&mut t, "MEMBER", member_of("GROUP"));
    t.expect_status(1, "Preparing");
    t.at(80).expect_status(1, "Reserved"); // nobody came
    t.at(210).link_down();
    t.card(1, "MEMBER");
    assert!(t.charger().transaction(1).is_some_and(|transaction| transaction.is_authorized));
    t.at(400);
    assert!(t.try_card(1, "STRANGER").is_ok());
    assert!(notified(&mut t, TxNotification::ReservationConflict) || !t.charger().is_transaction_active(1));
    assert!(!t.charger().is_transaction_active(1));
}

#[test]
fn rsv_09_rc_05_remote_starts_respect_it() {
    let mut t = bench().two_connectors().booted();
    t.at(10);
    reserve(&mut t, reservation(2, 7, "OWNER", 1000), "Accepted");
    t.expect_status(2, "Reserved");
    t.call("RemoteStartTransaction", json!({"idTag": "OTHER", "connectorId": 2})).expect("Rejected");
    t.call("RemoteStartTransaction", json!({"idTag": "OWNER"})).expect("Accepted");
    t.expect_status(2, "Preparing");
    t.at(20).plug(2);
    t.expect_call("StartTransaction", json!({"connectorId": 2, "reservationId": 7})).start(1, "Accepted");
    t.expect_status(2, "Charging");
    t.call("RemoteStartTransaction", json!({"idTag": "OTHER"})).expect("Accepted");
    t.expect_status(1, "Preparing");
}

#[test]
fn rsv_15_reserve_now_asks_nobody_about_the_tag() {
    let mut t = reserved();
    t.at(100).expect_nothing();
}

// ---- Connector 0 ----

#[test]
fn rsv_04_rsv_16_any_one_connector_stays_free_for_the_tag() {
    let mut t = bench().two_connectors().booted();
    t.at(10);
    reserve(&mut t, reservation(0, 7, "OWNER", 1000), "Accepted");
    t.expect_nothing(); // none is marked
    assert!(t.charger().is_reserved(0));
    t.start_charging(1, "OTHER", 1);
    assert_eq!(t.try_card(2, "THIRD"), Err(BeginError::Reserved));
    t.call("RemoteStartTransaction", json!({"idTag": "THIRD"})).expect("Rejected");
    reserve(&mut t, reservation(2, 8, "THIRD", 1000), "Occupied");
    t.accepted_card(2, "OWNER");
    t.expect_status(2, "Preparing");
    t.at(20).plug(2);
    t.expect_call("StartTransaction", json!({"connectorId": 2, "reservationId": 7})).start(2, "Accepted");
    t.expect_status(2, "Charging");
    assert!(!t.charger().is_reserved(0));
}

#[test]
fn rsv_04_as_many_may_wait_as_there_are_free_connectors() {
    let mut t = bench().two_connectors().booted();
    t.at(10);
    reserve(&mut t, reservation(0, 1, "A", 1000), "Accepted");
    reserve(&mut t, reservation(0, 2, "B", 1000), "Accepted");
    reserve(&mut t, reservation(0, 3, "C", 1000), "Occupied");
    reserve(&mut t, reservation(1, 3, "C", 1000), "Occupied");
    assert_eq!(t.try_card(1, "C"), Err(BeginError::Reserved));
    t.call("CancelReservation", json!({"reservationId": 1})).expect("Accepted");
    t.accepted_card(1, "C");
    t.expect_status(1, "Preparing");
    assert_eq!(t.try_card(2, "D"), Err(BeginError::Reserved));
}

#[test]
fn rsv_04_key_40_reserve_connector_zero_supported() {
    let mut t = booted();
    let found = t.call("GetConfiguration", json!({"key": ["ReserveConnectorZeroSupported"]})).result();
    let key = json!({"key": "ReserveConnectorZeroSupported", "readonly": true, "value": "true"});
    assert_eq!(found, json!({ "configurationKey": [key] }));
}

#[test]
fn rsv_04_key_40_the_firmware_says_whether_connector_0_can_be_reserved() {
    let mut t = bench().key("ReserveConnectorZeroSupported", "false").booted();
    t.change_key("ReserveConnectorZeroSupported", "true", "Rejected");
    let found = t.call("GetConfiguration", json!({"key": ["ReserveConnectorZeroSupported"]})).result();
    assert_eq!(
        found["configurationKey"][0],
        json!({"key": "ReserveConnectorZeroSupported", "readonly": true, "value": "false"})
    );
    reserve(&mut t, reservation(0, 7, "OWNER", 1000), "Rejected");
    reserve(&mut t, reservation(1, 7, "OWNER", 1000), "Accepted");
    t.expect_status(1, "Reserved");
}

// ---- Free vend ----

#[test]
fn rsv_05_rsv_07_free_vend_begins_only_with_the_right_tag() {
    for (tag, starts) in [("OWNER", true), ("OTHER", false)] {
        for connector in [0, 1] {
            let bench = bench().key("Cst_FreeVendActive", "true").key("Cst_FreeVendIdTag", tag);
            let mut t = bench.booted();
            t.at(10);
            reserve(&mut t, reservation(connector, 7, "OWNER", 1000), "Accepted");
            if connector == 1 {
                t.expect_status(1, "Reserved");
            }
            t.at(20).plug(1);
            if starts {
                t.may_report(1, "Preparing");
                t.expect_call("StartTransaction", json!({"idTag": tag, "reservationId": 7})).start(42, "Accepted");
                t.expect_status(1, "Charging");
                assert!(!t.charger().is_reserved(connector as u8));
            } else {
                t.may_report(1, "Preparing");
                t.at(40).expect_nothing();
                assert!(!notified(&mut t, TxNotification::ReservationConflict)); // nobody has shown a tag
            }
        }
    }
}

#[test]
fn rsv_05_free_vend_begins_when_the_reservation_is_over() {
    let mut t = bench().key("Cst_FreeVendActive", "true").booted();
    t.at(10);
    reserve(&mut t, reservation(1, 7, "OWNER", 1000), "Accepted");
    t.expect_status(1, "Reserved");
    t.at(20).plug(1);
    t.at(1000).expect_status(1, "Preparing");
    t.expect_call("StartTransaction", json!({"timestamp": date(1000)})).start(42, "Accepted");
    t.expect_status(1, "Charging");
}

// ---- The end of a reservation ----

#[test]
fn rsv_08_st_g1_it_expires() {
    let mut t = reserved();
    t.at(999).expect_nothing();
    t.at(1000).expect_status(1, "Available");
    t.accepted_card(1, "OTHER");
    t.expect_status(1, "Preparing");
}

#[test]
fn rsv_10_st_g1_it_is_cancelled() {
    let mut t = reserved();
    t.call("CancelReservation", json!({"reservationId": 6})).expect("Rejected");
    t.at(50).call("CancelReservation", json!({"reservationId": 7})).expect("Accepted");
    t.expect_status(1, "Available");
    t.call("CancelReservation", json!({"reservationId": 7})).expect("Rejected");
    t.call("CancelReservation", json!({})).expect_error("OccurenceConstraintViolation");
}

#[test]
fn rsv_10_tx_07_who_is_there_when_it_is_cancelled_has_the_whole_time_for_a_card() {
    let mut t = reserved();
    t.at(20).plug(1);
    t.at(50).call("CancelReservation", json!({"reservationId": 7})).expect("Accepted");
    t.expect_status(1, "Preparing");
    t.at(110).expect_status(1, "Finishing");
}

#[test]
fn rsv_07_st_03_also_one_that_is_unavailable_for_too_short_a_time_to_be_told() {
    for connector in [0, 1] {
        let mut t = bench().key("MinimumStatusDuration", "60").key("ConnectionTimeOut", "30").booted();
        t.at(10);
        reserve(&mut t, reservation(connector, 7, "OWNER", 1000), "Accepted");
        t.at(70).may_report(1, "Reserved");
        t.at(80).accepted_card(1, "OWNER");
        t.call("ChangeAvailability", json!({"connectorId": connector, "type": "Inoperative"})).expect("Scheduled");
        t.at(110); // nobody came
        assert!(!t.charger().is_operative(connector as u8) && !t.charger().is_reserved(connector as u8));
        t.at(120).call("ChangeAvailability", json!({"connectorId": connector, "type": "Operative"})).expect("Accepted");
        t.at(180).may_report(1, "Available");
        assert!(!t.charger().is_reserved(connector as u8));
    }
}

#[test]
fn rsv_07_st_g8_an_unavailable_connector_ends_it() {
    for connector in [0, 1] {
        let mut t = reserved();
        t.call("ChangeAvailability", json!({"connectorId": connector, "type": "Inoperative"})).expect("Accepted");
        if connector == 0 {
            t.expect_status(0, "Unavailable");
        }
        t.expect_status(1, "Unavailable");
        t.at(20).call("ChangeAvailability", json!({"connectorId": connector, "type": "Operative"})).expect("Accepted");
        if connector == 0 {
            t.expect_status(0, "Available");
        }
        t.expect_status(1, "Available");
        t.call("CancelReservation", json!({"reservationId": 7})).expect("Rejected");
    }
}

#[test]
fn rsv_07_st_g9_a_fault_ends_it() {
    let mut t = reserved();
    t.at(20).fault(1, Some(ErrorData::fault(ChargePointErrorCode::GroundFailure)));
    t.expect_error(1, "Faulted", "GroundFailure");
    t.at(30).fault(1, None);
    t.expect_status(1, "Available");
    t.accepted_card(1, "OTHER");
    t.expect_status(1, "Preparing");
}

#[test]
fn rsv_07_a_warning_does_not_end_it() {
    let mut t = reserved();
    t.at(20).fault(1, Some(ErrorData::warning(ChargePointErrorCode::WeakSignal)));
    t.expect_error(1, "Reserved", "WeakSignal");
    assert!(t.charger().is_reserved(1));
}

// ---- Power cuts ----

#[test]
fn rsv_12_it_survives_a_reboot_until_it_expires() {
    let mut t = reserved();
    t.at(100).reboot();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Reserved");
    assert_eq!(t.try_card(1, "OTHER"), Err(BeginError::Reserved));
    t.at(1000).expect_status(1, "Available");
    t.at(1100).reboot();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
}

#[test]
fn rsv_12_without_a_clock_it_does_not_expire() {
    let mut t = reserved();
    t.at(100).power_cut();
    t.at(5000).power_on();
    assert_eq!(t.try_card(1, "OTHER"), Err(BeginError::Reserved));
    t.link_up();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Available"); // errata 3.22: the present state, now that the time is known
}

#[test]
fn rsv_07_rsv_12_what_was_used_up_does_not_come_back_whenever_the_power_fails() {
    for steps in 0..40 {
        let mut t = reserved();
        t.at(20).accepted_card(1, "OWNER");
        t.expect_status(1, "Preparing");
        t.power.fails_after(steps);
        t.at(30).plug(1);
        let has_started = t.charger().is_transaction_running(1);
        while t.next_frame().is_some() {}
        t.power_cut();
        t.power_on();
        let start = t.charger().waiting_messages() > 0;
        assert!(start || !has_started, "{steps}: a started transaction is lost");
        assert_eq!(t.charger().is_reserved(1), !start, "{steps}");
        while t.next_frame().is_some() {}
    }
}

#[test]
fn rsv_07_rsv_12_a_later_one_with_the_same_id_outlives_a_reboot() {
    let mut t = bench().two_connectors().booted();
    t.at(10);
    reserve(&mut t, reservation(1, 7, "OWNER", 1000), "Accepted");
    t.expect_status(1, "Reserved");
    t.accepted_card(1, "OWNER");
    t.expect_status(1, "Preparing");
    t.plug(1);
    t.expect_call("StartTransaction", json!({"reservationId": 7})).refuse("InternalError");
    t.expect_status(1, "Charging");
    t.at(15);
    reserve(&mut t, reservation(2, 7, "OWNER", 5000), "Accepted");
    t.expect_status(2, "Reserved");
    t.at(16).power_cut();
    t.power_on();
    assert!(t.charger().waiting_messages() > 0, "the start that has used up the first one waits");
    assert!(t.charger().is_reserved(2));
}

#[test]
fn rsv_09_msg_12_the_reservation_is_told_after_an_outage() {
    let mut t = reserved();
    t.at(20).accepted_card(1, "OWNER");
    t.expect_status(1, "Preparing");
    t.at(25).link_down();
    t.at(30).plug(1);
    t.at(60).reboot();
    t.accept_boot();
    t.expect_call("StartTransaction", json!({"reservationId": 7, "timestamp": date(30)})).start(42, "Accepted");
    t.expect_stop(json!({"transactionId": 42, "reason": "PowerLoss"}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
    assert!(!t.charger().is_reserved(1));
}
