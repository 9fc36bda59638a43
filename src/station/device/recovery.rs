//! What is read at boot, record by record, before anything else happens.

use super::persistence::Recovery;
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::station::journal::entry::{Content, Entry};
use crate::station::session::Phase;
use crate::station::signed_values::Signing;
use crate::station::{Reason, Station, metering};
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::{Durable, JournalStep, Scratch, StorageOp, StorageResult, registry};
use crate::time::{DateTime, Instant};

impl Station<'_> {
    /// What a step of the reading at boot wants from the device.
    pub(in crate::station) fn recovery_op(&self, step: Recovery, scratch: &mut Scratch<'_>) -> Option<StorageOp> {
        Some(match step {
            Recovery::LoadSystem => StorageOp::Load(registry::SYSTEM),
            Recovery::StoreSystem => self.core.common.store_system(scratch)?,
            Recovery::Load { key, .. } => StorageOp::Load(key),
            Recovery::AskJournal => StorageOp::Journal,
            Recovery::LoadMark => StorageOp::Load(registry::JOURNAL_MARK),
            Recovery::Probe(number) => StorageOp::LoadEntry(number),
            Recovery::Done => return None,
        })
    }

    /// A step of the reading at boot is done; `record` is what was found.
    pub(in crate::station) fn recovered(&mut self, now: Instant, result: &StorageResult, record: Option<&[u8]>) {
        let next = match self.core.common.persistence.recovery {
            Recovery::LoadSystem => {
                self.core.common.clock.begin(now);
                let mut reader = record.and_then(|record| RecordReader::open(registry::SYSTEM, record));
                let boot = reader.as_mut().and_then(RecordReader::u32);
                let seed = reader.as_mut().and_then(RecordReader::u32);
                let date = reader.as_mut().and_then(RecordReader::u32);
                self.core.common.dating.boot = boot.unwrap_or(0).wrapping_add(1);
                self.core.common.dating.known = DateTime::from_unix(date.unwrap_or(0));
                self.core.common.persistence.seed = seed.unwrap_or_else(|| self.core.common.outputs.random());
                Recovery::StoreSystem
            }
            Recovery::StoreSystem => self.load_next(0, 0),
            Recovery::Load { shelf, number, key } => {
                self.load_record(shelf, number, key, record.unwrap_or_default());
                self.load_next(shelf, number.saturating_add(1))
            }
            Recovery::AskJournal => match result {
                StorageResult::Journal(Some(extent)) => step(self.core.common.journal.recover_known(extent.clone())),
                _ => Recovery::LoadMark,
            },
            Recovery::LoadMark => step(self.core.common.journal.recover(record)),
            Recovery::Probe(number) => {
                if let Some(entry) = record.and_then(|record| Entry::read(number, record)) {
                    self.recover_entry(number, &entry);
                }
                let entry_lies_there = record.is_some_and(|record| Entry::may_be(number, record));
                if entry_lies_there {
                    self.core.signed_values.copying.found(number, record.unwrap_or_default());
                }
                step(self.core.common.journal.probe(number, entry_lies_there))
            }
            Recovery::Done => Recovery::Done,
        };
        self.core.common.persistence.recovery = next;
        if matches!(next, Recovery::Done) {
            self.core.end_interrupted_transactions(now);
            let is_new = self.transfers.is_firmware_new();
            self.security.booted(&mut self.core.common, now, is_new);
        }
    }

    /// The next record, then the journal.
    fn load_next(&self, shelf: u8, number: u16) -> Recovery {
        match self.next_record(shelf, number) {
            Some((shelf, number, key)) => Recovery::Load { shelf, number, key },
            None => Recovery::AskJournal,
        }
    }

    /// Follows the transactions through the journal, to find those without an end.
    fn recover_entry(&mut self, number: u32, entry: &Entry<'_>) {
        self.core.common.dating.followed_by(entry.at, !matches!(entry.content, Content::Clock { .. }));
        let Some(connector) = self.core.change_connector(entry.connector) else { return };
        match entry.content {
            Content::Clock { .. } => {}
            Content::Start { id_tag, meter_start, reservation } => {
                let session = &mut connector.session;
                session.restore(Durable::found(number), meter_start, entry.at.dated());
                session.energy.register = meter_start;
                session.card.id_tag = id_tag.to_token();
                session.reservation = reservation;
                if let Some(reservation) = reservation {
                    self.reservations.reservation_used(&mut self.core.common, reservation, number); // the power may have failed before its record was removed
                }
            }
            Content::MeterValues { values, .. } => {
                connector.session.energy.take_reading(metering::register_of(values)); // TX-28
                connector.session.sample = number;
                self.core.common.persistence.samples = self.core.common.persistence.samples.saturating_add(1);
            }
            Content::Stop { start, .. } => {
                connector.session.clear();
                connector.confirmed.ended(start);
            }
        }
    }
}

impl Common<'_> {
    /// The record of the boot count, of what is drawn once, and of the last known date.
    pub(in crate::station) fn store_system(&self, scratch: &mut Scratch<'_>) -> Option<StorageOp> {
        let mut writer = RecordWriter::new(scratch.blank());
        writer.unsigned(u64::from(self.dating.boot));
        writer.unsigned(u64::from(self.persistence.seed));
        writer.unsigned(u64::from(self.dating.known.as_unix()));
        Some(StorageOp::Store(registry::SYSTEM, writer.finish(registry::SYSTEM)?))
    }
}

impl Core<'_> {
    /// What a power cut has interrupted ends now, with the register as it stands (TX-26), or goes on (TX-27).
    fn end_interrupted_transactions(&mut self, now: Instant) {
        let resumes = self.resumes;
        for id in self.connector_ids() {
            let Some(connector) = self.change_connector(id) else { continue };
            if connector.session.phase() == Phase::Idle && connector.confirmed.is_running() {
                let confirmed = &connector.confirmed;
                let start = Durable::found(confirmed.entry());
                connector.session.restore(start, confirmed.meter_start, confirmed.began());
                connector.session.energy.take_reading(Some(confirmed.register()));
            }
            if connector.session.phase() == Phase::Idle {
                continue;
            }
            connector.place.service.reopen();
            connector.signing = Signing::restored();
            let entry = connector.session.entry;
            let is_denied = connector.confirmed.is_denied(entry);
            connector.session.started = now;
            connector.place.sampling.begin(now);
            if !resumes {
                self.stop_session(now, id, Reason::PowerLoss, None);
            } else if is_denied {
                self.deauthorize(now, id, entry);
            }
        }
    }
}

fn step(step: JournalStep) -> Recovery {
    match step {
        JournalStep::Probe(number) => Recovery::Probe(number),
        JournalStep::Done => Recovery::Done,
    }
}
