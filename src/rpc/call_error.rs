use crate::json::{BufferFull, Problem};
use core::fmt;

/// Why a call of the other side is refused: the CALLERROR that it gets (OCPP-J 1.6 §4.2.3).
///
/// This is what *they* did wrong; what goes wrong here is `Error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CallError {
    /// The error code on the wire.
    pub code: CallErrorCode,
    /// A text for people; may be empty.
    pub description: &'static str,
}

/// The error codes of OCPP-J 1.6, with their spelling on the wire (errata 5.1, 5.2 keep both misspellings).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CallErrorCode {
    /// The action is not known.
    NotImplemented,
    /// The action is known but not supported here.
    NotSupported,
    /// Something here prevented the call from being processed.
    InternalError,
    /// The payload is incomplete.
    ProtocolError,
    /// A security issue.
    SecurityError,
    /// The payload is no JSON, or has members that the action does not know.
    FormationViolation,
    /// A member has a value that is not allowed.
    PropertyConstraintViolation,
    /// A required member is missing, or one stands there twice.
    OccurenceConstraintViolation,
    /// A member has the wrong type.
    TypeConstraintViolation,
    /// Anything else.
    GenericError,
}

impl CallErrorCode {
    /// The code as it stands in the message.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotImplemented => "NotImplemented",
            Self::NotSupported => "NotSupported",
            Self::InternalError => "InternalError",
            Self::ProtocolError => "ProtocolError",
            Self::SecurityError => "SecurityError",
            Self::FormationViolation => "FormationViolation",
            Self::PropertyConstraintViolation => "PropertyConstraintViolation",
            Self::OccurenceConstraintViolation => "OccurenceConstraintViolation",
            Self::TypeConstraintViolation => "TypeConstraintViolation",
            Self::GenericError => "GenericError",
        }
    }
}

impl CallError {
    /// An error with an explanation.
    pub const fn new(code: CallErrorCode, description: &'static str) -> Self {
        Self { code, description }
    }

    /// A member has a value that is not allowed.
    pub const fn property(description: &'static str) -> Self {
        Self::new(CallErrorCode::PropertyConstraintViolation, description)
    }
}

impl From<CallErrorCode> for CallError {
    fn from(code: CallErrorCode) -> Self {
        Self::new(code, "")
    }
}

impl From<Problem> for CallError {
    fn from(problem: Problem) -> Self {
        let description = match problem {
            Problem::Syntax => "not JSON",
            Problem::TooDeep => "too deep",
            Problem::Structure => "not OCPP-J",
        };
        Self::new(CallErrorCode::FormationViolation, description)
    }
}

impl From<BufferFull> for CallError {
    fn from(_: BufferFull) -> Self {
        Self::new(CallErrorCode::InternalError, "answer too long")
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())?;
        if !self.description.is_empty() {
            f.write_str(": ")?;
            f.write_str(self.description)?;
        }
        Ok(())
    }
}

impl core::error::Error for CallError {}
