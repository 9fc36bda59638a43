//! UnlockConnector, and when the cable is to be locked (OCPP 1.6 §4.10, §5.18).

use super::core_profile::Core;
use super::session::Phase;
use super::{ChargePointErrorCode, ConnectorId, Reason, UnlockResult};
use crate::store::SwitchKey;
use crate::time::{Duration, Instant};

/// A cable that is unplugged at the EV is released at the socket.
pub(crate) const UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT: SwitchKey = SwitchKey::new(35, true);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unlock {
    None,
    /// The transaction ends, then the lock is asked, until `until`.
    UnderWay {
        connector: ConnectorId,
        until: Instant,
    },
    /// The answer is known and has not been given yet.
    Done(UnlockResult),
}

/// Whether unlocking has begun.
#[must_use]
pub(crate) enum Unlocking {
    Begun,
    /// There is no lock, or no such connector (errata 3.87).
    NoLock,
    /// Another lock is moving.
    Busy,
}

/// How long a lock may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Between two questions to a lock that is moving.
const INTERVAL: Duration = Duration::from_millis(50);

impl Unlock {
    /// Begins to unlock; what comes of it is known [later](Self::take_result).
    pub(crate) fn unlock_connector(&mut self, core: &mut Core<'_>, now: Instant, id: ConnectorId) -> Unlocking {
        if !core.has_lock(id) {
            return Unlocking::NoLock;
        }
        if let Self::UnderWay { .. } = self {
            return Unlocking::Busy;
        }
        *self = Self::UnderWay { connector: id, until: now + TIME_LIMIT };
        core.common.agenda.look_again(); // for an answer that comes later
        if core.connector(id).is_some_and(|connector| connector.session.is_in_transaction()) {
            core.stop_without_gate(now, id, Reason::UnlockCommand); // UNL-01
        }
        Unlocking::Begun
    }

    /// What has become of it, once; `None` while that is not known.
    pub(crate) fn take_result(&mut self) -> Option<UnlockResult> {
        let Self::Done(result) = *self else { return None };
        *self = Self::None;
        Some(result)
    }

    pub(super) fn advance_unlock(&mut self, core: &mut Core<'_>, now: Instant) {
        let Unlock::UnderWay { connector: id, until } = *self else { return };
        let next_entry = core.common.journal.next();
        let Some(connector) = core.connector_mut(id) else { return };
        let in_transaction = connector.session.is_in_transaction();
        let asked = if in_transaction { None } else { connector.hardware.map(|hardware| hardware.unlock()) };
        let result = match asked {
            None | Some(UnlockResult::Pending) if now < until => {
                core.common.agenda.wake_at(now + INTERVAL);
                return;
            }
            Some(UnlockResult::Unlocked) => UnlockResult::Unlocked,
            _ => UnlockResult::UnlockFailed,
        };
        if result == UnlockResult::Unlocked {
            connector.release_cable();
        } else {
            connector.place.status.report_error(now, next_entry, ChargePointErrorCode::ConnectorLockFailure); // UNL-05
        }
        *self = Unlock::Done(result);
        core.common.agenda.look_again();
    }
}

impl Core<'_> {
    pub(super) fn has_lock(&self, id: ConnectorId) -> bool {
        self.connector(id).is_some_and(|connector| connector.equipment.has_lock())
    }

    /// Whether the cable is to be locked at the socket: while a transaction runs, and after it until the card that began
    /// it is shown, where the standard wants that.
    pub(crate) fn locks_cable(&self, id: ConnectorId) -> bool {
        self.connector(id).is_some_and(|connector| {
            let runs = matches!(connector.session.phase(), Phase::Running | Phase::Stopping);
            connector.equipment.has_lock() && (connector.visit.is_held || runs)
        })
    }
}
