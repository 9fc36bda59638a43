//! RC, RST, TRG, DT and CFG: what the central system asks for (OCPP 1.6 §5).

mod support;

use embedded_ocpp::json::{Decimal, Raw};
use embedded_ocpp::ocpp16::{
    DataTransferHandler, DataTransferReply, DataTransferStatus, Location, Measurand, MeterInput, MeterReading, Phase,
    TxNotification, UnitOfMeasure,
};
use serde_json::{Value, json};
use std::cell::RefCell;
use support::{Timeline, bench, booted, charging, date, leak, plugged};

// ---- RemoteStartTransaction ----

#[test]
fn rc_01_rc_02_without_authorize_the_start_follows_the_answer() {
    let mut t = bench().key("AuthorizeRemoteTxRequests", "false").plugged();
    t.at(10).call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "Remote"})).expect("Accepted");
    t.expect_call("StartTransaction", json!({"idTag": "Remote", "timestamp": date(10)})).start(5, "Accepted");
    t.expect_status(1, "Charging");
    assert_eq!(t.evse(1).take_notifications(), [TxNotification::RemoteStart, TxNotification::StartTx]);
}

#[test]
fn rc_01_with_authorize_the_tag_is_asked_about_first() {
    for (status, starts) in [("Accepted", true), ("Blocked", false)] {
        let mut t = bench().key("AuthorizeRemoteTxRequests", "true").plugged();
        t.call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "Remote"})).expect("Accepted");
        t.expect_call("Authorize", json!({"idTag": "Remote"})).answer(json!({"idTagInfo": {"status": status}}));
        if starts {
            t.expect_call("StartTransaction", json!({"idTag": "Remote"})).start(5, "Accepted");
            t.expect_status(1, "Charging");
        }
        assert_eq!(t.charger().permits_charge(1), starts);
    }
}

#[test]
fn rc_03_unknown_connectors_are_rejected() {
    let mut t = booted();
    for connector in [0, 2, -1, 255, 256, 257] {
        t.call("RemoteStartTransaction", json!({"connectorId": connector, "idTag": "TAG"})).expect("Rejected");
    }
}

#[test]
fn rc_04_without_connector_one_that_is_plugged_comes_first() {
    let mut t = bench().two_connectors().booted();
    t.plug(2);
    t.expect_status(2, "Preparing");
    t.call("RemoteStartTransaction", json!({"idTag": "ONE"})).expect("Accepted");
    t.expect_call("StartTransaction", json!({"connectorId": 2})).start(1, "Accepted");
    t.expect_status(2, "Charging");
    t.call("RemoteStartTransaction", json!({"idTag": "TWO"})).expect("Accepted");
    t.expect_status(1, "Preparing");
    t.call("RemoteStartTransaction", json!({"idTag": "THREE"})).expect("Rejected");
}

#[test]
fn rc_05_rejected_when_the_connector_is_not_free() {
    let mut t = charging();
    t.call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "OTHER"})).expect("Rejected");
    t.at(20).stop_charging(1, "TAG");
    t.unplug(1);
    t.expect_status(1, "Available");
    let fault = embedded_ocpp::ocpp16::ErrorData::fault(embedded_ocpp::ocpp16::ChargePointErrorCode::GroundFailure);
    t.fault(1, Some(fault));
    t.expect_call("StatusNotification", json!({"status": "Faulted"})).answer(json!({}));
    t.call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "OTHER"})).expect("Rejected");
}

#[test]
fn rc_05_st_f2_an_app_may_start_again_in_finishing() {
    for id_tag in ["TAG", "OTHER"] {
        let mut t = charging();
        t.at(20).call("RemoteStopTransaction", json!({"transactionId": 42})).expect("Accepted");
        t.expect_stop(json!({"reason": "Remote"}));
        t.expect_status(1, "Finishing");
        t.at(30).call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": id_tag})).expect("Accepted");
        t.expect_status(1, "Preparing");
        t.expect_call("StartTransaction", json!({"idTag": id_tag, "timestamp": date(30)})).start(43, "Accepted");
        t.expect_status(1, "Charging");
    }
}

