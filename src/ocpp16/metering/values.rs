//! The stored form of values, and MeterValues.req made of it.

use super::MeterReading;
use crate::json::{BufferFull, Decimal, Json, Writer, name};
use crate::ocpp16::types::Symbol;
use crate::ocpp16::{ConnectorId, Location, Measurand, Phase, ReadingContext, UnitOfMeasure};
use crate::rpc::Composer;
use crate::store::record::{RecordReader, RecordWriter};
use crate::time::DateTime;

/// The most bytes that one value takes.
const VALUE_LEN_MAX: usize = 3 + 10;

/// Appends one value: the measurand, phase and location, unit and decimal places, mantissa. A value that does not fit
/// the record any more is left out.
pub(super) fn write_value(record: &mut RecordWriter<'_>, reading: &MeterReading, value: Decimal) {
    if !record.has_room(VALUE_LEN_MAX) {
        return;
    }
    let phase = reading.phase.map_or(0, |phase| phase.code() + 1);
    let location = reading.location.map_or(0, |location| location.code() + 1);
    let unit = reading.unit.map_or(0, |unit| unit.code() + 1);
    record.byte(reading.measurand.code());
    record.byte(phase << 4 | location);
    record.byte(unit << 3 | value.places());
    record.signed(value.mantissa());
}

fn read_value(content: &mut RecordReader<'_>) -> Option<(MeterReading, Decimal)> {
    let measurand = Measurand::from_code(content.byte()?)?;
    let place = content.byte()?;
    let unit = content.byte()?;
    let reading = MeterReading {
        measurand,
        phase: (place >> 4).checked_sub(1).and_then(Phase::from_code),
        location: (place & 0xf).checked_sub(1).and_then(Location::from_code),
        unit: (unit >> 3).checked_sub(1).and_then(UnitOfMeasure::from_code),
    };
    Some((reading, Decimal::new(content.signed()?, unit & 0x7)))
}

/// MeterValues.req (OCPP 1.6 §6.31) with the values of one moment, still in their record.
#[derive(Clone, Copy)]
pub(in crate::ocpp16) struct MeterValues<'a> {
    pub(in crate::ocpp16) connector_id: ConnectorId,
    pub(in crate::ocpp16) transaction_id: Option<i32>,
    pub(in crate::ocpp16) timestamp: Option<DateTime>,
    pub(in crate::ocpp16) context: ReadingContext,
    pub(in crate::ocpp16) values: &'a [u8],
}

struct SampledValue<'v> {
    value: Decimal,
    context: ReadingContext,
    reading: &'v MeterReading,
}

impl Json for SampledValue<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("value")).decimal(self.value);
        members.name(name!("context")).raw(self.context.quoted());
        members.name(name!("measurand")).raw(self.reading.measurand.quoted());
        if let Some(phase) = self.reading.phase {
            members.name(name!("phase")).raw(phase.quoted());
        }
        if let Some(location) = self.reading.location {
            members.name(name!("location")).raw(location.quoted());
        }
        if let Some(unit) = self.reading.unit {
            members.name(name!("unit")).raw(unit.quoted());
        }
        members.close();
    }
}

/// The beginning of the payload, up to the values.
impl Json for MeterValues<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.raw(b"{");
        writer.name(name!("connectorId")).whole(self.connector_id.into());
        if let Some(transaction_id) = self.transaction_id {
            writer.name(name!("transactionId")).whole(transaction_id.into());
        }
        writer.name(name!("meterValue")).raw(b"[{");
        writer.name(name!("timestamp")).date(self.timestamp);
        writer.name(name!("sampledValue")).raw(b"[");
    }
}

impl MeterValues<'_> {
    /// Writes the payload, in pages of whole values where the send buffer is short.
    ///
    /// # Errors
    /// [`BufferFull`] when not even the first value fits.
    pub(in crate::ocpp16) fn compose(&self, composer: &mut Composer<'_>) -> Result<(), BufferFull> {
        let done = usize::from(composer.page());
        if done == 0 {
            composer.payload(self)?;
        }
        let mut content = RecordReader::content(self.values);
        let mut written = 0;
        while let Some((reading, value)) = read_value(&mut content) {
            let position = composer.position();
            if written >= done && self.compose_value(composer, written > 0, &reading, value).is_err() {
                composer.rewind(position);
                return suspend(composer, written);
            }
            written += 1;
        }
        composer.raw(b"]}]}").or_else(|BufferFull| suspend(composer, written))
    }

    fn compose_value(
        &self,
        composer: &mut Composer<'_>,
        separate: bool,
        reading: &MeterReading,
        value: Decimal,
    ) -> Result<(), BufferFull> {
        if separate {
            composer.raw(b",")?;
        }
        composer.payload(&SampledValue { value, context: self.context, reading })
    }
}

fn suspend(composer: &mut Composer<'_>, written: usize) -> Result<(), BufferFull> {
    if written == 0 {
        return Err(BufferFull);
    }
    composer.suspend(written as u16);
    Ok(())
}
