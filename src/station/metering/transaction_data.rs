//! transactionData: what a StopTransaction tells of the course of its transaction (OCPP 1.6 §3.16.6, errata 3.14, 3.91).
//!
//! Each connector has one record, which is written anew with every value that is taken up. When it is full, every second
//! of the middle goes, and from then on only half as many are taken up: what is left lies evenly, first and last stay, and
//! a transaction of any length costs few writes. The end copies it into the journal, behind the StopTransaction.

use super::groups::{END, groups, read_began, thin};
use super::series::{METER_VALUES_MAX, STOP_TXN_ALIGNED_DATA, STOP_TXN_SAMPLED_DATA, series_record};
use super::values::register_of;
use crate::bytes::{make_room, remove_front};
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::station::journal::entry::{self, Attached, Stamp};
use crate::station::{ConnectorId, ReadingContext};
use crate::store::record::{self, RecordReader, RecordWriter};
use crate::time::{DateTime, Instant};
use crate::types::Symbol;

/// A record that is longer by this fits the journal behind the head of a StopTransaction.
const STOP_HEAD_MAX: usize = if Attached::EXISTS { 91 } else { 80 };

impl Common<'_> {
    #[inline(never)]
    pub(crate) fn wants_transaction_data(&self) -> bool {
        !self.keys.list(&STOP_TXN_SAMPLED_DATA).is_empty() || !self.keys.list(&STOP_TXN_ALIGNED_DATA).is_empty()
    }
}

