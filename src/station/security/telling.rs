//! What the central system is to hear, in its order (security whitepaper A04.FR.01, A04.FR.02).
//!
//! Events and transaction messages take turns, so that neither holds up the other (SEC-48).

use super::super::journal::delivery::{TRANSACTION_MESSAGE_ATTEMPTS, TRANSACTION_MESSAGE_RETRY_INTERVAL};
use super::event_log::{EventEntry, SecurityLogEntry, slot};
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::station::security::Security;
use crate::store::{Scratch, StorageOp};
use crate::time::Instant;

/// What the central system has made of an event that it was told.
pub(crate) enum Told {
    Heard,
    /// It does not know the message.
    Unknown,
    Failed,
    /// There was no answer, nor any sign of life.
    Unanswered,
    LinkLost,
}

impl Security {
    /// Whether an event is to be told before the next transaction message is.
    pub(crate) fn is_turn_of_events(&self, core: &Core<'_>, now: Instant) -> bool {
        let events = &self.events;
        core.common.online
            && core.common.registration.is_accepted()
            && core.common.clock.is_set()
            && events.is_due(now)
            && (events.telling.is_next || !core.delivery.is_due(now, &core.common.journal))
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
        let is_told = EventEntry::read(number, record).is_some_and(|entry| entry.number == number && entry.is_told());
        if is_told {
            scratch.hold_event(number, len);
        } else {
            self.events.told(false);
            common.persistence.has_chores = true;
        }
    }

    /// The event that lies in `scratch`, when it is its turn.
    pub(crate) fn event_to_tell<'s>(
        &mut self,
        core: &Core<'_>,
        now: Instant,
        scratch: &'s Scratch<'_>,
    ) -> Option<SecurityLogEntry<'s>> {
        let number = self.events.untold;
        if !self.is_turn_of_events(core, now) {
            return None;
        }
        let entry = self.security_log_entry(&core.common, number, scratch.event(number)?)?;
        entry.timestamp?;
        self.events.telling.is_in_flight = true;
        self.events.telling.is_next = false;
        Some(entry)
    }

    /// It was told.
    pub(crate) fn event_told(&mut self, common: &mut Common<'_>, now: Instant, told: &Told) {
        let interval = common.keys.unsigned(&TRANSACTION_MESSAGE_RETRY_INTERVAL);
        let attempts = common.keys.unsigned(&TRANSACTION_MESSAGE_ATTEMPTS);
        let events = &mut self.events;
        events.telling.is_in_flight = false;
        let is_over = match told {
            Told::Heard => true,
            Told::LinkLost => {
                events.telling.retry.link_lost();
                false
            }
            Told::Unanswered => {
                events.telling.retry.unanswered(now, interval);
                false
            }
            // SEC-48: who does not know the message is not asked again on this link, and loses no more than this event.
            Told::Unknown => {
                events.telling.is_unwanted = true;
                true
            }
            Told::Failed => events.telling.retry.failed(now, interval, attempts),
        };
        if is_over {
            events.told(true);
            common.persistence.has_chores = true;
        }
    }
}
