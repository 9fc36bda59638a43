//! What each profile brings, and what is left of it when its feature is off: nothing. `.ci/run` builds this with no profile,
//! with each one alone and with all of them.

mod support;

use embedded_ocpp::ocpp16::FeatureProfile;
use embedded_ocpp::store::registry;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use support::{Configure, Timeline, bench};

struct Profile {
    /// As OCPP spells it (OCPP 1.6 §3.2).
    name: &'static str,
    is_on: bool,
    /// Those of OCPP 1.6 chapter 9 that belong to it alone.
    keys: &'static [&'static str],
    /// Those that a central system can send.
    actions: &'static [&'static str],
}

const PROFILES: [Profile; 5] = [
    Profile {
        name: "FirmwareManagement",
        is_on: cfg!(feature = "firmware-management"),
        keys: &["SupportedFileTransferProtocols"],
        actions: &["GetDiagnostics", "UpdateFirmware"],
    },
    Profile {
        name: "LocalAuthListManagement",
        is_on: cfg!(feature = "local-auth-list"),
        keys: &["LocalAuthListEnabled", "LocalAuthListMaxLength", "SendLocalListMaxLength"],
        actions: &["GetLocalListVersion", "SendLocalList"],
    },
    Profile {
        name: "Reservation",
        is_on: cfg!(feature = "reservation"),
        keys: &["ReserveConnectorZeroSupported"],
        actions: &["CancelReservation", "ReserveNow"],
    },
    Profile {
        name: "SmartCharging",
        is_on: cfg!(feature = "smart-charging"),
        keys: &[
            "ChargeProfileMaxStackLevel",
            "ChargingScheduleAllowedChargingRateUnit",
            "ChargingScheduleMaxPeriods",
            "ConnectorSwitch3to1PhaseSupported",
            "MaxChargingProfilesInstalled",
        ],
        actions: &["ClearChargingProfile", "GetCompositeSchedule", "SetChargingProfile"],
    },
    Profile { name: "RemoteTrigger", is_on: cfg!(feature = "remote-trigger"), keys: &[], actions: &["TriggerMessage"] },
];

/// A charge point that has told its states, so that only answers are to come.
fn charger() -> Timeline {
    bench().all_outputs().booted()
}

fn told_keys(t: &mut Timeline) -> Vec<Value> {
    t.call("GetConfiguration", json!({})).result()["configurationKey"].as_array().expect("keys").clone()
}

#[test]
fn supported_feature_profiles_are_those_of_the_build() {
    let mut t = charger();
    let told = t.call("GetConfiguration", json!({"key": ["SupportedFeatureProfiles"]})).result();
    let told = told["configurationKey"][0]["value"].as_str().expect("a list").to_owned();
    let expected: BTreeSet<_> =
        PROFILES.iter().filter(|profile| profile.is_on).map(|profile| profile.name).chain(["Core"]).collect();
    assert_eq!(told.split(',').collect::<BTreeSet<_>>(), expected);
}

#[test]
fn the_keys_of_a_profile_are_told_with_it_and_unknown_without() {
    let mut t = charger();
    let told = told_keys(&mut t);
    for profile in &PROFILES {
        for name in profile.keys {
            assert_eq!(told.iter().any(|key| key["key"] == *name), profile.is_on, "{name}");
            let asked = t.call("GetConfiguration", json!({ "key": [name] })).result();
            assert_eq!(asked.get("unknownKey").is_none(), profile.is_on, "{name}: {asked}");
            if !profile.is_on {
                t.change_key(name, "1", "NotSupported");
            }
        }
    }
}

const WITHOUT: [(&str, Configure); 5] = [
    ("FirmwareManagement", |c| c.leave_out(FeatureProfile::FirmwareManagement)),
    ("LocalAuthListManagement", |c| c.leave_out(FeatureProfile::LocalAuthListManagement)),
    ("Reservation", |c| c.leave_out(FeatureProfile::Reservation)),
    ("SmartCharging", |c| c.leave_out(FeatureProfile::SmartCharging)),
    ("RemoteTrigger", |c| c.leave_out(FeatureProfile::RemoteTrigger)),
];

