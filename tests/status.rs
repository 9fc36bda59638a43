//! ST: what is told about a state, and when (OCPP 1.6 §4.9, §6.47, errata 3.19, 3.22 and 3.55).

mod support;

use embedded_ocpp::ocpp16::{ChargePointErrorCode, ErrorData, InputError};
use serde_json::{Value, json};
use std::cell::Cell;
use support::{Timeline, bench, booted, charging, date, leak, plugged};

type Sensor = &'static Cell<Option<ErrorData>>;

/// Another error input of a connector.
fn sensor(t: &mut Timeline, connector: u8) -> Sensor {
    let error: Sensor = leak(Cell::new(None));
    t.charger().add_error_data_input(leak(move || error.get()), connector).unwrap();
    error
}

fn senses(t: &mut Timeline, sensor: Sensor, error: impl Into<Option<ErrorData>>) {
    sensor.set(error.into());
    t.settle();
}

fn fault(code: ChargePointErrorCode, severity: u8) -> ErrorData {
    ErrorData { severity, ..ErrorData::fault(code) }
}

fn warning(code: ChargePointErrorCode, severity: u8) -> ErrorData {
    ErrorData { severity, ..ErrorData::warning(code) }
}

/// Reports a state only when it has lasted for 10 s.
fn slow() -> Timeline {
    bench().key("MinimumStatusDuration", "10").key("ConnectionTimeOut", "0").booted()
}

// ---- MinimumStatusDuration ----

#[test]
fn st_03_states_that_do_not_last_are_passed_over() {
    let mut t = slow();
    t.at(100).plug(1);
    t.at(104).accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).start(1, "Accepted");
    t.at(107).ready(1, false, true);
    t.at(109).ready(1, true, true);
    t.at_ms(118_999).expect_nothing();
    let status = json!({"connectorId": 1, "status": "Charging", "timestamp": date(109)});
    t.at(119).expect_call("StatusNotification", status).answer(json!({}));
    t.at(1000).expect_nothing();
}

#[test]
fn st_03_each_that_lasts_is_told_in_its_turn() {
    let mut t = slow();
    t.at(100).plug(1);
    t.at(110).expect_status(1, "Preparing");
    t.at(115).unplug(1);
    t.at_ms(124_999).expect_nothing();
    let status = json!({"status": "Available", "timestamp": date(115)});
    t.at(125).expect_call("StatusNotification", status).answer(json!({}));
}

#[test]
fn st_03_a_short_fault_is_passed_over_a_long_one_is_told() {
    let mut t = slow();
    t.at(100).fault(1, Some(ErrorData::fault(ChargePointErrorCode::GroundFailure)));
    assert!(!t.charger().is_operative(1), "what is not told yet works at once");
    t.at(109).fault(1, None);
    t.at(200).fault(1, Some(ErrorData::fault(ChargePointErrorCode::GroundFailure)));
    let status = json!({"status": "Faulted", "errorCode": "GroundFailure", "timestamp": date(200)});
    t.at(210).expect_call("StatusNotification", status).answer(json!({}));
    t.at(211).fault(1, None);
    t.at_ms(220_999).expect_nothing();
    t.at(221).expect_status(1, "Available");
}

#[test]
fn boot_12_the_states_after_acceptance_wait_for_no_duration() {
    let mut t = bench().key("MinimumStatusDuration", "30").start();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
}

#[test]
fn st_03_each_connector_has_its_own_duration() {
    let mut t = bench().two_connectors().key("MinimumStatusDuration", "10").key("ConnectionTimeOut", "0").booted();
    t.at(100).plug(1);
    t.at(105).plug(2);
    t.at(108).unplug(1);
    t.at_ms(114_999).expect_nothing();
    t.at(115).expect_status(2, "Preparing");
    t.at(200).expect_nothing();
}

#[test]
fn st_03_a_new_duration_works_for_what_waits() {
    let mut t = slow();
    t.at(100).plug(1);
    t.at(102).change_key("MinimumStatusDuration", "5", "Accepted");
    t.at_ms(104_999).expect_nothing();
    let status = json!({"status": "Preparing", "timestamp": date(100)});
    t.at(105).expect_call("StatusNotification", status).answer(json!({}));
    t.change_key("MinimumStatusDuration", "0", "Accepted");
    t.at(110).unplug(1);
    t.expect_status(1, "Available");
}

