//! Authorize: may this tag charge? (OCPP 1.6 §3.5, §4.1)

use super::common::Common;
use super::core_profile::Core;
use super::session::{Presented, deadline};
use super::tokens::{AUTHORIZATION_CACHE_ENABLED, Known, is_of_list, known_by_cache, known_by_list, place_behind};
use super::{AuthorizationStatus, ConnectorId, IdTagInfo, Station, TxNotification};
use crate::store::{IntegerKey, RecordKey, SwitchKey};
use crate::time::{Duration, Instant};

/// Offline, a tag that nobody knows may charge.
pub(crate) const ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID: SwitchKey = SwitchKey::new(1, false);
/// Seconds that a tag waits for the answer to its Authorize before the offline rules decide. 0 waits as long as the call
/// itself.
pub(crate) const AUTHORIZATION_TIMEOUT: IntegerKey = IntegerKey::new(56, 30, 0, 3600);

/// Online, a tag that is known to be good charges without being asked about.
pub(crate) const LOCAL_PRE_AUTHORIZE: SwitchKey = SwitchKey::new(13, false);
/// Offline, a tag that is known to be good may charge.
pub(crate) const LOCAL_AUTHORIZE_OFFLINE: SwitchKey = SwitchKey::new(12, true);

/// Authorize.req (OCPP 1.6 §6.1).
pub(crate) struct Authorize<'a> {
    pub(crate) id_tag: &'a str,
}

