//! Delivery of transaction messages: in order, one after the other, until each is taken or given up (OCPP 1.6 §3.7).
//!
//! The first entry of the journal is the only one that is ever sent. It keeps its message id over resends and
//! reboots, and leaves the journal only after it was concluded.

use super::entry::{Content, Entry, Stamp};
use crate::rpc::Retry;
use crate::station::{ConnectorId, IdToken};
use crate::store::{IntegerKey, Journal};
use crate::time::Instant;

/// How often a message that the central system fails to process is sent in all.
pub(crate) const TRANSACTION_MESSAGE_ATTEMPTS: IntegerKey = IntegerKey::new(33, 3, 0, 1000);
/// Seconds; the wait before the n-th resend is n times as long.
pub(crate) const TRANSACTION_MESSAGE_RETRY_INTERVAL: IntegerKey = IntegerKey::new(34, 60, 0, 86_400);

/// The transaction id of everything that follows a start which could not be delivered (errata 3.18).
pub(crate) const UNDELIVERABLE: i64 = -1;

#[derive(Debug)]
pub(crate) struct Delivery {
    pub(in crate::station) retry: Retry,
    pub(in crate::station) in_flight: bool,
    /// What the first entry is, and when it happened, once it was read.
    pub(in crate::station) head: Option<EntryHead>,
    pub(in crate::station) head_at: Option<Stamp>,
    /// The tag that the first entry tells, if any: its answer says something about it.
    pub(crate) head_tag: IdToken,
    /// The first entry is to be discarded as soon as it can be shown to the firmware.
    pub(in crate::station) give_up: bool,
    /// The first entry is concluded and must be released.
    pub(in crate::station) release: bool,
    /// A confirmed transaction may wait for its record.
    pub(in crate::station) confirmed_unsaved: bool,
    /// The first entry was not answered; if another call is, the central system does not get along with this one.
    pub(in crate::station) suspect: bool,
    pub(in crate::station) discarded: u32,
}

impl Delivery {
    pub(in crate::station) const fn new() -> Self {
        Self {
            retry: Retry::new(),
            in_flight: false,
            head: None,
            head_at: None,
            head_tag: IdToken::new(),
            give_up: false,
            release: false,
            confirmed_unsaved: false,
            suspect: false,
            discarded: 0,
        }
    }

    /// Whether the first entry is a sample.
    pub(crate) fn is_of_meter_values(&self) -> bool {
        matches!(self.head, Some(EntryHead::MeterValues { .. }))
    }

    pub(in crate::station) fn link_up(&mut self) {
        self.retry.link_lost();
        self.suspect = false; // what it did not answer may have been lost with the link
    }

    pub(in crate::station) fn deadline(&self, journal: &Journal) -> Instant {
        if journal.is_empty() || self.is_settling() { Instant::NEVER } else { self.retry.not_before() }
    }

    /// Whether the first entry is to be sent now.
    pub(crate) fn is_due(&self, now: Instant, journal: &Journal) -> bool {
        !journal.is_empty() && !self.is_settling() && self.retry.is_due(now)
    }

    fn is_settling(&self) -> bool {
        self.in_flight || self.give_up || self.release
    }

    /// The first entry is released; the next one starts afresh.
    pub(in crate::station) fn released(&mut self) {
        self.retry = Retry::new();
        self.release = false;
        self.give_up = false;
        self.suspect = false;
        self.head = None;
        self.head_at = None;
    }
}

/// What the conclusion of an entry needs to know about it, when its record may be gone from the buffer.
#[derive(Clone, Copy, Debug)]
pub(in crate::station) enum EntryHead {
    Start {
        connector: ConnectorId,
        meter_start: i64,
    },
    MeterValues {
        connector: ConnectorId,
    },
    Stop {
        connector: ConnectorId,
        start: u32,
    },
    /// It dates others, and is not sent.
    Clock,
}

impl EntryHead {
    pub(in crate::station) fn of(entry: &Entry<'_>) -> Self {
        let connector = entry.connector;
        match entry.content {
            Content::Start { meter_start, .. } => Self::Start { connector, meter_start },
            Content::MeterValues { .. } => Self::MeterValues { connector },
            Content::Stop { start, .. } => Self::Stop { connector, start },
            Content::Clock { .. } => Self::Clock,
        }
    }
}
