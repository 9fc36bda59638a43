//! The first entry of the journal goes out, and what its answer says (OCPP 1.6 §3.7).

use super::confirmed_transaction::ConfirmedTransaction;
use super::delivery::{EntryHead, TRANSACTION_MESSAGE_ATTEMPTS, TRANSACTION_MESSAGE_RETRY_INTERVAL, UNDELIVERABLE};
use super::entry::{Content, Entry};
use crate::rpc::{MessageId, Outcome};
use crate::station::core_profile::Core;
use crate::station::signed_values::MESSAGES_OF_BEGINNING;
use crate::station::{AuthorizationStatus, IdTagInfo, IdToken, Station};
use crate::store::Scratch;
use crate::time::{DateTime, Instant};

impl Core<'_> {
    /// The first entry, if it is its turn and it lies in `scratch`. It is to be sent with [its id](Self::id_of_due), and whether it
    /// was written is to be [told](Self::entry_written).
    pub(crate) fn due_entry<'s>(&mut self, now: Instant, scratch: &'s Scratch<'_>) -> Option<Entry<'s>> {
        if !self.delivery.is_due(now, &self.common.journal) {
            return None;
        }
        let number = self.common.journal.first()?;
        let record = scratch.entry(number)?;
        let Some(entry) = Entry::reread(number, record) else {
            // What cannot be read can never be sent: go on, and tell.
            self.discard(None);
            return None;
        };
        if let Content::Clock { .. } = entry.content {
            return None; // no message
        }
        // `None`: nothing that is durable dates it, and it would tell another time after a power cut.
        let date = self.date_of(&entry)?;
        if self.common.journal.len() <= entry.attached.pieces().into() {
            return None; // what is attached is not durable yet
        }
        self.begin_signed_values(&entry, date);
        Some(entry)
    }

    /// The id of its message, the same over resends and reboots.
    pub(crate) fn id_of_due(&self) -> MessageId {
        let number = self.common.journal.first().unwrap_or(0);
        MessageId { epoch: self.common.persistence.journal_epoch(), number }
    }

    /// Its message was written, or is too long for the send buffer, which it will be for ever.
    pub(crate) fn entry_written(&mut self, fits: bool) {
        if fits {
            self.delivery.in_flight = true;
        } else {
            self.delivery.give_up = true;
            self.common.agenda.look_again();
        }
    }

    /// The entry whose message goes on with another page.
    pub(crate) fn entry_under_way<'s>(&self, scratch: &'s Scratch<'_>) -> Option<Entry<'s>> {
        let number = self.common.journal.first()?;
        Entry::reread(number, scratch.entry(number)?)
    }

    /// Whether no more messages wait than the present sessions have made.
    pub(crate) fn is_live(&self) -> bool {
        self.waiting_messages() <= u32::from(self.connector_count()) * (1 + MESSAGES_OF_BEGINNING) + 1
    }

    /// The first entry has been loaded, or what should be it; `false` when it cannot be read.
    pub(in crate::station) fn first_entry_loaded(&mut self, number: u32, record: &[u8]) -> bool {
        let Some(entry) = Entry::reread(number, record) else { return false };
        self.delivery.head_at = Some(entry.at);
        self.delivery.head = Some(EntryHead::of(&entry));
        match entry.content {
            Content::Start { id_tag, .. } | Content::Stop { id_tag: Some(id_tag), .. } => {
                self.delivery.head_tag = id_tag.to_token();
            }
            Content::Stop { .. } => self.delivery.head_tag = IdToken::new(),
            Content::MeterValues { .. } => {}
            Content::Clock { .. } => self.delivery.release = true,
        }
        true
    }

    /// The transaction id that a message of a running or ended transaction carries.
    pub(crate) fn transaction_id_of(&self, entry: &Entry<'_>) -> i64 {
        let (start, known) = match entry.content {
            Content::Start { .. } | Content::Clock { .. } => return UNDELIVERABLE,
            Content::MeterValues { start, .. } => (start, None),
            Content::Stop { start, transaction, .. } => (start, transaction),
        };
        let confirmed = self.connector(entry.connector).and_then(|connector| connector.confirmed.id_of(start));
        known.or(confirmed).unwrap_or(UNDELIVERABLE)
    }

    /// When it happened, as it is told.
    pub(crate) fn date_of(&self, entry: &Entry<'_>) -> Option<DateTime> {
        let date = self.common.dating.date(entry.at)?;
        let Content::Stop { start, .. } = entry.content else { return Some(date) };
        let confirmed = self.connector(entry.connector).map(|connector| &connector.confirmed);
        let began = confirmed.filter(|confirmed| confirmed.entry() == start).and_then(ConfirmedTransaction::began);
        Some(began.map_or(date, |began| date.max(began))) // TX-14: the clock of this boot may be behind that of the start
    }

    /// Another call was answered while the first entry waits for its next attempt (MSG-06).
    pub(crate) fn peer_answered(&mut self) {
        if self.delivery.suspect && !self.delivery.release {
            self.delivery.suspect = false;
            self.delivery.give_up |=
                self.delivery.retry.ignored(self.common.keys.unsigned(&TRANSACTION_MESSAGE_ATTEMPTS));
            self.common.agenda.look_again();
        }
    }

    /// Another call got no answer either: the server is silent, whatever is asked (MSG-06).
    pub(crate) fn peer_ignored(&mut self) {
        self.delivery.suspect = false;
    }
}

