//! What is written when: one operation on the device at a time. What is read at boot stands in [`recovery`](super::recovery).
//!
//! | after | comes | so that |
//! |---|---|---|
//! | the boot count is durable | the first call | no message id is used in two boots |
//! | a start is durable | energy, then its message | no transaction is lost |
//! | the transaction id is durable | the release of the start | the end goes out with it, also after a power cut |
//! | the record of the running transaction tells its end | the release of the end | it is not ended twice |
//! | the first values for transactionData are durable | the start | no power cut loses where the transaction began |
//! | an entry that dates it is durable | an entry that was made without a clock goes out | it tells the same time whenever it is sent |
//! | an entry whose writing has failed is looked for | the next entry | none is recorded twice, nor as something else |
//! | a changed key or availability is durable | the answer, which waits in the send buffer | an accepted value survives |

use super::delivery::Head;
#[cfg(any(feature = "local-auth-list", feature = "firmware-management"))]
use super::held_call::HeldCall;
use super::journal_entry::{self, Entry, PLAIN_LEN_MAX, Stamp};
use super::metering::series_record;
use super::recovery::Recovery;
use super::session::Phase;
#[cfg(feature = "firmware-management")]
use super::transfer::Direction;
use super::{ConnectorId, Operations, ReadingContext};
use crate::log::warning;
use crate::store::{KeyId, RecordKey, Scratch, StorageOp, StorageResult};
use crate::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct Persistence {
    pub(super) recovery: Recovery,
    in_flight: Option<Task>,
    /// The length of the record that is being stored.
    storing_len: usize,
    /// When that of an entry happened.
    pub(super) storing_at: Stamp,
    /// A series of meter values that was loaded to be extended.
    series: Option<LoadedSeries>,
    not_before: Instant,
    failures: u8,
    /// So often in a row an entry could not be appended, and until when no other is tried.
    append_failures: u8,
    append_after: Instant,
    /// Its writing has failed, but the entry may be on the device: another one never takes its number before that is known.
    doubtful: Option<Task>,
    /// Samples in the journal that no thinning has looked at.
    pub(super) samples: u32,
    /// There may be something to do on the device that is neither about the journal nor about a key.
    pub(super) has_chores: bool,
    #[cfg(any(feature = "local-auth-list", feature = "firmware-management"))]
    pub(super) held_call: HeldCall,
    /// Random, drawn once in the life of the device's content: the base of all message ids.
    pub(super) seed: u32,
}

/// The series of a connector was loaded, if there is one.
#[derive(Clone, Copy, Debug)]
struct LoadedSeries {
    connector: ConnectorId,
    /// What it is to be extended by.
    context: ReadingContext,
}

/// What the device is busy with.
#[derive(Clone, Copy, Debug)]
enum Task {
    #[cfg(any(feature = "local-auth-list", feature = "firmware-management"))]
    HeldCall,
    Recover,
    AppendStart(ConnectorId),
    AppendStop(ConnectorId),
    AppendMeterValues(ConnectorId, ReadingContext),
    AppendClock,
    /// Whether the entry is there whose writing has failed.
    LookForEntry,
    StoreTransaction(ConnectorId),
    LoadSeries(ConnectorId, ReadingContext),
    BeginSeries(ConnectorId),
    StoreSeries,
    LookUp(ConnectorId, RecordKey),
    StoreAvailability(ConnectorId),
    ChangeCache,
    #[cfg(feature = "reservation")]
    ChangeReservation,
    #[cfg(feature = "smart-charging")]
    ChangeProfile,
    #[cfg(feature = "firmware-management")]
    LoadTransfer(Direction),
    #[cfg(feature = "firmware-management")]
    StoreTransfer(Direction),
    SaveKey(KeyId),
    StoreMark,
    Release,
    ReleaseSample(ConnectorId),
    LoadFirst,
    SeekDate(u32),
    Thin,
}

