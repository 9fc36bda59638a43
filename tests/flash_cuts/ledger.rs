//! What was promised, and what may have become of what the power has interrupted.

use crate::nor_flash::Chance;
use embassy_futures::poll_once;
use embedded_ocpp::store::record::RecordWriter;
use embedded_ocpp::store::thinning::Role;
use embedded_ocpp::store::{RECORD_LEN_MAX, RecordKey, Storage};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::task::Poll;

pub(crate) const KEYS: RecordKey = 7;
/// The number of the last key, of which records change all the time.
const HOT: RecordKey = 0x101;

/// What is done with the storage.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Store(RecordKey, Vec<u8>),
    /// Of so many bytes.
    Append(usize),
    Release,
    Thin,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    records: BTreeMap<RecordKey, Vec<u8>>,
    entries: BTreeMap<u32, Vec<u8>>,
    first: u32,
    pub(crate) next: u32,
    /// What was under way when the power failed.
    at_risk: Option<Deed>,
    /// The entry that was, if one was.
    drafts: Vec<(u32, Vec<u8>)>,
}

impl Deed {
    pub(crate) fn by(chance: &mut Chance) -> Self {
        match chance.below(16) {
            0..5 => Self::Store(HOT, content(chance, 24)),
            5..8 => {
                let len = if chance.below(12) == 0 { 200 } else { 40 };
                Self::Store(chance.below(KEYS.into()) as RecordKey, content(chance, len))
            }
            8 => Self::Store(chance.below(KEYS.into()) as RecordKey, Vec::new()),
            9..12 => Self::Append(3 + chance.below(40)),
            12 => Self::Append(3 + chance.below(150)),
            13..15 => Self::Release,
            _ => Self::Thin,
        }
    }
}

/// Noise, blank bytes, zeros, or what looks like items.
fn content(chance: &mut Chance, len: usize) -> Vec<u8> {
    let len = chance.below(len + 1);
    let kind = chance.below(5);
    let byte = |place: usize| match kind {
        0 => 0xff,
        1 => 0,
        2 if place.is_multiple_of(4) => 4 + chance.below(16) as u8,
        2 => 0,
        3 if place.is_multiple_of(3) => 0xff,
        _ => chance.next() as u8,
    };
    (0..len).map(byte).collect()
}

fn entry(number: u32, len: usize) -> Vec<u8> {
    let mut buffer = [0; RECORD_LEN_MAX];
    let mut record = RecordWriter::bare(&mut buffer);
    let mut chance = Chance(u64::from(number) * 0x1000 + len as u64);
    (0..len - 2).for_each(|_| record.byte(chance.next() as u8));
    let len = record.finish_entry(number).unwrap();
    buffer[..len].to_vec()
}

fn role(record: &[u8]) -> Role {
    if record[0] & 3 == 0 { Role::Stays } else { Role::Sample { connector: 1, kind: 0 } }
}

/// A driver that blocks is ready at the first poll.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match poll_once(future) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not ready"),
    }
}

impl Ledger {
    /// Does it, and notes what it was if the power fails.
    pub(crate) fn take<S: Storage<Error: Debug>>(&mut self, flash: &mut S, deed: &Deed) -> Result<(), S::Error> {
        self.at_risk = Some(deed.clone());
        match deed {
            Deed::Store(key, record) => {
                now(flash.store(*key, record))?;
                self.records.insert(*key, record.clone());
            }
            Deed::Append(len) if flash.room(*len) > 0 => {
                let record = entry(self.next, *len);
                self.drafts.push((self.next, record.clone()));
                now(flash.append_entry(self.next, &record))?;
                self.entries.insert(self.next, record);
                self.next += 1;
            }
            Deed::Append(_) | Deed::Release if self.first < self.next => {
                self.at_risk = Some(Deed::Release);
                now(flash.release_entry(self.first))?;
                self.first += 1;
            }
            Deed::Append(_) | Deed::Release => {}
            Deed::Thin => {
                now(flash.thin(self.first..self.next, role, &mut [0; RECORD_LEN_MAX]))?;
                self.look_at_entries(flash)?;
            }
        }
        self.at_risk = None;
        self.drafts.clear();
        Ok(())
    }

    /// Everything is as it was promised.
    pub(crate) fn check<S: Storage<Error: Debug>>(&mut self, flash: &mut S) -> Result<(), S::Error> {
        for key in (0..KEYS).chain([HOT]) {
            let mut buffer = [0xee; RECORD_LEN_MAX];
            let found = now(flash.load(key, &mut buffer))?.map_or(&[][..], |len| &buffer[..len]);
            let before = self.records.get(&key).map_or(&[][..], |record| record);
            if found != before {
                let is_new = matches!(&self.at_risk, Some(Deed::Store(at, record)) if *at == key && record == found);
                assert!(is_new, "record {key:#x} is {found:x?}, and was {before:x?}; {:?}", self.at_risk);
                self.records.insert(key, found.to_vec());
            }
        }
        let journal = now(flash.journal())?.expect("it knows");
        let is_released = journal.start == self.first + 1 && matches!(self.at_risk, Some(Deed::Release));
        assert!(journal.start == self.first || is_released, "{journal:?}, and was {}..{}", self.first, self.next);
        self.first = journal.start;
        // What is torn may have been an entry, whose number is left out then.
        let least = self.entries.last_key_value().map_or(self.first, |(last, _)| last + 1);
        assert!((least..least + 6).contains(&journal.end), "{journal:?}, and was {}..{least}", self.first);
        self.next = journal.end;
        self.look_at_entries(flash)?;
        self.at_risk = None;
        self.drafts.clear();
        Ok(())
    }

    fn look_at_entries<S: Storage>(&mut self, flash: &mut S) -> Result<(), S::Error> {
        self.entries.retain(|number, _| *number >= self.first);
        for number in self.first..self.next {
            let mut buffer = [0xee; RECORD_LEN_MAX];
            let found = now(flash.load_entry(number, &mut buffer))?.map(|len| buffer[..len].to_vec());
            match (found, self.entries.get(&number)) {
                (Some(found), Some(entry)) => {
                    assert!(found == *entry, "entry {number} is {found:x?}, and was {entry:x?}")
                }
                (Some(found), None) => {
                    assert!(self.drafts.contains(&(number, found.clone())), "entry {number} is {found:x?}");
                    self.entries.insert(number, found);
                }
                (None, Some(entry)) => {
                    let is_thinned = matches!(self.at_risk, Some(Deed::Thin)) && role(entry) != Role::Stays;
                    assert!(is_thinned && number > self.first, "entry {number} is lost; {:?}", self.at_risk);
                    self.entries.remove(&number);
                }
                (None, None) => {}
            }
        }
        Ok(())
    }
}
