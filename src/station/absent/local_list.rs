//! Stands in for the local authorisation list where that profile is left out: nobody is listed.

use super::Known;
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::station::room::Room;
use crate::station::{IdTagInfo, IdToken};
use crate::store::{Keys, RecordKey};
use crate::time::Instant;
use core::marker::PhantomData;

pub(crate) struct ListSlot;

pub(crate) struct LocalList<'a>(PhantomData<&'a ()>);

impl ListSlot {
    pub(crate) const FREE: Self = Self;
}

impl<'a> LocalList<'a> {
    pub(crate) fn new(_: &'a mut [ListSlot]) -> Self {
        Self(PhantomData)
    }

    pub(crate) fn announce(&self, _: &mut Keys<'_>, _: &Room) {}

    pub(crate) fn abandon(&mut self) {}
}

pub(crate) fn is_of_list(_: RecordKey) -> bool {
    false
}

pub(crate) fn place_behind(_: RecordKey) -> usize {
    0
}

impl LocalList<'_> {
    pub(crate) fn listed(&self, _: &Common<'_>, _: &IdToken, _: usize) -> Option<RecordKey> {
        None
    }

    pub(crate) fn compare_with_list(&mut self, _: &mut Common<'_>, _: &IdToken, info: IdTagInfo) -> Option<IdTagInfo> {
        Some(info)
    }

    pub(crate) fn record_to_compare(&self, _: &Common<'_>) -> Option<RecordKey> {
        None
    }

    pub(crate) fn compare_answer(
        &mut self,
        _: &mut Core<'_>,
        _: Instant,
        _: RecordKey,
        _: Option<&[u8]>,
    ) -> Option<(IdToken, IdTagInfo)> {
        None
    }
}

pub(in crate::station) fn known_by_list(
    _: &Common<'_>,
    _: Instant,
    _: &IdToken,
    _: RecordKey,
    _: Option<&[u8]>,
) -> Option<Known> {
    None
}
