//! KEY: each configuration key of the Core profile, with its type, range and access (OCPP 1.6 §9.1, errata 3.80 to 3.91).

mod support;

use embedded_ocpp::json::Decimal;
use embedded_ocpp::ocpp16::{Measurand, MeterInput, MeterReading, Phase, UnitOfMeasure};
use embedded_ocpp::store::VendorKey;
use embedded_ocpp::{Boot, ChargePoint, Resources};
use serde_json::{Value, json};
use support::{Timeline, bench, booted, own_value};

const REGISTER: &str = "Energy.Active.Import.Register";

/// A key of a charge point that has booted.
struct Key {
    t: Timeline,
    name: &'static str,
}

/// With two connectors, locks, and a voltmeter on the first phase.
fn key(name: &'static str) -> Key {
    let voltage = |charger: &mut embedded_ocpp::ChargePoint<'static>| {
        let reading = MeterReading::new(Measurand::Voltage, Some(UnitOfMeasure::V)).phase(Phase::L1);
        charger
            .add_meter_value_input(MeterInput { connector: 1, reading, value: &|| Some(Decimal::tenths(2301)) })
            .unwrap();
    };
    Key { t: bench().two_connectors().lock().all_outputs().configure(voltage).booted(), name }
}

impl Key {
    fn told(&mut self) -> Value {
        let mut found = self.t.call("GetConfiguration", json!({"key": [self.name]})).result();
        assert_eq!(found["configurationKey"].as_array().map(Vec::len), Some(1), "{found}");
        found["configurationKey"][0].take()
    }

    /// The name is spelled like this, the key can be written, and this is its factory value.
    fn is(mut self, factory: &str) -> Self {
        assert_eq!(self.told(), json!({"key": self.name, "readonly": false, "value": factory}));
        self
    }

    /// The same for one that cannot be written.
    fn read_only(mut self, value: &str) {
        assert_eq!(self.told(), json!({"key": self.name, "readonly": true, "value": value}));
        self.change(value, "Rejected");
    }

    fn change(&mut self, value: &str, status: &str) {
        self.t.change_key(self.name, value, status);
    }

    fn takes(self, values: &[&str]) -> Self {
        values.iter().fold(self, |key, value| key.takes_as(value, value))
    }

    fn takes_as(mut self, value: &str, told: &str) -> Self {
        self.change(value, "Accepted");
        assert_eq!(self.told()["value"], told);
        self
    }

    fn refuses(mut self, values: &[&str]) -> Self {
        let before = self.told();
        for value in values {
            self.change(value, "Rejected");
        }
        assert_eq!(self.told(), before);
        self
    }

    /// This value is there after a reboot.
    fn keeps(mut self, value: &str) {
        self.change(value, "Accepted");
        self.t.reboot();
        self.t.boot();
        assert_eq!(self.told()["value"], value);
    }

    fn switch(self, factory: &str) {
        let other = if factory == "true" { "false" } else { "true" };
        self.is(factory).takes(&["true", "false"]).refuses(&["", "1", "yes"]).keeps(other);
    }

    /// A time or a number of times that may be 0.
    fn number(self, factory: &str) {
        self.is(factory).takes(&["0", "1", "900"]).refuses(&["", "-1", "1.5", "1 s", "2147483648"]).keeps("30");
    }

    fn measurands(self, factory: &str) {
        self.is(factory)
            .takes(&["", REGISTER, "Energy.Active.Import.Register,Power.Active.Import", "Voltage", "Voltage.L1"])
            .refuses(&["Nonsense", "SoC", "Voltage.L2", "Voltage,Voltage.L4"])
            .keeps("Power.Active.Import,Voltage.L1");
    }
}

// ---- Authorisation ----

#[test]
fn key_01_allow_offline_tx_for_unknown_id() {
    key("AllowOfflineTxForUnknownId").switch("false");
}

#[test]
fn key_02_authorization_cache_enabled() {
    key("AuthorizationCacheEnabled").switch("true");
}

#[test]
fn key_03_authorize_remote_tx_requests() {
    key("AuthorizeRemoteTxRequests").switch("false");
}

#[test]
fn key_12_local_authorize_offline() {
    key("LocalAuthorizeOffline").switch("true");
}

#[test]
fn key_13_local_pre_authorize() {
    key("LocalPreAuthorize").switch("false");
}

#[test]
fn key_14_max_energy_on_invalid_id() {
    key("MaxEnergyOnInvalidId").number("0");
}

// ---- Sessions ----

#[test]
fn key_06_connection_time_out() {
    key("ConnectionTimeOut").number("60");
}

#[test]
fn key_25_stop_transaction_on_ev_side_disconnect() {
    key("StopTransactionOnEVSideDisconnect").switch("true");
}

#[test]
fn key_26_stop_transaction_on_invalid_id() {
    key("StopTransactionOnInvalidId").switch("true");
}

#[test]
fn key_35_unlock_connector_on_ev_side_disconnect() {
    key("UnlockConnectorOnEVSideDisconnect").switch("true");
}

#[test]
fn key_35_a_fixed_cable_is_never_unlocked() {
    Key { t: booted(), name: "UnlockConnectorOnEVSideDisconnect" }.read_only("false");
}

#[test]
fn key_21_minimum_status_duration() {
    let refused = ["", "-1", "1.5", "1 s", "2147483648"];
    key("MinimumStatusDuration").is("0").takes(&["1", "900"]).refuses(&refused).takes(&["0"]).keeps("0");
}

// ---- Meter values ----

