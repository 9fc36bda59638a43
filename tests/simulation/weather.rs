//! What goes wrong, how often, and when it is calm.

use crate::chance::Chance;
use crate::time::{DAY, HOUR, MINUTE, Moment};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// The connection breaks; what is on its way is lost.
    LostLink,
    /// The charge point believes in its link, and nothing arrives any more.
    HalfOpenLink,
    /// No connection can be opened.
    NoConnection,
    SlowNetwork,
    /// The transport takes nothing.
    BusyTransport,
    /// The central system answers nothing.
    Silence,
    /// It never answers one action.
    DeafToAction,
    /// It answers one action with a CALLERROR, or with what nobody can read.
    FailingAction,
    /// It fails at everything about the transactions that start now.
    FailingTransaction,
    /// It ignores the next transaction message, that one for ever.
    CursedMessage,
    /// It answers twice, late, or what nobody has asked.
    Echoes,
    RefusedTags,
    /// It accepts no charge point.
    NoRegistration,
    ClockJump,
    Command,
    Plan,
    HostileFrame,
    PowerCut,
    WatchdogReboot,
    FlashFailure,
    /// A cut after which the energy register begins anew.
    NewMeter,
    /// The central system answers everything, but late.
    LateAnswers,
    /// Its answers are sound where it matters, and odd elsewhere.
    OddAnswers,
    /// Many boots in a row, while no message of a transaction is answered.
    ShortBoots,
    /// An energy register cannot be read for a while.
    DarkMeter,
}

/// Each with the shortest mean time between two of it.
const MISHAPS: [(Mishap, Moment); 21] = [
    (Mishap::LostLink, 20 * MINUTE),
    (Mishap::HalfOpenLink, 4 * HOUR),
    (Mishap::NoConnection, 4 * HOUR),
    (Mishap::SlowNetwork, 2 * HOUR),
    (Mishap::BusyTransport, HOUR),
    (Mishap::Silence, 6 * HOUR),
    (Mishap::DeafToAction, 6 * HOUR),
    (Mishap::FailingAction, 6 * HOUR),
    (Mishap::FailingTransaction, 8 * HOUR),
    (Mishap::CursedMessage, 8 * HOUR),
    (Mishap::Echoes, 4 * HOUR),
    (Mishap::RefusedTags, 8 * HOUR),
    (Mishap::NoRegistration, 8 * HOUR),
    (Mishap::ClockJump, 12 * HOUR),
    (Mishap::Command, 15 * MINUTE),
    (Mishap::Plan, 15 * MINUTE),
    (Mishap::HostileFrame, 15 * MINUTE),
    (Mishap::PowerCut, 2 * HOUR),
    (Mishap::WatchdogReboot, 4 * HOUR),
    (Mishap::FlashFailure, HOUR),
    (Mishap::NewMeter, 2 * DAY),
];

/// These came later. Only worlds of even seeds have them, so that an odd one tells the same story as ever.
const YOUNGER: [(Mishap, Moment); 4] = [
    (Mishap::LateAnswers, 4 * HOUR),
    (Mishap::OddAnswers, 4 * HOUR),
    (Mishap::ShortBoots, DAY),
    (Mishap::DarkMeter, 30 * MINUTE),
];

pub(crate) struct Weather {
    chance: Chance,
    /// What happens in this run, once in so long, and when the next time.
    mishaps: Vec<(Mishap, Moment, Moment)>,
    pub(crate) is_calm: bool,
    /// Since when it is as it is.
    pub(crate) since: Moment,
    turns_at: Moment,
    /// From then on it stays calm.
    storms_end: Moment,
}

impl Weather {
    pub(crate) fn new(mut chance: Chance, storms_end: Moment, has_all: bool) -> Self {
        let mut mishaps = Vec::new();
        for (mishap, least) in MISHAPS.into_iter().chain(YOUNGER.into_iter().filter(|_| has_all)) {
            let mean = least << chance.below(4);
            if chance.once_in(2) {
                mishaps.push((mishap, mean, chance.wait(mean)));
            }
        }
        let turns_at = chance.between(DAY, 4 * DAY);
        Self { chance, mishaps, is_calm: false, since: 0, turns_at, storms_end }
    }

    pub(crate) fn has(&self, mishap: Mishap) -> bool {
        self.mishaps.iter().any(|(other, ..)| *other == mishap)
    }

    pub(crate) fn next(&self) -> Moment {
        let mishap = self.mishaps.iter().map(|(_, _, at)| *at).min().filter(|_| !self.is_calm);
        self.turns_at.min(mishap.unwrap_or(self.turns_at))
    }

    /// What happens now.
    pub(crate) fn mishap(&mut self, now: Moment) -> Option<Mishap> {
        let (mishap, mean, at) = self.mishaps.iter_mut().find(|(_, _, at)| *at <= now)?;
        *at = now + 1 + self.chance.wait(*mean);
        Some(*mishap).filter(|_| !self.is_calm)
    }

    /// Whether calm and storm change places now.
    pub(crate) fn turns(&mut self, now: Moment) -> bool {
        if now < self.turns_at {
            return false;
        }
        self.is_calm = !self.is_calm || now >= self.storms_end;
        self.since = now;
        let lasts = if self.is_calm { self.chance.between(8 * HOUR, DAY) } else { self.chance.between(DAY, 6 * DAY) };
        self.turns_at = match (self.is_calm, now < self.storms_end) {
            (true, false) => Moment::MAX,
            (true, true) => now + lasts,
            (false, _) => (now + lasts).min(self.storms_end),
        };
        if !self.is_calm {
            for (_, mean, at) in &mut self.mishaps {
                *at = now + self.chance.wait(*mean);
            }
        }
        true
    }

    pub(crate) fn describe(&self) -> String {
        let mishaps = self.mishaps.iter().map(|(mishap, mean, _)| format!("{mishap:?}/{} min", mean / MINUTE));
        mishaps.collect::<Vec<_>>().join(", ")
    }
}
