//! What a request is answered with: a status, or why it is refused. Both are one byte, for they go through everything that
//! reads a request.

use crate::json::{BufferFull, Json, Problem, ReadError, Writer, name};
use crate::rpc::{CallError, CallErrorCode};
use crate::types::spelled;

spelled! {
    /// An answer that is nothing but a status.
    #[allow(dead_code)] // each build says those of its profiles
    pub(crate) StatusAnswer {
        Accepted = "Accepted",
        Rejected = "Rejected",
        Scheduled = "Scheduled",
        RebootRequired = "RebootRequired",
        NotSupported = "NotSupported",
        NotImplemented = "NotImplemented",
        Unlocked = "Unlocked",
        UnlockFailed = "UnlockFailed",
        Failed = "Failed",
        VersionMismatch = "VersionMismatch",
        Faulted = "Faulted",
        Unavailable = "Unavailable",
        Occupied = "Occupied",
        Unknown = "Unknown",
        AcceptedCanceled = "AcceptedCanceled",
        InvalidCertificate = "InvalidCertificate",
        RevokedCertificate = "RevokedCertificate",
        NotFound = "NotFound",
    }
}

spelled! {
    /// Why a request is refused: what becomes the description of the [`CallError`].
    #[allow(dead_code)]
    pub(crate) Cause {
        // With a code that says it all.
        NotImplemented = "",
        NotSupported = "",
        // Something here.
        AnswerTooLong = "answer too long",
        DeviceFailed = "device failed",
        Installing = "installing",
        // The shape of the payload.
        FieldMissing = "field missing",
        FieldTwice = "field twice",
        TooManyKeys = "more keys than GetConfigurationMaxKeys",
        UnknownField = "unknown field",
        NotJson = "not JSON",
        WrongType = "wrong type",
        // A member whose value is not allowed.
        ValueTooLong = "value too long",
        ChargingProfileKind = "chargingProfileKind",
        ChargingProfilePurpose = "chargingProfilePurpose",
        ChargingRateUnit = "chargingRateUnit",
        ConnectorId = "connectorId",
        Date = "date",
        ExpiryDate = "expiryDate",
        IdTag = "idTag",
        IdTagInfo = "idTagInfo",
        Location = "location",
        LocationTooLong = "location too long",
        RecurrencyKind = "recurrencyKind",
        Signature = "signature",
        StartSchedule = "startSchedule",
        Status = "status",
        Type = "type",
        UpdateType = "updateType",
        ValidFrom = "validFrom",
        ValidTo = "validTo",
        VendorId = "vendorId",
    }
}

pub(crate) const fn accepted_if(accepted: bool) -> StatusAnswer {
    if accepted { StatusAnswer::Accepted } else { StatusAnswer::Rejected }
}

impl Json for StatusAnswer {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("status")).raw(Self::SPELLINGS.quoted(*self as u8));
        members.close();
    }
}

impl Cause {
    const fn code(self) -> CallErrorCode {
        match self {
            Self::NotImplemented => CallErrorCode::NotImplemented,
            Self::NotSupported => CallErrorCode::NotSupported,
            Self::AnswerTooLong | Self::DeviceFailed | Self::Installing => CallErrorCode::InternalError,
            Self::FieldMissing | Self::FieldTwice | Self::TooManyKeys => CallErrorCode::OccurenceConstraintViolation,
            Self::UnknownField | Self::NotJson => CallErrorCode::FormationViolation,
            Self::WrongType => CallErrorCode::TypeConstraintViolation,
            _ => CallErrorCode::PropertyConstraintViolation,
        }
    }
}

impl From<Cause> for CallError {
    fn from(cause: Cause) -> Self {
        Self::new(cause.code(), Cause::SPELLINGS.spelling(cause as u8))
    }
}

impl From<ReadError> for Cause {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Missing => Self::FieldMissing,
            ReadError::Twice => Self::FieldTwice,
            ReadError::Unknown => Self::UnknownField,
            ReadError::WrongType => Self::WrongType,
            ReadError::TooLong => Self::ValueTooLong,
            ReadError::Malformed => Self::NotJson,
        }
    }
}

impl From<Problem> for Cause {
    fn from(_: Problem) -> Self {
        Self::NotJson // the RPC layer looks what it is
    }
}

impl From<BufferFull> for Cause {
    fn from(_: BufferFull) -> Self {
        Self::AnswerTooLong
    }
}
