//! The entries of the journal: which is written next, and what follows from one that is durable.

use super::delivery::EntryHead;
use super::entry::{self, Attached, Entry, PLAIN_LEN_MAX, Stamp};
use crate::log::warning;
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::station::device::persistence::{LoadedSeries, SAMPLES_BETWEEN_THINNINGS};
use crate::station::device::task::Task;
use crate::station::metering::series_record;
use crate::station::session::Phase;
use crate::station::{ConnectorId, ReadingContext, Station};
use crate::store::{Durable, Scratch, StorageOp};
use crate::time::Instant;

impl Core<'_> {
    /// The next entry of the journal.
    pub(in crate::station) fn next_append(
        &mut self,
        now: Instant,
        scratch: &mut Scratch<'_>,
    ) -> Option<(Task, StorageOp)> {
        if self.common.persistence.appending.doubtful.is_some() {
            return Some((Task::LookForEntry, StorageOp::LoadEntry(self.common.journal.next())));
        }
        if self.owes_pieces() {
            return match self.common.journal.mark_due() {
                true => Some((Task::StoreMark, self.common.journal.store_mark(scratch.blank())?)),
                false => self.next_piece(scratch),
            };
        }
        // A connector without a value to record must not keep the others waiting.
        for _ in 0..self.connectors.len() {
            let id = self.next_to_append();
            if (id.is_some() || self.common.dating.is_due(&self.common.clock)) && self.common.journal.mark_due() {
                return Some((Task::StoreMark, self.common.journal.store_mark(scratch.blank())?));
            }
            if let Some(op) = self.common.append_clock(scratch) {
                return Some((Task::AppendClock, op));
            }
            if let Some(task) = self.append(now, id?, scratch) {
                return Some(task);
            }
        }
        None
    }

    /// The connector whose oldest event waits for its record.
    pub(in crate::station) fn next_to_append(&self) -> Option<ConnectorId> {
        let mut oldest = None;
        let mut oldest_at = Instant::NEVER;
        for (connector, id) in self.connectors.iter().zip(1..) {
            let session = &connector.session;
            let at = match session.phase() {
                Phase::Starting => session.started,
                Phase::Running | Phase::Stopping if connector.signing.has_sample() => Instant::NEVER,
                Phase::Stopping if session.stop.released && !self.waits_for_signed_end(id) => session.stop.at,
                Phase::Running if connector.place.sampling.is_due() => Instant::NEVER,
                _ => continue,
            };
            if !session.is_silent && (oldest.is_none() || at < oldest_at) {
                (oldest, oldest_at) = (Some(id), at);
            }
        }
        oldest
    }

    pub(in crate::station) fn append(
        &mut self,
        now: Instant,
        id: ConnectorId,
        scratch: &mut Scratch<'_>,
    ) -> Option<(Task, StorageOp)> {
        self.read_register(id);
        let number = self.common.journal.next();
        let wants_series = self.common.wants_transaction_data();
        if let Some(task) = self.next_signed_append(id, scratch) {
            return Some(task);
        }
        let connector = self.connector(id)?;
        let session = &connector.session;
        let (task, at, len) = match session.phase() {
            Phase::Starting if wants_series && !connector.series.is_begun => {
                // Before the start, so that no power cut loses where the transaction began.
                self.connector_mut(id)?.session.entry = number;
                let len = self.extend_series(now, id, ReadingContext::TransactionBegin, 0, scratch.blank())?;
                return Some((Task::BeginSeries(id), StorageOp::Store(series_record(id)?, len)));
            }
            Phase::Starting => {
                let at = self.common.stamp(session.started);
                let start = entry::Start {
                    id_tag: &session.card.id_tag,
                    meter_start: session.energy.start,
                    reservation: session.reservation,
                };
                (Task::AppendStart(id), at, entry::write_start(scratch.blank(), number, id, at, &start))
            }
            Phase::Stopping if wants_series => {
                let load = Task::LoadSeries(id, ReadingContext::TransactionEnd);
                return Some((load, StorageOp::Load(series_record(id)?)));
            }
            Phase::Stopping => return self.append_stop(id, false, scratch),
            _ => {
                let (context, moment) = connector.place.sampling.next()?;
                let at = self.common.date_of_sample(now, moment);
                let (start, none) = (session.entry, Attached::NONE);
                let mut writer = entry::begin_meter_values(scratch.blank(), number, id, at, start, context, none);
                // The last room is kept for transactions (MSG-15).
                let measured = !self.common.persistence.appending.journal_full
                    && self.sample(id, self.common.list_of(context), &mut writer);
                let len = writer.finish_entry(number);
                if !measured || self.connector_mut(id)?.place.sampling.is_thinned_out(context) {
                    self.connector_mut(id)?.place.sampling.taken(context);
                    return None;
                }
                (Task::AppendMeterValues(id, context), at, len)
            }
        };
        self.common.persistence.storing.at = at;
        Some((task, StorageOp::AppendEntry(number, len?)))
    }

    /// Writes the end of a transaction, with the series that was loaded, if it has one.
    pub(in crate::station) fn append_stop(
        &mut self,
        id: ConnectorId,
        has_series: bool,
        scratch: &mut Scratch<'_>,
    ) -> Option<(Task, StorageOp)> {
        let number = self.common.journal.next();
        let mut attached = self.attached_to_stop(id);
        if !self.has_room_for(attached.len_max()) {
            attached = Attached::NONE;
        }
        let connector = self.connector(id)?;
        let session = &connector.session;
        let id_tag = session.stop.id_tag.clone();
        let stop = entry::Stop {
            start: session.entry,
            transaction: connector.confirmed.id_of(session.entry),
            meter_stop: session.energy.register,
            reason: session.stop.reason,
            id_tag: id_tag.as_ref(),
            attached,
        };
        let at = self.common.stamp(session.stop.at).not_before(session.began);
        let (record, len) = scratch.take_loaded();
        let with_series = match has_series {
            true => self.write_stop_with_series(id, number, at, &stop, len, record),
            false => None,
        };
        let len = match with_series.filter(|len| self.has_room_for(len.saturating_add(attached.len_max()))) {
            Some(len) => len,
            None => entry::begin_stop(record, number, id, at, &stop).finish_entry(number)?,
        };
        self.common.persistence.storing.at = at;
        Some((Task::AppendStop(id), StorageOp::AppendEntry(number, len)))
    }

    /// Whether the journal takes a long entry and the ends of all other transactions.
    pub(in crate::station) fn has_room_for(&self, len: usize) -> bool {
        let entries = (len / PLAIN_LEN_MAX) as u32 + 1 + u32::from(self.connector_count());
        self.common.journal.room() > entries
    }

    pub(in crate::station) fn thinned(&mut self, gone: u32) {
        warning!("journal full: {} samples dropped", gone);
        self.common.journal.thinned(gone);
        self.common.persistence.samples = 0;
        for connector in self.connectors.iter_mut().filter(|connector| connector.session.is_running()) {
            connector.place.sampling.thin_out();
        }
    }

    /// The next series that a meter value is to be added to.
    pub(in crate::station) fn next_series(&mut self) -> Option<(Task, StorageOp)> {
        for id in self.connector_ids() {
            let connector = self.connector_mut(id)?;
            if !connector.session.is_running() {
                continue;
            }
            if let Some(context) = connector.series.take() {
                return Some((Task::LoadSeries(id, context), StorageOp::Load(series_record(id)?)));
            }
        }
        None
    }

    pub(in crate::station) fn extend_loaded_series(
        &mut self,
        now: Instant,
        series: LoadedSeries,
        scratch: &mut Scratch<'_>,
    ) -> Option<(Task, StorageOp)> {
        let LoadedSeries { connector: id, context } = series;
        if context == ReadingContext::TransactionEnd {
            self.read_series(id, scratch.loaded().unwrap_or_default());
            return self.append_stop(id, true, scratch);
        }
        let (record, len) = scratch.take_loaded();
        let len = self.extend_series(now, id, context, len, record)?;
        Some((Task::StoreSeries, StorageOp::Store(series_record(id)?, len)))
    }

    /// An entry is durable. The record buffer still holds it, which spares the first one the way back from the device.
    pub(in crate::station) fn appended(&mut self, id: ConnectorId, phase: Phase, scratch: &mut Scratch<'_>) -> Durable {
        self.common.persistence.appending.failures = 0;
        let at = self.common.persistence.storing.at;
        self.common.dating.followed_by(at, true);
        let is_first = self.common.journal.is_empty();
        let entry = self.common.journal.appended();
        let number = entry.number();
        let record = scratch.device().get(..self.common.persistence.storing.len).unwrap_or_default();
        self.signed_values.copying.found(number, record);
        self.tell_stored(id);
        let Some(connector) = self.connectors.get(usize::from(id).wrapping_sub(1)).filter(|_| is_first) else {
            return entry;
        };
        let session = &connector.session;
        scratch.hold_entry(number, self.common.persistence.storing.len);
        self.delivery.head_at = Some(at);
        match phase {
            Phase::Starting => {
                self.delivery.head = Some(EntryHead::Start { connector: id, meter_start: session.energy.start });
                self.delivery.head_tag = session.card.id_tag.clone();
            }
            Phase::Stopping => {
                self.delivery.head = Some(EntryHead::Stop { connector: id, start: session.entry });
                self.delivery.head_tag = session.stop.id_tag.clone().unwrap_or_default();
            }
            _ => self.delivery.head = Some(EntryHead::MeterValues { connector: id }),
        }
        entry
    }

    /// Whether what was loaded is the first entry. The record buffer holds it then.
    pub(in crate::station) fn is_sound_first(&mut self, scratch: &mut Scratch<'_>) -> bool {
        let (Some(number), Some(record)) = (self.common.journal.first(), scratch.loaded()) else { return false };
        let len = record.len();
        let is_sound = Entry::is_sound(number, record) && self.first_entry_loaded(number, record);
        if is_sound {
            scratch.hold_entry(number, len);
        }
        is_sound
    }
}

