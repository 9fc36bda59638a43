//! How far the request for a certificate is.

use crate::time::Instant;

/// How far a request is.
pub(super) struct Signing {
    pub(super) stage: Stage,
    /// When the certificate that there is is looked at next.
    pub(super) look_at: Instant,
    /// The end of the certificate for which another was asked for already, in seconds since 1970: nobody is asked twice by
    /// the clock (SEC-49).
    pub(super) asked_for: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Idle,
    /// The firmware is to make a pair of keys.
    Wanted,
    /// A request of this length is to be sent.
    Made(usize),
    Sent(usize),
}

impl Signing {
    pub(super) const fn new() -> Self {
        Self { stage: Stage::Idle, look_at: Instant::ZERO, asked_for: 0 }
    }

    /// There is a new certificate, with an end of its own.
    pub(super) fn certificate_came(&mut self) {
        self.look_at = Instant::ZERO;
    }
}