impl Station<'_> {
    /// Begins to find out about the tag that was shown on a connector.
    pub(super) fn check_tag(&mut self, now: Instant, id: ConnectorId) {
        let reachable = self.core.common.is_reachable();
        let may_be_known = !reachable || self.core.common.keys.is_on(&LOCAL_PRE_AUTHORIZE);
        let Some(connector) = self.core.change_connector(id) else { return };
        if may_be_known || connector.session.card.visitor.is_some() {
            self.look_up(now, id, !reachable);
        } else {
            connector.session.card.presented = Presented::Waiting { since: now };
        }
    }

    /// Looks for what is known here about the tag. A record of it must be read first.
    fn look_up(&mut self, now: Instant, id: ConnectorId, had_its_say: bool) {
        let Some(connector) = self.core.change_connector(id) else { return };
        connector.session.card.presented = Presented::LookUp { had_its_say, place: 0 };
        self.look_up_tag(now, id);
    }

    /// The same for what was not looked at yet.
    fn look_up_tag(&mut self, now: Instant, id: ConnectorId) {
        self.core.common.persistence.has_chores = true;
        let record = self.record_about_tag(id);
        if record.is_some_and(is_of_list) {
            return;
        }
        let unsaved = self.unsaved_about_tag(now, id);
        if unsaved.is_some() || record.is_none() {
            self.decide(now, id, unsaved);
        }
    }

    /// What is known about the tag and waits for its record.
    fn unsaved_about_tag(&self, now: Instant, id: ConnectorId) -> Option<Known> {
        self.tokens.cache.known_unsaved(&self.core.common, now, self.core.connector(id)?.session.card.shown_tag())
    }

    /// The record that may tell about the tag: that of the local list first, which outranks the cache (LOC-01).
    fn record_about_tag(&self, id: ConnectorId) -> Option<RecordKey> {
        let session = &self.core.connector(id)?.session;
        if let Presented::LookUp { place, .. } = session.card.presented
            && let Some(listed) = self.tokens.local_list.listed(&self.core.common, session.card.shown_tag(), place)
        {
            return Some(listed);
        }
        if !self.core.common.keys.is_on(&AUTHORIZATION_CACHE_ENABLED) {
            return None;
        }
        self.tokens.cache.find(session.card.shown_tag())
    }

    /// The central system has not answered about the tag of a connector (AUTH-05).
    pub(crate) fn authorize_unanswered(&mut self, now: Instant, id: ConnectorId) {
        if self.is_asked(id) {
            self.look_up(now, id, true);
        }
    }

    /// The central system has answered about it. Without a sound idTagInfo it authorises nobody (AUTH-06).
    pub(crate) fn authorize_answered(&mut self, now: Instant, id: ConnectorId, info: Option<IdTagInfo>) {
        let is_asked = self.is_asked(id);
        let mut known = Known { is_valid: false, parent: None };
        if let Some(info) = info {
            known = Known { is_valid: info.status == AuthorizationStatus::Accepted, parent: info.parent.clone() };
            let id_tag = core::mem::take(&mut self.core.asked_tag);
            self.tokens.learn(&mut self.core.common, now, &id_tag, info); // even if it comes too late for the session
        }
        if is_asked {
            self.give_verdict(now, id, known);
        }
    }

    fn is_asked(&self, id: ConnectorId) -> bool {
        let presented = self.core.connector(id).map(|connector| connector.session.card.presented);
        matches!(presented, Some(Presented::Asked { .. }))
    }

    /// The link is gone: tags that wait for an answer are decided here (LOC-05).
    pub(super) fn offline_authorization(&mut self, now: Instant) {
        for id in self.core.connector_ids() {
            let presented = self.core.connector(id).map(|connector| connector.session.card.presented);
            if let Some(Presented::Waiting { .. } | Presented::Asked { .. }) = presented {
                self.look_up(now, id, true);
            }
        }
    }

    /// Lets a tag that has waited too long be decided offline; returns when to look again.
    pub(super) fn advance_authorization(&mut self, now: Instant, id: ConnectorId) -> Instant {
        let presented =
            self.core.connector(id).map_or(Presented::Settled, |connector| connector.session.card.presented);
        let until = match presented {
            Presented::Settled => return Instant::NEVER,
            Presented::LookUp { .. } => {
                if self.record_about_tag(id).is_none() {
                    self.look_up_tag(now, id); // the cache was cleared, or the list changed meanwhile
                }
                return Instant::NEVER;
            }
            // The call in front of it ends by MessageTimeout, and so do those about the tags of the other connectors.
            Presented::Waiting { since } => {
                let calls = u32::from(self.core.connector_count());
                since + Duration::from_secs(self.core.common.message_timeout_s().saturating_mul(calls))
            }
            Presented::Asked { until } => until,
        };
        if now < until {
            return until;
        }
        self.look_up(now, id, true);
        Instant::NEVER
    }

    /// The next record to be read because of a tag that was shown on a connector, or, with 0, that was answered about.
    pub(super) fn record_to_look_up(&self) -> Option<(ConnectorId, RecordKey)> {
        let shown = self.core.connector_ids().find_map(|id| match self.core.connector(id)?.session.card.presented {
            Presented::LookUp { .. } => Some((id, self.record_about_tag(id)?)),
            _ => None,
        });
        shown.or_else(|| Some((0, self.tokens.local_list.record_to_compare(&self.core.common)?)))
    }

    /// The record that may tell about the tag is loaded.
    pub(super) fn looked_up(&mut self, now: Instant, id: ConnectorId, key: RecordKey, record: Option<&[u8]>) {
        if id == 0 {
            return self.tokens.compare_answer(&mut self.core, now, key, record);
        }
        if self.record_about_tag(id) != Some(key) {
            return; // another card was shown meanwhile
        }
        if is_of_list(key) {
            return self.looked_up_in_list(now, id, key, record);
        }
        let Some(connector) = self.core.connector(id) else { return };
        let known = record
            .and_then(|record| known_by_cache(&self.core.common, now, connector.session.card.shown_tag(), key, record));
        self.decide(now, id, known);
    }

    fn looked_up_in_list(&mut self, now: Instant, id: ConnectorId, key: RecordKey, record: Option<&[u8]>) {
        let Some(connector) = self.core.connector(id) else { return };
        let known = known_by_list(&self.core.common, now, connector.session.card.shown_tag(), key, record);
        if known.is_some() {
            return self.decide(now, id, known);
        }
        // Another tag with the same hash, or a damaged record.
        if let Some(connector) = self.core.change_connector(id)
            && let Presented::LookUp { place, .. } = &mut connector.session.card.presented
        {
            *place = place_behind(key);
        }
        self.look_up_tag(now, id);
    }

    /// Decides by what is known here, or leaves it to the central system.
    fn decide(&mut self, now: Instant, id: ConnectorId, known: Option<Known>) {
        let Some(Presented::LookUp { had_its_say, .. }) =
            self.core.connector(id).map(|connector| connector.session.card.presented)
        else {
            return;
        };
        let must_decide = had_its_say || !self.core.common.is_reachable();
        let trusted =
            self.core.common.keys.is_on(if must_decide { &LOCAL_AUTHORIZE_OFFLINE } else { &LOCAL_PRE_AUTHORIZE });
        let unknown_allowed = self.core.common.keys.is_on(&ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID);
        let Some(connector) = self.core.change_connector(id) else { return };
        let session = &mut connector.session;
        let is_visitor = session.card.visitor.is_some();
        let is_good =
            |known: &Known| known.is_valid && if is_visitor { session.card.is_of_group(known) } else { trusted };
        match known {
            Some(known) if is_good(&known) => self.give_verdict(now, id, known),
            _ if !must_decide => session.card.presented = Presented::Waiting { since: now },
            // LOC-06: known not to be good is not unknown.
            Some(Known { is_valid: false, .. }) => self.core.refuse_tag(id, TxNotification::AuthorizationRejected),
            _ if is_visitor => self.core.refuse_tag(id, TxNotification::AuthorizationRejected),
            _ if unknown_allowed => self.give_verdict(now, id, Known { is_valid: true, parent: None }),
            _ => self.core.refuse_tag(id, TxNotification::AuthorizationTimeout),
        }
    }

    /// It is clear now what the tag is worth.
    fn give_verdict(&mut self, now: Instant, id: ConnectorId, known: Known) {
        if known.is_valid && self.reservations.is_reserved_for_others(&self.core, id, known.parent.as_ref()) {
            return self.core.refuse_tag(id, TxNotification::ReservationConflict);
        }
        let Some(connector) = self.core.change_connector(id) else { return };
        let session = &mut connector.session;
        session.card.presented = Presented::Settled;
        if session.card.visitor.is_none() && known.is_valid {
            session.card.parent = known.parent.clone(); // moved it would bring memmove into the firmware
            session.authorize(now);
            connector.notify(TxNotification::Authorized);
        } else if known.is_valid && session.card.is_of_group(&known) {
            let visitor = session.card.visitor.take();
            self.core.owner_came(now, id, visitor);
        } else {
            self.core.refuse_tag(id, TxNotification::AuthorizationRejected);
        }
    }
}

