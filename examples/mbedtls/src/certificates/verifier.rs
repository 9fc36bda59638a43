//! Who has signed an update of the firmware: what a firmware lends with `set_firmware_verifier`.

use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::task::Poll;

use embedded_ocpp::ocpp16::{FirmwareVerifier, RootCertificate, SignerVerdict};
use embedded_storage::nor_flash::NorFlash;
use sha2::{Digest, Sha256};

use super::contents::Item;
use super::text::Text;
use super::{CertificateStore, examine};
use crate::x509::Chain;

/// So much of a file is looked at before something else has its turn.
const STRIDE: usize = 16 * 1024;
const SIGNATURE_LEN_MAX: usize = 600;

/// Roots of the manufacturer, and the certificate and signature of the update that is under way, are in the store.
///
/// `I` copies what was downloaded, from the given byte on, and returns how much of it that is: 0 behind its end.
pub struct UpdateVerifier<'s, F, I> {
    store: &'s CertificateStore<'s, F>,
    image: I,
    /// What comes in.
    certificate: Text,
    signature: RefCell<Vec<u8>>,
    /// Of what was looked at.
    hash: RefCell<Sha256>,
    looked_at: Cell<usize>,
}

impl<'s, F: NorFlash, I: Fn(usize, &mut [u8]) -> usize> UpdateVerifier<'s, F, I> {
    pub fn new(store: &'s CertificateStore<'s, F>, image: I) -> Self {
        Self {
            store,
            image,
            certificate: Text::new(),
            signature: RefCell::default(),
            hash: RefCell::default(),
            looked_at: Cell::new(0),
        }
    }

    /// Whether a root of the manufacturer has signed the certificate that came, and it may sign.
    fn is_good(&self) -> bool {
        let contents = self.store.contents.borrow();
        let roots = contents.roots(RootCertificate::Manufacturer).filter_map(|(_, text)| Chain::parse(text));
        Chain::parse(&self.certificate.bytes())
            .filter(|signer| signer.len() == 1)
            .is_some_and(|signer| { roots }.any(|root| examine::is_good_signer(signer.first(), root.first())))
    }

    fn is_kept(&self) -> bool {
        let (certificate, signature) = (self.certificate.bytes(), self.signature.borrow());
        let signer = Item::Signer { certificate: &certificate, signature: &signature };
        let next = self.store.contents.borrow().with(|item| !matches!(item, Item::Signer { .. }), [signer]);
        self.store.keep(next)
    }

    /// Takes the next part of the file into the hash; `false` at its end.
    fn look_on(&self) -> bool {
        let (mut hash, mut piece) = (self.hash.borrow_mut(), [0; 256]);
        let end = self.looked_at.get() + STRIDE;
        while self.looked_at.get() < end {
            let len = (self.image)(self.looked_at.get(), &mut piece);
            if len == 0 {
                return false;
            }
            hash.update(&piece[..len]);
            self.looked_at.set(self.looked_at.get() + len);
        }
        true
    }

    fn begin_anew(&self) {
        self.hash.borrow_mut().reset();
        self.looked_at.set(0);
    }
}

impl<F: NorFlash, I: Fn(usize, &mut [u8]) -> usize> FirmwareVerifier for UpdateVerifier<'_, F, I> {
    fn begin(&self) -> bool {
        self.signature.borrow_mut().clear();
        self.begin_anew();
        self.certificate.begin()
    }

    fn certificate(&self, piece: &[u8]) -> bool {
        self.certificate.push(piece)
    }

    fn signature(&self, piece: &[u8]) -> bool {
        let mut signature = self.signature.borrow_mut();
        let has_room = signature.len() + piece.len() <= SIGNATURE_LEN_MAX && signature.try_reserve(piece.len()).is_ok();
        if has_room {
            signature.extend(piece);
        }
        has_room
    }

    fn abort(&self) {
        self.certificate.take();
        self.signature.take();
    }

    fn is_trusted(&self) -> Poll<SignerVerdict> {
        if !self.certificate.is_dated() {
            return Poll::Pending;
        }
        Poll::Ready(if !self.is_good() {
            SignerVerdict::Invalid
        } else if !self.is_kept() {
            SignerVerdict::Failed
        } else {
            self.abort(); // it is in the store
            SignerVerdict::Trusted
        })
    }

    fn verify(&self) -> Poll<bool> {
        if self.look_on() {
            return Poll::Pending;
        }
        let hash = self.hash.borrow().clone().finalize();
        self.begin_anew();
        let contents = self.store.contents.borrow();
        let has_signed = contents.items().any(|item| match item {
            Item::Signer { certificate, signature } => {
                Chain::parse(certificate).is_some_and(|signer| signer.first().has_signed(&hash.into(), signature))
            }
            _ => false,
        });
        Poll::Ready(has_signed)
    }
}
