//! Stands in for what a call wants from the device, where no operation wants anything.

use super::common::Common;
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
}

impl Common<'_> {
    pub(super) fn forget_device(&mut self) {}

    pub(crate) fn wants_device(&self) -> bool {
        false
    }
}