#[test]
fn rc_05_tx_26_also_after_a_power_cut_with_the_cable_still_in() {
    let mut t = charging();
    t.at(20).reboot();
    t.accept_boot();
    t.expect_stop(json!({"reason": "PowerLoss"}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Finishing");
    t.at(30).call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "APP"})).expect("Accepted");
    t.expect_status(1, "Preparing");
    t.expect_call("StartTransaction", json!({"idTag": "APP"})).start(43, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn rc_04_an_ev_that_somebody_else_has_left_is_the_last_choice() {
    for (id_tag, connector) in [("TAG", 1), ("OTHER", 2)] {
        let mut t = bench().two_connectors().booted();
        t.at(10).start_charging(1, "TAG", 42);
        t.at(20).stop_charging(1, "TAG");
        t.at(30).call("RemoteStartTransaction", json!({ "idTag": id_tag })).expect("Accepted");
        t.expect_status(connector, "Preparing");
        if connector == 1 {
            t.expect_call("StartTransaction", json!({"connectorId": 1, "idTag": id_tag})).start(43, "Accepted");
            t.expect_status(1, "Charging");
        }
        t.at(40).call("RemoteStartTransaction", json!({"idTag": "THIRD"})).expect("Accepted");
        t.expect_status(3 - connector, "Preparing");
        if connector == 2 {
            t.expect_call("StartTransaction", json!({"connectorId": 1, "idTag": "THIRD"})).start(44, "Accepted");
            t.expect_status(1, "Charging");
        }
    }
}

#[test]
fn rc_05_the_firmware_may_refuse_a_remote_start() {
    let asked: &'static RefCell<Vec<(u8, String)>> = leak(RefCell::default());
    let mut t = bench().two_connectors().plugged();
    t.charger().set_on_remote_start_notify(leak(move |connector, id_tag: &str| {
        asked.borrow_mut().push((connector, id_tag.to_owned()));
        id_tag != "Stranger"
    }));
    for start in [
        json!({"idTag": "Stranger"}),
        json!({"idTag": "Stranger", "connectorId": 2}),
        json!({"idTag": "", "connectorId": 2}),
        json!({"idTag": "Friend", "connectorId": 3}),
    ] {
        t.call("RemoteStartTransaction", start).expect("Rejected");
    }
    assert!(!t.charger().is_transaction_active(1) && !t.charger().is_transaction_active(2));
    t.call("RemoteStartTransaction", json!({"idTag": "Friend"})).expect("Accepted");
    t.expect_call("StartTransaction", json!({"idTag": "Friend", "connectorId": 1})).start(5, "Accepted");
    t.expect_status(1, "Charging");
    t.call("RemoteStartTransaction", json!({"idTag": "Friend", "connectorId": 1})).expect("Rejected");
    // Only about what could be had.
    let stranger = |connector| (connector, "Stranger".to_owned());
    assert_eq!(*asked.borrow(), [stranger(1), stranger(2), (1, "Friend".to_owned())]);
}

#[test]
fn rc_06_tx_06_without_a_plug_it_is_void_after_connection_time_out() {
    let mut t = bench().key("ConnectionTimeOut", "30").booted();
    t.at(10).call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "TAG"})).expect("Accepted");
    t.expect_status(1, "Preparing");
    t.at(40).expect_status(1, "Available");
    t.at(41).plug(1);
    t.expect_status(1, "Preparing");
}

#[test]
fn rc_07_another_start_of_the_same_tag_leaves_the_running_one_alone() {
    let mut t = bench().two_connectors().booted();
    t.start_charging(1, "TAG", 1);
    t.call("RemoteStartTransaction", json!({"idTag": "TAG"})).expect("Accepted");
    t.expect_status(2, "Preparing");
    assert!(t.charger().permits_charge(1));
    t.call("RemoteStartTransaction", json!({"connectorId": 2, "idTag": "TAG"})).expect("Rejected");
}

