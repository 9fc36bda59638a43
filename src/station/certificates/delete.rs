//! A root is to be forgotten (security whitepaper M04).

use super::super::RootCertificate;
use super::store::Certificates;
use crate::certificate::Identity;
use crate::station::certificates::Trust;
use crate::station::common::Common;
use crate::time::Instant;
use core::task::Poll;

impl Trust<'_> {
    /// Has the firmware forget a root: whether it did.
    pub(crate) fn delete_root(
        common: &mut Common<'_>,
        now: Instant,
        store: &dyn Certificates,
        root: RootCertificate,
        identity: &Identity,
    ) -> Poll<bool> {
        let is_in_use =
            root == RootCertificate::CentralSystem && store.root_in_use().is_some_and(|in_use| in_use == *identity);
        if is_in_use {
            return Poll::Ready(false); // M04.FR.06
        }
        let is_removed = store.remove(root, identity);
        if is_removed.is_pending() {
            Self::ask_again(common, now);
        }
        is_removed
    }
}