#[test]
fn st_03_st_09_offline_time_counts() {
    let mut t = slow();
    t.at(100).link_down();
    t.at(105).plug(1);
    t.at(110).link_up();
    t.at_ms(114_999).expect_nothing();
    let status = json!({"status": "Preparing", "timestamp": date(105)});
    t.at(115).expect_call("StatusNotification", status).answer(json!({}));
}

// ---- The order of events ----

/// "The StatusNotification.req messages MUST be sent in the order in which the events that they describe occurred."
#[test]
fn st_09_the_order_holds_over_the_connectors() {
    let mut t = bench().two_connectors().booted();
    t.at(10).link_down();
    t.at(20).plug(2);
    t.at(30).plug(1);
    t.at(40).link_up();
    t.expect_call("StatusNotification", json!({"connectorId": 2, "timestamp": date(20)})).answer(json!({}));
    t.expect_call("StatusNotification", json!({"connectorId": 1, "timestamp": date(30)})).answer(json!({}));
}

#[test]
fn st_09_and_while_another_call_is_under_way() {
    let mut t = bench().two_connectors().booted();
    t.at(10).call("TriggerMessage", json!({"requestedMessage": "Heartbeat"})).expect("Accepted");
    let heartbeat = t.expect_call("Heartbeat", json!({})).ignore();
    t.at(11).plug(2);
    t.at(12).plug(1);
    t.at(13).unplug(2);
    t.answer(&heartbeat, json!({"currentTime": date(13)}));
    t.expect_status(2, "Preparing");
    t.expect_status(1, "Preparing");
    t.expect_status(2, "Available");
}

#[test]
fn st_09_an_error_that_still_stands_is_told_after_an_outage() {
    let mut t = booted();
    t.at(10).link_down();
    t.at(20).fault(1, Some(ErrorData::fault(ChargePointErrorCode::OverVoltage)));
    t.at(30).link_up();
    let status = json!({"status": "Faulted", "errorCode": "OverVoltage", "timestamp": date(20)});
    t.expect_call("StatusNotification", status).answer(json!({}));
}

// ---- Errors and warnings ----

#[test]
fn st_05_the_most_severe_error_is_told() {
    let mut t = booted();
    let (first, second) = (sensor(&mut t, 1), sensor(&mut t, 1));
    senses(&mut t, first, warning(ChargePointErrorCode::WeakSignal, 1));
    t.expect_error(1, "Available", "WeakSignal");
    senses(&mut t, second, warning(ChargePointErrorCode::HighTemperature, 2));
    t.expect_error(1, "Available", "HighTemperature");
    senses(&mut t, first, None);
    t.at(10).expect_nothing();
    senses(&mut t, first, warning(ChargePointErrorCode::ReaderFailure, 3));
    t.expect_error(1, "Available", "ReaderFailure");
    senses(&mut t, first, None);
    t.expect_error(1, "Available", "HighTemperature");
    senses(&mut t, second, None);
    t.expect_status(1, "Available");
}

#[test]
fn st_05_st_07_any_fault_makes_it_faulted_whatever_is_more_severe() {
    let mut t = charging();
    let (first, second) = (sensor(&mut t, 1), sensor(&mut t, 1));
    senses(&mut t, first, warning(ChargePointErrorCode::HighTemperature, 9));
    t.expect_error(1, "Charging", "HighTemperature");
    assert!(t.charger().permits_charge(1));
    senses(&mut t, second, fault(ChargePointErrorCode::GroundFailure, 1));
    t.expect_error(1, "Faulted", "HighTemperature");
    assert!(!t.charger().permits_charge(1));
    senses(&mut t, first, None);
    t.expect_error(1, "Faulted", "GroundFailure");
    senses(&mut t, second, None);
    t.expect_status(1, "Charging");
}

