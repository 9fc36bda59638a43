//! SecurityEventNotification: what the central system is to hear, in its order (security whitepaper A04.FR.01, A04.FR.02).
//!
//! Events and transaction messages take turns, so that neither holds up the other (SEC-48).

use super::super::delivery::{TRANSACTION_MESSAGE_ATTEMPTS, TRANSACTION_MESSAGE_RETRY_INTERVAL};
use super::event_log::{Entry, slot};
use crate::json::{Json, Writer, name};
use crate::rpc::Outcome;
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::station::security::Security;
use crate::store::{Scratch, StorageOp};
use crate::time::{DateTime, Instant};

/// SecurityEventNotification.req (security whitepaper §5.15).
pub(crate) struct SecurityEventNotification<'e> {
    event: &'e str,
    timestamp: Option<DateTime>,
    tech_info: &'e str,
}

impl Json for SecurityEventNotification<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("type")).text(self.event);
        members.name(name!("timestamp")).date(self.timestamp);
        if !self.tech_info.is_empty() {
            members.name(name!("techInfo")).text(self.tech_info);
        }
        members.close();
    }
}

impl Security {
    /// Whether an event is to be told before the next transaction message is.
    pub(crate) fn is_turn_of_events(&self, core: &Core<'_>, now: Instant) -> bool {
        let events = &self.events;
        core.common.online
            && core.common.registration.is_accepted()
            && core.common.clock.is_set()
            && events.is_due(now)
            && (events.is_next || !core.delivery.is_due(now, &core.common.journal))
    }

    /// Loads the event whose turn it is, unless it lies in `scratch`.
    pub(crate) fn load_security_event(&self, scratch: &Scratch<'_>) -> Option<StorageOp> {
        let number = self.events.untold;
        if scratch.event(number).is_some() { None } else { Some(StorageOp::Load(slot(number)?)) }
    }

    /// An entry was loaded to be told; what is damaged or not to be told is passed over.
    pub(crate) fn security_event_loaded(&mut self, common: &mut Common<'_>, scratch: &mut Scratch<'_>) {
        let number = self.events.untold;
        let record = scratch.loaded().unwrap_or_default();
        let len = record.len();
        let is_told = Entry::read(number, record).is_some_and(|entry| entry.number == number && entry.is_told());
        if is_told {
            scratch.hold_event(number, len);
        } else {
            self.events.told(false);
            common.persistence.has_chores = true;
        }
    }

    /// The message about the event that lies in `scratch`, when it is its turn.
    pub(crate) fn security_event_notification<'s>(
        &mut self,
        core: &Core<'_>,
        now: Instant,
        scratch: &'s Scratch<'_>,
    ) -> Option<SecurityEventNotification<'s>> {
        let number = self.events.untold;
        if !self.is_turn_of_events(core, now) {
            return None;
        }
        let entry = Entry::read(number, scratch.event(number)?)?;
        let timestamp = Some(self.date_of_event(&core.common, entry.at)?);
        self.events.is_in_flight = true;
        self.events.is_next = false;
        Some(SecurityEventNotification { event: entry.name(), timestamp, tech_info: entry.tech_info })
    }

    pub(crate) fn conclude_security_event(&mut self, common: &mut Common<'_>, now: Instant, outcome: Outcome<'_>) {
        let interval = common.keys.unsigned(&TRANSACTION_MESSAGE_RETRY_INTERVAL);
        let attempts = common.keys.unsigned(&TRANSACTION_MESSAGE_ATTEMPTS);
        let events = &mut self.events;
        events.is_in_flight = false;
        let is_over = match outcome {
            Outcome::Result(_) => true,
            Outcome::LinkLost => {
                events.retry.link_lost();
                false
            }
            Outcome::TimedOut { peer_alive: false } => {
                events.retry.unanswered(now, interval);
                false
            }
            // SEC-48: who does not know the message is not asked again on this link, and loses no more than this event.
            Outcome::Error { code, .. } if code.is("NotImplemented") || code.is("NotSupported") => {
                events.is_unwanted = true;
                true
            }
            Outcome::Error { .. } | Outcome::TimedOut { peer_alive: true } => {
                events.retry.failed(now, interval, attempts)
            }
        };
        if is_over {
            events.told(true);
            common.persistence.has_chores = true;
        }
    }
}
