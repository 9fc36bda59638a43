//! SignCertificate: the charge point asks for a certificate, because it was told to or because the one that it has ends
//! (security whitepaper A02, A03).

use super::keys::CPO_NAME;
use super::signing::Stage;
use super::store::Certificates;
use crate::json::{Json, Writer};
use crate::rpc::{CallComposer, Composer, Outcome};
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
        let can_sign = self.can_sign(common);
        if can_sign {
            self.signing.stage = Stage::Wanted;
        }
        can_sign
    }

    fn can_sign(&self, common: &Common<'_>) -> bool {
        self.store.is_some() && !common.keys.list(&CPO_NAME).is_empty() && common.boot.serial_number().is_some()
    }

    /// Begins by itself when the certificate ends within a month (SEC-18).
    #[inline(never)]
    pub(super) fn renew(&mut self, common: &mut Common<'_>, now: Instant, store: &dyn Certificates) {
        if now < self.signing.look_at {
            return common.wake_at(self.signing.look_at);
        }
        let Some(date) = common.clock.date(now).filter(|_| common.registration.is_accepted()) else { return };
        self.signing.look_at = now + LOOK_INTERVAL;
        common.wake_at(now + LOOK_INTERVAL);
        let Some(end) = store.expires().map(|end| end.as_unix()) else { return };
        let is_due = end.saturating_sub(date.as_unix()) < AHEAD_S;
        let signing = &self.signing;
        if is_due && signing.asked_for != end && signing.stage == Stage::Idle && self.can_sign(common) {
            self.signing.stage = Stage::Wanted;
            self.signing.asked_for = end;
        }
    }

    /// Writes SignCertificate, when it is its turn and the firmware has made what it wants. Comes after the answer that
    /// promises it (A02.FR.02).
    pub(crate) fn sign_certificate(
        &mut self,
        common: &mut Common<'_>,
        now: Instant,
        call: &mut CallComposer<'_>,
    ) -> bool {
        let Some(store) = self.store else { return false };
        if self.signing.stage == Stage::Wanted {
            let organization = core::str::from_utf8(common.keys.list(&CPO_NAME)).unwrap_or_default();
            let Some(serial_number) = common.boot.serial_number() else { return false };
            self.signing.stage = match store.new_request(organization, serial_number) {
                Poll::Ready(Some(len @ 1..=REQUEST_LEN_MAX)) => Stage::Made(len),
                Poll::Ready(_) => Stage::Idle,
                Poll::Pending => {
                    Self::ask_again(common, now);
                    Stage::Wanted
                }
            };
        }
        let Stage::Made(len) = self.signing.stage else { return false };
        let is_begun = call.begin("SignCertificate").is_ok_and(|composer| compose(store, len, composer));
        self.signing.stage = if is_begun { Stage::Sent(len) } else { Stage::Idle };
        is_begun
    }

    /// Writes the next page of it.
    pub(crate) fn continue_sign_certificate(&self, composer: &mut Composer<'_>) {
        if let (Some(store), Stage::Sent(len)) = (self.store, self.signing.stage) {
            compose(store, len, composer);
        }
    }

    /// Whatever the answer is, that was it (SEC-49). Without one the same goes out over the next connection.
    pub(crate) fn conclude_sign_certificate(&mut self, outcome: Outcome<'_>) {
        let signing = &mut self.signing;
        signing.stage = match (signing.stage, outcome) {
            (Stage::Sent(len), Outcome::LinkLost) => Stage::Made(len),
            (Stage::Sent(_), _) => Stage::Idle,
            (stage, _) => stage, // it was asked for again meanwhile
        };
    }
}

/// SignCertificate.req (security whitepaper §5.17), page by page: each is named by how much of the request was written before
/// it. `false` when there is no room for any of it.
fn compose(store: &dyn Certificates, len: usize, composer: &mut Composer<'_>) -> bool {
    let begin = usize::from(composer.page());
    let mut at = begin;
    if begin == 0 && composer.raw(b"{\"csr\":\"").is_err() {
        return false;
    }
    while at < len {
        let mut piece = [0; 64];
        let most = piece.len().min(len - at);
        let taken = store.request(at, piece.get_mut(..most).unwrap_or_default()).min(most);
        if taken == 0 {
            break; // it has become shorter
        }
        if composer.payload(&Escaped(piece.get(..taken).unwrap_or_default())).is_err() {
            composer.suspend(at as u16);
            return at > begin;
        }
        at += taken;
    }
    if composer.raw(b"\"}").is_err() {
        composer.suspend(at as u16);
    }
    true
}

/// A piece of PEM inside a JSON text.
struct Escaped<'p>(&'p [u8]);

impl Json for Escaped<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        for byte in self.0 {
            match byte {
                b'\n' => writer.raw(b"\\n"),
                b'"' | b'\\' | ..b' ' | 0x7f.. => {} // no PEM has it
                byte => writer.raw(core::slice::from_ref(byte)),
            }
        }
    }
}
