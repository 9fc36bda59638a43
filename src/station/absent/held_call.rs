//! Stands in for what a call wants from the device, where no operation wants anything.

use crate::store::{StorageOp, StorageResult};

#[derive(Debug)]
pub(in crate::station) struct HeldCall;

impl HeldCall {
    pub(in crate::station) const fn new() -> Self {
        Self
    }

    pub(in crate::station) fn is_busy(&self) -> bool {
        false
    }

    pub(in crate::station) fn storage_op(&mut self, _: &mut [u8]) -> Option<StorageOp> {
        None
    }

    pub(in crate::station) fn done(&mut self, _: StorageResult) {}

    pub(in crate::station) fn failed(&mut self) {}

    pub(in crate::station) fn waits(&self, _: bool) -> bool {
        false
    }
}