/// The wait before a failed operation is tried again.
const RETRY_WAIT: Duration = Duration::from_secs(1);
/// The wait before the next entry is tried on a device that goes on failing to append.
const APPEND_WAIT: Duration = Duration::from_secs(10);
/// So many samples are worth the wear of a thinning.
const SAMPLES_BETWEEN_THINNINGS: u32 = 32;
/// So often the device is asked for what can be done without, and so many failures hold up an answer.
const TRIES: u8 = 3;
/// The ids of the journal's messages have this bit set, those of all others have not.
pub(super) const JOURNAL_EPOCH: u32 = 0x8000_0000;

impl Persistence {
    pub(super) const fn new() -> Self {
        Self {
            recovery: Recovery::LoadSystem,
            in_flight: None,
            storing_len: 0,
            storing_at: Stamp::Undated { boot: 0, uptime_s: 0 },
            series: None,
            not_before: Instant::ZERO,
            failures: 0,
            append_failures: 0,
            append_after: Instant::ZERO,
            doubtful: None,
            samples: 0,
            has_chores: true,
            #[cfg(any(feature = "local-auth-list", feature = "firmware-management"))]
            held_call: HeldCall::new(),
            seed: 0,
        }
    }

    /// The last operation has failed.
    #[cfg(any(feature = "local-auth-list", feature = "firmware-management"))]
    pub(super) fn is_failing(&self) -> bool {
        self.failures > 0
    }

    pub(super) fn is_recovered(&self) -> bool {
        matches!(self.recovery, Recovery::Done)
    }

    pub(super) fn call_epoch(&self, boot: u32) -> u32 {
        self.seed.wrapping_add(boot) & !JOURNAL_EPOCH
    }

    pub(super) fn journal_epoch(&self) -> u32 {
        self.seed | JOURNAL_EPOCH
    }

    pub(super) fn deadline(&self) -> Instant {
        match () {
            () if self.failures > 0 => self.not_before, // nothing is done before, no append either
            () if self.append_failures >= TRIES => self.append_after,
            () => Instant::NEVER,
        }
    }
}

