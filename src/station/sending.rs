//! The first entry of the journal goes out, and what its answer says (OCPP 1.6 §3.7).

use super::confirmed_transaction::ConfirmedTransaction;
use super::core_profile::Core;
use super::delivery::{Head, TRANSACTION_MESSAGE_ATTEMPTS, TRANSACTION_MESSAGE_RETRY_INTERVAL, UNDELIVERABLE};
use super::journal_entry::{Content, Entry};
use super::metering::{self, MeterValue};
use super::signed_values::{MESSAGES_OF_BEGINNING, is_page_of_piece};
use super::transaction_messages::{MeterValues, StartTransaction, StopTransaction};
use super::{AuthorizationStatus, IdTagInfo, IdToken, Station};
use crate::json::{BufferFull, Field, Kind, Payload, read_answer};
use crate::rpc::{CallComposer, Composer, MessageId, Outcome};
use crate::store::Scratch;
use crate::time::{DateTime, Instant};

impl Core<'_> {
    /// Writes the message of the first entry, if it lies in `scratch`. `false` when it is not its turn.
    pub(crate) fn transaction_message(
        &mut self,
        now: Instant,
        scratch: &Scratch<'_>,
        call: &mut CallComposer<'_>,
    ) -> bool {
        let (true, Some(number)) = (self.delivery.is_due(now, &self.common.journal), self.common.journal.first())
        else {
            return false;
        };
        let Some(record) = scratch.entry(number) else { return false };
        let entry = Entry::reread(number, record);
        let Some(entry) = &entry else {
            // What cannot be read can never be sent: go on, and tell.
            self.discard(None);
            return false;
        };
        let Some(action) = action_of(entry) else { return false };
        let date = self.date_of(entry);
        if date.is_none() {
            return false; // nothing that is durable dates it: it would tell another time after a power cut
        }
        if self.common.journal.len() <= entry.attached.pieces().into() {
            return false; // what is attached is not durable yet
        }
        self.begin_signed_values(entry, date);
        call.resend(MessageId { epoch: self.common.persistence.journal_epoch(), number });
        let composed = call.begin(action).and_then(|composer| self.compose_entry(entry, composer));
        match composed {
            Ok(()) => self.delivery.in_flight = true,
            // A send buffer too small for the message will be too small for ever.
            Err(BufferFull) => {
                self.delivery.give_up = true;
                self.common.look_again();
            }
        }
        self.delivery.in_flight
    }

    /// Whether no more messages wait than the present sessions have made.
    pub(crate) fn is_live(&self) -> bool {
        self.waiting_messages() <= u32::from(self.connector_count()) * (1 + MESSAGES_OF_BEGINNING) + 1
    }

    /// The first entry has been loaded, or what should be it; `false` when it cannot be read.
    pub(super) fn first_entry_loaded(&mut self, number: u32, record: &[u8]) -> bool {
        let Some(entry) = Entry::reread(number, record) else { return false };
        self.delivery.head_at = Some(entry.at);
        self.delivery.head = Some(Head::of(&entry));
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

    /// Writes the next page of the message of the first entry.
    pub(crate) fn continue_transaction_message(&mut self, scratch: &Scratch<'_>, composer: &mut Composer<'_>) {
        if is_page_of_piece(composer.page()) {
            return self.continue_signed_values(scratch, composer);
        }
        let Some(number) = self.common.journal.first() else { return };
        if let Some(entry) = scratch.entry(number).and_then(|record| Entry::reread(number, record)) {
            let _ = self.compose_entry(&entry, composer);
        }
    }

    /// The transaction id that a message of a running or ended transaction carries.
    pub(super) fn transaction_id_of(&self, entry: &Entry<'_>) -> i64 {
        let (start, known) = match entry.content {
            Content::Start { .. } | Content::Clock { .. } => return UNDELIVERABLE,
            Content::MeterValues { start, .. } => (start, None),
            Content::Stop { start, transaction, .. } => (start, transaction),
        };
        let confirmed = self.connector(entry.connector).and_then(|connector| connector.confirmed.id_of(start));
        known.or(confirmed).unwrap_or(UNDELIVERABLE)
    }

    pub(super) fn date_of(&self, entry: &Entry<'_>) -> Option<DateTime> {
        let date = self.common.dating.date(entry.at)?;
        let Content::Stop { start, .. } = entry.content else { return Some(date) };
        let confirmed = self.connector(entry.connector).map(|connector| &connector.confirmed);
        let began = confirmed.filter(|confirmed| confirmed.entry() == start).and_then(ConfirmedTransaction::began);
        Some(began.map_or(date, |began| date.max(began))) // TX-14: the clock of this boot may be behind that of the start
    }

    /// Writes the payload of an entry's message, or the next page of it.
    fn compose_entry(&self, entry: &Entry<'_>, composer: &mut Composer<'_>) -> Result<(), BufferFull> {
        let timestamp = self.date_of(entry);
        let connector_id = entry.connector;
        match entry.content {
            Content::Start { meter_start, reservation, .. } => {
                let id_tag = self.delivery.head_tag.as_str();
                composer.payload(&StartTransaction { connector_id, id_tag, meter_start, reservation, timestamp })
            }
            Content::MeterValues { context, values, .. } => {
                let head = MeterValues { connector_id, transaction_id: Some(self.transaction_id_of(entry)) };
                let value = MeterValue { timestamp, context, values };
                metering::compose(composer, &head, &mut [value].into_iter(), entry.attached)
            }
            Content::Stop { meter_stop, reason, id_tag, series, .. } => {
                let transaction_id = self.transaction_id_of(entry);
                let data = metering::transaction_data(series, timestamp);
                let has_data = data.is_some() || !entry.attached.is_none();
                let id_tag = id_tag.map(|_| self.delivery.head_tag.as_str());
                let head = StopTransaction { id_tag, meter_stop, timestamp, transaction_id, reason, has_data };
                match data {
                    Some(mut data) => metering::compose(composer, &head, &mut data, entry.attached),
                    None if has_data => metering::compose(composer, &head, &mut [].into_iter(), entry.attached),
                    None => composer.payload(&head),
                }
            }
            Content::Clock { .. } => Ok(()),
        }
    }

    /// Another call was answered while the first entry waits for its next attempt (MSG-06).
    pub(crate) fn peer_answered(&mut self) {
        if self.delivery.suspect && !self.delivery.release {
            self.delivery.suspect = false;
            self.delivery.give_up |=
                self.delivery.retry.ignored(self.common.keys.unsigned(&TRANSACTION_MESSAGE_ATTEMPTS));
            self.common.look_again();
        }
    }

    /// Another call got no answer either: the server is silent, whatever is asked (MSG-06).
    pub(crate) fn peer_ignored(&mut self) {
        self.delivery.suspect = false;
    }
}

