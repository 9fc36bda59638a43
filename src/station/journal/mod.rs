//! What happens in transactions: from the entry that makes it durable to the answer of the central system (OCPP 1.6 §3.7).

pub(in crate::station) mod appending;
pub(in crate::station) mod confirmation;
pub(in crate::station) mod confirmed_transaction;
pub(in crate::station) mod dating;
pub(crate) mod delivery;
pub(in crate::station) mod discarded;
pub(crate) mod entry;
pub(in crate::station) mod giving_up;
pub(in crate::station) mod sending;