impl Core<'_> {
    /// The central system has not taken the first entry.
    pub(crate) fn entry_failed(&mut self, now: Instant, outcome: Outcome<'_>) {
        let delivery = &mut self.delivery;
        delivery.in_flight = false;
        delivery.suspect = false;
        let keys = &self.common.keys;
        match outcome {
            Outcome::Result(_) | Outcome::LinkLost => delivery.retry.link_lost(),
            // MSG-06: a silent server uses up no attempt, one that only ignores this very message does.
            Outcome::TimedOut { peer_alive: false } => {
                delivery.suspect = true;
                delivery.retry.unanswered(now, keys.unsigned(&TRANSACTION_MESSAGE_RETRY_INTERVAL));
                self.common.registration.heartbeat_triggered = true; // its answer tells which it is
            }
            Outcome::Error { .. } | Outcome::TimedOut { peer_alive: true } => {
                let interval = keys.unsigned(&TRANSACTION_MESSAGE_RETRY_INTERVAL);
                let attempts = keys.unsigned(&TRANSACTION_MESSAGE_ATTEMPTS);
                delivery.give_up |= delivery.retry.failed(now, interval, attempts);
            }
        }
    }
}

impl Station<'_> {
    /// The central system has taken the first entry, whatever it says (MSG-10): which id it gives the transaction, and what it
    /// thinks of its tag.
    pub(crate) fn entry_delivered(&mut self, now: Instant, id: Option<i64>, info: Option<IdTagInfo>) {
        self.core.delivery.in_flight = false;
        self.core.delivery.suspect = false;
        self.core.delivery.release = true;
        if let (Some(number), Some(EntryHead::Start { connector, meter_start })) =
            (self.core.common.journal.first(), self.core.delivery.head)
        {
            let denied = info.as_ref().is_none_or(|info| info.status != AuthorizationStatus::Accepted);
            self.core.confirm(connector, number, id.unwrap_or(UNDELIVERABLE), meter_start, denied);
            let parent = info.as_ref().and_then(|info| info.parent.clone());
            if denied {
                self.core.deauthorize(now, connector, number);
            }
            self.core.learn_parent(connector, number, parent);
        }
        if let Some(info) = info {
            let id_tag = self.core.delivery.head_tag.clone();
            self.tokens.learn(&mut self.core.common, now, &id_tag, info); // AC-02
        }
    }
}
