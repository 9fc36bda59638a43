//! The records of transaction messages: what happened, when, and on which connector. They outlive power cuts and
//! firmware versions; nothing in them changes its meaning.

use super::types::Symbol;
use super::{ConnectorId, IdToken, ReadingContext, Reason};
use crate::store::Journal;
use crate::store::record::{self, RecordReader, RecordWriter};
use crate::time::{Clock, DateTime, Instant};

/// When something happened, as it is known at that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    Dated(DateTime),
    /// The clock was not set yet: seconds of monotonic time in this boot.
    Undated {
        boot: u32,
        uptime_s: u32,
    },
}

impl Stamp {
    pub(super) fn new(clock: &Clock, boot: u32, at: Instant) -> Self {
        match clock.date(at) {
            Some(date) => Self::Dated(date),
            None => Self::Undated { boot, uptime_s: at.as_secs() },
        }
    }

    pub(super) fn dated(self) -> Option<DateTime> {
        match self {
            Self::Dated(date) => Some(date),
            Self::Undated { .. } => None,
        }
    }

    /// This stamp, or `earliest` when the clock was set back behind it (TX-14).
    pub(super) fn not_before(self, earliest: Option<DateTime>) -> Self {
        match (self, earliest) {
            (Self::Dated(date), Some(earliest)) => Self::Dated(date.max(earliest)),
            _ => self,
        }
    }

    pub(super) fn is_undated(self) -> bool {
        matches!(self, Self::Undated { .. })
    }

    /// The date, now that the clock is set. What happened undated in an earlier boot happened before this one: it gets
    /// the moment at which this boot began, which is too late rather than too early (OCPP 1.6 §4.2.1).
    pub(super) fn date(self, clock: &Clock, boot: u32) -> Option<DateTime> {
        match self {
            Self::Dated(date) => Some(date),
            Self::Undated { boot: then, uptime_s } if then == boot => {
                clock.date(Instant::from_secs(u64::from(uptime_s)))
            }
            Self::Undated { .. } => clock.date(Instant::ZERO),
        }
    }

    fn write(self, record: &mut RecordWriter<'_>) {
        match self {
            Self::Dated(date) => {
                record.byte(DATED);
                record.bytes(&date.as_unix().to_le_bytes());
            }
            Self::Undated { boot, uptime_s } => {
                record.byte(UNDATED);
                record.bytes(&uptime_s.to_le_bytes());
                record.unsigned(u64::from(boot));
            }
        }
    }

    fn read(record: &mut RecordReader<'_>) -> Option<Self> {
        let kind = record.byte()?;
        let number = u32::from_le_bytes(record.array()?);
        match kind {
            DATED => Some(Self::Dated(DateTime::from_unix(number))),
            UNDATED => Some(Self::Undated { boot: record.u32()?, uptime_s: number }),
            DATED_LATER => {
                record.u32()?; // the boot that it was made in
                Some(Self::Dated(DateTime::from_unix(number)))
            }
            _ => None,
        }
    }
}

const DATED: u8 = 0;
const UNDATED: u8 = 1;
/// Made undated, and dated in place when the clock was set.
const DATED_LATER: u8 = 2;

/// Where the stamp stands in a record: behind format, kind, number and connector.
const STAMP: usize = 7;

/// Writes `date` into the undated record of entry `number`, which keeps its length. From then on every resend tells the
/// same time, also after a reboot or a correction of the clock (MSG-12).
pub(super) fn date_record(record: &mut [u8], number: u32, date: DateTime) -> Option<()> {
    let [kind, place @ ..] = record.get_mut(STAMP..STAMP + 5)? else { return None };
    *kind = DATED_LATER;
    for (place, byte) in place.iter_mut().zip(date.as_unix().to_le_bytes()) {
        *place = byte;
    }
    record::seal(Journal::key(number), record)
}

/// One entry of the journal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) connector: ConnectorId,
    pub(super) at: Stamp,
    pub(super) content: Content<'a>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Content<'a> {
    Start {
        id_tag: &'a str,
        meter_start: i64,
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
        transaction: Option<i32>,
        meter_stop: i64,
        reason: Reason,
        id_tag: Option<&'a str>,
        /// transactionData, read by the metering block.
        series: &'a [u8],
    },
}

const START: u8 = 1;
const METER_VALUES: u8 = 2;
const STOP: u8 = 3;

