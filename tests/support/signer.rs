use super::leak;
use super::signatures::PRINTED_KEY;
use embedded_ocpp::ocpp16::{MeterReading, PrintedKey, SignedForm, SignedMeter, SigningFailed, SigningMoment};
use std::cell::{Cell, RefCell};
use std::task::Poll;

/// A meter that signs. It outlives every boot of a test.
pub struct Signer {
    pub form: Cell<SignedForm>,
    pub method: Cell<&'static str>,
    pub key: Cell<Option<PrintedKey<'static>>>,
    pub signs_samples: Cell<bool>,
    pub ends_with_both: Cell<bool>,
    pub len_max: Cell<usize>,
    /// What it says when it is asked for a piece, if not the piece.
    pub holds_back: Cell<Option<Poll<SigningFailed>>>,
    /// What it was asked to sign, and how often it was told that a value is durable.
    pub asked: RefCell<Vec<SigningMoment>>,
    pub stored: Cell<u32>,
    /// The value for the moment that was asked for last, and how it is made.
    value: RefCell<Vec<u8>>,
    make: RefCell<Box<Make>>,
}

/// Makes the value for a moment, and the how manieth it is.
type Make = dyn Fn(SigningMoment, usize) -> Vec<u8>;

impl Signer {
    pub fn leak() -> &'static Self {
        leak(Self {
            form: Cell::new(SignedForm::Bytes),
            method: Cell::new(""),
            key: Cell::new(Some(PRINTED_KEY)),
            signs_samples: Cell::new(true),
            ends_with_both: Cell::new(false),
            len_max: Cell::new(2500),
            holds_back: Cell::new(None),
            asked: RefCell::default(),
            stored: Cell::new(0),
            value: RefCell::default(),
            make: RefCell::new(Box::new(|moment, count| format!("OCMF|{{\"{moment:?}\":{count}}}|").into_bytes())),
        })
    }

    /// How its values are made from now on.
    pub fn makes(&self, make: impl Fn(SigningMoment, usize) -> Vec<u8> + 'static) {
        *self.make.borrow_mut() = Box::new(make);
    }

    pub fn take_asked(&self) -> Vec<SigningMoment> {
        self.asked.take()
    }
}

impl SignedMeter for Signer {
    fn encoding_method(&self) -> &str {
        "OCMF"
    }

    fn sign(&self, moment: SigningMoment) {
        self.asked.borrow_mut().push(moment);
        let count = self.asked.borrow().len();
        self.value.replace((self.make.borrow())(moment, count));
    }

    fn read(&self, offset: usize, buffer: &mut [u8]) -> Poll<Result<usize, SigningFailed>> {
        match self.holds_back.get() {
            Some(Poll::Pending) => return Poll::Pending,
            Some(Poll::Ready(failed)) => return Poll::Ready(Err(failed)),
            None => {}
        }
        let value = self.value.borrow();
        let rest = value.get(offset..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        Poll::Ready(Ok(len))
    }

    fn stored(&self) {
        self.stored.set(self.stored.get() + 1);
    }

    fn signing_method(&self) -> &str {
        self.method.get()
    }

    fn public_key(&self) -> Option<PrintedKey<'_>> {
        self.key.get()
    }

    fn form(&self) -> SignedForm {
        self.form.get()
    }

    fn signs_samples(&self) -> bool {
        self.signs_samples.get()
    }

    fn ends_with_both(&self) -> bool {
        self.ends_with_both.get()
    }

    fn value_len_max(&self) -> usize {
        self.len_max.get()
    }
}
