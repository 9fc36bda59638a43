//! Stands in for certificates where the security extension is left out.

use super::Station;
use super::common::Common;
use crate::time::Instant;
use core::marker::PhantomData;

pub(crate) struct Trust<'a>(PhantomData<&'a ()>);

impl Trust<'_> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }

    pub(super) fn advance_certificates(&mut self, _: &mut Common<'_>, _: Instant) {}
}

impl Station<'_> {
    pub(super) fn certificates_link(&mut self, _: bool) {}
}
