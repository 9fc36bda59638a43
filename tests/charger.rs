//! What the example `charger` makes of its configuration, and of answers. The rest of it is tried by `.ci/interop`.

#![allow(dead_code)] // it needs more of its files than is looked at here

#[path = "../examples/charger/command.rs"]
mod command;
#[path = "../examples/charger/config.rs"]
mod config;
#[path = "../examples/charger/data_transfers.rs"]
mod data_transfers;
#[cfg(feature = "security")]
#[path = "../examples/charger/security_events.rs"]
mod security_events;
#[path = "../examples/charger/url.rs"]
mod url;

use config::Config;
use data_transfers::reply_of;
use embedded_ocpp::json::{Frame, scan};
use embedded_ocpp::ocpp16::FeatureProfile;
use embedded_ocpp::rpc::Outcome;
use std::path::PathBuf;

fn config(url: &str, identity: &str, keys: &str) -> Config {
    serde_json::from_str(&format!(
        r#"{{"url":"{url}","charge_point_id":"{identity}","data_dir":"","keys":{{{keys}}},
            "boot":{{"chargePointVendor":"V","chargePointModel":"M"}}}}"#
    ))
    .unwrap()
}

/// The example of OCPP-J §6.2.2. With the security extension the crate does it.
#[cfg(not(feature = "security"))]
#[test]
fn an_authorization_key_in_hexadecimal_is_sent_as_its_bytes() {
    let password = |key: &str| config("ws://csms", "AL1000", &format!(r#""AuthorizationKey":"{key}""#)).password();
    let bytes = [[0, 1, 2, 3, 4, 5, 6, 7, 0xFF, 0xFF], [0xFF; 10]].concat();
    assert_eq!(password("0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"), Some(bytes.clone()));
    assert_eq!(password("0001020304050607ffffffffffffffffffffffff"), Some(bytes));
    for text in ["0001020304050607FFFFFFFFFFFFFFFFFFFFFFF", "a passphrase with forty characters in it!", "secret"] {
        assert_eq!(password(text), Some(text.as_bytes().to_vec()), "{text}");
    }
    assert_eq!(password(""), None);
    assert_eq!(config("ws://csms", "AL1000", "").password(), None);
}

#[test]
fn profiles_that_the_key_does_not_name_are_left_out() {
    let left_out = |keys: &str| config("ws://csms", "AL1000", keys).left_out_profiles();
    assert_eq!(left_out(""), []);
    assert_eq!(
        left_out(r#""supportedfeatureprofiles":"Core, Reservation,SmartCharging""#),
        [FeatureProfile::FirmwareManagement, FeatureProfile::LocalAuthListManagement, FeatureProfile::RemoteTrigger]
    );
    let config = config("ws://csms", "AL1000", r#""SupportedFeatureProfiles":"Core","HeartbeatInterval":"60""#);
    assert_eq!(config.left_out_profiles().len(), 5);
    assert_eq!(config.factory_keys().collect::<Vec<_>>(), [("HeartbeatInterval", "60")]);
}

#[test]
fn the_identity_stands_in_the_path_and_the_query_behind_it() {
    for (url, host, path) in [
        ("ws://csms:80/ocpp/CP%201", "csms:80", "ocpp"),
        ("ws://csms/ocpp/", "csms", "ocpp"),
        ("ws://csms/ocpp?site=7/8", "csms", "ocpp?site=7/8"),
        ("ws://csms/ocpp/CP%201?site=7", "csms", "ocpp?site=7"),
        ("ws://csms/CP%201/?site=7", "csms", "?site=7"),
        ("wss://csms?site=7", "csms", "?site=7"),
        ("ws://csms", "csms", ""),
    ] {
        let config = config(url, "CP 1", "");
        let endpoint = config.endpoint(false).unwrap();
        assert_eq!((endpoint.host, endpoint.path.as_str(), endpoint.identity), (host, path, "CP 1"), "{url}");
    }
}

#[test]
fn a_url_alone_names_the_charge_point() {
    for url in ["ws://csms/ocpp/CP%201", "ws://csms/CP%201/", "ws://csms/ocpp/CP%201?site=7/8"] {
        let config = Config::of_url(url, PathBuf::new()).unwrap();
        assert_eq!(config.endpoint(false).unwrap().identity, "CP 1", "{url}");
    }
    for url in ["ws://csms", "ws://csms/", "ws://csms/?site=7"] {
        assert!(Config::of_url(url, PathBuf::new()).is_err(), "{url}");
    }
}

#[test]
fn the_reply_to_a_data_transfer_always_has_a_status() {
    let status = |outcome| reply_of(outcome)["status"].as_str().map(str::to_owned);
    for (payload, expected) in [
        (r#"{"status":"Accepted","data":"x"}"#, "Accepted"),
        (r#"{"status":"UnknownVendorId"}"#, "UnknownVendorId"),
        (r#"{}"#, "NotUnderstood"),
        (r#"{"status":7}"#, "NotUnderstood"),
        (r#"{"data":"x"}"#, "NotUnderstood"),
        ("null", "NotUnderstood"),
    ] {
        let message = format!(r#"[3,"1",{payload}]"#);
        let Ok(Frame::CallResult { payload, .. }) = scan(message.as_bytes()) else { panic!("{message}") };
        let reply = reply_of(Outcome::Result(payload));
        assert_eq!(reply["status"], expected, "{message}");
    }
    let Ok(Frame::CallError { code, description, .. }) = scan(br#"[4,"1","InternalError","no",{}]"#) else { panic!() };
    let error = reply_of(Outcome::Error { code, description });
    assert_eq!(error, serde_json::json!({"status": "CallError", "error_code": "InternalError", "description": "no"}));
    assert_eq!(status(Outcome::TimedOut { peer_alive: true }).as_deref(), Some("TimedOut"));
    assert_eq!(status(Outcome::LinkLost).as_deref(), Some("LinkLost"));
}
