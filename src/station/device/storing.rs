//! What is written when.
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
//! | a signed value of the beginning is durable, and tied to its start | the start | no power cut gives it to another one |
//! | a message that has a signed value of its own | the meter may forget that | what is stored is told |
//! | a message that has signed values | their pieces, and nothing before them | it goes out with all of them |
//! | a changed key or availability is durable | the answer, which is held until then | an accepted value survives |

use super::persistence::TRIES;
use super::task::Task;
use crate::station::core_profile::Core;
use crate::station::journal::delivery::EntryHead;
use crate::station::transfer::Direction;
use crate::station::{ConnectorId, Station};
use crate::store::{RecordKey, Scratch, StorageOp};
use crate::time::Instant;

impl Station<'_> {
    #[inline(never)]
    pub(in crate::station) fn next_task(
        &mut self,
        now: Instant,
        scratch: &mut Scratch<'_>,
    ) -> Option<(Task, StorageOp)> {
        if let Some(series) = self.core.common.persistence.series.take()
            && let Some(task) = self.core.extend_loaded_series(now, series, scratch)
        {
            return Some(task);
        }
        if self.core.common.persistence.appending.journal_full
            && let Some(task) = self.core.common.make_room(scratch)
        {
            return Some(task);
        }
        // Not for ever, so that what waits can be delivered, which may be what makes room.
        let appending = &self.core.common.persistence.appending;
        if (appending.failures < TRIES || now >= appending.not_before)
            && let Some(task) = self.core.next_append(now, scratch)
        {
            return Some(task);
        }
        if self.core.delivery.confirmed_unsaved {
            for (connector, id) in self.core.connectors.iter().zip(1..) {
                if connector.confirmed.unsaved {
                    let (key, len) = self.core.store_transaction(id, scratch)?;
                    return Some((Task::StoreTransaction(id), StorageOp::Store(key, len)));
                }
            }
            self.core.delivery.confirmed_unsaved = false;
        }
        if self.core.delivery.release {
            return self.core.release(scratch);
        }
        let is_turn_of_events = self.security.is_turn_of_events(&self.core, now);
        if is_turn_of_events && let Some(op) = self.security.load_security_event(scratch) {
            return Some((Task::LoadSecurityEvent, op));
        }
        let is_due = !is_turn_of_events
            && self.core.common.is_reachable()
            && self.core.delivery.is_due(now, &self.core.common.journal);
        if let (true, Some(at), Some(first)) = (is_due, self.core.delivery.head_at, self.core.common.journal.first())
            && let Some(number) = self.core.common.dating.next_to_look_at(at, first, self.core.common.journal.next())
        {
            return Some((Task::SeekDate(number), StorageOp::LoadEntry(number)));
        }
        if (is_due || self.core.delivery.give_up)
            && let first = self.core.common.journal.first()?
            && scratch.entry(first).is_none()
        {
            return Some((Task::LoadFirst, StorageOp::LoadEntry(first)));
        }
        // Last, so that what cannot be stored holds up no transaction.
        if self.core.common.persistence.has_chores || self.core.common.keys.is_unsaved() {
            if self.core.common.persistence.has_chores
                && let Some(task) = self.next_errand(now, scratch)
            {
                return Some(task);
            }
            if let Some((shelf, change)) = self.next_change(scratch) {
                return Some((Task::Change { shelf, record: change.record }, change.op()));
            }
            self.core.common.persistence.has_chores = false;
        }
        self.core.wanted_piece() // by an RPC layer of the firmware's own, between two pages
    }

    /// What is on no shelf.
    fn next_errand(&mut self, now: Instant, scratch: &mut Scratch<'_>) -> Option<(Task, StorageOp)> {
        if let Some((id, key)) = self.record_to_look_up() {
            return Some((Task::LookUp(id, key), StorageOp::Load(key)));
        }
        if let Some(task) = self.core.next_series() {
            return Some(task);
        }
        if let Some(task) = self.core.signing_op(now, scratch) {
            return Some(task);
        }
        for direction in Direction::ALL {
            if let Some(op) = self.transfers.transfer_to_load(*direction) {
                return Some((Task::LoadTransfer(*direction), op));
            }
        }
        if self.core.common.dating.is_unsaved {
            return Some((Task::StoreDate, self.core.common.store_system(scratch)?));
        }
        None
    }

    /// The first entry is gone from the device.
    pub(in crate::station) fn released(&mut self) {
        self.core.common.journal.released();
        let was_message = !matches!(self.core.delivery.head, Some(EntryHead::Clock));
        self.core.common.dating.released(was_message, self.core.common.journal.is_empty());
        self.core.delivery.released();
        self.core.delivery.release = self.core.releases_piece();
        self.core.common.agenda.look_again_if(self.reset.is_pending()); // it waits for an empty journal
    }
}

impl Core<'_> {
    pub(in crate::station) fn store_transaction(
        &self,
        id: ConnectorId,
        scratch: &mut Scratch<'_>,
    ) -> Option<(RecordKey, usize)> {
        let connector = self.connector(id)?;
        let id_tag = Some(&connector.session.card.id_tag).filter(|_| self.resumes);
        connector.confirmed.store(id, id_tag, scratch.blank())
    }

    pub(in crate::station) fn transaction_stored(&mut self, id: ConnectorId) {
        if let Some(connector) = self.connector_mut(id) {
            connector.confirmed.stored();
        }
    }

    pub(in crate::station) fn release(&mut self, scratch: &mut Scratch<'_>) -> Option<(Task, StorageOp)> {
        let first = self.common.journal.first()?;
        if let Some(EntryHead::Stop { connector: id, start }) = self.delivery.head
            && let Some(connector) = self.connector_mut(id)
            && connector.confirmed.stored_as_running
            && connector.confirmed.entry() == start
        {
            connector.confirmed.ended(start);
            let (key, len) = connector.confirmed.store(id, None, scratch.blank())?;
            return Some((Task::StoreTransaction(id), StorageOp::Store(key, len)));
        }
        if self.common.journal.mark_due() {
            return Some((Task::StoreMark, self.common.journal.store_mark(scratch.blank())?));
        }
        // TX-28: what the last sample of a transaction told of the register must not go with it.
        if let Some(EntryHead::MeterValues { connector: id }) = self.delivery.head
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
