//! Stands in for signed meter values where they are left out: nothing is signed, and the compiler removes the calls.

use super::ConnectorId;
use super::connector::Connector;
use super::core_profile::Core;
use super::device::task::Task;
use super::journal::entry::{Attached, Entry};
use crate::store::{Scratch, StorageOp};
use crate::time::{DateTime, Instant};

#[derive(Debug)]
pub(super) struct SignedValues {
    pub(super) copying: Copying,
}

impl SignedValues {
    pub(super) const fn new() -> Self {
        Self { copying: Copying }
    }

    pub(super) fn of_transaction(&self) -> u32 {
        0
    }

    pub(super) fn of_all(&self) -> u32 {
        0
    }
}

#[derive(Debug)]
pub(super) struct Copying;

impl Copying {
    pub(super) fn pieces(&self) -> u32 {
        0
    }

    pub(super) fn found(&mut self, _: u32, _: &[u8]) {}
}

#[derive(Debug)]
pub(super) struct Signing;

pub(super) enum SigningMoment {
    Sample,
    Aligned,
}

impl Signing {
    pub(super) const fn new() -> Self {
        Self
    }

    pub(super) fn restored() -> Self {
        Self
    }

    pub(super) fn has_sample(&self) -> bool {
        false
    }
}

pub(super) const MESSAGES_OF_BEGINNING: u32 = 0;
pub(crate) fn first_page(_: bool) -> u16 {
    0
}

pub(crate) fn is_page_of_piece(_: u16) -> bool {
    false
}

pub(super) fn is_piece(_: &[u8]) -> bool {
    false
}

pub(super) fn is_telling_of_key(_: u8) -> bool {
    false
}

impl Connector<'_> {
    pub(super) fn has_signed_beginning(&mut self, _: Instant) -> bool {
        true
    }

    pub(super) fn has_signed_end(&mut self, _: Instant) -> bool {
        true
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum SignedTask {}

pub(crate) enum MeterPublicKey<'k> {
    #[expect(dead_code)] // no meter has one
    None(core::convert::Infallible, core::marker::PhantomData<&'k ()>),
}

impl Core<'_> {
    pub(super) fn signed_task_done(&mut self, task: SignedTask, _: &mut Scratch<'_>) {
        match task {}
    }

    pub(super) fn signed_task_failed(&mut self, _: Instant, task: SignedTask, _: &mut Scratch<'_>) {
        match task {}
    }

    pub(super) fn waits_for_signed_end(&self, _: ConnectorId) -> bool {
        false
    }

    pub(super) fn next_signed_append(&mut self, _: ConnectorId, _: &mut Scratch<'_>) -> Option<(Task, StorageOp)> {
        None
    }

    pub(super) fn signed_sample_appended(&mut self, _: ConnectorId, _: &mut Scratch<'_>) {}

    pub(super) fn tell_stored(&self, _: ConnectorId) {}

    pub(super) fn announce_signed_meters(&mut self) {}

    pub(super) fn signs_beginning(&self, _: ConnectorId) -> bool {
        false
    }

    pub(super) fn signs_ends(&self, _: ConnectorId) -> bool {
        false
    }

    pub(super) fn sign_sample(&mut self, _: Instant, _: ConnectorId, _: SigningMoment) {}

    pub(super) fn tell_beginning(&mut self, _: ConnectorId) {}

    pub(crate) fn meter_public_key(&self, _: ConnectorId) -> Option<MeterPublicKey<'_>> {
        None
    }

    pub(super) fn advance_signing(&mut self, _: Instant) {}

    pub(super) fn signing_op(&mut self, _: Instant, _: &mut Scratch<'_>) -> Option<(Task, StorageOp)> {
        None
    }

    pub(super) fn attached_to_stop(&self, _: ConnectorId) -> Attached {
        Attached
    }

    pub(super) fn owes_pieces(&self) -> bool {
        false
    }

    pub(super) fn next_piece(&mut self, _: &mut Scratch<'_>) -> Option<(Task, StorageOp)> {
        None
    }

    pub(super) fn piece_appended(&mut self) {}

    pub(super) fn begin_signed_values(&mut self, _: &Entry<'_>, _: DateTime) {}

    pub(super) fn wanted_piece(&self) -> Option<(Task, StorageOp)> {
        None
    }

    pub(super) fn piece_is_first(&mut self) {}

    pub(super) fn releases_piece(&mut self) -> bool {
        false
    }
}
