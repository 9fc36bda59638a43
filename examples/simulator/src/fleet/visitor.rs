//! The people at one connector, one after the other: each comes, shows a card, charges, and leaves.

use super::day::{Day, Visit};
use super::ledger::Ledger;
use super::outlet::Outlet;
use embedded_ocpp::ocpp16::{BeginError, ConnectorId, Reason};
use embedded_ocpp::time::Duration;
use embedded_ocpp::{Controls, Instant};
use fastrand::Rng;

pub(crate) struct Visitors {
    day: Day,
    /// From then on nobody comes, and who is there leaves.
    closes_at: Instant,
    connector: ConnectorId,
    random: Rng,
    /// The cards of those who come here again and again.
    regulars: u32,
    stage: Stage,
}

enum Stage {
    /// Nobody is there until then.
    Free(Instant),
    /// The cable is in, and the card is shown again and again.
    Waiting {
        id_tag: String,
        visit: Visit,
        again_at: Instant,
        until: Instant,
    },
    Charging {
        id_tag: String,
        is_hasty: bool,
        until: Instant,
    },
    /// The session is over, and the cable comes out.
    Leaving(Instant),
}

/// How long somebody waits for the charger to begin.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long somebody waits before the card is shown again: what is under way takes less.
const AGAIN: Duration = Duration::from_secs(40);
/// The same where the charger said that it has only just been started.
const SOON: Duration = Duration::from_secs(2);
/// From the end of the session to the cable in the boot.
const FAREWELL: Duration = Duration::from_secs(5);
/// How long it takes until all have left, when the day is over.
const CLOSING: u32 = 60;
/// How many cards are known at a charger.
const REGULARS: u32 = 8;
/// A card that no central system takes. One visitor in a hundred has it.
pub(crate) const BLOCKED: &str = "BLOCKED";

impl Visitors {
    pub(crate) fn new(day: Day, closes_at: Instant, number: u32, connector: ConnectorId, mut random: Rng) -> Self {
        let stage = Stage::Free(after(&day, Instant::ZERO, &mut random));
        Self { day, closes_at, connector, random, regulars: number * REGULARS, stage }
    }

    /// Whether nobody is there, and nobody will come.
    pub(crate) fn are_gone(&self, now: Instant) -> bool {
        now >= self.closes_at && matches!(self.stage, Stage::Free(_))
    }

    /// When somebody does something next.
    pub(crate) fn next(&self) -> Instant {
        match &self.stage {
            Stage::Free(until) if *until < self.closes_at => *until,
            Stage::Free(_) => Instant::NEVER,
            Stage::Waiting { again_at, until, .. } => *again_at.min(until),
            Stage::Charging { until, .. } | Stage::Leaving(until) => *until,
        }
    }

    /// They do what they came for.
    pub(crate) fn act(&mut self, now: Instant, ocpp: &mut Controls<'_>, outlet: &Outlet, ledger: &mut Ledger) {
        if now < self.next() {
            return;
        }
        let connector = self.connector;
        match &mut self.stage {
            Stage::Free(_) => {
                let visit = Day::visit(&mut self.random);
                outlet.plug_in(visit.energy, visit.power);
                let id_tag = self.card();
                self.stage = Stage::Waiting { id_tag, visit, again_at: now, until: now + PATIENCE };
                self.act(now, ocpp, outlet, ledger);
            }
            Stage::Waiting { id_tag, visit, .. } if ocpp.is_transaction_running(connector) => {
                let id_tag = std::mem::take(id_tag);
                let latest = self.closes_at.max(now) + Duration::from_secs(self.random.u32(0..CLOSING));
                let until = (now + visit.stay).min(latest);
                self.stage = Stage::Charging { id_tag, is_hasty: visit.is_hasty, until };
            }
            Stage::Waiting { until, .. } if now >= *until => {
                // What may be under way ends with the cable.
                outlet.plug_out();
                self.leave(now);
            }
            Stage::Waiting { id_tag, again_at, .. } => {
                *again_at = now + AGAIN;
                match ocpp.begin_transaction(id_tag.as_str(), connector) {
                    Ok(()) => ledger.asked(connector, id_tag, outlet.register()),
                    Err(BeginError::Busy) => {}
                    Err(_) => *again_at = now + SOON,
                }
            }
            Stage::Charging { id_tag, is_hasty, .. } => {
                if *is_hasty {
                    outlet.plug_out();
                    return self.leave(now);
                }
                // There is nothing to end when the power has failed meanwhile.
                let _ = ocpp.end_transaction(Some(id_tag), Reason::Local, connector);
                self.stage = Stage::Leaving(now + FAREWELL);
            }
            Stage::Leaving(_) => {
                outlet.plug_out();
                self.leave(now);
            }
        }
    }

    fn card(&mut self) -> String {
        match self.random.u32(0..100) {
            0 => BLOCKED.into(),
            other => format!("{:08X}", self.regulars + other % REGULARS),
        }
    }

    fn leave(&mut self, now: Instant) {
        self.stage = Stage::Free(after(&self.day, now, &mut self.random));
    }
}

fn after(day: &Day, now: Instant, random: &mut Rng) -> Instant {
    day.until_arrival(now.since(Instant::ZERO), random).map_or(Instant::NEVER, |wait| now + wait)
}
