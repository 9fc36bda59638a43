//! Stands in for the security extension where it is left out.

use crate::json::Raw;
use crate::rpc::Outcome;
use crate::station::Station;
use crate::store::Scratch;
use crate::time::Instant;

pub(super) fn security_event_notification(_: &mut Station<'_>, _: Instant, _: &Scratch<'_>) -> Option<Raw<'static>> {
    None
}

pub(super) fn conclude_security_event(_: &mut Station<'_>, _: Instant, _: Outcome<'_>) {}
