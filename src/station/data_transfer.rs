//! DataTransfer of the central system (OCPP 1.6 §5.6). Those of the firmware go out as [custom](super::custom) calls.

use crate::json::JsonStr;
use crate::types::DataTransferStatus;

/// Handles the DataTransfer requests of one vendor, or one message of it.
#[derive(Clone, Copy)]
pub struct DataTransferHandler<'a> {
    /// The vendor, matched without regard to case.
    pub vendor_id: &'a str,
    /// The message, matched without regard to case; `None` for all that no other handler of the vendor names.
    pub message_id: Option<&'a str>,
    /// Does what is asked for and says how it went.
    pub handle: &'a dyn Fn(&DataTransfer<'_>) -> DataTransferReply<'a>,
}

/// DataTransfer.req of the central system (OCPP 1.6 §6.15).
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DataTransfer<'m> {
    /// The vendor's name for the message.
    pub message_id: Option<JsonStr<'m>>,
    /// The vendor's data, still escaped.
    pub data: Option<JsonStr<'m>>,
}

/// What is answered to DataTransfer.req.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DataTransferReply<'a> {
    /// How it went.
    pub status: DataTransferStatus,
    /// The vendor's data.
    pub data: Option<&'a str>,
}

/// Has the handler of the vendor and the message answer.
pub(crate) fn data_transfer<'a>(
    handlers: &[DataTransferHandler<'a>],
    vendor: JsonStr<'_>,
    request: &DataTransfer<'_>,
) -> DataTransferReply<'a> {
    let of_vendor = || handlers.iter().filter(|handler| vendor.is_ignoring_case(handler.vendor_id));
    let named = of_vendor().find(|handler| match (handler.message_id, request.message_id) {
        (Some(name), Some(message)) => message.is_ignoring_case(name),
        _ => false,
    });
    match named.or_else(|| of_vendor().find(|handler| handler.message_id.is_none())) {
        Some(handler) => (handler.handle)(request),
        None => DataTransferReply {
            status: match of_vendor().next() {
                Some(_) => DataTransferStatus::UnknownMessageId,
                None => DataTransferStatus::UnknownVendorId,
            },
            data: None,
        },
    }
}