impl Common<'_> {
    /// Thins the samples when there is no room for another transaction, unless that has brought little lately.
    pub(in crate::station) fn make_room(&mut self, scratch: &mut Scratch<'_>) -> Option<(Task, StorageOp)> {
        let worthwhile = (self.journal.len() / 4).clamp(1, SAMPLES_BETWEEN_THINNINGS);
        if self.persistence.samples < worthwhile {
            return None;
        }
        if !self.journal.begin_thinning() {
            return Some((Task::StoreMark, self.journal.store_mark(scratch.blank())?));
        }
        Some((Task::Thin, StorageOp::Thin(self.journal.first()?, self.journal.next())))
    }

    /// The entry that dates those that wait for a date, once the clock is set.
    pub(in crate::station) fn append_clock(&mut self, scratch: &mut Scratch<'_>) -> Option<StorageOp> {
        if !self.dating.is_open {
            return None;
        }
        let uptime_s = self.clock.began().as_secs();
        // Of that whole second, as the stamps have no fractions; the one behind it is not before the boot.
        let began = self.clock.date(Instant::from_secs(u64::from(uptime_s) + 1))?.shifted(-1);
        let number = self.journal.next();
        let at = Stamp::Undated { boot: self.dating.boot, uptime_s };
        self.persistence.storing.at = at;
        Some(StorageOp::AppendEntry(number, entry::write_clock(scratch.blank(), number, at, began)?))
    }
}

impl Station<'_> {
    pub(in crate::station) fn entry_appended(&mut self, now: Instant, task: Task, scratch: &mut Scratch<'_>) {
        match task {
            Task::AppendStart(id) => {
                let start = self.core.appended(id, Phase::Starting, scratch);
                self.start_recorded(id, Some(start));
                self.profiles.advance_limits(&mut self.core, now); // before there is energy
            }
            Task::AppendStop(id) => {
                self.core.appended(id, Phase::Stopping, scratch);
                self.core.stop_recorded(id);
            }
            Task::AppendSigned(id) => self.core.signed_sample_appended(id, scratch),
            Task::AppendPiece => self.core.piece_appended(),
            Task::AppendMeterValues(id, context) => {
                let sample = self.core.appended(id, Phase::Running, scratch);
                self.core.common.persistence.samples = self.core.common.persistence.samples.saturating_add(1);
                if let Some(connector) = self.core.connector_mut(id) {
                    connector.place.sampling.taken(context);
                    connector.session.sample = sample.number();
                }
            }
            _ => {
                self.core.common.persistence.appending.failures = 0;
                self.core.common.journal.appended();
                self.core.common.dating.followed_by(self.core.common.persistence.storing.at, false);
            }
        }
    }
}
