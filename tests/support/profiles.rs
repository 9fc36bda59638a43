//! Charging profiles, and outputs that remember what they were told.

use super::{Bench, Timeline, bench, date, leak};
use embedded_ocpp::facade::ConnectorClosures;
use embedded_ocpp::ocpp16::ChargingLimit;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};

thread_local! {
    static TOLD: RefCell<Vec<(u8, i64, i64)>> = const { RefCell::new(Vec::new()) };
    /// Whether transactions go on after a power cut.
    pub static RESUMES: Cell<bool> = const { Cell::new(false) };
}

/// A charge point whose connectors take both units.
pub fn limited() -> Bench {
    TOLD.take();
    RESUMES.set(false);
    let remember = |closures: &mut ConnectorClosures<'static>, id| {
        closures.set_smart_charging_output(leak(move |limit: Option<ChargingLimit>| {
            let told = limit.map_or((id, -1, -1), |limit| (id, limit.current.mantissa(), limit.power.mantissa()));
            TOLD.with_borrow_mut(|all| all.push(told));
        }));
    };
    bench().wire(remember).configure(|charger| charger.resume_transactions(RESUMES.get()))
}

/// What the outputs were told since this was last asked: connector, current and power in tenths; -1 for no limit.
pub fn told() -> Vec<(u8, i64, i64)> {
    TOLD.take()
}

/// Ampere per phase that a connector may take now, in tenths; -1 for no limit.
pub fn ampere(t: &mut Timeline, connector: u8) -> i64 {
    t.charger().charging_limit(connector).map_or(-1, |limit| limit.current.mantissa())
}

/// The same in watt.
pub fn watt(t: &mut Timeline, connector: u8) -> i64 {
    t.charger().charging_limit(connector).map_or(-1, |limit| limit.power.mantissa())
}

/// A TxDefaultProfile that begins at 0 s, in ampere.
pub fn profile(id: i32, level: i32, periods: &[(i64, f64)]) -> Value {
    let periods: Vec<_> = periods.iter().map(|(start, limit)| json!({"startPeriod": start, "limit": limit})).collect();
    json!({
        "chargingProfileId": id, "stackLevel": level, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute", "chargingSchedule": {
            "startSchedule": date(0), "chargingRateUnit": "A", "chargingSchedulePeriod": periods
        }
    })
}

/// The same for all connectors together.
pub fn maximum(id: i32, level: i32, periods: &[(i64, f64)]) -> Value {
    with(profile(id, level, periods), json!({"chargingProfilePurpose": "ChargePointMaxProfile"}))
}

/// The same for the running transaction, and relative to its start.
pub fn of_transaction(id: i32, level: i32, periods: &[(i64, f64)]) -> Value {
    let members =
        json!({"chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative", "startSchedule": null});
    with(profile(id, level, periods), members)
}

/// The same profile with other members, also of its schedule; `null` takes one away.
pub fn with(mut profile: Value, members: Value) -> Value {
    const OF_SCHEDULE: [&str; 5] =
        ["duration", "startSchedule", "chargingRateUnit", "minChargingRate", "chargingSchedulePeriod"];
    for (name, value) in members.as_object().unwrap() {
        let place = if OF_SCHEDULE.contains(&name.as_str()) { &mut profile["chargingSchedule"] } else { &mut profile };
        match value {
            Value::Null => drop(place.as_object_mut().unwrap().remove(name)),
            value => place[name] = value.clone(),
        }
    }
    profile
}

pub fn set(t: &mut Timeline, connector: i64, profile: Value, status: &str) {
    t.call("SetChargingProfile", json!({"connectorId": connector, "csChargingProfiles": profile})).expect(status);
}

pub fn clear(t: &mut Timeline, members: Value, status: &str) {
    t.call("ClearChargingProfile", members).expect(status);
}

/// The periods that are told for so many seconds, in ampere: start and limit.
pub fn composite(t: &mut Timeline, connector: i64, duration: i64) -> Vec<(i64, f64)> {
    composite_in(t, connector, duration, "A")
}

pub fn composite_in(t: &mut Timeline, connector: i64, duration: i64, unit: &str) -> Vec<(i64, f64)> {
    let request = json!({"connectorId": connector, "duration": duration, "chargingRateUnit": unit});
    let conf = t.call("GetCompositeSchedule", request).result();
    assert_eq!(conf["status"], "Accepted");
    assert_eq!(conf["scheduleStart"], date(t.seconds()));
    assert_eq!(conf["chargingSchedule"]["chargingRateUnit"], unit);
    let periods = conf["chargingSchedule"]["chargingSchedulePeriod"].as_array().unwrap();
    let read = |period: &Value| (period["startPeriod"].as_i64().unwrap(), period["limit"].as_f64().unwrap());
    periods.iter().map(read).collect()
}
