//! What must hold for every frame that a charge point sends, whatever the test is about.

use serde_json::Value;

/// One OCPP-J message of the charge point.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    Call { id: String, action: String, payload: Value },
    Result { id: String, payload: Value },
    Error { id: String, code: String, description: String },
}

/// RPC-19: the members of each request of a charge point, from OCPP 1.6 chapter 6: required, then optional ones.
const MEMBERS: [(&str, &[&str], &[&str]); 8] = [
    (
        "BootNotification",
        &["chargePointVendor", "chargePointModel"],
        &[
            "chargeBoxSerialNumber",
            "chargePointSerialNumber",
            "firmwareVersion",
            "iccid",
            "imsi",
            "meterSerialNumber",
            "meterType",
        ],
    ),
    ("Authorize", &["idTag"], &[]),
    ("Heartbeat", &[], &[]),
    ("DataTransfer", &["vendorId"], &["messageId", "data"]),
    ("MeterValues", &["connectorId", "meterValue"], &["transactionId"]),
    ("StartTransaction", &["connectorId", "idTag", "meterStart", "timestamp"], &["reservationId"]),
    (
        "StatusNotification",
        &["connectorId", "errorCode", "status"],
        &["info", "timestamp", "vendorId", "vendorErrorCode"],
    ),
    ("StopTransaction", &["meterStop", "timestamp", "transactionId"], &["idTag", "reason", "transactionData"]),
];

impl Frame {
    /// Reads a frame and checks it against OCPP-J 1.6 §4.2 and the tables above.
    pub fn read(text: &str) -> Self {
        let message: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("RPC-04: {error}: {text}"));
        let parts = message.as_array().unwrap_or_else(|| panic!("RPC-04: not an array: {text}"));
        let string = |index: usize| {
            parts.get(index).and_then(Value::as_str).unwrap_or_else(|| panic!("RPC-04: {text}")).to_owned()
        };
        let object = |index: usize| {
            let value = parts.get(index).filter(|value| value.is_object());
            value.unwrap_or_else(|| panic!("RPC-05: no object at {index}: {text}")).clone()
        };
        let (frame, len) = match parts[0].as_u64() {
            Some(2) => (Self::Call { id: string(1), action: string(2), payload: object(3) }, 4),
            Some(3) => (Self::Result { id: string(1), payload: object(2) }, 3),
            Some(4) => {
                object(4);
                (Self::Error { id: string(1), code: string(2), description: string(3) }, 5)
            }
            _ => panic!("RPC-04: message type: {text}"),
        };
        assert_eq!(parts.len(), len, "RPC-04: {text}");
        if let Self::Call { id, action, payload } = &frame {
            assert!(id.chars().count() <= 36, "RPC-07: {text}");
            check_request(action, payload);
        }
        frame
    }

    pub fn is_call(&self) -> bool {
        matches!(self, Self::Call { .. })
    }
}

fn check_request(action: &str, payload: &Value) {
    let Some((_, required, optional)) = MEMBERS.iter().find(|(name, ..)| *name == action) else { return };
    check_members(payload, required, optional);
    for name in ["meterValue", "transactionData"] {
        let Some(meter_values) = payload.get(name) else { continue };
        for meter_value in meter_values.as_array().expect("meter values are an array") {
            check_meter_value(meter_value);
        }
    }
}

fn check_meter_value(meter_value: &Value) {
    check_members(meter_value, &["timestamp", "sampledValue"], &[]);
    let sampled = meter_value["sampledValue"].as_array().expect("sampledValue is an array");
    assert!(!sampled.is_empty(), "MV-16: {meter_value}");
    for value in sampled {
        check_members(value, &["value"], &["context", "format", "measurand", "phase", "location", "unit"]);
        if value["format"] == "SignedData" {
            check_signed(value["value"].as_str().unwrap_or_else(|| panic!("SMV-01: {value}")));
            continue;
        }
        let number = value["value"].as_str().unwrap_or_else(|| panic!("MV-20: {value}"));
        assert!(number.parse::<f64>().is_ok() && !number.contains(['e', 'E', '+']), "MV-20: {value}");
    }
}

/// The object within the text of a signed value (SMV-01).
fn check_signed(text: &str) {
    let fields: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("SMV-01: {error}: {text}"));
    check_members(&fields, &["signedMeterData", "signingMethod", "encodingMethod", "publicKey"], &[]);
    assert!(fields.as_object().unwrap().values().all(Value::is_string), "SMV-01: {text}");
}

fn check_members(object: &Value, required: &[&str], optional: &[&str]) {
    let members = object.as_object().expect("an object");
    for name in required {
        assert!(members.contains_key(*name), "RPC-19: {name} is missing: {object}");
    }
    for (name, value) in members {
        assert!(required.contains(&&**name) || optional.contains(&&**name), "RPC-19: {name}: {object}");
        assert!(!value.is_null(), "RPC-19: {name} is null: {object}");
        if name == "timestamp" {
            let text = value.as_str().expect("a date is a text");
            assert!(text.len() >= 20 && text.ends_with('Z'), "RPC-26: {text}");
            assert!(!text.starts_with("1970") && !text.starts_with("2106"), "BOOT-15: {text}");
        }
    }
}

/// Whether `actual` holds everything that `expected` names. `null` stands for a member that must not be there.
pub fn covers(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            expected.iter().all(|(name, value)| match (value, actual.get(name)) {
                (Value::Null, found) => found.is_none(),
                (_, None) => false,
                (value, Some(found)) => covers(value, found),
            })
        }
        (Value::Array(expected), Value::Array(actual)) => {
            expected.len() == actual.len() && expected.iter().zip(actual).all(|(value, found)| covers(value, found))
        }
        _ => expected == actual,
    }
}
