//! SignedUpdateFirmware: only what the manufacturer has signed is installed.

use crate::certificates::CertificateStore;
use crate::trace::Log;
use crate::update::Update;
use embedded_ocpp::ocpp16::{FirmwareVerifier, SignerVerdict};
use std::cell::RefCell;
use std::error::Error;
use std::task::Poll;

pub(crate) struct SignedUpdate<'o> {
    log: &'o Log,
    certificates: &'o CertificateStore<'o>,
    update: &'o Update<'o>,
    /// What comes in: the certificate in PEM, the signature in octets.
    certificate: RefCell<Vec<u8>>,
    signature: RefCell<Vec<u8>>,
}

/// PEM is ASCII.
const CERTIFICATE_LEN_MAX: usize = 5500;
const SIGNATURE_LEN_MAX: usize = 600;

impl<'o> SignedUpdate<'o> {
    pub(crate) fn new(log: &'o Log, certificates: &'o CertificateStore<'o>, update: &'o Update<'o>) -> Self {
        Self { log, certificates, update, certificate: RefCell::default(), signature: RefCell::default() }
    }

    fn is_right(&self, examined: Result<(), Box<dyn Error>>) -> bool {
        examined.inspect_err(|error| self.log.note(&format!("signed update: {error}"))).is_ok()
    }
}

impl FirmwareVerifier for SignedUpdate<'_> {
    fn begin(&self) -> bool {
        self.abort();
        true
    }

    fn certificate(&self, piece: &[u8]) -> bool {
        append(&self.certificate, piece, CERTIFICATE_LEN_MAX)
    }

    fn signature(&self, piece: &[u8]) -> bool {
        append(&self.signature, piece, SIGNATURE_LEN_MAX)
    }

    fn abort(&self) {
        self.certificate.take();
        self.signature.take();
    }

    fn is_trusted(&self) -> Poll<SignerVerdict> {
        let (certificate, signature) = (self.certificate.borrow(), self.signature.borrow());
        if !self.is_right(self.certificates.examine_signer(&certificate)) {
            return Poll::Ready(SignerVerdict::Invalid);
        }
        let kept = match self.certificates.is_signer_revoked(&certificate) {
            Ok(true) => return Poll::Ready(SignerVerdict::Revoked),
            Ok(false) => self.certificates.keep_signer(&certificate, &signature),
            Err(error) => Err(error),
        };
        Poll::Ready(if self.is_right(kept) { SignerVerdict::Trusted } else { SignerVerdict::Failed })
    }

    fn verify(&self) -> Poll<bool> {
        Poll::Ready(self.is_right(self.update.look_at_file(|content| self.certificates.verify_firmware(content))))
    }
}

/// Whether there was room.
fn append(place: &RefCell<Vec<u8>>, piece: &[u8], len_max: usize) -> bool {
    let mut place = place.borrow_mut();
    place.extend_from_slice(piece);
    place.len() <= len_max
}
