//! What is to be taken up for the end of a transaction.

use super::list;
use crate::station::{ConnectorId, ReadingContext};
use crate::store::{IntegerKey, ListKey, RecordKey, registry};

/// What is told of each periodic sample at the end.
pub(crate) const STOP_TXN_SAMPLED_DATA: ListKey = ListKey::new(29, "", 2, &list::MEASURANDS);
/// What is told of each moment of the clock at the end.
pub(crate) const STOP_TXN_ALIGNED_DATA: ListKey = ListKey::new(27, "", 3, &list::MEASURANDS);
/// The most meter values of one transaction, begin and end included.
pub(super) const METER_VALUES_MAX: i32 = 16;
/// Errata 3.91.
pub(crate) const STOP_TRANSACTION_MAX_METER_VALUES: IntegerKey =
    IntegerKey::new(24, METER_VALUES_MAX, 0, METER_VALUES_MAX).read_only();

/// What is to be taken up next for the end of the running transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TransactionSeries {
    /// Its record is begun.
    pub(crate) is_begun: bool,
    /// One of so many values of a kind is taken up, as a power of two.
    pub(super) stride: u8,
    periodic: SeriesKind,
    aligned: SeriesKind,
}

/// Values of one context.
#[derive(Clone, Copy, Debug)]
struct SeriesKind {
    is_asked: bool,
    /// How many there were.
    count: u16,
}

impl TransactionSeries {
    pub(crate) const fn new() -> Self {
        let kind = SeriesKind { is_asked: false, count: 0 };
        Self { is_begun: false, stride: 0, periodic: kind, aligned: kind }
    }

    pub(super) fn ask_for(&mut self, context: ReadingContext) {
        self.kind(context).is_asked = true;
    }

    fn kind(&mut self, context: ReadingContext) -> &mut SeriesKind {
        match context {
            ReadingContext::SampleClock => &mut self.aligned,
            _ => &mut self.periodic,
        }
    }

    /// The next value to be taken up, if there is one. Those that are thinned out are passed over.
    pub(crate) fn take(&mut self) -> Option<ReadingContext> {
        for context in [ReadingContext::SampleClock, ReadingContext::SamplePeriodic] {
            let kind = self.kind(context);
            if core::mem::take(&mut kind.is_asked) {
                kind.count = kind.count.wrapping_add(1);
                if self.is_its_turn(context) {
                    return Some(context);
                }
            }
        }
        None
    }

    pub(super) fn is_its_turn(&mut self, context: ReadingContext) -> bool {
        let stride = self.stride;
        self.kind(context).count.trailing_zeros() >= u32::from(stride)
    }
}

/// The record of the series of a connector.
pub(crate) fn series_record(id: ConnectorId) -> Option<RecordKey> {
    registry::nth(registry::TRANSACTION_DATA, usize::from(id))
}
