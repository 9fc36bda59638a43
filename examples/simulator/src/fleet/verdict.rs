//! Holds what happened on the meters against what the central system has heard.

use super::heard::{Heard, HeardSession};
use super::ledger::{Session, Stage};
use embedded_ocpp::ocpp16::ConnectorId;

/// All differences, a sentence each. None is what we want.
pub(crate) fn differences(charger: &str, happened: &[Session], heard: Option<&Heard>) -> Vec<String> {
    let nothing = Heard::default();
    let heard = heard.unwrap_or(&nothing);
    let mut connectors: Vec<ConnectorId> = happened.iter().map(|session| session.connector).collect();
    connectors.extend(heard.sessions.iter().map(|session| session.connector));
    connectors.sort_unstable();
    connectors.dedup();
    let mut differences = heard.complaints.clone();
    for connector in connectors {
        let happened: Vec<_> = happened.iter().filter(|session| session.connector == connector).collect();
        let heard: Vec<_> = heard.sessions.iter().filter(|session| session.connector == connector).collect();
        if !agree(&happened, &heard) {
            differences.extend(explain(&happened, &heard));
        }
        let running = happened.iter().filter(|session| session.stage == Stage::Running);
        differences.extend(running.map(|session| format!("goes on: {}", text(session))));
    }
    differences.into_iter().map(|difference| format!("{charger}: {difference}")).collect()
}

/// Whether each session was heard once, in order, and nothing else. A doubtful one may be missing.
fn agree(happened: &[&Session], heard: &[&HeardSession]) -> bool {
    let Some((session, later)) = happened.split_first() else { return heard.is_empty() };
    let was_heard = || heard.split_first().is_some_and(|(first, rest)| is_same(session, first) && agree(later, rest));
    was_heard() || !session.is_certain() && agree(later, heard)
}

/// Says what is wrong where they do not agree.
fn explain(happened: &[&Session], heard: &[&HeardSession]) -> Vec<String> {
    let mut differences = Vec::new();
    let mut heard = heard.iter().peekable();
    for session in happened {
        if heard.next_if(|heard| is_same(session, heard)).is_some() || !session.is_certain() {
            continue;
        }
        differences.push(match heard.peek() {
            None => format!("never heard: {}", text(session)),
            Some(other) => format!("not heard next: {}; but: {}", text(session), heard_text(other)),
        });
    }
    differences.extend(heard.map(|extra| format!("never happened, or was heard before: {}", heard_text(extra))));
    differences
}

fn is_same(session: &Session, heard: &HeardSession) -> bool {
    let end = match session.stage {
        Stage::Over => session.end,
        Stage::Running => None,
        // No current has flowed.
        Stage::Asked | Stage::Doubtful => Some(session.begin),
    };
    heard.id_tag == session.id_tag && heard.begin == session.begin && heard.end == end
}

fn text(Session { connector, id_tag, begin, end, .. }: &Session) -> String {
    line(*connector, id_tag, *begin, *end)
}

fn heard_text(HeardSession { connector, id_tag, begin, end, .. }: &HeardSession) -> String {
    line(*connector, id_tag, *begin, *end)
}

fn line(connector: ConnectorId, id_tag: &str, begin: i64, end: Option<i64>) -> String {
    let end = end.map_or("no end".to_owned(), |end| format!("{end} Wh"));
    format!("connector {connector}, {id_tag}, {begin} Wh to {end}")
}

#[cfg(test)]
mod tests {
    use super::super::ledger::Ledger;
    use super::*;

    /// Two sessions, one of a card whose fate a power cut hides, and one more.
    fn happened() -> Ledger {
        let mut ledger = Ledger::default();
        for (tag, begin, end) in [("A", 100, 250), ("B", 250, 400)] {
            ledger.asked(1, tag, begin);
            ledger.started(1, Some(tag), begin);
            ledger.stopped(1, end);
        }
        ledger.asked(1, "C", 400);
        ledger.power_failed();
        ledger.asked(1, "D", 400);
        ledger.started(1, Some("D"), 400);
        ledger.stopped(1, 500);
        ledger
    }

    fn session(id_tag: &str, begin: i64, end: i64) -> HeardSession {
        HeardSession { connector: 1, id_tag: id_tag.into(), begin, end: Some(end), samples: 0 }
    }

    fn told() -> Heard {
        let sessions = vec![session("A", 100, 250), session("B", 250, 400), session("D", 400, 500)];
        Heard { charger: "X".into(), sessions, ..Heard::default() }
    }

    fn differences_of(heard: &Heard) -> usize {
        differences("X", happened().sessions(), Some(heard)).len()
    }

    #[test]
    fn what_happened_and_was_told_is_right_with_the_doubtful_one_and_without() {
        assert_eq!(differences_of(&told()), 0);
        let mut heard = told();
        heard.sessions.insert(2, session("C", 400, 400));
        assert_eq!(differences_of(&heard), 0);
    }

    #[test]
    fn a_session_that_was_lost_doubled_or_swapped_is_a_difference() {
        for lost in 0..3 {
            let mut heard = told();
            heard.sessions.remove(lost);
            assert_ne!(differences_of(&heard), 0, "{lost} lost");
            let mut heard = told();
            heard.sessions.insert(lost, heard.sessions[lost].clone());
            assert_ne!(differences_of(&heard), 0, "{lost} doubled");
        }
        let mut heard = told();
        heard.sessions.swap(0, 1);
        assert_ne!(differences_of(&heard), 0);
        assert_eq!(differences("X", happened().sessions(), None).len(), 3);
    }

    #[test]
    fn another_register_tag_connector_or_no_end_is_a_difference() {
        let changes: [fn(&mut HeardSession); 5] = [
            |session| session.begin += 1,
            |session| session.end = Some(399),
            |session| session.end = None,
            |session| session.id_tag = "Z".into(),
            |session| session.connector = 2,
        ];
        for change in changes {
            let mut heard = told();
            change(&mut heard.sessions[1]);
            assert_ne!(differences_of(&heard), 0, "{heard:?}");
        }
    }

    #[test]
    fn a_doubtful_session_in_which_current_flowed_is_a_difference() {
        let mut heard = told();
        heard.sessions.insert(2, session("C", 400, 410));
        assert_ne!(differences_of(&heard), 0);
    }

    /// The power fails twice in a row, and the same card is shown again: the start that was seen is the one that counts.
    #[test]
    fn of_two_that_look_the_same_the_doubtful_one_may_be_missing() {
        let mut ledger = Ledger::default();
        ledger.asked(1, "A", 100);
        ledger.power_failed();
        ledger.asked(1, "A", 100);
        ledger.started(1, Some("A"), 100);
        ledger.stopped(1, 100);
        let mut heard = Heard { sessions: vec![session("A", 100, 100)], ..Heard::default() };
        assert!(differences("X", ledger.sessions(), Some(&heard)).is_empty());
        heard.sessions.push(session("A", 100, 100));
        assert!(differences("X", ledger.sessions(), Some(&heard)).is_empty());
        heard.sessions.push(session("A", 100, 100));
        assert_eq!(differences("X", ledger.sessions(), Some(&heard)).len(), 1);
    }

    #[test]
    fn a_complaint_of_the_central_system_is_a_difference() {
        let heard = Heard { complaints: vec!["StopTransaction of no transaction".into()], ..told() };
        assert_eq!(differences_of(&heard), 1);
    }
}
