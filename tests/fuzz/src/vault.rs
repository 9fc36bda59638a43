use embedded_ocpp::certificate::{Identity, Walk};
use embedded_ocpp::ocpp16::{Certificates, ChainVerdict, Issuer, RootCertificate};
use embedded_ocpp::time::DateTime;
use std::cell::{Cell, RefCell};
use std::task::Poll;

/// Keeps whatever comes, every second act later, and looks whether it is allowed to come.
#[derive(Default)]
pub struct Vault {
    written: RefCell<Option<Vec<u8>>>,
    roots: RefCell<Vec<(RootCertificate, Identity)>>,
    waits: Cell<bool>,
}

impl Vault {
    fn later<T>(&self, act: impl FnOnce() -> T) -> Poll<T> {
        self.waits.set(!self.waits.get());
        if self.waits.get() { Poll::Pending } else { Poll::Ready(act()) }
    }
}

impl Certificates for Vault {
    fn begin(&self) -> bool {
        self.written.replace(Some(Vec::new()));
        true
    }

    fn write(&self, piece: &[u8]) -> bool {
        assert!(!piece.is_empty(), "a piece of nothing");
        self.written.borrow_mut().as_mut().expect("it has begun").extend_from_slice(piece);
        true
    }

    fn abort(&self) {
        self.written.take().expect("there was something");
        self.waits.set(false);
    }

    fn is_signed_by(&self, issuer: Issuer<'_>) -> Poll<bool> {
        assert!(self.written.borrow().is_some());
        self.later(|| issuer == Issuer::Itself)
    }

    fn install(&self, root: RootCertificate, identity: &Identity) -> Poll<bool> {
        self.later(|| {
            let text = self.written.take().expect("there is something");
            let mut walk = Walk::new();
            walk.push(&text);
            assert_eq!(walk.finish().as_ref(), Ok(identity.outline()), "another certificate");
            self.roots.borrow_mut().push((root, *identity));
            true
        })
    }

    fn root(&self, root: RootCertificate, index: usize) -> Option<Identity> {
        self.roots.borrow().iter().filter(|(kind, _)| *kind == root).nth(index).map(|(_, identity)| *identity)
    }

    fn remove(&self, root: RootCertificate, identity: &Identity) -> Poll<bool> {
        self.later(|| {
            self.roots.borrow_mut().retain(|kept| *kept != (root, *identity));
            true
        })
    }

    fn has_valid_root(&self, root: RootCertificate) -> bool {
        self.root(root, 0).is_some()
    }

    fn root_in_use(&self) -> Option<Identity> {
        None
    }

    fn new_request(&self, _: &str, _: &str) -> Poll<Option<usize>> {
        self.later(|| Some(3000))
    }

    fn request(&self, begin: usize, buffer: &mut [u8]) -> usize {
        let len = buffer.len().min(3000 - begin);
        buffer[..len].fill(b'A');
        len
    }

    fn accept_chain(&self) -> Poll<ChainVerdict> {
        self.later(|| {
            self.written.take().expect("there is something");
            ChainVerdict::Accepted
        })
    }

    fn has_valid_chain(&self) -> bool {
        false
    }

    fn expires(&self) -> Option<DateTime> {
        None
    }

    fn root_capacity(&self) -> usize {
        3
    }
}