#[test]
fn st_10_a_changed_vendor_error_code_is_told() {
    let mut t = booted();
    let error = |code| ErrorData {
        vendor_id: Some("ACME"),
        vendor_error_code: Some(code),
        ..ErrorData::fault(ChargePointErrorCode::OtherError)
    };
    for (at, code) in [(10, "E1"), (20, "E2")] {
        t.at(at).fault(1, Some(error(code)));
        let expected = json!({"connectorId": 1, "status": "Faulted", "errorCode": "OtherError", "vendorId": "ACME",
            "vendorErrorCode": code, "timestamp": date(at)});
        t.expect_call("StatusNotification", expected).answer(json!({}));
    }
    t.at(30).fault(1, Some(error("E2")));
    t.at(40).fault(1, None);
    let good = json!({"status": "Available", "errorCode": "NoError", "vendorId": null, "vendorErrorCode": null});
    t.expect_call("StatusNotification", good).answer(json!({}));
}

#[test]
fn st_10_the_texts_are_cut_to_what_the_standard_allows() {
    let mut t = booted();
    let text = |len: usize| leak("ä".repeat(len)).as_str();
    let error = ErrorData {
        info: Some(text(51)),
        vendor_id: Some(text(256)),
        vendor_error_code: Some(text(51)),
        ..ErrorData::warning(ChargePointErrorCode::OtherError)
    };
    t.fault(1, Some(error));
    let expected = json!({"info": text(50), "vendorId": text(255), "vendorErrorCode": text(50)});
    t.expect_call("StatusNotification", expected).answer(json!({}));
}

#[test]
fn st_10_the_details_are_those_of_the_error_that_is_told() {
    let mut t = booted();
    let (plain, detailed) = (sensor(&mut t, 1), sensor(&mut t, 1));
    senses(&mut t, plain, warning(ChargePointErrorCode::OtherError, 2));
    let told = json!({"errorCode": "OtherError", "info": null, "vendorId": null, "vendorErrorCode": null});
    t.expect_call("StatusNotification", told).answer(json!({}));
    let error = ErrorData {
        info: Some("fan"),
        vendor_id: Some("Acme"),
        vendor_error_code: Some("E7"),
        ..warning(ChargePointErrorCode::OtherError, 3)
    };
    senses(&mut t, detailed, error);
    let told = json!({"errorCode": "OtherError", "info": "fan", "vendorId": "Acme", "vendorErrorCode": "E7"});
    t.expect_call("StatusNotification", told).answer(json!({}));
}

#[test]
fn st_05_four_error_inputs_fit_a_connector() {
    let mut t = bench().two_connectors().booted();
    // One of each connector is the bench's own.
    let [sensors, _, _] = [(1, 3), (2, 3), (0, 4)].map(|(connector, free)| -> Vec<_> {
        let sensors = (0..free).map(|_| sensor(&mut t, connector)).collect();
        assert_eq!(t.charger().add_error_data_input(&|| None, connector), Err(InputError::TableFull));
        assert_eq!(t.charger().add_error_code_input(&|| None, connector), Err(InputError::TableFull));
        sensors
    });
    assert_eq!(t.charger().add_error_data_input(&|| None, 3), Err(InputError::UnknownConnector));
    for sensor in sensors {
        senses(&mut t, sensor, ErrorData::warning(ChargePointErrorCode::UnderVoltage));
        t.expect_error(1, "Available", "UnderVoltage");
        senses(&mut t, sensor, None);
        t.expect_status(1, "Available");
    }
}

#[test]
fn st_07_an_error_code_alone_makes_it_faulted() {
    let mut t = booted();
    let code: &'static Cell<Option<ChargePointErrorCode>> = leak(Cell::new(None));
    t.charger().add_error_code_input(leak(move || code.get()), 1).unwrap();
    code.set(Some(ChargePointErrorCode::PowerSwitchFailure));
    t.settle();
    let expected = json!({"status": "Faulted", "errorCode": "PowerSwitchFailure", "info": null, "vendorId": null});
    t.expect_call("StatusNotification", expected).answer(json!({}));
    code.set(None);
    t.settle();
    t.expect_status(1, "Available");
}

