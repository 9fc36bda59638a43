//! The model against what the standard says, and against hand calculation.

use crate::model::{DAY, Kind, Limit, Model, Period, Profile, Purpose, Supply, Transaction, Unit, WEEK};

fn model() -> Model {
    Model {
        supply: Supply { volt: 230, phases: 3, ampere: 320 },
        units: vec![Unit::A, Unit::W],
        profiles_max: 8,
        periods_max: 8,
        level_max: 8,
        profiles: Vec::new(),
        transactions: [None; 2],
    }
}

fn profile(id: i64, level: i64, periods: &[(i64, i64)]) -> Profile {
    Profile {
        id,
        transaction: None,
        level,
        purpose: Purpose::TxDefault,
        kind: Kind::Absolute,
        recurrence: None,
        valid_from: None,
        valid_to: None,
        duration: None,
        start: Some(0),
        unit: Unit::A,
        periods: periods.iter().map(|&(start, limit)| Period { start, limit, phases: None }).collect(),
    }
}

fn ampere(limit: Option<Limit>) -> i64 {
    limit.map_or(-1, |limit| limit.ampere)
}

/// §3.13.7: "a daily default profile that limits the power to 6 kW between 08:00h and 20:00h".
#[test]
fn the_example_of_the_standard() {
    let mut model = model();
    let periods = [(0, 110_000), (28_800, 60_000), (72_000, 110_000)];
    let example = Profile {
        kind: Kind::Recurring,
        recurrence: Some(DAY),
        duration: Some(DAY),
        unit: Unit::W,
        ..profile(100, 0, &periods)
    };
    assert!(model.set(0, example));
    for day in [0, 1, 400] {
        for (hour, watt) in [(0, 110_000), (7, 110_000), (8, 60_000), (19, 60_000), (20, 110_000), (23, 110_000)] {
            assert_eq!(model.own(1, day * DAY + hour * 3600, 0).map(|limit| limit.watt), Some(watt));
        }
        assert_eq!(model.own(2, day * DAY + 28_799, 0).map(|limit| limit.watt), Some(110_000));
    }
    // 6000 W / (230 V x 3) = 8.69 A
    assert_eq!(model.composite(1, 8 * 3600, 0).ampere, 86);
}

#[test]
fn schedules_end_as_their_duration_and_validity_say() {
    let mut one = Profile { duration: Some(20), ..profile(1, 0, &[(0, 1), (10, 2), (30, 3)]) };
    let at = |one: &Profile, t| one.at(t, 0).map(|period| period.limit);
    assert_eq!([-1, 0, 9, 10, 19, 20, 30].map(|t| at(&one, t)), [None, Some(1), Some(1), Some(2), Some(2), None, None]);
    one.duration = Some(50);
    assert_eq!([30, 49, 50].map(|t| at(&one, t)), [Some(3), Some(3), None]);
    one.duration = None;
    assert_eq!(at(&one, 1_000_000), Some(3));
    (one.valid_from, one.valid_to) = (Some(5), Some(12));
    assert_eq!([4, 5, 11, 12].map(|t| at(&one, t)), [None, Some(1), Some(2), None]);
    // Errata 3.43, 3.44: cut by the recurrence, or ended before it.
    let weekly = Profile {
        kind: Kind::Recurring,
        recurrence: Some(WEEK),
        duration: Some(2 * WEEK),
        ..profile(1, 0, &[(0, 1), (WEEK, 2)])
    };
    assert_eq!([0, WEEK - 1, WEEK, 3 * WEEK].map(|t| at(&weekly, t)), [Some(1); 4]);
    let short = Profile { duration: Some(60), ..weekly };
    assert_eq!([59, 60, WEEK - 1, WEEK].map(|t| at(&short, t)), [Some(1), None, None, Some(1)]);
}

