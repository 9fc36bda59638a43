//! A session on one connector: a card, an EV, and the transaction that comes of both (OCPP 1.6 §3.6, §4.8, §4.10).

use super::authorization::{Known, Presented};
use super::claim::Claim;
use super::connector::Finishing;
use super::metering::Series;
use super::signed_values::Signing;
use super::unlock::UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT;
use super::{BeginError, ConnectorId, EndError, IdToken, Operations, Reason, TxNotification, free_vend};
use crate::log::info;
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
/// How often the register is looked at while the last energy is given, or while it cannot be read.
const REGISTER_INTERVAL: Duration = Duration::from_secs(1);
/// How long the end of a transaction waits for a register that cannot be read.
const REGISTER_WAIT: Duration = Duration::from_secs(30);

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
pub(super) struct Stop {
    pub(super) at: Instant,
    pub(super) reason: Reason,
    pub(super) id_tag: Option<IdToken>,
    /// The transaction has to end.
    caught: bool,
    /// No gate holds the end back.
    pub(super) released: bool,
}

/// Journal entries that a new transaction must find room for: its start and its end.
const ENTRIES_OF_A_TRANSACTION: u32 = 2;

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
        self.register = meter_start;
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
        self.begin_session(now, id_tag, id, authorized)
    }

    /// The same with a tag that fits.
    pub(super) fn begin_session(
        &mut self,
        now: Instant,
        id_tag: IdToken,
        id: ConnectorId,
        authorized: bool,
    ) -> Result<(), BeginError> {
        if id_tag.is_empty() {
            return Err(BeginError::InvalidIdTag);
        }
        if self.connector(id).is_some_and(|connector| connector.is_held) {
            return self.owner_or_visitor(now, id, id_tag).map_err(|OtherIdTag| BeginError::Busy);
        }
        self.may_begin(id)?;
        let authorized = match self.claim(id, &id_tag, None) {
            Claim::Foreign => {
                if let Some(connector) = self.connector(id) {
                    connector.notify(TxNotification::ReservationConflict);
                }
                return Err(BeginError::Reserved);
            }
            Claim::MaybeGroup => false, // RSV-06
            Claim::Free | Claim::Ours(_) => authorized,
        };
        self.profiles.session_begins(id);
        let connector = self.change_connector(id).ok_or(BeginError::UnknownConnector)?;
        connector.finishing = Finishing::No;
        connector.signing = Signing::new();
        let session = &mut connector.session;
        session.id_tag = id_tag.clone(); // moved it would bring memmove into the firmware
        session.parent = None;
        session.energy_denied = false;
        session.last_energy = None;
        session.is_free = false;
        session.is_restored = false;
        session.reservation = None;
        session.forget_visitor();
        if authorized {
            session.authorize(now);
        } else {
            session.phase = Phase::Authorizing;
            self.check_tag(now, id);
        }
        Ok(())
    }

    /// Whether a session may begin on this connector now.
    pub(super) fn may_begin(&self, id: ConnectorId) -> Result<(), BeginError> {
        let connector = self.connector(id).ok_or(BeginError::UnknownConnector)?;
        if !self.is_recovered() {
            Err(BeginError::NotReady)
        } else if connector.session.phase != Phase::Idle || connector.is_held {
            Err(BeginError::Busy)
        } else if !connector.is_operative() || !connector.place.service.is_open() || self.reset.is_pending() {
            Err(BeginError::Inoperative)
        } else if self.journal_full && !self.keys.is_on(&SILENT_OFFLINE_TRANSACTIONS) {
            Err(BeginError::JournalFull)
        } else {
            Ok(())
        }
    }

    /// How many entries there must be room for that a transaction may begin, whatever the other connectors do.
    pub(super) fn entries_of_a_new_transaction(&self) -> u32 {
        let of_all = ENTRIES_OF_A_TRANSACTION * u32::from(self.connector_count()) + self.signed_values.of_all();
        self.entries_of_a_transaction() + of_all
    }

    /// How many entries a transaction takes up for certain.
    pub(super) fn entries_of_a_transaction(&self) -> u32 {
        ENTRIES_OF_A_TRANSACTION + self.signed_values.of_transaction()
    }

    /// Ends the session on this connector: a preparing one is dropped, a transaction is stopped. With a tag only if it
    /// began the session (AUTH-07), or belongs to the same group, which may have to be found out first (AUTH-08).
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
        let Some(id_tag) = id_tag else {
            self.stop_session(now, id, reason, None);
            return Ok(());
        };
        let id_tag = IdToken::from_text(id_tag).map_err(|_| EndError::OtherIdTag)?;
        if session.is_of(&id_tag) {
            self.stop_session(now, id, reason, Some(id_tag));
            return Ok(());
        }
        self.owner_or_visitor(now, id, id_tag).map_err(|OtherIdTag| EndError::OtherIdTag)
    }

    /// A tag was shown that wants to end what another one may have begun.
    fn owner_or_visitor(&mut self, now: Instant, id: ConnectorId, id_tag: IdToken) -> Result<(), OtherIdTag> {
        let connector = self.change_connector(id).ok_or(OtherIdTag)?;
        let session = &mut connector.session;
        if session.is_of(&id_tag) {
            self.owner_came(now, id, Some(id_tag));
        } else if session.parent.is_none() || session.presented != Presented::Settled {
            return Err(OtherIdTag);
        } else {
            session.visitor = Some(id_tag);
            self.check_tag(now, id);
        }
        Ok(())
    }

    /// The tag that began, or one of its group, was shown again.
    pub(super) fn owner_came(&mut self, now: Instant, id: ConnectorId, id_tag: Option<IdToken>) {
        let Some(connector) = self.change_connector(id) else { return };
        if connector.is_held {
            connector.release_cable(); // TX-10, TX-20
        } else {
            self.stop_session(now, id, Reason::Local, id_tag);
        }
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
                connector.read_register();
                let session = &mut connector.session;
                session.forget_visitor();
                session.stop = Stop { at: now, reason, id_tag, caught: true, released: false };
                // A start that is on its way to the device is followed by its end.
                if session.phase == Phase::Running {
                    session.phase = Phase::Stopping;
                }
            }
        }
    }

    /// The same, whatever the firmware's gate says.
    pub(super) fn stop_without_gate(&mut self, now: Instant, id: ConnectorId, reason: Reason) {
        self.stop_session(now, id, reason, None);
        if let Some(connector) = self.connector_mut(id) {
            connector.session.stop.released |= connector.session.stop.caught;
        }
    }

    /// Moves the session on as far as its conditions allow.
    pub(super) fn advance_session(&mut self, now: Instant, id: ConnectorId) {
        let is_full = self.journal_full;
        self.find_reservation(id);
        let (signs_beginning, signs_end) = (self.signs_beginning(id), self.signs_ends(id));
        let Some(connector) = self.connectors.get_mut(usize::from(id).wrapping_sub(1)) else { return };
        let switches = connector.switches;
        let has_plug = connector.equipment.has_plug_sensor();
        let is_present = connector.is_present();
        if !is_present && !connector.is_held {
            connector.forget_finishing();
        }
        let time_out = || Duration::from_secs(self.keys.unsigned(&CONNECTION_TIME_OUT));
        let mut wake = Instant::NEVER;
        let mut ends = None;
        let mut meter_start = None;
        if connector.session.phase == Phase::Authorized
            && switches.plugged()
            && switches.start_tx_ready()
            && connector.is_operative()
        {
            if !signs_beginning || connector.has_signed_beginning(now) {
                meter_start = connector.energy();
            }
            wake = now + REGISTER_INTERVAL; // in case that it cannot be read
        }
        match (connector.session.phase, meter_start) {
            (Phase::Authorized, Some(meter_start)) => {
                wake = Instant::NEVER;
                let session = &mut connector.session;
                session.started = now;
                session.began = None;
                session.meter_start = meter_start;
                session.register = meter_start;
                session.is_metered = true;
                session.phase = Phase::Starting;
                session.is_silent = is_full && self.keys.is_on(&SILENT_OFFLINE_TRANSACTIONS);
                connector.series = Series::new();
            }
            (Phase::Authorized, None) if !switches.plugged() || !has_plug => {
                let deadline = deadline(connector.session.since, time_out());
                if now >= deadline {
                    connector.session.clear();
                    connector.finishing = Finishing::No;
                    connector.notify(TxNotification::ConnectionTimeout);
                } else {
                    wake = wake.min(deadline);
                }
            }
            (Phase::Idle, _)
                if is_present && connector.finishing == Finishing::No && connector.place.service.is_on() =>
            {
                if has_plug && switches.plugged() && self.keys.is_on(&free_vend::FREE_VEND_ACTIVE) {
                    return self.begin_free_vend(now, id);
                }
                // ST-B6, TX-07: a tag that comes later may be meant for another connector.
                let deadline = deadline(connector.present_since, time_out());
                match connector.is_reserved {
                    true => {} // whoever is there, it waits for its tag
                    false if now >= deadline => connector.finishing = Finishing::CardTooLate,
                    false => wake = deadline,
                }
            }
            (Phase::Running, _) if !switches.plugged() && self.keys.is_on(&STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT) => {
                ends = Some(Reason::EVDisconnected);
            }
            (Phase::Running, _) => {
                if let Some(last) = connector.session.last_energy {
                    wake = now + REGISTER_INTERVAL;
                    if connector.energy().is_some_and(|energy| energy >= last) {
                        connector.session.last_energy = None;
                        return self.withdraw_energy(now, id);
                    }
                }
            }
            // TX-28: what cannot be read is waited for, but not for ever.
            (Phase::Stopping, _) => {
                let until = connector.session.stop.at + REGISTER_WAIT;
                let is_metered = connector.session.is_metered || connector.read_register();
                let is_signed = !signs_end || connector.session.is_silent || connector.has_signed_end(now);
                if !is_metered && now < until {
                    wake = until.min(now + REGISTER_INTERVAL);
                } else if !is_signed {
                    wake = now + REGISTER_INTERVAL;
                } else if switches.stop_tx_ready() {
                    connector.session.stop.released = true;
                }
            }
            _ => {}
        }
        let is_asking = connector.session.presented != Presented::Settled;
        let silent = connector.session.is_silent.then_some(connector.session.phase);
        let is_over = connector.session.stop.released;
        if let Some(reason) = ends {
            self.stop_session(now, id, reason, None);
        }
        match silent {
            Some(Phase::Starting) => self.start_recorded(id, None),
            Some(Phase::Stopping) if is_over => self.stop_recorded(id),
            _ => {}
        }
        if is_asking {
            wake = wake.min(self.advance_authorization(now, id));
        }
        self.wake_at(wake);
    }

    /// Reads the register of a running transaction.
    pub(super) fn read_register(&mut self, id: ConnectorId) {
        if let Some(connector) = self.connector_mut(id)
            && connector.session.is_running()
        {
            connector.read_register();
        }
    }

    /// The start is durable; `None` where the transaction is silent.
    pub(super) fn start_recorded(&mut self, id: ConnectorId, start: Option<Durable>) {
        let clock = self.clock;
        let Some(connector) = self.change_connector(id) else { return };
        connector.session.run(start);
        connector.session.began = clock.date(connector.session.started);
        connector.place.sampling.begin(connector.session.started);
        info!("connector {}: transaction runs", id);
        connector.notify(TxNotification::StartTx);
        let entry = connector.session.entry;
        if let Some(reservation) = connector.session.reservation {
            self.reservation_used(reservation, entry);
        }
        self.tell_beginning(id);
    }

    /// The end is durable.
    pub(super) fn stop_recorded(&mut self, id: ConnectorId) {
        let unlock_at_once = self.keys.is_on(&UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT);
        let Some(connector) = self.change_connector(id) else { return };
        let reason = connector.session.stop.reason;
        connector.session.clear();
        connector.place.sampling.miss_moment();
        connector.confirmed.ended(connector.session.entry);
        connector.is_held = connector.equipment.has_lock()
            && !connector.session.is_free // nobody has such a card
            && match reason {
                Reason::DeAuthorized => true,              // TX-10
                Reason::EVDisconnected => !unlock_at_once, // TX-20
                _ => false,
            };
        connector.finishing = match reason {
            Reason::EVDisconnected => Finishing::EvSideDisconnected, // TX-19
            _ if connector.is_present() || connector.is_held => Finishing::TransactionEnded, // ST-C6
            _ => Finishing::No,
        };
        info!("connector {}: transaction over", id);
        connector.notify(TxNotification::StopTx);
    }

    /// The central system has confirmed the start in entry `number` without accepting its tag (errata 3.17).
    pub(super) fn deauthorize(&mut self, now: Instant, id: ConnectorId, number: u32) {
        let last_energy = i64::from(self.keys.integer(&MAX_ENERGY_ON_INVALID_ID));
        let Some(connector) = self.change_connector(id) else { return };
        if connector.session.phase != Phase::Running || connector.session.entry != number {
            return; // TX-13: over already
        }
        connector.notify(TxNotification::DeAuthorized);
        if last_energy > 0 {
            connector.read_register();
            connector.session.last_energy = Some(connector.session.register.saturating_add(last_energy)); // TX-12
        } else {
            self.withdraw_energy(now, id);
        }
    }

    fn withdraw_energy(&mut self, now: Instant, id: ConnectorId) {
        if self.keys.is_on(&STOP_TRANSACTION_ON_INVALID_ID) {
            self.stop_session(now, id, Reason::DeAuthorized, None); // TX-09
        } else if let Some(connector) = self.change_connector(id) {
            connector.session.energy_denied = true; // TX-11
        }
    }
}

/// When a wait ends; one of no length never does (TX-08).
pub(super) fn deadline(since: Instant, time_out: Duration) -> Instant {
    if time_out == Duration::default() { Instant::NEVER } else { since + time_out }
}

/// The tag has nothing to end here.
struct OtherIdTag;
