//! What a connector and the charge point itself, which is connector 0, have alike (OCPP 1.6 §3.8).

use super::service::Service;
use crate::station::ChargePointErrorCode;
use crate::station::metering::Sampling;
use crate::station::status::faults::{ErrorData, ErrorInputs, worst};
use crate::station::status::reporting::Reporting;

pub(crate) struct Place<'a> {
    /// What is wrong, if anything. None: nothing ever.
    pub(in crate::station) error_inputs: ErrorInputs<'a>,
    /// The worst of what is wrong.
    pub(in crate::station) error: Option<ErrorData>,
    /// Changes with the error: two of the same code are not the same.
    pub(in crate::station) error_number: u8,
    pub(in crate::station) service: Service,
    pub(crate) sampling: Sampling,
    pub(in crate::station) status: Reporting,
}

impl Place<'_> {
    pub(in crate::station) const fn new() -> Self {
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
    pub(in crate::station) fn is_faulted(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.is_faulted)
    }

    /// What is told of what is wrong.
    pub(in crate::station) fn error_code(&self) -> ChargePointErrorCode {
        self.error.as_ref().map_or(ChargePointErrorCode::NoError, |error| error.code)
    }

    /// Neither faulted nor out of service.
    pub(in crate::station) fn is_operative(&self) -> bool {
        self.service.is_on() && !self.is_faulted()
    }

    /// `true` when something else is wrong than before.
    #[inline(never)]
    pub(in crate::station) fn read_errors(&mut self, tells_ev_errors: bool) -> bool {
        let error = worst(&self.error_inputs, tells_ev_errors);
        let has_changed = error != self.error;
        if has_changed {
            self.error = error;
            self.error_number = self.error_number.wrapping_add(1);
        }
        has_changed
    }
}
