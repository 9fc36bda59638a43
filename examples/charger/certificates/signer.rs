//! Who has signed the firmware that is under way, durable as that is.

use super::examine::{self, CERTIFICATE, demand};
use super::revocation::Revocations;
use super::roots::Roots;
use super::{Failure, durable};
use crate::tls;
use embedded_ocpp::ocpp16::RootCertificate;
use pem::Pem;
use rustls::SignatureScheme;
use rustls::pki_types::CertificateDer;
use std::path::{Path, PathBuf};
use x509_parser::prelude::X509Certificate;

/// With SHA-256 (A00.FR.505): RSA-PSS as the whitepaper wants, and what is used in the field.
const SCHEMES: [SignatureScheme; 3] =
    [SignatureScheme::RSA_PSS_SHA256, SignatureScheme::RSA_PKCS1_SHA256, SignatureScheme::ECDSA_NISTP256_SHA256];

pub(super) struct Signer(PathBuf);

impl Signer {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.join("firmware_signer.pem"))
    }

    pub(super) fn keep(&self, certificate: &[u8], signature: &[u8]) -> Result<(), Failure> {
        let certificate = only(certificate)?;
        let content = [Pem::new(CERTIFICATE, &*certificate), Pem::new("FIRMWARE SIGNATURE", signature)];
        Ok(durable::write(&self.0, &content)?)
    }

    /// Whether it has signed this firmware.
    pub(super) fn verify(&self, firmware: &[u8]) -> Result<(), Failure> {
        let content = durable::read(&self.0)?;
        let [certificate, signature] = content.as_slice() else { return Err("nobody has signed it".into()) };
        let certificate = CertificateDer::from(certificate.contents());
        let certificate = examine::parse(&certificate)?;
        let key = &certificate.public_key().subject_public_key.data;
        let known = tls::provider().signature_verification_algorithms.mapping;
        let mut allowed = known.iter().filter(|(scheme, _)| SCHEMES.contains(scheme)).flat_map(|(_, kinds)| *kinds);
        let is_its = allowed.any(|kind| kind.verify_signature(key, firmware, signature.contents()).is_ok());
        demand(is_its, "not of this firmware")
    }
}

/// What is wrong with a certificate in PEM that signs a firmware, if anything is: a root of the manufacturer has to have signed
/// it.
pub(super) fn examine(roots: &Roots, certificate: &[u8]) -> Result<(), Failure> {
    let certificate = only(certificate)?;
    let parsed = examine::parse(&certificate)?;
    demand(parsed.validity().is_valid(), "not valid now")?;
    demand(examine::has_good_key(&parsed), "its key is too short, or of an unknown kind")?;
    let usage = parsed.key_usage()?;
    demand(usage.is_none_or(|usage| usage.value.digital_signature()), "its key is not for signatures")?;
    demand(makers(roots, &parsed).next().is_some(), "no root of the manufacturer has signed it")
}

/// Whether a root of the manufacturer that has signed this certificate in PEM has taken it back.
pub(super) fn is_revoked(roots: &Roots, revocations: &Revocations, certificate: &[u8]) -> Result<bool, Failure> {
    let certificate = only(certificate)?;
    let parsed = examine::parse(&certificate)?;
    for maker in makers(roots, &parsed) {
        if revocations.include(&parsed, &maker)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The roots of the manufacturer that have signed it.
fn makers<'r>(roots: &'r Roots, signer: &X509Certificate<'_>) -> impl Iterator<Item = X509Certificate<'r>> {
    let makers = roots.valid(RootCertificate::Manufacturer).filter_map(|maker| examine::parse(&maker.certificate).ok());
    makers.filter(move |maker| examine::signature(signer, maker).is_ok())
}

fn only(certificate: &[u8]) -> Result<CertificateDer<'static>, Failure> {
    match <[_; 1]>::try_from(examine::certificates(certificate)) {
        Ok([certificate]) => Ok(certificate),
        Err(_) => Err("not one certificate".into()),
    }
}
