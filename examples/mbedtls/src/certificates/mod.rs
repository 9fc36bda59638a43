//! The certificates and keys of a charger, on a flash of its own: what a firmware lends with `set_certificates`, and opens its
//! sessions with.

mod banks;
mod contents;
mod examine;
mod text;
mod verifier;

use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::ffi::CStr;
use core::marker::PhantomData;
use core::task::Poll;

use embedded_ocpp::certificate::{Identity, Walk};
use embedded_ocpp::ocpp16::{Certificates, ChainVerdict, Issuer, RootCertificate};
use embedded_ocpp::time::DateTime;
use embedded_ocpp::transport::ConnectFailure;
use embedded_storage::nor_flash::NorFlash;
use mbedtls_rs::{Certificate, Credentials, PrivateKey, SessionError, X509};

use crate::x509::{Chain, Key};
use crate::{Security, Today, Trust, clock};
use banks::Banks;
use contents::{Contents, Item};
use text::Text;
pub use verifier::UpdateVerifier;

const CENTRAL_SYSTEM: RootCertificate = RootCertificate::CentralSystem;
/// Of both kinds.
const ROOT_CAPACITY: usize = 4;

/// Keeps in memory what lies in the flash, and needs as much again while it writes. Keys are of P-256.
pub struct CertificateStore<'s, F> {
    /// Its generator makes the keys, its date is held against certificates.
    security: PhantomData<&'s Security>,
    banks: RefCell<Banks<F>>,
    contents: RefCell<Contents>,
    /// What comes in.
    written: Text,
    /// In PEM, as it was made last.
    request: RefCell<Vec<u8>>,
    /// The root that is tried next; the newest where there is none.
    turn: Cell<Option<Identity>>,
    /// Roots that have had no luck since one has.
    misses: Cell<usize>,
    in_use: Cell<Option<Identity>>,
}

/// What a flash that is new gets. Texts are in PEM and end with a zero.
pub struct First<'f> {
    /// Who signs the certificates of central systems.
    pub root: &'f [u8],
    /// What the charger proves with who it is: its certificate, with those between it and the root, and its key in DER.
    pub own: Option<(&'f [u8], &'f [u8])>,
}

impl<'s, F: NorFlash> CertificateStore<'s, F> {
    /// `flash` is for nothing else: twice as much as is to be kept. What is deleted later does not come back.
    ///
    /// # Panics
    /// When the flash is too small for two banks, or has words of more than 32 bytes.
    pub fn open(_: &'s Security, flash: F, first: &First<'_>) -> Self {
        let (banks, bytes) = Banks::open(flash);
        let is_new = bytes.is_none();
        let store = Self {
            security: PhantomData,
            banks: RefCell::new(banks),
            contents: RefCell::new(Contents::new(bytes.unwrap_or_default())),
            written: Text::new(),
            request: RefCell::default(),
            turn: Cell::new(None),
            misses: Cell::new(0),
            in_use: Cell::new(None),
        };
        if is_new {
            store.keep_first(first);
        }
        store
    }

