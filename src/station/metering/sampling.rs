//! Which samples are to be taken of one place.

use super::list;
use crate::station::ReadingContext;
use crate::store::{IntegerKey, ListKey};
use crate::time::{DateTime, Instant};

/// Seconds between samples of a running transaction, 0 for none.
pub(crate) const METER_VALUE_SAMPLE_INTERVAL: IntegerKey = IntegerKey::new(19, 60, 0, 86_400);
/// What a sample of a running transaction holds.
pub(crate) const METER_VALUES_SAMPLED_DATA: ListKey =
    ListKey::new(17, "Energy.Active.Import.Register", 0, &list::MEASURANDS);

/// What is to be sampled on a connector.
#[derive(Debug)]
pub(crate) struct Sampling {
    /// When the running transaction was sampled last, or began.
    pub(super) last: Instant,
    /// The moment of the clock whose values wait for their record.
    moment: Option<DateTime>,
    /// The contexts of samples that are to be taken, one bit each.
    asked: u8,
    /// One sample in so many is recorded, as a power of two: the journal is full.
    stride: u8,
    /// By kind, how many samples there were since.
    counts: [u16; 2],
}

const TRIGGER: u8 = 1;
const PERIODIC: u8 = 1 << 1;
const CLOCK: u8 = 1 << 2;
#[cfg(feature = "signed-meter-values")]
const BEGIN: u8 = 1 << 3;

impl Sampling {
    pub(crate) const fn new() -> Self {
        Self { last: Instant::ZERO, moment: None, asked: 0, stride: 0, counts: [0; 2] }
    }

    /// The transaction has begun at `at`.
    pub(crate) fn begin(&mut self, at: Instant) {
        self.last = at;
        self.stride = 0;
        self.miss_moment(); // MV-10: that was of nobody's transaction
    }

    /// What is told right after the start is to be read.
    #[cfg(feature = "signed-meter-values")]
    pub(crate) fn ask_for_begin(&mut self) {
        self.asked |= BEGIN;
    }

    /// TriggerMessage asks for values.
    #[cfg(feature = "remote-trigger")]
    pub(crate) fn trigger(&mut self) {
        self.asked |= TRIGGER;
    }

    /// A periodic sample is due.
    pub(super) fn ask_for_periodic(&mut self) {
        self.asked |= PERIODIC;
    }

    /// A moment of the clock has come.
    pub(super) fn align(&mut self, moment: DateTime) {
        self.moment = Some(moment);
        self.asked |= CLOCK;
    }

    /// The moment of what is not asked for by TriggerMessage has passed untold.
    pub(crate) fn miss_moment(&mut self) {
        self.asked &= TRIGGER;
    }

    /// Whether a sample is to be taken.
    pub(crate) fn is_due(&self) -> bool {
        self.asked != 0
    }

    /// The context of the next sample, if one is to be taken, and the moment of the clock that it is for.
    pub(crate) fn next(&self) -> Option<(ReadingContext, Option<DateTime>)> {
        Some(match self.asked {
            0 => return None,
            #[cfg(feature = "signed-meter-values")]
            asked if asked & BEGIN != 0 => (ReadingContext::TransactionBegin, None),
            asked if asked & CLOCK != 0 => (ReadingContext::SampleClock, self.moment),
            asked if asked & PERIODIC != 0 => (ReadingContext::SamplePeriodic, None),
            _ => (ReadingContext::Trigger, None),
        })
    }

    /// The samples of the running transaction were thinned: from now on only half as many are recorded.
    pub(crate) fn thin_out(&mut self) {
        self.stride = (self.stride + 1).min(u16::BITS as u8);
        self.counts = [0; 2];
    }

    /// Whether the next sample of this context is one of those that are not recorded.
    pub(crate) fn is_thinned_out(&mut self, context: ReadingContext) -> bool {
        let [periodic, aligned] = &mut self.counts;
        let count = match context {
            ReadingContext::SamplePeriodic => periodic,
            ReadingContext::SampleClock => aligned,
            _ => return false,
        };
        *count = count.wrapping_add(1);
        count.trailing_zeros() < u32::from(self.stride)
    }

    /// The sample of this context has been taken.
    pub(crate) fn taken(&mut self, context: ReadingContext) {
        self.asked &= !match context {
            ReadingContext::Trigger => TRIGGER,
            ReadingContext::SampleClock => CLOCK,
            #[cfg(feature = "signed-meter-values")]
            ReadingContext::TransactionBegin => BEGIN,
            _ => PERIODIC,
        };
    }
}
