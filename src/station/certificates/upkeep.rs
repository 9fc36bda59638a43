//! What goes on by itself: a root goes whose place another has taken, and a certificate that ends is renewed.

use super::super::transfer::POLL_INTERVAL;
use super::super::{RootCertificate, Station};
use super::keys::{ADDITIONAL_ROOT_CERTIFICATE_CHECK, CERTIFICATE_SIGNED_MAX_CHAIN_SIZE, CERTIFICATE_STORE_MAX_LENGTH};
use super::store::{CHAIN_LEN_MAX, Certificates, roots};
use crate::station::certificates::Trust;
use crate::station::common::Common;
use crate::time::Instant;

impl<'a> Trust<'a> {
    pub(crate) fn set_certificates(&mut self, common: &mut Common<'_>, store: &'a dyn Certificates) {
        self.store = Some(store);
        let whole = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        common.keys.set_integer(&CERTIFICATE_STORE_MAX_LENGTH, whole(store.root_capacity()));
        let chain = whole(store.chain_capacity()).min(CHAIN_LEN_MAX.into());
        common.keys.set_integer(&CERTIFICATE_SIGNED_MAX_CHAIN_SIZE, chain);
        common.keys.set_switch(&ADDITIONAL_ROOT_CERTIFICATE_CHECK, store.replaces_root());
    }

    /// Moves on what is under way by itself.
    pub(in crate::station) fn advance_certificates(&mut self, common: &mut Common<'_>, now: Instant) {
        let Some(store) = self.store else { return };
        if self.prunes {
            self.prune(common, now, store);
        }
        self.renew(common, now, store);
    }

    /// M05.FR.12: the root whose place another has taken goes when that has verified the central system.
    #[inline(never)] // identities are large: only here they lie on the stack
    fn prune(&mut self, common: &mut Common<'_>, now: Instant, store: &dyn Certificates) {
        const ROOT: RootCertificate = RootCertificate::CentralSystem;
        self.prunes = false;
        let Some(in_use) = store.root_in_use().filter(|_| Self::replaces(common, ROOT)) else { return };
        let old = roots(store, ROOT).find(|old| *old != in_use && old.has_issued(&in_use));
        if let Some(old) = old
            && store.remove(ROOT, &old).is_pending()
        {
            self.prunes = true;
            Self::ask_again(common, now);
        }
    }

    /// The firmware is at work: it is asked again soon.
    pub(super) fn ask_again(common: &mut Common<'_>, now: Instant) {
        common.agenda.wake_at(now + POLL_INTERVAL);
    }
}

impl Station<'_> {
    /// The link came up or went down.
    pub(in crate::station) fn certificates_link(&mut self, online: bool) {
        self.trust.prunes = online;
        self.transfers.drop_signing_certificate();
        if let Some(store) = self.trust.store {
            self.trust.intake.abort(store); // the call that wanted it is gone
        }
    }
}
