//! A session on one connector: a card, an EV, and the transaction that comes of both (OCPP 1.6 §3.6, §4.8, §4.10).

mod begin_and_end;
mod card;
mod course;
pub(in crate::station) mod display;
mod energy;
pub(in crate::station) mod transaction;

pub(super) use card::Presented;

use super::{IdToken, Reason};
use crate::store::{Durable, IntegerKey, SwitchKey};
use crate::time::{DateTime, Duration, Instant};
use card::Card;
use energy::Energy;

/// Seconds that a card waits for an EV, or an EV for a card. 0 waits for ever (TX-08).
pub(crate) const CONNECTION_TIME_OUT: IntegerKey = IntegerKey::new(6, 60, 0, 86_400);
/// Unplugging at the EV ends the transaction.
pub(crate) const STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT: SwitchKey = SwitchKey::new(25, true);
/// An id tag that the central system does not accept after all ends the transaction.
pub(crate) const STOP_TRANSACTION_ON_INVALID_ID: SwitchKey = SwitchKey::new(26, true);
/// Wh that such a tag is still given, so that the EV can drive away.
pub(crate) const MAX_ENERGY_ON_INVALID_ID: IntegerKey = IntegerKey::new(14, 0, 0, i32::MAX);

/// Where the journal is full a transaction runs all the same, and the central system never learns of it.
pub(crate) const SILENT_OFFLINE_TRANSACTIONS: SwitchKey = SwitchKey::new(59, false);

/// The entry of the start of what is in no journal.
const NO_ENTRY: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nobody has shown up.
    Idle,
    /// A tag waits for the central system's word.
    Authorizing,
    /// A tag may charge and waits for the EV.
    Authorized,
    /// All conditions hold; the start waits to become durable.
    Starting,
    /// The transaction runs.
    Running,
    /// The transaction is over; its end waits to become durable.
    Stopping,
}

#[derive(Debug)]
pub(super) struct Session {
    phase: Phase,
    pub(super) card: Card,
    /// The journal is full: the central system never learns of the transaction.
    pub(super) is_silent: bool,
    /// When the wait for the EV began.
    since: Instant,
    /// The journal entry of the start.
    pub(super) entry: u32,
    /// That of its last sample.
    pub(super) sample: u32,
    pub(super) started: Instant,
    /// It was begun before the boot.
    pub(super) is_restored: bool,
    /// The date of the start as it was recorded: the end is never dated before it.
    pub(super) began: Option<DateTime>,
    /// The reservation that it uses up.
    pub(super) reservation: Option<i32>,
    pub(super) energy: Energy,
    pub(super) stop: Ending,
}

/// How the transaction ends, caught when it happened.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) at: Instant,
    pub(super) reason: Reason,
    pub(super) id_tag: Option<IdToken>,
    /// The transaction has to end.
    caught: bool,
    /// No gate holds the end back.
    pub(super) released: bool,
}

impl Session {
    pub(super) const fn new() -> Self {
        Self {
            phase: Phase::Idle,
            card: Card::new(),
            is_silent: false,
            since: Instant::ZERO,
            entry: 0,
            sample: NO_ENTRY,
            started: Instant::ZERO,
            is_restored: false,
            began: None,
            reservation: None,
            energy: Energy::new(),
            stop: Ending { at: Instant::ZERO, reason: Reason::Local, id_tag: None, caught: false, released: false },
        }
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// The start is durable, or nowhere at all where the transaction is silent: it runs, if it is not to end at once.
    fn run(&mut self, start: Option<Durable>) {
        if start.is_some() || self.is_silent {
            self.entry = start.map_or(NO_ENTRY, Durable::number);
            self.phase = if self.stop.caught { Phase::Stopping } else { Phase::Running };
        }
    }

    /// A transaction of before the boot runs on.
    pub(super) fn restore(&mut self, start: Durable, meter_start: i64, began: Option<DateTime>) {
        self.phase = Phase::Running;
        self.entry = start.number();
        self.energy.start = meter_start;
        self.began = began;
        self.is_restored = true;
    }

    pub(super) fn is_in_transaction(&self) -> bool {
        matches!(self.phase, Phase::Starting | Phase::Running | Phase::Stopping)
    }

    /// The central system learns of it.
    pub(super) fn is_reported(&self) -> bool {
        self.is_in_transaction() && !self.is_silent
    }

    pub(super) fn is_running(&self) -> bool {
        self.phase == Phase::Running
    }

    /// A tag waits for the central system or for the EV.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.phase, Phase::Authorizing | Phase::Authorized)
    }

    /// The tag may charge from `now` on.
    pub(super) fn authorize(&mut self, now: Instant) {
        self.phase = Phase::Authorized;
        self.card.presented = Presented::Settled;
        self.since = now;
    }

    /// The session is over; which card it was is still known.
    #[inline(never)]
    pub(super) fn clear(&mut self) {
        self.phase = Phase::Idle;
        self.card.forget_visitor();
        self.stop.caught = false;
    }
}

/// When a wait ends; one of no length never does (TX-08).
pub(super) fn deadline(since: Instant, time_out: Duration) -> Instant {
    if time_out == Duration::default() { Instant::NEVER } else { since + time_out }
}
