//! Stands in for certificates where the security extension is left out.

use crate::json::JsonStr;
use crate::rpc::{CallComposer, Composer, Outcome};
use crate::station::Station;
use crate::time::Instant;

pub(super) fn sign_certificate(_: &mut Station<'_>, _: Instant, _: &mut CallComposer<'_>) -> bool {
    false
}

pub(super) fn continue_sign_certificate(_: &Station<'_>, _: &mut Composer<'_>) {}

pub(super) fn conclude_sign_certificate(_: &mut Station<'_>, _: Outcome<'_>) {}

pub(super) fn begin_long(_: &mut Station<'_>, _: JsonStr<'_>) -> Option<&'static str> {
    None
}

pub(super) fn take_long(_: &mut Station<'_>, _: &[u8]) {}

pub(super) fn drop_long(_: &mut Station<'_>) {}

pub(super) fn rejects_long(_: &Station<'_>, _: JsonStr<'_>) -> bool {
    false
}
