//! The charge point: all of its state, and all rules about it. Each block is a file or a folder.
//!
//! [`Station`] is sans-IO. Time passes in `advance`; what must be stored comes out of `storage_op` and its result goes into
//! `storage_done`, both called by the facade alone, so that no firmware can break their order. State changes when an action
//! has succeeded, not when it was asked for: a transaction runs when its start is durable, and is sent after.
//!
//! [`Core`](core_profile::Core) has the connectors and what is [common](common::Common) to all; the other blocks stand
//! beside it, and are lent it where they look at it. Where two of them meet, the line stands in an `impl Station`.

pub(crate) mod answer;
mod appending;
mod authorization;
mod availability;
mod boot;
mod cache;
mod calls;
#[cfg_attr(not(feature = "security"), path = "absent/certificates.rs")]
pub(crate) mod certificates;
#[cfg_attr(not(feature = "reservation"), allow(dead_code))] // everything is free then
mod claim;
mod common;
mod configuration;
mod confirmed_transaction;
mod connector;
mod core_profile;
mod custom;
mod data_transfer;
mod dating;
mod delivery;
#[cfg(feature = "firmware-management")]
mod diagnostics;
mod discarded;
mod faults;
#[cfg(feature = "firmware-management")]
mod firmware;
mod free_vend;
mod hardware;
mod heartbeat;
#[cfg_attr(not(any(feature = "local-auth-list", feature = "firmware-management")), path = "absent/held_call.rs")]
#[cfg_attr(not(feature = "local-auth-list"), allow(dead_code))] // several records for one call
mod held_call;
mod id_tag_info;
pub(crate) mod journal_entry;
mod keys;
#[cfg_attr(not(feature = "local-auth-list"), path = "absent/local_list.rs")]
mod local_list;
#[cfg(feature = "security")]
mod log_upload;
pub(crate) mod metering;
mod outputs;
mod owner;
mod persistence;
mod phase_rotation;
mod place;
mod plain_text;
mod recovery;
mod remote_control;
#[cfg_attr(not(feature = "reservation"), path = "absent/reservation.rs")]
mod reservation;
mod reset;
#[cfg_attr(not(feature = "security"), path = "absent/security.rs")]
pub(crate) mod security;
mod session;
mod shelf;
mod shelves;
#[cfg(feature = "firmware-management")]
#[cfg_attr(not(feature = "security"), path = "absent/signed_update.rs")]
mod signed_update;
#[cfg_attr(not(feature = "signed-meter-values"), path = "absent/signed_values.rs")]
pub(crate) mod signed_values;
#[cfg_attr(not(feature = "smart-charging"), path = "absent/smart_charging.rs")]
mod smart_charging;
mod status;
mod storing;
mod tag_record;
mod tokens;
mod transaction;
pub(crate) mod transaction_messages;
#[cfg_attr(not(feature = "firmware-management"), path = "absent/transfer.rs")]
pub(crate) mod transfer;
#[cfg(feature = "firmware-management")]
mod transfer_reports;
#[cfg(feature = "firmware-management")]
mod transfer_request;
#[cfg_attr(not(feature = "remote-trigger"), path = "absent/trigger.rs")]
mod trigger;
mod unlock;

pub use boot::Boot;
pub(crate) use cache::CacheSlot;
pub use calls::CallName;
#[cfg(feature = "security")]
pub use certificates::{Certificates, ChainVerdict, Issuer};
pub(crate) use connector::Connector;
pub use connector::InputError;
pub(crate) use custom::Hook;
pub use custom::{AuthorizeError, Handle, OnAuthorize, RequestError, RequestHandler};
pub use data_transfer::{DataTransfer, DataTransferHandler, DataTransferReply, DataTransferStatus};
#[cfg(feature = "firmware-management")]
pub use diagnostics::DiagnosticsRequest;
#[cfg(feature = "firmware-management")]
pub(crate) use diagnostics::FileNameInput;
pub use discarded::{Discarded, DiscardedMessage};
pub use faults::{ErrorData, ErrorInput};
#[cfg(feature = "firmware-management")]
pub use firmware::InstallationStatus;
#[cfg(feature = "firmware-management")]
pub(crate) use firmware::set_file_transfer_protocols;
pub use hardware::{ConnectorHardware, Equipment, Switches};
pub(crate) use journal_entry::{PLAIN_LEN_MAX, role};
pub(crate) use local_list::ListSlot;
#[cfg(feature = "security")]
pub use log_upload::{LogRequest, LogUpload, LogUploadStatus};
pub use metering::{MeterInput, MeterReading};
pub(crate) use owner::{Memory, Station};
pub(crate) use reservation::ReservationSlot;
#[cfg(feature = "security")]
pub use security::{Credentials, SecurityEventError, SecurityLogEntry};
#[cfg(feature = "security")]
pub use signed_update::{FirmwareVerifier, SignerVerdict};
#[cfg(feature = "signed-meter-values")]
pub use signed_values::{PrintedKey, SignedForm, SignedMeter, SigningFailed, SigningMoment};
#[cfg(feature = "smart-charging")]
pub use smart_charging::{ChargingLimit, Supply};
pub(crate) use smart_charging::{ChargingPeriod, ProfileSlot};
pub use transaction::{BeginError, EndError, StopView, TransactionId, TransactionView, TxNotification};
#[cfg(feature = "firmware-management")]
pub use transfer::{FileTransferProtocol, TransferStatus};
pub use unlock::UnlockResult;

pub(crate) use crate::types::*;
