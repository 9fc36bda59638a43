//! Profiles whose edges often coincide, and what the central system writes for them.

use crate::chance::Chance;
use crate::model::{DAY, Kind, Period, Profile, Purpose, Unit, WEEK};
use embedded_ocpp::time::DateTime;
use serde_json::{Map, Value, json};

/// As in the timeline: 2025-01-01T00:00:00Z.
const BEGINNING: i64 = 1_735_689_600;

/// The date of second `t` of the timeline.
pub(crate) fn date(t: i64) -> String {
    DateTime::from_unix(u32::try_from(BEGINNING + t).unwrap()).to_string()
}

fn maybe<T>(chance: &mut Chance, n: u64, draw: impl FnOnce(&mut Chance) -> T) -> Option<T> {
    if chance.once_in(n) { Some(draw(chance)) } else { None }
}

/// A moment not far from `t`, on a coarse grid more often than not.
fn near(chance: &mut Chance, t: i64) -> i64 {
    let far = chance.below(240) as i64 - 90;
    if chance.once_in(3) { t + far } else { (t + far) / 10 * 10 }
}

fn length(chance: &mut Chance) -> i64 {
    match chance.below(8) {
        0 => chance.below(3) as i64,
        1 => chance.of(&[3600, DAY - 1, DAY, DAY + 1, WEEK - 1, WEEK, WEEK + 60]),
        2..=4 => chance.below(24) as i64 * 10,
        _ => chance.below(200) as i64,
    }
}

fn limit(chance: &mut Chance, unit: Unit) -> i64 {
    match (unit, chance.below(8)) {
        (_, 0) => 0,
        (Unit::A, 1..=4) => chance.of(&[60, 81, 100, 160, 161, 320, 400]),
        (Unit::W, 1..=4) => chance.of(&[13_800, 36_800, 41_399, 41_400, 110_000, 220_800, 220_801]),
        (Unit::A, _) => chance.below(480) as i64,
        (Unit::W, _) => chance.below(300_000) as i64,
    }
}

fn periods(chance: &mut Chance, unit: Unit, max: usize) -> Vec<Period> {
    let mut start = 0;
    let count = if chance.once_in(60) { max as u64 + chance.below(2) } else { 1 + chance.below(4) };
    let phases_from = chance.below(3);
    let mut periods = Vec::new();
    for _ in 0..count {
        let phases = match phases_from {
            0 => None,
            1 => Some(3),
            _ => maybe(chance, 2, |chance| 1 + chance.below(3) as i64),
        };
        periods.push(Period { start, limit: limit(chance, unit), phases });
        start += 1 + length(chance) % (2 * DAY);
    }
    match chance.below(60) {
        0 => periods.iter_mut().for_each(|period| period.start += 1),
        1 => periods.reverse(),
        2 if periods.len() > 1 => periods[1].start = 0,
        _ => {}
    }
    periods
}

/// A profile that may come at second `t`, while these transactions run.
pub(crate) fn profile(chance: &mut Chance, t: i64, transactions: &[i64], periods_max: usize) -> Profile {
    let kind = chance.of(&[Kind::Absolute, Kind::Relative, Kind::Recurring]);
    let purpose = chance.of(&[Purpose::ChargePointMax, Purpose::TxDefault, Purpose::TxDefault, Purpose::Tx]);
    let unit = chance.of(&[Unit::A, Unit::W]);
    let recurrence = (kind == Kind::Recurring && !chance.once_in(40)).then(|| chance.of(&[DAY, WEEK]));
    let mut start = near(chance, t);
    if kind == Kind::Recurring && !chance.once_in(4) {
        start -= recurrence.unwrap_or(DAY) * (1 + chance.below(500)) as i64;
    }
    let has_start = if kind == Kind::Relative { chance.once_in(10) } else { !chance.once_in(40) };
    let transaction = maybe(chance, 2, |chance| match transactions {
        [] => chance.below(5) as i64,
        ids => chance.of(ids) + i64::from(chance.once_in(6)),
    });
    Profile {
        id: chance.below(14) as i64,
        transaction: transaction.filter(|_| purpose == Purpose::Tx),
        level: if chance.once_in(40) { chance.of(&[8, 9, 255, 256, -1]) } else { chance.below(4) as i64 },
        purpose,
        kind,
        recurrence,
        valid_from: maybe(chance, 4, |chance| near(chance, t)),
        valid_to: maybe(chance, 4, |chance| near(chance, t + 60)),
        duration: maybe(chance, 2, length),
        start: has_start.then_some(start),
        unit,
        periods: periods(chance, unit, periods_max),
    }
}

pub(crate) fn name(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::ChargePointMax => "ChargePointMaxProfile",
        Purpose::TxDefault => "TxDefaultProfile",
        Purpose::Tx => "TxProfile",
    }
}

/// The profile as JSON.
pub(crate) fn write(profile: &Profile) -> Value {
    let period = |period: &Period| {
        let mut json = json!({"startPeriod": period.start, "limit": period.limit as f64 / 10.0});
        if let Some(phases) = period.phases {
            json["numberPhases"] = phases.into();
        }
        json
    };
    let mut schedule = json!({
        "chargingRateUnit": format!("{:?}", profile.unit),
        "chargingSchedulePeriod": profile.periods.iter().map(period).collect::<Vec<_>>()
    });
    let mut json = json!({
        "chargingProfileId": profile.id,
        "stackLevel": profile.level,
        "chargingProfilePurpose": name(profile.purpose),
        "chargingProfileKind": format!("{:?}", profile.kind),
    });
    let put = |json: &mut Value, name: &str, value: Option<Value>| {
        if let (Some(value), Some(members)) = (value, json.as_object_mut()) {
            members.insert(name.to_owned(), value);
        }
    };
    put(&mut schedule, "duration", profile.duration.map(Value::from));
    put(&mut schedule, "startSchedule", profile.start.map(date).map(Value::from));
    put(&mut json, "chargingSchedule", Some(schedule));
    put(&mut json, "transactionId", profile.transaction.map(Value::from));
    let recurrence = |seconds| Value::from(if seconds == DAY { "Daily" } else { "Weekly" });
    put(&mut json, "recurrencyKind", profile.recurrence.map(recurrence));
    put(&mut json, "validFrom", profile.valid_from.map(date).map(Value::from));
    put(&mut json, "validTo", profile.valid_to.map(date).map(Value::from));
    json
}

/// What to clear: an id, or any of the others, or nothing at all.
pub(crate) type Wanted = (Option<i64>, Option<i64>, Option<Purpose>, Option<i64>);

pub(crate) fn wanted(chance: &mut Chance) -> Wanted {
    if chance.once_in(8) {
        return (None, None, None, None);
    }
    (
        maybe(chance, 2, |chance| chance.below(14) as i64),
        maybe(chance, 3, |chance| chance.below(3) as i64),
        maybe(chance, 3, |chance| chance.of(&[Purpose::ChargePointMax, Purpose::TxDefault, Purpose::Tx])),
        maybe(chance, 3, |chance| chance.below(4) as i64),
    )
}

pub(crate) fn write_wanted((id, connector, purpose, level): Wanted) -> Value {
    let mut json = Map::new();
    let mut put = |name: &str, value: Option<Value>| value.map(|value| json.insert(name.to_owned(), value));
    put("id", id.map(Value::from));
    put("connectorId", connector.map(Value::from));
    put("chargingProfilePurpose", purpose.map(name).map(Value::from));
    put("stackLevel", level.map(Value::from));
    Value::Object(json)
}
