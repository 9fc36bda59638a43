use super::StorageOp;
use super::record::{RecordReader, RecordWriter};
use super::{RecordKey, registry};
use core::ops::Range;

/// Entries in the order in which they were made, kept until each is released. Only a few numbers of it are in RAM.
///
/// On a device without a journal of its own entry `n` lies in slot `n` modulo the number of slots. The mark tells where
/// to look for the first entry after a boot; it is written once in [`MARK_LAG`](Self::MARK_LAG) releases, for the entries
/// themselves tell the rest, and before entries are thinned out, for then there are gaps.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Journal {
    head: u32,
    tail: u32,
    mark: u32,
    /// Entries below may be missing, because they were thinned out.
    gaps_end: u32,
    /// So many of the numbers between first and next are missing.
    missing: u32,
    /// The device knows by itself where the journal begins.
    is_known: bool,
    /// The device takes so many more entries that end a transaction.
    room: u32,
}

/// An entry that is on the device: what must not happen before wants this, and nobody else makes one.
///
/// ```compile_fail
/// let start = embedded_ocpp::store::Durable(0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Durable(u32);

impl Durable {
    /// An entry, or a record that was made of it, was read from the device.
    pub(crate) fn found(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// What [`Journal::probe`] found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum JournalStep {
    /// The entry with this number may exist: load it.
    Probe(u32),
    /// All entries are known.
    Done,
}

impl Journal {
    /// The mark is at most this far behind the first entry.
    pub const MARK_LAG: u32 = 16;
    /// The places of entries on a device without a journal of its own.
    pub const SLOTS: u32 = registry::SLOTS;
    /// The most entries that can wait, by number.
    pub const CAPACITY: u32 = Self::SLOTS - 2 * Self::MARK_LAG;

    /// An empty journal whose first entry will be 0.
    pub const fn new() -> Self {
        Self { head: 0, tail: 0, mark: 0, gaps_end: 0, missing: 0, is_known: false, room: u32::MAX }
    }

    /// The record of entry `number`.
    pub fn key(number: u32) -> RecordKey {
        registry::of_entry(number)
    }

    /// The number of the first entry, if there is one.
    pub fn first(&self) -> Option<u32> {
        (self.head != self.tail).then_some(self.head)
    }

    /// The number that the next entry gets.
    pub fn next(&self) -> u32 {
        self.tail
    }

    /// How many entries wait.
    pub fn len(&self) -> u32 {
        self.numbers().saturating_sub(self.missing)
    }

    /// How many numbers there are from the first entry on, those of entries that were thinned out included.
    pub(crate) fn numbers(&self) -> u32 {
        self.tail.wrapping_sub(self.head)
    }

    /// Whether no entry waits.
    pub fn is_empty(&self) -> bool {
        self.head == self.tail
    }

    /// How many more entries fit, of the length that the device was asked about.
    pub fn room(&self) -> u32 {
        Self::CAPACITY.saturating_sub(self.numbers()).min(self.room)
    }

    /// What the device says about its room.
    pub fn set_room(&mut self, room: u32) {
        self.room = room;
    }

    /// The entry [`next`](Self::next) is durable.
    pub fn appended(&mut self) -> Durable {
        let entry = Durable(self.tail);
        self.tail = self.tail.wrapping_add(1);
        entry
    }

    /// Whether the mark must be stored before the first entry may be released, or the next one appended: it must
    /// never be so far behind that the first entry would not be found after a boot.
    pub fn mark_due(&self) -> bool {
        let lag = self.head.wrapping_sub(self.mark);
        !self.is_known && (lag > Self::MARK_LAG || lag == Self::MARK_LAG && !self.is_empty())
    }

    /// Writes the mark.
    pub fn store_mark(&self, buffer: &mut [u8]) -> Option<StorageOp> {
        let mut record = RecordWriter::new(buffer);
        record.unsigned(u64::from(self.head));
        if !self.gaps().is_empty() {
            record.unsigned(u64::from(self.gaps_end));
        }
        Some(StorageOp::Store(registry::JOURNAL_MARK, record.finish(registry::JOURNAL_MARK)?))
    }

    /// The mark is durable.
    pub fn marked(&mut self) {
        self.mark = self.head;
    }

    /// Entries are about to be thinned out: any of those that there are now may be missing. `false` when the mark must be
    /// stored before.
    #[must_use]
    pub fn begin_thinning(&mut self) -> bool {
        let is_marked = self.is_known || self.gaps_end == self.tail && self.mark == self.head;
        self.gaps_end = self.tail;
        is_marked
    }

    /// So many entries were thinned out.
    pub fn thinned(&mut self, gone: u32) {
        self.missing = self.missing.saturating_add(gone);
    }

    /// The first entry is gone from the device.
    pub fn released(&mut self) {
        self.head = self.head.wrapping_add(1);
        self.close_if_all_gone();
    }