    /// What the next connection is opened with: `None` without TLS, in profiles 0 and 1. In profile 3 with the certificate of
    /// the charger.
    ///
    /// Of several roots each has its turn, the newest first (M05.FR.13), until one has [worked](Self::opened). So it is known
    /// which one it was.
    ///
    /// # Errors
    /// [`ConnectFailure::ServerCertificate`] where there is no root, [`ConnectFailure::Setup`] where there is no memory.
    pub fn trust(&self, profile: u8, today: Today) -> Result<Option<Trust<'s>>, ConnectFailure> {
        clock::set(today);
        self.in_use.set(None);
        if profile < 2 {
            return Ok(None);
        }
        let contents = self.contents.borrow();
        let roots = || contents.roots(CENTRAL_SYSTEM);
        let (identity, root) = (roots().find(|(identity, _)| Some(*identity) == self.turn.get()))
            .or_else(|| roots().last())
            .ok_or(ConnectFailure::ServerCertificate)?;
        self.turn.set(Some(identity));
        let own = if profile < 3 { None } else { examine::current(&contents) };
        let credentials = own.map(|(_, chain, key)| {
            let private_key = PrivateKey::new(X509::DER(key), None)?;
            Ok::<_, SessionError>(Credentials { certificate: certificate(chain)?, private_key })
        });
        let setup = |_| ConnectFailure::Setup;
        let (root, credentials) = (certificate(root).map_err(setup)?, credentials.transpose().map_err(setup)?);
        Ok(Some(Trust { root, credentials }))
    }

    /// Hears how the session with what it was [told](Self::trust) to be opened with went, and passes it on. As long as there is
    /// another root to be tried nobody is accused.
    ///
    /// # Errors
    /// Those of the session.
    pub fn opened<S>(&self, session: Result<S, ConnectFailure>) -> Result<S, ConnectFailure> {
        let is_distrusted = matches!(session, Err(ConnectFailure::ServerCertificate));
        if session.is_ok() {
            self.in_use.set(self.turn.get());
        }
        let misses = if is_distrusted { self.misses.get() + 1 } else { 0 };
        self.misses.set(misses);
        if is_distrusted {
            let contents = self.contents.borrow();
            let roots = || contents.roots(CENTRAL_SYSTEM).map(|(identity, _)| identity);
            // The one before; none is before the first one.
            self.turn.set(roots().take_while(|identity| Some(*identity) != self.turn.get()).last());
            if misses % roots().count().max(1) != 0 {
                return Err(ConnectFailure::Tls);
            }
        }
        session
    }

    fn keep_first(&self, First { root, own }: &First<'_>) {
        let mut walk = Walk::new();
        walk.push(root);
        let outline = walk.finish().ok();
        let identity = outline.map(|outline| outline.issued_by(outline.key));
        let root = identity.map(|identity| Item::Root { kind: CENTRAL_SYSTEM, identity, text: root });
        let own = own.map(|(chain, key)| Item::Own { key, chain });
        self.keep(Contents::new(Vec::new()).with(|_| true, root.into_iter().chain(own)));
    }

    /// Changes what is kept. `false` when that is not possible.
    fn keep(&self, next: Option<Contents>) -> bool {
        let kept = next.filter(|next| self.banks.borrow_mut().write(next.as_bytes()));
        kept.map(|next| self.contents.replace(next)).is_some()
    }

    /// What is to be kept when the chain that came is as it should be: the key that was made goes with it, and another pair
    /// stays as long as it is used.
    fn with_chain(&self) -> Result<Option<Contents>, ChainVerdict> {
        let (contents, text) = (self.contents.borrow(), self.written.bytes());
        let request = contents.items().find(|item| is_request(*item));
        let (Some(request @ Item::Request { key, .. }), Some(chain)) = (request, Chain::parse(&text)) else {
            return Err(ChainVerdict::Invalid);
        };
        if !examine::is_good_chain(&chain, request, &contents) {
            return Err(ChainVerdict::Invalid);
        }
        let in_use = examine::current(&contents).map(|(_, _, key)| key);
        let stays = |item: Item<'_>| match item {
            Item::Root { .. } | Item::Signer { .. } => true,
            Item::Own { key, .. } => Some(key) == in_use,
            Item::Request { .. } => false,
        };
        Ok(contents.with(stays, [Item::Own { key, chain: &text }]))
    }

    /// What came.
    fn written_chain(&self) -> Option<Chain> {
        Chain::parse(&self.written.bytes())
    }
}

