//! Stands in for TriggerMessage where that profile is left out.

use super::Station;
use super::answer::{Cause, StatusAnswer};
use crate::json::Payload;
use crate::store::Keys;
use crate::time::Instant;

pub(super) fn announce(_: &mut Keys<'_>) {}

impl Station<'_> {
    /// RPC-14: a profile of which this build has nothing says so by a status, where there is one.
    pub(crate) fn trigger_message(&mut self, _: Instant, payload: Payload<'_>) -> Result<StatusAnswer, Cause> {
        payload.prove()?;
        Ok(StatusAnswer::NotImplemented)
    }
}
