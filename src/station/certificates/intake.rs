//! The long text of a message on its way to the firmware: in pieces as it comes in, or at once where the message fits the
//! receive buffer.

use super::super::{Action, RootCertificate};
use super::store::Certificates;
use crate::certificate::{Outline, Walk};
use crate::json::JsonStr;

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
    pub(super) fn begin(&mut self, store: &dyn Certificates) {
        *self = Self { walk: Some(Walk::new()), has_failed: !store.begin(), ..Self::new() };
    }

    #[inline(never)]
    pub(super) fn take(&mut self, store: &dyn Certificates, piece: &[u8]) {
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
