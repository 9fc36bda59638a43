//! The frames of the benchmark, those that the central system sends. They are the ones that MicroOcpp was
//! measured with, so that both do the same work.
//!
//! An answer to the charge point repeats the message id of its call, so only the payload is fixed.

/// The calls of the charge point from boot on, each with the payload of its answer.
pub(crate) const BOOT: &[(&str, &str)] = &[
    ("BootNotification", r#"{"status":"Accepted","currentTime":"2025-01-01T00:00:00.000Z","interval":86400}"#),
    ("StatusNotification", "{}"),
    ("StatusNotification", "{}"),
];

/// The configuration that the session needs, set after boot.
pub(crate) const PREPARE: [&str; 2] = [
    r#"[2,"csms-00000001","ChangeConfiguration",{"key":"MeterValuesSampledData","value":"Energy.Active.Import.Register,Power.Active.Import"}]"#,
    r#"[2,"csms-00000002","ChangeConfiguration",{"key":"MeterValueSampleInterval","value":"5"}]"#,
];

/// `RemoteStartTransaction` while no plug is inserted.
pub(crate) const REMOTE_START: &str =
    r#"[2,"csms-00000003","RemoteStartTransaction",{"connectorId":1,"idTag":"04A1B2C3D4E5F6"}]"#;

/// `GetConfiguration` of all keys.
pub(crate) const GET_CONFIGURATION_ALL: &str = r#"[2,"csms-00000004","GetConfiguration",{}]"#;

/// `GetConfiguration` of one key.
pub(crate) const GET_CONFIGURATION_ONE: &str =
    r#"[2,"csms-00000005","GetConfiguration",{"key":["HeartbeatInterval"]}]"#;

/// `ChangeConfiguration`, each time to another value.
pub(crate) const CHANGE_CONFIGURATION: [&str; 2] = [
    r#"[2,"csms-00000006","ChangeConfiguration",{"key":"ConnectionTimeOut","value":"60"}]"#,
    r#"[2,"csms-00000007","ChangeConfiguration",{"key":"ConnectionTimeOut","value":"61"}]"#,
];

/// `SetChargingProfile` with 5 periods, each time the same.
pub(crate) const SET_CHARGING_PROFILE_5: &str = concat!(
    r#"[2,"csms-00000008","SetChargingProfile",{"connectorId":1,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Absolute","chargingSchedule":{"duration":86400,"startSchedule":"2025-01-01T00:00:00.000Z","chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":16.0,"numberPhases":3},"#,
    r#"{"startPeriod":3600,"limit":15.0,"numberPhases":3},"#,
    r#"{"startPeriod":7200,"limit":14.0,"numberPhases":3},"#,
    r#"{"startPeriod":10800,"limit":13.0,"numberPhases":3},"#,
    r#"{"startPeriod":14400,"limit":12.0,"numberPhases":3}]}}}]"#,
);

/// The same with 20 periods.
pub(crate) const SET_CHARGING_PROFILE_20: &str = concat!(
    r#"[2,"csms-00000009","SetChargingProfile",{"connectorId":1,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Absolute","chargingSchedule":{"duration":86400,"startSchedule":"2025-01-01T00:00:00.000Z","chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":16.0,"numberPhases":3},"#,
    r#"{"startPeriod":3600,"limit":15.0,"numberPhases":3},"#,
    r#"{"startPeriod":7200,"limit":14.0,"numberPhases":3},"#,
    r#"{"startPeriod":10800,"limit":13.0,"numberPhases":3},"#,
    r#"{"startPeriod":14400,"limit":12.0,"numberPhases":3},"#,
    r#"{"startPeriod":18000,"limit":11.0,"numberPhases":3},"#,
    r#"{"startPeriod":21600,"limit":10.0,"numberPhases":3},"#,
    r#"{"startPeriod":25200,"limit":9.0,"numberPhases":3},"#,
    r#"{"startPeriod":28800,"limit":16.0,"numberPhases":3},"#,
    r#"{"startPeriod":32400,"limit":15.0,"numberPhases":3},"#,
    r#"{"startPeriod":36000,"limit":14.0,"numberPhases":3},"#,
    r#"{"startPeriod":39600,"limit":13.0,"numberPhases":3},"#,
    r#"{"startPeriod":43200,"limit":12.0,"numberPhases":3},"#,
    r#"{"startPeriod":46800,"limit":11.0,"numberPhases":3},"#,
    r#"{"startPeriod":50400,"limit":10.0,"numberPhases":3},"#,
    r#"{"startPeriod":54000,"limit":9.0,"numberPhases":3},"#,
    r#"{"startPeriod":57600,"limit":16.0,"numberPhases":3},"#,
    r#"{"startPeriod":61200,"limit":15.0,"numberPhases":3},"#,
    r#"{"startPeriod":64800,"limit":14.0,"numberPhases":3},"#,
    r#"{"startPeriod":68400,"limit":13.0,"numberPhases":3}]}}}]"#,
);

/// `SendLocalList` of a whole list with 10 entries.
pub(crate) const SEND_LOCAL_LIST_10: &str = concat!(
    r#"[2,"csms-00000010","SendLocalList",{"listVersion":11,"updateType":"Full","localAuthorizationList":[{"idTag":"04A1B2C3D40000","idTagInfo":{"expiryDate":"2027-01-01T00:00:00.000Z","status":"Accepted"}},"#,
    r#"{"idTag":"04A1B2C3D40001","idTagInfo":{"expiryDate":"2027-01-01T00:00:00.000Z","status":"Accepted"}},"#,
    r#"{"idTag":"04A1B2C3D40002","idTagInfo":{"expiryDate":"2027-01-01T00:00:00.000Z","status":"Accepted"}},"#,
    r#"{"idTag":"04A1B2C3D40003","idTagInfo":{"expiryDate":"2027-01-01T00:00:00.000Z","status":"Accepted"}},"#,
    r#"{"idTag":"04A1B2C3D40004","idTagInfo":{"expiryDate":"2027-01-01T00:00:00.000Z","status":"Accepted"}},"#,
    r#"{"idTag":"04A1B2C3D40005","idTagInfo":{"expiryDate":"2027-01-01T00:00:00.000Z","status":"Accepted"}},"#,
    r#"{"idTag":"04A1B2C3D40006","idTagInfo":{"expiryDate":"2027-01-01T00:00:00.000Z","status":"Accepted"}},"#,
    r#"{"idTag":"04A1B2C3D40007","idTagInfo":{"expiryDate":"2027-01-01T00:00:00.000Z","status":"Accepted"}},"#,
    r#"{"idTag":"04A1B2C3D40008","idTagInfo":{"expiryDate":"2027-01-01T00:00:00.000Z","status":"Accepted"}},"#,
    r#"{"idTag":"04A1B2C3D40009","idTagInfo":{"expiryDate":"2027-01-01T00:00:00.000Z","status":"Accepted"}}]}]"#,
);

/// `TriggerMessage` of a `Heartbeat`; the heartbeat itself follows and is answered by [`HEARTBEAT`].
pub(crate) const TRIGGER_HEARTBEAT: &str = r#"[2,"csms-00000012","TriggerMessage",{"requestedMessage":"Heartbeat"}]"#;

/// The payload of the answer to a `Heartbeat`.
pub(crate) const HEARTBEAT: &str = r#"{"currentTime":"2025-01-01T00:00:00.000Z"}"#;

/// An action that does not exist.
pub(crate) const UNKNOWN_ACTION: &str = r#"[2,"csms-00000013","FooBar",{}]"#;

/// A whole session: the calls of the charge point in order, each with the payload of its answer. Plug in,
/// begin, ten `MeterValues` 5 s apart, end, plug out.
pub(crate) const SESSION: &[(&str, &str)] = &[
    ("StatusNotification", "{}"),
    ("Authorize", r#"{"idTagInfo":{"status":"Accepted"}}"#),
    ("StartTransaction", r#"{"transactionId":1234,"idTagInfo":{"status":"Accepted"}}"#),
    ("StatusNotification", "{}"),
    ("MeterValues", "{}"),
    ("MeterValues", "{}"),
    ("MeterValues", "{}"),
    ("MeterValues", "{}"),
    ("MeterValues", "{}"),
    ("MeterValues", "{}"),
    ("MeterValues", "{}"),
    ("MeterValues", "{}"),
    ("MeterValues", "{}"),
    ("MeterValues", "{}"),
    ("StopTransaction", r#"{"idTagInfo":{"status":"Accepted"}}"#),
    ("StatusNotification", "{}"),
    ("StatusNotification", "{}"),
];
