//! What must hold for all meter values, and for those of one transaction.

use serde_json::Value;

/// StopTransactionMaxMeterValues
const TRANSACTION_DATA_MAX: usize = 16;

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

fn sampled(meter_values: &Value) -> impl Iterator<Item = &Value> {
    meter_values.as_array().unwrap().iter().flat_map(|meter_value| meter_value["sampledValue"].as_array().unwrap())
}

fn check_sampled(meter_values: &Value) {
    for value in sampled(meter_values) {
        for member in ["context", "measurand", "unit"] {
            assert!(value.get(member).is_some(), "MV-07: no {member}: {value}");
        }
    }
}

/// MeterValues.req
pub(crate) fn check(payload: &Value) {
    check_sampled(&payload["meterValue"]);
    let connector = payload["connectorId"].as_u64().unwrap();
    let is_of_transaction = payload.get("transactionId").is_some();
    assert!(connector > 0 || !is_of_transaction, "MV-10: connector 0 has no transaction");
    for value in sampled(&payload["meterValue"]) {
        let context = text(value, "context").unwrap();
        let is_begin = cfg!(feature = "signed-meter-values") && context == "Transaction.Begin"; // SMV-07
        assert!(is_begin || ["Sample.Periodic", "Sample.Clock", "Trigger"].contains(&context), "MV-06: {context}");
    }
}

/// What the energy register at the outlet stood at.
pub(crate) fn registers(meter_values: &Value) -> Vec<i64> {
    let is_register = |value: &&Value| {
        text(value, "measurand") == Some("Energy.Active.Import.Register")
            && text(value, "location").is_none_or(|location| location == "Outlet")
            && text(value, "phase").is_none()
    };
    sampled(meter_values).filter(is_register).map(|value| text(value, "value").unwrap().parse().unwrap()).collect()
}

/// transactionData of StopTransaction.req
pub(crate) fn check_transaction_data(data: &Value) {
    check_sampled(data);
    let meter_values = data.as_array().unwrap();
    assert!((1..=TRANSACTION_DATA_MAX).contains(&meter_values.len()), "MV-13: {} meter values", meter_values.len());
    let last = meter_values.len() - 1;
    for (index, meter_value) in meter_values.iter().enumerate() {
        for value in meter_value["sampledValue"].as_array().unwrap() {
            let may = match text(value, "context").unwrap() {
                "Transaction.Begin" => index == 0,
                "Transaction.End" => index == last,
                "Sample.Periodic" | "Sample.Clock" => true,
                _ => false,
            };
            assert!(may, "MV-06, MV-12: value {index} of {last}: {value}");
        }
    }
}

/// MV-17
pub(crate) fn check_registers_within(data: &Value, meter_start: i64, meter_stop: i64) {
    let mut before = meter_start;
    for register in registers(data) {
        assert!((before..=meter_stop).contains(&register), "MV-17: {register} after {before} and before {meter_stop}");
        before = register;
    }
}
