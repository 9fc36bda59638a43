//! Who is trusted: a file for each root, with its identity beside it.

use super::examine::{self, CERTIFICATE};
use super::{Failure, durable};
use crate::tls;
use embedded_ocpp::certificate::{Identity, Outline, Walk};
use embedded_ocpp::ocpp16::RootCertificate;
use pem::Pem;
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

const KINDS: [RootCertificate; 2] = [RootCertificate::CentralSystem, RootCertificate::Manufacturer];
const IDENTITY: &str = "CERTIFICATE IDENTITY";

pub(super) struct Roots {
    folder: PathBuf,
    /// The oldest first.
    roots: Vec<Root>,
}

pub(super) struct Root {
    pub(super) kind: RootCertificate,
    file: PathBuf,
    pub(super) certificate: CertificateDer<'static>,
    pub(super) identity: Identity,
}

impl Roots {
    /// `first` gives those of the central system, once: what is deleted later does not come back.
    pub(super) fn open(folder: &Path, first: Option<&Path>) -> Result<Self, Failure> {
        let mut roots = Self { folder: folder.into(), roots: Vec::new() };
        for kind in KINDS {
            for file in durable::numbered(folder, name(kind))? {
                roots.roots.push(Root::read(kind, file)?);
            }
        }
        let is_done = folder.join("ca_file_taken.pem");
        if let Some(first) = first
            && !is_done.exists()
        {
            roots.keep_first(tls::certificates(first)?).map_err(|error| format!("{}: {error}", first.display()))?;
            durable::write(&is_done, &[])?;
        }
        Ok(roots)
    }

    /// Of both kinds.
    pub(super) fn roots(&self) -> impl Iterator<Item = &Root> {
        self.roots.iter()
    }

    pub(super) fn all(&self, kind: RootCertificate) -> impl DoubleEndedIterator<Item = &Root> {
        self.roots.iter().filter(move |root| root.kind == kind)
    }

    pub(super) fn valid(&self, kind: RootCertificate) -> impl DoubleEndedIterator<Item = &Root> {
        self.all(kind).filter(|root| examine::is_valid_now(&root.certificate))
    }

    pub(super) fn find(&self, kind: RootCertificate, identity: &Identity) -> Option<&Root> {
        self.all(kind).find(|root| root.identity == *identity)
    }

    pub(super) fn keep(
        &mut self,
        kind: RootCertificate,
        certificate: CertificateDer<'static>,
        identity: &Identity,
    ) -> io::Result<()> {
        let file = durable::next(&self.folder, name(kind))?;
        durable::write(&file, &[Pem::new(CERTIFICATE, &*certificate), Pem::new(IDENTITY, identity.to_bytes())])?;
        self.roots.push(Root { kind, file, certificate, identity: *identity });
        Ok(())
    }

    pub(super) fn remove(&mut self, kind: RootCertificate, identity: &Identity) -> io::Result<()> {
        if let Some(root) = self.find(kind, identity) {
            durable::remove(&root.file)?;
        }
        self.roots.retain(|root| root.kind != kind || root.identity != *identity);
        Ok(())
    }

    /// What is wrong with a chain of the charge point, if anything is: as the central system will look at it, but that it may
    /// begin later.
    pub(super) fn examine_path(&self, chain: &[CertificateDer<'_>]) -> Result<(), Failure> {
        let (own, others) = chain.split_first().ok_or("no certificate")?;
        let mut anchors = RootCertStore::empty();
        for root in self.valid(RootCertificate::CentralSystem) {
            anchors.add(root.certificate.clone())?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(anchors), tls::provider()).build()?;
        let begin = examine::parse(own)?.validity().not_before.timestamp().try_into().unwrap_or(0);
        let now = UnixTime::now().as_secs().max(begin);
        verifier.verify_client_cert(own, others, UnixTime::since_unix_epoch(Duration::from_secs(now)))?;
        Ok(())
    }

    fn keep_first(&mut self, certificates: Vec<CertificateDer<'static>>) -> Result<(), Failure> {
        let outlines = certificates.iter().map(outline).collect::<Result<Vec<_>, _>>()?;
        for (certificate, outline) in certificates.into_iter().zip(&outlines) {
            // What has not signed itself is known with the one that has.
            let issuer = if outline.is_self_issued() {
                Some(outline)
            } else {
                outlines.iter().find(|issuer| issuer.name == outline.issuer_name)
            };
            let identity = outline.issued_by(issuer.ok_or("a certificate without its issuer")?.key);
            if self.find(RootCertificate::CentralSystem, &identity).is_none() {
                self.keep(RootCertificate::CentralSystem, certificate, &identity)?;
            }
        }
        Ok(())
    }
}

impl Root {
    fn read(kind: RootCertificate, file: PathBuf) -> Result<Self, Failure> {
        let content = durable::read(&file)?;
        let parts = match content.as_slice() {
            [certificate, identity] => identity.contents().try_into().ok().map(|identity| (certificate, identity)),
            _ => None,
        };
        let (certificate, identity) = parts.ok_or_else(|| format!("{}: damaged", file.display()))?;
        let certificate = CertificateDer::from(certificate.contents().to_vec());
        Ok(Self { kind, file, certificate, identity: Identity::from_bytes(identity) })
    }
}

fn outline(certificate: &CertificateDer<'_>) -> Result<Outline, Failure> {
    let mut walk = Walk::new();
    walk.push(durable::text(&[Pem::new(CERTIFICATE, &**certificate)]).as_bytes());
    Ok(walk.finish()?)
}

fn name(kind: RootCertificate) -> &'static str {
    match kind {
        RootCertificate::CentralSystem => "central_system_root",
        RootCertificate::Manufacturer => "manufacturer_root",
    }
}
