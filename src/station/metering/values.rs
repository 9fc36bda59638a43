//! The stored form of values.

use super::reading::{ENERGY, MeterReading, POWER};
use crate::json::Decimal;
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
