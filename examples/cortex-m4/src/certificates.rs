//! A chip that keeps keys and certificates by itself, behind a few statics.

use core::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};
use core::task::Poll;
use embedded_ocpp::certificate::Identity;
use embedded_ocpp::ocpp16::{Certificates, ChainVerdict, Issuer, RootCertificate};
use embedded_ocpp::time::DateTime;

static REGISTER: AtomicU8 = AtomicU8::new(0);
static CLOCK: AtomicU32 = AtomicU32::new(0);

pub struct Chip;

fn flag() -> bool {
    REGISTER.load(Relaxed) != 0
}

fn put(bytes: &[u8]) {
    bytes.iter().for_each(|byte| REGISTER.store(*byte, Relaxed));
}

fn identity() -> Option<Identity> {
    flag().then(|| Identity::from_bytes(&[REGISTER.load(Relaxed); _]))
}

fn later(result: bool) -> Poll<bool> {
    if flag() { Poll::Ready(result) } else { Poll::Pending }
}

impl Certificates for Chip {
    fn begin(&self) -> bool {
        flag()
    }

    fn write(&self, piece: &[u8]) -> bool {
        put(piece);
        flag()
    }

    fn abort(&self) {
        put(&[0]);
    }

    fn is_signed_by(&self, issuer: Issuer<'_>) -> Poll<bool> {
        if let Issuer::Root(_, identity) = issuer {
            put(&identity.to_bytes());
        }
        later(flag())
    }

    fn install(&self, root: RootCertificate, identity: &Identity) -> Poll<bool> {
        put(&[root as u8]);
        put(&identity.to_bytes());
        later(true)
    }

    fn root(&self, _: RootCertificate, _: usize) -> Option<Identity> {
        identity()
    }

    fn remove(&self, root: RootCertificate, _: &Identity) -> Poll<bool> {
        put(&[root as u8]);
        later(true)
    }

    fn has_valid_root(&self, _: RootCertificate) -> bool {
        flag()
    }

    fn root_in_use(&self) -> Option<Identity> {
        identity()
    }

    fn new_request(&self, organization: &str, serial_number: &str) -> Poll<Option<usize>> {
        put(organization.as_bytes());
        put(serial_number.as_bytes());
        later(true).map(|_| Some(700))
    }

    fn request(&self, _: usize, buffer: &mut [u8]) -> usize {
        buffer.iter_mut().for_each(|place| *place = REGISTER.load(Relaxed));
        buffer.len()
    }

    fn accept_chain(&self) -> Poll<ChainVerdict> {
        later(true).map(|_| if flag() { ChainVerdict::Accepted } else { ChainVerdict::Invalid })
    }

    fn has_valid_chain(&self) -> bool {
        flag()
    }

    fn expires(&self) -> Option<DateTime> {
        Some(DateTime::from_unix(CLOCK.load(Relaxed)))
    }

    fn root_capacity(&self) -> usize {
        4
    }
}
