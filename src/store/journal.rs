use super::record::{RecordReader, RecordWriter};
use super::{RecordKey, StorageOp, registry};

/// Records in the order in which they were made, kept until each is released. Only two numbers of it are in RAM.
///
/// Entry `n` lies in slot `n` modulo the number of slots. The mark tells where to look for the first entry after a
/// boot; it is written once in [`MARK_LAG`](Self::MARK_LAG) releases, for the entries themselves tell the rest.
#[derive(Clone, Copy, Debug, Default)]
pub struct Journal {
    head: u32,
    tail: u32,
    mark: u32,
}

/// What [`Journal::probe`] found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalStep {
    /// The entry with this number may exist: load it.
    Probe(u32),
    /// All entries are known.
    Done,
}

impl Journal {
    /// The mark is at most this far behind the first entry.
    pub const MARK_LAG: u32 = 16;
    /// The most entries that can wait, by number.
    pub const CAPACITY: u32 = (registry::JOURNAL.end - registry::JOURNAL.start) as u32 - 2 * Self::MARK_LAG;

    /// An empty journal whose first entry will be 0.
    pub const fn new() -> Self {
        Self { head: 0, tail: 0, mark: 0 }
    }

    /// The record of entry `number`.
    pub fn key(number: u32) -> RecordKey {
        let slots = u32::from(registry::JOURNAL.end - registry::JOURNAL.start);
        registry::JOURNAL.start + (number % slots) as RecordKey
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
        self.tail.wrapping_sub(self.head)
    }

    /// Whether no entry waits.
    pub fn is_empty(&self) -> bool {
        self.head == self.tail
    }

    /// How many more entries fit.
    pub fn room(&self) -> u32 {
        Self::CAPACITY.saturating_sub(self.len())
    }

    /// The entry [`next`](Self::next) is durable.
    pub fn appended(&mut self) {
        self.tail = self.tail.wrapping_add(1);
    }

    /// Whether the mark must be stored before the first entry may be released, or the next one appended: it must
    /// never be so far behind that the first entry would not be found after a boot.
    pub fn mark_due(&self) -> bool {
        let lag = self.head.wrapping_sub(self.mark);
        lag > Self::MARK_LAG || lag == Self::MARK_LAG && !self.is_empty()
    }

    /// Writes the mark.
    pub fn store_mark(&self, buffer: &mut [u8]) -> Option<StorageOp> {
        let mut record = RecordWriter::new(buffer);
        record.unsigned(u64::from(self.head));
        Some(StorageOp::Store(registry::JOURNAL_MARK, record.finish(registry::JOURNAL_MARK)?))
    }

    /// The mark is durable.
    pub fn marked(&mut self) {
        self.mark = self.head;
    }

    /// The first entry is gone from the device.
    pub fn released(&mut self) {
        self.head = self.head.wrapping_add(1);
    }

    /// Begins recovery with the mark as it was loaded.
    pub fn recover(&mut self, mark: Option<&[u8]>) -> JournalStep {
        let head = mark
            .and_then(|record| RecordReader::open(registry::JOURNAL_MARK, record))
            .and_then(|mut reader| reader.u32())
            .unwrap_or(0);
        *self = Self { head, tail: head, mark: head };
        JournalStep::Probe(head)
    }

    /// Goes on after entry `number` was looked for: `found` tells whether it is there, readable or not.
    ///
    /// Released entries lie before the first one that is found, and no gap lies behind it.
    pub fn probe(&mut self, number: u32, found: bool) -> JournalStep {
        let next = number.wrapping_add(1);
        if found {
            if self.is_empty() {
                self.head = number;
            }
            self.tail = next;
            return JournalStep::Probe(next);
        }
        if self.is_empty() {
            if next.wrapping_sub(self.mark) <= Self::MARK_LAG {
                return JournalStep::Probe(next);
            }
            // Every number up to here may have been used and released: none may be used again.
            self.head = next;
            self.tail = next;
        }
        JournalStep::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recovered(mark: u32, entries: core::ops::Range<u32>) -> Journal {
        let mut buffer = [0; 16];
        let Some(StorageOp::Store(_, len)) = (Journal { head: mark, tail: mark, mark }).store_mark(&mut buffer) else {
            panic!()
        };
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
