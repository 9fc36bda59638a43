//! What the firmware sees of a session: what happens in it, how it stands, why it does not begin or end.

use crate::station::Reason;
use crate::time::Instant;
use core::fmt;

/// What happens in a session, told to the firmware for its display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TxNotification {
    /// The tag may charge.
    Authorized,
    /// The tag may not charge.
    AuthorizationRejected,
    /// Nobody could say whether the tag may charge.
    AuthorizationTimeout,
    /// The connector is reserved for another tag.
    ReservationConflict,
    /// No EV came in time, or it was unplugged before the transaction could start.
    ConnectionTimeout,
    /// The central system withdrew its consent to the running transaction.
    DeAuthorized,
    /// The central system wants a transaction to begin.
    RemoteStart,
    /// The central system ends the transaction.
    RemoteStop,
    /// The transaction runs: its start is durable.
    StartTx,
    /// The transaction is over: its end is durable.
    StopTx,
    /// The end of the transaction is told without a signed value: the meter has given none in time.
    #[cfg(feature = "signed-meter-values")]
    SignedValueMissing,
}

/// What a charge point calls a transaction, from the moment at which its start is durable: no other in the life of this charge
/// point has the same. It is there offline as well, and outlives power cuts.
///
/// Half of it was drawn by [`set_rng`](crate::Controls::set_rng) when the storage device was empty: without that a charge point
/// whose device is erased begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TransactionId {
    seed: u32,
    entry: u32,
}

impl TransactionId {
    /// That of the transaction whose start is this entry of the journal.
    pub(crate) const fn new(seed: u32, entry: u32) -> Self {
        Self { seed, entry }
    }
}

/// 17 characters: `5eed1234-0000002a`.
impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{:08x}", self.seed, self.entry)
    }
}

/// A transaction as the firmware sees it.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TransactionView<'c> {
    /// The tag that began it.
    pub id_tag: &'c str,
    /// The group of that tag, once known.
    pub parent_id_tag: Option<&'c str>,
    /// Its own number; `None` until it [runs](Self::is_running), and where the central system never learns of it.
    pub id: Option<TransactionId>,
    /// The transactionId that the central system of OCPP 1.6 gave; `None` until then, -1 when its start could not be
    /// delivered.
    pub transaction_id: Option<i64>,
    /// The tag may charge.
    pub is_authorized: bool,
    /// The start is durable and the end is not.
    pub is_running: bool,
    /// The central system does not accept the tag after all, and the transaction goes on without energy.
    pub is_deauthorized: bool,
    /// The journal is full, and the central system never learns of it (key Cst_SilentOfflineTransactions).
    pub is_silent: bool,
    /// The energy register at the start in Wh; `None` until it starts.
    pub meter_start: Option<i64>,
    /// When it started; `None` until it does.
    pub started: Option<Instant>,
    /// How it ends, while its end is not durable yet; then there is no transaction any more.
    pub stop: Option<StopView<'c>>,
}

/// The end of a transaction as the firmware sees it.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StopView<'c> {
    /// The energy register at the end in Wh.
    pub meter_stop: i64,
    /// When it ended.
    pub stopped: Instant,
    /// Why.
    pub reason: Reason,
    /// The tag that ended it, if one did.
    pub id_tag: Option<&'c str>,
}

/// Why no transaction begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BeginError {
    /// There is no such connector; fix the code.
    #[error("no such connector")]
    UnknownConnector,
    /// The tag is empty or longer than 20 characters; refuse the card.
    #[error("id tag empty or longer than 20 characters")]
    InvalidIdTag,
    /// A session is under way here, or the cable is locked for the card that began the last one; end it first.
    #[error("a session is under way on this connector")]
    Busy,
    /// The connector is reserved for another tag; try another one.
    #[error("connector reserved for another id tag")]
    Reserved,
    /// The connector is faulted or out of service, or a reset is about to happen; try another one, or later.
    #[error("connector faulted or out of service")]
    Inoperative,
    /// The device holds as many unsent messages as it can; try when the central system has been reached.
    #[error("no room for another unsent transaction")]
    JournalFull,
    /// What was stored before the boot has not been read yet; try again after the next polls.
    #[error("still reading what was stored before the boot")]
    NotReady,
}

/// Why no transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum EndError {
    /// There is no such connector; fix the code.
    #[error("no such connector")]
    UnknownConnector,
    /// Nothing is under way here.
    #[error("no session on this connector")]
    NoSession,
    /// Another tag began the session, and no group is known that both could belong to; refuse the card.
    #[error("another id tag began this session")]
    OtherIdTag,
}
