//! How long what is written at once may be.

use super::super::record::CHECKSUM_LEN;
use super::super::{RECORD_LEN_MAX, RecordKey};

pub(super) const PREFIX_LEN: usize = 2;
/// The longest words that a chip may have.
pub(super) const WORD_LEN_MAX: usize = 32;
/// The longest content of an item: a record with its key and a checksum.
pub(super) const ENTRY_LEN_MAX: usize = RECORD_LEN_MAX + size_of::<RecordKey>() + CHECKSUM_LEN;
pub(super) const SCRATCH_LEN: usize = (PREFIX_LEN + ENTRY_LEN_MAX).next_multiple_of(WORD_LEN_MAX);
