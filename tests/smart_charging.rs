//! SC: charging profiles and the limits that follow from them (OCPP 1.6 §3.13, §5.5, §5.16).

mod support;

use embedded_ocpp::json::Decimal;
use embedded_ocpp::ocpp16::{ChargingLimit, InputError, Supply};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use support::{Bench, Event, Timeline, bench, date, leak};

thread_local! {
    /// What the outputs were told, in tenths: connector, current, power; -1 for no limit.
    static TOLD: RefCell<Vec<(u8, i64, i64)>> = const { RefCell::new(Vec::new()) };
    static RESUMES: Cell<bool> = const { Cell::new(false) };
}

/// A charge point whose connectors take both units.
fn limited() -> Bench {
    bench().configure(|charger| {
        for id in 1..=2 {
            let output = leak(move |limit: Option<ChargingLimit>| {
                let told = limit.map_or((id, -1, -1), |limit| (id, limit.current.mantissa(), limit.power.mantissa()));
                TOLD.with_borrow_mut(|all| all.push(told));
            });
            let _ = charger.set_smart_charging_output(output, id);
        }
        charger.resume_transactions(RESUMES.get());
    })
}

/// What was told since this was last asked.
fn told() -> Vec<(u8, i64, i64)> {
    TOLD.take()
}

/// Ampere and watt, in tenths, of a connector now; -1 for no limit.
fn now(t: &mut Timeline, connector: u8) -> (i64, i64) {
    let limit = t.charger().charging_limit(connector);
    limit.map_or((-1, -1), |limit| (limit.current.mantissa(), limit.power.mantissa()))
}

/// A TxDefaultProfile that begins at 0 s, in ampere.
fn profile(id: i32, level: i32, periods: &[(i64, f64)]) -> Value {
    let periods: Vec<_> = periods.iter().map(|(start, limit)| json!({"startPeriod": start, "limit": limit})).collect();
    json!({
        "chargingProfileId": id, "stackLevel": level, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute", "chargingSchedule": {
            "startSchedule": date(0), "chargingRateUnit": "A", "chargingSchedulePeriod": periods
        }
    })
}

/// The same with other members; `null` takes one away.
fn with(mut profile: Value, members: Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        let place = if profile["chargingSchedule"].get(name).is_some()
            || ["duration", "startSchedule", "chargingRateUnit", "minChargingRate"].contains(&name.as_str())
        {
            &mut profile["chargingSchedule"]
        } else {
            &mut profile
        };
        match value {
            Value::Null => drop(place.as_object_mut().unwrap().remove(name)),
            value => place[name] = value.clone(),
        }
    }
    profile
}

fn set(t: &mut Timeline, connector: i64, profile: Value, status: &str) {
    t.call("SetChargingProfile", json!({"connectorId": connector, "csChargingProfiles": profile})).expect(status);
}

#[test]
fn sc_11_smoke() {
    let mut t = limited().booted();
    assert_eq!(told(), [(1, -1, -1)]);
    set(&mut t, 1, profile(1, 0, &[(0, 16.0), (60, 8.5)]), "Accepted");
    assert_eq!(told(), [(1, 160, 110_400)]);
    t.at(59);
    assert_eq!(told(), []);
    t.at(60);
    assert_eq!(told(), [(1, 85, 58_650)]);
    let conf = t.call("GetCompositeSchedule", json!({"connectorId": 1, "duration": 100})).result();
    assert_eq!(
        conf,
        json!({"status": "Accepted", "connectorId": 1, "scheduleStart": date(60), "chargingSchedule": {
        "duration": 100, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.5}]}})
    );
    t.call("ClearChargingProfile", json!({})).expect("Accepted");
    assert_eq!(told(), [(1, -1, -1)]);
}
