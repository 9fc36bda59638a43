//! transactionData: what a StopTransaction tells of the course of its transaction (OCPP 1.6 §3.16.6, errata 3.14, 3.91).
//!
//! Each connector has one record, which is written anew with every value that is taken up. When it is full, every second
//! of the middle goes, and from then on only half as many are taken up: what is left lies evenly, first and last stay, and
//! a transaction of any length costs few writes. The end copies it into the journal, behind the StopTransaction.

use super::list;
use super::values::{MeterValue, values_of};
use crate::bytes::{make_room, remove_front};
use crate::ocpp16::journal_entry::{self, Stamp};
use crate::ocpp16::types::Symbol;
use crate::ocpp16::{ConnectorId, Operations, ReadingContext};
use crate::store::record::{self, RecordReader, RecordWriter};
use crate::store::{IntegerKey, Journal, ListKey, RecordKey, registry};
use crate::time::{DateTime, Instant};

/// What is told of each periodic sample at the end.
pub(in crate::ocpp16) const STOP_TXN_SAMPLED_DATA: ListKey =
    ListKey::new(29, "StopTxnSampledData", "", 2, &list::MEASURANDS);
/// What is told of each moment of the clock at the end.
pub(in crate::ocpp16) const STOP_TXN_ALIGNED_DATA: ListKey =
    ListKey::new(27, "StopTxnAlignedData", "", 3, &list::MEASURANDS);
/// The most meter values of one transaction, begin and end included.
pub(in crate::ocpp16) const METER_VALUES_MAX: i32 = 16;
/// Errata 3.91.
pub(in crate::ocpp16) const STOP_TRANSACTION_MAX_METER_VALUES: IntegerKey =
    IntegerKey::new(24, "StopTransactionMaxMeterValues", METER_VALUES_MAX, 0, METER_VALUES_MAX).read_only();

/// What is to be taken up next for the end of the running transaction.
#[derive(Clone, Copy, Debug)]
pub(in crate::ocpp16) struct Series {
    /// One of so many values is taken up, as a power of two.
    stride: u8,
    /// How many there were.
    count: u16,
    begin: bool,
    periodic: bool,
    aligned: bool,
}

impl Series {
    pub(in crate::ocpp16) const fn new() -> Self {
        Self { stride: 0, count: 0, begin: false, periodic: false, aligned: false }
    }

    pub(super) fn ask_for(&mut self, context: ReadingContext) {
        *self.asked(context) = true;
    }

    fn asked(&mut self, context: ReadingContext) -> &mut bool {
        match context {
            ReadingContext::TransactionBegin => &mut self.begin,
            ReadingContext::SampleClock => &mut self.aligned,
            _ => &mut self.periodic,
        }
    }

    /// The next value to be taken up, if there is one. Those that are thinned out are passed over.
    pub(in crate::ocpp16) fn take(&mut self) -> Option<ReadingContext> {
        use ReadingContext::{SampleClock, SamplePeriodic, TransactionBegin};
        for context in [TransactionBegin, SampleClock, SamplePeriodic] {
            if !core::mem::take(self.asked(context)) {
                continue;
            }
            if context == TransactionBegin {
                return Some(context);
            }
            self.count = self.count.wrapping_add(1);
            if self.is_its_turn() {
                return Some(context);
            }
        }
        None
    }

    fn is_its_turn(&self) -> bool {
        self.count.trailing_zeros() >= u32::from(self.stride)
    }
}

/// Ends the values of a meter value; no measurand has this number.
const END: u8 = 0xff;
/// A record that is no longer fits the journal behind the head of a StopTransaction.
const STOP_HEAD_MAX: usize = 80;
/// By how much one meter value may be longer than another with the same measurands.
const GROWTH: usize = 16;

