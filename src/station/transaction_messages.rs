//! The messages of a transaction on the wire.

use super::{ConnectorId, Reason};
use crate::json::{Json, Writer, name};
use crate::time::DateTime;
use crate::types::Symbol;

/// StartTransaction.req (OCPP 1.6 §6.45).
pub(super) struct StartTransaction<'a> {
    pub(crate) connector_id: ConnectorId,
    pub(super) id_tag: &'a str,
    pub(super) meter_start: i64,
    pub(super) reservation: Option<i32>,
    pub(super) timestamp: Option<DateTime>,
}

impl Json for StartTransaction<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("connectorId")).whole(self.connector_id.into());
        members.name(name!("idTag")).text(self.id_tag);
        members.name(name!("meterStart")).whole(self.meter_start);
        if let Some(reservation) = self.reservation {
            members.name(name!("reservationId")).whole(reservation.into());
        }
        members.name(name!("timestamp")).date(self.timestamp);
        members.close();
    }
}

/// MeterValues.req (OCPP 1.6 §6.31) up to its meter values. The most frequent message: its constant pieces are joined.
pub(crate) struct MeterValues {
    pub(crate) connector_id: ConnectorId,
    pub(crate) transaction_id: Option<i64>,
}

impl Json for MeterValues {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.raw(b"{\"connectorId\":");
        writer.whole(self.connector_id.into());
        if let Some(transaction_id) = self.transaction_id {
            writer.raw(b",\"transactionId\":");
            writer.whole(transaction_id);
        }
        writer.raw(b",\"meterValue\":[");
    }
}

/// StopTransaction.req (OCPP 1.6 §6.49), up to its meter values if there are any.
pub(super) struct StopTransaction<'a> {
    pub(super) id_tag: Option<&'a str>,
    pub(super) meter_stop: i64,
    pub(super) timestamp: Option<DateTime>,
    pub(crate) transaction_id: i64,
    pub(super) reason: Reason,
    pub(super) has_data: bool,
}

impl Json for StopTransaction<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        if let Some(id_tag) = self.id_tag {
            members.name(name!("idTag")).text(id_tag);
        }
        members.name(name!("meterStop")).whole(self.meter_stop);
        members.name(name!("timestamp")).date(self.timestamp);
        members.name(name!("transactionId")).whole(self.transaction_id);
        members.name(name!("reason")).raw(self.reason.quoted());
        if self.has_data {
            members.name(name!("transactionData")).raw(b"[");
        } else {
            members.close();
        }
    }
}
