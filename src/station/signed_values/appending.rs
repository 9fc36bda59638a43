//! What is appended to the journal for signed values, and what must be durable before a start and an end.

use super::meter::SigningMoment;
use super::signing::{SignedSample, Signing, SigningStage};
use super::task::SignedTask;
use crate::station::ConnectorId;
use crate::station::core_profile::Core;
use crate::station::device::task::Task;
use crate::station::journal::entry;
use crate::station::session::Phase;
use crate::store::{Scratch, StorageOp};

impl Core<'_> {
    /// What signed values want to be done before the next entry of a connector, or as that.
    pub(crate) fn next_signed_append(
        &mut self,
        id: ConnectorId,
        scratch: &mut Scratch<'_>,
    ) -> Option<(Task, StorageOp)> {
        let connector = self.connector(id)?;
        if let Some(signed) = connector.signing.sample(connector.session.started) {
            return self.append_signed(id, &signed, scratch);
        }
        match connector.session.phase() {
            Phase::Starting => {
                let number = self.common.journal.next();
                self.seal_beginning(id, number, scratch)
                    .map(|op| (Task::OfSignedValues(SignedTask::SealBeginning(id)), op))
            }
            Phase::Stopping => {
                let op = self.beginning_to_look_up(id)?;
                Some((Task::OfSignedValues(SignedTask::LookUpBeginning(id)), op))
            }
            _ => None,
        }
    }

    /// Whether the value of the end is still to come, whatever has ended the transaction (SMV-11).
    pub(crate) fn waits_for_signed_end(&self, id: ConnectorId) -> bool {
        let is_settled = |signing: &Signing| {
            signing.moment == SigningMoment::End
                && matches!(signing.stage, SigningStage::Durable | SigningStage::Missing)
        };
        self.signs_ends(id) && !self.connector(id).is_some_and(|connector| is_settled(&connector.signing))
    }

    /// Writes a signed value as a message of its own. The last room is kept for transactions (MSG-15).
    fn append_signed(
        &mut self,
        id: ConnectorId,
        signed: &SignedSample,
        scratch: &mut Scratch<'_>,
    ) -> Option<(Task, StorageOp)> {
        let SignedSample { context, at, attached } = *signed;
        if self.common.persistence.appending.journal_full || !self.has_room_for(attached.len_max()) {
            self.connector_mut(id)?.signing.sample_taken();
            return None;
        }
        let number = self.common.journal.next();
        let at = self.common.stamp(at);
        let start = self.connector(id)?.session.entry;
        let writer = entry::begin_meter_values(scratch.blank(), number, id, at, start, context, attached);
        self.common.persistence.storing.at = at;
        Some((Task::AppendSigned(id), StorageOp::AppendEntry(number, writer.finish_entry(number)?)))
    }

    /// A message of this connector is durable, and with it the value that was taken for it: the meter may forget that.
    pub(crate) fn tell_stored(&self, id: ConnectorId) {
        if let (true, Some(connector)) = (self.signed_values.copying.owes_other(), self.connector(id))
            && let Some(meter) = connector.signed_meter()
        {
            meter.stored();
        }
    }

    pub(crate) fn signed_sample_appended(&mut self, id: ConnectorId, scratch: &mut Scratch<'_>) {
        self.appended(id, Phase::Running, scratch);
        if let Some(connector) = self.connector_mut(id) {
            connector.signing.sample_taken();
        }
    }
}
