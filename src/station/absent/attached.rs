//! Stands in for what is attached to entries where signed meter values are left out.

use crate::store::record::{RecordReader, RecordWriter};

/// None is attached to any entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attached;

impl Attached {
    pub(crate) const NONE: Self = Self;
    pub(crate) const EXISTS: bool = false;

    pub(crate) fn is_none(self) -> bool {
        true
    }

    pub(crate) fn pieces(self) -> u8 {
        0
    }

    pub(crate) fn len_max(self) -> usize {
        0
    }

    pub(crate) fn write(self, _: &mut RecordWriter<'_>) {}

    pub(crate) fn read(_: &mut RecordReader<'_>) -> Option<Self> {
        None
    }
}