impl Operations<'_> {
    /// The transaction has begun.
    pub(in crate::ocpp16) fn begin_transaction_data(&mut self, id: ConnectorId) {
        let wanted = self.wants_transaction_data();
        if let Some(connector) = self.connector_mut(id) {
            connector.series = Series::new();
            connector.series.begin = wanted;
        }
        self.persistence.has_chores |= wanted;
    }

    pub(in crate::ocpp16) fn wants_transaction_data(&self) -> bool {
        !self.keys.list(&STOP_TXN_SAMPLED_DATA).is_empty() || !self.keys.list(&STOP_TXN_ALIGNED_DATA).is_empty()
    }

    /// Takes a meter value up into the series, the first `len` bytes of `record`. Returns its new length.
    pub(in crate::ocpp16) fn extend_series(
        &mut self,
        now: Instant,
        id: ConnectorId,
        context: ReadingContext,
        len: usize,
        record: &mut [u8],
    ) -> Option<usize> {
        let (begin, mut end) = self.open_series(id, len, record)?;
        let room = record.len().checked_sub(STOP_HEAD_MAX)?;
        let mut series = self.connector(id)?.series;
        if context != ReadingContext::TransactionBegin {
            // Room is kept for the end, which is as long as the beginning.
            let each = end_of_first(record.get(begin..end)?).map_or(0, |len| len + GROWTH);
            loop {
                let count = count(record.get(begin..end)?);
                if end + 2 * each <= room && count < METER_VALUES_MAX as usize - 1 {
                    break;
                }
                if count < 2 {
                    return None;
                }
                end = thin(record, begin, end);
                series.stride = series.stride.saturating_add(1);
            }
        }
        let offset_s = now.as_secs_since(self.connector(id)?.session.started).max(0) as u32;
        if series.is_its_turn() || context == ReadingContext::TransactionBegin {
            end = self.append_meter_value(id, context, offset_s, end, record)?;
        }
        self.connector_mut(id)?.series = series;
        let key = series_record(id)?;
        record::seal(key, record.get_mut(..end + record::CHECKSUM_LEN)?)?;
        Some(end + record::CHECKSUM_LEN)
    }

    /// Adds the end to the series, the first `len` bytes of `record`, and makes the StopTransaction of entry `number` of
    /// it. Returns its length.
    pub(in crate::ocpp16) fn write_stop_with_series(
        &mut self,
        id: ConnectorId,
        number: u32,
        at: Stamp,
        stop: &journal_entry::Stop<'_>,
        len: usize,
        record: &mut [u8],
    ) -> Option<usize> {
        let (begin, end) = self.open_series(id, len, record)?;
        let last_offset_s = groups(record.get(begin..end)?).last().map_or(0, |group| group.offset_s);
        let session = &self.connector(id)?.session;
        let duration_s = match (session.is_restored, at.dated(), session.began) {
            (false, ..) => session.stop.at.as_secs_since(session.started).max(0) as u32,
            (true, Some(ended), Some(began)) => ended.as_unix().saturating_sub(began.as_unix()),
            _ => last_offset_s,
        };
        let duration_s = duration_s.max(last_offset_s);
        let end = self.append_meter_value(id, ReadingContext::TransactionEnd, duration_s, end, record)?;
        let mut head = [0; STOP_HEAD_MAX];
        let mut writer = journal_entry::begin_stop(&mut head, number, id, at, stop);
        writer.unsigned(u64::from(duration_s));
        let head_len = writer.position();
        let tail_len = end - begin;
        remove_front(record.get_mut(..end)?, begin);
        make_room(record, tail_len, head_len)?;
        record.iter_mut().zip(head.get(..head_len)?).for_each(|(place, byte)| *place = *byte);
        let len = head_len + tail_len + record::CHECKSUM_LEN;
        record::seal(Journal::key(number), record.get_mut(..len)?)?;
        Some(len)
    }

    /// Where the meter values of this transaction begin and end in `record`, which is begun anew when it holds none.
    fn open_series(&self, id: ConnectorId, len: usize, record: &mut [u8]) -> Option<(usize, usize)> {
        let entry = self.connector(id)?.session.entry;
        let stored = record.get(..len).and_then(|record| {
            let mut reader = RecordReader::open(series_record(id)?, record)?;
            (reader.u32()? == entry).then(|| len - record::CHECKSUM_LEN - reader.rest().len())
        });
        if let Some(begin) = stored {
            return Some((begin, len - record::CHECKSUM_LEN));
        }
        let mut writer = RecordWriter::new(record);
        writer.unsigned(u64::from(entry));
        let begin = writer.position();
        Some((begin, begin))
    }

    fn append_meter_value(
        &mut self,
        id: ConnectorId,
        context: ReadingContext,
        offset_s: u32,
        end: usize,
        record: &mut [u8],
    ) -> Option<usize> {
        self.read_register(id);
        let room = record.len().checked_sub(STOP_HEAD_MAX)?;
        let mut writer = RecordWriter::resume(record.get_mut(..room)?, end);
        writer.unsigned(u64::from(offset_s));
        writer.byte(context.code());
        let sampled = self.keys.list(&STOP_TXN_SAMPLED_DATA);
        let aligned = self.keys.list(&STOP_TXN_ALIGNED_DATA);
        let measured = match context {
            ReadingContext::SamplePeriodic => self.sample(id, sampled, &mut writer),
            ReadingContext::SampleClock => self.sample(id, aligned, &mut writer),
            _ => self.sample_all(id, sampled, aligned, &mut writer),
        };
        writer.byte(END);
        Some(if measured { writer.position() } else { end })
    }
}