impl Operations<'_> {
    /// Whether something that a call has changed is not durable yet, on a device that does not go on failing.
    pub(super) fn is_storing(&mut self) -> bool {
        self.persistence.failures < TRIES && self.has_unsaved()
    }

    fn has_unsaved(&mut self) -> bool {
        #[cfg(feature = "reservation")]
        if self.reservations.is_unsaved() {
            return true;
        }
        #[cfg(feature = "smart-charging")]
        if self.profiles.is_unsaved() {
            return true;
        }
        self.keys.next_unsaved().is_some() || self.is_availability_unsaved() || self.cache.is_clearing()
    }

    /// The next operation on the storage device; its bytes lie in `scratch`. It must be done and its result handed to
    /// [`storage_done`](Self::storage_done), with `scratch` untouched in between, before anything else is asked for.
    ///
    /// `scratch` must stay the same from call to call.
    pub(crate) fn storage_op(&mut self, now: Instant, scratch: &mut Scratch<'_>) -> Option<StorageOp> {
        if self.persistence.failures > 0 && now < self.persistence.not_before {
            return None;
        }
        if self.delivery.give_up
            && let Some(record) = self.journal.first().and_then(|number| scratch.entry(number))
        {
            self.discard(Some(record));
        }
        let next = match self.persistence.recovery {
            #[cfg(any(feature = "local-auth-list", feature = "firmware-management"))]
            Recovery::Done if self.persistence.held_call.is_busy() => {
                Some((Task::HeldCall, self.persistence.held_call.storage_op(scratch.device())?))
            }
            Recovery::Done => self.next_task(now, scratch),
            step => self.recovery_op(step, scratch).map(|op| (Task::Recover, op)),
        };
        let Some((task, op)) = next else {
            // What has failed is not wanted any more.
            self.persistence.failures = 0;
            if self.persistence.append_failures > 0 && now >= self.persistence.append_after {
                self.persistence.append_failures = 0;
            }
            return None;
        };
        self.persistence.in_flight = Some(task);
        match op {
            StorageOp::AppendEntry(_, len) => self.persistence.storing_len = len,
            StorageOp::Load(_) | StorageOp::LoadEntry(_) | StorageOp::Thin(..) => _ = scratch.blank(),
            _ => {}
        }
        Some(op)
    }

    /// The result of the last [`storage_op`](Self::storage_op), or `Err` when the device failed. A failed operation is tried
    /// again, for ever; nothing that depends on it goes on before. What cannot be read at boot is not taken for missing: it
    /// would be overwritten. `room` is that of the device, for entries of [`PLAIN_LEN_MAX`] bytes.
    pub(crate) fn storage_done(
        &mut self,
        now: Instant,
        result: Result<StorageResult, ()>,
        room: u32,
        scratch: &mut Scratch<'_>,
    ) {
        self.task_done(now, result, scratch);
        self.journal.set_room(room);
        self.journal_full = self.journal.room() < self.entries_of_a_new_transaction();
    }

    fn task_done(&mut self, now: Instant, result: Result<StorageResult, ()>, scratch: &mut Scratch<'_>) {
        let Some(task) = self.persistence.in_flight.take() else { return };
        let Ok(result) = result else {
            self.dirty = true;
            warning!("storage device failed");
            self.persistence.failures = self.persistence.failures.saturating_add(1);
            self.persistence.not_before = now + RETRY_WAIT;
            self.do_without(now, task);
            return;
        };
        if !matches!(task, Task::LookForEntry) {
            self.persistence.failures = 0;
        }
        if let StorageResult::Loaded(Some(len)) = result {
            scratch.load(len);
        }
        let loaded = scratch.loaded();
        match task {
            #[cfg(any(feature = "local-auth-list", feature = "firmware-management"))]
            Task::HeldCall => self.persistence.held_call.done(result),
            Task::Recover => {
                self.dirty = true;
                self.recovered(now, &result, loaded);
            }
            Task::AppendStart(_) | Task::AppendStop(_) | Task::AppendMeterValues(..) | Task::AppendClock => {
                self.entry_appended(now, task, scratch);
            }
            Task::LookForEntry => {
                let doubtful = self.persistence.doubtful.take();
                if let Some(record) = loaded
                    && let Some(task) = doubtful
                    && Entry::is_sound(self.journal.next(), record)
                {
                    self.persistence.failures = 0;
                    self.persistence.storing_len = record.len();
                    self.entry_appended(now, task, scratch);
                }
            }
            Task::StoreTransaction(id) => self.transaction_stored(id),
            Task::ReleaseSample(id) => {
                self.transaction_stored(id);
                self.released();
            }
            Task::LoadSeries(connector, context) => {
                self.persistence.series = Some(LoadedSeries { connector, context });
            }
            Task::BeginSeries(id) => {
                if let Some(connector) = self.connector_mut(id) {
                    connector.series.is_begun = true;
                }
            }
            Task::StoreSeries => {}
            Task::LookUp(id, key) => self.looked_up(now, id, key, loaded),
            Task::StoreAvailability(id) => self.availability_stored(id),
            Task::ChangeCache => self.cache.stored(),
            #[cfg(feature = "reservation")]
            Task::ChangeReservation => self.reservations.stored(),
            #[cfg(feature = "smart-charging")]
            Task::ChangeProfile => self.profiles.stored(),
            #[cfg(feature = "firmware-management")]
            Task::LoadTransfer(direction) => {
                self.transfer_loaded(now, direction, loaded);
            }
            #[cfg(feature = "firmware-management")]
            Task::StoreTransfer(direction) => self.transfer_stored(direction),
            Task::SaveKey(key) => self.keys.saved(key),
            Task::StoreMark => self.journal.marked(),
            Task::Release => self.released(),
            Task::Thin => {
                if let StorageResult::Thinned(gone) = result {
                    self.thinned(gone);
                }
            }
            Task::SeekDate(number) => {
                let entry = loaded.and_then(|record| Entry::read(number, record));
                if let Some(at) = self.delivery.head_at {
                    self.dating.look_at(number, entry, at);
                }
            }
            Task::LoadFirst if loaded.is_none() && self.journal.pass_gap() => {}
            Task::LoadFirst => {
                if !self.is_sound_first(scratch) {
                    self.discard(None);
                }
            }
        }
    }

    fn transaction_stored(&mut self, id: ConnectorId) {
        if let Some(connector) = self.connector_mut(id) {
            connector.confirmed.stored();
        }
    }

    /// The first entry is gone from the device.
    fn released(&mut self) {
        self.journal.released();
        let was_message = !matches!(self.delivery.head, Some(Head::Clock));
        self.dating.released(was_message, self.journal.is_empty());
        self.delivery.released();
        self.dirty |= self.reset.is_pending(); // it waits for an empty journal
    }

    /// The device failed. What is only good to know is done without; all else is tried again.
    fn do_without(&mut self, now: Instant, task: Task) {
        if let Task::AppendStart(_) | Task::AppendStop(_) | Task::AppendMeterValues(..) | Task::AppendClock = task {
            self.persistence.doubtful = Some(task);
            self.persistence.append_failures = self.persistence.append_failures.saturating_add(1);
            if self.persistence.append_failures >= TRIES {
                self.persistence.append_after = now + APPEND_WAIT;
            }
        }
        match task {
            _ if self.persistence.failures < TRIES => {}
            #[cfg(any(feature = "local-auth-list", feature = "firmware-management"))]
            Task::HeldCall => self.persistence.held_call.failed(),
            Task::LookUp(id, key) => self.looked_up(now, id, key, None),
            Task::LoadSeries(connector, context) => {
                self.persistence.series = Some(LoadedSeries { connector, context });
            }
            #[cfg(feature = "firmware-management")]
            Task::LoadTransfer(direction) => self.transfer_unreadable(now, direction),
            _ => {}
        }
    }

    fn entry_appended(&mut self, now: Instant, task: Task, scratch: &mut Scratch<'_>) {
        let _ = now; // only limits have a time
        match task {
            Task::AppendStart(id) => {
                let number = self.journal.next();
                self.appended(id, Phase::Starting, scratch);
                self.start_recorded(id, number);
                #[cfg(feature = "smart-charging")]
                self.advance_limits(now); // before there is energy
            }
            Task::AppendStop(id) => {
                self.appended(id, Phase::Stopping, scratch);
                self.stop_recorded(id);
            }
            Task::AppendMeterValues(id, context) => {
                let number = self.journal.next();
                self.appended(id, Phase::Running, scratch);
                self.persistence.samples = self.persistence.samples.saturating_add(1);
                if let Some(connector) = self.connector_mut(id) {
                    connector.place.sampling.taken(context);
                    connector.session.sample = number;
                }
            }
            _ => {
                self.persistence.append_failures = 0;
                self.journal.appended();
                self.dating.followed_by(self.persistence.storing_at, false);
            }
        }
    }

    /// An entry is durable. The record buffer still holds it, which spares the first one the way back from the device.
    fn appended(&mut self, id: ConnectorId, phase: Phase, scratch: &mut Scratch<'_>) {
        self.persistence.append_failures = 0;
        let at = self.persistence.storing_at;
        self.dating.followed_by(at, true);
        let is_first = self.journal.is_empty();
        let number = self.journal.next();
        self.journal.appended();
        let Some(connector) = self.connectors.get(usize::from(id).wrapping_sub(1)).filter(|_| is_first) else { return };
        let session = &connector.session;
        scratch.hold_entry(number, self.persistence.storing_len);
        self.delivery.head_at = Some(at);
        match phase {
            Phase::Starting => {
                self.delivery.head = Some(Head::Start { connector: id, meter_start: session.meter_start });
                self.delivery.head_tag = session.id_tag.clone();
            }
            Phase::Stopping => {
                self.delivery.head = Some(Head::Stop { connector: id, start: session.entry });
                self.delivery.head_tag = session.stop.id_tag.clone().unwrap_or_default();
            }
            _ => self.delivery.head = Some(Head::MeterValues { connector: id }),
        }
    }

    /// Whether what was loaded is the first entry. The record buffer holds it then.
    fn is_sound_first(&mut self, scratch: &mut Scratch<'_>) -> bool {
        let (Some(number), Some(record)) = (self.journal.first(), scratch.loaded()) else { return false };
        let len = record.len();
        let is_sound = Entry::is_sound(number, record) && self.first_entry_loaded(number, record);
        if is_sound {
            scratch.hold_entry(number, len);
        }
        is_sound
    }

    #[inline(never)]
    fn next_task(&mut self, now: Instant, scratch: &mut Scratch<'_>) -> Option<(Task, StorageOp)> {
        if let Some(series) = self.persistence.series.take()
            && let Some(task) = self.extend_loaded_series(now, series, scratch)
        {
            return Some(task);
        }
        if self.journal_full
            && let Some(task) = self.make_room(scratch)
        {
            return Some(task);
        }
        // Not for ever, so that what waits can be delivered, which may be what makes room.
        if (self.persistence.append_failures < TRIES || now >= self.persistence.append_after)
            && let Some(task) = self.next_append(now, scratch)
        {
            return Some(task);
        }
        if self.delivery.confirmed_unsaved {
            for (connector, id) in self.connectors.iter().zip(1..) {
                if connector.confirmed.unsaved {
                    let (key, len) = self.store_transaction(id, scratch)?;
                    return Some((Task::StoreTransaction(id), StorageOp::Store(key, len)));
                }
            }
            self.delivery.confirmed_unsaved = false;
        }
        if self.delivery.release {
            return self.release(scratch);
        }
        let is_due = self.is_reachable() && self.delivery.is_due(now, &self.journal);
        if let (true, Some(at), Some(first)) = (is_due, self.delivery.head_at, self.journal.first())
            && let Some(number) = self.dating.next_to_look_at(at, first, self.journal.next())
        {
            return Some((Task::SeekDate(number), StorageOp::LoadEntry(number)));
        }
        if (is_due || self.delivery.give_up)
            && let first = self.journal.first()?
            && scratch.entry(first).is_none()
        {
            return Some((Task::LoadFirst, StorageOp::LoadEntry(first)));
        }
        // Last, so that what cannot be stored holds up no transaction.
        if self.persistence.has_chores {
            let chore = self.next_chore(scratch);
            self.persistence.has_chores = chore.is_some();
            if chore.is_some() {
                return chore;
            }
        }
        let key = self.keys.next_unsaved()?;
        Some((Task::SaveKey(key), self.keys.store(key, scratch.blank())?))
    }

    /// What is to be done on the device beside the journal.
    fn next_chore(&mut self, scratch: &mut Scratch<'_>) -> Option<(Task, StorageOp)> {
        if let Some((id, key)) = self.record_to_look_up() {
            return Some((Task::LookUp(id, key), StorageOp::Load(key)));
        }
        if let Some(task) = self.next_series() {
            return Some(task);
        }
        if let Some((id, op)) = self.store_availability(scratch) {
            return Some((Task::StoreAvailability(id), op));
        }
        #[cfg(feature = "reservation")]
        if let Some(op) = self.reservations.storage_op(scratch) {
            return Some((Task::ChangeReservation, op));
        }
        #[cfg(feature = "smart-charging")]
        if let Some(op) = self.profiles.storage_op(scratch) {
            return Some((Task::ChangeProfile, op));
        }
        #[cfg(feature = "firmware-management")]
        for direction in [Direction::Download, Direction::Upload] {
            match self.transfer_op(direction, scratch) {
                Some(op @ StorageOp::Load(_)) => return Some((Task::LoadTransfer(direction), op)),
                Some(op) => return Some((Task::StoreTransfer(direction), op)),
                None => {}
            }
        }
        if let Some(op) = self.cache.storage_op(scratch) {
            return Some((Task::ChangeCache, op));
        }
        None
    }

    /// The next entry of the journal.
    fn next_append(&mut self, now: Instant, scratch: &mut Scratch<'_>) -> Option<(Task, StorageOp)> {
        if self.persistence.doubtful.is_some() {
            return Some((Task::LookForEntry, StorageOp::LoadEntry(self.journal.next())));
        }
        // A connector without a value to record must not keep the others waiting.
        for _ in 0..self.connectors.len() {
            let id = self.next_to_append();
            if (id.is_some() || self.dating.is_due(&self.clock)) && self.journal.mark_due() {
                return Some((Task::StoreMark, self.journal.store_mark(scratch.blank())?));
            }
            if let Some(op) = self.append_clock(scratch) {
                return Some((Task::AppendClock, op));
            }
            if let Some(task) = self.append(now, id?, scratch) {
                return Some(task);
            }
        }
        None
    }

    /// The connector whose oldest event waits for its record.
    fn next_to_append(&self) -> Option<ConnectorId> {
        let mut oldest = None;
        let mut oldest_at = Instant::NEVER;
        for (connector, id) in self.connectors.iter().zip(1..) {
            let session = &connector.session;
            let at = match session.phase {
                Phase::Starting => session.started,
                Phase::Stopping if session.stop.released => session.stop.at,
                Phase::Running if connector.place.sampling.is_due() => Instant::NEVER,
                _ => continue,
            };
            if !session.is_silent && (oldest.is_none() || at < oldest_at) {
                (oldest, oldest_at) = (Some(id), at);
            }
        }
        oldest
    }

    fn append(&mut self, now: Instant, id: ConnectorId, scratch: &mut Scratch<'_>) -> Option<(Task, StorageOp)> {
        self.read_register(id);
        let number = self.journal.next();
        let wants_series = self.wants_transaction_data();
        let connector = self.connector(id)?;
        let session = &connector.session;
        let (task, at, len) = match session.phase {
            Phase::Starting if wants_series && !connector.series.is_begun => {
                // Before the start, so that no power cut loses where the transaction began.
                self.connector_mut(id)?.session.entry = number;
                let len = self.extend_series(now, id, ReadingContext::TransactionBegin, 0, scratch.blank())?;
                return Some((Task::BeginSeries(id), StorageOp::Store(series_record(id)?, len)));
            }
            Phase::Starting => {
                let at = self.stamp(session.started);
                let start = journal_entry::Start {
                    id_tag: &session.id_tag,
                    meter_start: session.meter_start,
                    reservation: session.reservation,
                };
                (Task::AppendStart(id), at, journal_entry::write_start(scratch.blank(), number, id, at, &start))
            }
            Phase::Stopping if wants_series => {
                let load = Task::LoadSeries(id, ReadingContext::TransactionEnd);
                return Some((load, StorageOp::Load(series_record(id)?)));
            }
            Phase::Stopping => return self.append_stop(id, false, scratch),
            _ => {
                let (context, moment) = connector.place.sampling.next()?;
                let at = self.date_of_sample(now, moment);
                let mut writer =
                    journal_entry::begin_meter_values(scratch.blank(), number, id, at, session.entry, context);
                // The last room is kept for transactions (MSG-15).
                let measured = !self.journal_full && self.sample(id, self.list_of(context), &mut writer);
                let len = writer.finish_entry(number);
                if !measured || self.connector_mut(id)?.place.sampling.is_thinned_out(context) {
                    self.connector_mut(id)?.place.sampling.taken(context);
                    return None;
                }
                (Task::AppendMeterValues(id, context), at, len)
            }
        };
        self.persistence.storing_at = at;
        Some((task, StorageOp::AppendEntry(number, len?)))
    }

    /// Writes the end of a transaction, with the series that was loaded, if it has one.
    fn append_stop(
        &mut self,
        id: ConnectorId,
        has_series: bool,
        scratch: &mut Scratch<'_>,
    ) -> Option<(Task, StorageOp)> {
        let number = self.journal.next();
        let connector = self.connector(id)?;
        let session = &connector.session;
        let id_tag = session.stop.id_tag.clone();
        let stop = journal_entry::Stop {
            start: session.entry,
            transaction: connector.confirmed.id_of(session.entry),
            meter_stop: session.register,
            reason: session.stop.reason,
            id_tag: id_tag.as_ref(),
        };
        let at = self.stamp(session.stop.at).not_before(session.began);
        let (record, len) = scratch.take_loaded();
        let with_series = match has_series {
            true => self.write_stop_with_series(id, number, at, &stop, len, record),
            false => None,
        };
        let len = match with_series.filter(|len| self.has_room_for(*len)) {
            Some(len) => len,
            None => journal_entry::begin_stop(record, number, id, at, &stop).finish_entry(number)?,
        };
        self.persistence.storing_at = at;
        Some((Task::AppendStop(id), StorageOp::AppendEntry(number, len)))
    }

    /// Whether the journal takes a long entry and the ends of all other transactions.
    fn has_room_for(&self, len: usize) -> bool {
        let entries = (len / PLAIN_LEN_MAX) as u32 + 1 + u32::from(self.connector_count());
        self.journal.room() > entries
    }

    /// Thins the samples when there is no room for another transaction, unless that has brought little lately.
    fn make_room(&mut self, scratch: &mut Scratch<'_>) -> Option<(Task, StorageOp)> {
        let worthwhile = (self.journal.len() / 4).clamp(1, SAMPLES_BETWEEN_THINNINGS);
        if self.persistence.samples < worthwhile {
            return None;
        }
        if !self.journal.begin_thinning() {
            return Some((Task::StoreMark, self.journal.store_mark(scratch.blank())?));
        }
        Some((Task::Thin, StorageOp::Thin(self.journal.first()?, self.journal.next())))
    }

    fn thinned(&mut self, gone: u32) {
        warning!("journal full: {} samples dropped", gone);
        self.journal.thinned(gone);
        self.persistence.samples = 0;
        for connector in self.connectors.iter_mut().filter(|connector| connector.session.is_running()) {
            connector.place.sampling.thin_out();
        }
    }

    /// The next series that a meter value is to be added to.
    fn next_series(&mut self) -> Option<(Task, StorageOp)> {
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

    fn extend_loaded_series(
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

    fn store_transaction(&self, id: ConnectorId, scratch: &mut Scratch<'_>) -> Option<(RecordKey, usize)> {
        let connector = self.connector(id)?;
        let id_tag = Some(&connector.session.id_tag).filter(|_| self.resumes);
        connector.confirmed.store(id, id_tag, scratch.blank())
    }

    fn release(&mut self, scratch: &mut Scratch<'_>) -> Option<(Task, StorageOp)> {
        let first = self.journal.first()?;
        if let Some(Head::Stop { connector: id, start }) = self.delivery.head
            && let Some(connector) = self.connector_mut(id)
            && connector.confirmed.stored_as_running
            && connector.confirmed.entry() == start
        {
            connector.confirmed.ended(start);
            let (key, len) = connector.confirmed.store(id, None, scratch.blank())?;
            return Some((Task::StoreTransaction(id), StorageOp::Store(key, len)));
        }
        if self.journal.mark_due() {
            return Some((Task::StoreMark, self.journal.store_mark(scratch.blank())?));
        }
        // TX-28: what the last sample of a transaction told of the register must not go with it.
        if let Some(Head::MeterValues { connector: id }) = self.delivery.head
            && self
                .connector_mut(id)
                .is_some_and(|connector| connector.confirmed.outlives_sample(first, &connector.session))
        {
            let (key, len) = self.store_transaction(id, scratch)?;
            return Some((Task::ReleaseSample(id), StorageOp::StoreAndRelease(key, len, first)));
        }
        Some((Task::Release, StorageOp::ReleaseEntry(first)))
    }
}
