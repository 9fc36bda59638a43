//! Stands in for signed updates where the security extension is left out: no update is signed, and the compiler removes the
//! calls.

use super::firmware::Firmware;
use super::progress::TransferStage;
use super::request::TransferRefused;
use crate::station::Station;
use crate::time::{Clock, Instant};
use crate::types::{FirmwareStatus, Symbol};
use core::marker::PhantomData;

pub(crate) struct SignedUpdate<'a>(PhantomData<&'a ()>);

impl SignedUpdate<'_> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }

    pub(super) fn adopt(&mut self, _: Option<i32>, _: u32) {}

    pub(super) fn statuses(&self) -> usize {
        FirmwareStatus::ALL.len()
    }

    #[cfg(feature = "remote-trigger")]
    pub(super) fn trigger(&mut self, _: bool) {}

    pub(super) fn request_id(&self) -> Option<i32> {
        None
    }

    pub(super) fn may_update_unsigned(&self) -> Result<(), TransferRefused> {
        Ok(())
    }

    pub(super) fn stage_after_download(&self) -> TransferStage {
        TransferStage::Downloaded
    }
}

impl Firmware<'_> {
    pub(super) fn signed_update_adopted(&mut self, _: &Clock, _: Instant, _: u32) {}
}

impl Station<'_> {
    pub(super) fn advance_signed_update(&mut self, _: Instant) {}
}
