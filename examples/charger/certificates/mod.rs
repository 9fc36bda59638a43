//! The certificates and keys of the charge point, as files: what a firmware lends with `set_certificates`. rustls looks for
//! paths to a root, x509-parser reads certificates, rcgen makes keys and requests.

mod durable;
mod examine;
mod in_use;
mod own;
mod request;
mod revocation;
mod roots;
mod server;
mod shown;
mod signer;

use crate::config::Config;
use crate::tls;
use crate::trace::Log;
use embedded_ocpp::certificate::Identity;
use embedded_ocpp::ocpp16::{Certificates, ChainVerdict, Issuer, RootCertificate};
use embedded_ocpp::time::DateTime;
use in_use::{InUse, Parts};
use own::Own;
use request::Request;
use revocation::Revocations;
use roots::Roots;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use server::ServerVerifier;
use shown::Shown;
use signer::Signer;
use std::cell::RefCell;
use std::error::Error;
use std::fmt::Display;
use std::fs;
use std::sync::Arc;
use std::task::Poll;

type Failure = Box<dyn Error>;

/// Of both kinds.
const ROOT_CAPACITY: usize = 16;
/// PEM is ASCII.
const WRITTEN_LEN_MAX: usize = 10_000;

pub(crate) struct CertificateStore<'o> {
    log: &'o Log,
    /// What comes in.
    written: RefCell<Vec<u8>>,
    roots: RefCell<Roots>,
    request: RefCell<Request>,
    own: RefCell<Own>,
    signer: Signer,
    revocations: Revocations,
    in_use: InUse,
}

impl<'o> CertificateStore<'o> {
    /// In a folder of `data_dir`. At the first time `ca_file` gives the roots of the central system.
    pub(crate) fn open(config: &Config, log: &'o Log) -> Result<Self, Failure> {
        let folder = config.data_dir.join("certificates");
        fs::create_dir_all(&folder)?;
        Ok(Self {
            log,
            written: RefCell::default(),
            roots: RefCell::new(Roots::open(&folder, config.ca_file.as_deref())?),
            request: RefCell::new(Request::open(&folder)?),
            own: RefCell::new(Own::open(&folder)?),
            signer: Signer::new(&folder),
            revocations: Revocations::new(&folder),
            in_use: InUse::default(),
        })
    }

    /// TLS that trusts the roots of the central system; in profile 3 with the certificate of the charge point. `None` when no
    /// root was ever there.
    pub(crate) fn client(&self, shows_own: bool) -> Result<Option<Arc<ClientConfig>>, Failure> {
        *self.in_use.parts() = Parts::default();
        let roots = self.roots.borrow();
        if roots.all(RootCertificate::CentralSystem).next().is_none() {
            return Ok(None);
        }
        let verifier = ServerVerifier::new(&roots, self.in_use.clone())?;
        let builder = tls::builder()?.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let own = self.own.borrow();
        Ok(Some(Arc::new(match own.current().filter(|_| shows_own) {
            Some(pair) => builder.with_client_cert_resolver(pair.resolver(self.in_use.clone())?),
            None => builder.with_no_client_auth(),
        })))
    }

    /// All that are kept; some of them are in use while there is a connection.
    pub(crate) fn shown(&self, is_connected: bool) -> Vec<Shown> {
        let in_use = if is_connected { self.in_use.parts().clone() } else { Parts::default() };
        let (roots, own) = (self.roots.borrow(), self.own.borrow());
        let roots = roots.roots().map(|root| Shown::root(root, in_use.root));
        roots.chain(own.pairs().map(|pair| Shown::own(pair, in_use.own.as_ref()))).collect()
    }

    /// What is wrong with who signs the next firmware, a certificate in PEM, if anything is.
    pub(crate) fn examine_signer(&self, certificate: &[u8]) -> Result<(), Failure> {
        signer::examine(&self.roots.borrow(), certificate)
    }

    /// Whether it may not sign any more.
    pub(crate) fn is_signer_revoked(&self, certificate: &[u8]) -> Result<bool, Failure> {
        signer::is_revoked(&self.roots.borrow(), &self.revocations, certificate)
    }

    /// Takes it over, with the signature.
    pub(crate) fn keep_signer(&self, certificate: &[u8], signature: &[u8]) -> Result<(), Failure> {
        self.signer.keep(certificate, signature)
    }

