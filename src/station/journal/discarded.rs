//! What the firmware is told of transaction messages that are given up (OCPP 1.6 §3.7.1).

use crate::station::{ConnectorId, Reason};
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
