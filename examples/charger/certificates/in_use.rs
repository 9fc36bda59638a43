//! What the last connection was made with, as its handshake has told it.

use embedded_ocpp::certificate::Identity;
use rustls::pki_types::CertificateDer;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Clone, Debug, Default)]
pub(super) struct InUse(Arc<Mutex<Parts>>);

#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    /// The root by which the central system was verified.
    pub root: Option<Identity>,
    /// The certificate of the charge point that it wanted to see.
    pub own: Option<CertificateDer<'static>>,
}

impl InUse {
    pub(super) fn parts(&self) -> MutexGuard<'_, Parts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
