//! Stands in for signed updates where the security extension is left out: no update is signed, and the compiler removes the
//! calls.

use super::answer::Cause;
use super::common::Common;
use super::transfer::Stage;
use super::transfer::Transfers;
use super::{FirmwareStatus, Station};
use crate::time::Instant;
use crate::types::Symbol;
use core::marker::PhantomData;

pub(super) struct SignedUpdate<'a>(PhantomData<&'a ()>);

impl SignedUpdate<'_> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }

    pub(super) fn adopt(&mut self, _: Option<i32>, _: u32) {}

    pub(super) fn statuses(&self) -> usize {
        FirmwareStatus::ALL.len()
    }

    pub(super) fn request_id(&self) -> Option<i32> {
        None
    }
}

impl Transfers<'_> {
    pub(super) fn may_update_unsigned(&self) -> Result<(), Cause> {
        Ok(())
    }

    pub(super) fn signed_update_adopted(&mut self, _: &Common<'_>, _: Instant, _: u32) {}

    pub(super) fn stage_after_download(&self) -> Stage {
        Stage::Downloaded
    }
}

impl Station<'_> {
    pub(super) fn advance_signed_update(&mut self, _: Instant) {}
}
