//! RemoteStartTransaction and RemoteStopTransaction (OCPP 1.6 §5.11, §5.12).

use super::answer::{Cause, StatusAnswer, accepted_if};
use super::claim::Claim;
use super::connector::Finishing::{CardTooLate, No};
use super::core_profile::Core;
use super::delivery::UNDELIVERABLE;
use super::session::Phase;
use super::smart_charging::Draft;
use super::{ConnectorId, IdToken, Reason, Station, TxNotification};
use crate::json::{Field, Kind, Payload};
use crate::store::{Scratch, SwitchKey};
use crate::time::Instant;

/// A remote start asks for the tag's authorisation like a local one.
pub(super) const AUTHORIZE_REMOTE_TX_REQUESTS: SwitchKey = SwitchKey::new(3, "AuthorizeRemoteTxRequests", false);

impl Station<'_> {
    #[inline(never)]
    pub(crate) fn remote_start_transaction(
        &mut self,
        now: Instant,
        payload: Payload<'_>,
        scratch: &mut Scratch<'_>,
        read_profile: impl Fn(&[u8], &mut [u8], usize) -> Result<Draft, Cause>,
    ) -> Result<StatusAnswer, Cause> {
        const FIELDS: [Field; 3] = [
            Field::optional("connectorId", Kind::Integer),
            Field::required("idTag", Kind::Text(20)),
            // RC-10: without smart charging the profile is ignored.
            Field::optional("chargingProfile", Kind::Object),
        ];
        let [connector, shown, profile] = payload.read(&FIELDS)?;
        let mut id_tag = IdToken::new();
        if !id_tag.set(shown.text()) {
            return Err(Cause::IdTag);
        }
        let periods = scratch.blank();
        let draft = match profile.nested().filter(|_| self.profiles.can_limit(&self.core.common)) {
            Some(profile) => {
                let draft = read_profile(profile, periods, self.profiles.periods_max())?;
                match self.profiles.profile_of_start(&self.core.common, draft) {
                    Some(draft) => Some(draft),
                    None => return Ok(accepted_if(false)), // RC-08
                }
            }
            None => None,
        };
        let wanted = match connector.integer() {
            _ if !self.core.common.registration.is_accepted() || id_tag.is_empty() => 0..0, // BOOT-09
            Some(id) => ConnectorId::try_from(id).map_or(0..0, |id| id..id.saturating_add(1)),
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
            return Ok(accepted_if(false));
        }
        let authorized = !self.core.common.keys.is_on(&AUTHORIZE_REMOTE_TX_REQUESTS);
        let begun = self.begin_session(now, id_tag, connector, authorized).is_ok();
        if let (true, Some(draft)) = (begun, draft) {
            self.profiles.session_limited(&mut self.core.common, connector, draft, periods);
        }
        if let (true, Some(connector)) = (begun, self.core.connector(connector)) {
            connector.notify(TxNotification::RemoteStart);
        }
        Ok(accepted_if(begun))
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
        let is_left_over = !matches!(connector.finishing, No | CardTooLate) && !connector.session.is_of(id_tag);
        match connector.switches.plugged() {
            _ if is_left_over => 2, // the EV there is somebody else's, if it is still there
            false => 3,
            true => 4,
        }
    }
}

impl Core<'_> {
    #[inline(never)]
    pub(crate) fn remote_stop_transaction(
        &mut self,
        now: Instant,
        payload: Payload<'_>,
    ) -> Result<StatusAnswer, Cause> {
        const FIELDS: [Field; 1] = [Field::required("transactionId", Kind::Number)];
        let [transaction] = payload.read(&FIELDS)?;
        // TX-04: several transactions may have the id of those that the central system does not know.
        let is_known = |id: &i64| *id != UNDELIVERABLE && self.common.registration.is_accepted();
        let wanted = transaction.long()?.filter(is_known);
        let running = self.connectors.iter().zip(1..).find(|(connector, _)| {
            let session = &connector.session;
            session.phase() == Phase::Running && wanted.is_some() && connector.confirmed.id_of(session.entry) == wanted
        });
        let Some((connector, id)) = running else { return Ok(accepted_if(false)) };
        connector.notify(TxNotification::RemoteStop);
        self.stop_session(now, id, Reason::Remote, None);
        Ok(accepted_if(true))
    }
}
