//! Requests of the central system that do not keep to the schemas: each fault of each member has its code (OCPP-J 4.2.3), at
//! whatever depth it is.

mod support;

use Kind::{Array, Date, Element, Integer, Long, Number, Object, Symbol, Text};
use serde_json::{Value, json};
use support::{Timeline, bench};

/// What a member must be, as the schemas say.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// At most so many characters.
    Text(usize),
    /// Any text.
    Date,
    /// One of a few texts.
    Symbol,
    Integer,
    /// A transactionId.
    Long,
    Number,
    Object,
    Array,
    /// An object in an array.
    Element,
}

struct Request {
    action: &'static str,
    /// With every member that the schema knows.
    payload: Value,
    /// Where each member lies, and whether it must be there.
    members: Vec<(&'static str, Kind, bool)>,
}

const REQUIRED: bool = true;
const OPTIONAL: bool = false;

fn profile() -> Value {
    json!({
        "chargingProfileId": 1, "transactionId": 42, "stackLevel": 0, "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "validFrom": "2025-01-01T00:00:00Z",
        "validTo": "2026-01-01T00:00:00Z", "chargingSchedule": {
            "duration": 60, "startSchedule": "2025-01-01T00:00:00Z", "chargingRateUnit": "A", "minChargingRate": 6.0,
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0, "numberPhases": 3}]
        }
    })
}

/// The members of a profile, behind `/csChargingProfiles`.
const OF_PROFILE: [(&str, Kind, bool); 18] = [
    ("/csChargingProfiles", Object, REQUIRED),
    ("/csChargingProfiles/chargingProfileId", Integer, REQUIRED),
    ("/csChargingProfiles/transactionId", Long, OPTIONAL),
    ("/csChargingProfiles/stackLevel", Integer, REQUIRED),
    ("/csChargingProfiles/chargingProfilePurpose", Symbol, REQUIRED),
    ("/csChargingProfiles/chargingProfileKind", Symbol, REQUIRED),
    ("/csChargingProfiles/recurrencyKind", Symbol, OPTIONAL),
    ("/csChargingProfiles/validFrom", Date, OPTIONAL),
    ("/csChargingProfiles/validTo", Date, OPTIONAL),
    ("/csChargingProfiles/chargingSchedule", Object, REQUIRED),
    ("/csChargingProfiles/chargingSchedule/duration", Integer, OPTIONAL),
    ("/csChargingProfiles/chargingSchedule/startSchedule", Date, OPTIONAL),
    ("/csChargingProfiles/chargingSchedule/chargingRateUnit", Symbol, REQUIRED),
    ("/csChargingProfiles/chargingSchedule/minChargingRate", Number, OPTIONAL),
    ("/csChargingProfiles/chargingSchedule/chargingSchedulePeriod", Array, REQUIRED),
    ("/csChargingProfiles/chargingSchedule/chargingSchedulePeriod/0", Element, REQUIRED),
    ("/csChargingProfiles/chargingSchedule/chargingSchedulePeriod/0/startPeriod", Integer, REQUIRED),
    ("/csChargingProfiles/chargingSchedule/chargingSchedulePeriod/0/limit", Number, REQUIRED),
];

