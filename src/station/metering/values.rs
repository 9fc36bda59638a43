//! The stored form of values, and MeterValues.req made of it.

use super::MeterReading;
use super::sample::{ENERGY, POWER};
use crate::json::{BufferFull, Decimal, Json, Writer};
use crate::rpc::Composer;
use crate::station::signed_values::{Attached, first_page};
use crate::station::{Location, Measurand, Phase, ReadingContext, UnitOfMeasure};
use crate::store::record::{RecordReader, RecordWriter};
use crate::time::DateTime;
use crate::types::Symbol;

/// The most bytes that one value takes.
const VALUE_LEN_MAX: usize = 3 + 10;

/// Appends one value: the measurand, phase and location, unit and decimal places, mantissa. A value that does not fit
/// the record any more is left out.
pub(crate) fn write_value(record: &mut RecordWriter<'_>, reading: &MeterReading, value: Decimal) {
    if !record.has_room(VALUE_LEN_MAX) {
        record.leave_out();
        return;
    }
    let signed = value.mantissa();
    if value.places() == 0
        && let Some(short) = short_of(reading)
    {
        record.byte(short);
        return record.signed(signed);
    }
    let phase = reading.phase.map_or(0, |phase| phase.code() + 1);
    let location = reading.location.map_or(0, |location| location.code() + 1);
    let unit = reading.unit.map_or(0, |unit| unit.code() + 1);
    record.byte(reading.measurand.code());
    record.byte(phase << 4 | location);
    record.byte(unit << 3 | value.places());
    record.signed(signed);
}

/// The two meters that every connector has a place for take one byte where others take three, if the value is whole. No
/// measurand has these numbers.
const SHORT_ENERGY: u8 = 0x40;
const SHORT_POWER: u8 = 0x41;

fn short_of(reading: &MeterReading) -> Option<u8> {
    match (reading.measurand, reading.phase, reading.location, reading.unit) {
        (Measurand::EnergyActiveImportRegister, None, None, Some(UnitOfMeasure::Wh)) => Some(SHORT_ENERGY),
        (Measurand::PowerActiveImport, None, None, Some(UnitOfMeasure::W)) => Some(SHORT_POWER),
        _ => None,
    }
}

/// The energy register among stored values.
pub(crate) fn register_of(values: &[u8]) -> Option<i64> {
    let mut content = RecordReader::content(values);
    let mut values = core::iter::from_fn(|| read_value(&mut content));
    values
        .find(|(reading, value)| short_of(reading) == Some(SHORT_ENERGY) && value.places() == 0)
        .map(|(_, value)| value.mantissa())
}

pub(crate) fn read_value(content: &mut RecordReader<'_>) -> Option<(MeterReading, Decimal)> {
    let code = content.byte()?;
    if let SHORT_ENERGY | SHORT_POWER = code {
        let reading = if code == SHORT_ENERGY { ENERGY } else { POWER };
        return Some((reading, Decimal::new(content.signed()?, 0)));
    }
    let measurand = Measurand::from_code(code)?;
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

/// The values of one moment, still in their record (OCPP 1.6 §7.33).
#[derive(Clone, Copy)]
pub(crate) struct MeterValue<'a> {
    pub(crate) timestamp: Option<DateTime>,
    pub(crate) context: ReadingContext,
    pub(crate) values: &'a [u8],
}

struct SampledValue<'v> {
    value: Decimal,
    context: ReadingContext,
    reading: &'v MeterReading,
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
pub(crate) fn write_reading(writer: &mut Writer<'_>, reading: &MeterReading) {
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

/// The beginning of a meter value, up to its values.
struct Opening {
    timestamp: Option<DateTime>,
}

impl Json for Opening {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.raw(b"{\"timestamp\":");
        writer.date(self.timestamp);
        writer.raw(b",\"sampledValue\":[");
    }
}

/// Splits what begins with values off behind them.
pub(crate) fn values_of<'a>(content: &mut RecordReader<'a>) -> &'a [u8] {
    let begin = content.rest();
    let mut end = *content;
    while read_value(content).is_some() {
        end = *content;
    }
    *content = end;
    begin.get(..begin.len() - end.rest().len()).unwrap_or_default()
}

/// Writes a payload that ends in an array of meter values, in pages of whole values where the send buffer is short. With
/// others attached, these follow on pages of their own.
///
/// # Errors
/// [`BufferFull`] when not even the beginning and the first value fit, or when there is no value that can be read.
pub(crate) fn compose(
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
                let opening = is_first.then_some((written > 0, Opening { timestamp: meter_value.timestamp }));
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
    opening: Option<(bool, Opening)>,
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
