//! Meters that sign the beginning and the end of each transaction, at once or later. What they have signed is told as it is, in
//! its order, and none of it twice (SMV-12).

use crate::frame::Frame;
use crate::hardware::{Hardware, SOCKETS};
use crate::signatures::{Signatures, remove_signed, told};
use crate::time::{Moment, SECOND};
use embedded_ocpp::ocpp16::{SignedMeter, SigningFailed, SigningMoment};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::task::Poll;

pub(crate) const KEYS: [(&str, &str); 2] =
    [("SampledDataSignReadings", "true"), ("StopTxnSampledData", "Energy.Active.Import.Register")];

/// So long it takes to sign a beginning, in turn. The ledger knows no end that is recorded later than it came: those of the
/// random walk are.
const LATENESS: [Moment; 16] = [0, 0, 0, 0, 3 * SECOND, 0, 0, 0, 0, 30 * SECOND, 0, 0, 0, 0, 0, 90 * SECOND];

/// The meter of a socket. It outlives every boot.
#[derive(Default)]
pub(crate) struct Meter {
    signatures: RefCell<Signatures>,
    /// The values that it has signed, and when it has the present one.
    count: Cell<u64>,
    ready_at: Cell<Moment>,
}

/// What the central system has heard of them.
#[derive(Default)]
pub(crate) struct Heard {
    /// The last message that told an end.
    last: RefCell<String>,
}

/// A meter, as the firmware has wired it.
pub(crate) struct WiredMeter<'h> {
    pub(crate) hardware: &'h Hardware,
    pub(crate) index: usize,
}

impl WiredMeter<'_> {
    fn meter(&self) -> &Meter {
        &self.hardware.sockets[self.index].meter
    }

    fn now(&self) -> Moment {
        self.hardware.sockets[self.index].now()
    }
}

impl SignedMeter for WiredMeter<'_> {
    fn encoding_method(&self) -> &str {
        "OCMF"
    }

    fn sign(&self, moment: SigningMoment) {
        let meter = self.meter();
        meter.count.set(meter.count.get() + 1);
        let is_begin = moment == SigningMoment::Begin;
        let lateness = if is_begin { LATENESS[(meter.count.get() * 7 % 16) as usize] } else { 0 };
        meter.ready_at.set(self.now() + lateness);
        meter.signatures.borrow_mut().sign(self.index as u8 + 1, moment, "", 0);
    }

    fn read(&self, offset: usize, buffer: &mut [u8]) -> Poll<Result<usize, SigningFailed>> {
        if self.now() < self.meter().ready_at.get() {
            return Poll::Pending;
        }
        Poll::Ready(Ok(self.meter().signatures.borrow_mut().read(offset, buffer)))
    }

    fn value_len_max(&self) -> usize {
        3360
    }

    fn stored(&self) {
        self.meter().signatures.borrow_mut().stored();
    }
}

impl Hardware {
    /// Takes what was signed out of a message of the charge point.
    pub(crate) fn take_signed(&self, mut frame: Frame) -> Frame {
        let Frame::Call { id, action, payload } = &mut frame else { return frame };
        if action != "StopTransaction" {
            return frame;
        }
        let all = told(&payload["transactionData"]);
        if let Some(data) = payload.get_mut("transactionData").and_then(Value::as_array_mut) {
            remove_signed(data);
        }
        assert!(!all.is_empty(), "there is no start before its value is stored: {payload}");
        if self.heard.last.replace(id.clone()) == *id {
            return frame;
        }
        for (told, place) in all.iter().zip(0..) {
            let mut meters = (0..SOCKETS).map(|index| &self.sockets[index].meter);
            let meter = meters.find(|meter| meter.signatures.borrow().has_signed(told));
            meter
                .unwrap_or_else(|| panic!("nobody has signed {told:?}"))
                .signatures
                .borrow_mut()
                .tell_next(told.moment_in_end(place), told);
        }
        frame
    }
}