    /// Where nothing but gaps is left, nothing waits.
    fn close_if_all_gone(&mut self) {
        if self.numbers() <= self.missing {
            self.head = self.tail;
            self.missing = 0;
        }
    }

    /// Passes over the first entry if it is missing because it was thinned out.
    pub fn pass_gap(&mut self) -> bool {
        let is_gap = self.is_gap(self.head);
        if is_gap {
            self.missing -= 1;
            self.released();
        }
        is_gap
    }

    /// Whether entry `number`, which is not there, may be one of those that are missing.
    pub(crate) fn is_gap(&self, number: u32) -> bool {
        self.missing > 0 && self.gaps().contains(&number)
    }

    /// Whether any is.
    #[cfg(feature = "signed-meter-values")]
    pub(crate) fn has_gaps(&self) -> bool {
        self.missing > 0
    }

    fn gaps(&self) -> Range<u32> {
        self.head..self.gaps_end
    }

    /// Begins recovery on a device that knows the extent of the journal.
    pub fn recover_known(&mut self, extent: Range<u32>) -> JournalStep {
        let Range { start, end } = extent;
        *self = Self { head: start, tail: start, mark: start, gaps_end: end, is_known: true, ..*self };
        if start < end { JournalStep::Probe(start) } else { JournalStep::Done }
    }

    /// Begins recovery with the mark as it was loaded.
    pub fn recover(&mut self, mark: Option<&[u8]>) -> JournalStep {
        let mut reader = mark.and_then(|record| RecordReader::open(registry::JOURNAL_MARK, record));
        let head = reader.as_mut().and_then(RecordReader::u32).unwrap_or(0);
        let gaps_end =
            reader.as_mut().and_then(RecordReader::u32).unwrap_or(head).min(head.saturating_add(Self::SLOTS));
        *self = Self { head, tail: head, mark: head, gaps_end, ..*self };
        JournalStep::Probe(head)
    }

    /// Goes on after entry `number` was looked for: `found` tells whether it is there, readable or not.
    ///
    /// Released entries lie before the first one that is found. Behind it there is no gap but of thinned out entries.
    pub fn probe(&mut self, number: u32, found: bool) -> JournalStep {
        let next = number.wrapping_add(1);
        if found {
            if self.is_empty() {
                self.head = number;
            }
            self.tail = next;
        } else if self.is_empty() {
            // Every number up to here may have been used and released: none may be used again.
            self.head = next;
            self.tail = next;
        } else if self.gaps().contains(&number) {
            self.missing += 1;
            self.tail = next;
        }
        let may_follow = self.gaps().contains(&next)
            || !self.is_known && if self.is_empty() { next.wrapping_sub(self.mark) <= Self::MARK_LAG } else { found };
        if may_follow {
            return JournalStep::Probe(next);
        }
        self.close_if_all_gone();
        JournalStep::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recovered(mark: u32, entries: core::ops::Range<u32>) -> Journal {
        let mut buffer = [0; 16];
        let at_mark = Journal { head: mark, tail: mark, mark, ..Journal::new() };
        let Some(StorageOp::Store(_, len)) = at_mark.store_mark(&mut buffer) else { panic!() };
        let mut journal = Journal::new();
        let mut step = journal.recover(Some(&buffer[..len]));
        while let JournalStep::Probe(number) = step {
            step = journal.probe(number, entries.contains(&number));
        }
        journal
    }

    #[test]
    fn msg_05_entries_are_found_after_a_boot() {
        for (mark, entries) in [(0, 0..1), (0, 3..9), (100, 116..120), (7, 7..4000)] {
            let journal = recovered(mark, entries.clone());
            assert_eq!((journal.first(), journal.next()), (Some(entries.start), entries.end));
        }
    }

    #[test]
    fn msg_05_a_mark_of_anyone_else_holds_no_boot_up() {
        let mut buffer = [0; 16];
        let foreign = Journal { head: 7, tail: 9, gaps_end: u32::MAX, ..Journal::new() };
        let Some(StorageOp::Store(_, len)) = foreign.store_mark(&mut buffer) else { panic!() };
        let mut journal = Journal::new();
        let mut step = journal.recover(Some(&buffer[..len]));
        let mut probes = 0;
        while let JournalStep::Probe(number) = step {
            step = journal.probe(number, false);
            probes += 1;
        }
        assert!(probes <= Journal::SLOTS + Journal::MARK_LAG, "{probes} records were looked for");
    }

    #[test]
    fn rpc_08_no_number_is_used_twice_over_a_boot() {
        let mut journal = Journal::new();
        for _ in 0..1000 {
            journal.appended();
            assert_eq!(recovered(journal.mark, journal.head..journal.tail).first(), Some(journal.head));
            if journal.mark_due() {
                journal.marked();
            }
            journal.released();
            let after_boot = recovered(journal.mark, 0..0);
            assert!(after_boot.next() >= journal.next());
        }
    }
}