#[rustfmt::skip]
fn requests() -> Vec<Request> {
    let request = |action, payload, members: &[_]| Request { action, payload, members: members.to_vec() };
    let mut all = vec![
        request("ChangeAvailability", json!({"connectorId": 1, "type": "Operative"}),
            &[("/connectorId", Integer, REQUIRED), ("/type", Symbol, REQUIRED)]),
        request("ChangeConfiguration", json!({"key": "ConnectionTimeOut", "value": "60"}),
            &[("/key", Text(50), REQUIRED), ("/value", Text(500), REQUIRED)]),
        request("ClearCache", json!({}), &[]),
        request("DataTransfer", json!({"vendorId": "V", "messageId": "M", "data": "D"}),
            &[("/vendorId", Text(255), REQUIRED), ("/messageId", Text(50), OPTIONAL),
              ("/data", Text(usize::MAX), OPTIONAL)]),
        request("GetConfiguration", json!({"key": ["ConnectionTimeOut"]}),
            &[("/key", Array, OPTIONAL), ("/key/0", Text(50), OPTIONAL)]),
        request("RemoteStopTransaction", json!({"transactionId": 42}), &[("/transactionId", Long, REQUIRED)]),
        request("Reset", json!({"type": "Soft"}), &[("/type", Symbol, REQUIRED)]),
        request("UnlockConnector", json!({"connectorId": 1}), &[("/connectorId", Integer, REQUIRED)]),
    ];
    if cfg!(feature = "smart-charging") {
        all.push(request("ClearChargingProfile",
            json!({"id": 1, "connectorId": 1, "chargingProfilePurpose": "TxProfile", "stackLevel": 0}),
            &[("/id", Integer, OPTIONAL), ("/connectorId", Integer, OPTIONAL),
              ("/chargingProfilePurpose", Symbol, OPTIONAL), ("/stackLevel", Integer, OPTIONAL)]));
        all.push(request("GetCompositeSchedule", json!({"connectorId": 1, "duration": 60, "chargingRateUnit": "A"}),
            &[("/connectorId", Integer, REQUIRED), ("/duration", Integer, REQUIRED),
              ("/chargingRateUnit", Symbol, OPTIONAL)]));
        let mut members = OF_PROFILE.to_vec();
        members.push(("/connectorId", Integer, REQUIRED));
        let payload = json!({"connectorId": 1, "csChargingProfiles": profile()});
        all.push(Request { action: "SetChargingProfile", payload, members });
    }
    let mut remote_start = request("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "TAG"}),
        &[("/connectorId", Integer, OPTIONAL), ("/idTag", Text(20), REQUIRED)]);
    if cfg!(feature = "smart-charging") {
        remote_start.payload["chargingProfile"] = profile();
        for (path, kind, is_required) in OF_PROFILE {
            let path = path.replace("csChargingProfiles", "chargingProfile").leak();
            remote_start.members.push((path, kind, is_required && path != "/chargingProfile"));
        }
    }
    all.push(remote_start);
    if cfg!(feature = "reservation") {
        all.push(request("ReserveNow",
            json!({"connectorId": 1, "expiryDate": "2026-01-01T00:00:00Z", "idTag": "TAG", "parentIdTag": "GROUP",
                   "reservationId": 1}),
            &[("/connectorId", Integer, REQUIRED), ("/expiryDate", Date, REQUIRED), ("/idTag", Text(20), REQUIRED),
              ("/parentIdTag", Text(20), OPTIONAL), ("/reservationId", Integer, REQUIRED)]));
        all.push(request("CancelReservation", json!({"reservationId": 1}), &[("/reservationId", Integer, REQUIRED)]));
    }
    if cfg!(feature = "local-auth-list") {
        all.push(request("GetLocalListVersion", json!({}), &[]));
        let info = json!({"status": "Accepted", "parentIdTag": "GROUP", "expiryDate": "2026-01-01T00:00:00Z"});
        all.push(request("SendLocalList",
            json!({"listVersion": 1, "updateType": "Full",
                   "localAuthorizationList": [{"idTag": "TAG", "idTagInfo": info}]}),
            &[("/listVersion", Integer, REQUIRED), ("/updateType", Symbol, REQUIRED),
              ("/localAuthorizationList", Array, OPTIONAL), ("/localAuthorizationList/0", Element, OPTIONAL),
              ("/localAuthorizationList/0/idTag", Text(20), REQUIRED),
              ("/localAuthorizationList/0/idTagInfo", Object, OPTIONAL),
              ("/localAuthorizationList/0/idTagInfo/status", Symbol, REQUIRED),
              ("/localAuthorizationList/0/idTagInfo/parentIdTag", Text(20), OPTIONAL),
              ("/localAuthorizationList/0/idTagInfo/expiryDate", Date, OPTIONAL)]));
    }
    if cfg!(feature = "remote-trigger") {
        all.push(request("TriggerMessage", json!({"requestedMessage": "Heartbeat", "connectorId": 1}),
            &[("/requestedMessage", Text(usize::MAX), REQUIRED), ("/connectorId", Integer, OPTIONAL)]));
    }
    if cfg!(feature = "firmware-management") {
        let location = ("/location", Text(usize::MAX), REQUIRED);
        let (retries, interval) = (("/retries", Integer, OPTIONAL), ("/retryInterval", Integer, OPTIONAL));
        all.push(request("UpdateFirmware",
            json!({"location": "ftp://host/", "retrieveDate": "2025-01-01T00:00:00Z", "retries": 1, "retryInterval": 1}),
            &[location, ("/retrieveDate", Date, REQUIRED), retries, interval]));
        all.push(request("GetDiagnostics",
            json!({"location": "ftp://host/", "startTime": "2025-01-01T00:00:00Z", "stopTime": "2025-01-02T00:00:00Z",
                   "retries": 1, "retryInterval": 1}),
            &[location, ("/startTime", Date, OPTIONAL), ("/stopTime", Date, OPTIONAL), retries, interval]));
    }
    all
}

