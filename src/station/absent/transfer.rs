//! Stands in for firmware management where that profile is left out: there is nothing to download or to upload.

use super::Station;
use super::common::Common;
use crate::rpc::Outcome;
use crate::store::StorageOp;
use crate::time::Instant;
use core::marker::PhantomData;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Download,
    Upload,
}

impl Direction {
    pub(super) const ALL: &'static [Self] = &[];
}

pub(crate) struct Transfers<'a>(PhantomData<&'a ()>);

impl Transfers<'_> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl Transfers<'_> {
    pub(super) fn announce_firmware_management(&self, _: &mut Common<'_>) {}

    pub(super) fn is_firmware_new(&self) -> bool {
        false
    }

    pub(super) fn is_writing_firmware(&self) -> bool {
        false
    }

    pub(super) fn transfers_link(&mut self, _: &mut Common<'_>, _: bool) {}

    pub(super) fn transfer_to_load(&mut self, _: Direction) -> Option<StorageOp> {
        None
    }

    pub(super) fn transfer_unreadable(&mut self, _: &mut Common<'_>, _: Instant, _: Direction) {}

    #[cfg(feature = "remote-trigger")]
    pub(super) fn trigger_signed(&mut self, _: bool) {}

    #[cfg(feature = "remote-trigger")]
    pub(super) fn trigger_transfer(&mut self, _: Direction) {}

    pub(crate) fn conclude_status_report(&mut self, _: &mut Common<'_>, _: Direction, _: Outcome<'_>) {}

    pub(crate) fn reports_arrived(&mut self, _: &mut Common<'_>) {}
}

impl Station<'_> {
    pub(super) fn advance_transfers(&mut self, _: Instant) {}

    pub(super) fn transfer_loaded(&mut self, _: Instant, _: Direction, _: Option<&[u8]>) {}
}