    pub(crate) fn verify_firmware(&self, firmware: &[u8]) -> Result<(), Failure> {
        self.signer.verify(firmware)
    }

    /// The text that came, as certificates; none where it is no such text.
    fn written_certificates(&self) -> Vec<CertificateDer<'static>> {
        examine::certificates(&self.written.borrow())
    }

    fn is_done<E: Display>(&self, done: Result<(), E>) -> bool {
        done.inspect_err(|error| self.log.note(&format!("certificates: {error}"))).is_ok()
    }

    /// What is wrong with the chain that came, if anything is.
    fn examine_chain(&self, chain: &[CertificateDer<'_>]) -> Result<(), Failure> {
        self.request.borrow().examine(chain.first().ok_or("no certificate")?)?;
        self.roots.borrow().examine_path(chain)
    }
}

impl Certificates for CertificateStore<'_> {
    fn begin(&self) -> bool {
        self.written.borrow_mut().clear();
        true
    }

    fn write(&self, piece: &[u8]) -> bool {
        let mut written = self.written.borrow_mut();
        written.extend_from_slice(piece);
        written.len() <= WRITTEN_LEN_MAX
    }

    fn abort(&self) {
        self.written.take();
    }

    fn is_signed_by(&self, issuer: Issuer<'_>) -> Poll<bool> {
        let written = self.written_certificates();
        let [certificate] = written.as_slice() else { return Poll::Ready(false) };
        let roots = self.roots.borrow();
        let issuer = match issuer {
            Issuer::Itself => Some(certificate),
            Issuer::Root(kind, identity) => roots.find(kind, identity).map(|root| &root.certificate),
        };
        let is_signed =
            issuer.ok_or_else(|| "no such root".into()).and_then(|issuer| examine::root(certificate, issuer));
        Poll::Ready(self.is_done(is_signed))
    }

    fn install(&self, root: RootCertificate, identity: &Identity) -> Poll<bool> {
        let written = self.written_certificates();
        let [certificate] = written.as_slice() else { return Poll::Ready(false) };
        let is_kept = self.is_done(self.roots.borrow_mut().keep(root, certificate.clone(), identity));
        if is_kept {
            self.written.take();
        }
        Poll::Ready(is_kept)
    }

    fn root(&self, root: RootCertificate, index: usize) -> Option<Identity> {
        self.roots.borrow().all(root).nth(index).map(|root| root.identity)
    }

    fn remove(&self, root: RootCertificate, identity: &Identity) -> Poll<bool> {
        Poll::Ready(self.is_done(self.roots.borrow_mut().remove(root, identity)))
    }

    fn has_valid_root(&self, root: RootCertificate) -> bool {
        self.roots.borrow().valid(root).next().is_some()
    }

    fn root_in_use(&self) -> Option<Identity> {
        self.in_use.parts().root
    }

    fn new_request(&self, organization: &str, serial_number: &str) -> Poll<Option<usize>> {
        let mut request = self.request.borrow_mut();
        let is_made = self.is_done(request.make(organization, serial_number));
        Poll::Ready(is_made.then(|| request.text().len()))
    }

    fn request(&self, begin: usize, buffer: &mut [u8]) -> usize {
        let request = self.request.borrow();
        let rest = request.text().as_bytes().get(begin..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        len
    }

    fn accept_chain(&self) -> Poll<ChainVerdict> {
        let chain = self.written_certificates();
        if !self.is_done(self.examine_chain(&chain)) {
            return Poll::Ready(ChainVerdict::Invalid);
        }
        let mut request = self.request.borrow_mut();
        if !self.is_done(self.own.borrow_mut().keep(request.key(), chain)) {
            return Poll::Ready(ChainVerdict::Failed);
        }
        self.written.take();
        self.is_done(request.forget()); // what is left of it does no harm
        Poll::Ready(ChainVerdict::Accepted)
    }

    fn has_valid_chain(&self) -> bool {
        self.own.borrow().current().is_some()
    }

    fn expires(&self) -> Option<DateTime> {
        let end = self.own.borrow().current()?.end;
        Some(DateTime::from_unix(end.try_into().unwrap_or(u32::MAX)))
    }

    fn root_capacity(&self) -> usize {
        ROOT_CAPACITY
    }
}
