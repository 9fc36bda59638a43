//! The charge point asks for a certificate, because it was told to or because the one that it has ends
//! (security whitepaper A02, A03).

use super::keys::CPO_NAME;
use super::signing::RequestStage;
use super::store::Certificates;
use crate::station::certificates::Trust;
use crate::station::common::Common;
use crate::time::{Duration, Instant};
use core::task::Poll;

/// A02.FR.02: so long before its end a certificate is renewed, a month.
const AHEAD_S: u32 = 30 * 24 * 3600;
/// The end of a certificate may change behind our back: when the clock or the firmware does.
const LOOK_INTERVAL: Duration = Duration::from_secs(3600);
/// The longest request (security whitepaper §5.17).
const REQUEST_LEN_MAX: usize = 5500;

impl Trust<'_> {
    /// The central system wants a new certificate to be asked for: whether it will be (SEC-14, SEC-19).
    pub(crate) fn trigger_sign_certificate(&mut self, common: &Common<'_>) -> bool {
        let can_sign = self.store.is_some() && Self::can_sign(common);
        if can_sign {
            self.signing.stage = RequestStage::Wanted;
        }
        can_sign
    }

    /// Whether there is what a request is about.
    fn can_sign(common: &Common<'_>) -> bool {
        !common.keys.list(&CPO_NAME).is_empty() && common.boot.serial_number().is_some()
    }

    /// Begins by itself when the certificate ends within a month (SEC-18).
    #[inline(never)]
    pub(super) fn renew(&mut self, common: &mut Common<'_>, now: Instant, store: &dyn Certificates) {
        if now < self.signing.look_at {
            return common.agenda.wake_at(self.signing.look_at);
        }
        let Some(date) = common.clock.date(now).filter(|_| common.registration.is_accepted()) else { return };
        self.signing.look_at = now + LOOK_INTERVAL;
        common.agenda.wake_at(now + LOOK_INTERVAL);
        let Some(end) = store.expires().map(|end| end.as_unix()) else { return };
        let is_due = end.saturating_sub(date.as_unix()) < AHEAD_S;
        let signing = &self.signing;
        if is_due && signing.asked_for != end && signing.stage == RequestStage::Idle && Self::can_sign(common) {
            self.signing.stage = RequestStage::Wanted;
            self.signing.asked_for = end;
        }
    }

    /// The length of the request that is to be sent, when the firmware has made it. Comes after the answer that promises it
    /// (A02.FR.02).
    pub(crate) fn request_to_send(
        &mut self,
        common: &mut Common<'_>,
        now: Instant,
        store: &dyn Certificates,
    ) -> Option<usize> {
        if self.signing.stage == RequestStage::Wanted {
            let organization = core::str::from_utf8(common.keys.list(&CPO_NAME)).unwrap_or_default();
            let serial_number = common.boot.serial_number()?;
            self.signing.stage = match store.new_request(organization, serial_number) {
                Poll::Ready(Some(len @ 1..=REQUEST_LEN_MAX)) => RequestStage::Made(len),
                Poll::Ready(_) => RequestStage::Idle,
                Poll::Pending => {
                    Self::ask_again(common, now);
                    RequestStage::Wanted
                }
            };
        }
        match self.signing.stage {
            RequestStage::Made(len) => Some(len),
            _ => None,
        }
    }
}
