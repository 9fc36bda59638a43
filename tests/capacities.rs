//! KEY: what the charge point announces as a capacity works, with the longest texts that a request may have, in buffers of
//! any size.

mod support;

use embedded_ocpp::facade::capacity::{
    Capacities, ChargingProfiles, LocalList, ReceiveBuffer, Reservations, SchedulePeriods, SendBuffer,
};
use embedded_ocpp::json::Decimal;
use embedded_ocpp::ocpp16::{Measurand, MeterReading, Phase};
use embedded_ocpp::{Boot, ChargePoint, Resources};
use serde_json::{Value, json};
use support::meters::add_meter;
use support::profiles::{limited, maximum, profile, with};
use support::{Bench, Frame, Timeline, bench, own_value};

/// The same bench with the default buffers, and with the smallest ones: with the length of the receive buffer.
fn both(bench: fn() -> Bench) -> [(Bench, usize); 2] {
    [(bench(), 2048), (bench().small_buffers(), 256)]
}

/// The payload of the answer to a request with the longest id, which must fit the receive buffer.
fn ask(t: &mut Timeline, receive: usize, action: &str, payload: &Value) -> Value {
    let id = "ffffffff-ffff-ffff-ffff-ffffffffffff";
    let request = json!([2, id, action, payload]).to_string();
    assert!(request.len() <= receive, "{} bytes: {request}", request.len());
    t.send(&request);
    match t.next_frame() {
        Some(Frame::Result { payload, .. }) => payload,
        other => panic!("{action}: {other:?}"),
    }
}

/// The value of a key.
fn value(t: &mut Timeline, name: &str) -> String {
    let found = t.call("GetConfiguration", json!({ "key": [name] })).result();
    found["configurationKey"][0]["value"].as_str().unwrap().to_owned()
}

fn announced(t: &mut Timeline, name: &str) -> usize {
    value(t, name).parse().unwrap()
}

#[test]
fn lst_07_as_many_entries_as_were_announced_fit_the_receive_buffer() {
    for ((bench, receive), expected) in both(bench).into_iter().zip([12, 0]) {
        let mut t = bench.booted();
        let at_once = announced(&mut t, "SendLocalListMaxLength");
        assert_eq!(at_once, expected);
        let info = json!({"expiryDate": "2099-12-31T23:59:59.999+00:00", "parentIdTag": "12345678901234567890",
            "status": "ConcurrentTx"});
        let entry = |number| json!({"idTag": format!("{number:020}"), "idTagInfo": info});
        let all: Vec<_> = (0..announced(&mut t, "LocalAuthListMaxLength")).map(entry).collect();
        assert_eq!(all.len(), 48);
        for (entries, version) in all.chunks(at_once.max(1)).zip(2_000_000_000..).take_while(|_| at_once > 0) {
            let payload =
                json!({"listVersion": version, "updateType": "Differential", "localAuthorizationList": entries});
            assert_eq!(ask(&mut t, receive, "SendLocalList", &payload), json!({"status": "Accepted"}));
        }
        // What is as short as in most lists fits the smallest buffer as well.
        let one = json!([{"idTag": "04A2B3C4D5E680", "idTagInfo": {"status": "Accepted"}}]);
        let payload = json!({"listVersion": 1, "updateType": "Full", "localAuthorizationList": one});
        assert_eq!(ask(&mut t, receive, "SendLocalList", &payload), json!({"status": "Accepted"}));
    }
}

#[test]
fn key_09_cfg_03_as_many_names_as_were_announced_fit_the_receive_buffer() {
    for ((bench, receive), expected) in both(bench).into_iter().zip([30, 3]) {
        let mut t = bench.booted();
        let count = announced(&mut t, "GetConfigurationMaxKeys");
        assert_eq!(count, expected);
        let names: Vec<_> = (0..count).map(|number| format!("{number:x>50}")).collect();
        let conf = ask(&mut t, receive, "GetConfiguration", &json!({ "key": names }));
        assert_eq!(conf["unknownKey"], json!(names));
    }
}

#[test]
fn sc_23_key_43_as_many_periods_as_were_announced_fit_the_receive_buffer() {
    for ((bench, receive), expected) in both(limited).into_iter().zip([24, 0]) {
        let mut t = bench.booted();
        let count = announced(&mut t, "ChargingScheduleMaxPeriods");
        assert_eq!(count, expected);
        let period = |n: usize| json!({"startPeriod": if n == 0 { 0 } else { 2_600_000 + n }, "limit": 10_000.1, "numberPhases": 3});
        let periods: Vec<_> = (0..count).map(period).collect();
        let longest = json!({"recurrencyKind": "Weekly", "chargingProfileKind": "Recurring", "duration": i32::MAX,
            "validFrom": "2025-01-01T00:00:00.000+00:00", "validTo": "2099-12-31T23:59:59.999+00:00",
            "startSchedule": "2025-01-01T00:00:00.000+00:00", "minChargingRate": 10_000.1, "transactionId": i32::MAX,
            "chargingSchedulePeriod": periods});
        let levels = announced(&mut t, "ChargeProfileMaxStackLevel");
        let profiles = announced(&mut t, "MaxChargingProfilesInstalled");
        for n in (0..profiles).take_while(|_| count > 0) {
            let id = i32::MAX - n as i32;
            let level = (levels - n % (levels + 1)) as i32;
            let profile = if n <= levels { maximum(id, level, &[]) } else { profile(id, level, &[]) };
            let request = json!({"connectorId": 0, "csChargingProfiles": with(profile, longest.clone())});
            assert_eq!(ask(&mut t, receive, "SetChargingProfile", &request), json!({"status": "Accepted"}), "{n}");
        }
    }
}

