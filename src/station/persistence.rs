//! What the device is busy with, one operation at a time, and what comes of it. What is written when stands in
//! [`storing`](super::storing) and [`appending`](super::appending), what is read at boot in [`recovery`](super::recovery).

use super::core_profile::Core;
use super::held_call::HeldCall;
use super::journal_entry::{Entry, Stamp};
use super::recovery::Recovery;
use super::signed_values::{SignedTask, is_piece};
use super::transfer::Direction;
use super::{ConnectorId, ReadingContext, Station};
use crate::log::warning;
use crate::store::{RecordKey, Scratch, StorageOp, StorageResult};
use crate::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct Persistence {
    pub(super) recovery: Recovery,
    in_flight: Option<Task>,
    /// The length of the record that is being stored.
    pub(super) storing_len: usize,
    /// When that of an entry happened.
    pub(super) storing_at: Stamp,
    /// A series of meter values that was loaded to be extended.
    pub(super) series: Option<LoadedSeries>,
    not_before: Instant,
    /// So often in a row the device has failed.
    pub(super) failures: u8,
    /// So often in a row an entry could not be appended, and until when no other is tried.
    pub(super) append_failures: u8,
    pub(super) append_after: Instant,
    /// Its writing has failed, but the entry may be on the device: another one never takes its number before that is known.
    pub(super) doubtful: Option<Task>,
    /// Samples in the journal that no thinning has looked at.
    pub(super) samples: u32,
    /// There may be something to do on the device that is neither about the journal nor about a key.
    pub(super) has_chores: bool,
    pub(super) held_call: HeldCall,
    /// Random, drawn once in the life of the device's content: the base of all message ids.
    pub(super) seed: u32,
}

/// The series of a connector was loaded, if there is one.
#[derive(Clone, Copy, Debug)]
pub(super) struct LoadedSeries {
    pub(crate) connector: ConnectorId,
    /// What it is to be extended by.
    pub(super) context: ReadingContext,
}

/// What the device is busy with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    HeldCall,
    Recover,
    AppendStart(ConnectorId),
    AppendStop(ConnectorId),
    AppendMeterValues(ConnectorId, ReadingContext),
    AppendClock,
    /// MeterValues of a signed value.
    #[cfg_attr(not(feature = "signed-meter-values"), expect(dead_code))] // there are none
    AppendSigned(ConnectorId),
    /// A piece of what the message before has attached.
    #[cfg_attr(not(feature = "signed-meter-values"), expect(dead_code))] // there are none
    AppendPiece,
    /// Whether the entry is there whose writing has failed.
    LookForEntry,
    StoreTransaction(ConnectorId),
    LoadSeries(ConnectorId, ReadingContext),
    BeginSeries(ConnectorId),
    StoreSeries,
    #[cfg_attr(not(feature = "signed-meter-values"), expect(dead_code))] // there are none
    OfSignedValues(SignedTask),
    LookUp(ConnectorId, RecordKey),
    LoadTransfer(Direction),
    LoadSecurityEvent,
    /// A record of a shelf.
    Change {
        shelf: u8,
        record: RecordKey,
    },
    StoreDate,
    StoreMark,
    Release,
    ReleaseSample(ConnectorId),
    LoadFirst,
    SeekDate(u32),
    Thin,
}

impl Task {
    /// Whether it changes nothing that any block waits for.
    fn is_housekeeping(self) -> bool {
        matches!(
            self,
            Self::HeldCall
                | Self::AppendMeterValues(..)
                | Self::AppendPiece
                | Self::StoreTransaction(_)
                | Self::LoadSeries(..)
                | Self::BeginSeries(_)
                | Self::StoreSeries
                | Self::StoreDate
                | Self::StoreMark
                | Self::Release
                | Self::ReleaseSample(_)
                | Self::Change { .. }
                | Self::LoadFirst
                | Self::SeekDate(_)
        )
    }

    /// Whether it puts an entry into the journal.
    fn is_append(self) -> bool {
        matches!(
            self,
            Self::AppendStart(_)
                | Self::AppendStop(_)
                | Self::AppendMeterValues(..)
                | Self::AppendClock
                | Self::AppendSigned(_)
                | Self::AppendPiece
        )
    }
}

