//! The records of transaction messages: what happened, when, and on which connector. They outlive power cuts and
//! firmware versions; nothing in them changes its meaning. The number of the entry is not in it: its checksum covers it.
//!
//! | bytes | content |
//! |---|---|
//! | 1 | format 1 in the high half, or 3 where signed values follow, then the kind, then how it is dated |
//! | 1 | the connector, and two bits of the kind's own |
//! | 4 | seconds since 1970, or since the start of the firmware, followed by the number of that boot |
//! | | in format 3: how many pieces the signed values have, and when these were signed |
//! | | start: register, reservation if it has used up one, tag |
//! | | meter values: how many entries ago it started, reading context unless it stands in the two bits, values |
//! | | clock: the date at which the boot began that the stamp names, for the entries before that have none |
//! | | stop: how many entries ago it started, transaction id if known, register, reason, tag if any, transactionData |

#[cfg_attr(not(feature = "signed-meter-values"), path = "../../absent/attached.rs")]
mod attached;
mod stamp;
mod tag;

pub(crate) use attached::Attached;
#[cfg(feature = "signed-meter-values")]
pub(in crate::station) use attached::PIECE_LEN;
pub(crate) use stamp::Stamp;
pub(crate) use tag::Tag;

use crate::station::{ConnectorId, IdToken, ReadingContext, Reason};
use crate::store::Journal;
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::thinning::Role;
use crate::time::DateTime;
use crate::types::Symbol;

/// One entry of the journal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) connector: ConnectorId,
    pub(crate) at: Stamp,
    /// The signed values that follow it.
    pub(crate) attached: Attached,
    pub(crate) content: Content<'a>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Content<'a> {
    Start {
        id_tag: Tag<'a>,
        meter_start: i64,
        reservation: Option<i32>,
    },
    /// `values` are read by the metering block.
    MeterValues {
        /// The number of the entry that started the transaction.
        start: u32,
        context: ReadingContext,
        values: &'a [u8],
    },
    Stop {
        /// The number of the entry that started the transaction.
        start: u32,
        /// The transaction id, when it was known.
        transaction: Option<i64>,
        meter_stop: i64,
        reason: Reason,
        id_tag: Option<Tag<'a>>,
        /// transactionData, read by the metering block.
        series: &'a [u8],
    },
    /// No message: the clock was set, and the boot of the stamp began at this date.
    Clock {
        began: DateTime,
    },
}

/// The longest record of a start, or of an end without transactionData.
pub(crate) const PLAIN_LEN_MAX: usize = 60;

const FORMAT: u8 = 0x10;
/// Signed values follow, and what is to be known of them stands behind the stamp. What has 2 is a piece of them.
const FORMAT_WITH_ATTACHED: u8 = 0x30;
const CLOCK: u8 = 0;
const START: u8 = 1 << 2;
const METER_VALUES: u8 = 2 << 2;
const STOP: u8 = 3 << 2;
const KIND: u8 = 3 << 2;
const STAMP: u8 = 3;

const CONNECTOR: u8 = 0x3f;
/// Of a start.
const HAS_RESERVATION: u8 = 0x80;
/// Of an end.
const HAS_TAG: u8 = 0x80;
const HAS_TRANSACTION: u8 = 0x40;
/// The contexts that the two bits of meter values stand for; any other follows in a byte.
const CONTEXTS: [ReadingContext; 3] =
    [ReadingContext::SamplePeriodic, ReadingContext::SampleClock, ReadingContext::Trigger];
const OTHER_CONTEXT: u8 = 3;

fn begin(buffer: &mut [u8], kind: u8, connector: ConnectorId, bits: u8, at: Stamp) -> RecordWriter<'_> {
    begin_attached(buffer, kind, connector, bits, at, Attached::NONE)
}

fn begin_attached(
    buffer: &mut [u8],
    kind: u8,
    connector: ConnectorId,
    bits: u8,
    at: Stamp,
    attached: Attached,
) -> RecordWriter<'_> {
    let mut record = RecordWriter::bare(buffer);
    let format = if attached.is_none() { FORMAT } else { FORMAT_WITH_ATTACHED };
    record.byte(format | kind | at.code());
    record.byte(connector & CONNECTOR | bits);
    at.write(&mut record);
    if !attached.is_none() {
        attached.write(&mut record);
    }
    record
}

/// How a transaction started, for its record.
pub(in crate::station) struct Start<'a> {
    pub(in crate::station) id_tag: &'a IdToken,
    pub(in crate::station) meter_start: i64,
    pub(in crate::station) reservation: Option<i32>,
}

/// Writes the start of a transaction; returns the record's length.
pub(in crate::station) fn write_start(
    buffer: &mut [u8],
    number: u32,
    connector: ConnectorId,
    at: Stamp,
    start: &Start<'_>,
) -> Option<usize> {
    let bits = if start.reservation.is_some() { HAS_RESERVATION } else { 0 };
    let mut record = begin(buffer, START, connector, bits, at);
    record.signed(start.meter_start);
    if let Some(reservation) = start.reservation {
        record.signed(reservation.into());
    }
    tag::write(&mut record, start.id_tag);
    record.finish_entry(number)
}

/// Begins the record of meter values; the values follow.
pub(crate) fn begin_meter_values(
    buffer: &mut [u8],
    number: u32,
    connector: ConnectorId,
    at: Stamp,
    start: u32,
    context: ReadingContext,
    attached: Attached,
) -> RecordWriter<'_> {
    let known = CONTEXTS.iter().position(|known| *known == context);
    let bits = known.map_or(OTHER_CONTEXT, |place| place as u8);
    let mut record = begin_attached(buffer, METER_VALUES, connector, bits << 6, at, attached);
    record.unsigned(u64::from(number.wrapping_sub(start)));
    if known.is_none() {
        record.byte(context.code());
    }
    record
}

