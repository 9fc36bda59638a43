//! Transaction messages that are given up (OCPP 1.6 §3.7.1).

use super::delivery::{EntryHead, UNDELIVERABLE};
use super::entry::{Content, Entry};
use crate::log::warning;
use crate::station::core_profile::Core;
use crate::station::{Discarded, DiscardedMessage, IdToken};

impl Core<'_> {
    /// Gives up the first entry, and tells the firmware what is lost. `None` is a record that cannot be read.
    pub(in crate::station) fn discard(&mut self, record: Option<&[u8]>) {
        let Some(number) = self.common.journal.first() else { return };
        self.delivery.discarded = self.delivery.discarded.saturating_add(1);
        self.delivery.give_up = false;
        warning!("transaction message {} discarded", number);
        self.delivery.release = true;
        self.common.agenda.look_again();
        let entry = record.and_then(|record| Entry::read(number, record));
        self.delivery.head = entry.as_ref().map(EntryHead::of);
        if let Some(EntryHead::Start { connector, meter_start }) = self.delivery.head {
            self.confirm(connector, number, UNDELIVERABLE, meter_start, false);
        }
        let Some(output) = self.common.outputs.discarded else { return };
        let start_tag = match entry.as_ref().map(|entry| entry.content) {
            Some(Content::Start { id_tag, .. }) => id_tag.to_token(),
            _ => IdToken::new(),
        };
        let message = match entry.as_ref().map(|entry| entry.content) {
            Some(Content::Start { meter_start, .. }) => {
                DiscardedMessage::Start { id_tag: start_tag.as_str(), meter_start }
            }
            Some(Content::MeterValues { .. }) => DiscardedMessage::MeterValues,
            Some(Content::Stop { meter_stop, reason, .. }) => {
                let transaction_id = entry.as_ref().map_or(UNDELIVERABLE, |entry| self.transaction_id_of(entry));
                DiscardedMessage::Stop { transaction_id, meter_stop, reason }
            }
            Some(Content::Clock { .. }) | None => DiscardedMessage::Unreadable,
        };
        output(&Discarded {
            connector: entry.as_ref().map_or(0, |entry| entry.connector),
            timestamp: entry.and_then(|entry| self.date_of(&entry)),
            message,
            count: self.delivery.discarded,
        });
    }
}
