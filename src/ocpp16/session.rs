//! A session on one connector: a card, an EV, and the transaction that comes of both (OCPP 1.6 §3.6, §4.8, §4.10).

use super::authorization::Presented;
use super::connector::Finishing;
use super::{Availability, ConnectorId, IdToken, Operations, Reason};
use crate::log::info;
use crate::store::{IntegerKey, SwitchKey};
use crate::time::{DateTime, Duration, Instant};
use core::fmt;

/// Seconds that a card waits for an EV, or an EV for a card. 0 waits for ever (TX-08).
pub(super) const CONNECTION_TIME_OUT: IntegerKey = IntegerKey::new(6, "ConnectionTimeOut", 60, 0, 86_400);
/// Unplugging at the EV ends the transaction.
pub(super) const STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT: SwitchKey =
    SwitchKey::new(25, "StopTransactionOnEVSideDisconnect", true);
/// An id tag that the central system does not accept after all ends the transaction.
pub(super) const STOP_TRANSACTION_ON_INVALID_ID: SwitchKey = SwitchKey::new(26, "StopTransactionOnInvalidId", true);

/// What happens in a session, told to the firmware for its display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TxNotification {
    /// The tag may charge.
    Authorized,
    /// The tag may not charge.
    AuthorizationRejected,
    /// Nobody could say whether the tag may charge.
    AuthorizationTimeout,
    /// No EV came in time, or it was unplugged before the transaction could start.
    ConnectionTimeout,
    /// The central system withdrew its consent to the running transaction.
    DeAuthorized,
    /// The central system wants a transaction to begin.
    RemoteStart,
    /// The central system ends the transaction.
    RemoteStop,
    /// The transaction runs: its start is durable.
    StartTx,
    /// The transaction is over: its end is durable.
    StopTx,
}

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
    pub(super) phase: Phase,
    pub(super) id_tag: IdToken,
    pub(super) parent: Option<IdToken>,
    /// Where the authorisation of the tag stands.
    pub(super) presented: Presented,
    /// When the wait for the EV began.
    since: Instant,
    /// The journal entry of the start.
    pub(super) entry: u32,
    pub(super) started: Instant,
    /// The date of the start as it was recorded: the end is never dated before it.
    pub(super) began: Option<DateTime>,
    pub(super) meter_start: i64,
    /// No energy: the central system does not accept the tag, and the transaction goes on nevertheless.
    pub(super) energy_denied: bool,
    pub(super) stop: Stop,
}

/// How the transaction ends, caught when it happened.
#[derive(Debug)]
pub(super) struct Stop {
    pub(super) at: Instant,
    pub(super) meter: i64,
    pub(super) reason: Reason,
    pub(super) id_tag: Option<IdToken>,
    /// The transaction has to end.
    caught: bool,
    /// No gate holds the end back.
    pub(super) released: bool,
}

/// A transaction as the firmware sees it.
#[derive(Clone, Copy, Debug)]
pub struct TransactionView<'c> {
    /// The tag that began it.
    pub id_tag: &'c str,
    /// The group of that tag, once known.
    pub parent_id_tag: Option<&'c str>,
    /// The id that the central system gave; `None` until then, -1 when its start could not be delivered.
    pub id: Option<i32>,
    /// The tag may charge.
    pub is_authorized: bool,
    /// The start is durable and the end is not.
    pub is_running: bool,
    /// The central system does not accept the tag, and the transaction goes on without energy.
    pub is_deauthorized: bool,
    /// The energy register at the start in Wh; `None` until it starts.
    pub meter_start: Option<i64>,
    /// When it started; `None` until it does.
    pub started: Option<Instant>,
}

/// Why no transaction begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BeginError {
    /// There is no such connector; fix the code.
    UnknownConnector,
    /// The tag is empty or longer than 20 characters; refuse the card.
    InvalidIdTag,
    /// A session is under way here; end it first.
    Busy,
    /// The connector is faulted or out of service, or a reset is about to happen; try another one, or later.
    Inoperative,
    /// The device holds as many unsent messages as it can; try when the central system has been reached.
    JournalFull,
    /// What was stored before the boot has not been read yet; try again after the next polls.
    NotReady,
}

impl fmt::Display for BeginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownConnector => "no such connector",
            Self::InvalidIdTag => "id tag empty or longer than 20 characters",
            Self::Busy => "a session is under way on this connector",
            Self::Inoperative => "connector faulted or out of service",
            Self::JournalFull => "no room for another unsent transaction",
            Self::NotReady => "still reading what was stored before the boot",
        })
    }
}

impl core::error::Error for BeginError {}

/// Why no transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum EndError {
    /// There is no such connector; fix the code.
    UnknownConnector,
    /// Nothing is under way here.
    NoSession,
    /// Another tag began the session; refuse the card.
    OtherIdTag,
}

impl fmt::Display for EndError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownConnector => "no such connector",
            Self::NoSession => "no session on this connector",
            Self::OtherIdTag => "another id tag began this session",
        })
    }
}

impl core::error::Error for EndError {}

