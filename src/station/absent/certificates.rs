//! Stands in for certificates where the security extension is left out.

use super::Station;
use super::common::Common;

use crate::json::JsonStr;
use crate::rpc::{CallComposer, Composer, Outcome};
use crate::time::Instant;
use core::marker::PhantomData;

pub(crate) struct Trust<'a>(PhantomData<&'a ()>);

impl Trust<'_> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl Station<'_> {
    pub(crate) fn begin_long(&mut self, _: JsonStr<'_>) -> Option<&'static str> {
        None
    }

    pub(crate) fn take_long(&mut self, _: &[u8]) {}

    pub(crate) fn drop_long(&mut self) {}

    pub(crate) fn rejects_long(&self, _: JsonStr<'_>) -> bool {
        false
    }

    pub(super) fn certificates_link(&mut self, _: bool) {}
}

impl Trust<'_> {
    pub(super) fn advance_certificates(&mut self, _: &mut Common<'_>, _: Instant) {}

    pub(crate) fn sign_certificate(&mut self, _: &mut Common<'_>, _: Instant, _: &mut CallComposer<'_>) -> bool {
        false
    }

    pub(crate) fn continue_sign_certificate(&self, _: &mut Composer<'_>) {}

    pub(crate) fn conclude_sign_certificate(&mut self, _: Outcome<'_>) {}
}
