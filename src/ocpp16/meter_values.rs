//! MeterValues (OCPP 1.6 §4.7), and how values are spelled.

use crate::json::{BufferFull, Decimal, Json, Writer};
use crate::rpc::{CallComposer, Composer};
use crate::station::journal::entry::Attached;
use crate::station::metering::{MeterValue, read_value, written_sample};
use crate::station::signed_values::first_page;
use crate::station::{MeterReading, ReadingContext, Station};
use crate::store::Scratch;
use crate::store::record::RecordReader;
use crate::time::{DateTime, Instant};
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
    compose(composer, &head, &mut [value].into_iter(), Attached::NONE).ok()
}

/// Writes a payload that ends in an array of meter values, in pages of whole values where the send buffer is short. With
/// others attached, these follow on pages of their own.
///
/// # Errors
/// [`BufferFull`] when not even the beginning and the first value fit, or when there is no value that can be read.
pub(super) fn compose(
    composer: &mut Composer<'_>,
    head: &dyn Json,
    meter_values: &mut dyn Iterator<Item = MeterValue<'_>>,
    attached: Attached,
) -> Result<(), BufferFull> {
    let done = usize::from(composer.page());
    if done == 0 {
        composer.payload(head)?;
    }
    let mut written = 0;
    for meter_value in meter_values {
        let mut content = RecordReader::content(meter_value.values);
        let mut is_first = true;
        while let Some((reading, value)) = read_value(&mut content) {
            let position = composer.position();
            if written >= done {
                let opening = is_first.then_some((written > 0, ValueOpening { timestamp: meter_value.timestamp }));
                let value = SampledValue { value, context: meter_value.context, reading: &reading };
                if compose_value(composer, opening, &value).is_err() {
                    composer.rewind(position);
                    return suspend(composer, written);
                }
            }
            written += 1;
            is_first = false;
        }
    }
    if !attached.is_none() {
        if written > 0 && composer.raw(b"]}").is_err() {
            return suspend(composer, written);
        }
        composer.suspend(first_page(written > 0));
        return Ok(());
    }
    if written == 0 {
        return Err(BufferFull);
    }
    composer.raw(b"]}]}").or_else(|BufferFull| suspend(composer, written))
}

fn compose_value(
    composer: &mut Composer<'_>,
    opening: Option<(bool, ValueOpening)>,
    value: &SampledValue<'_>,
) -> Result<(), BufferFull> {
    match opening {
        Some((is_next, opening)) => {
            if is_next {
                composer.raw(b"]},")?;
            }
            composer.payload(&opening)?;
        }
        None => composer.raw(b",")?,
    }
    composer.payload(value)
}

fn suspend(composer: &mut Composer<'_>, written: usize) -> Result<(), BufferFull> {
    if written == 0 {
        return Err(BufferFull);
    }
    composer.suspend(written as u16);
    Ok(())
}

/// One value of a meter value.
struct SampledValue<'v> {
    value: Decimal,
    context: ReadingContext,
    reading: &'v MeterReading,
}

/// The beginning of a meter value, up to its values.
struct ValueOpening {
    timestamp: Option<DateTime>,
}

impl Json for ValueOpening {
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

/// MeterValues.req (OCPP 1.6 §6.31) up to its meter values. The most frequent message: its constant pieces are joined.
pub(super) struct MeterValues {
    pub(super) connector_id: ConnectorId,
    pub(super) transaction_id: Option<i64>,
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