/// Journal entries that a new transaction must find room for: its start and its end.
const ENTRIES_OF_A_TRANSACTION: u32 = 2;

impl Session {
    pub(super) const fn new() -> Self {
        Self {
            phase: Phase::Idle,
            id_tag: IdToken::new(),
            parent: None,
            presented: Presented::Settled,
            since: Instant::ZERO,
            entry: 0,
            started: Instant::ZERO,
            began: None,
            meter_start: 0,
            energy_denied: false,
            stop: Stop {
                at: Instant::ZERO,
                meter: 0,
                reason: Reason::Local,
                id_tag: None,
                caught: false,
                released: false,
            },
        }
    }

    pub(super) fn is_in_transaction(&self) -> bool {
        matches!(self.phase, Phase::Starting | Phase::Running | Phase::Stopping)
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

    pub(super) fn clear(&mut self) {
        self.phase = Phase::Idle;
        self.presented = Presented::Settled;
        self.parent = None;
        self.stop.caught = false;
    }
}

impl Operations<'_> {
    /// A tag was shown for this connector. It is authorised if it has to be; the transaction starts by itself when the
    /// EV is plugged in as well.
    ///
    /// # Errors
    /// [`BeginError`]; nothing has changed then.
    pub(crate) fn begin_transaction(
        &mut self,
        now: Instant,
        id_tag: &str,
        id: ConnectorId,
        authorized: bool,
    ) -> Result<(), BeginError> {
        let id_tag = IdToken::from_text(id_tag).map_err(|_| BeginError::InvalidIdTag)?;
        if id_tag.is_empty() {
            return Err(BeginError::InvalidIdTag);
        }
        self.may_begin(id)?;
        let connector = self.change_connector(id).ok_or(BeginError::UnknownConnector)?;
        connector.finishing = Finishing::No;
        let session = &mut connector.session;
        session.id_tag = id_tag;
        session.parent = None;
        session.energy_denied = false;
        if authorized {
            session.authorize(now);
        } else {
            session.phase = Phase::Authorizing;
            session.presented = Presented::Waiting { since: now };
            self.authorize_locally(now, id);
        }
        Ok(())
    }

    /// Whether a session may begin on this connector now.
    pub(super) fn may_begin(&self, id: ConnectorId) -> Result<(), BeginError> {
        let connector = self.connector(id).ok_or(BeginError::UnknownConnector)?;
        if !self.is_recovered() {
            Err(BeginError::NotReady)
        } else if connector.session.phase != Phase::Idle {
            Err(BeginError::Busy)
        } else if !connector.is_operative() || self.reset.is_pending() {
            Err(BeginError::Inoperative)
        } else if self.journal.room() < ENTRIES_OF_A_TRANSACTION * (1 + u32::from(self.connector_count())) {
            Err(BeginError::JournalFull)
        } else {
            Ok(())
        }
    }

    /// Ends the session on this connector: a preparing one is dropped, a transaction is stopped. With a tag only if it
    /// began the session (AUTH-07).
    ///
    /// # Errors
    /// [`EndError`]; nothing has changed then.
    pub(crate) fn end_transaction(
        &mut self,
        now: Instant,
        id_tag: Option<&str>,
        reason: Reason,
        id: ConnectorId,
    ) -> Result<(), EndError> {
        let connector = self.change_connector(id).ok_or(EndError::UnknownConnector)?;
        let session = &connector.session;
        if matches!(session.phase, Phase::Idle | Phase::Stopping) {
            return Err(EndError::NoSession);
        }
        if id_tag.is_some_and(|id_tag| !session.id_tag.as_str().eq_ignore_ascii_case(id_tag)) {
            return Err(EndError::OtherIdTag);
        }
        let id_tag = id_tag.and_then(|id_tag| IdToken::from_text(id_tag).ok());
        self.stop_session(now, id, reason, id_tag);
        Ok(())
    }

    /// Catches the end of a session as it happens.
    pub(super) fn stop_session(&mut self, now: Instant, id: ConnectorId, reason: Reason, id_tag: Option<IdToken>) {
        let Some(connector) = self.change_connector(id) else { return };
        match connector.session.phase {
            Phase::Idle | Phase::Stopping => {}
            Phase::Starting if connector.session.stop.caught => {}
            Phase::Authorizing | Phase::Authorized => {
                connector.session.clear();
                connector.finishing = Finishing::No;
            }
            Phase::Starting | Phase::Running => {
                // A register that was replaced or went back must not make the transaction negative.
                let meter = connector.energy().max(connector.session.meter_start);
                let session = &mut connector.session;
                session.stop = Stop { at: now, meter, reason, id_tag, caught: true, released: false };
                // A start that is on its way to the device is followed by its end.
                if session.phase == Phase::Running {
                    session.phase = Phase::Stopping;
                }
            }
        }
    }

