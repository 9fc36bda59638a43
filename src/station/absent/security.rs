//! Stands in for the security extension where it is left out: nothing is logged, and the compiler removes the calls.

use super::Station;
use super::common::Common;
use super::core_profile::Core;
use crate::json::JsonStr;
use crate::store::{KeyId, Refusal, Scratch, StorageOp};
use crate::time::{DateTime, Instant};
use crate::transport::ConnectFailure;

pub(crate) struct Security;

impl Security {
    pub(super) const fn new() -> Self {
        Self
    }

    pub(super) fn deadline(&self) -> Instant {
        Instant::NEVER
    }

    pub(crate) fn take_turn(&mut self) {}
}

impl Security {
    pub(super) fn booted(&mut self, _: &mut Common<'_>, _: Instant, _: bool) {}

    pub(super) fn time_set(&mut self, _: &mut Common<'_>, _: Instant, _: DateTime) {}

    pub(crate) fn connect_failed(&mut self, _: &mut Common<'_>, _: Instant, _: ConnectFailure) {}

    pub(crate) fn message_dropped(&mut self, _: &mut Common<'_>, _: Instant) {}

    pub(super) fn security_link(&mut self, _: &mut Common<'_>, _: bool) {}

    pub(super) fn is_turn_of_events(&self, _: &Core<'_>, _: Instant) -> bool {
        false
    }

    pub(super) fn load_security_event(&self, _: &Scratch<'_>) -> Option<StorageOp> {
        None
    }

    pub(super) fn security_event_loaded(&mut self, _: &mut Common<'_>, _: &mut Scratch<'_>) {}

    pub(crate) fn set_key(&mut self, common: &mut Common<'_>, name: &str, value: &str) -> Result<(), Refusal> {
        common.keys.set(name, value)
    }

    pub(crate) fn set_factory_key(&mut self, common: &mut Common<'_>, name: &str, value: &str) -> Result<(), Refusal> {
        common.keys.set_factory(name, value)
    }

    pub(crate) fn access_answered(&mut self) {}

    pub(crate) fn wants_reconnect(&mut self) -> bool {
        false
    }
}

impl Station<'_> {
    pub(crate) fn change_access(&mut self, _: Instant, _: KeyId, _: JsonStr<'_>) -> Option<bool> {
        None
    }
}
