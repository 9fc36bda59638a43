//! The certificate of this charge point has come (security whitepaper A02, A03).

use super::super::{SecurityEvent, Station};
use super::intake::IntakeStage;
use super::keys::CERTIFICATE_SIGNED_MAX_CHAIN_SIZE;
use super::store::{Certificates, ChainVerdict};
use crate::station::certificates::Trust;
use crate::station::common::Common;
use crate::time::Instant;
use core::task::{Poll, ready};

impl Station<'_> {
    /// Has the firmware take over the chain that has come: whether it did.
    pub(crate) fn accept_chain(&mut self, now: Instant, store: &dyn Certificates) -> Poll<bool> {
        let verdict = ready!(self.trust.examine_chain(&mut self.core.common, now, store));
        match verdict {
            ChainVerdict::Accepted => {
                self.trust.intake.stage = IntakeStage::Idle; // nothing is left to be void
                self.trust.signing.certificate_came();
                self.security.certificate_changed();
            }
            ChainVerdict::Invalid => {
                self.security.security_event(
                    &mut self.core.common,
                    now,
                    SecurityEvent::InvalidChargePointCertificate,
                    "CertificateSigned",
                ); // A02.FR.07
            }
            ChainVerdict::Failed => {}
        }
        self.trust.intake.abort(store);
        Poll::Ready(verdict == ChainVerdict::Accepted)
    }
}

impl Trust<'_> {
    /// What is to be said of the chain: by the crate, then by the firmware.
    fn examine_chain(&mut self, common: &mut Common<'_>, now: Instant, store: &dyn Certificates) -> Poll<ChainVerdict> {
        let intake = &mut self.intake;
        if !intake.is_examined() {
            if intake.has_failed || intake.len > common.keys.unsigned(&CERTIFICATE_SIGNED_MAX_CHAIN_SIZE) {
                return Poll::Ready(ChainVerdict::Failed); // SEC-20
            }
            if intake.outline().is_none() {
                return Poll::Ready(ChainVerdict::Invalid);
            }
            intake.stage = IntakeStage::Examining(0);
        }
        let verdict = store.accept_chain();
        if verdict.is_pending() {
            Self::ask_again(common, now);
        }
        verdict
    }
}
