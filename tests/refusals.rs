//! RPC-15: each wrong request is refused with a code for the central system and a description for people (OCPP-J 1.6 §4.2.3).
#![cfg(all(
    feature = "firmware-management",
    feature = "local-auth-list",
    feature = "reservation",
    feature = "smart-charging",
    feature = "remote-trigger"
))]

mod support;

use serde_json::{Value, json};
use support::profiles::{profile, with};
use support::{Timeline, bench, date};

fn charger() -> Timeline {
    bench().all_outputs().booted()
}

#[test]
fn rpc_15_a_wrong_shape_is_told() {
    let mut t = charger();
    for (action, request, code, description) in [
        ("Reset", json!({}), "OccurenceConstraintViolation", "field missing"),
        ("Reset", json!({"type": 1}), "TypeConstraintViolation", "wrong type"),
        ("Reset", json!({"type": "Soft", "more": 1}), "FormationViolation", "unknown field"),
        ("Reset", json!({"type": "x".repeat(21)}), "PropertyConstraintViolation", "value too long"),
        ("GetConfiguration", json!({"key": [1]}), "TypeConstraintViolation", "wrong type"),
        ("GetConfiguration", json!({"key": ["x".repeat(51)]}), "PropertyConstraintViolation", "value too long"),
        (
            "GetConfiguration",
            json!({"key": vec!["x"; 31]}),
            "OccurenceConstraintViolation",
            "more keys than GetConfigurationMaxKeys",
        ),
        ("Sing", json!({}), "NotImplemented", ""),
    ] {
        t.call(action, request).expect_refusal(code, description);
    }
    let twice = r#"{"type":"Soft","type":"Soft"}"#;
    t.call_as_written("Reset", twice).expect_refusal("OccurenceConstraintViolation", "field twice");
    bench().booted().call("GetDiagnostics", json!({"location": "ftp://a"})).expect_refusal("NotSupported", "");
}

#[test]
fn rpc_15_a_value_that_is_not_allowed_is_told_by_its_name() {
    let mut t = charger();
    let list = |info: Value| {
        json!({"listVersion": 1, "updateType": "Full", "localAuthorizationList": [
        {"idTag": "TAG", "idTagInfo": info}]})
    };
    let set = |change: Value| json!({"connectorId": 1, "csChargingProfiles": with(profile(1, 0, &[(0, 6.0)]), change)});
    let recurring = |kind: &str| json!({"chargingProfileKind": "Recurring", "recurrencyKind": kind});
    for (action, request, description) in [
        ("ChangeAvailability", json!({"connectorId": 1, "type": "On"}), "type"),
        ("Reset", json!({"type": "Medium"}), "type"),
        ("ReserveNow", json!({"connectorId": 1, "expiryDate": "x", "idTag": "T", "reservationId": 1}), "expiryDate"),
        ("SendLocalList", json!({"listVersion": 1, "updateType": "Part"}), "updateType"),
        ("SendLocalList", list(json!({"status": "Good"})), "status"),
        ("SendLocalList", list(json!({"status": "Accepted", "expiryDate": "x"})), "idTagInfo"),
        (
            "SetChargingProfile",
            json!({"connectorId": -1, "csChargingProfiles": profile(1, 0, &[(0, 6.0)])}),
            "connectorId",
        ),
        ("SetChargingProfile", set(json!({"chargingProfilePurpose": "x"})), "chargingProfilePurpose"),
        ("SetChargingProfile", set(json!({"chargingProfileKind": "x"})), "chargingProfileKind"),
        ("SetChargingProfile", set(json!({"chargingRateUnit": "x"})), "chargingRateUnit"),
        ("SetChargingProfile", set(json!({"startSchedule": "x"})), "startSchedule"),
        ("SetChargingProfile", set(recurring("Hourly")), "recurrencyKind"),
        ("SetChargingProfile", set(json!({"validFrom": "x"})), "validFrom"),
        ("SetChargingProfile", set(json!({"validTo": "x"})), "validTo"),
        ("ClearChargingProfile", json!({"chargingProfilePurpose": "x"}), "chargingProfilePurpose"),
        ("GetCompositeSchedule", json!({"connectorId": 1, "duration": 1, "chargingRateUnit": "V"}), "chargingRateUnit"),
        ("UpdateFirmware", json!({"location": "a b", "retrieveDate": date(0)}), "location"),
        ("UpdateFirmware", json!({"location": "x".repeat(600), "retrieveDate": date(0)}), "location too long"),
        ("UpdateFirmware", json!({"location": "ftp://a", "retrieveDate": "x"}), "date"),
    ] {
        t.call(action, request).expect_refusal("PropertyConstraintViolation", description);
    }
}
