//! A new pair of keys, and the request for a certificate of it.

use super::examine::{demand, names, parse};
use super::{Failure, durable};
use pem::Pem;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::pki_types::CertificateDer;
use std::io;
use std::path::{Path, PathBuf};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;

/// Whose certificate has not come; durable, for that may be another day.
pub(super) struct Request {
    file: PathBuf,
    /// The key, then the request.
    pair: Option<[Pem; 2]>,
    text: String,
}

impl Request {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let file = folder.join("request.pem");
        let pair = durable::read(&file)?.try_into().ok();
        Ok(Self { file, pair, text: String::new() })
    }

    /// Elliptic curve P-256: what every central system takes, and the smallest.
    pub(super) fn make(&mut self, organization: &str, serial_number: &str) -> Result<(), Failure> {
        let key = KeyPair::generate()?;
        let mut subject = DistinguishedName::new();
        subject.push(DnType::OrganizationName, organization);
        subject.push(DnType::CommonName, serial_number);
        let mut wanted = CertificateParams::default();
        wanted.distinguished_name = subject;
        let request = wanted.serialize_request(&key)?;
        let pair =
            [Pem::new("PRIVATE KEY", key.serialized_der()), Pem::new("CERTIFICATE REQUEST", request.der().to_vec())];
        durable::write(&self.file, &pair)?;
        self.text = durable::text(&pair[1..]);
        self.pair = Some(pair);
        Ok(())
    }

    /// Of the request that was made last.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn key(&self) -> &[u8] {
        self.pair.as_ref().map(|[key, _]| key.contents()).unwrap_or_default()
    }

    /// Why this is not the certificate that was asked for, if it is not: its key, CN and O are those of the request
    /// (A02.FR.06).
    pub(super) fn examine(&self, certificate: &CertificateDer<'_>) -> Result<(), Failure> {
        let [_, request] = self.pair.as_ref().ok_or("no certificate was asked for")?;
        let (_, request) = X509CertificationRequest::from_der(request.contents())?;
        let (wanted, certificate) = (&request.certification_request_info, parse(certificate)?);
        demand(certificate.public_key().raw == wanted.subject_pki.raw, "a certificate of another key")?;
        demand(names(certificate.subject()) == names(&wanted.subject), "a certificate of another subject")
    }

    pub(super) fn forget(&mut self) -> io::Result<()> {
        self.pair = None;
        durable::remove(&self.file)
    }
}
