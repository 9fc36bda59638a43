//! A message comes in that is longer than the receive buffer: who takes its long text, piece by piece.

use super::super::{Action, Station};
use super::intake::Stage;
use crate::json::JsonStr;
use crate::types::Symbol;

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
