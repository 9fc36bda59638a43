//! StatusNotification (OCPP 1.6 §4.9).

use crate::json::{Json, Writer, clip, name};
use crate::station::status::StateReport;
use crate::types::Symbol;

/// StatusNotification.req (OCPP 1.6 §6.47).
impl Json for StateReport {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("connectorId")).whole(self.connector_id.into());
        members.name(name!("errorCode")).raw(self.error_code.quoted());
        members.name(name!("status")).raw(self.status.quoted());
        if self.timestamp.is_some() {
            members.name(name!("timestamp")).date(self.timestamp);
        }
        if let Some(details) = self.details {
            // ST-10
            let texts = [
                (name!("info"), details.info, 50),
                (name!("vendorId"), details.vendor_id, 255),
                (name!("vendorErrorCode"), details.vendor_error_code, 50),
            ];
            for (name, text, max) in texts {
                if let Some(text) = text {
                    members.name(name).text(clip(text, max));
                }
            }
        } else if self.ev_side_disconnected {
            members.name(name!("info")).plain("EV side disconnected");
        }
        members.close();
    }
}
