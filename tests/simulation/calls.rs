//! The calls of the charge point as they leave it and are answered: ids, order, and what it learns from the answers.

use crate::frame::Frame;
use crate::ledger::is_of_transaction;
use crate::time::{MINUTE, Moment, NEVER, SECOND, date_of};
use serde_json::Value;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// MessageTimeout
const MESSAGE_TIMEOUT: Moment = 30 * SECOND;

/// The longest TransactionMessageRetryInterval of the settings
const RETRY_INTERVAL_MAX: Moment = 90 * SECOND;

/// What a frame says to a charge point that waits for it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) id: String,
    /// A CALLRESULT that can be read.
    pub(crate) is_result: bool,
    /// The date that it tells.
    pub(crate) date: Option<i64>,
    /// The status of a BootNotification.
    pub(crate) registration: Option<&'static str>,
}

/// Cst_AuthorizationTimeout
const AUTHORIZATION_TIMEOUT: Moment = 30 * SECOND;

#[derive(Default)]
pub(crate) struct Calls {
    in_flight: Option<InFlight>,
    /// A hash of every call by its id, and the boot in which it was sent first.
    seen: HashMap<String, (u64, u64)>,
    boots: u64,
    /// In so many boots one message was sent.
    pub(crate) most_boots: u64,
    /// The clock of the charge point, in seconds ahead of the true time; none while it is not set.
    pub(crate) clock: Option<i64>,
    /// As it was set first in this boot.
    pub(crate) first_clock: Option<i64>,
    pub(crate) registration: Option<&'static str>,
    /// The transaction message that was sent last.
    delivery: Delivery,
    /// The last two Authorize: when they were sent. And when it turned out that an answer tells nothing.
    authorize: [Moment; 2],
    authorize_failed: Option<Moment>,
    /// The failures of the one before, and when it was replaced.
    replaced: (Moment, u32),
}

fn hash_of(action: &str, payload: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    (action, payload.to_string()).hash(&mut hasher);
    hasher.finish()
}

struct InFlight {
    id: String,
    since: Moment,
    is_authorize: bool,
}

#[derive(Default)]
struct Delivery {
    id: String,
    since: Moment,
    /// How often it was sent in this boot.
    sends: u64,
    /// How often the central system may be said to have failed to process it.
    failures: u32,
    /// It was sent and has no answer, and whether something else has come since.
    waits: bool,
    has_heard: bool,
    /// A CALLRESULT has come for it in this boot.
    is_concluded: bool,
}

impl Delivery {
    fn failures(&self) -> u32 {
        self.failures + u32::from(self.waits && self.has_heard)
    }
}

impl Calls {
    pub(crate) fn booted(&mut self) {
        self.boots += 1;
        self.in_flight = None;
        (self.clock, self.first_clock) = (None, None);
        self.registration = None;
        self.delivery = Delivery { id: std::mem::take(&mut self.delivery.id), ..Delivery::default() };
    }

    pub(crate) fn link_lost(&mut self, now: Moment) {
        self.in_flight = None;
        if now >= self.delivery.since + MESSAGE_TIMEOUT {
            self.delivery.failures = self.delivery.failures();
        }
        (self.delivery.waits, self.delivery.has_heard) = (false, false);
    }

    pub(crate) fn is_accepted(&self) -> bool {
        self.registration == Some("Accepted")
    }

    /// The charge point has sent a whole message.
    pub(crate) fn sent(&mut self, now: Moment, frame: &Frame) {
        let Frame::Call { id, action, payload } = frame else { return };
        if let Some(open) = &self.in_flight {
            assert!(now >= open.since + MESSAGE_TIMEOUT, "RPC-09: {action} {id} while {} is open", open.id);
        }
        self.in_flight = Some(InFlight { id: id.clone(), since: now, is_authorize: action == "Authorize" });
        if action == "Authorize" {
            self.authorize = [self.authorize[1], now];
        }
        assert!(self.is_accepted() || action == "BootNotification", "BOOT-01, BOOT-02: {action} before acceptance");
        let is_kept = is_of_transaction(action, payload);
        let content = hash_of(action, payload);
        if let Some((before, first_boot)) = self.seen.get(id) {
            assert!(is_kept, "RPC-08: {action} has the id of another message: {id}");
            assert!(*before == content, "RPC-08, MSG-12, MSG-13: {id} is another message now: {action} {payload}");
            self.most_boots = self.most_boots.max(self.boots - first_boot + 1);
        } else {
            self.seen.insert(id.clone(), (content, self.boots));
        }
        if is_kept {
            self.sent_for_delivery(now, id);
        }
    }

    /// A message is given up. How often the central system has failed to process it (MSG-06).
    pub(crate) fn give_up(&mut self, now: Moment) -> u32 {
        if self.replaced.0 == now {
            return self.replaced.1; // the next one is on its way already
        }
        self.delivery.sends = 0;
        self.delivery.failures()
    }

    /// MSG-07: when the message that is not taken yet must have been sent again, on a link that stands.
    pub(crate) fn resend_by(&self) -> Moment {
        if self.delivery.sends == 0 || self.delivery.is_concluded {
            return NEVER;
        }
        self.delivery.since + MESSAGE_TIMEOUT + RETRY_INTERVAL_MAX * self.delivery.sends + MINUTE
    }

    fn sent_for_delivery(&mut self, now: Moment, id: &str) {
        let delivery = &mut self.delivery;
        if delivery.id == id {
            assert!(!delivery.is_concluded, "MSG-10: {id} was taken and comes again");
            delivery.failures = delivery.failures();
        } else {
            self.replaced = (now, delivery.failures());
            *delivery = Delivery { id: id.to_owned(), ..Delivery::default() };
        }
        delivery.sends += 1;
        (delivery.since, delivery.waits, delivery.has_heard) = (now, true, false);
    }

    /// AUTH-05: nobody could say whether a tag may charge, on a link that stands. That is only so when the central system
    /// was asked, and had its time or could not answer.
    pub(crate) fn check_timeout(&self, now: Moment) {
        let had_its_time =
            |asked: &Moment| (asked + AUTHORIZATION_TIMEOUT..asked + AUTHORIZATION_TIMEOUT + SECOND).contains(&now);
        let is_over = self.authorize.iter().any(had_its_time) || self.authorize_failed == Some(now);
        assert!(is_over, "AUTH-05: given up, sent at {:?}, failed at {:?}", self.authorize, self.authorize_failed);
    }

    /// The charge point takes in a message.
    pub(crate) fn heard(&mut self, now: Moment, answer: Option<&Answer>) {
        let delivery = &mut self.delivery;
        let answer = answer.filter(|answer| {
            let open = self.in_flight.take_if(|open| open.id == answer.id && now < open.since + MESSAGE_TIMEOUT);
            if open.as_ref().is_some_and(|open| open.is_authorize) && !answer.is_result {
                self.authorize_failed = Some(now);
            }
            open.is_some()
        });
        let Some(answer) = answer else {
            delivery.has_heard = true;
            return;
        };
        if answer.id == delivery.id {
            delivery.waits = false;
            delivery.is_concluded = answer.is_result;
            delivery.failures += u32::from(!answer.is_result);
        } else {
            delivery.has_heard = true;
        }
        if let Some(date) = answer.date {
            self.clock = Some(date - date_of(now));
            self.first_clock = self.first_clock.or(self.clock);
        }
        self.registration = answer.registration.or(self.registration);
    }
}
