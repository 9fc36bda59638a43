//! Transaction messages that are given up, and what the firmware is told of them (OCPP 1.6 §3.7.1).

use super::core_profile::Core;
use super::delivery::{Head, UNDELIVERABLE};
use super::journal_entry::{Content, Entry};
use super::{ConnectorId, IdToken, Reason};
use crate::log::warning;
use crate::time::DateTime;

/// A transaction message that the central system failed to process as often as TransactionMessageAttempts allows.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Discarded<'m> {
    /// The connector of the transaction, 0 when the record could not be read.
    pub connector: ConnectorId,
    /// When it happened, if the clock was known.
    pub timestamp: Option<DateTime>,
    /// What is lost for the central system.
    pub message: DiscardedMessage<'m>,
    /// How many messages were discarded since the boot, this one included.
    pub count: u32,
}

/// The content of a discarded message.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DiscardedMessage<'m> {
    /// A StartTransaction; the rest of the transaction goes out with transactionId -1.
    Start {
        /// The tag that began it.
        id_tag: &'m str,
        /// The energy register in Wh.
        meter_start: i64,
    },
    /// Meter values of a transaction.
    MeterValues,
    /// A StopTransaction.
    Stop {
        /// The transaction.
        transaction_id: i64,
        /// The energy register in Wh.
        meter_stop: i64,
        /// Why it ended.
        reason: Reason,
    },
    /// A record that could not be read.
    Unreadable,
}

impl Core<'_> {
    /// Gives up the first entry, and tells the firmware what is lost. `None` is a record that cannot be read.
    pub(super) fn discard(&mut self, record: Option<&[u8]>) {
        let Some(number) = self.common.journal.first() else { return };
        self.delivery.discarded = self.delivery.discarded.saturating_add(1);
        self.delivery.give_up = false;
        warning!("transaction message {} discarded", number);
        self.delivery.release = true;
        self.common.look_again();
        let entry = record.and_then(|record| Entry::read(number, record));
        self.delivery.head = entry.as_ref().map(Head::of);
        if let Some(Head::Start { connector, meter_start }) = self.delivery.head {
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
