//! The charge point: all of its state, and all rules about it. Each block is a file or a folder.
//!
//! What happens on a [`connector`] makes a [`session`]; its entries go through the [`journal`] to the central system, and
//! with all other records onto the [`device`]. What a connector says of itself is its [`status`]; who may talk at all is
//! [`registration`]. [`tokens`], [`reservation`], [`metering`] and [`smart_charging`] say who may charge, what it came to,
//! and how much at a time; [`transfer`], [`security`] and [`certificates`] look after the charge point itself.
//!
//! [`Station`] is sans-IO. Time passes in `advance`; what must be stored comes out of `storage_op` and its result goes into
//! `storage_done`, both called by the facade alone, so that no firmware can break their order. State changes when an action
//! has succeeded, not when it was asked for: a transaction runs when its start is durable, and is sent after.
//!
//! [`Core`](core_profile::Core) has the connectors and what is [common](common::Common) to all; the other blocks stand
//! beside it, and are lent it where they look at it. Where two of them meet, the line stands in an `impl Station`.

pub(crate) mod agenda;
pub(crate) mod authorization;
pub(crate) mod availability;
mod calls;
#[cfg_attr(not(feature = "security"), path = "absent/certificates.rs")]
pub(crate) mod certificates;
#[cfg_attr(not(feature = "reservation"), allow(dead_code))] // everything is free then
mod claim;
mod common;
pub(crate) mod configuration;
mod connector;
pub(crate) mod core_profile;
pub(crate) mod custom;
pub(crate) mod data_transfer;
pub(crate) mod device;
pub(crate) mod dialect;
pub(crate) mod free_vend;
pub(crate) mod journal;
pub(crate) mod keys;
pub(crate) mod metering;
mod outputs;
mod owner;
pub(crate) mod phase_rotation;
mod plain_text;
pub(crate) mod registration;
pub(crate) mod remote_control;
#[cfg_attr(not(feature = "reservation"), path = "absent/reservation.rs")]
pub(crate) mod reservation;
pub(crate) mod reset;
pub(crate) mod room;
#[cfg_attr(not(feature = "security"), path = "absent/security.rs")]
pub(crate) mod security;
pub(crate) mod session;
mod set_up;
#[cfg_attr(not(feature = "signed-meter-values"), path = "absent/signed_values.rs")]
pub(crate) mod signed_values;
#[cfg_attr(not(feature = "smart-charging"), path = "absent/smart_charging.rs")]
pub(crate) mod smart_charging;
pub(crate) mod status;
pub(crate) mod tokens;
#[cfg_attr(not(feature = "firmware-management"), path = "absent/transfer.rs")]
pub(crate) mod transfer;
#[cfg_attr(not(feature = "remote-trigger"), path = "absent/trigger.rs")]
pub(crate) mod trigger;
pub(crate) mod unlock;

pub use calls::CallName;
#[cfg(feature = "security")]
pub use certificates::{Certificates, ChainVerdict, Issuer};
pub(crate) use connector::Connector;
pub use connector::InputError;
pub use connector::hardware::{ConnectorHardware, Equipment, Switches, UnlockResult};
pub(crate) use custom::Hook;
pub use custom::{AuthorizeError, OnAuthorize, OnCall, RequestError, RequestHandler};
pub use data_transfer::{DataTransfer, DataTransferHandler, DataTransferReply};
pub use journal::discarded::{Discarded, DiscardedMessage};
pub(crate) use journal::entry::{PLAIN_LEN_MAX, role};
pub use metering::{MeterInput, MeterReading};
pub(crate) use owner::{Memory, Station};
pub use registration::boot::Boot;
pub(crate) use reservation::ReservationSlot;
#[cfg(feature = "security")]
pub use security::{Credentials, SecurityEventError, SecurityLogEntry};
pub use session::transaction::{BeginError, EndError, StopView, TransactionId, TransactionView, TxNotification};
#[cfg(feature = "signed-meter-values")]
pub use signed_values::{PrintedKey, SignedForm, SignedMeter, SigningFailed, SigningMoment};
#[cfg(feature = "smart-charging")]
pub use smart_charging::{ChargingLimit, Supply};
pub(crate) use smart_charging::{ChargingPeriod, ProfileSlot};
pub use status::faults::{ErrorData, ErrorInput};
pub(crate) use tokens::{CacheSlot, ListSlot};
#[cfg(feature = "firmware-management")]
pub use transfer::{DiagnosticsRequest, FileTransferProtocol, InstallationStatus, TransferStatus};
#[cfg(feature = "firmware-management")]
pub(crate) use transfer::{FileNameInput, set_file_transfer_protocols};
#[cfg(feature = "security")]
pub use transfer::{FirmwareVerifier, LogRequest, LogUpload, LogUploadStatus, SignerVerdict};

pub(crate) use crate::types::*;
