//! SecurityEventNotification: what the central system is to hear, in its order (security whitepaper A04.FR.01, A04.FR.02).
//!
//! Events and transaction messages take turns, so that neither holds up the other (SEC-48).

use super::super::Operations;
use super::super::delivery::{TRANSACTION_MESSAGE_ATTEMPTS, TRANSACTION_MESSAGE_RETRY_INTERVAL};
use super::event_log::{Entry, slot};
use crate::json::{Json, Writer, name};
use crate::rpc::Outcome;
use crate::store::{Scratch, StorageOp};
use crate::time::{DateTime, Instant};

/// SecurityEventNotification.req (security whitepaper §5.15).
pub(in crate::ocpp16) struct SecurityEventNotification<'e> {
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

impl Operations<'_> {
    /// Whether an event is to be told before the next transaction message is.
    pub(in crate::ocpp16) fn is_turn_of_events(&self, now: Instant) -> bool {
        let events = &self.security.events;
        self.online
            && self.registration.is_accepted()
            && self.clock.is_set()
            && events.is_due(now)
            && (events.is_next || !self.delivery.is_due(now, &self.journal))
    }

    /// Loads the event whose turn it is, unless it lies in `scratch`.
    pub(in crate::ocpp16) fn load_security_event(&self, scratch: &Scratch<'_>) -> Option<StorageOp> {
        let number = self.security.events.untold;
        if scratch.event(number).is_some() { None } else { Some(StorageOp::Load(slot(number)?)) }
    }

    /// An entry was loaded to be told; what is damaged or not to be told is passed over.
    pub(in crate::ocpp16) fn security_event_loaded(&mut self, scratch: &mut Scratch<'_>) {
        let number = self.security.events.untold;
        let record = scratch.loaded().unwrap_or_default();
        let len = record.len();
        let is_told = Entry::read(number, record).is_some_and(|entry| entry.number == number && entry.is_told());
        if is_told {
            scratch.hold_event(number, len);
        } else {
            self.security.events.told(false);
            self.persistence.has_chores = true;
        }
    }

    /// The message about the event that lies in `scratch`, when it is its turn.
    pub(in crate::ocpp16) fn security_event_notification<'s>(
        &mut self,
        now: Instant,
        scratch: &'s Scratch<'_>,
    ) -> Option<SecurityEventNotification<'s>> {
        let number = self.security.events.untold;
        if !self.is_turn_of_events(now) {
            return None;
        }
        let entry = Entry::read(number, scratch.event(number)?)?;
        let timestamp = Some(self.date_of_event(entry.at)?);
        self.security.events.is_in_flight = true;
        self.security.events.is_next = false;
        Some(SecurityEventNotification { event: entry.name(), timestamp, tech_info: entry.tech_info })
    }

    pub(in crate::ocpp16) fn conclude_security_event(&mut self, now: Instant, outcome: Outcome<'_>) {
        let interval = self.keys.unsigned(&TRANSACTION_MESSAGE_RETRY_INTERVAL);
        let attempts = self.keys.unsigned(&TRANSACTION_MESSAGE_ATTEMPTS);
        let events = &mut self.security.events;
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
            self.persistence.has_chores = true;
        }
    }
}
