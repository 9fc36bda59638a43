//! Certificates: the roots that others are verified by, and the charge point's own (security whitepaper A02, A03, M03 to M05).
//!
//! What is kept, and whether it is genuine, is the firmware's business ([`Certificates`]); which certificate may come and go,
//! what names it, and what the central system is told, is decided here. A certificate is longer than any record, so it
//! passes through in pieces.

mod chain;
mod install;
mod installed;
mod intake;
mod signing;
mod store;

pub use store::{Certificates, ChainVerdict, Issuer};

use super::transfer::POLL_INTERVAL;
use super::{RootCertificate, Station, plain_text};
use crate::certificate::Identity;
use crate::station::common::Common;
use crate::store::{IntegerKey, LONG_LIST, ListCodec, ListKey, SwitchKey};
use crate::time::Instant;
use intake::Intake;
use signing::Signing;

/// Whether there is only one root of the central system, and a new one must be signed by it.
pub(super) const ADDITIONAL_ROOT_CERTIFICATE_CHECK: SwitchKey =
    SwitchKey::new(47, "AdditionalRootCertificateCheck", false).read_only();
/// The most characters of a chain.
pub(super) const CERTIFICATE_SIGNED_MAX_CHAIN_SIZE: IntegerKey =
    IntegerKey::new(49, "CertificateSignedMaxChainSize", 0, 0, store::CHAIN_LEN_MAX as i32).read_only();
/// The most roots.
pub(super) const CERTIFICATE_STORE_MAX_LENGTH: IntegerKey =
    IntegerKey::new(50, "CertificateStoreMaxLength", 0, 0, i32::MAX).read_only();
/// Who the operator is, in a request for a certificate. X.520 has room for 64 characters.
pub(super) const CPO_NAME: ListKey = ListKey::new(51, "CpoName", "", LONG_LIST, &NAME);

/// A text, kept as it is.
static NAME: ListCodec = ListCodec { encode, decode: plain_text::decode };
const NAME_LEN_MAX: usize = 64;

fn encode(text: &str, buffer: &mut [u8]) -> Option<usize> {
    if text.contains('\x7f') { None } else { plain_text::encode(text, NAME_LEN_MAX, buffer) }
}

/// What is known of certificates.
pub(crate) struct Trust<'a> {
    store: Option<&'a dyn Certificates>,
    intake: Intake,
    signing: Signing,
    /// With a connection, the root may go whose place another has taken.
    prunes: bool,
}

impl Trust<'_> {
    pub(super) const fn new() -> Self {
        Self { store: None, intake: Intake::new(), signing: Signing::new(), prunes: false }
    }
}

impl<'a> Trust<'a> {
    pub(crate) fn set_certificates(&mut self, common: &mut Common<'_>, store: &'a dyn Certificates) {
        self.store = Some(store);
        let whole = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        common.keys.set_integer(&CERTIFICATE_STORE_MAX_LENGTH, whole(store.root_capacity()));
        let chain = whole(store.chain_capacity()).min(store::CHAIN_LEN_MAX.into());
        common.keys.set_integer(&CERTIFICATE_SIGNED_MAX_CHAIN_SIZE, chain);
        common.keys.set_switch(&ADDITIONAL_ROOT_CERTIFICATE_CHECK, store.replaces_root());
    }

    /// Whether there are messages about certificates.
    pub(crate) fn has_certificates(&self) -> bool {
        self.store.is_some()
    }

    /// Whether a certificate of the central system could be verified.
    pub(super) fn has_central_system_root(&self) -> bool {
        self.store.is_some_and(|store| store.has_valid_root(RootCertificate::CentralSystem))
    }

    /// Whether this charge point could prove who it is.
    pub(super) fn has_charge_point_certificate(&self) -> bool {
        self.store.is_some_and(|store| store.has_valid_chain())
    }

    /// Moves on what is under way by itself.
    pub(super) fn advance_certificates(&mut self, common: &mut Common<'_>, now: Instant) {
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
            common.wake_at(now + POLL_INTERVAL);
        }
    }

    /// The firmware is at work: it is asked again soon.
    fn ask_again(common: &mut Common<'_>, now: Instant) {
        common.wake_at(now + POLL_INTERVAL);
    }
}

impl Station<'_> {
    /// The link came up or went down.
    pub(super) fn certificates_link(&mut self, online: bool) {
        self.trust.prunes = online;
        self.transfers.drop_signing_certificate();
        if let Some(store) = self.trust.store {
            self.trust.intake.abort(store); // the call that wanted it is gone
        }
    }
}

/// The roots of a kind.
fn roots(store: &dyn Certificates, root: RootCertificate) -> impl Iterator<Item = Identity> {
    (0..).map_while(move |index| store.root(root, index))
}
