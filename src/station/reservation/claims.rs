//! Who may charge where, as far as reservations go.

use super::{ReservationStatus, Reservations};
use crate::station::claim::Claim;
use crate::station::connector::Finishing;
use crate::station::core_profile::Core;
use crate::station::session::Phase;
use crate::station::{Connector, ConnectorId, IdToken};

impl Reservations<'_> {
    /// Whether this tag may charge there, as far as reservations go. Its group is `parent`, once that is known.
    pub(in crate::station) fn claim(
        &self,
        core: &Core<'_>,
        connector: ConnectorId,
        id_tag: &IdToken,
        parent: Option<&IdToken>,
    ) -> Claim {
        let claims = |wanted: ConnectorId| {
            let of_connector = self.all().filter(move |reservation| reservation.connector == wanted);
            of_connector.map(|reservation| reservation.claim(id_tag, parent))
        };
        let rank = |claim: &Claim| match claim {
            Claim::Ours(_) => 2,
            Claim::MaybeGroup => 1,
            Claim::Free | Claim::Foreign => 0,
        };
        if let Some(claim) = claims(connector).max_by_key(rank) {
            return claim;
        }
        let any = claims(0).max_by_key(rank).unwrap_or(Claim::Free);
        // RSV-16: somebody else may have it as long as enough connectors stay free for those who wait for any.
        let is_free = |other: &ConnectorId| {
            *other != connector && Self::obstacle(core, *other).is_none() && claims(*other).next().is_none()
        };
        match any {
            Claim::MaybeGroup | Claim::Foreign if core.connector_ids().filter(is_free).count() >= claims(0).count() => {
                Claim::Free
            }
            any => any,
        }
    }

    /// Whether the tag that is being authorised may not charge because the connector waits for another one (RSV-05). Its
    /// group is `parent`, if it has one.
    pub(in crate::station) fn is_reserved_for_others(
        &self,
        core: &Core<'_>,
        id: ConnectorId,
        parent: Option<&IdToken>,
    ) -> bool {
        let Some(session) = core.connector(id).map(|connector| &connector.session) else { return false };
        let claim = self.claim(core, id, &session.card.id_tag, parent);
        session.card.visitor.is_none() && matches!(claim, Claim::Foreign | Claim::MaybeGroup)
    }

    /// RSV-09: finds the reservation that a session uses up which waits for its tag or its EV.
    pub(in crate::station) fn find_reservation(&self, core: &mut Core<'_>, id: ConnectorId) {
        let Some(session) = core.connector(id).map(|connector| &connector.session) else { return };
        if !session.is_waiting() {
            return;
        }
        let reservation = match self.claim(core, id, &session.card.id_tag, session.card.parent.as_ref()) {
            Claim::Ours(reservation) => Some(reservation),
            _ => None,
        };
        if let Some(connector) = core.connector_mut(id) {
            connector.session.reservation = reservation;
        }
    }

    /// Whether a reservation keeps this tag, of whose group nothing is known, from charging on a connector.
    pub(crate) fn is_blocked_by_reservation(&self, core: &Core<'_>, id_tag: &str, connector: ConnectorId) -> bool {
        let claim = IdToken::from_text(id_tag).map(|id_tag| self.claim(core, connector, &id_tag, None));
        matches!(claim, Ok(Claim::Foreign | Claim::MaybeGroup))
    }

    /// Why a connector could not be used now by anybody.
    pub(super) fn obstacle(core: &Core<'_>, id: ConnectorId) -> Option<ReservationStatus> {
        let connector = core.connector(id)?;
        if connector.place.is_faulted() {
            Some(ReservationStatus::Faulted)
        } else if !connector.place.service.is_open() {
            Some(ReservationStatus::Unavailable)
        } else if is_in_use(connector) || connector.is_present() {
            Some(ReservationStatus::Occupied) // RSV-14
        } else {
            None
        }
    }
}

fn is_in_use(connector: &Connector<'_>) -> bool {
    connector.session.phase() != Phase::Idle || connector.visit.finishing != Finishing::No || connector.visit.is_held
}
