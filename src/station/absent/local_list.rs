//! Stands in for the local authorisation list where that profile is left out: nobody is listed.

use super::answer::{Cause, StatusAnswer};
use super::authorization::Known;
use super::common::Common;
use super::core_profile::Core;
use super::tokens::Tokens;
use super::{IdTagInfo, IdToken};
use crate::json::{Json, Payload, Raw, Writer};
use crate::store::{Keys, RecordKey, Scratch};
use crate::time::Instant;
use core::marker::PhantomData;

pub(crate) struct ListSlot;

pub(super) struct LocalList<'a>(PhantomData<&'a ()>);

/// RPC-14: a profile of which this build has nothing says so by a status, where there is one.
pub(crate) struct ListVersion;

impl ListSlot {
    pub(crate) const FREE: Self = Self;
}

impl<'a> LocalList<'a> {
    pub(super) fn new(_: &'a mut [ListSlot]) -> Self {
        Self(PhantomData)
    }

    pub(super) fn announce(&self, _: &mut Keys<'_>, _: usize) {}

    pub(super) fn abandon(&mut self) {}
}

impl Json for ListVersion {
    fn write(&self, writer: &mut Writer<'_>) {
        Raw(b"{\"listVersion\":-1}").write(writer);
    }
}

pub(super) fn is_of_list(_: RecordKey) -> bool {
    false
}

pub(super) fn place_behind(_: RecordKey) -> usize {
    0
}

impl Tokens<'_> {
    pub(crate) fn get_local_list_version(&self, _: &Common<'_>, payload: Payload<'_>) -> Result<ListVersion, Cause> {
        payload.prove()?;
        Ok(ListVersion)
    }

    pub(crate) fn send_local_list(
        &mut self,
        _: &mut Common<'_>,
        payload: Payload<'_>,
        _: &mut Scratch<'_>,
    ) -> Result<Option<StatusAnswer>, Cause> {
        payload.prove()?;
        Ok(Some(StatusAnswer::NotSupported))
    }

    pub(super) fn listed(&self, _: &Common<'_>, _: &IdToken, _: usize) -> Option<RecordKey> {
        None
    }

    pub(super) fn compare_with_list(&mut self, _: &mut Common<'_>, _: &IdToken, info: IdTagInfo) -> Option<IdTagInfo> {
        Some(info)
    }

    pub(super) fn record_to_compare(&self, _: &Common<'_>) -> Option<RecordKey> {
        None
    }

    pub(super) fn compare_answer(&mut self, _: &mut Core<'_>, _: Instant, _: RecordKey, _: Option<&[u8]>) {}
}

pub(super) fn known_by_list(_: &Common<'_>, _: Instant, _: &IdToken, _: RecordKey, _: Option<&[u8]>) -> Option<Known> {
    None
}