impl<F: NorFlash> Certificates for CertificateStore<'_, F> {
    fn begin(&self) -> bool {
        self.written.begin()
    }

    fn write(&self, piece: &[u8]) -> bool {
        self.written.push(piece)
    }

    fn abort(&self) {
        self.written.take();
    }

    fn is_signed_by(&self, issuer: Issuer<'_>) -> Poll<bool> {
        if !self.written.is_dated() {
            return Poll::Pending;
        }
        let contents = self.contents.borrow();
        let issuer = match issuer {
            Issuer::Itself => self.written_chain(),
            Issuer::Root(kind, identity) => {
                contents.roots(kind).find(|(other, _)| other == identity).and_then(|(_, text)| Chain::parse(text))
            }
        };
        let is_signed = self.written_chain().zip(issuer).is_some_and(|(certificate, issuer)| {
            certificate.len() == 1 && examine::is_good_root(certificate.first(), issuer.first())
        });
        Poll::Ready(is_signed)
    }

    fn install(&self, kind: RootCertificate, identity: &Identity) -> Poll<bool> {
        let root = Item::Root { kind, identity: *identity, text: &self.written.take() };
        let next = self.contents.borrow().with(|_| true, [root]);
        let is_kept = self.keep(next);
        if is_kept && kind == CENTRAL_SYSTEM {
            self.turn.set(None);
        }
        Poll::Ready(is_kept)
    }

    fn root(&self, kind: RootCertificate, index: usize) -> Option<Identity> {
        self.contents.borrow().roots(kind).nth(index).map(|(identity, _)| identity)
    }

    fn remove(&self, root: RootCertificate, identity: &Identity) -> Poll<bool> {
        let stays = |item: Item<'_>| match item {
            Item::Root { kind, identity: other, .. } => kind != root || other != *identity,
            _ => true,
        };
        let next = self.contents.borrow().with(stays, []);
        Poll::Ready(self.keep(next))
    }

    fn has_valid_root(&self, root: RootCertificate) -> bool {
        examine::has_valid_root(&self.contents.borrow(), root)
    }

    fn root_in_use(&self) -> Option<Identity> {
        self.in_use.get()
    }

    fn new_request(&self, organization: &str, serial_number: &str) -> Poll<Option<usize>> {
        let made = Key::generate().and_then(|key| Some((key.to_der()?, key.request(organization, serial_number)?)));
        let kept = made.filter(|(key, _)| {
            let (organization, common_name) = (organization.as_bytes(), serial_number.as_bytes());
            let request = Item::Request { key, organization, common_name };
            let next = self.contents.borrow().with(|item| !is_request(item), [request]);
            self.keep(next)
        });
        Poll::Ready(kept.map(|(_, request)| {
            let len = request.len();
            self.request.replace(request);
            len
        }))
    }

    fn request(&self, begin: usize, buffer: &mut [u8]) -> usize {
        let request = self.request.borrow();
        let rest = request.get(begin..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        len
    }

    fn accept_chain(&self) -> Poll<ChainVerdict> {
        if !self.written.is_dated() {
            return Poll::Pending;
        }
        let next = self.with_chain();
        Poll::Ready(match next.map(|next| self.keep(next)) {
            Err(verdict) => verdict,
            Ok(false) => ChainVerdict::Failed,
            Ok(true) => {
                self.written.take();
                ChainVerdict::Accepted
            }
        })
    }

    fn has_valid_chain(&self) -> bool {
        examine::current(&self.contents.borrow()).is_some()
    }

    fn expires(&self) -> Option<DateTime> {
        examine::current(&self.contents.borrow()).map(|(chain, ..)| chain.first().end())
    }

    fn root_capacity(&self) -> usize {
        ROOT_CAPACITY
    }

    fn chain_capacity(&self) -> usize {
        text::LEN_MAX
    }
}

fn is_request(item: Item<'_>) -> bool {
    matches!(item, Item::Request { .. })
}

/// Of a text in PEM.
fn certificate(text: &[u8]) -> Result<Certificate<'static>, SessionError> {
    let text = CStr::from_bytes_until_nul(text).unwrap_or_default();
    Ok(Certificate::new(X509::PEM(text))?)
}
