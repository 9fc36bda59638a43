//! DataTransfer of the central system (OCPP 1.6 §6.15, §6.16).

use super::answer::Cause;
use crate::json::{Field, FieldKind, Json, Payload, Writer, name};
use crate::rpc::Composer;
use crate::station::data_transfer::data_transfer;
use crate::station::{DataTransfer, DataTransferReply, Station};
use crate::types::Symbol;

#[inline(never)]
pub(super) fn data_transfer_request(
    station: &Station<'_>,
    payload: Payload<'_>,
    answer: &mut Composer<'_>,
) -> Result<(), Cause> {
    const FIELDS: [Field; 3] = [
        Field::required("vendorId", FieldKind::Text(255)),
        Field::optional("messageId", FieldKind::Text(50)),
        Field::optional("data", FieldKind::Text(u16::MAX)),
    ];
    let [vendor, message_id, data] = payload.read(&FIELDS)?;
    let vendor = vendor.text().ok_or(Cause::VendorId)?;
    let request = DataTransfer { message_id: message_id.text(), data: data.text() };
    Ok(answer.payload(&data_transfer(station.custom.data_transfer, vendor, &request))?)
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