#[test]
fn stacks_and_purposes() {
    let mut model = model();
    assert!(model.set(0, profile(1, 1, &[(0, 100)])));
    assert!(model.set(1, profile(2, 1, &[(0, 200)])));
    assert_eq!([1, 2].map(|id| ampere(model.own(id, 5, 5))), [200, 100]);
    assert!(model.set(0, Profile { duration: Some(50), ..profile(3, 2, &[(0, 60)]) }));
    assert_eq!([49, 50].map(|t| ampere(model.own(1, t, t))), [60, 200]);
    // A TxProfile wants its transaction, overrules all defaults and goes with it.
    let own =
        Profile { purpose: Purpose::Tx, kind: Kind::Relative, start: None, ..profile(4, 0, &[(0, 70), (10, 80)]) };
    assert!(!model.set(1, own.clone()) && !model.set(0, own.clone()));
    model.begin(1, Transaction { id: 7, start: 30 }, None);
    assert!(!model.set(1, Profile { transaction: Some(8), ..own.clone() }));
    assert!(model.set(1, Profile { transaction: Some(7), ..own }));
    assert_eq!([39, 40].map(|t| ampere(model.own(1, t, t))), [70, 80]);
    model.end(1);
    assert_eq!((ampere(model.own(1, 40, 40)), model.profiles.len()), (60, 3));
    // The same id replaces, whatever else it is; so does the same purpose and level.
    assert!(model.set(2, profile(3, 1, &[(0, 90)])));
    assert!(model.set(2, profile(9, 1, &[(0, 95)])));
    assert_eq!((model.profiles.len(), ampere(model.own(1, 40, 40)), ampere(model.own(2, 40, 40))), (3, 200, 95));
    assert!(model.clear(Some(9), Some(1), None, Some(5)) && !model.clear(Some(9), None, None, None));
    assert!(!model.clear(None, Some(2), None, None) && model.clear(None, Some(0), Some(Purpose::TxDefault), None));
    assert!(model.clear(None, None, None, None) && !model.clear(None, None, None, None));
}

#[test]
fn the_maximum_is_shared() {
    let mut model = model();
    let max = Profile { purpose: Purpose::ChargePointMax, ..profile(1, 0, &[(0, 205)]) };
    assert!(!model.set(1, max.clone()) && model.set(0, max));
    assert_eq!([1, 2].map(|id| ampere(model.moment(id, 0))), [205, 205]);
    assert_eq!(model.composite(0, 0, 0).ampere, 205);
    for id in 1..=2 {
        model.begin(id, Transaction { id, start: 0 }, None);
    }
    assert_eq!([1, 2].map(|id| ampere(model.moment(id, 0))), [102, 102]);
    assert!(model.set(1, profile(2, 0, &[(0, 60)])));
    assert_eq!([1, 2].map(|id| ampere(model.moment(id, 0))), [60, 145]);
    // 6.0 A and the 32 A of the hardware are more than 20.5 A.
    assert_eq!(model.composite(0, 0, 0).ampere, 205);
    assert!(model.set(2, profile(3, 0, &[(0, 80)])));
    assert_eq!([1, 2].map(|id| ampere(model.moment(id, 0))), [60, 80]);
    assert_eq!((model.composite(0, 0, 0).ampere, model.composite(2, 0, 0).ampere), (140, 80));
    assert_eq!(model.composite(1, -1, -1).ampere, 320);
}

#[test]
fn units_are_converted_by_the_nominal_voltage() {
    let model = model();
    let tell = |tenths, unit, phases| {
        let limit = model.convert(tenths, unit, phases);
        (limit.ampere, limit.watt)
    };
    assert_eq!(tell(110_000, Unit::W, None), (159, 110_000));
    assert_eq!(tell(110_000, Unit::W, Some(1)), (478, 110_000));
    assert_eq!(tell(160, Unit::A, Some(3)), (160, 110_400));
    assert_eq!(tell(160, Unit::A, Some(1)), (160, 36_800));
    let model = Model { supply: Supply { phases: 1, ..model.supply }, ..model };
    // Errata 3.34: not calculated anew.
    assert_eq!(model.convert(160, Unit::A, Some(3)).watt, 36_800);
}