#[test]
fn st_07_nothing_starts_on_a_faulted_connector_what_waits_starts_after_the_repair() {
    let mut t = booted();
    t.at(10).accepted_card(1, "TAG");
    t.expect_status(1, "Preparing");
    t.at(20).fault(1, Some(ErrorData::fault(ChargePointErrorCode::GroundFailure)));
    t.expect_error(1, "Faulted", "GroundFailure");
    t.at(30).plug(1);
    assert!(!t.charger().is_transaction_running(1));
    t.at(40).fault(1, None);
    t.expect_status(1, "Preparing");
    t.expect_call("StartTransaction", json!({"timestamp": date(40)})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

#[test]
fn st_05_errors_do_not_outlive_their_cause_over_a_boot() {
    let mut t = booted();
    t.fault(1, Some(ErrorData::fault(ChargePointErrorCode::GroundFailure)));
    t.expect_error(1, "Faulted", "GroundFailure");
    t.at(10).reboot();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_error(1, "Faulted", "GroundFailure");
    t.power_cut();
    t.evse(1).error.set(None);
    t.power_on();
    t.link_up();
    t.boot();
}

// ---- EVCommunicationError ----

const NO_COMMUNICATION: ErrorData = ErrorData::warning(ChargePointErrorCode::EVCommunicationError);

/// "EVCommunicationError SHALL only be used with status Preparing, SuspendedEV, SuspendedEVSE and Finishing".
#[test]
fn st_06_a_lasting_communication_error_is_told_where_it_is_allowed() {
    let mut t = booted();
    t.at(10).fault(1, Some(NO_COMMUNICATION));
    t.at(20).plug(1);
    t.expect_error(1, "Preparing", "EVCommunicationError");
    t.accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).start(42, "Accepted");
    t.expect_status(1, "Charging");
    t.at(30).ready(1, false, true);
    t.expect_error(1, "SuspendedEV", "EVCommunicationError");
    t.at(40).ready(1, false, false);
    t.expect_error(1, "SuspendedEVSE", "EVCommunicationError");
    t.at(50).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({}));
    t.expect_error(1, "Finishing", "EVCommunicationError");
    t.at(60).fault(1, None);
    t.expect_status(1, "Finishing");
    t.at(70).fault(1, Some(NO_COMMUNICATION));
    t.expect_error(1, "Finishing", "EVCommunicationError");
    t.at(80).unplug(1);
    t.expect_status(1, "Available");
    t.call("ChangeAvailability", json!({"connectorId": 1, "type": "Inoperative"})).expect("Accepted");
    t.expect_status(1, "Unavailable");
}

/// "... and be treated as warning."
#[test]
fn st_06_it_is_a_warning_even_if_the_firmware_calls_it_a_fault() {
    let mut t = plugged();
    t.fault(1, Some(ErrorData::fault(ChargePointErrorCode::EVCommunicationError)));
    t.expect_error(1, "Preparing", "EVCommunicationError");
    t.accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).start(42, "Accepted");
    t.expect_status(1, "Charging");
    assert!(t.charger().permits_charge(1));
}

#[test]
fn st_06_it_does_not_hide_another_warning_where_it_must_not_be_told() {
    let mut t = charging();
    let other = sensor(&mut t, 1);
    senses(&mut t, other, warning(ChargePointErrorCode::HighTemperature, 1));
    t.expect_error(1, "Charging", "HighTemperature");
    t.fault(1, Some(ErrorData { severity: 9, ..NO_COMMUNICATION }));
    t.at(20).expect_nothing();
    t.ready(1, false, true);
    t.expect_error(1, "SuspendedEV", "EVCommunicationError");
}

// ---- Who suspends ----

#[test]
fn st_14_an_ev_that_asks_is_charging_even_without_current() {
    let mut t = charging();
    t.evse(1).power.set(0);
    t.at(1000).expect_nothing();
    assert_eq!(t.charger().charge_point_status(1).unwrap().as_str(), "Charging");
    t.evse(1).power.set(7000);
    t.ready(1, false, true);
    t.expect_status(1, "SuspendedEV");
}

