//! ConnectorPhaseRotation: how the phases of each connector are wired to the grid (OCPP 1.6 §9.1.7).
//!
//! Four bits for each connector, from connector 0 on: 0 for none, else the number of its rotation and one.

use super::PhaseRotation;
use crate::store::{IntegerKey, Keys, ListCodec, ListKey, TextSink};
use crate::types::Symbol;

/// One item `connector.rotation` for each connector; connector 0 may be left out.
pub(crate) const CONNECTOR_PHASE_ROTATION: ListKey = ListKey::new(7, "", 4, &ROTATIONS);

/// Connector 0 counts.
pub(crate) const CONNECTOR_PHASE_ROTATION_MAX_LENGTH: IntegerKey = IntegerKey::new(8, 2, 0, 64).read_only();

static ROTATIONS: ListCodec = ListCodec { encode, decode };

/// Unknown for each connector that 500 characters have room for, until somebody says better.
pub(super) fn set_unknown(keys: &mut Keys<'_>, connectors: usize) {
    let mut rotations = [0; CONNECTORS_MAX / 2];
    for connector in 1..=connectors.min(46) {
        set(&mut rotations, connector, PhaseRotation::Unknown);
    }
    keys.set_list(&CONNECTOR_PHASE_ROTATION, &rotations);
}

/// Whether all these connectors exist.
pub(super) fn are_known(rotations: &[u8], connectors: usize) -> bool {
    (connectors + 1..CONNECTORS_MAX).all(|connector| get(rotations, connector).is_none())
}

/// Connectors from 0 on that the list has room for.
const CONNECTORS_MAX: usize = 64;

fn get(rotations: &[u8], connector: usize) -> Option<PhaseRotation> {
    let pair = *rotations.get(connector / 2)?;
    let code = if connector.is_multiple_of(2) { pair & 0xf } else { pair >> 4 };
    PhaseRotation::from_code(code.checked_sub(1)?)
}

fn set(rotations: &mut [u8], connector: usize, rotation: PhaseRotation) -> Option<()> {
    let place = rotations.get_mut(connector / 2)?;
    let code = rotation as u8 + 1;
    *place |= if connector.is_multiple_of(2) { code } else { code << 4 };
    Some(())
}

fn encode(list: &str, buffer: &mut [u8]) -> Option<usize> {
    let rotations = buffer.get_mut(..CONNECTORS_MAX / 2)?;
    rotations.iter_mut().for_each(|place| *place = 0);
    if list.trim_ascii().is_empty() {
        return Some(rotations.len());
    }
    for item in list.as_bytes().split(|byte| *byte == b',') {
        let item = core::str::from_utf8(item.trim_ascii()).ok()?;
        let point = item.bytes().position(|byte| byte == b'.')?;
        let connector = usize::try_from(crate::json::integer(item.get(..point)?.as_bytes())?).ok()?;
        let rotation = PhaseRotation::from_text(item.get(point + 1..)?)?;
        if get(rotations, connector).is_some() {
            return None; // two orders for one connector
        }
        set(rotations, connector, rotation)?;
    }
    Some(rotations.len())
}

fn decode(rotations: &[u8], write: TextSink<'_>) {
    let mut is_first = true;
    for connector in 0..CONNECTORS_MAX {
        let Some(rotation) = get(rotations, connector) else { continue };
        if !core::mem::take(&mut is_first) {
            write(",");
        }
        crate::store::Value::Integer(connector as i32).write(write);
        write(".");
        write(rotation.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    fn round_trip(list: &str) -> Option<String> {
        let mut buffer = [0xff; 32];
        let len = encode(list, &mut buffer)?;
        let mut text = String::new();
        decode(&buffer[..len], &mut |piece| text.push_str(piece));
        Some(text)
    }

    #[test]
    fn key_07_items_are_connectors_and_rotations() {
        assert_eq!(round_trip("0.RST, 1.TSR ,63.NotApplicable").as_deref(), Some("0.RST,1.TSR,63.NotApplicable"));
        assert_eq!(round_trip("").as_deref(), Some(""));
        for bad in ["RST", "1", "1.", "1.rst", "64.RST", "-1.RST", "1.RST,1.RTS", "1.RST,", "x.RST"] {
            assert_eq!(round_trip(bad), None, "{bad}");
        }
    }
}
