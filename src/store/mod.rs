//! The data store: what a charge point remembers, and the device that it remembers it on.
//!
//! Everything here is of fixed capacity and knows nothing of OCPP messages: [`Keys`] holds configuration values
//! that the blocks above declare, [`Journal`] keeps records in order until they are released, and [`record`] is
//! the form that each of them has on a [`Storage`] device.

#[cfg(feature = "std")]
mod directory;
#[cfg(feature = "flash")]
mod flash;
mod journal;
mod keys;
mod ram;
pub mod record;
mod record_key;
pub mod registry;
mod scratch;
mod storage;
pub mod thinning;

#[cfg(feature = "std")]
pub use directory::DirectoryStorage;
#[cfg(feature = "flash")]
pub use flash::{FlashError, FlashLayoutError, FlashStorage};
pub use journal::{Durable, Journal, JournalStep};
#[cfg(feature = "security")]
pub(crate) use keys::LONG_LIST;
pub(crate) use keys::is_long_list;
pub use keys::{
    Access, Declaration, IntegerKey, Key, KeyError, KeyId, Keys, Kind, ListCodec, ListKey, Refusal, SetKey, Setting,
    SwitchKey, TextSink, Value, VendorKey,
};
pub use ram::{RamStorage, RamStorageFull};
pub use record_key::RecordKey;
pub(crate) use scratch::Scratch;
pub use storage::{RECORD_LEN_MAX, Storage, StorageOp, StorageResult};
