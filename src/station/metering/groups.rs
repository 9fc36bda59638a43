//! The stored form of a series: entry and date of its beginning, then one meter value behind the other.

use super::values::{MeterValue, values_of};
use crate::bytes::remove_front;
use crate::station::ReadingContext;
use crate::store::record::RecordReader;
use crate::time::DateTime;
use crate::types::Symbol;

/// Ends the values of a meter value; no measurand has this number.
pub(super) const END: u8 = 0xff;

/// When the transaction of a series began, if that was known: it stands behind format and entry.
pub(super) fn read_began(head: &[u8]) -> Option<DateTime> {
    let mut head = RecordReader::content(head.get(1..)?);
    head.u32()?;
    head.u32().filter(|began| *began != 0).map(DateTime::from_unix)
}

/// The meter values behind a StopTransaction in its record. Nothing of it is dated before its start or after its end.
pub(crate) fn transaction_data(series: &[u8], ended: Option<DateTime>) -> Option<impl Iterator<Item = MeterValue<'_>>> {
    let mut content = RecordReader::content(series);
    let began = content.u32().filter(|began| *began != 0).map(DateTime::from_unix);
    let duration_s = content.u32()?;
    let date = move |group: &Group<'_>| {
        let ended = ended?;
        let began = began.unwrap_or(ended.shifted(-i64::from(duration_s)));
        let is_end = group.context == ReadingContext::TransactionEnd;
        Some(if is_end { ended } else { began.shifted(group.offset_s.into()).min(ended) })
    };
    let has_values = groups(content.rest()).any(|group| !group.values.is_empty());
    has_values.then(|| {
        groups(content.rest()).map(move |group| MeterValue {
            timestamp: date(&group),
            context: group.context,
            values: group.values,
        })
    })
}

/// When the transaction of a series began, if that or its end is known.
#[cfg(feature = "signed-meter-values")]
pub(crate) fn began(series: &[u8], ended: Option<DateTime>) -> Option<DateTime> {
    let mut content = RecordReader::content(series);
    let began = content.u32().filter(|began| *began != 0).map(DateTime::from_unix);
    let duration_s = content.u32().unwrap_or(0);
    began.or(ended.map(|ended| ended.shifted(-i64::from(duration_s))))
}

/// One meter value of a series.
pub(super) struct Group<'a> {
    /// Seconds since the beginning of the transaction.
    pub(super) offset_s: u32,
    context: ReadingContext,
    pub(super) values: &'a [u8],
}

pub(super) fn groups(content: &[u8]) -> impl Iterator<Item = Group<'_>> {
    let mut content = RecordReader::content(content);
    core::iter::from_fn(move || read_group(&mut content))
}

fn read_group<'a>(content: &mut RecordReader<'a>) -> Option<Group<'a>> {
    let offset_s = content.u32()?;
    let context = ReadingContext::from_code(content.byte()?)?;
    let values = values_of(content);
    (content.byte()? == END).then_some(Group { offset_s, context, values })
}

/// The length and the context of the first meter value.
fn first_group(series: &[u8]) -> Option<(usize, ReadingContext)> {
    let mut content = RecordReader::content(series);
    let group = read_group(&mut content)?;
    Some((series.len() - content.rest().len(), group.context))
}

/// Drops every second meter value of each kind from the middle, from the first of them on. Returns where the rest ends.
pub(super) fn thin(record: &mut [u8], begin: usize, end: usize) -> usize {
    let (mut kept, mut at) = (begin, begin);
    let mut seen = [0; 2];
    while let Some((len, context)) = record.get(at..end).and_then(first_group) {
        let drops = match (context, &mut seen) {
            (ReadingContext::SamplePeriodic, [seen, _]) | (ReadingContext::SampleClock, [_, seen]) => {
                *seen ^= 1;
                *seen == 1
            }
            _ => false,
        };
        if !drops {
            if let Some(piece) = record.get_mut(kept..at + len) {
                remove_front(piece, at - kept);
            }
            kept += len;
        }
        at += len;
    }
    kept
}
