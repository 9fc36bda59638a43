//! The stored form of values, and MeterValues.req made of it.

use super::MeterReading;
use crate::json::{BufferFull, Decimal, Raw};
use crate::ocpp16::{ConnectorId, Location, Measurand, Phase, ReadingContext, UnitOfMeasure};
use crate::rpc::Composer;
use crate::store::record::{RecordReader, RecordWriter};
use crate::time::DateTime;
use serde::Serialize;

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

/// What stands before the values.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    connector_id: ConnectorId,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<i32>,
    meter_value: Raw<'static>,
}

#[derive(Serialize)]
struct SampledValue {
    value: Decimal,
    context: ReadingContext,
    measurand: Measurand,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<Phase>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<UnitOfMeasure>,
}

impl MeterValues<'_> {
    /// Writes the payload, in pages of whole values where the send buffer is short.
    ///
    /// # Errors
    /// [`BufferFull`] when not even the first value fits.
    pub(in crate::ocpp16) fn compose(&self, composer: &mut Composer<'_>) -> Result<(), BufferFull> {
        let done = usize::from(composer.page());
        if done == 0 {
            self.compose_head(composer)?;
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
        // Without the object's own brace: the head has left it open.
        composer.raw(b"]}]}").or_else(|BufferFull| suspend(composer, written))
    }

    fn compose_head(&self, composer: &mut Composer<'_>) -> Result<(), BufferFull> {
        let open = Raw(b"[{\"timestamp\":");
        composer.payload(&Head {
            connector_id: self.connector_id,
            transaction_id: self.transaction_id,
            meter_value: open,
        })?;
        composer.rewind(composer.position().saturating_sub(1));
        composer.payload(&self.timestamp)?;
        composer.raw(b",\"sampledValue\":[")
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
        composer.payload(&SampledValue {
            value,
            context: self.context,
            measurand: reading.measurand,
            phase: reading.phase,
            location: reading.location,
            unit: reading.unit,
        })
    }
}

fn suspend(composer: &mut Composer<'_>, written: usize) -> Result<(), BufferFull> {
    if written == 0 {
        return Err(BufferFull);
    }
    composer.suspend(written as u16);
    Ok(())
}
