//! UnlockConnector, and when the cable is to be locked (OCPP 1.6 §4.10, §5.18).

use super::answer::{Cause, StatusAnswer};
use super::core_profile::Core;
use super::session::Phase;
use super::{ChargePointErrorCode, ConnectorId, Reason, Station, UnlockResult, reservation, smart_charging};
use crate::json::{Field, Kind, Payload};
use crate::rpc::Composer;
use crate::store::SwitchKey;
use crate::time::{Duration, Instant};

/// A cable that is unplugged at the EV is released at the socket.
pub(super) const UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT: SwitchKey =
    SwitchKey::new(35, UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT_NAME, true);
const UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT_NAME: &str = "UnlockConnectorOnEVSideDisconnect";

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

/// How long a lock may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Between two questions to a lock that is moving.
const INTERVAL: Duration = Duration::from_millis(50);

impl Unlock {
    /// Begins to unlock, and answers when the lock has; or says at once why not.
    #[inline(never)]
    pub(crate) fn unlock_connector(
        &mut self,
        core: &mut Core<'_>,
        now: Instant,
        payload: Payload<'_>,
    ) -> Result<Option<StatusAnswer>, Cause> {
        const FIELDS: [Field; 1] = [Field::required("connectorId", Kind::Integer)];
        let [connector] = payload.read(&FIELDS)?;
        let id = connector.integer().and_then(|id| ConnectorId::try_from(id).ok()).filter(|id| core.has_lock(*id));
        let Some(connector) = id else { return Ok(Some(StatusAnswer::NotSupported)) }; // errata 3.87
        if let Unlock::UnderWay { .. } = *self {
            return Ok(Some(StatusAnswer::UnlockFailed));
        }
        *self = Unlock::UnderWay { connector, until: now + TIME_LIMIT };
        core.common.look_again(); // for an answer that comes later
        if core.connector(connector).is_some_and(|connector| connector.session.is_in_transaction()) {
            core.stop_without_gate(now, connector, Reason::UnlockCommand); // UNL-01
        }
        Ok(None)
    }

    pub(super) fn advance_unlock(&mut self, core: &mut Core<'_>, now: Instant) {
        let Unlock::UnderWay { connector: id, until } = *self else { return };
        let next_entry = core.common.journal.next();
        let Some(connector) = core.connector_mut(id) else { return };
        let in_transaction = connector.session.is_in_transaction();
        let asked = if in_transaction { None } else { connector.hardware.map(|hardware| hardware.unlock()) };
        let result = match asked {
            None | Some(UnlockResult::Pending) if now < until => {
                core.common.wake_at(now + INTERVAL);
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
        core.common.look_again();
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
            connector.equipment.has_lock() && (connector.is_held || runs)
        })
    }
}

impl Station<'_> {
    /// Writes the answer to UnlockConnector once the lock has given it.
    pub(crate) fn unlock_answer(&mut self, answer: &mut Composer<'_>) -> bool {
        let Unlock::Done(result) = self.unlock else { return false };
        self.unlock = Unlock::None;
        let position = answer.position();
        let status = match result {
            UnlockResult::Unlocked => StatusAnswer::Unlocked,
            _ => StatusAnswer::UnlockFailed,
        };
        let written = answer.payload(&status).is_ok();
        self.custom.show(b"UnlockConnector", None, Some(answer.written(position)));
        written
    }

    /// All inputs and outputs are set: without a lock there is nothing to unlock (errata 3.84), and what nobody does is no
    /// profile of this charge point.
    pub(crate) fn announce_hardware(&mut self) {
        if !self.core.connector_ids().any(|id| self.core.has_lock(id)) {
            let _ = self.core.common.keys.fix(UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT_NAME);
            self.core.common.keys.set_switch(&UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT, false);
        }
        reservation::announce_hardware(&mut self.core.common);
        self.transfers.announce_firmware_management(&mut self.core.common);
        smart_charging::announce_hardware(&mut self.core);
        self.core.announce_signed_meters();
    }
}