impl Core<'_> {
    /// The next tag to ask the central system about.
    pub(crate) fn authorize_request(&mut self) -> Option<(ConnectorId, Authorize<'_>)> {
        for (connector, id) in self.connectors.iter_mut().zip(1..) {
            if let Presented::Waiting { .. } = connector.session.card.presented {
                connector.session.card.presented = Presented::Asked { until: Instant::NEVER };
                self.asked_tag = connector.session.card.shown_tag().clone();
                return Some((id, Authorize { id_tag: self.asked_tag.as_str() }));
            }
        }
        None
    }

    /// The connection has taken the question for a connector: the time for its answer begins.
    pub(crate) fn authorize_sent(&mut self, now: Instant, id: ConnectorId) {
        let end = deadline(now, Duration::from_secs(self.common.keys.unsigned(&AUTHORIZATION_TIMEOUT)));
        if let Some(connector) = self.connector_mut(id)
            && let Presented::Asked { until } = &mut connector.session.card.presented
        {
            *until = end;
            self.common.agenda.wake_at(end);
        }
    }

    fn refuse_tag(&mut self, id: ConnectorId, notification: TxNotification) {
        let Some(connector) = self.change_connector(id) else { return };
        let session = &mut connector.session;
        session.card.presented = Presented::Settled;
        if session.card.visitor.take().is_none() {
            session.clear();
        }
        connector.notify(notification);
    }

    /// A card was shown where it begins and ends nothing.
    #[cfg(feature = "async")]
    pub(crate) fn card_refused(&self, id: ConnectorId) {
        if let Some(connector) = self.connector(id) {
            connector.notify(TxNotification::AuthorizationRejected);
        }
    }
}

impl Common<'_> {
    /// Whether the central system can be asked.
    #[inline(never)]
    pub(super) fn is_reachable(&self) -> bool {
        self.online && self.registration.is_accepted()
    }
}
