//! The central system begins and ends transactions (OCPP 1.6 §5.11, §5.12).

use super::claim::Claim;
use super::connector::Finishing::{CardTooLate, No};
use super::core_profile::Core;
use super::session::Phase;
use super::smart_charging::Draft;
use super::{Connector, ConnectorId, IdToken, Reason, Station, TxNotification};
use crate::store::SwitchKey;
use crate::time::Instant;

/// A remote start asks for the tag's authorisation like a local one.
pub(crate) const AUTHORIZE_REMOTE_TX_REQUESTS: SwitchKey = SwitchKey::new(3, false);

impl Station<'_> {
    /// The central system wants a transaction to begin, on this connector or on any one; with a profile that is to hold for it,
    /// whose periods lie in `periods`. `false` when it cannot be.
    pub(crate) fn start_remotely(
        &mut self,
        now: Instant,
        id_tag: IdToken,
        on: Option<ConnectorId>,
        profile: Option<Draft>,
        periods: &[u8],
    ) -> bool {
        let draft = match profile {
            Some(draft) => match self.profiles.profile_of_start(&self.core.common, draft) {
                Some(draft) => Some(draft),
                None => return false, // RC-08
            },
            None => None,
        };
        let wanted = match on {
            _ if !self.core.common.registration.is_accepted() || id_tag.is_empty() => 0..0, // BOOT-09
            Some(id) => id..id.saturating_add(1),
            None => self.core.connector_ids(),
        };
        // RC-04: the first of those that suit best.
        let (mut best, mut connector) = (0, 0);
        for id in wanted {
            let fit = self.suitability(id, &id_tag);
            if fit > best {
                (best, connector) = (fit, id);
            }
        }
        if best == 0
            || !self.core.common.outputs.remote_start_notify.is_none_or(|notify| notify(connector, id_tag.as_str()))
        {
            return false;
        }
        let authorized = !self.core.common.keys.is_on(&AUTHORIZE_REMOTE_TX_REQUESTS);
        let begun = self.begin_session(now, id_tag, connector, authorized).is_ok();
        if let (true, Some(draft)) = (begun, draft) {
            self.profiles.session_limited(&mut self.core.common, connector, draft, periods);
        }
        if let (true, Some(connector)) = (begun, self.core.connector(connector)) {
            connector.notify(TxNotification::RemoteStart);
        }
        begun
    }

    /// How well a connector suits a tag; 0 when no session may begin there with it (RC-05).
    fn suitability(&self, id: ConnectorId, id_tag: &IdToken) -> u8 {
        let (Ok(()), Some(connector)) = (self.may_begin(id), self.core.connector(id)) else { return 0 };
        match self.reservations.claim(&self.core, id, id_tag, None) {
            Claim::Ours(_) if self.reservations.is_reserved(id) => return 5,
            Claim::MaybeGroup => return 1,
            Claim::Foreign => return 0,
            Claim::Free | Claim::Ours(_) => {}
        }
        let is_left_over =
            !matches!(connector.visit.finishing, No | CardTooLate) && !connector.session.card.is_of(id_tag);
        match connector.switches.plugged() {
            _ if is_left_over => 2, // the EV there is somebody else's, if it is still there
            false => 3,
            true => 4,
        }
    }
}

impl Core<'_> {
    /// The central system ends the running transaction that this is said of; `false` when there is none.
    pub(crate) fn stop_remotely(&mut self, now: Instant, is_meant: &dyn Fn(&Connector<'_>) -> bool) -> bool {
        let is_accepted = self.common.registration.is_accepted();
        let running =
            self.connectors.iter().zip(1..).find(|(connector, _)| {
                is_accepted && connector.session.phase() == Phase::Running && is_meant(connector)
            });
        let Some((connector, id)) = running else { return false };
        connector.notify(TxNotification::RemoteStop);
        self.stop_session(now, id, Reason::Remote, None);
        true
    }
}
