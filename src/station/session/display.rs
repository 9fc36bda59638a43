//! What the firmware sees of a session.

use super::Phase;
use crate::station::core_profile::Core;
use crate::station::{ConnectorId, StopView, TransactionId, TransactionView};

impl Core<'_> {
    /// Whether a session is under way that is not over.
    pub(crate) fn is_session_active(&self, id: ConnectorId) -> bool {
        let phase = self.connector(id).map_or(Phase::Idle, |connector| connector.session.phase());
        !matches!(phase, Phase::Idle | Phase::Stopping)
    }

    /// Whether energy may flow: a transaction runs, its start is durable, and nothing speaks against it, not even a limit.
    pub(crate) fn permits_charge(&self, id: ConnectorId) -> bool {
        self.connector(id).is_some_and(|connector| {
            let session = &connector.session;
            let switches = &connector.switches;
            session.phase() == Phase::Running
                && !session.energy.is_denied
                && switches.plugged()
                && !connector.place.is_faulted()
                && !connector.is_limited_to_zero()
        })
    }

    /// The session under way on a connector, from the tag to the durable end.
    pub(crate) fn transaction(&self, id: ConnectorId) -> Option<TransactionView<'_>> {
        let connector = self.connector(id)?;
        let session = &connector.session;
        if session.phase() == Phase::Idle {
            return None;
        }
        let started = session.is_in_transaction().then_some(session.started);
        let is_running = matches!(session.phase(), Phase::Running | Phase::Stopping);
        let entry = (is_running && !session.is_silent).then_some(session.entry);
        Some(TransactionView {
            id_tag: session.card.id_tag.as_str(),
            parent_id_tag: session.card.parent.as_ref().map(|parent| parent.as_str()),
            id: entry.map(|entry| TransactionId::new(self.seed(), entry)),
            transaction_id: entry.and_then(|entry| connector.confirmed.id_of(entry)),
            is_authorized: session.phase() != Phase::Authorizing,
            is_running,
            is_deauthorized: session.energy.is_denied,
            is_silent: session.is_silent,
            meter_start: started.map(|_| session.energy.start),
            started,
            stop: (session.phase() == Phase::Stopping).then(|| StopView {
                meter_stop: session.energy.register,
                stopped: session.stop.at,
                reason: session.stop.reason,
                id_tag: session.stop.id_tag.as_ref().map(|id_tag| id_tag.as_str()),
            }),
        })
    }

    /// What the ids of all transactions of this charge point begin with.
    pub(crate) fn seed(&self) -> u32 {
        self.common.persistence.seed
    }
}
