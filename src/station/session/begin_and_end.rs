//! What the user, the firmware and the central system want of a session: to begin, and to end.

use super::super::claim::Claim;
use super::super::connector::Finishing;
use super::super::signed_values::Signing;
use super::super::{BeginError, ConnectorId, EndError, IdToken, Reason, Station, TxNotification};
use super::{Ending, Phase, Presented, SILENT_OFFLINE_TRANSACTIONS};
use crate::station::core_profile::Core;
use crate::time::Instant;

/// Journal entries that a new transaction must find room for: its start and its end.
const ENTRIES_OF_A_TRANSACTION: u32 = 2;

impl Station<'_> {
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
    pub(crate) fn begin_session(
        &mut self,
        now: Instant,
        id_tag: IdToken,
        id: ConnectorId,
        authorized: bool,
    ) -> Result<(), BeginError> {
        if id_tag.is_empty() {
            return Err(BeginError::InvalidIdTag);
        }
        if self.core.connector(id).is_some_and(|connector| connector.visit.is_held) {
            return self.owner_or_visitor(now, id, id_tag).map_err(|OtherIdTag| BeginError::Busy);
        }
        self.may_begin(id)?;
        let authorized = match self.reservations.claim(&self.core, id, &id_tag, None) {
            Claim::Foreign => {
                if let Some(connector) = self.core.connector(id) {
                    connector.notify(TxNotification::ReservationConflict);
                }
                return Err(BeginError::Reserved);
            }
            Claim::MaybeGroup => false, // RSV-06
            Claim::Free | Claim::Ours(_) => authorized,
        };
        self.profiles.session_begins(id);
        let connector = self.core.change_connector(id).ok_or(BeginError::UnknownConnector)?;
        connector.visit.finishing = Finishing::No;
        connector.signing = Signing::new();
        let session = &mut connector.session;
        session.card.id_tag = id_tag.clone(); // moved it would bring memmove into the firmware
        session.card.parent = None;
        session.energy.is_denied = false;
        session.energy.last = None;
        session.card.is_free = false;
        session.is_restored = false;
        session.reservation = None;
        session.card.forget_visitor();
        if authorized {
            session.authorize(now);
        } else {
            session.phase = Phase::Authorizing;
            self.check_tag(now, id);
        }
        Ok(())
    }

    /// Whether a session may begin on this connector now.
    pub(crate) fn may_begin(&self, id: ConnectorId) -> Result<(), BeginError> {
        let connector = self.core.connector(id).ok_or(BeginError::UnknownConnector)?;
        if !self.core.common.is_recovered() {
            Err(BeginError::NotReady)
        } else if connector.session.phase != Phase::Idle || connector.visit.is_held {
            Err(BeginError::Busy)
        } else if !connector.is_operative() || !connector.place.service.is_open() || self.reset.is_pending() {
            Err(BeginError::Inoperative)
        } else if self.core.common.persistence.appending.journal_full
            && !self.core.common.keys.is_on(&SILENT_OFFLINE_TRANSACTIONS)
        {
            Err(BeginError::JournalFull)
        } else {
            Ok(())
        }
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
        let connector = self.core.change_connector(id).ok_or(EndError::UnknownConnector)?;
        let session = &connector.session;
        if matches!(session.phase, Phase::Idle | Phase::Stopping) {
            return Err(EndError::NoSession);
        }
        let Some(id_tag) = id_tag else {
            self.core.stop_session(now, id, reason, None);
            return Ok(());
        };
        let id_tag = IdToken::from_text(id_tag).map_err(|_| EndError::OtherIdTag)?;
        if session.card.is_of(&id_tag) {
            self.core.stop_session(now, id, reason, Some(id_tag));
            return Ok(());
        }
        self.owner_or_visitor(now, id, id_tag).map_err(|OtherIdTag| EndError::OtherIdTag)
    }

    /// A tag was shown that wants to end what another one may have begun.
    fn owner_or_visitor(&mut self, now: Instant, id: ConnectorId, id_tag: IdToken) -> Result<(), OtherIdTag> {
        let connector = self.core.change_connector(id).ok_or(OtherIdTag)?;
        let session = &mut connector.session;
        if session.card.is_of(&id_tag) {
            self.core.owner_came(now, id, Some(id_tag));
        } else if session.card.parent.is_none() || session.card.presented != Presented::Settled {
            return Err(OtherIdTag);
        } else {
            session.card.visitor = Some(id_tag);
            self.check_tag(now, id);
        }
        Ok(())
    }
}

impl Core<'_> {
    /// How many entries there must be room for that a transaction may begin, whatever the other connectors do.
    pub(crate) fn entries_of_a_new_transaction(&self) -> u32 {
        let of_all = ENTRIES_OF_A_TRANSACTION * u32::from(self.connector_count()) + self.signed_values.of_all();
        self.entries_of_a_transaction() + of_all
    }

    /// How many entries a transaction takes up for certain.
    pub(crate) fn entries_of_a_transaction(&self) -> u32 {
        ENTRIES_OF_A_TRANSACTION + self.signed_values.of_transaction()
    }

    /// The tag that began, or one of its group, was shown again.
    pub(crate) fn owner_came(&mut self, now: Instant, id: ConnectorId, id_tag: Option<IdToken>) {
        let Some(connector) = self.change_connector(id) else { return };
        if connector.visit.is_held {
            connector.release_cable(); // TX-10, TX-20
        } else {
            self.stop_session(now, id, Reason::Local, id_tag);
        }
    }

    /// Catches the end of a session as it happens.
    pub(crate) fn stop_session(&mut self, now: Instant, id: ConnectorId, reason: Reason, id_tag: Option<IdToken>) {
        let Some(connector) = self.change_connector(id) else { return };
        match connector.session.phase {
            Phase::Idle | Phase::Stopping => {}
            Phase::Starting if connector.session.stop.caught => {}
            Phase::Authorizing | Phase::Authorized => {
                connector.session.clear();
                connector.visit.finishing = Finishing::No;
            }
            Phase::Starting | Phase::Running => {
                // A register that was replaced or went back must not make the transaction negative.
                connector.read_register();
                let session = &mut connector.session;
                session.card.forget_visitor();
                session.stop = Ending { at: now, reason, id_tag, caught: true, released: false };
                // A start that is on its way to the device is followed by its end.
                if session.phase == Phase::Running {
                    session.phase = Phase::Stopping;
                }
            }
        }
    }

    /// The same, whatever the firmware's gate says.
    pub(crate) fn stop_without_gate(&mut self, now: Instant, id: ConnectorId, reason: Reason) {
        self.stop_session(now, id, reason, None);
        if let Some(connector) = self.connector_mut(id) {
            connector.session.stop.released |= connector.session.stop.caught;
        }
    }
}

/// The tag has nothing to end here.
struct OtherIdTag;
