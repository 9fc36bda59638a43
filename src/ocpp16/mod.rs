//! OCPP 1.6 on the wire: which message asks for what, and how what is told is spelled.
//!
//! Messages pass through [`Exchange`], which is the [`Handler`](crate::rpc::Handler) of any RPC layer.

#[cfg_attr(not(feature = "security"), path = "absent/certificates.rs")]
mod certificates;
mod dispatch;
#[cfg_attr(not(feature = "security"), path = "absent/security.rs")]
mod security;

#[doc = include_str!("decisions.md")]
pub mod decisions {}

pub use dispatch::Exchange;

pub use crate::types::*;

pub use crate::station::{
    AuthorizeError, BeginError, Boot, CallName, ConnectorHardware, DataTransfer, DataTransferHandler,
    DataTransferReply, DataTransferStatus, Discarded, DiscardedMessage, EndError, Equipment, ErrorData, ErrorInput,
    Handle, InputError, MeterInput, MeterReading, OnAuthorize, RequestError, RequestHandler, StopView, Switches,
    TransactionId, TransactionView, TxNotification, UnlockResult,
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
