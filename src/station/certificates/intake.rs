//! The long text of a message on its way to the firmware: in pieces as it comes in, or at once where the message fits the
//! receive buffer.

use super::super::{Action, RootCertificate};
use super::store::Certificates;
use crate::certificate::{Outline, Walk};

pub(crate) struct Intake {
    /// Finds out what names the certificate; only there once something has come.
    walk: Option<Walk>,
    /// Characters that have come.
    pub(crate) len: u32,
    /// The firmware could not take all of them.
    pub(super) has_failed: bool,
    pub(super) stage: IntakeStage,
    /// What it is to be installed as, once the message was read.
    pub(crate) root: RootCertificate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum IntakeStage {
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
        Self { walk: None, len: 0, has_failed: false, stage: IntakeStage::Idle, root: RootCertificate::CentralSystem }
    }

    /// What the first certificate says of itself that has come, and how many there are.
    pub(super) fn outline(&self) -> Option<(Outline, u16)> {
        let walk = self.walk.as_ref()?;
        Some((walk.finish().ok()?, walk.count()))
    }

    /// The text of such a message begins.
    #[inline(never)] // it is large before it is in its place
    pub(crate) fn begin(&mut self, store: &dyn Certificates, action: Action) {
        *self = Self {
            walk: Some(Walk::new()),
            has_failed: !store.begin(),
            stage: IntakeStage::Taking(action),
            ..Self::new()
        };
    }

    /// Takes its next piece.
    #[inline(never)]
    pub(crate) fn take(&mut self, store: &dyn Certificates, piece: &[u8]) {
        let begins = piece.iter().filter(|byte| !matches!(byte, 0x80..0xc0)).count();
        self.len = self.len.saturating_add(begins as u32);
        if let Some(walk) = &mut self.walk {
            walk.push(piece);
        }
        self.has_failed = self.has_failed || !store.write(piece);
    }

    /// What was written is void, if anything was.
    pub(crate) fn abort(&mut self, store: &dyn Certificates) {
        if self.stage != IntakeStage::Idle {
            self.stage = IntakeStage::Idle;
            store.abort();
        }
    }

    /// Whether the text of such a message comes in.
    pub(crate) fn is_taking(&self, action: Action) -> bool {
        self.stage == IntakeStage::Taking(action)
    }

    /// Whether it is all there, and the firmware is at work.
    pub(crate) fn is_examined(&self) -> bool {
        matches!(self.stage, IntakeStage::Examining(_) | IntakeStage::Installing(_))
    }
}
