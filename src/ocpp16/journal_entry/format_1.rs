//! The first format of journal entries, which chargers in the field may still hold. It is read and never written.

use super::{Content, Entry, Stamp, Tag};
use crate::ocpp16::types::Symbol;
use crate::ocpp16::{ReadingContext, Reason};
use crate::store::Journal;
use crate::store::record::RecordReader;

const START: u8 = 1;
const METER_VALUES: u8 = 2;
const STOP: u8 = 3;

/// Whether `record` is entry `number`: its number stands in it, behind format and kind.
pub(super) fn is_sound(number: u32, record: &[u8]) -> bool {
    let Some(mut reader) = RecordReader::open(Journal::key(number), record) else { return false };
    reader.byte().is_some() && reader.array() == Some(number.to_le_bytes())
}

/// Reads a sound record.
pub(super) fn read(record: &[u8]) -> Option<Entry<'_>> {
    let mut reader = RecordReader::reopen(record)?;
    reader.byte()?; // the format
    let kind = reader.byte()?;
    reader.array::<4>()?; // the number
    let connector = reader.byte()?;
    let dating = reader.byte()?;
    let at = Stamp::read(dating, &mut reader)?;
    let content = match kind {
        START => {
            let meter_start = reader.signed()?;
            Content::Start { id_tag: Tag::read_plain(&mut reader)?, meter_start, reservation: None }
        }
        METER_VALUES => {
            let start = reader.u32()?;
            let context = ReadingContext::from_code(reader.byte()?)?;
            Content::MeterValues { start, context, values: reader.rest() }
        }
        STOP => {
            let start = reader.u32()?;
            let transaction = match reader.byte()? {
                0 => None,
                _ => Some(reader.signed()?),
            };
            let meter_stop = reader.signed()?;
            let reason = Reason::from_code(reader.byte()?)?;
            let id_tag = match reader.byte()? {
                0 => None,
                _ => Some(Tag::read_plain(&mut reader)?),
            };
            Content::Stop { start, transaction, meter_stop, reason, id_tag, series: reader.rest() }
        }
        _ => return None,
    };
    Some(Entry { connector, at, content })
}
