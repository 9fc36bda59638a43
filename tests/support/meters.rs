//! Meters, and what the central system is told of them.

use super::{Bench, Frame, Timeline, bench, date, leak};
use embedded_ocpp::json::Decimal;
use embedded_ocpp::ocpp16::{Location, Measurand, MeterInput, MeterReading, Phase, UnitOfMeasure};
use serde_json::{Value, json};
use std::cell::Cell;

pub const ENERGY: &str = "Energy.Active.Import.Register";
pub const POWER: &str = "Power.Active.Import";
/// The keys that select what is told.
pub const LISTS: [&str; 4] =
    ["MeterValuesSampledData", "MeterValuesAlignedData", "StopTxnSampledData", "StopTxnAlignedData"];

/// Transactions are sampled each so many seconds.
pub fn sampling(interval: &'static str, list: &'static str) -> Bench {
    bench().key("MeterValueSampleInterval", interval).key("MeterValuesSampledData", list)
}

/// All connectors are told at each multiple of so many seconds.
pub fn aligned(interval: &'static str, list: &'static str) -> Bench {
    bench().key("ClockAlignedDataInterval", interval).key("MeterValuesAlignedData", list)
}

/// One more meter, which reads nothing yet.
pub fn add_meter(t: &mut Timeline, connector: u8, reading: MeterReading) -> &'static Cell<Option<Decimal>> {
    let shows = leak(Cell::new(None));
    let value = leak(|| shows.get());
    t.charger().add_meter_value_input(MeterInput { connector, reading, value }).unwrap();
    shows
}

/// The energy meter of the whole charge point.
pub fn add_main_meter(t: &mut Timeline) -> &'static Cell<Option<Decimal>> {
    let register = MeterReading::new(Measurand::EnergyActiveImportRegister, Some(UnitOfMeasure::Wh));
    add_meter(t, 0, register.location(Location::Inlet))
}

pub fn voltage(phase: Phase) -> MeterReading {
    MeterReading::new(Measurand::Voltage, Some(UnitOfMeasure::V)).phase(phase)
}

/// The sampled value of the energy register of a connector.
pub fn energy(context: &str, value: &str) -> Value {
    json!({"value": value, "context": context, "measurand": ENERGY, "unit": "Wh"})
}

pub fn power(context: &str, value: &str) -> Value {
    json!({"value": value, "context": context, "measurand": POWER, "unit": "W"})
}

/// The values of one moment.
pub fn meter_value(at: u64, sampled: Value) -> Value {
    json!({"timestamp": date(at), "sampledValue": sampled})
}

/// MeterValues.req with the values of one moment.
pub fn in_transaction(connector: u8, transaction: i64, at: u64, sampled: Value) -> Value {
    json!({"connectorId": connector, "transactionId": transaction, "meterValue": [meter_value(at, sampled)]})
}

pub fn outside(connector: u8, at: u64, sampled: Value) -> Value {
    json!({"connectorId": connector, "meterValue": [meter_value(at, sampled)]})
}

/// All MeterValues of this moment, answered, by connector and context.
pub fn told(t: &mut Timeline) -> Vec<Value> {
    let mut requests = Vec::new();
    while let Some(frame) = t.next_frame() {
        let Frame::Call { id, action, mut payload } = frame else { panic!("{frame:?}") };
        assert_eq!(action, "MeterValues", "{payload}");
        t.answer(&id, json!({}));
        sort_measurands(&mut payload["meterValue"]);
        requests.push(payload);
    }
    requests.sort_by_key(|request| (request["connectorId"].as_u64(), contexts(&request["meterValue"])));
    requests
}

/// The standard leaves the order of the values of one moment open.
pub fn sort_measurands(meter_values: &mut Value) {
    for meter_value in meter_values.as_array_mut().unwrap() {
        let sampled = meter_value["sampledValue"].as_array_mut().unwrap();
        sampled.sort_by_key(|value| (value["measurand"].to_string(), value["phase"].to_string()));
    }
}

pub fn measurands(meter_value: &Value) -> &[Value] {
    meter_value["sampledValue"].as_array().unwrap()
}

pub fn contexts(meter_values: &Value) -> Vec<String> {
    let context = |meter_value: &Value| meter_value["sampledValue"][0]["context"].as_str().unwrap().to_owned();
    meter_values.as_array().unwrap().iter().map(context).collect()
}

pub fn value_of(t: &mut Timeline, key: &str) -> String {
    let found = t.call("GetConfiguration", json!({"key": [key]})).result();
    found["configurationKey"][0]["value"].as_str().unwrap().to_owned()
}

pub fn trigger(t: &mut Timeline, mut request: Value, status: &str) {
    request["requestedMessage"] = json!("MeterValues");
    t.call("TriggerMessage", request).expect(status);
}

/// The central system corrects the clock.
pub fn set_clock(t: &mut Timeline, seconds: u64) {
    t.call("TriggerMessage", json!({"requestedMessage": "Heartbeat"})).expect("Accepted");
    t.expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(seconds)}));
}

/// One connector, accepted when the clock of the central system shows this.
pub fn boot_at(t: &mut Timeline, seconds: u64) {
    let conf = json!({"status": "Accepted", "currentTime": date(seconds), "interval": 86_400});
    t.expect_call("BootNotification", json!({})).answer(conf);
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
}

/// The card ends the transaction; what StopTransaction tells, with its values by measurand.
pub fn stop(t: &mut Timeline) -> Value {
    t.card_again(1, "TAG").unwrap();
    let mut stop = stop_payload(t);
    t.expect_status(1, "Finishing");
    if stop.get("transactionData").is_some() {
        sort_measurands(&mut stop["transactionData"]);
    }
    stop
}

pub fn stop_payload(t: &mut Timeline) -> Value {
    let stop = t.expect_call("StopTransaction", json!({}));
    let payload = stop.payload.clone();
    stop.answer(json!({}));
    payload
}

/// One line for each meter value: when, why, and the first value.
pub fn lines(meter_values: &Value) -> Vec<String> {
    let line = |meter_value: &Value| {
        let sampled = &meter_value["sampledValue"][0];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        format!("{} {} {}", text(&meter_value["timestamp"]), text(&sampled["context"]), text(&sampled["value"]))
    };
    meter_values.as_array().unwrap().iter().map(line).collect()
}

pub fn line(at: u64, context: &str, value: i64) -> String {
    format!("{} {context} {value}", date(at))
}

pub fn current(phase: Phase) -> MeterReading {
    MeterReading::new(Measurand::CurrentImport, Some(UnitOfMeasure::A)).phase(phase)
}

/// Six more meters, whose values take many bytes once a current flows.
pub fn add_three_phases(t: &mut Timeline) -> Vec<&'static Cell<Option<Decimal>>> {
    let phases = [Phase::L1, Phase::L2, Phase::L3];
    phases.iter().flat_map(|phase| [add_meter(t, 1, voltage(*phase)), add_meter(t, 1, current(*phase))]).collect()
}

pub const ALL: &str = "Voltage,Current.Import,Energy.Active.Import.Register,Power.Active.Import";
