//! Stands in for what a call wants from the device, where no operation wants anything.

use crate::store::{StorageOp, StorageResult};

#[derive(Debug)]
pub(super) struct HeldCall;

impl HeldCall {
    pub(super) const fn new() -> Self {
        Self
    }

    pub(super) fn is_busy(&self) -> bool {
        false
    }

    pub(super) fn storage_op(&mut self, _: &mut [u8]) -> Option<StorageOp> {
        None
    }

    pub(super) fn done(&mut self, _: StorageResult) {}

    pub(super) fn failed(&mut self) {}

    pub(super) fn waits(&self, _: bool) -> bool {
        false
    }
}