/// The record of the series of a connector.
pub(in crate::ocpp16) fn series_record(id: ConnectorId) -> Option<RecordKey> {
    registry::nth(registry::TRANSACTION_DATA, usize::from(id))
}

/// The meter values behind a StopTransaction in its record.
pub(in crate::ocpp16) fn transaction_data(
    series: &[u8],
    ended: Option<DateTime>,
) -> Option<impl Iterator<Item = MeterValue<'_>>> {
    let mut content = RecordReader::content(series);
    let duration_s = content.u32()?;
    let date = move |offset_s| ended.map(|ended| ended.shifted(i64::from(offset_s) - i64::from(duration_s)));
    let first = groups(content.rest()).next().is_some();
    first.then(|| {
        groups(content.rest()).map(move |group| MeterValue {
            timestamp: date(group.offset_s),
            context: group.context,
            values: group.values,
        })
    })
}

/// One meter value of a series.
struct Group<'a> {
    /// Seconds since the beginning of the transaction.
    offset_s: u32,
    context: ReadingContext,
    values: &'a [u8],
}

fn groups(content: &[u8]) -> impl Iterator<Item = Group<'_>> {
    let mut content = RecordReader::content(content);
    core::iter::from_fn(move || read_group(&mut content))
}

fn read_group<'a>(content: &mut RecordReader<'a>) -> Option<Group<'a>> {
    let offset_s = content.u32()?;
    let context = ReadingContext::from_code(content.byte()?)?;
    let values = values_of(content);
    (content.byte()? == END).then_some(Group { offset_s, context, values })
}

fn count(series: &[u8]) -> usize {
    groups(series).count()
}

fn end_of_first(series: &[u8]) -> Option<usize> {
    let mut content = RecordReader::content(series);
    read_group(&mut content)?;
    Some(series.len() - content.rest().len())
}

/// Drops every second meter value from the middle, from the first of it on. Returns where the rest ends.
fn thin(record: &mut [u8], begin: usize, end: usize) -> usize {
    let (mut kept, mut at, mut drops) = (begin, begin, false);
    while let Some(len) = record.get(at..end).and_then(end_of_first) {
        if !drops {
            if let Some(piece) = record.get_mut(kept..at + len) {
                remove_front(piece, at - kept);
            }
            kept += len;
        }
        at += len;
        drops = !drops;
    }
    kept
}
