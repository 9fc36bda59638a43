//! What the device is to do next, and what comes of it. What is written when stands in [`storing`](super::storing) and
//! [`appending`](crate::station::journal::appending), what is read at boot in [`recovery`](super::recovery).

use super::persistence::{LoadedSeries, Recovery, TRIES};
use super::task::Task;
use crate::log::warning;
use crate::station::Station;
use crate::station::core_profile::Core;
use crate::station::journal::entry::Entry;
use crate::station::signed_values::is_piece;
use crate::store::{Scratch, StorageOp, StorageResult};
use crate::time::{Duration, Instant};

/// The wait before a failed operation is tried again.
const RETRY_WAIT: Duration = Duration::from_secs(1);
/// The wait before the next entry is tried on a device that goes on failing to append.
const APPEND_WAIT: Duration = Duration::from_secs(10);

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
            let appending = &mut self.core.common.persistence.appending;
            if appending.failures > 0 && now >= appending.not_before {
                appending.failures = 0;
            }
            return None;
        };
        self.core.common.persistence.in_flight = Some(task);
        match op {
            StorageOp::AppendEntry(_, len) => self.core.common.persistence.storing.len = len,
            StorageOp::Load(_) | StorageOp::LoadEntry(_) | StorageOp::Thin(..) => _ = scratch.blank(),
            _ => {}
        }
        Some(op)
    }

    /// The result of the last [`storage_op`](Self::storage_op), or `Err` when the device failed. A failed operation is tried
    /// again, for ever; nothing that depends on it goes on before. What cannot be read at boot is not taken for missing: it
    /// would be overwritten. `room` is that of the device, for entries of
    /// [`PLAIN_LEN_MAX`](crate::station::journal::entry::PLAIN_LEN_MAX) bytes.
    pub(crate) fn storage_done(
        &mut self,
        now: Instant,
        result: Result<StorageResult, ()>,
        room: u32,
        scratch: &mut Scratch<'_>,
    ) {
        self.task_done(now, result, scratch);
        self.core.common.journal.set_room(room);
        self.core.common.persistence.appending.journal_full =
            self.core.common.journal.room() < self.core.entries_of_a_new_transaction();
    }

    fn task_done(&mut self, now: Instant, result: Result<StorageResult, ()>, scratch: &mut Scratch<'_>) {
        let Some(task) = self.core.common.persistence.in_flight.take() else { return };
        self.core.common.agenda.look_again_if(!task.is_housekeeping() || result.is_err());
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
                let doubtful = self.core.common.persistence.appending.doubtful.take();
                if let Some(record) = loaded
                    && let Some(task) = doubtful
                    && Entry::is_sound(self.core.common.journal.next(), record)
                {
                    self.core.common.persistence.failures = 0;
                    self.core.common.persistence.storing.len = record.len();
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
            let appending = &mut self.core.common.persistence.appending;
            appending.doubtful = Some(task);
            appending.failures = appending.failures.saturating_add(1);
            if appending.failures >= TRIES {
                appending.not_before = now + APPEND_WAIT;
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