#[test]
fn rc_10_a_charging_profile_without_smart_charging_is_ignored() {
    let mut t = booted();
    let profile = json!({"chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative", "chargingSchedule": {"chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}]}});
    let start = json!({"connectorId": 1, "idTag": "TAG", "chargingProfile": profile});
    t.call("RemoteStartTransaction", start).expect("Accepted");
    t.expect_status(1, "Preparing");
}

#[test]
fn rc_13_the_case_of_a_remote_tag_is_kept() {
    let mut t = plugged();
    t.call("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "MiXeD"})).expect("Accepted");
    t.expect_call("StartTransaction", json!({"idTag": "MiXeD"})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

// ---- RemoteStopTransaction ----

#[test]
fn rc_11_a_running_transaction_is_stopped() {
    let mut t = charging();
    t.meter(1, 1900).at(50).call("RemoteStopTransaction", json!({"transactionId": 42})).expect("Accepted");
    let stop = t.expect_call("StopTransaction", json!({}));
    let expected = json!({"transactionId": 42, "meterStop": 1900, "timestamp": date(50), "reason": "Remote"});
    assert_eq!(stop.payload, expected);
    stop.answer(json!({}));
    t.expect_status(1, "Finishing");
    t.call("RemoteStopTransaction", json!({"transactionId": 42})).expect("Rejected");
}

#[test]
fn rc_11_tx_04_an_unknown_id_is_rejected() {
    let mut t = charging();
    for id in [0, 41, 43, -1, -42] {
        t.call("RemoteStopTransaction", json!({ "transactionId": id })).expect("Rejected");
    }
    assert!(t.charger().permits_charge(1));
}

#[test]
fn rc_11_tx_04_minus_1_is_the_id_of_no_transaction() {
    let mut t = bench().key("TransactionMessageAttempts", "1").plugged();
    t.accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).refuse("InternalError");
    t.expect_status(1, "Charging");
    assert_eq!(t.charger().transaction(1).unwrap().transaction_id, Some(-1));
    t.call("RemoteStopTransaction", json!({"transactionId": -1})).expect("Rejected");
    assert!(t.charger().permits_charge(1));
}

#[test]
fn rc_12_rpc_10_rejected_while_the_id_is_unknown() {
    let mut t = plugged();
    t.accepted_card(1, "TAG");
    let start = t.expect_call("StartTransaction", json!({})).ignore();
    t.call("RemoteStopTransaction", json!({"transactionId": 42})).expect("Rejected");
    t.answer(&start, json!({"transactionId": 42, "idTagInfo": {"status": "Accepted"}}));
    t.expect_status(1, "Charging");
    t.call("RemoteStopTransaction", json!({"transactionId": 42})).expect("Accepted");
    t.expect_stop(json!({"transactionId": 42, "reason": "Remote"}));
    t.expect_status(1, "Finishing");
}

// ---- Reset ----

#[test]
fn rst_01_idle_answers_then_restarts() {
    for kind in ["Soft", "Hard"] {
        let mut t = booted();
        t.wire.busy = u32::MAX;
        t.at(10).send(&json!([2, "r", "Reset", { "type": kind }]).to_string());
        assert!(t.resets.borrow().is_empty(), "before its answer");
        t.wire.busy = 0;
        t.settle();
        assert_eq!(t.wire_text(), json!([3, "r", {"status": "Accepted"}]).to_string());
        assert_eq!(*t.resets.borrow(), [kind]);
    }
}

#[test]
fn rst_02_rst_03_soft_ends_the_transaction_and_waits_for_its_delivery() {
    let mut t = charging();
    t.meter(1, 1500).at(50).call("Reset", json!({"type": "Soft"})).expect("Accepted");
    let stop = json!({"transactionId": 42, "reason": "SoftReset", "meterStop": 1500, "timestamp": date(50)});
    let stop = t.expect_call("StopTransaction", stop).ignore();
    assert!(!t.charger().permits_charge(1));
    t.at(52).expect_nothing();
    assert!(t.resets.borrow().is_empty());
    t.answer(&stop, json!({}));
    assert_eq!(*t.resets.borrow(), ["Soft"]);
    t.expect_status(1, "Finishing");
}

#[test]
fn rst_02_without_an_answer_the_end_is_delivered_after_the_boot() {
    let mut t = charging();
    t.at(50).call("Reset", json!({"type": "Soft"})).expect("Accepted");
    let stop = t.expect_call("StopTransaction", json!({"reason": "SoftReset"}));
    let (id, payload) = (stop.id.clone(), stop.payload.clone());
    let _ = stop.ignore();
    t.at(70);
    assert_eq!(t.resets.borrow()[0], "Soft");
    t.reboot();
    t.accept_boot();
    let again = t.expect_call("StopTransaction", payload);
    assert_eq!(again.id, id);
    again.answer(json!({}));
    t.expect_status(0, "Available");
    t.expect_status(1, "Preparing");
}

#[test]
fn rst_02_the_wait_for_a_late_server_begins_when_the_end_is_sent() {
    for answered in [false, true] {
        let mut t = charging();
        t.at(50).ready(1, false, true);
        let status = t.expect_call("StatusNotification", json!({"status": "SuspendedEV"})).ignore();
        t.at(51).call("Reset", json!({"type": "Soft"})).expect("Accepted");
        t.at(70).answer(&status, json!({}));
        let stop = t.expect_call("StopTransaction", json!({"reason": "SoftReset", "timestamp": date(51)})).ignore();
        t.at(79);
        assert!(t.resets.borrow().is_empty());
        if answered {
            t.answer(&stop, json!({}));
            t.expect_status(1, "Finishing");
        } else {
            t.at(80);
        }
        assert_eq!(*t.resets.borrow(), ["Soft"]);
    }
}

#[test]
fn rst_04_a_server_that_is_silent_does_not_keep_it_from_a_hard_reset() {
    let mut t = charging();
    t.at(50).ready(1, false, true);
    let _ = t.expect_call("StatusNotification", json!({"status": "SuspendedEV"})).ignore();
    t.at(51).call("Reset", json!({"type": "Hard"})).expect("Accepted");
    t.at(61);
    assert_eq!(*t.resets.borrow(), ["Hard"]);
}

#[test]
fn rst_04_hard_restarts_soon_and_the_end_says_why() {
    let mut t = charging();
    t.at(50).call("Reset", json!({"type": "Hard"})).expect("Accepted");
    t.expect_stop(json!({"reason": "HardReset"}));
    t.expect_status(1, "Finishing");
    assert_eq!(*t.resets.borrow(), ["Hard"]);
}

#[test]
fn rst_04_offline_nothing_delays_it() {
    let mut t = charging();
    t.at(50).call("Reset", json!({"type": "Soft"})).expect("Accepted");
    let _ = t.expect_call("StopTransaction", json!({})).ignore();
    t.at(51).link_down();
    assert_eq!(*t.resets.borrow(), ["Soft"]);
}

#[test]
fn rst_05_configuration_survives_and_boot_notification_comes_first() {
    let mut t = booted();
    t.change_key("ConnectionTimeOut", "77", "Accepted");
    t.call("Reset", json!({"type": "Soft"})).expect("Accepted");
    t.reboot();
    t.boot();
    let found = t.call("GetConfiguration", json!({"key": ["ConnectionTimeOut"]})).result();
    assert_eq!(found["configurationKey"][0]["value"], "77");
}

#[test]
fn rst_06_a_reset_that_does_not_happen_is_tried_again_and_told() {
    let mut t = bench().key("ResetRetries", "2").booted();
    t.at(10).call("Reset", json!({"type": "Soft"})).expect("Accepted");
    t.wait(600);
    assert_eq!(*t.resets.borrow(), ["Soft", "Soft", "Soft"]);
    t.expect_error(0, "Available", "ResetFailure");
    // It is of use again.
    t.plug(1);
    t.expect_status(1, "Preparing");
    t.accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn rst_07_the_firmware_may_refuse_a_soft_reset() {
    let mut t = bench().configure(|charger| charger.set_on_reset_notify(&|_| false)).booted();
    t.call("Reset", json!({"type": "Soft"})).expect("Rejected");
    assert!(t.resets.borrow().is_empty());
    t.call("Reset", json!({"type": "Hard"})).expect("Accepted");
    assert_eq!(*t.resets.borrow(), ["Hard"]);
}

#[test]
fn rpc_15_reset_of_another_kind_is_refused() {
    let mut t = booted();
    t.call("Reset", json!({"type": "soft"})).expect_error("PropertyConstraintViolation");
    t.call("Reset", json!({})).expect_error("OccurenceConstraintViolation");
    assert!(t.resets.borrow().is_empty());
}

// ---- TriggerMessage ----

#[test]
fn trg_01_trg_03_statuses_of_one_connector_or_all() {
    let mut t = bench().two_connectors().booted();
    t.call("TriggerMessage", json!({"requestedMessage": "StatusNotification", "connectorId": 2})).expect("Accepted");
    t.expect_status(2, "Available");
    t.call("TriggerMessage", json!({"requestedMessage": "StatusNotification"})).expect("Accepted");
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    t.expect_status(2, "Available");
}

#[test]
fn trg_02_trg_03_heartbeat_whatever_the_connector() {
    let mut t = booted();
    t.call("TriggerMessage", json!({"requestedMessage": "Heartbeat", "connectorId": 1})).expect("Accepted");
    t.expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(0)}));
}

#[test]
fn trg_02_what_is_not_built_in_is_not_implemented() {
    let mut t = booted();
    for message in ["DiagnosticsStatusNotification", "FirmwareStatusNotification"] {
        t.call("TriggerMessage", json!({ "requestedMessage": message })).expect("NotImplemented");
    }
}

#[test]
fn trg_04_unknown_connectors_are_rejected() {
    let mut t = booted();
    for message in ["StatusNotification", "MeterValues"] {
        for connector in [2, -1, 300] {
            let request = json!({"requestedMessage": message, "connectorId": connector});
            t.call("TriggerMessage", request).expect("Rejected");
        }
    }
}

#[test]
fn trg_05_meter_values_of_a_transaction() {
    let mut t = charging();
    t.meter(1, 1444).at(60);
    t.call("TriggerMessage", json!({"requestedMessage": "MeterValues", "connectorId": 1})).expect("Accepted");
    let values = json!([{"value": "1444", "context": "Trigger", "measurand": "Energy.Active.Import.Register",
        "unit": "Wh"}]);
    let sample = t.expect_call("MeterValues", json!({}));
    let expected = json!({"connectorId": 1, "transactionId": 42,
        "meterValue": [{"timestamp": date(60), "sampledValue": values}]});
    assert_eq!(sample.payload, expected);
    sample.answer(json!({}));
}

#[test]
fn trg_05_trg_03_meter_values_without_transaction_of_all_connectors() {
    let mut t = bench().two_connectors().booted();
    t.meter(1, 100).meter(2, 200);
    t.call("TriggerMessage", json!({"requestedMessage": "MeterValues"})).expect("Accepted");
    let sample = |connector, value| {
        json!({"connectorId": connector, "transactionId": null,
            "meterValue": [{"sampledValue": [{"value": value, "context": "Trigger"}]}]})
    };
    t.expect_call("MeterValues", sample(1, "100")).answer(json!({}));
    t.expect_call("MeterValues", sample(2, "200")).answer(json!({}));
}

#[test]
fn trg_06_boot_notification_after_acceptance_is_rejected() {
    let mut t = booted();
    t.call("TriggerMessage", json!({"requestedMessage": "BootNotification"})).expect("Rejected");
}

#[test]
fn trg_02_trg_09_what_is_unknown_or_cannot_be_triggered_is_not_implemented() {
    let mut t = charging();
    let long = "LogStatusNotification".repeat(10);
    for message in
        ["StartTransaction", "StopTransaction", "Authorize", "LogStatusNotification", "metervalues", "", " ", &long]
    {
        t.call("TriggerMessage", json!({ "requestedMessage": message })).expect("NotImplemented");
        let request = json!({"requestedMessage": message, "connectorId": 7});
        t.call("TriggerMessage", request).expect("NotImplemented");
    }
    t.call("TriggerMessage", json!({})).expect_error("OccurenceConstraintViolation");
}

#[test]
fn trg_04_connector_0_has_no_meter_values() {
    let mut t = booted();
    t.call("TriggerMessage", json!({"requestedMessage": "MeterValues", "connectorId": 0})).expect("Rejected");
}

#[test]
fn trg_01_trg_02_the_answer_comes_before_the_message() {
    let mut t = booted();
    t.wire.busy = u32::MAX;
    t.send(r#"[2,"t","TriggerMessage",{"requestedMessage":"Heartbeat"}]"#);
    t.wire.busy = 0;
    t.settle();
    assert_eq!(t.wire_text(), r#"[3,"t",{"status":"Accepted"}]"#);
    t.expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(0)}));
}

// ---- DataTransfer ----

fn transfer() -> Timeline {
    let handle = |request: &embedded_ocpp::ocpp16::DataTransfer<'_>| match request.message_id {
        Some(id) if id.is("echo") => {
            // The data comes as it was sent, with its escapes.
            let sound = request.data.is_some_and(|data| data.is("a \"b\" \\ ä😀\n"));
            let status = if sound { DataTransferStatus::Accepted } else { DataTransferStatus::Rejected };
            DataTransferReply { status, data: Some("reply \"1\" \\ ä\n") }
        }
        _ => DataTransferReply { status: DataTransferStatus::UnknownMessageId, data: None },
    };
    let handle: &'static _ = Box::leak(Box::new(handle));
    let mut t = bench().start();
    t.charger()
        .set_data_transfer_handler(DataTransferHandler { vendor_id: "com.example", message_id: None, handle })
        .unwrap();
    t.boot();
    t
}

#[test]
fn dt_01_unknown_vendors_and_messages_are_told_apart() {
    let mut t = transfer();
    t.call("DataTransfer", json!({"vendorId": "other", "data": "x"})).expect("UnknownVendorId");
    t.call("DataTransfer", json!({"vendorId": "com.example", "messageId": "x"})).expect("UnknownMessageId");
    t.call("DataTransfer", json!({"vendorId": "COM.example"})).expect("UnknownMessageId");
    t.call("DataTransfer", json!({"messageId": "x"})).expect_error("OccurenceConstraintViolation");
}

#[test]
fn rpc_27_lengths_count_as_maxima_in_characters() {
    let mut t = transfer();
    let request = |vendor: usize, message: usize| json!({"vendorId": "ä".repeat(vendor), "messageId": "😀".repeat(message), "data": "x".repeat(600)});
    t.call("DataTransfer", request(255, 50)).expect("UnknownVendorId");
    t.call("DataTransfer", request(256, 50)).expect_error("PropertyConstraintViolation");
    t.call("DataTransfer", request(255, 51)).expect_error("PropertyConstraintViolation");
    let start = |len: usize| json!({"connectorId": 1, "idTag": "ä".repeat(len)});
    t.call("RemoteStartTransaction", start(21)).expect_error("PropertyConstraintViolation");
}

#[test]
fn dt_02_rpc_18_data_longer_than_the_receive_buffer_is_refused_and_no_more() {
    let mut t = transfer();
    t.call("DataTransfer", json!({"vendorId": "com.example", "data": "x".repeat(5000)})).expect_error("InternalError");
    assert_eq!(t.charger().statistics().too_long, 1);
    t.call("DataTransfer", json!({"vendorId": "com.example"})).expect("UnknownMessageId");
}

#[test]
fn dt_02_data_is_passed_unchanged_both_ways() {
    let mut t = transfer();
    let request = json!({"vendorId": "com.example", "messageId": "echo", "data": "a \"b\" \\ ä😀\n"});
    t.call("DataTransfer", request).expect_result(json!({"status": "Accepted", "data": "reply \"1\" \\ ä\n"}));
    t.send(r#"[2,"e","DataTransfer",{"vendorId":"com.example","messageId":"\u0065cho","data":"a \u0022b\u0022 \\ \u00e4\ud83d\ude00\n"}]"#);
    assert_eq!(t.wire_text(), r#"[3,"e",{"status":"Accepted","data":"reply \"1\" \\ ä\n"}]"#);
}

#[test]
fn dt_01_the_firmware_sends_its_own() {
    let mut t = booted();
    let outcome: &'static std::cell::RefCell<Vec<String>> = Box::leak(Box::default());
    let tell: &'static _ = Box::leak(Box::new(move |result: embedded_ocpp::rpc::Outcome<'_>| {
        outcome.borrow_mut().push(format!("{result:?}"));
    }));
    let request = Raw(br#"{"vendorId":"V","messageId":"M","data":"x"}"#);
    t.charger().send_request("DataTransfer", &request, Some(tell)).unwrap();
    assert!(t.charger().send_request("DataTransfer", &request, None).is_err());
    t.settle();
    let call = t.expect_call("DataTransfer", json!({}));
    assert_eq!(call.payload, json!({"vendorId": "V", "messageId": "M", "data": "x"}));
    call.answer(json!({"status": "Accepted"}));
    assert_eq!(*outcome.borrow(), [r#"Result("{\"status\":\"Accepted\"}")"#]);
}

// ---- Configuration ----

/// The keys that OCPP 1.6 §9 requires of the profiles Core and RemoteTrigger, as far as their functions exist.
const REQUIRED: [&str; 17] = [
    "AuthorizeRemoteTxRequests",
    "ConnectionTimeOut",
    "GetConfigurationMaxKeys",
    "HeartbeatInterval",
    "MeterValuesSampledData",
    "MeterValueSampleInterval",
    "NumberOfConnectors",
    "ResetRetries",
    "StopTransactionOnEVSideDisconnect",
    "StopTransactionOnInvalidId",
    "SupportedFeatureProfiles",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "MinimumStatusDuration",
    "WebSocketPingInterval",
    "MessageTimeout",
    "AllowOfflineTxForUnknownId",
];

fn names(configuration: &Value) -> Vec<String> {
    let keys = configuration["configurationKey"].as_array().unwrap();
    keys.iter().map(|key| key["key"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn cfg_01_cfg_14_without_names_all_keys_are_told() {
    let mut t = booted();
    let all = t.call("GetConfiguration", json!({})).result();
    let none = t.call("GetConfiguration", json!({"key": []})).result();
    assert_eq!(all, none);
    assert_eq!(all.get("unknownKey"), None);
    for key in REQUIRED {
        assert_eq!(names(&all).iter().filter(|name| *name == key).count(), 1, "{key}");
    }
    for key in all["configurationKey"].as_array().unwrap() {
        let members: Vec<_> = key.as_object().unwrap().keys().collect();
        assert!(key["readonly"].is_boolean() && members.len() <= 3, "{key}");
    }
}

#[test]
fn cfg_01_any_number_of_keys_fits_the_smallest_send_buffer() {
    let mut t = bench().small_buffers().booted();
    let mut all = t.call("GetConfiguration", json!({})).result();
    assert!(t.wire.parts > 1);
    let mut expected = booted().call("GetConfiguration", json!({})).result();
    // What a short receive buffer has no room for is not announced.
    for keys in [&mut all, &mut expected] {
        for key in keys["configurationKey"].as_array_mut().unwrap() {
            if key["key"].as_str().unwrap().contains("Max") {
                key["value"].take();
            }
        }
    }
    assert_eq!(all, expected);
}

#[test]
fn cfg_02_cfg_06_named_keys_and_unknown_ones() {
    let mut t = booted();
    let request = json!({"key": ["numberofCONNECTORS", "Nonsense", "ConnectionTimeOut", "Ä\"\\"]});
    let mut found = t.call("GetConfiguration", request).result();
    let keys = found["configurationKey"].as_array_mut().unwrap();
    keys.sort_by_key(|key| key["key"].to_string());
    let expected = json!({
        "configurationKey": [
            {"key": "ConnectionTimeOut", "readonly": false, "value": "60"},
            {"key": "NumberOfConnectors", "readonly": true, "value": "1"},
        ],
        "unknownKey": ["Nonsense", "Ä\"\\"],
    });
    assert_eq!(found, expected);
    let unknown = t.call("GetConfiguration", json!({"key": ["Nonsense"]})).result();
    assert_eq!(unknown["unknownKey"], json!(["Nonsense"]));
    assert!(unknown.get("configurationKey").is_none_or(|keys| keys == &json!([])));
}

#[test]
fn cfg_03_more_keys_than_the_maximum_are_refused() {
    let mut t = booted();
    let all = names(&t.call("GetConfiguration", json!({})).result()).len();
    let found = t.call("GetConfiguration", json!({"key": ["GetConfigurationMaxKeys"]})).result();
    let limit: usize = found["configurationKey"][0]["value"].as_str().unwrap().parse().unwrap();
    let _ = t.call("GetConfiguration", json!({"key": vec!["x"; limit]})).result();
    t.call("GetConfiguration", json!({"key": vec!["x"; limit + 1]})).expect_error("OccurenceConstraintViolation");
    assert!(all > 17, "CFG-01 is not limited: {all}");
}

#[test]
fn cfg_05_cfg_06_cfg_08_accepted_rejected_and_not_supported() {
    let mut t = booted();
    let mut change = |key: &str, value: &str, status: &str| {
        t.change_key(key, value, status);
    };
    change("connectiontimeout", "45", "Accepted");
    change("NumberOfConnectors", "2", "Rejected");
    change("SupportedFeatureProfiles", "Core", "Rejected");
    change("Nonsense", "1", "NotSupported");
    change("ConnectionTimeOut", "-1", "Rejected");
    change("MeterValuesSampledData", "Energy.Active.Import.Register,Nonsense", "Rejected");
    let found = t.call("GetConfiguration", json!({"key": ["ConnectionTimeOut", "MeterValuesSampledData"]})).result();
    let values: Vec<_> = found["configurationKey"].as_array().unwrap().iter().map(|key| key["value"].clone()).collect();
    assert!(values.contains(&json!("45")) && values.contains(&json!("Energy.Active.Import.Register")), "{found}");
}

#[test]
fn cfg_07_numbers_and_switches_must_be_whole() {
    let mut t = booted();
    for (key, value, status) in [
        ("ConnectionTimeOut", "0", "Accepted"),
        ("ConnectionTimeOut", "", "Rejected"),
        ("ConnectionTimeOut", " 5", "Rejected"),
        ("ConnectionTimeOut", "5s", "Rejected"),
        ("ConnectionTimeOut", "5.0", "Rejected"),
        ("ConnectionTimeOut", "0x5", "Rejected"),
        ("ConnectionTimeOut", "99999999999", "Rejected"),
        ("MeterValueSampleInterval", "-1", "Rejected"),
        ("WebSocketPingInterval", "-1", "Rejected"),
        ("TransactionMessageAttempts", "-3", "Rejected"),
        ("StopTransactionOnInvalidId", "False", "Accepted"),
        ("StopTransactionOnInvalidId", "TRUE", "Accepted"),
        ("StopTransactionOnInvalidId", "yes", "Rejected"),
        ("StopTransactionOnInvalidId", "0", "Rejected"),
    ] {
        t.change_key(key, value, status);
    }
}

#[test]
fn cfg_09_an_accepted_value_is_durable_before_the_answer() {
    let mut t = booted();
    t.take_log();
    t.change_key("ConnectionTimeOut", "45", "Accepted");
    let log = t.take_log();
    assert!(matches!(log.as_slice(), [support::Event::Stored(0x0106), support::Event::Sent(_)]), "{log:?}");
    t.reboot();
    t.boot();
    let found = t.call("GetConfiguration", json!({"key": ["ConnectionTimeOut"]})).result();
    assert_eq!(found["configurationKey"][0]["value"], "45");
}

#[test]
fn cfg_10_keys_of_50_and_values_of_500_characters() {
    let mut t = booted();
    let change = |key: usize, value: usize| json!({"key": "k".repeat(key), "value": "9".repeat(value)});
    t.call("ChangeConfiguration", change(50, 500)).expect("NotSupported");
    t.call("ChangeConfiguration", change(51, 500)).expect_error("PropertyConstraintViolation");
    t.call("ChangeConfiguration", change(50, 501)).expect_error("PropertyConstraintViolation");
    let long = json!({"key": "ConnectionTimeOut", "value": "9".repeat(500)});
    t.call("ChangeConfiguration", long).expect("Rejected");
    let _ = t.call("GetConfiguration", json!({"key": ["k".repeat(50)]})).result();
    t.call("GetConfiguration", json!({"key": ["k".repeat(51)]})).expect_error("PropertyConstraintViolation");
}

#[test]
fn cfg_12_mv_14_lists_may_have_blanks_but_only_what_is_measured() {
    let voltage = || MeterInput {
        connector: 1,
        reading: MeterReading::new(Measurand::Voltage, Some(UnitOfMeasure::V)).phase(Phase::L1),
        value: &|| Some(Decimal::new(2305, 1)),
    };
    let mut t = bench().start();
    t.charger().add_meter_value_input(voltage()).unwrap();
    t.boot();
    let mut change = |value: &str, status: &str| {
        t.change_key("MeterValuesSampledData", value, status);
    };
    change("Energy.Active.Import.Register , Voltage.L1", "Accepted");
    change("Voltage.L2", "Rejected");
    change("SoC", "Rejected");
    change("", "Accepted");
    change("Voltage", "Accepted");
    t.call("TriggerMessage", json!({"requestedMessage": "MeterValues", "connectorId": 1})).expect("Accepted");
    let values = json!([{"value": "230.5", "measurand": "Voltage", "phase": "L1", "unit": "V", "context": "Trigger"}]);
    t.expect_call("MeterValues", json!({"meterValue": [{ "sampledValue": values }]})).answer(json!({}));
}

#[test]
fn rpc_28_temperatures_are_celcius_as_the_schema_spells_it() {
    let reading = MeterReading::new(Measurand::Temperature, Some(UnitOfMeasure::Celcius)).location(Location::Body);
    let mut t = bench().key("MeterValuesSampledData", "Temperature").start();
    let value = &|| Some(Decimal::new(-55, 1));
    t.charger().add_meter_value_input(MeterInput { connector: 1, reading, value }).unwrap();
    t.boot();
    t.call("TriggerMessage", json!({"requestedMessage": "MeterValues", "connectorId": 1})).expect("Accepted");
    let values = json!([{"value": "-5.5", "unit": "Celcius", "location": "Body", "measurand": "Temperature"}]);
    t.expect_call("MeterValues", json!({"meterValue": [{ "sampledValue": values }]})).answer(json!({}));
}

#[test]
fn rpc_21_message_timeout_is_how_long_an_answer_is_waited_for() {
    let mut t = booted();
    t.at(10).change_key("MessageTimeout", "5", "Accepted");
    t.call("TriggerMessage", json!({"requestedMessage": "Heartbeat"})).expect("Accepted");
    let heartbeat = t.expect_call("Heartbeat", json!({})).ignore();
    t.at(12).plug(1);
    t.at_ms(14_999).expect_nothing();
    t.at(15).expect_status(1, "Preparing");
    t.answer(&heartbeat, json!({"currentTime": "2030-01-01T00:00:00Z"}));
    assert_eq!(t.charger().date_time().unwrap().to_string(), date(15));
    assert_eq!(t.charger().statistics().stray, 1);
}

// ---- Requests that are wrong ----

#[test]
fn rpc_13_rpc_14_unknown_actions_and_missing_profiles() {
    let mut t = booted();
    t.call("Nonsense", json!({})).expect_error("NotImplemented");
    t.call("reset", json!({"type": "Soft"})).expect_error("NotImplemented"); // RPC-27
    t.call("StartTransaction", json!({})).expect_error("NotImplemented");
    // Without their outputs these profiles are not there.
    for action in
        ["ClearChargingProfile", "GetCompositeSchedule", "GetDiagnostics", "SetChargingProfile", "UpdateFirmware"]
    {
        t.call(action, json!({})).expect_error("NotSupported");
    }
}

#[test]
fn rpc_15_wrong_payloads_are_named_and_change_nothing() {
    let mut t = charging();
    for (action, payload, code) in [
        ("RemoteStartTransaction", json!({}), "OccurenceConstraintViolation"),
        ("RemoteStartTransaction", json!({"idTag": "T", "extra": 1}), "FormationViolation"),
        ("RemoteStartTransaction", json!({"idTag": 5}), "TypeConstraintViolation"),
        ("RemoteStartTransaction", json!({"idTag": "123456789012345678901"}), "PropertyConstraintViolation"),
        ("RemoteStartTransaction", json!({"idTag": "T", "connectorId": "1"}), "TypeConstraintViolation"),
        ("RemoteStartTransaction", json!({"idTag": "T", "connectorId": 1.5}), "TypeConstraintViolation"),
        ("RemoteStopTransaction", json!({}), "OccurenceConstraintViolation"),
        ("RemoteStopTransaction", json!({"transactionId": "42"}), "TypeConstraintViolation"),
        ("RemoteStopTransaction", json!({"transactionId": 42.5}), "TypeConstraintViolation"),
        (
            "RemoteStartTransaction",
            json!({"idTag": "T", "connectorId": 4_200_000_000_u32}),
            "PropertyConstraintViolation",
        ),
        ("RemoteStopTransaction", json!({"transactionId": null}), "OccurenceConstraintViolation"),
        ("ChangeConfiguration", json!({"key": "ConnectionTimeOut"}), "OccurenceConstraintViolation"),
        ("ChangeConfiguration", json!({"key": "ConnectionTimeOut", "value": 5}), "TypeConstraintViolation"),
        ("GetConfiguration", json!({"key": "all"}), "TypeConstraintViolation"),
        ("GetConfiguration", json!({"keys": []}), "FormationViolation"),
        ("DataTransfer", json!({"vendorId": ["V"]}), "TypeConstraintViolation"),
        ("TriggerMessage", json!({"requestedMessage": {}}), "TypeConstraintViolation"),
    ] {
        t.call(action, payload.clone()).expect_error(code);
    }
    assert!(t.charger().permits_charge(1));
}
