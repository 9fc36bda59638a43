//! The local authorisation list: tags that are known without asking (OCPP 1.6 §3.5.2, §5.10, §5.15).
//!
//! The entries are records on the device, in twice as many places as the list is long. The first record tells the version
//! and which places count: it is written last, so that an update holds as a whole or not at all. In RAM there is only
//! what finds an entry.

use super::Operations;
use super::dispatch::StatusAnswer;
use crate::json::{Json, Writer, name};
use crate::rpc::CallError;
use crate::store::{IntegerKey, RecordKey, SwitchKey, registry};

/// Whether the list is used at all.
pub(super) const LOCAL_AUTH_LIST_ENABLED: SwitchKey = SwitchKey::new(37, "LocalAuthListEnabled", true);
/// The most entries.
pub(super) const LOCAL_AUTH_LIST_MAX_LENGTH: IntegerKey =
    IntegerKey::new(38, "LocalAuthListMaxLength", 0, 0, i32::MAX).read_only();
/// The most entries in one SendLocalList.
pub(super) const SEND_LOCAL_LIST_MAX_LENGTH: IntegerKey =
    IntegerKey::new(39, "SendLocalListMaxLength", 0, 0, i32::MAX).read_only();

/// What is kept in RAM of one place for an entry.
#[derive(Clone, Copy, Debug)]
pub struct ListSlot(u32);

impl ListSlot {
    pub(crate) const FREE: Self = Self(0);
}

pub(super) struct LocalList<'a> {
    slots: &'a mut [ListSlot],
    version: i32,
}

impl<'a> LocalList<'a> {
    pub(super) fn new(slots: &'a mut [ListSlot]) -> Self {
        Self { slots, version: 0 }
    }

    /// The most entries.
    pub(super) fn entries_max(&self) -> usize {
        self.slots.len() / 2
    }

    /// The `index`th record to be loaded at boot.
    pub(super) fn record(&self, index: usize) -> Option<RecordKey> {
        if index <= self.slots.len() { registry::nth(registry::LOCAL_LIST, index) } else { None }
    }

    pub(super) fn load(&mut self, index: usize, record: &[u8]) {
        let _ = (index, record);
    }

    /// The call that was to change the list is gone.
    pub(super) fn abandon(&mut self) {}
}

/// GetLocalListVersion.conf (OCPP 1.6 §6.28).
pub(super) struct ListVersion(i32);

impl Json for ListVersion {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("listVersion")).whole(i64::from(self.0));
        members.close();
    }
}

impl Operations<'_> {
    pub(super) fn get_local_list_version(&mut self, payload: &str) -> Result<ListVersion, CallError> {
        let _ = payload;
        Ok(ListVersion(self.local_list.version))
    }

    /// `None` while the device is busy with it.
    pub(super) fn send_local_list(
        &mut self,
        payload: &str,
        record: &mut [u8],
    ) -> Result<Option<StatusAnswer>, CallError> {
        let _ = (payload, record);
        Ok(Some(StatusAnswer::new("NotSupported")))
    }
}
