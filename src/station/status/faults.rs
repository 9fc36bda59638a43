//! What can be wrong with a connector or with the charge point, and who says so.

use crate::station::ChargePointErrorCode;
use heapless::Vec;

/// An error of a connector (OCPP 1.6 §6.47).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ErrorData {
    /// The error code.
    pub code: ChargePointErrorCode,
    /// The connector cannot charge; without it the error is a warning.
    pub is_faulted: bool,
    /// Of several errors the one of the highest severity is told; among equals the one whose input was set first.
    pub severity: u8,
    /// Free text, at most 50 characters.
    pub info: Option<&'static str>,
    /// The vendor whose error code follows, at most 255 characters.
    pub vendor_id: Option<&'static str>,
    /// The vendor's own error code, at most 50 characters.
    pub vendor_error_code: Option<&'static str>,
}

impl ErrorData {
    /// An error that stops the connector from charging.
    pub const fn fault(code: ChargePointErrorCode) -> Self {
        Self { code, is_faulted: true, severity: 0, info: None, vendor_id: None, vendor_error_code: None }
    }

    /// An error that the connector can charge with.
    pub const fn warning(code: ChargePointErrorCode) -> Self {
        Self { code, is_faulted: false, severity: 0, info: None, vendor_id: None, vendor_error_code: None }
    }
}

/// Tells what is wrong, in detail or with the code alone.
#[derive(Clone, Copy)]
pub enum ErrorInput<'a> {
    /// All that is to be told.
    Data(&'a dyn Fn() -> Option<ErrorData>),
    /// An error code, which means a fault; EVCommunicationError is a warning all the same (OCPP 1.6 §4.9).
    Code(&'a dyn Fn() -> Option<ChargePointErrorCode>),
}

/// The sources of errors of one connector.
pub(in crate::station) type ErrorInputs<'a> = Vec<ErrorInput<'a>, 4, u8>;

/// The worst of all that is wrong now and may be told. It is a fault when any of them is, but for EVCommunicationError,
/// which is a warning, and only in some states (OCPP 1.6 §4.9).
pub(in crate::station) fn worst(inputs: &[ErrorInput<'_>], tells_ev_errors: bool) -> Option<ErrorData> {
    let mut worst: Option<ErrorData> = None;
    let mut is_faulted = false;
    for input in inputs {
        let error = match input {
            ErrorInput::Data(error) => error(),
            ErrorInput::Code(code) => code().map(ErrorData::fault),
        };
        let Some(error) = error else { continue };
        if error.code != ChargePointErrorCode::EVCommunicationError {
            is_faulted |= error.is_faulted;
        } else if !tells_ev_errors {
            continue;
        }
        if worst.as_ref().is_none_or(|worst| error.severity > worst.severity) {
            worst = Some(error);
        }
    }
    if let Some(worst) = &mut worst {
        worst.is_faulted = is_faulted;
    }
    worst
}
