//! What a root has taken back: `revoked.pem`, lists (RFC 5280 §5) that whoever tends the charge point puts beside the
//! certificates.

use super::examine::demand;
use super::{Failure, durable};
use std::path::{Path, PathBuf};
use x509_parser::prelude::{CertificateRevocationList, FromDer, X509Certificate};

pub(super) struct Revocations(PathBuf);

impl Revocations {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.join("revoked.pem"))
    }

    /// Whether `issuer` has taken this certificate back. A list counts whatever its age: what was revoked stays so. One that
    /// cannot be read is a failure, for nobody knows what it says.
    pub(super) fn include(
        &self,
        certificate: &X509Certificate<'_>,
        issuer: &X509Certificate<'_>,
    ) -> Result<bool, Failure> {
        let lists = durable::read(&self.0)?;
        demand(!lists.is_empty() || !self.0.exists(), "revoked.pem holds no list in PEM")?;
        for list in lists {
            let (_, list) = CertificateRevocationList::from_der(list.contents())
                .map_err(|error| format!("revoked.pem: {error}"))?;
            let is_whole = list.extensions().iter().all(|extension| !extension.critical);
            demand(is_whole, "revoked.pem holds a list that is only for some certificates")?;
            let is_theirs = list.issuer().as_raw() == issuer.subject().as_raw()
                && list.verify_signature(issuer.public_key()).is_ok();
            let serial = certificate.raw_serial();
            if is_theirs && list.iter_revoked_certificates().any(|revoked| revoked.raw_serial() == serial) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
