//! CertificateSigned: the certificate of this charge point has come (security whitepaper A02, A03).

use super::super::answer::{Cause, StatusAnswer};
use super::super::{Action, SecurityEvent, Station};
use super::intake::Stage;
use super::keys::CERTIFICATE_SIGNED_MAX_CHAIN_SIZE;
use super::store::{CHAIN_LEN_MAX, Certificates, ChainVerdict};
use crate::json::{Field, JsonStr, Kind, Payload};
use crate::station::certificates::Trust;
use crate::station::common::Common;
use crate::time::Instant;
use core::task::Poll;

/// CertificateSigned.req (security whitepaper §5.1).
const FIELDS: [Field; 1] = [Field::required("certificateChain", Kind::Text(CHAIN_LEN_MAX))];

impl Station<'_> {
    /// `None` while the firmware is at work.
    #[inline(never)]
    pub(crate) fn certificate_signed(
        &mut self,
        now: Instant,
        payload: Payload<'_>,
    ) -> Result<Option<StatusAnswer>, Cause> {
        let store = self.trust.store.ok_or(Cause::NotSupported)?;
        let verdict = match self.trust.take_chain(&self.core.common, store, payload) {
            Ok(verdict) => verdict,
            Err(cause) => {
                self.trust.intake.abort(store);
                return Err(cause);
            }
        };
        match verdict {
            Poll::Pending => {
                Trust::ask_again(&mut self.core.common, now);
                return Ok(None);
            }
            Poll::Ready(ChainVerdict::Accepted) => {
                self.trust.intake.stage = Stage::Idle; // nothing is left to be void
                self.trust.signing.certificate_came();
                self.security.certificate_changed();
                return Ok(Some(StatusAnswer::Accepted));
            }
            Poll::Ready(ChainVerdict::Invalid) => {
                self.security.security_event(
                    &mut self.core.common,
                    now,
                    SecurityEvent::InvalidChargePointCertificate,
                    "CertificateSigned",
                ); // A02.FR.07
            }
            Poll::Ready(ChainVerdict::Failed) => {}
        }
        self.trust.intake.abort(store);
        Ok(Some(StatusAnswer::Rejected))
    }
}

impl Trust<'_> {
    /// Hands the chain to the firmware, and asks what it says of it.
    fn take_chain(
        &mut self,
        common: &Common<'_>,
        store: &dyn Certificates,
        payload: Payload<'_>,
    ) -> Result<Poll<ChainVerdict>, Cause> {
        let intake = &mut self.intake;
        if !matches!(intake.stage, Stage::Examining(_)) {
            let [chain] = payload.read(&FIELDS)?;
            intake.take_whole(store, Action::CertificateSigned, chain.text().unwrap_or(JsonStr::EMPTY));
            if intake.len > CHAIN_LEN_MAX.into() {
                return Err(Cause::ValueTooLong);
            }
            if intake.has_failed || intake.len > common.keys.unsigned(&CERTIFICATE_SIGNED_MAX_CHAIN_SIZE) {
                return Ok(Poll::Ready(ChainVerdict::Failed)); // SEC-20
            }
            if intake.outline().is_none() {
                return Ok(Poll::Ready(ChainVerdict::Invalid));
            }
            intake.stage = Stage::Examining(0);
        }
        Ok(store.accept_chain())
    }
}
