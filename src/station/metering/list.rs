//! Lists of measurands: two bytes an item, the measurand and its phase.

use super::reading::MeterReading;
use crate::station::{Measurand, Phase};
use crate::store::{IntegerKey, ListCodec, TextSink};
use crate::types::Symbol;

/// Reads and writes `Measurand` and `Measurand.Phase` items (OCPP 1.6 §9.1.17). Blanks around items are ignored.
pub(crate) static MEASURANDS: ListCodec = ListCodec { encode, decode };

/// The most items of a list.
pub(super) const ITEMS_MAX: usize = 13;

pub(crate) const METER_VALUES_ALIGNED_DATA_MAX_LENGTH: IntegerKey = max_length(16);
pub(crate) const METER_VALUES_SAMPLED_DATA_MAX_LENGTH: IntegerKey = max_length(18);
pub(crate) const STOP_TXN_ALIGNED_DATA_MAX_LENGTH: IntegerKey = max_length(28);
pub(crate) const STOP_TXN_SAMPLED_DATA_MAX_LENGTH: IntegerKey = max_length(30);

const fn max_length(number: u8) -> IntegerKey {
    IntegerKey::new(number, ITEMS_MAX as i32, 0, i32::MAX).read_only()
}

/// The items of an encoded list.
#[inline(never)]
pub(super) fn items(bytes: &[u8]) -> impl Iterator<Item = (Measurand, Option<Phase>)> + '_ {
    bytes.chunks_exact(2).filter_map(|item| match item {
        [measurand, phase] => {
            let phase = phase.checked_sub(1).and_then(Phase::from_code);
            Some((Measurand::from_code(*measurand)?, phase))
        }
        _ => None,
    })
}

/// Whether any item of a list asks for this reading.
#[cfg(feature = "signed-meter-values")]
pub(crate) fn asks_for_any(list: &[u8], reading: &MeterReading) -> bool {
    items(list).any(|item| asks_for(reading, item))
}

/// Whether an item of a list asks for this reading: an item without phase asks for all.
pub(super) fn asks_for(reading: &MeterReading, (measurand, phase): (Measurand, Option<Phase>)) -> bool {
    reading.measurand == measurand && (phase.is_none() || reading.phase == phase)
}

fn encode(list: &str, buffer: &mut [u8]) -> Option<usize> {
    let mut len = 0;
    let room = buffer.len().min(2 * ITEMS_MAX);
    let buffer = buffer.get_mut(..room)?;
    if list.trim_ascii().is_empty() {
        return Some(len);
    }
    for item in list.as_bytes().split(|byte| *byte == b',') {
        let (measurand, phase) = parse(core::str::from_utf8(item).ok()?.trim_ascii())?;
        let [first, second] = buffer.get_mut(len..len + 2)? else { return None };
        *first = measurand.code();
        *second = phase.map_or(0, |phase| phase.code() + 1);
        len += 2;
    }
    Some(len)
}

fn parse(item: &str) -> Option<(Measurand, Option<Phase>)> {
    if let Some(measurand) = Measurand::from_text(item) {
        return Some((measurand, None));
    }
    let point = item.as_bytes().iter().rposition(|byte| *byte == b'.')?;
    let (measurand, phase) = (item.get(..point)?, item.get(point + 1..)?);
    Some((Measurand::from_text(measurand)?, Some(Phase::from_text(phase)?)))
}

fn decode(bytes: &[u8], write: TextSink<'_>) {
    for (index, (measurand, phase)) in items(bytes).enumerate() {
        if index > 0 {
            write(",");
        }
        write(measurand.as_str());
        if let Some(phase) = phase {
            write(".");
            write(phase.as_str());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    fn round_trip(list: &str) -> Option<String> {
        let mut buffer = [0; 8];
        let len = encode(list, &mut buffer)?;
        let mut text = String::new();
        decode(&buffer[..len], &mut |piece| text.push_str(piece));
        Some(text)
    }

    #[test]
    fn mv_18_cfg_12_phases_and_blanks() {
        assert_eq!(
            round_trip("Voltage.L1-N, Energy.Active.Import.Register ,SoC").as_deref(),
            Some("Voltage.L1-N,Energy.Active.Import.Register,SoC")
        );
        assert_eq!(round_trip("").as_deref(), Some(""));
    }

    #[test]
    fn mv_14_mv_15_unknown_items_and_too_many_are_refused() {
        for list in ["Volts", "Voltage.L4", "Voltage,", "voltage", "SoC,SoC,SoC,SoC,SoC"] {
            assert_eq!(round_trip(list), None, "{list}");
        }
    }
}
