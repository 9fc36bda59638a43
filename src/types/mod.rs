//! The types of OCPP 1.6 chapter 7 that messages and records share.
//!
//! The order of the values is their number in stored records: new ones go to the end.

mod action;
mod authorization;
#[cfg(feature = "security")]
mod certificate;
mod data_transfer;
mod metering;
mod profile;
#[cfg(feature = "security")]
mod security;
#[cfg(feature = "smart-charging")]
mod smart_charging;
mod status;
mod symbols;
#[cfg(feature = "firmware-management")]
mod transfer;

pub(crate) use symbols::{Spellings, Symbol, ends, first, spelled, symbols};

pub use action::Action;
pub use authorization::{AuthorizationStatus, IdTagInfo, RegistrationStatus, Token, TokenType};
#[cfg(feature = "security")]
pub use certificate::RootCertificate;
pub use data_transfer::DataTransferStatus;
pub use metering::{Location, Measurand, Phase, PhaseRotation, ReadingContext, UnitOfMeasure};
pub use profile::FeatureProfile;
#[cfg(feature = "security")]
pub use security::{LogStatus, LogType, SecurityEvent, SignedFirmwareStatus};
#[cfg(feature = "smart-charging")]
pub use smart_charging::{ChargingProfileKind, ChargingProfilePurpose, ChargingRateUnit, RecurrencyKind};
pub use status::{Availability, BootReason, ChargePointErrorCode, ChargePointStatus, Reason, ResetKind};

#[cfg(feature = "firmware-management")]
pub use transfer::{DiagnosticsStatus, FirmwareStatus};

/// An identifier of a card or a person (OCPP 1.6 §7.28).
pub type IdToken = crate::json::CiString<20>;

/// The number of a connector: 0 for the charge point as a whole, then from 1 (OCPP 1.6 §3.8).
pub type ConnectorId = u8;