#[test]
fn tx_19_tx_21_st_10_the_reason_is_told_when_the_ev_leaves() {
    for (stop, status) in [("true", "Finishing"), ("false", "SuspendedEV")] {
        let mut t = bench().key("StopTransactionOnEVSideDisconnect", stop).booted();
        t.at(10).start_charging(1, "TAG", 42);
        t.at(20).unplug(1);
        if stop == "true" {
            t.expect_stop(json!({"reason": "EVDisconnected"}));
        }
        let left = json!({"connectorId": 1, "status": status, "errorCode": "NoError", "info": "EV side disconnected"});
        t.expect_call("StatusNotification", left).answer(json!({}));
        let after = if stop == "true" { "Available" } else { "Charging" };
        if stop == "false" {
            t.at(30).plug(1);
        }
        t.expect_call("StatusNotification", json!({"status": after, "info": null})).answer(json!({}));
    }
}

#[test]
fn st_i2_st_10_the_next_ev_is_not_the_one_that_has_left() {
    // The card has come too late when ConnectionTimeOut, 60 s, is over.
    for (repair, status) in [(120, "Preparing"), (200, "Finishing")] {
        let mut t = charging();
        t.at(20).fault(1, Some(ErrorData::fault(ChargePointErrorCode::GroundFailure)));
        t.expect_error(1, "Faulted", "GroundFailure");
        t.at(30).unplug(1);
        t.expect_stop(json!({"transactionId": 42, "reason": "EVDisconnected"}));
        t.at(100).plug(1);
        t.at(repair).fault(1, None);
        t.expect_call("StatusNotification", json!({"connectorId": 1, "status": status, "info": null}))
            .answer(json!({}));
    }
}

#[test]
fn st_c4_st_10_an_ev_that_only_pauses_has_not_left() {
    let mut t = charging();
    t.ready(1, false, true);
    t.expect_call("StatusNotification", json!({"status": "SuspendedEV", "info": null})).answer(json!({}));
}

// ---- The parking bay ----

/// A detector of vehicles in the bay of connector 1.
fn bay(t: &Timeline) -> &'static Cell<bool> {
    &t.evse(1).occupied
}

fn vehicle(t: &mut Timeline, bay: &Cell<bool>, is_there: bool) {
    bay.set(is_there);
    t.settle();
}

#[test]
fn st_a2_st_b1_a_vehicle_comes_and_goes() {
    let mut t = booted();
    let bay = bay(&t);
    vehicle(t.at(10), bay, true);
    t.expect_status(1, "Preparing");
    vehicle(t.at(20), bay, false);
    t.expect_status(1, "Available");
}

#[test]
fn st_b3_a_vehicle_is_no_plug() {
    let mut t = booted();
    let bay = bay(&t);
    vehicle(t.at(10), bay, true);
    t.expect_status(1, "Preparing");
    t.at(20).accepted_card(1, "TAG");
    assert!(!t.charger().is_transaction_running(1));
    t.at(30).plug(1);
    t.expect_call("StartTransaction", json!({"timestamp": date(30)})).start(1, "Accepted");
    t.expect_status(1, "Charging");
}

/// "Usage was initiated (e.g. insert plug, bay occupancy detection), but idTag not presented within timeout."
#[test]
fn st_b6_st_f1_a_vehicle_that_only_parks() {
    let mut t = bench().key("ConnectionTimeOut", "30").booted();
    let bay = bay(&t);
    vehicle(t.at(10), bay, true);
    t.expect_status(1, "Preparing");
    t.at_ms(39_999).expect_nothing();
    t.at(40).expect_status(1, "Finishing");
    vehicle(t.at(50), bay, false);
    t.expect_status(1, "Available");
}

/// "... the cable has not been removed or the vehicle has not left the parking bay"
#[test]
fn st_c6_st_f1_finishing_lasts_until_the_vehicle_has_left() {
    let mut t = booted();
    let bay = bay(&t);
    vehicle(t.at(10), bay, true);
    t.expect_status(1, "Preparing");
    t.plug(1);
    t.accepted_card(1, "TAG");
    t.expect_call("StartTransaction", json!({})).start(1, "Accepted");
    t.expect_status(1, "Charging");
    t.at(20).stop_charging(1, "TAG");
    t.at(30).unplug(1);
    t.at(1000).expect_nothing();
    vehicle(&mut t, bay, false);
    t.expect_status(1, "Available");
}

