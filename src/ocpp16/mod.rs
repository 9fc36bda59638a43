//! OCPP 1.6 on the wire: which message asks for what, and how what is told is spelled.
//!
//! Messages pass through [`Exchange`], which is the [`Handler`](crate::rpc::Handler) of any RPC layer.

mod answer;
mod authorize;
mod availability;
pub(crate) mod boot_notification;
mod cache;
#[cfg_attr(not(feature = "security"), path = "absent/certificates.rs")]
mod certificates;
#[cfg_attr(not(feature = "smart-charging"), path = "absent/charging_profiles.rs")]
mod charging_profiles;
mod configuration;
mod custom;
mod data_transfer;
mod exchange;
mod heartbeat;
mod id_tag_info;
pub(crate) mod keys;
#[cfg_attr(not(feature = "local-auth-list"), path = "absent/local_list.rs")]
mod local_list;
#[cfg(feature = "security")]
mod log_upload;
mod meter_values;
mod operation;
mod remote_control;
#[cfg_attr(not(feature = "reservation"), path = "absent/reservation.rs")]
mod reservation;
mod reset;
pub(crate) mod room;
#[cfg_attr(not(feature = "security"), path = "absent/security.rs")]
mod security;
#[cfg(feature = "security")]
mod signed_update;
#[cfg_attr(not(feature = "signed-meter-values"), path = "absent/signed_values.rs")]
mod signed_values;
mod status_notification;
mod transaction_messages;
#[cfg_attr(not(feature = "firmware-management"), path = "absent/transfers.rs")]
mod transfers;
#[cfg_attr(not(feature = "remote-trigger"), path = "absent/trigger.rs")]
mod trigger;
mod unlock;

#[doc = include_str!("decisions.md")]
pub mod decisions {}

pub(crate) use authorize::ask_about;
pub use exchange::Exchange;
pub(crate) use exchange::Promised;

pub use crate::types::*;

pub use crate::station::{
    AuthorizeError, BeginError, Boot, CallName, ConnectorHardware, DataTransfer, DataTransferHandler,
    DataTransferReply, Discarded, DiscardedMessage, EndError, Equipment, ErrorData, ErrorInput, InputError, MeterInput,
    MeterReading, OnAuthorize, OnCall, RequestError, RequestHandler, StopView, Switches, TransactionId,
    TransactionView, TxNotification, UnlockResult,
};
#[cfg(feature = "security")]
pub use crate::station::{
    Certificates, ChainVerdict, Credentials, FirmwareVerifier, Issuer, LogRequest, LogUpload, LogUploadStatus,
    SecurityEventError, SecurityLogEntry, SignerVerdict,
};
#[cfg(feature = "smart-charging")]
pub use crate::station::{ChargingLimit, Supply};
#[cfg(feature = "firmware-management")]
pub use crate::station::{DiagnosticsRequest, FileTransferProtocol, InstallationStatus, TransferStatus};
#[cfg(feature = "signed-meter-values")]
pub use crate::station::{PrintedKey, SignedForm, SignedMeter, SigningFailed, SigningMoment};
