//! Lists of measurands: two bytes an item, the measurand and its phase.

use super::{Measurand, Phase};
use crate::ocpp16::types::Symbol;
use crate::store::{ListCodec, TextSink};

/// Reads and writes `Measurand` and `Measurand.Phase` items (OCPP 1.6 §9.1.17). Blanks around items are ignored.
pub(in crate::ocpp16) static MEASURANDS: ListCodec = ListCodec { encode, decode };

/// The most items of a list, as the `MaxLength` keys say.
pub(in crate::ocpp16) const ITEMS_MAX: &str = "16";

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

fn encode(list: &str, buffer: &mut [u8]) -> Option<usize> {
    let mut len = 0;
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
