//! What the charge point does to the world outside the connectors.

use super::{ConnectorId, Discarded, ResetKind};

/// Whether a remote start with this tag may begin a session on a connector.
type RemoteStartNotify<'a> = &'a dyn Fn(ConnectorId, &str) -> bool;

#[derive(Default)]
pub(crate) struct Outputs<'a> {
    pub(crate) reset_notify: Option<&'a dyn Fn(ResetKind) -> bool>,
    pub(crate) reset_execute: Option<&'a dyn Fn(ResetKind)>,
    pub(crate) remote_start_notify: Option<RemoteStartNotify<'a>>,
    pub(crate) discarded: Option<&'a dyn Fn(&Discarded<'_>)>,
    pub(crate) random: Option<&'a dyn Fn() -> u32>,
}

impl Outputs<'_> {
    /// Whether Reset could only be refused.
    pub(crate) fn cannot_reset(&self) -> bool {
        self.reset_execute.is_none()
    }

    pub(crate) fn random(&self) -> u32 {
        self.random.map_or(0, |random| random())
    }
}