#[test]
fn rpc_14_a_profile_that_the_firmware_leaves_out_is_not_there() {
    for (name, leave_out) in WITHOUT {
        let mut t = bench().all_outputs().configure(leave_out).booted();
        let told = t.call("GetConfiguration", json!({"key": ["SupportedFeatureProfiles"]})).result();
        let told = told["configurationKey"][0]["value"].as_str().expect("a list").to_owned();
        let others = PROFILES.iter().filter(|profile| profile.is_on && profile.name != name);
        let expected: BTreeSet<_> = others.map(|profile| profile.name).chain(["Core"]).collect();
        assert_eq!(told.split(',').collect::<BTreeSet<_>>(), expected);
        for action in PROFILES.iter().filter(|profile| profile.name == name).flat_map(|profile| profile.actions) {
            expect_absent(&mut t, action);
        }
    }
}

#[cfg(all(feature = "remote-trigger", feature = "firmware-management"))]
#[test]
fn trg_02_no_status_of_an_update_is_asked_for_where_updates_are_left_out() {
    let mut t =
        bench().all_outputs().configure(|charger| charger.leave_out(FeatureProfile::FirmwareManagement)).booted();
    for message in ["FirmwareStatusNotification", "DiagnosticsStatusNotification"] {
        let answer = t.call("TriggerMessage", json!({ "requestedMessage": message }));
        answer.expect_result(json!({"status": "NotImplemented"}));
    }
}

#[cfg(feature = "local-auth-list")]
#[test]
fn what_is_stored_of_a_profile_that_is_left_out_waits_until_it_is_there_again() {
    let mut t = charger();
    let list = json!([{"idTag": "TAG", "idTagInfo": {"status": "Accepted"}}]);
    let update = json!({"listVersion": 7, "updateType": "Full", "localAuthorizationList": list});
    t.call("SendLocalList", update).expect_result(json!({"status": "Accepted"}));
    let version = |t: &mut Timeline| t.call("GetLocalListVersion", json!({})).result()["listVersion"].clone();
    assert_eq!(version(&mut t), 7);
    t.reconfigure(|charger| charger.leave_out(FeatureProfile::LocalAuthListManagement));
    t.reboot();
    t.boot();
    assert_eq!(version(&mut t), -1);
    t.reconfigure(|_| {});
    t.reboot();
    t.boot();
    assert_eq!(version(&mut t), 7);
}

/// As where its feature is off.
fn expect_absent(t: &mut Timeline, action: &str) {
    let entry = json!({"idTag": "TAG", "idTagInfo": {"status": "Accepted"}});
    let reserve = json!({"connectorId": 1, "expiryDate": "2030-01-01T00:00:00Z", "idTag": "TAG", "reservationId": 1});
    let with_status = [
        ("GetLocalListVersion", json!({}), json!({"listVersion": -1})),
        (
            "SendLocalList",
            json!({"listVersion": 1, "updateType": "Full", "localAuthorizationList": [entry]}),
            json!({"status": "NotSupported"}),
        ),
        ("ReserveNow", reserve, json!({"status": "Rejected"})),
        ("CancelReservation", json!({"reservationId": 1}), json!({"status": "Rejected"})),
        ("TriggerMessage", json!({"requestedMessage": "Heartbeat"}), json!({"status": "NotImplemented"})),
    ];
    match with_status.iter().find(|(name, ..)| *name == action) {
        Some((_, request, expected)) => t.call(action, request.clone()).expect_result(expected.clone()),
        None => t.call(action, json!({})).expect_error("NotSupported"),
    };
}

#[test]
fn rpc_14_an_absent_profile_says_so_by_a_status_where_there_is_one() {
    for action in PROFILES.iter().filter(|profile| !profile.is_on).flat_map(|profile| profile.actions) {
        expect_absent(&mut charger(), action);
    }
}

#[test]
fn a_record_has_the_same_number_in_every_build() {
    assert_eq!((registry::SYSTEM, registry::JOURNAL_MARK), (1, 2));
    assert_eq!((registry::FIRMWARE_UPDATE, registry::DIAGNOSTICS), (3, 4));
    assert_eq!((registry::AVAILABILITY, registry::TRANSACTION), (0x40..0x80, 0x80..0xc0));
    assert_eq!((registry::CONFIGURATION, registry::CACHE), (0x100..0x200, 0x200..0x400));
    assert_eq!((registry::LOCAL_LIST, registry::RESERVATIONS), (0x400..0xc00, 0xc00..0xc40));
    assert_eq!((registry::CHARGING_PROFILES, registry::TRANSACTION_DATA), (0xc40..0xd00, 0xd00..0xd40));
    assert_eq!((registry::FIRMWARE, registry::JOURNAL), (0x1000..0x2000, 0x2000..0x4000));
}