impl Station<'_> {
    pub(crate) fn conclude_transaction_message(&mut self, now: Instant, outcome: Outcome<'_>) {
        self.core.delivery.in_flight = false;
        self.core.delivery.suspect = false;
        match outcome {
            Outcome::Result(payload) => self.delivered(now, payload),
            Outcome::LinkLost => self.core.delivery.retry.link_lost(),
            // MSG-06: a silent server uses up no attempt, one that only ignores this very message does.
            Outcome::TimedOut { peer_alive: false } => {
                self.core.delivery.suspect = true;
                self.core.common.heartbeat_triggered = true; // its answer tells which it is
                self.core
                    .delivery
                    .retry
                    .unanswered(now, self.core.common.keys.unsigned(&TRANSACTION_MESSAGE_RETRY_INTERVAL));
            }
            Outcome::Error { .. } | Outcome::TimedOut { peer_alive: true } => {
                let interval = self.core.common.keys.unsigned(&TRANSACTION_MESSAGE_RETRY_INTERVAL);
                let attempts = self.core.common.keys.unsigned(&TRANSACTION_MESSAGE_ATTEMPTS);
                self.core.delivery.give_up |= self.core.delivery.retry.failed(now, interval, attempts);
            }
        }
    }

    /// MSG-10: any CALLRESULT takes the message from the journal, whatever it says.
    fn delivered(&mut self, now: Instant, payload: Payload<'_>) {
        self.core.delivery.release = true;
        if let Some(Head::MeterValues { .. }) = self.core.delivery.head {
            return;
        }
        const FIELDS: [Field; 2] =
            [Field::optional("transactionId", Kind::Number), Field::optional("idTagInfo", Kind::Object)];
        let [id, info] = read_answer(payload, &FIELDS, &mut self.core.common.left_out);
        let id = self.core.common.long_of_answer(id);
        let info = info.nested().and_then(|info| IdTagInfo::read_answer(info, &mut self.core.common.left_out));
        let status = info.as_ref().map(|info| info.status);
        if let (Some(number), Some(Head::Start { connector, meter_start })) =
            (self.core.common.journal.first(), self.core.delivery.head)
        {
            let denied = status != Some(AuthorizationStatus::Accepted);
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

/// `None` for an entry that is no message.
fn action_of(entry: &Entry<'_>) -> Option<&'static str> {
    Some(match entry.content {
        Content::Start { .. } => "StartTransaction",
        Content::MeterValues { .. } => "MeterValues",
        Content::Stop { .. } => "StopTransaction",
        Content::Clock { .. } => return None,
    })
}
