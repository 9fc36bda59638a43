//! What a connector and the charge point itself, which is connector 0, have alike (OCPP 1.6 §3.8).

use super::ChargePointErrorCode;
use super::faults::{ErrorData, ErrorInputs, worst};
use super::metering::Sampling;
use super::reporting::Reporting;
use super::service::Service;

pub(crate) struct Place<'a> {
    /// What is wrong, if anything. None: nothing ever.
    pub(super) error_inputs: ErrorInputs<'a>,
    /// The worst of what is wrong.
    pub(super) error: Option<ErrorData>,
    /// Changes with the error: two of the same code are not the same.
    pub(super) error_number: u8,
    pub(super) service: Service,
    pub(crate) sampling: Sampling,
    pub(super) status: Reporting,
}

impl Place<'_> {
    pub(super) const fn new() -> Self {
        Self {
            error_inputs: ErrorInputs::new(),
            error: None,
            error_number: 0,
            service: Service::new(),
            sampling: Sampling::new(),
            status: Reporting::new(),
        }
    }

    /// Something is wrong, and it cannot charge.
    pub(super) fn is_faulted(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.is_faulted)
    }

    /// What is told of what is wrong.
    pub(super) fn error_code(&self) -> ChargePointErrorCode {
        self.error.as_ref().map_or(ChargePointErrorCode::NoError, |error| error.code)
    }

    /// Neither faulted nor out of service.
    pub(super) fn is_operative(&self) -> bool {
        self.service.is_on() && !self.is_faulted()
    }

    /// `true` when something else is wrong than before.
    #[inline(never)]
    pub(super) fn read_errors(&mut self, tells_ev_errors: bool) -> bool {
        let error = worst(&self.error_inputs, tells_ev_errors);
        let has_changed = error != self.error;
        if has_changed {
            self.error = error;
            self.error_number = self.error_number.wrapping_add(1);
        }
        has_changed
    }
}
