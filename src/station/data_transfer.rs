//! DataTransfer of the central system (OCPP 1.6 §5.6). Those of the firmware go out as [custom](super::custom) calls.

use super::answer::Cause;
use crate::json::{Field, Json, JsonStr, Kind, Payload, Writer, name};
use crate::rpc::Composer;
use crate::types::Symbol;

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

crate::types::symbols! {
    /// How a DataTransfer went (OCPP 1.6 §7.21).
    DataTransferStatus {
        /// Understood and done.
        Accepted = "Accepted",
        /// Understood but refused.
        Rejected = "Rejected",
        /// The message id is not known.
        UnknownMessageId = "UnknownMessageId",
        /// The vendor is not known.
        UnknownVendorId = "UnknownVendorId",
    }
}

impl Json for DataTransferReply<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("status")).raw(self.status.quoted());
        if let Some(data) = self.data {
            members.name(name!("data")).text(data);
        }
        members.close();
    }
}

/// Has the handler of the vendor and the message answer.
#[inline(never)]
pub(crate) fn data_transfer_request(
    handlers: &[DataTransferHandler<'_>],
    payload: Payload<'_>,
    answer: &mut Composer<'_>,
) -> Result<(), Cause> {
    const FIELDS: [Field; 3] = [
        Field::required("vendorId", Kind::Text(255)),
        Field::optional("messageId", Kind::Text(50)),
        Field::optional("data", Kind::Text(u16::MAX)),
    ];
    let [vendor, message_id, data] = payload.read(&FIELDS)?;
    let vendor = vendor.text().ok_or(Cause::VendorId)?;
    let request = DataTransfer { message_id: message_id.text(), data: data.text() };
    let of_vendor = || handlers.iter().filter(|handler| vendor.is_ignoring_case(handler.vendor_id));
    let named = of_vendor().find(|handler| match (handler.message_id, request.message_id) {
        (Some(name), Some(message)) => message.is_ignoring_case(name),
        _ => false,
    });
    let reply = match named.or_else(|| of_vendor().find(|handler| handler.message_id.is_none())) {
        Some(handler) => (handler.handle)(&request),
        None => DataTransferReply {
            status: match of_vendor().next() {
                Some(_) => DataTransferStatus::UnknownMessageId,
                None => DataTransferStatus::UnknownVendorId,
            },
            data: None,
        },
    };
    Ok(answer.payload(&reply)?)
}