/// The wait before a failed operation is tried again.
const RETRY_WAIT: Duration = Duration::from_secs(1);
/// The wait before the next entry is tried on a device that goes on failing to append.
const APPEND_WAIT: Duration = Duration::from_secs(10);
/// So many samples are worth the wear of a thinning.
pub(super) const SAMPLES_BETWEEN_THINNINGS: u32 = 32;
/// So often the device is asked for what can be done without, and so many failures hold up an answer.
pub(super) const TRIES: u8 = 3;
/// The ids of the journal's messages have this bit set, those of all others have not.
const JOURNAL_EPOCH: u32 = 0x8000_0000;

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
            held_call: HeldCall::new(),
            seed: 0,
        }
    }

    /// The last operation has failed.
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
            () if self.is_failing() => self.not_before, // nothing is done before, no append either
            () if self.append_failures >= TRIES => self.append_after,
            () => Instant::NEVER,
        }
    }
}

impl Station<'_> {
    /// Whether something that a call has changed is not durable yet, on a device that does not go on failing.
    pub(crate) fn is_storing(&self) -> bool {
        self.core.common.persistence.failures < TRIES && self.is_promised()
    }

    /// The next operation on the storage device; its bytes lie in `scratch`. It must be done and its result handed to
    /// [`storage_done`](Self::storage_done), with `scratch` untouched in between, before anything else is asked for.
    ///
    /// `scratch` must stay the same from call to call.
    pub(crate) fn storage_op(&mut self, now: Instant, scratch: &mut Scratch<'_>) -> Option<StorageOp> {
        if self.core.common.persistence.failures > 0 && now < self.core.common.persistence.not_before {
            return None;
        }
        if self.core.delivery.give_up
            && let Some(record) = self.core.common.journal.first().and_then(|number| scratch.entry(number))
        {
            self.core.discard(Some(record));
        }
        let next = match self.core.common.persistence.recovery {
            Recovery::Done if self.core.common.persistence.held_call.is_busy() => {
                Some((Task::HeldCall, self.core.common.persistence.held_call.storage_op(scratch.device())?))
            }
            Recovery::Done => self.next_task(now, scratch),
            step => self.recovery_op(step, scratch).map(|op| (Task::Recover, op)),
        };
        let Some((task, op)) = next else {
            // What has failed is not wanted any more.
            self.core.common.persistence.failures = 0;
            if self.core.common.persistence.append_failures > 0 && now >= self.core.common.persistence.append_after {
                self.core.common.persistence.append_failures = 0;
            }
            return None;
        };
        self.core.common.persistence.in_flight = Some(task);
        match op {
            StorageOp::AppendEntry(_, len) => self.core.common.persistence.storing_len = len,
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
        self.core.common.journal.set_room(room);
        self.core.common.journal_full = self.core.common.journal.room() < self.core.entries_of_a_new_transaction();
    }

    fn task_done(&mut self, now: Instant, result: Result<StorageResult, ()>, scratch: &mut Scratch<'_>) {
        let Some(task) = self.core.common.persistence.in_flight.take() else { return };
        self.core.common.look_again_if(!task.is_housekeeping() || result.is_err());
        let Ok(result) = result else {
            warning!("storage device failed");
            self.core.common.persistence.failures = self.core.common.persistence.failures.saturating_add(1);
            self.core.common.persistence.not_before = now + RETRY_WAIT;
            self.do_without(now, task, scratch);
            return;
        };
        if !matches!(task, Task::LookForEntry) {
            self.core.common.persistence.failures = 0;
        }
        if let StorageResult::Loaded(Some(len)) = result {
            scratch.load(len);
        }
        let loaded = scratch.loaded();
        match task {
            Task::HeldCall => self.core.common.persistence.held_call.done(result),
            Task::Recover => {
                self.recovered(now, &result, loaded);
            }
            Task::AppendStart(_)
            | Task::AppendStop(_)
            | Task::AppendMeterValues(..)
            | Task::AppendClock
            | Task::AppendSigned(_)
            | Task::AppendPiece => self.entry_appended(now, task, scratch),
            Task::LookForEntry => {
                let doubtful = self.core.common.persistence.doubtful.take();
                if let Some(record) = loaded
                    && let Some(task) = doubtful
                    && Entry::is_sound(self.core.common.journal.next(), record)
                {
                    self.core.common.persistence.failures = 0;
                    self.core.common.persistence.storing_len = record.len();
                    self.entry_appended(now, task, scratch);
                }
            }
            Task::StoreTransaction(id) => self.core.transaction_stored(id),
            Task::ReleaseSample(id) => {
                self.core.transaction_stored(id);
                self.released();
            }
            Task::LoadSeries(connector, context) => {
                self.core.common.persistence.series = Some(LoadedSeries { connector, context });
            }
            Task::BeginSeries(id) => {
                if let Some(connector) = self.core.connector_mut(id) {
                    connector.series.is_begun = true;
                }
            }
            Task::StoreSeries => {}
            Task::OfSignedValues(task) => self.core.signed_task_done(task, scratch),
            Task::LookUp(id, key) => self.looked_up(now, id, key, loaded),
            Task::LoadTransfer(direction) => {
                self.transfer_loaded(now, direction, loaded);
            }
            Task::LoadSecurityEvent => self.security.security_event_loaded(&mut self.core.common, scratch),
            Task::Change { shelf, record } => self.record_changed(shelf, record),
            Task::StoreDate => self.core.common.dating.is_unsaved = false,
            Task::StoreMark => self.core.common.journal.marked(),
            Task::Release => self.released(),
            Task::Thin => {
                if let StorageResult::Thinned(gone) = result {
                    self.core.thinned(gone);
                }
            }
            Task::SeekDate(number) => {
                let entry = loaded.and_then(|record| Entry::read(number, record));
                if let Some(at) = self.core.delivery.head_at {
                    self.core.common.dating.read_date(number, entry, at);
                }
            }
            Task::LoadFirst if loaded.is_some_and(is_piece) => self.core.piece_is_first(),
            Task::LoadFirst if loaded.is_none() && self.core.common.journal.pass_gap() => {}
            Task::LoadFirst => {
                if !self.core.is_sound_first(scratch) {
                    self.core.discard(None);
                }
            }
        }
    }

    /// The device failed. What is only good to know is done without; all else is tried again.
    fn do_without(&mut self, now: Instant, task: Task, scratch: &mut Scratch<'_>) {
        if task.is_append() {
            self.core.common.persistence.doubtful = Some(task);
            self.core.common.persistence.append_failures =
                self.core.common.persistence.append_failures.saturating_add(1);
            if self.core.common.persistence.append_failures >= TRIES {
                self.core.common.persistence.append_after = now + APPEND_WAIT;
            }
        }
        match task {
            _ if self.core.common.persistence.failures < TRIES => {}
            Task::HeldCall => self.core.common.persistence.held_call.failed(),
            Task::LookUp(id, key) => self.looked_up(now, id, key, None),
            Task::OfSignedValues(task) => self.core.signed_task_failed(now, task, scratch),
            Task::LoadSeries(connector, context) => {
                self.core.common.persistence.series = Some(LoadedSeries { connector, context });
            }
            Task::LoadTransfer(direction) => self.transfers.transfer_unreadable(&mut self.core.common, now, direction),
            _ => {}
        }
    }
}

impl Core<'_> {
    /// The same in the middle of a message that goes on with what lies on the device.
    pub(crate) fn page_op(&mut self, now: Instant, scratch: &mut Scratch<'_>) -> Option<StorageOp> {
        let (task, op) = self.next_page(now)?;
        self.common.persistence.in_flight = Some(task);
        let _ = scratch.blank();
        Some(op)
    }

    /// Whether a message that is being written waits for the device only.
    pub(crate) fn wants_page(&self, now: Instant) -> bool {
        self.next_page(now).is_some()
    }

    fn next_page(&self, now: Instant) -> Option<(Task, StorageOp)> {
        let may_ask = self.common.persistence.failures == 0 || now >= self.common.persistence.not_before;
        self.wanted_piece().filter(|_| may_ask)
    }
}