/// Begins the record of entry `number` with what all kinds share.
fn begin(buffer: &mut [u8], number: u32, kind: u8, connector: ConnectorId, at: Stamp) -> RecordWriter<'_> {
    let mut record = RecordWriter::new(buffer);
    record.byte(kind);
    record.bytes(&number.to_le_bytes());
    record.byte(connector);
    at.write(&mut record);
    record
}

/// Writes the start of a transaction; returns the record's length.
pub(super) fn write_start(
    buffer: &mut [u8],
    number: u32,
    connector: ConnectorId,
    at: Stamp,
    id_tag: &IdToken,
    meter_start: i64,
) -> Option<usize> {
    let mut record = begin(buffer, number, START, connector, at);
    record.signed(meter_start);
    record.text(id_tag.as_str());
    record.finish(Journal::key(number))
}

/// Begins the record of meter values; the values follow.
pub(super) fn begin_meter_values(
    buffer: &mut [u8],
    number: u32,
    connector: ConnectorId,
    at: Stamp,
    start: u32,
    context: ReadingContext,
) -> RecordWriter<'_> {
    let mut record = begin(buffer, number, METER_VALUES, connector, at);
    record.unsigned(u64::from(start));
    record.byte(context.code());
    record
}

/// How a transaction ended, for its record.
pub(super) struct Stop<'a> {
    pub(super) start: u32,
    pub(super) transaction: Option<i32>,
    pub(super) meter_stop: i64,
    pub(super) reason: Reason,
    pub(super) id_tag: Option<&'a IdToken>,
}

/// Writes the end of a transaction without transactionData; returns the record's length.
pub(super) fn write_stop(
    buffer: &mut [u8],
    number: u32,
    connector: ConnectorId,
    at: Stamp,
    stop: &Stop<'_>,
) -> Option<usize> {
    begin_stop(buffer, number, connector, at, stop).finish(Journal::key(number))
}

/// Begins the record of the end of a transaction; transactionData may follow.
#[inline(never)]
pub(super) fn begin_stop<'b>(
    buffer: &'b mut [u8],
    number: u32,
    connector: ConnectorId,
    at: Stamp,
    stop: &Stop<'_>,
) -> RecordWriter<'b> {
    let mut record = begin(buffer, number, STOP, connector, at);
    record.unsigned(u64::from(stop.start));
    record.byte(u8::from(stop.transaction.is_some()));
    if let Some(transaction) = stop.transaction {
        record.signed(i64::from(transaction));
    }
    record.signed(stop.meter_stop);
    record.byte(stop.reason.code());
    record.byte(u8::from(stop.id_tag.is_some()));
    if let Some(id_tag) = stop.id_tag {
        record.text(id_tag.as_str());
    }
    record
}

impl<'a> Entry<'a> {
    /// Whether `record`, sound or damaged, may be entry `number`: not when it is soundly another one, left from the last
    /// time that the slot was used.
    pub(super) fn may_be(number: u32, record: &'a [u8]) -> bool {
        let other = RecordReader::open(Journal::key(number), record).is_some() && Self::read(number, record).is_none();
        !other
    }

    /// Reads entry `number` from its record; `None` when it is damaged or another entry lies there.
    pub(super) fn read(number: u32, record: &'a [u8]) -> Option<Self> {
        RecordReader::open(Journal::key(number), record)?;
        Self::reread(number, record)
    }

    /// Reads entry `number` from a record that was just made or has been read before.
    pub(super) fn reread(number: u32, record: &'a [u8]) -> Option<Self> {
        let mut reader = RecordReader::reopen(record)?;
        let kind = reader.byte()?;
        if u32::from_le_bytes(reader.array()?) != number {
            return None;
        }
        let connector = reader.byte()?;
        let at = Stamp::read(&mut reader)?;
        let content = match kind {
            START => {
                let meter_start = reader.signed()?;
                Content::Start { id_tag: reader.text()?, meter_start }
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
                    _ => Some(i32::try_from(reader.signed()?).ok()?),
                };
                let meter_stop = reader.signed()?;
                let reason = Reason::from_code(reader.byte()?)?;
                let id_tag = match reader.byte()? {
                    0 => None,
                    _ => Some(reader.text()?),
                };
                Content::Stop { start, transaction, meter_stop, reason, id_tag, series: reader.rest() }
            }
            _ => return None,
        };
        Some(Self { connector, at, content })
    }
}
