//! A session on one connector: a card, an EV, and the transaction that comes of both (OCPP 1.6 §3.6, §4.8, §4.10).

mod begin_and_end;
mod course;

use super::tokens::Known;
use super::{IdToken, Reason};
use crate::store::{Durable, IntegerKey, SwitchKey};
use crate::time::{DateTime, Duration, Instant};

/// Seconds that a card waits for an EV, or an EV for a card. 0 waits for ever (TX-08).
pub(super) const CONNECTION_TIME_OUT: IntegerKey = IntegerKey::new(6, "ConnectionTimeOut", 60, 0, 86_400);
/// Unplugging at the EV ends the transaction.
pub(super) const STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT: SwitchKey =
    SwitchKey::new(25, "StopTransactionOnEVSideDisconnect", true);
/// An id tag that the central system does not accept after all ends the transaction.
pub(super) const STOP_TRANSACTION_ON_INVALID_ID: SwitchKey = SwitchKey::new(26, "StopTransactionOnInvalidId", true);
/// Wh that such a tag is still given, so that the EV can drive away.
pub(super) const MAX_ENERGY_ON_INVALID_ID: IntegerKey = IntegerKey::new(14, "MaxEnergyOnInvalidId", 0, 0, i32::MAX);

/// Where the journal is full a transaction runs all the same, and the central system never learns of it.
pub(super) const SILENT_OFFLINE_TRANSACTIONS: SwitchKey = SwitchKey::new(59, "Cst_SilentOfflineTransactions", false);

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
    pub(super) id_tag: IdToken,
    pub(super) parent: Option<IdToken>,
    /// Another tag that was shown, maybe one of the same group.
    pub(super) visitor: Option<IdToken>,
    /// Where the authorisation of the tag that was shown last stands.
    pub(super) presented: Presented,
    /// Nobody was asked: the charge point gives to everybody.
    pub(super) is_free: bool,
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
    pub(super) meter_start: i64,
    /// The highest that the energy register has stood at: it does not fall within a transaction (MV-17).
    pub(super) register: i64,
    /// It could be read when it was last asked for.
    pub(super) is_metered: bool,
    /// No energy: the central system does not accept the tag, and the transaction goes on nevertheless.
    pub(super) energy_denied: bool,
    /// The register at which the energy ends that a tag which is not accepted is still given.
    last_energy: Option<i64>,
    pub(super) stop: Stop,
}

/// How the transaction ends, caught when it happened.
#[derive(Debug)]
pub(crate) struct Stop {
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
            id_tag: IdToken::new(),
            parent: None,
            visitor: None,
            presented: Presented::Settled,
            is_free: false,
            is_silent: false,
            since: Instant::ZERO,
            entry: 0,
            sample: NO_ENTRY,
            started: Instant::ZERO,
            is_restored: false,
            began: None,
            reservation: None,
            meter_start: 0,
            register: 0,
            is_metered: false,
            energy_denied: false,
            last_energy: None,
            stop: Stop { at: Instant::ZERO, reason: Reason::Local, id_tag: None, caught: false, released: false },
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
        self.meter_start = meter_start;
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
        self.presented = Presented::Settled;
        self.since = now;
    }

    /// Whether it was begun with this tag.
    pub(super) fn is_of(&self, id_tag: &IdToken) -> bool {
        self.id_tag.as_str().eq_ignore_ascii_case(id_tag.as_str())
    }

    /// The tag that was shown last.
    pub(super) fn shown_tag(&self) -> &IdToken {
        self.visitor.as_ref().unwrap_or(&self.id_tag)
    }

    /// Whether the tag that this is known about is of the same group as the one that began (AUTH-08, AUTH-10).
    pub(super) fn is_of_group(&self, known: &Known) -> bool {
        match (&self.parent, &known.parent) {
            (Some(ours), Some(theirs)) => ours.as_str().eq_ignore_ascii_case(theirs.as_str()),
            _ => false,
        }
    }

    /// What the register says, which does not fall; `false` when it could not be read.
    pub(super) fn take_reading(&mut self, energy: Option<i64>) -> bool {
        self.is_metered = energy.is_some();
        self.register = self.register.max(energy.unwrap_or(i64::MIN));
        self.is_metered
    }

    /// The session is over; which card it was is still known.
    #[inline(never)]
    pub(super) fn clear(&mut self) {
        self.phase = Phase::Idle;
        self.forget_visitor();
        self.stop.caught = false;
    }

    /// No card waits to be judged any more.
    pub(super) fn forget_visitor(&mut self) {
        self.visitor = None;
        self.presented = Presented::Settled;
    }
}

/// When a wait ends; one of no length never does (TX-08).
pub(super) fn deadline(since: Instant, time_out: Duration) -> Instant {
    if time_out == Duration::default() { Instant::NEVER } else { since + time_out }
}

/// Where the authorisation of a shown tag stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presented {
    /// There is nothing to ask.
    Settled,
    /// What is known here is looked up; the central system `had_its_say`, or there is none.
    LookUp {
        had_its_say: bool,
        /// The places of the local list below hold other tags.
        place: usize,
    },
    /// Authorize.req must be sent.
    Waiting { since: Instant },
    /// Authorize.req is under way; its answer counts until `until`, which is not known before the connection has taken it.
    Asked { until: Instant },
}