    /// Moves the session on as far as its conditions allow.
    pub(super) fn advance_session(&mut self, now: Instant, id: ConnectorId) {
        let time_out = Duration::from_secs(self.keys.unsigned(&CONNECTION_TIME_OUT));
        let stop_on_disconnect = self.keys.is_on(&STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT);
        let authorization_deadline = self.advance_authorization(now, id);
        let Some(connector) = self.connector_mut(id) else { return };
        let readings = connector.readings;
        if !readings.plugged() {
            connector.finishing = Finishing::No;
        }
        let mut wake = authorization_deadline;
        match connector.session.phase {
            Phase::Authorized if readings.plugged() && readings.start_ready() && connector.is_operative() => {
                let meter_start = connector.energy();
                let session = &mut connector.session;
                session.started = now;
                session.meter_start = meter_start;
                session.phase = Phase::Starting;
            }
            Phase::Authorized
                if time_out > Duration::default() && (!readings.plugged() || connector.inputs.plugged.is_none()) =>
            {
                let deadline = connector.session.since + time_out;
                if now >= deadline {
                    connector.session.clear();
                    connector.finishing = Finishing::No;
                    connector.notify(TxNotification::ConnectionTimeout);
                } else {
                    wake = wake.min(deadline);
                }
            }
            // ST-B6, TX-07: a tag that comes later may be meant for another connector.
            Phase::Idle
                if readings.plugged()
                    && connector.inputs.plugged.is_some()
                    && connector.finishing == Finishing::No
                    && connector.availability == Availability::Operative
                    && time_out > Duration::default() =>
            {
                let deadline = connector.plugged_at + time_out;
                if now >= deadline {
                    connector.finishing = Finishing::CardTooLate;
                } else {
                    wake = wake.min(deadline);
                }
            }
            Phase::Running if !readings.plugged() && stop_on_disconnect => {
                self.stop_session(now, id, Reason::EVDisconnected, None);
            }
            _ => {}
        }
        if let Some(connector) = self.connector_mut(id)
            && connector.session.phase == Phase::Stopping
            && connector.readings.stop_ready()
        {
            connector.session.stop.released = true;
        }
        self.wake_at(wake);
    }

    /// The start is durable as entry `number`.
    pub(super) fn start_recorded(&mut self, id: ConnectorId, number: u32) {
        let clock = self.clock;
        let Some(connector) = self.change_connector(id) else { return };
        connector.session.entry = number;
        connector.session.began = clock.date(connector.session.started);
        connector.session.phase = if connector.session.stop.caught { Phase::Stopping } else { Phase::Running };
        connector.sampling.begin(connector.session.started);
        info!("connector {}: transaction runs", id);
        connector.notify(TxNotification::StartTx);
    }

    /// The end is durable.
    pub(super) fn stop_recorded(&mut self, id: ConnectorId) {
        let Some(connector) = self.change_connector(id) else { return };
        connector.session.clear();
        connector.confirmed.ended(connector.session.entry);
        // ST-C6: the user still has to take the cable.
        let plugged = connector.inputs.plugged.is_some() && connector.readings.plugged();
        connector.finishing = if plugged { Finishing::TransactionEnded } else { Finishing::No };
        info!("connector {}: transaction over", id);
        connector.notify(TxNotification::StopTx);
    }

    /// The central system has confirmed the start in entry `number` without accepting its tag (errata 3.17).
    pub(super) fn deauthorize(&mut self, now: Instant, id: ConnectorId, number: u32) {
        let stop = self.keys.is_on(&STOP_TRANSACTION_ON_INVALID_ID);
        let Some(connector) = self.change_connector(id) else { return };
        if connector.session.phase != Phase::Running || connector.session.entry != number {
            return; // TX-13: over already
        }
        connector.notify(TxNotification::DeAuthorized);
        if stop {
            self.stop_session(now, id, Reason::DeAuthorized, None);
        } else {
            connector.session.energy_denied = true;
        }
    }

    /// Whether a session is under way that is not over.
    pub fn is_session_active(&self, id: ConnectorId) -> bool {
        let phase = self.connector(id).map_or(Phase::Idle, |connector| connector.session.phase);
        !matches!(phase, Phase::Idle | Phase::Stopping)
    }

    /// Whether energy may flow: a transaction runs, its start is durable, and nothing speaks against it.
    pub fn permits_charge(&self, id: ConnectorId) -> bool {
        self.connector(id).is_some_and(|connector| {
            let session = &connector.session;
            let readings = &connector.readings;
            session.phase == Phase::Running && !session.energy_denied && readings.plugged() && !readings.is_faulted()
        })
    }

    /// The session under way on a connector, from the tag to the durable end.
    pub fn transaction(&self, id: ConnectorId) -> Option<TransactionView<'_>> {
        let connector = self.connector(id)?;
        let session = &connector.session;
        if session.phase == Phase::Idle {
            return None;
        }
        let started = session.is_in_transaction().then_some(session.started);
        Some(TransactionView {
            id_tag: session.id_tag.as_str(),
            parent_id_tag: session.parent.as_ref().map(|parent| parent.as_str()),
            id: started.and_then(|_| connector.confirmed.id_of(session.entry)),
            is_authorized: session.phase != Phase::Authorizing,
            is_running: matches!(session.phase, Phase::Running | Phase::Stopping),
            is_deauthorized: session.energy_denied,
            meter_start: started.map(|_| session.meter_start),
            started,
        })
    }
}
