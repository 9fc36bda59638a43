//! The meters of both connectors. They outlive every boot.

use crate::support::leak;
use crate::support::signatures::{PRINTED_KEY, Signatures};
use embedded_ocpp::ocpp16::{PrintedKey, SignedMeter, SigningFailed, SigningMoment};
use std::cell::{Cell, RefCell};
use std::task::Poll;

/// The meter of a connector. It outlives every boot.
pub(crate) struct Meter {
    pub(crate) connector: u8,
    pub(crate) signatures: RefCell<Signatures>,
    /// It cannot sign, and lets people charge.
    pub(crate) gives_nothing: Cell<bool>,
    /// Who is there.
    pub(crate) customer: RefCell<String>,
    pub(crate) now: Cell<u64>,
}

thread_local! {
    static METERS: [&'static Meter; 2] = [1, 2].map(|connector| {
        leak(Meter {
            connector,
            signatures: RefCell::default(),
            gives_nothing: Cell::new(false),
            customer: RefCell::default(),
            now: Cell::new(0),
        })
    });
}

pub(crate) fn meter(connector: u8) -> &'static Meter {
    METERS.with(|meters| meters[usize::from(connector) - 1])
}

/// All meters are as new.
pub(crate) fn begin_anew() {
    set_clocks(0);
    METERS.with(|meters| {
        for meter in meters {
            meter.signatures.take();
            meter.gives_nothing.set(false);
        }
    });
}

/// All meters know what time it is, in seconds.
pub(crate) fn set_clocks(seconds: u64) {
    METERS.with(|meters| meters.iter().for_each(|meter| meter.now.set(seconds)));
}

impl SignedMeter for Meter {
    fn encoding_method(&self) -> &str {
        "OCMF"
    }

    fn sign(&self, moment: SigningMoment) {
        self.signatures.borrow_mut().sign(self.connector, moment, &self.customer.borrow(), self.now.get());
    }

    fn read(&self, offset: usize, buffer: &mut [u8]) -> Poll<Result<usize, SigningFailed>> {
        if self.gives_nothing.get() {
            return Poll::Ready(Ok(0));
        }
        Poll::Ready(Ok(self.signatures.borrow_mut().read(offset, buffer)))
    }

    fn stored(&self) {
        if !self.gives_nothing.get() {
            self.signatures.borrow_mut().stored();
        }
    }

    fn public_key(&self) -> Option<PrintedKey<'_>> {
        Some(PRINTED_KEY)
    }

    fn signs_samples(&self) -> bool {
        true
    }

    fn value_len_max(&self) -> usize {
        3360
    }
}