#[test]
fn key_08_mv_15_as_many_measurands_as_were_announced_fit_a_value_and_the_receive_buffer() {
    for ((bench, receive), expected) in both(bench).into_iter().zip([13, 3]) {
        let mut t = bench.start();
        let phases = [
            (Phase::L1N, "L1-N"),
            (Phase::L2N, "L2-N"),
            (Phase::L3N, "L3-N"),
            (Phase::L1L2, "L1-L2"),
            (Phase::L2L3, "L2-L3"),
            (Phase::L3L1, "L3-L1"),
        ];
        let mut items = vec!["Energy.Reactive.Export.Register".to_owned()];
        for (measurand, name) in [
            (Measurand::EnergyReactiveExportRegister, "Energy.Reactive.Export.Register"),
            (Measurand::EnergyReactiveImportInterval, "Energy.Reactive.Import.Interval"),
        ] {
            for (phase, suffix) in phases {
                add_meter(&mut t, 1, MeterReading::new(measurand, None).phase(phase)).set(Some(Decimal::whole(1)));
                items.insert(0, format!("{name}.{suffix}"));
            }
        }
        t.boot();
        for list in ["MeterValuesSampledData", "MeterValuesAlignedData", "StopTxnSampledData", "StopTxnAlignedData"] {
            let count = announced(&mut t, &format!("{list}MaxLength"));
            assert_eq!(count, expected, "{list}");
            let wanted = items[..count].join(",");
            let conf = ask(&mut t, receive, "ChangeConfiguration", &json!({"key": list, "value": wanted}));
            assert_eq!(conf, json!({"status": "Accepted"}), "{list}");
            assert_eq!(value(&mut t, list), wanted);
            assert!(wanted.len() <= 500);
        }
    }
}

#[test]
fn key_08_key_07_as_many_phase_rotations_as_were_announced_fit_a_value_and_the_receive_buffer() {
    for (bench, receive) in both(bench) {
        let mut t = bench.booted();
        let count = announced(&mut t, "ConnectorPhaseRotationMaxLength");
        assert_eq!(count, 2);
        let change = json!({"key": "ConnectorPhaseRotation", "value": "0.NotApplicable,1.NotApplicable"});
        assert_eq!(ask(&mut t, receive, "ChangeConfiguration", &change), json!({"status": "Accepted"}));
    }
    let resources = Box::leak(Box::new(Resources::<63>::new()));
    let charger = ChargePoint::new(resources, Boot::new("Model", "Vendor")).unwrap();
    let text = own_value(&charger, "ConnectorPhaseRotationMaxLength");
    let longest: Vec<_> = (35..64).map(|connector| format!("{connector}.NotApplicable")).collect();
    assert_eq!(text, longest.len().to_string());
    assert!(longest.join(",").len() <= 500 && 500 < longest.join(",").len() + ",34.NotApplicable".len());
}

#[test]
fn rsv_01_the_longest_reservation_fits_the_smallest_buffer() {
    let mut t = bench().small_buffers().booted();
    let request = json!({"connectorId": 63, "expiryDate": "2099-12-31T23:59:59.999+00:00", "idTag": "12345678901234567890",
        "parentIdTag": "12345678901234567890", "reservationId": i32::MIN});
    assert_eq!(ask(&mut t, 256, "ReserveNow", &request), json!({"status": "Rejected"}), "there is no such connector");
}

/// The value of a key of a charge point with these resources.
fn announced_by<const N: usize, C: Capacities + 'static>(resources: Resources<'static, N, C>, key: &str) -> String {
    own_value(&ChargePoint::new(Box::leak(Box::new(resources)), Boot::new("Model", "Vendor")).unwrap(), key)
}

#[test]
fn another_number_is_named_alone_and_all_others_stay_the_usual_ones() {
    let named = |key| announced_by(Resources::<1, ChargingProfiles<3, LocalList<5>>>::new(), key);
    assert_eq!(named("MaxChargingProfilesInstalled"), "3");
    assert_eq!(named("LocalAuthListMaxLength"), "5");
    let usual = |key| announced_by(Resources::<1>::new(), key);
    assert_eq!(usual("MaxChargingProfilesInstalled"), "10");
    assert_eq!(usual("LocalAuthListMaxLength"), "48");
    assert_eq!(named("ChargingScheduleMaxPeriods"), usual("ChargingScheduleMaxPeriods"));
}

#[test]
fn what_is_not_wanted_costs_no_memory() {
    type OneLess = LocalList<47, ReceiveBuffer<2040, SendBuffer<1528>>>;
    // Of the list an entry with the room for a new one beside it, and of each buffer eight bytes.
    assert_eq!(Resources::<1>::RAM_BYTES - Resources::<1, OneLess>::RAM_BYTES, 8 + 8 + 8);
    let without = Resources::<1, SchedulePeriods<0>>::RAM_BYTES;
    assert_eq!(Resources::<1>::RAM_BYTES - without, 10 * 24 * 8, "ten profiles of 24 periods");
    const { assert!(Resources::<1, Reservations<0>>::RAM_BYTES < Resources::<1>::RAM_BYTES) };
}
