//! What the central system asks for when something is to be downloaded or uploaded, and the record of it.

use crate::json::JsonStr;
use crate::store::RecordKey;
use crate::store::record::{RecordReader, RecordWriter};
use crate::time::DateTime;

/// What the central system wants, as its message says it.
pub(crate) struct WantedTransfer<'m> {
    pub(crate) location: JsonStr<'m>,
    /// The date from which on a firmware may be loaded, or that of the oldest entry to be uploaded.
    pub(crate) from: Option<DateTime>,
    /// The date from which on a firmware may be installed, or that of the latest entry to be uploaded.
    pub(crate) to: Option<DateTime>,
    pub(crate) retries: Option<i32>,
    /// Seconds between two tries.
    pub(crate) interval: Option<i32>,
}

/// Why a request is refused.
#[derive(Clone, Copy)]
pub(crate) enum TransferRefused {
    NotSupported,
    /// What is there is being installed.
    Installing,
    /// It is empty, or has blanks or control characters.
    Location,
    LocationTooLong,
    DeviceFailed,
}

/// The same as it lies in the record.
pub(super) struct TransferRequest<'r> {
    /// The date from which on a firmware may be loaded, or that of the oldest entry to be uploaded; seconds since 1970.
    pub(super) from: u32,
    /// The date of the latest entry to be uploaded.
    pub(super) to: u32,
    pub(super) retries: u16,
    /// Seconds between two tries.
    pub(super) interval: u32,
    pub(super) location: &'r str,
    /// The id of a signed update.
    pub(super) id: Option<i32>,
}

/// Retries and seconds between them, where the central system leaves that open.
const RETRIES: u16 = 3;
const RETRY_INTERVAL_S: u32 = 60;
/// The first byte of a record that holds a [`TransferRequest`], and of one with an id.
const REQUEST: u8 = 0;
const REQUEST_WITH_ID: u8 = 3;

impl<'r> TransferRequest<'r> {
    /// Writes it into the record buffer, and returns its length: location, first date, retries, interval, and what there is
    /// of a second date.
    #[inline(never)]
    pub(super) fn write(
        record: &mut [u8],
        key: RecordKey,
        wanted: &WantedTransfer<'_>,
        id: Option<i32>,
    ) -> Result<usize, TransferRefused> {
        let mut writer = RecordWriter::new(record);
        match id {
            None => writer.byte(REQUEST),
            Some(id) => {
                writer.byte(REQUEST_WITH_ID);
                writer.signed(id.into());
            }
        }
        writer.unsigned(seconds(wanted.from).into());
        writer.unsigned(seconds(wanted.to).into());
        // Less than none is none; one without a pause between its tries would keep everybody busy.
        let retries = wanted.retries.map_or(RETRIES, |number| number.clamp(0, i32::from(u16::MAX)) as u16);
        let interval = wanted.interval.map_or(RETRY_INTERVAL_S, |seconds| seconds.max(1).unsigned_abs());
        writer.unsigned(retries.into());
        writer.unsigned(interval.into());
        let begin = writer.position();
        let room = record.get_mut(begin..).unwrap_or_default();
        let location = wanted.location.copy_to(room).map_err(|_| TransferRefused::LocationTooLong)?;
        if location.is_empty() || location.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(TransferRefused::Location);
        }
        let end = begin.saturating_add(location.len());
        RecordWriter::resume(record, end).finish(key).ok_or(TransferRefused::LocationTooLong)
    }

    /// The dates of the oldest and of the latest entry that is to be uploaded.
    pub(super) fn span(&self) -> [Option<DateTime>; 2] {
        [self.from, self.to].map(|seconds| if seconds == 0 { None } else { Some(DateTime::from_unix(seconds)) })
    }

    pub(super) fn read(key: RecordKey, record: &'r [u8]) -> Option<Self> {
        let mut reader = RecordReader::open(key, record)?;
        let id = match reader.byte()? {
            REQUEST => None,
            REQUEST_WITH_ID => Some(i32::try_from(reader.signed()?).ok()?),
            _ => return None,
        };
        Some(Self {
            id,
            from: reader.u32()?,
            to: reader.u32()?,
            retries: reader.u32()? as u16,
            interval: reader.u32()?,
            location: core::str::from_utf8(reader.rest()).ok()?,
        })
    }
}

/// Seconds since 1970, 0 when there is none.
fn seconds(date: Option<DateTime>) -> u32 {
    date.map_or(0, |date| date.as_unix().max(1))
}
