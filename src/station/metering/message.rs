//! Meter values on their way out, in pages. How they are spelled stands in `crate::ocpp16`.

use super::reading::MeterReading;
use super::values::{MeterValue, read_value};
use crate::json::{BufferFull, Decimal, Json};
use crate::rpc::Composer;
use crate::station::ReadingContext;
use crate::station::signed_values::{Attached, first_page};
use crate::store::record::RecordReader;
use crate::time::DateTime;

/// One value of a meter value.
pub(crate) struct SampledValue<'v> {
    pub(crate) value: Decimal,
    pub(crate) context: ReadingContext,
    pub(crate) reading: &'v MeterReading,
}

/// The beginning of a meter value, up to its values.
pub(crate) struct Opening {
    pub(crate) timestamp: Option<DateTime>,
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
