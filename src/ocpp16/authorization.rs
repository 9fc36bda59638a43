//! Authorize: may this tag charge? (OCPP 1.6 §3.5, §4.1)

use super::session::{Phase, TxNotification};
use super::{AuthorizationStatus, ConnectorId, IdTagInfo, Operations};
use crate::json::{Field, Json, Kind, Strictness, Writer, name, read};
use crate::rpc::Outcome;
use crate::store::{IntegerKey, SwitchKey};
use crate::time::{Duration, Instant};

/// Offline, a tag that nobody knows may charge.
pub(super) const ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID: SwitchKey = SwitchKey::new(1, "AllowOfflineTxForUnknownId", false);
/// Seconds that a tag waits for the central system before the offline rules decide.
pub(super) const AUTHORIZATION_TIMEOUT: IntegerKey = IntegerKey::new(56, "Cst_AuthorizationTimeout", 20, 0, 3600);

/// Where the authorisation of a shown tag stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presented {
    /// There is nothing to ask.
    Settled,
    /// Authorize.req must be sent.
    Waiting { since: Instant },
    /// Authorize.req is under way.
    Asked { since: Instant },
}

/// Authorize.req (OCPP 1.6 §6.1).
pub(super) struct Authorize<'a> {
    id_tag: &'a str,
}

impl Json for Authorize<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("idTag")).text(self.id_tag);
        members.close();
    }
}

impl Operations<'_> {
    /// The next tag to ask the central system about.
    pub(super) fn authorize_request(&mut self) -> Option<(ConnectorId, Authorize<'_>)> {
        for (connector, id) in self.connectors.iter_mut().zip(1..) {
            if let Presented::Waiting { since } = connector.session.presented {
                connector.session.presented = Presented::Asked { since };
                return Some((id, Authorize { id_tag: connector.session.id_tag.as_str() }));
            }
        }
        None
    }

    pub(super) fn conclude_authorize(&mut self, now: Instant, id: ConnectorId, outcome: Outcome<'_>) {
        let Some(connector) = self.change_connector(id) else { return };
        let Presented::Asked { .. } = connector.session.presented else { return };
        connector.session.presented = Presented::Settled;
        let Outcome::Result(payload) = outcome else {
            // AUTH-05: without an answer the offline rules decide.
            self.decide_offline(now, id);
            return;
        };
        // AUTH-06: an answer without a sound idTagInfo authorises nobody.
        match id_tag_info(payload) {
            Some(info) if info.status == AuthorizationStatus::Accepted => {
                connector.session.parent = info.parent;
                connector.session.authorize(now);
                connector.notify(TxNotification::Authorized);
            }
            _ => {
                connector.session.clear();
                connector.notify(TxNotification::AuthorizationRejected);
            }
        }
    }

    /// Decides what can be decided without the central system.
    pub(super) fn authorize_locally(&mut self, now: Instant, id: ConnectorId) {
        if !self.online || !self.registration.is_accepted() {
            self.decide_offline(now, id);
        }
    }

    /// The link is gone: tags that wait for an answer are decided here (LOC-05).
    pub(super) fn offline_authorization(&mut self, now: Instant) {
        for id in self.connector_ids() {
            let waiting = self.connector(id).is_some_and(|connector| connector.session.phase == Phase::Authorizing);
            if waiting {
                self.decide_offline(now, id);
            }
        }
    }

    /// Lets a tag that has waited too long be decided offline; returns when to look again.
    pub(super) fn advance_authorization(&mut self, now: Instant, id: ConnectorId) -> Instant {
        let timeout = self.keys.unsigned(&AUTHORIZATION_TIMEOUT);
        let presented = self.connector(id).map_or(Presented::Settled, |connector| connector.session.presented);
        let (Presented::Waiting { since } | Presented::Asked { since }) = presented else { return Instant::NEVER };
        let deadline = since + Duration::from_secs(timeout);
        if timeout == 0 || now < deadline {
            return if timeout == 0 { Instant::NEVER } else { deadline };
        }
        self.decide_offline(now, id);
        Instant::NEVER
    }

    fn decide_offline(&mut self, now: Instant, id: ConnectorId) {
        let allowed = self.keys.is_on(&ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID);
        let Some(connector) = self.change_connector(id) else { return };
        if allowed {
            connector.session.authorize(now);
            connector.notify(TxNotification::Authorized);
        } else {
            connector.session.clear();
            connector.notify(TxNotification::AuthorizationTimeout);
        }
    }
}

/// The idTagInfo of an answer, if it is sound.
pub(super) fn id_tag_info(payload: &str) -> Option<IdTagInfo> {
    const FIELDS: [Field; 1] = [Field::required("idTagInfo", Kind::OBJECT)];
    let [info] = read(payload, &FIELDS, Strictness::IgnoreOthers).ok()?;
    IdTagInfo::read(info.nested()?)
}