/// Values that a member must not have, and the code that each gets.
fn faults(kind: Kind) -> Vec<(Value, &'static str)> {
    const TYPE: &str = "TypeConstraintViolation";
    const PROPERTY: &str = "PropertyConstraintViolation";
    let mut faults = vec![(json!(true), TYPE)];
    if !matches!(kind, Text(_) | Date | Symbol) {
        faults.extend([(json!("1"), TYPE), (json!(""), TYPE)]);
    }
    if !matches!(kind, Integer | Long | Number) {
        faults.extend([(json!(1), TYPE), (json!(-1.5), TYPE)]);
    }
    if !matches!(kind, Object | Element) {
        faults.push((json!({"a": [{}]}), TYPE));
    }
    if kind != Array {
        faults.push((json!([1, {}]), TYPE));
    }
    match kind {
        Text(usize::MAX) => {}
        Text(max) => faults.push((json!("ä".repeat(max + 1)), PROPERTY)),
        Date => faults.extend(["", "never", "2025-02-30T00:00:00Z"].map(|text| (json!(text), PROPERTY))),
        Symbol => faults.extend(["", "accepted", &"A".repeat(300)].map(|text| (json!(text), PROPERTY))),
        Integer => faults.extend([
            (json!(1.5), TYPE),
            (json!(1e3), TYPE),
            (json!(2_147_483_648_i64), PROPERTY),
            (json!(i64::MIN), PROPERTY),
        ]),
        Long => faults.extend([(json!(1.5), TYPE), (json!(u64::MAX), PROPERTY)]),
        _ => {}
    }
    faults
}

/// The object around a member, and its name.
fn parent(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap()
}

fn expect(t: &mut Timeline, request: &Request, payload: &str, code: &str) {
    let id = t.call_as_written(request.action, payload).later();
    let answer = t.wire_text();
    assert!(
        answer.starts_with(&format!(r#"[4,"{id}","{code}","#)),
        "{} {payload}: expected {code}, found {answer}",
        request.action
    );
}

/// What becomes of `text` when one byte is missing, or one stands there that should not.
fn slips(text: &str) -> impl Iterator<Item = String> + '_ {
    let places = text.char_indices().map(|(place, _)| place);
    places.flat_map(move |place| {
        let (before, behind) = text.split_at(place);
        let missing = format!("{before}{}", &behind[1..]);
        let cut = before.to_owned();
        let too_many =
            [",", "]", "}", "{", "[", "\"", "0", "x", "\u{1}", ":"].map(|extra| format!("{before}{extra}{behind}"));
        too_many.into_iter().chain([missing, cut])
    })
}

#[test]
fn rpc_17_a_request_that_is_no_json_does_nothing_wherever_it_breaks() {
    let mut t = bench().all_outputs().booted();
    t.take_log();
    for request in &requests() {
        let text = request.payload.to_string();
        let broken = slips(&text).filter(|slip| serde_json::from_str::<Value>(&format!("[{slip}]")).is_err());
        for payload in broken.chain([format!("{text}]"), format!("{text},"), format!("{text}}}"), format!("{text},7,")])
        {
            let dropped = t.charger().statistics().dropped;
            t.call_as_written(request.action, &payload).later();
            assert_eq!(t.wire_text(), "", "{} {payload}", request.action);
            assert_eq!(t.charger().statistics().dropped, dropped + 1, "{} {payload}", request.action);
        }
    }
    assert_eq!(t.take_log(), []);
}

#[test]
fn rpc_15_every_fault_of_every_member_has_its_code() {
    let mut t = bench().all_outputs().booted();
    for request in &requests() {
        let sound = &request.payload;
        let is_member = |path: &str| sound.pointer(parent(path).0).unwrap().is_object();
        for (path, kind, is_required) in &request.members {
            for (value, code) in faults(*kind) {
                let mut payload = sound.clone();
                *payload.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value;
                expect(&mut t, request, &payload.to_string(), code);
            }
            if !is_member(path) {
                continue;
            }
            let (place, name) = parent(path);
            let mut twice = sound.clone();
            twice.pointer_mut(place).unwrap()["TWICE"] = sound.pointer(path).unwrap().clone();
            let twice = twice.to_string().replace("\"TWICE\"", &format!("\"{name}\""));
            expect(&mut t, request, &twice, "OccurenceConstraintViolation");
            if *is_required {
                let mut payload = sound.clone();
                *payload.pointer_mut(path).unwrap() = Value::Null;
                expect(&mut t, request, &payload.to_string(), "OccurenceConstraintViolation");
                payload.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(name);
                expect(&mut t, request, &payload.to_string(), "OccurenceConstraintViolation");
            }
        }
        let objects = request.members.iter().filter(|(_, kind, _)| matches!(kind, Object | Element));
        for object in objects.map(|(path, ..)| *path).chain([""]) {
            for value in [json!(1), json!(null), json!([{"a": "]"}])] {
                let mut payload = sound.clone();
                payload.pointer_mut(object).unwrap()["unknown"] = value;
                expect(&mut t, request, &payload.to_string(), "FormationViolation");
            }
        }
    }
}