#[test]
fn st_b1_av_04_a_vehicle_is_in_the_way_of_a_change_of_availability() {
    let mut t = booted();
    let bay = bay(&t);
    vehicle(t.at(10), bay, true);
    t.expect_status(1, "Preparing");
    t.call("ChangeAvailability", json!({"connectorId": 1, "type": "Inoperative"})).expect("Scheduled");
    vehicle(t.at(20), bay, false);
    t.expect_status(1, "Available");
    t.expect_status(1, "Unavailable");
}

// ---- Connector 0 ----

#[test]
fn st_02_errors_of_the_charge_point_are_told_of_connector_0_alone() {
    let mut t = booted();
    let main = sensor(&mut t, 0);
    t.at(10);
    senses(&mut t, main, fault(ChargePointErrorCode::InternalError, 1));
    let expected: Value = json!({"connectorId": 0, "status": "Faulted", "errorCode": "InternalError",
        "timestamp": date(10)});
    t.expect_call("StatusNotification", expected).answer(json!({}));
    t.at(20);
    senses(&mut t, main, warning(ChargePointErrorCode::HighTemperature, 1));
    t.expect_error(0, "Available", "HighTemperature");
    t.at(30);
    senses(&mut t, main, None);
    t.expect_status(0, "Available");
}

#[test]
fn st_02_an_unavailable_charge_point_may_have_a_warning() {
    let mut t = booted();
    let main = sensor(&mut t, 0);
    t.call("ChangeAvailability", json!({"connectorId": 0, "type": "Inoperative"})).expect("Accepted");
    for _ in 0..2 {
        t.expect_call("StatusNotification", json!({"status": "Unavailable"})).answer(json!({}));
    }
    senses(&mut t, main, warning(ChargePointErrorCode::WeakSignal, 1));
    t.expect_error(0, "Unavailable", "WeakSignal");
    senses(&mut t, main, fault(ChargePointErrorCode::WeakSignal, 1));
    t.expect_error(0, "Faulted", "WeakSignal");
    senses(&mut t, main, None);
    t.expect_status(0, "Unavailable");
}

#[test]
fn st_02_the_most_severe_error_counts_on_connector_0_as_well() {
    let mut t = booted();
    let (first, second) = (sensor(&mut t, 0), sensor(&mut t, 0));
    senses(&mut t, first, warning(ChargePointErrorCode::WeakSignal, 1));
    t.expect_error(0, "Available", "WeakSignal");
    senses(&mut t, second, warning(ChargePointErrorCode::ReaderFailure, 2));
    t.expect_error(0, "Available", "ReaderFailure");
}

#[test]
fn st_02_connector_0_takes_error_codes_too() {
    let mut t = booted();
    t.charger().add_error_code_input(&|| Some(ChargePointErrorCode::ReaderFailure), 0).unwrap();
    t.settle();
    t.expect_error(0, "Faulted", "ReaderFailure");
}

#[test]
fn st_02_a_connector_works_whatever_connector_0_shows() {
    let mut t = booted();
    let main = sensor(&mut t, 0);
    senses(&mut t, main, warning(ChargePointErrorCode::WeakSignal, 1));
    t.expect_error(0, "Available", "WeakSignal");
    t.start_charging(1, "TAG", 42);
    assert!(t.charger().permits_charge(1));
    assert_eq!(t.charger().charge_point_status(0).unwrap().as_str(), "Available");
}

// ---- After a boot ----

#[test]
fn boot_12_st_01_all_states_are_told_as_they_are_then() {
    let mut t = bench().two_connectors().start_offline();
    t.plug(1);
    t.fault(2, Some(ErrorData::fault(ChargePointErrorCode::OverCurrentFailure)));
    t.at(20).link_up();
    t.accept_boot();
    t.expect_status(0, "Available");
    t.expect_status(1, "Preparing");
    t.expect_error(2, "Faulted", "OverCurrentFailure");
}
