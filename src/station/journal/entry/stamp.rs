use crate::store::record::{RecordReader, RecordWriter};
use crate::time::{Clock, DateTime, Instant};

/// When something happened, as it is known at that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stamp {
    Dated(DateTime),
    /// The clock was not set yet: seconds of monotonic time in this boot.
    Undated {
        boot: u32,
        uptime_s: u32,
    },
}

const DATED: u8 = 0;
const UNDATED: u8 = 1;

impl Stamp {
    pub(crate) fn new(clock: &Clock, boot: u32, at: Instant) -> Self {
        match clock.date(at) {
            Some(date) => Self::Dated(date),
            None => Self::Undated { boot, uptime_s: at.as_secs() },
        }
    }

    pub(crate) fn dated(self) -> Option<DateTime> {
        match self {
            Self::Dated(date) => Some(date),
            Self::Undated { .. } => None,
        }
    }

    /// This stamp, or `earliest` when the clock was set back behind it (TX-14).
    pub(crate) fn not_before(self, earliest: Option<DateTime>) -> Self {
        match (self, earliest) {
            (Self::Dated(date), Some(earliest)) => Self::Dated(date.max(earliest)),
            _ => self,
        }
    }

    pub(crate) fn is_undated(self) -> bool {
        matches!(self, Self::Undated { .. })
    }

    pub(crate) fn code(self) -> u8 {
        if self.is_undated() { UNDATED } else { DATED }
    }

    pub(crate) fn write(self, record: &mut RecordWriter<'_>) {
        match self {
            Self::Dated(date) => record.bytes(&date.as_unix().to_le_bytes()),
            Self::Undated { boot, uptime_s } => {
                record.bytes(&uptime_s.to_le_bytes());
                record.unsigned(u64::from(boot));
            }
        }
    }

    pub(crate) fn read(code: u8, record: &mut RecordReader<'_>) -> Option<Self> {
        let number = u32::from_le_bytes(record.array()?);
        match code {
            DATED => Some(Self::Dated(DateTime::from_unix(number))),
            UNDATED => Some(Self::Undated { boot: record.u32()?, uptime_s: number }),
            _ => None,
        }
    }
}
