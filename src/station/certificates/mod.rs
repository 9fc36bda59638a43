//! Certificates: the roots that others are verified by, and the charge point's own (security whitepaper A02, A03, M03 to M05).
//!
//! What is kept, and whether it is genuine, is the firmware's business ([`Certificates`]); which certificate may come and go,
//! what names it, and what the central system is told, is decided here. A certificate is longer than any record, so it
//! passes through in pieces.

mod chain;
mod delete;
mod install;
mod intake;
mod keys;
mod request;
mod signing;
mod store;
mod upkeep;

pub(crate) use install::NoRoot;
pub(crate) use intake::Intake;
pub(crate) use keys::{
    ADDITIONAL_ROOT_CERTIFICATE_CHECK, CERTIFICATE_SIGNED_MAX_CHAIN_SIZE, CERTIFICATE_STORE_MAX_LENGTH, CPO_NAME,
};
pub(crate) use store::{CHAIN_LEN_MAX, roots};
pub use store::{Certificates, ChainVerdict, Issuer};

use super::RootCertificate;
use signing::SigningRequest;

/// What is known of certificates.
pub(crate) struct Trust<'a> {
    pub(crate) store: Option<&'a dyn Certificates>,
    pub(crate) intake: Intake,
    pub(crate) signing: SigningRequest,
    /// With a connection, the root may go whose place another has taken.
    prunes: bool,
}

impl Trust<'_> {
    pub(super) const fn new() -> Self {
        Self { store: None, intake: Intake::new(), signing: SigningRequest::new(), prunes: false }
    }

    /// Whether there are messages about certificates.
    pub(crate) fn has_certificates(&self) -> bool {
        self.store.is_some()
    }

    /// Whether a certificate of the central system could be verified.
    pub(super) fn has_central_system_root(&self) -> bool {
        self.store.is_some_and(|store| store.has_valid_root(RootCertificate::CentralSystem))
    }

    /// Whether this charge point could prove who it is.
    pub(super) fn has_charge_point_certificate(&self) -> bool {
        self.store.is_some_and(|store| store.has_valid_chain())
    }
}