impl Core<'_> {
    /// Takes a meter value up into the series, the first `len` bytes of `record`. Returns its new length.
    pub(crate) fn extend_series(
        &mut self,
        now: Instant,
        id: ConnectorId,
        context: ReadingContext,
        len: usize,
        record: &mut [u8],
    ) -> Option<usize> {
        let (begin, end) = self.open_series(id, len, record)?;
        let session = &self.connector(id)?.session;
        let began = read_began(record.get(..begin)?);
        let offset_s = match (session.is_restored, began, self.common.clock.date(now)) {
            (true, Some(began), Some(now)) => now.as_unix().saturating_sub(began.as_unix()),
            _ => self.common.clock.seconds_since(session.started, now),
        };
        let last_offset_s = groups(record.get(begin..end)?).last().map_or(0, |group| group.offset_s);
        let offset_s = offset_s.max(last_offset_s);
        let end = self.add_meter_value(id, context, offset_s, begin, end, record)?;
        let key = series_record(id)?;
        record::seal(key, record.get_mut(..end + record::CHECKSUM_LEN)?)?;
        if context != ReadingContext::TransactionBegin {
            self.connector_mut(id)?.series.is_begun = true;
        }
        Some(end + record::CHECKSUM_LEN)
    }

    /// A meter that began anew in a power cut ends no lower than what was collected before (TX-28).
    pub(crate) fn read_series(&mut self, id: ConnectorId, record: &[u8]) {
        let Some(connector) = self.connector_mut(id).filter(|connector| connector.session.is_restored) else { return };
        let Some(mut reader) = series_record(id).and_then(|key| RecordReader::open(key, record)) else { return };
        if reader.u32() != Some(connector.session.entry) || reader.u32().is_none() {
            return;
        }
        let session = &mut connector.session;
        for register in groups(reader.rest()).filter_map(|group| register_of(group.values)) {
            session.energy.register = session.energy.register.max(register);
        }
    }

    /// Adds the end to the series, the first `len` bytes of `record`, and makes the StopTransaction of entry `number` of
    /// it. Returns its length.
    pub(crate) fn write_stop_with_series(
        &mut self,
        id: ConnectorId,
        number: u32,
        at: Stamp,
        stop: &entry::Stop<'_>,
        len: usize,
        record: &mut [u8],
    ) -> Option<usize> {
        let (begin, end) = self.open_series(id, len, record)?;
        let began = read_began(record.get(..begin)?);
        let last_offset_s = groups(record.get(begin..end)?).last().map_or(0, |group| group.offset_s);
        let session = &self.connector(id)?.session;
        let duration_s = match (session.is_restored, at.dated(), began) {
            (false, ..) => self.common.clock.seconds_since(session.started, session.stop.at),
            (true, Some(ended), Some(began)) => ended.as_unix().saturating_sub(began.as_unix()),
            _ => last_offset_s,
        };
        let duration_s = duration_s.max(last_offset_s);
        let context = ReadingContext::TransactionEnd;
        let end = self.add_meter_value(id, context, duration_s, begin, end, record)?;
        let mut head = [0; STOP_HEAD_MAX];
        let mut writer = entry::begin_stop(&mut head, number, id, at, stop);
        writer.unsigned(u64::from(began.map_or(0, DateTime::as_unix)));
        writer.unsigned(u64::from(duration_s));
        let head_len = writer.position();
        let tail_len = end - begin;
        remove_front(record.get_mut(..end)?, begin);
        make_room(record, tail_len, head_len)?;
        record.iter_mut().zip(head.get(..head_len)?).for_each(|(place, byte)| *place = *byte);
        let len = head_len + tail_len + record::CHECKSUM_LEN;
        record::seal_entry(number, record.get_mut(..len)?)?;
        Some(len)
    }

    /// Where the meter values of this transaction begin and end in `record`, which is begun anew when it holds none.
    fn open_series(&self, id: ConnectorId, len: usize, record: &mut [u8]) -> Option<(usize, usize)> {
        let connector = self.connector(id)?;
        let session = &connector.session;
        // An entry's number may have been meant for another start, before a power cut.
        let is_ours = connector.series.is_begun || session.is_restored;
        let stored = record.get(..len).filter(|_| is_ours).and_then(|record| {
            let mut reader = RecordReader::open(series_record(id)?, record)?;
            let is_it = reader.u32()? == session.entry;
            reader.u32()?;
            is_it.then(|| len - record::CHECKSUM_LEN - reader.rest().len())
        });
        if let Some(begin) = stored {
            return Some((begin, len - record::CHECKSUM_LEN));
        }
        let began = session.began.or(self.common.clock.date(session.started).filter(|_| !session.is_restored));
        let mut writer = RecordWriter::new(record);
        writer.unsigned(u64::from(session.entry));
        writer.unsigned(u64::from(began.map_or(0, DateTime::as_unix)));
        let begin = writer.position();
        Some((begin, begin))
    }

    /// Adds a meter value, thins the middle as far as that is needed, and returns where the series ends.
    fn add_meter_value(
        &mut self,
        id: ConnectorId,
        context: ReadingContext,
        offset_s: u32,
        begin: usize,
        mut end: usize,
        record: &mut [u8],
    ) -> Option<usize> {
        let is_middle = matches!(context, ReadingContext::SampleClock | ReadingContext::SamplePeriodic);
        let others_max = METER_VALUES_MAX as usize - if is_middle { 2 } else { 1 };
        loop {
            let count = groups(record.get(begin..end)?).count();
            if count <= others_max {
                let (new_end, is_whole) = self.append_meter_value(id, context, offset_s, end, record)?;
                if is_whole || count < 2 {
                    return Some(new_end);
                }
            }
            let thinned = thin(record, begin, end);
            if thinned == end {
                return Some(end); // nothing in the middle to give up
            }
            end = thinned;
            let series = &mut self.connector_mut(id)?.series;
            series.stride = series.stride.saturating_add(1);
            if is_middle && !series.is_its_turn(context) {
                return Some(end);
            }
        }
    }

    /// Where the series ends then, and whether all values have found room.
    fn append_meter_value(
        &mut self,
        id: ConnectorId,
        context: ReadingContext,
        offset_s: u32,
        end: usize,
        record: &mut [u8],
    ) -> Option<(usize, bool)> {
        self.read_register(id);
        let room = record.len().checked_sub(STOP_HEAD_MAX)?;
        let mut writer = RecordWriter::resume(record.get_mut(..room)?, end);
        writer.unsigned(u64::from(offset_s));
        writer.byte(context.code());
        let sampled = self.common.keys.list(&STOP_TXN_SAMPLED_DATA);
        let aligned = self.common.keys.list(&STOP_TXN_ALIGNED_DATA);
        let measured = match context {
            ReadingContext::SamplePeriodic => self.sample(id, sampled, &mut writer),
            ReadingContext::SampleClock => self.sample(id, aligned, &mut writer),
            _ => self.sample_all(id, sampled, aligned, &mut writer),
        };
        let is_whole = !writer.is_partial();
        writer.byte(END);
        Some((if measured { writer.position() } else { end }, is_whole))
    }
}