/// How a transaction ended, for its record.
pub(crate) struct Stop<'a> {
    pub(in crate::station) start: u32,
    pub(in crate::station) transaction: Option<i64>,
    pub(in crate::station) meter_stop: i64,
    pub(in crate::station) reason: Reason,
    pub(in crate::station) id_tag: Option<&'a IdToken>,
    pub(crate) attached: Attached,
}

/// Begins the record of the end of a transaction; transactionData may follow.
#[inline(never)]
pub(in crate::station) fn begin_stop<'b>(
    buffer: &'b mut [u8],
    number: u32,
    connector: ConnectorId,
    at: Stamp,
    stop: &Stop<'_>,
) -> RecordWriter<'b> {
    let has_transaction = if stop.transaction.is_some() { HAS_TRANSACTION } else { 0 };
    let has_tag = if stop.id_tag.is_some() { HAS_TAG } else { 0 };
    let mut record = begin_attached(buffer, STOP, connector, has_transaction | has_tag, at, stop.attached);
    record.unsigned(u64::from(number.wrapping_sub(stop.start)));
    if let Some(transaction) = stop.transaction {
        record.signed(transaction);
    }
    record.signed(stop.meter_stop);
    record.byte(stop.reason.code());
    if let Some(id_tag) = stop.id_tag {
        tag::write(&mut record, id_tag);
    }
    record
}

/// Writes when the boot of `at` began; returns the record's length.
pub(in crate::station) fn write_clock(buffer: &mut [u8], number: u32, at: Stamp, began: DateTime) -> Option<usize> {
    let mut record = begin(buffer, CLOCK, 0, 0, at);
    record.bytes(&began.as_unix().to_le_bytes());
    record.finish_entry(number)
}

/// What an entry is when room is to be made in the journal.
pub(crate) fn role(record: &[u8]) -> Role {
    let Some(Entry { connector, content, attached, .. }) = Entry::reread(0, record) else { return Role::Stays };
    match content {
        Content::MeterValues { .. } if !attached.is_none() => Role::Stays, // SMV-12
        Content::MeterValues { context: ReadingContext::SamplePeriodic, .. } => Role::Sample { connector, kind: 0 },
        Content::MeterValues { context: ReadingContext::SampleClock, .. } => Role::Sample { connector, kind: 1 },
        Content::Stop { .. } => Role::End { connector },
        _ => Role::Stays,
    }
}

impl<'a> Entry<'a> {
    /// Whether `record`, sound or damaged, may be entry `number`: not when it is soundly the one that had its slot before.
    pub(in crate::station) fn may_be(number: u32, record: &'a [u8]) -> bool {
        let before = number.wrapping_sub(Journal::SLOTS);
        !Self::is_sound(before, record)
    }

    /// Whether `record` is entry `number`, as it was written.
    pub(in crate::station) fn is_sound(number: u32, record: &'a [u8]) -> bool {
        RecordReader::open_entry(number, record).is_some()
    }

    /// Reads entry `number` from its record; `None` when it is damaged or another entry lies there.
    pub(crate) fn read(number: u32, record: &'a [u8]) -> Option<Self> {
        if Self::is_sound(number, record) { Self::reread(number, record) } else { None }
    }

    /// Reads entry `number` from a record that was just made or has been read before.
    pub(in crate::station) fn reread(number: u32, record: &'a [u8]) -> Option<Self> {
        let mut reader = RecordReader::reopen(record)?;
        let head = reader.byte()?;
        let has_attached = match head & 0xf0 {
            FORMAT => false,
            FORMAT_WITH_ATTACHED if Attached::EXISTS => true,
            _ => return None, // of a format from the future, or a piece
        };
        let second = reader.byte()?;
        let (connector, bits) = (second & CONNECTOR, second & !CONNECTOR);
        let at = Stamp::read(head & STAMP, &mut reader)?;
        let attached = if has_attached { Attached::read(&mut reader)? } else { Attached::NONE };
        let start = |reader: &mut RecordReader<'a>| Some(number.wrapping_sub(reader.u32()?));
        let content = match head & KIND {
            START => {
                let meter_start = reader.signed()?;
                let reservation = match bits & HAS_RESERVATION {
                    0 => None,
                    _ => Some(i32::try_from(reader.signed()?).ok()?),
                };
                Content::Start { id_tag: Tag::read(&mut reader)?, meter_start, reservation }
            }
            METER_VALUES => {
                let start = start(&mut reader)?;
                let context = match CONTEXTS.get(usize::from(bits >> 6)) {
                    Some(context) => *context,
                    None => ReadingContext::from_code(reader.byte()?)?,
                };
                Content::MeterValues { start, context, values: reader.rest() }
            }
            STOP => {
                let start = start(&mut reader)?;
                let transaction = match bits & HAS_TRANSACTION {
                    0 => None,
                    _ => Some(reader.signed()?),
                };
                let meter_stop = reader.signed()?;
                let reason = Reason::from_code(reader.byte()?)?;
                let id_tag = match bits & HAS_TAG {
                    0 => None,
                    _ => Some(Tag::read(&mut reader)?),
                };
                Content::Stop { start, transaction, meter_stop, reason, id_tag, series: reader.rest() }
            }
            _ => Content::Clock { began: DateTime::from_unix(u32::from_le_bytes(reader.array()?)) },
        };
        Some(Self { connector, at, attached, content })
    }
}
