//! How far the request for a certificate is.

use crate::time::Instant;

/// How far a request is.
pub(crate) struct SigningRequest {
    pub(super) stage: RequestStage,
    /// When the certificate that there is is looked at next.
    pub(super) look_at: Instant,
    /// The end of the certificate for which another was asked for already, in seconds since 1970: nobody is asked twice by
    /// the clock (SEC-49).
    pub(super) asked_for: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestStage {
    Idle,
    /// The firmware is to make a pair of keys.
    Wanted,
    /// A request of this length is to be sent.
    Made(usize),
    Sent(usize),
}

impl SigningRequest {
    pub(super) const fn new() -> Self {
        Self { stage: RequestStage::Idle, look_at: Instant::ZERO, asked_for: 0 }
    }

    /// There is a new certificate, with an end of its own.
    pub(super) fn certificate_came(&mut self) {
        self.look_at = Instant::ZERO;
    }

    /// The request goes out, or cannot go out at all.
    pub(crate) fn goes_out(&mut self, len: Option<usize>) {
        self.stage = len.map_or(RequestStage::Idle, RequestStage::Sent);
    }

    /// The length of the request that has gone out.
    pub(crate) fn sent(&self) -> Option<usize> {
        match self.stage {
            RequestStage::Sent(len) => Some(len),
            _ => None,
        }
    }

    /// Nothing follows it any more. When the link was lost, the same goes out over the next connection.
    pub(crate) fn conclude(&mut self, is_link_lost: bool) {
        self.stage = match self.stage {
            RequestStage::Sent(len) if is_link_lost => RequestStage::Made(len),
            RequestStage::Sent(_) => RequestStage::Idle,
            stage => stage, // it was asked for again meanwhile
        };
    }
}
