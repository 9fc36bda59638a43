//! What an entry tells of the signed values that follow it.

use crate::store::record::{RecordReader, RecordWriter};

/// How many bytes of a value are in an entry of its own. Whole groups of Base64, and a piece of it fits the least send buffer.
pub(crate) const PIECE_LEN: usize = 480;

/// The signed values that follow a message in the journal: how many pieces each has, its tail counted, and 0 for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attached {
    /// Of the value of the beginning.
    pub(in crate::station) begin: u8,
    /// Of the value of the end, or of a sample.
    pub(in crate::station) other: u8,
    /// How many seconds before the start the first was signed.
    pub(in crate::station) before_start_s: u32,
    /// How many seconds after the end the second was signed.
    pub(in crate::station) after_end_s: u32,
}

impl Attached {
    pub(crate) const NONE: Self = Self { begin: 0, other: 0, before_start_s: 0, after_end_s: 0 };
    /// Whether there are any.
    pub(crate) const EXISTS: bool = true;

    pub(crate) fn is_none(self) -> bool {
        self.pieces() == 0
    }

    /// How many entries follow.
    pub(crate) fn pieces(self) -> u8 {
        self.begin.saturating_add(self.other)
    }

    pub(crate) fn write(self, record: &mut RecordWriter<'_>) {
        record.byte(self.begin << 4 | self.other & 0xf);
        record.unsigned(self.before_start_s.into());
        record.unsigned(self.after_end_s.into());
    }

    pub(crate) fn read(record: &mut RecordReader<'_>) -> Option<Self> {
        let counts = record.byte()?;
        let (before_start_s, after_end_s) = (record.u32()?, record.u32()?);
        Some(Self { begin: counts >> 4, other: counts & 0xf, before_start_s, after_end_s })
    }

    /// The bytes that the pieces take in the journal at most.
    pub(crate) fn len_max(self) -> usize {
        usize::from(self.pieces()) * (PIECE_LEN + 3)
    }
}
