//! MeterValues (OCPP 1.6 §4.7), and how values are spelled.

use crate::json::{Json, Writer};
use crate::rpc::{CallComposer, Composer};
use crate::station::metering::{self, Opening, SampledValue, written_sample};
use crate::station::signed_values::Attached;
use crate::station::transaction_messages::MeterValues;
use crate::station::{MeterReading, Station};
use crate::store::Scratch;
use crate::time::Instant;
use crate::types::{ConnectorId, Symbol};

/// Samples a connector without a transaction into the record buffer, and writes the message of it.
pub(super) fn untransacted_sample(
    station: &mut Station<'_>,
    now: Instant,
    id: ConnectorId,
    record: &mut Scratch<'_>,
    call: &mut CallComposer<'_>,
) -> Option<()> {
    station.core.take_untransacted_sample(now, id, record)?;
    compose_written_sample(record, call.begin("MeterValues").ok()?)
}

/// Writes the sample that [`untransacted_sample`] has left in the record buffer, or the next page of it.
pub(super) fn compose_written_sample(record: &Scratch<'_>, composer: &mut Composer<'_>) -> Option<()> {
    let (connector_id, value) = written_sample(record)?;
    let head = MeterValues { connector_id, transaction_id: None };
    metering::compose(composer, &head, &mut [value].into_iter(), Attached::NONE).ok()
}

impl Json for Opening {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.raw(b"{\"timestamp\":");
        writer.date(self.timestamp);
        writer.raw(b",\"sampledValue\":[");
    }
}

impl Json for SampledValue<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.raw(b"{\"value\":");
        writer.decimal(self.value);
        writer.raw(b",\"context\":");
        writer.raw(self.context.quoted());
        write_reading(writer, self.reading);
        writer.close();
    }
}

/// What a value is about, as members behind others.
pub(super) fn write_reading(writer: &mut Writer<'_>, reading: &MeterReading) {
    writer.raw(b",\"measurand\":");
    writer.raw(reading.measurand.quoted());
    if let Some(phase) = reading.phase {
        writer.raw(b",\"phase\":");
        writer.raw(phase.quoted());
    }
    if let Some(location) = reading.location {
        writer.raw(b",\"location\":");
        writer.raw(location.quoted());
    }
    if let Some(unit) = reading.unit {
        writer.raw(b",\"unit\":");
        writer.raw(unit.quoted());
    }
}
