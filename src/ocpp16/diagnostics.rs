//! GetDiagnostics: the upload, and what is told of it (OCPP 1.6 §4.4, §5.9).

use super::Operations;
use crate::rpc::{CallError, Composer};
use crate::time::Instant;

/// The upload that was asked for, or is under way.
pub(super) struct Diagnostics {}

impl Diagnostics {
    pub(super) const fn new() -> Self {
        Self {}
    }
}

impl Operations<'_> {
    /// Writes GetDiagnostics.conf; `false` while the device is busy with it.
    pub(super) fn get_diagnostics(
        &mut self,
        now: Instant,
        payload: &str,
        answer: &mut Composer<'_>,
        record: &mut [u8],
    ) -> Result<bool, CallError> {
        let _ = (now, payload, record);
        answer.raw(b"{}")?;
        Ok(true)
    }

    /// Moves the upload on.
    pub(super) fn advance_diagnostics(&mut self, now: Instant) {
        let _ = now;
    }
}
