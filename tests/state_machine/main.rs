//! ST-A2 … ST-I8: every event in every state of a connector (OCPP 1.6 §4.9, errata 3.19 and 3.20).
//!
//! The tables speak as the standard does: `B3` is the transition from state B, Preparing, to state 3, Charging; `C6F1` are
//! two in a row. They are written from the text of the standard; no part of them comes from the code.

mod connector;
mod situations;
mod standard;
#[path = "../support/mod.rs"]
mod support;

use connector::Connector;
use situations::{
    AVAILABLE, CHARGING, EVENTS, Event, FINISHING, Outcomes, PREPARING, SUSPENDED_EV, SUSPENDED_EVSE, Situation,
    UNAVAILABLE,
};
use standard::{LEGAL, NOT_BEFORE_RESERVATIONS, letter_of, number_of};
use std::collections::BTreeSet;
use std::panic::catch_unwind;

const ALL: [&[Situation]; 7] =
    [&AVAILABLE, &PREPARING, &CHARGING, &SUSPENDED_EV, &SUSPENDED_EVSE, &FINISHING, &UNAVAILABLE];

/// What has to be told after an event.
fn outcome(outcomes: Outcomes, event: Event, otherwise: &str) -> String {
    let found = outcomes.iter().find(|(_, events)| events.contains(&event));
    found.map_or(otherwise, |(transitions, _)| transitions).to_owned()
}

struct Proof {
    seen: BTreeSet<String>,
    faults: Vec<String>,
}

impl Proof {
    fn new() -> Self {
        Self { seen: BTreeSet::new(), faults: Vec::new() }
    }

    /// Each event in each situation, reached in each way.
    fn of(letter: char, situations: &[Situation]) -> Self {
        let mut proof = Self::new();
        for situation in situations {
            for (way, event) in ways_and_events(situation) {
                let mut connector = Connector::brought_to(situation, way);
                assert_eq!(letter_of(&connector.told.status), letter, "{}: {way:?}", situation.name);
                connector.happen(event);
                let expected = outcome(situation.outcomes, event, "");
                proof.compare(situation, connector, &expected);
            }
        }
        proof
    }

    /// Each event while a situation is faulted, reached in each way; then the repair.
    fn of_faults(situations: &[&[Situation]]) -> Self {
        let mut proof = Self::new();
        for situation in situations.iter().copied().flatten() {
            let Some(repaired) = situation.repaired else { continue };
            for (way, event) in ways_and_events(situation).filter(|(_, event)| *event != Event::LinkDown) {
                let mut connector = Connector::brought_to(situation, way);
                let before = format!("I{}", number_of(&connector.told.status));
                connector.go(&[Event::Fault]);
                connector.take_transitions();
                connector.go(&[event, Event::Repair]);
                proof.compare(situation, connector, &outcome(repaired, event, &before));
            }
        }
        proof
    }

    fn compare(&mut self, situation: &Situation, mut connector: Connector, expected: &str) {
        let found = connector.take_transitions();
        if expected != "?" && expected.split('|').all(|one| one != found) {
            let name = situation.name;
            self.faults.push(format!("{name}: {:?}: {found:?} instead of {expected:?}", connector.story));
        }
        let after_boot = found.trim_start_matches(|first: char| first.is_ascii_digit());
        self.seen.extend(after_boot.as_bytes().chunks(2).map(|code| String::from_utf8_lossy(code).into_owned()));
    }

    /// Everything was as written, and no legal transition from this state was missing.
    fn check(self, letter: char) {
        assert!(self.faults.is_empty(), "{} wrong:\n{}", self.faults.len(), self.faults.join("\n"));
        let due = LEGAL.split_whitespace().filter(|code| code.starts_with(letter));
        let missing: Vec<_> = due
            .filter(|code| !NOT_BEFORE_RESERVATIONS.contains(code))
            .filter(|code| !self.seen.contains(*code))
            .collect();
        assert!(missing.is_empty(), "never seen: {missing:?}");
    }
}

fn ways_and_events(situation: &Situation) -> impl Iterator<Item = (&'static [Event], Event)> {
    let ways = situation.ways.iter().copied();
    ways.flat_map(|way| EVENTS.iter().map(move |event| (way, *event)))
}

#[test]
fn st_a2_a3_a4_a5_a8_a9_from_available() {
    Proof::of('A', &AVAILABLE).check('A');
}

#[test]
fn st_b1_b3_b4_b5_b6_b9_from_preparing() {
    Proof::of('B', &PREPARING).check('B');
}

#[test]
fn st_c1_c4_c5_c6_c8_c9_from_charging() {
    Proof::of('C', &CHARGING).check('C');
}

#[test]
fn st_d1_d3_d5_d6_d8_d9_from_suspended_ev() {
    Proof::of('D', &SUSPENDED_EV).check('D');
}

#[test]
fn st_e1_e3_e4_e6_e8_e9_st_04_from_suspended_evse() {
    Proof::of('E', &SUSPENDED_EVSE).check('E');
}

#[test]
fn st_f1_f2_f8_f9_from_finishing() {
    Proof::of('F', &FINISHING).check('F');
}

#[test]
fn st_h1_h2_h3_h4_h5_h9_from_unavailable() {
    Proof::of('H', &UNAVAILABLE).check('H');
}

#[test]
fn st_07_st_i1_i2_i3_i4_i5_i6_i8_from_faulted() {
    Proof::of_faults(&ALL).check('I');
}

/// Only legal transitions are ever told, every change is, and in calm weather the connector comes back to Available.
#[test]
fn st_01_st_13_every_event_after_every_event_in_every_situation() {
    let pairs = EVENTS.iter().flat_map(|first| EVENTS.iter().map(move |second| [*first, *second]));
    let cases = ALL.into_iter().flatten().flat_map(|situation| pairs.clone().map(move |events| (situation, events)));
    let goes_wrong = |(situation, events): &(&Situation, [Event; 2])| {
        let case = || {
            let mut connector = Connector::brought_to(situation, situation.ways[0]);
            connector.go(events);
            connector.calm_down();
        };
        catch_unwind(case).is_err()
    };
    assert_eq!(cases.filter(goes_wrong).count(), 0);
}

#[test]
fn st_01_the_table_of_transitions_is_the_standards() {
    let legal: Vec<_> = LEGAL.split_whitespace().collect();
    let of = |letter| legal.iter().filter(|code| code.starts_with(letter)).count();
    // The filled cells of each row in OCPP 1.6 §4.9, with B6.
    assert_eq!(['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I'].map(of), [7, 6, 6, 6, 6, 4, 4, 6, 8]);
}
