//! What follows from what the device has done for signed values.

use super::task::SignedTask;
use crate::station::core_profile::Core;
use crate::store::Scratch;
use crate::time::Instant;

/// So often, once in a second, a device that fails is asked for what it has of a value. Then others have their turn.
const TRIES: u8 = 250;
/// The same in the middle of a message: no longer than central systems wait for a pong.
const TRIES_IN_A_MESSAGE: u8 = 20;

impl Core<'_> {
    pub(crate) fn signed_task_done(&mut self, task: SignedTask, scratch: &mut Scratch<'_>) {
        match task {
            SignedTask::StorePiece(id) => self.piece_stored(id),
            SignedTask::StoreTail(id) => self.tail_stored(id),
            SignedTask::SealBeginning(id) => self.beginning_sealed(id),
            SignedTask::LookUpBeginning(id) => self.beginning_looked_up(id, scratch.loaded()),
            SignedTask::LoadPiece => self.piece_loaded(scratch.loaded()),
            SignedTask::RemovePiece => self.piece_removed(),
            SignedTask::FetchPiece(number) => self.piece_fetched(number, scratch),
        }
    }

    /// The device goes on failing. What it has of a value is waited for: one with a gap is worth nothing.
    pub(crate) fn signed_task_failed(&mut self, now: Instant, task: SignedTask, scratch: &mut Scratch<'_>) {
        let failures = self.common.persistence.failures;
        match task {
            SignedTask::StorePiece(id) | SignedTask::StoreTail(id) => self.piece_not_stored(now, id),
            SignedTask::LookUpBeginning(id) if failures >= TRIES => self.beginning_looked_up(id, None),
            SignedTask::LoadPiece if failures >= TRIES => self.piece_loaded(None),
            SignedTask::FetchPiece(number) if failures >= TRIES_IN_A_MESSAGE => self.piece_settled(number, scratch),
            _ => {}
        }
    }
}