#[test]
fn key_05_clock_aligned_data_interval() {
    key("ClockAlignedDataInterval").number("0");
}

#[test]
fn key_07_connector_phase_rotation() {
    key("ConnectorPhaseRotation")
        .is("1.Unknown,2.Unknown")
        .takes(&["0.RST,1.RTS,2.SRT", "1.STR,2.TRS", "1.NotApplicable,2.TSR"])
        .refuses(&["RST", "1", "1.RRR", "3.RST", "1.RST,1.RTS", "1.rst.2"])
        .takes_as("0.RST, 1.RST, 2.RTS", "0.RST,1.RST,2.RTS")
        .keeps("1.RST,2.Unknown");
}

#[test]
fn key_07_cfg_10_the_default_of_63_connectors_keeps_to_500_characters() {
    let resources = Box::leak(Box::new(Resources::<63>::new()));
    let charger = ChargePoint::new(resources, Boot::new("Model", "Vendor")).unwrap();
    let text = own_value(&charger, "ConnectorPhaseRotation");
    // 9 items of 9 characters, 37 of 10, and 45 commas are 496; one more would be 507.
    let expected: Vec<_> = (1..=46).map(|connector| format!("{connector}.Unknown")).collect();
    assert_eq!(text, expected.join(","));
    assert_eq!(text.len(), 496);
}

#[test]
fn key_08_the_length_of_each_list() {
    for name in ["MeterValuesAlignedData", "MeterValuesSampledData", "StopTxnAlignedData", "StopTxnSampledData"] {
        key(format!("{name}MaxLength").leak()).read_only("13");
    }
    key("ConnectorPhaseRotationMaxLength").read_only("3");
}

#[test]
fn key_15_meter_values_aligned_data() {
    key("MeterValuesAlignedData").measurands(REGISTER);
}

#[test]
fn key_17_meter_values_sampled_data() {
    key("MeterValuesSampledData").measurands(REGISTER);
}

#[test]
fn key_19_meter_value_sample_interval() {
    key("MeterValueSampleInterval").number("0"); // as the bench sets it
}

#[test]
fn key_24_stop_transaction_max_meter_values() {
    key("StopTransactionMaxMeterValues").read_only("16");
}

#[test]
fn key_27_stop_txn_aligned_data() {
    key("StopTxnAlignedData").measurands("");
}

#[test]
fn key_29_stop_txn_sampled_data() {
    key("StopTxnSampledData").measurands("");
}

// ---- Messages ----

#[test]
fn key_10_heartbeat_interval() {
    key("HeartbeatInterval").is("86400").takes(&["1", "900"]).refuses(&["", "-1", "1.5", "1 s", "2147483648"]);
}

#[test]
fn key_20_message_timeout() {
    key("MessageTimeout").is("30").takes(&["1", "900"]).refuses(&["", "-1", "0", "1 s", "2147483648"]).keeps("45");
}

#[test]
fn key_33_transaction_message_attempts() {
    key("TransactionMessageAttempts").is("3").takes(&["0", "1", "9"]).refuses(&["", "-1", "x"]).keeps("5");
}

#[test]
fn key_34_transaction_message_retry_interval() {
    key("TransactionMessageRetryInterval").number("60");
}

#[test]
fn key_36_web_socket_ping_interval() {
    key("WebSocketPingInterval").number("60");
}

// ---- The charge point ----

#[test]
fn key_04_key_11_a_charge_point_with_a_lamp_brings_its_keys() {
    let lamp = |charger: &mut embedded_ocpp::ChargePoint<'static>| {
        for key in Box::leak(Box::new([
            VendorKey::integer(0, "BlinkRepeat", 3, 0, 100),
            VendorKey::integer(1, "LightIntensity", 80, 0, 100),
        ])) {
            charger.declare_configuration(key).unwrap();
        }
    };
    let t = bench().configure(lamp).booted();
    let lamp = Key { t, name: "LightIntensity" }.is("80").takes(&["0", "100"]).refuses(&["-1", "101"]);
    Key { t: lamp.t, name: "BlinkRepeat" }.is("3").takes(&["0"]).refuses(&["-1", "x"]).keeps("5");
}

#[test]
fn key_09_get_configuration_max_keys() {
    let value = key("GetConfigurationMaxKeys").told()["value"].clone();
    key("GetConfigurationMaxKeys").read_only(value.as_str().unwrap());
}

#[test]
fn key_22_number_of_connectors() {
    key("NumberOfConnectors").read_only("2");
}

#[test]
fn key_23_reset_retries() {
    key("ResetRetries").is("2").takes(&["0", "1", "5"]).refuses(&["", "-1", "x"]).keeps("3");
}

#[test]
fn key_31_supported_feature_profiles() {
    // Of the build with all profiles; tests/features.rs looks at the others.
    let all = "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger";
    key("SupportedFeatureProfiles").read_only(all);
}

/// All switches that the standard leaves to the charge point are there with what they switch; tests/features.rs looks at
/// those of absent profiles.
#[test]
fn cfg_11_the_switch_of_a_function_is_there_with_it() {
    let present = [
        "AllowOfflineTxForUnknownId",
        "AuthorizationCacheEnabled",
        "ConnectorSwitch3to1PhaseSupported",
        "LocalAuthListEnabled",
        "ReserveConnectorZeroSupported",
        "StopTransactionOnEVSideDisconnect",
    ];
    let found = booted().call("GetConfiguration", json!({ "key": present })).result();
    assert_eq!(found.get("unknownKey"), None);
    assert_eq!(found["configurationKey"].as_array().map(Vec::len), Some(present.len()), "{found}");
}
