//! A new root (security whitepaper M05).

use super::super::{RootCertificate, SecurityEvent, Station};
use super::intake::IntakeStage;
use super::keys::ADDITIONAL_ROOT_CERTIFICATE_CHECK;
use super::store::{Certificates, Issuer, roots};
use crate::certificate::{Hash, Identity, Outline};
use crate::station::certificates::Trust;
use crate::station::common::Common;
use crate::time::Instant;
use crate::types::Symbol;
use core::task::{Poll, ready};

impl Station<'_> {
    /// Installs the root whose text has come.
    pub(crate) fn install_root(&mut self, now: Instant, store: &dyn Certificates) -> Poll<Result<(), NoRoot>> {
        let root = self.trust.intake.root;
        let Poll::Ready(result) = self.trust.examine_root(&self.core.common, store, root) else {
            Trust::ask_again(&mut self.core.common, now);
            return Poll::Pending;
        };
        if matches!(result, Err(NoRoot::Invalid)) && root == RootCertificate::CentralSystem {
            self.security.security_event(
                &mut self.core.common,
                now,
                SecurityEvent::InvalidCentralSystemCertificate,
                "InstallCertificate",
            );
        }
        self.trust.intake.abort(store);
        Poll::Ready(result)
    }
}

/// Why there is no new root.
pub(crate) enum NoRoot {
    /// There is something wrong with it.
    Invalid,
    Full,
    Failed,
}

impl Trust<'_> {
    /// What is to be said of a new root: by the crate, then by the firmware, which looks who has signed it and takes it over.
    fn examine_root(
        &mut self,
        common: &Common<'_>,
        store: &dyn Certificates,
        root: RootCertificate,
    ) -> Poll<Result<(), NoRoot>> {
        let Some((outline, certificates)) = self.intake.outline() else { return Poll::Ready(Err(NoRoot::Invalid)) };
        if !self.intake.is_examined() {
            if certificates != 1 {
                return Poll::Ready(Err(NoRoot::Invalid));
            }
            if self.intake.has_failed {
                return Poll::Ready(Err(NoRoot::Failed));
            }
            let (mut count, mut siblings) = (0_usize, 0_usize);
            for kind in RootCertificate::ALL {
                for other in roots(store, *kind) {
                    count = count.wrapping_add(1);
                    if *kind == root {
                        siblings = siblings.wrapping_add(1);
                        if *other.outline() == outline {
                            return Poll::Ready(Ok(())); // SEC-21: it is there
                        }
                    }
                }
            }
            // SEC-22: one, and the one before until the new one has worked.
            let has_fallback = siblings > 1 && Self::replaces(common, root);
            if count >= store.root_capacity() || has_fallback {
                return Poll::Ready(Err(NoRoot::Full));
            }
            self.intake.stage = IntakeStage::Examining(0);
        }
        while let IntakeStage::Examining(candidate) = self.intake.stage {
            let is_signed = match self.candidate(common, store, root, &outline, candidate) {
                None => return Poll::Ready(Err(NoRoot::Invalid)),
                Some(Candidate::Nobody) => false,
                Some(Candidate::Itself) => ready!(store.is_signed_by(Issuer::Itself)),
                Some(Candidate::Root(identity)) => ready!(store.is_signed_by(Issuer::Root(root, &identity))),
            };
            self.intake.stage = if is_signed {
                IntakeStage::Installing(candidate)
            } else {
                IntakeStage::Examining(candidate.saturating_add(1))
            };
        }
        let IntakeStage::Installing(candidate) = self.intake.stage else { return Poll::Ready(Err(NoRoot::Failed)) };
        let issuer_key: Hash = match self.candidate(common, store, root, &outline, candidate) {
            Some(Candidate::Root(issuer)) => issuer.outline().key,
            _ => outline.key,
        };
        if !ready!(store.install(root, &outline.issued_by(issuer_key))) {
            return Poll::Ready(Err(NoRoot::Failed));
        }
        self.intake.stage = IntakeStage::Idle; // nothing is left to be void
        Poll::Ready(Ok(()))
    }

    /// The one with this number of those that may have signed a new root: itself, then those that are installed. `None` when
    /// there is none.
    fn candidate(
        &self,
        common: &Common<'_>,
        store: &dyn Certificates,
        root: RootCertificate,
        outline: &Outline,
        number: u8,
    ) -> Option<Candidate> {
        let Some(index) = number.checked_sub(1) else {
            // M05.FR.09: but for the first of all, which nobody can have signed.
            let must_be_signed = Self::replaces(common, root) && store.root(root, 0).is_some();
            return Some(if outline.is_self_issued() && !must_be_signed {
                Candidate::Itself
            } else {
                Candidate::Nobody
            });
        };
        let identity = store.root(root, index.into()).filter(|_| index < u8::MAX - 1)?;
        let is_issuer = identity.outline().name == outline.issuer_name;
        Some(if is_issuer { Candidate::Root(identity) } else { Candidate::Nobody })
    }

    /// Whether a new root of this kind takes the place of the old one.
    pub(super) fn replaces(common: &Common<'_>, root: RootCertificate) -> bool {
        root == RootCertificate::CentralSystem && common.keys.is_on(&ADDITIONAL_ROOT_CERTIFICATE_CHECK)
    }
}

enum Candidate {
    Nobody,
    Itself,
    Root(Identity),
}
