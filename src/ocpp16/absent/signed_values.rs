//! Stands in for signed meter values where they are left out: nothing of them is told.

use crate::json::{Json, JsonStr, Writer};
use crate::rpc::Composer;
use crate::station::core_profile::Core;
use crate::station::signed_values::MeterPublicKey;
use crate::store::Scratch;

pub(super) fn meter_public_key_named<'k>(_: &'k Core<'_>, _: JsonStr<'_>) -> Option<MeterPublicKey<'k>> {
    None
}

pub(super) fn write_on(_: &mut Core<'_>, _: &Scratch<'_>, _: &mut Composer<'_>) {}

impl Json for MeterPublicKey<'_> {
    fn write(&self, _: &mut Writer<'_>) {}
}
