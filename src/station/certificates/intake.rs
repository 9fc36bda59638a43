//! The long text of a message on its way to the firmware: in pieces as it comes in, or at once where the message fits the
//! receive buffer.

use super::super::{Action, RootCertificate, Station};
use super::Certificates;
use crate::certificate::{Outline, Walk};
use crate::json::JsonStr;
use crate::types::Symbol;

pub(super) struct Intake {
    /// Finds out what names the certificate; only there once something has come.
    walk: Option<Walk>,
    /// Characters that have come.
    pub(super) len: u32,
    /// The firmware could not take all of them.
    pub(super) has_failed: bool,
    pub(super) stage: Stage,
    /// What it is to be installed as, once the message was read.
    pub(super) root: RootCertificate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Idle,
    /// The text comes in before the rest of its message is known.
    Taking(Action),
    /// The firmware looks at what has come: whether it is signed by this one of those that may have.
    Examining(u8),
    /// It takes it over; signed by this one.
    Installing(u8),
}

impl Intake {
    pub(super) const fn new() -> Self {
        Self { walk: None, len: 0, has_failed: false, stage: Stage::Idle, root: RootCertificate::CentralSystem }
    }

    /// What the first certificate says of itself that has come, and how many there are.
    pub(super) fn outline(&self) -> Option<(Outline, u16)> {
        let walk = self.walk.as_ref()?;
        Some((walk.finish().ok()?, walk.count()))
    }

    #[inline(never)] // it is large before it is in its place
    fn begin(&mut self, store: &dyn Certificates) {
        *self = Self { walk: Some(Walk::new()), has_failed: !store.begin(), ..Self::new() };
    }

    #[inline(never)]
    fn take(&mut self, store: &dyn Certificates, piece: &[u8]) {
        let begins = piece.iter().filter(|byte| !matches!(byte, 0x80..0xc0)).count();
        self.len = self.len.saturating_add(begins as u32);
        if let Some(walk) = &mut self.walk {
            walk.push(piece);
        }
        self.has_failed = self.has_failed || !store.write(piece);
    }

    /// What was written is void, if anything was.
    pub(super) fn abort(&mut self, store: &dyn Certificates) {
        if self.stage != Stage::Idle {
            self.stage = Stage::Idle;
            store.abort();
        }
    }

    /// Takes over the text of a message that is whole, unless it was [taken in pieces](Stage::Taking) before.
    pub(super) fn take_whole(&mut self, store: &dyn Certificates, action: Action, text: JsonStr<'_>) {
        if self.stage != Stage::Taking(action) {
            self.begin(store);
            self.stage = Stage::Taking(action);
            text.in_pieces(&mut |piece| self.take(store, piece));
        }
    }
}

impl Station<'_> {
    /// A call begins that is longer than the receive buffer; its member that can be taken in pieces.
    pub(crate) fn begin_long(&mut self, action: JsonStr<'_>) -> Option<&'static str> {
        let name = Action::from_json(action)?;
        if self.core.common.registration.is_rejected() || self.custom.request_handler(action.as_bytes()).is_some() {
            return None;
        }
        let member = self.long_member(name)?;
        if name == Action::SignedUpdateFirmware {
            self.transfers.begin_signing_certificate();
        } else if let Some(store) = self.trust.store {
            self.trust.intake.begin(store);
            self.trust.intake.stage = Stage::Taking(name);
        }
        Some(member)
    }

    /// The long text of the messages of an action, if there is somebody to take it.
    fn long_member(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::InstallCertificate if self.trust.has_certificates() => Some("certificate"),
            Action::CertificateSigned if self.trust.has_certificates() => Some("certificateChain"),
            Action::SignedUpdateFirmware if self.transfers.has_verifier() => Some("signingCertificate"),
            _ => None,
        }
    }

    pub(crate) fn take_long(&mut self, piece: &[u8]) {
        if self.transfers.take_signing_certificate(piece) {
            return;
        }
        if let Some(store) = self.trust.store {
            self.trust.intake.take(store, piece);
        }
    }

    /// What was taken in pieces is void, unless its message was there and looked at.
    pub(crate) fn drop_long(&mut self) {
        self.transfers.drop_signing_certificate();
        if let (Some(store), Stage::Taking(_)) = (self.trust.store, self.trust.intake.stage) {
            self.trust.intake.abort(store);
        }
    }

    /// Whether a call of this action that is too long is rejected by its status (SEC-60).
    pub(crate) fn rejects_long(&self, action: JsonStr<'_>) -> bool {
        Action::from_json(action).is_some_and(|name| self.long_member(name).is_some())
    }
}
