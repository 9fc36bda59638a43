//! The security extension, "Improved security for OCPP 1.6-J": events and their log, and the credentials of the connection.
//! Whatever holds a secret of its own, or verifies, is the firmware's.

mod access;
mod connection;
mod credentials;
mod event_log;
mod events;
mod keys;
mod password;
mod shelf;
mod telling;

pub use access::Credentials;
pub(crate) use event_log::slot;
pub use event_log::{SecurityEventError, SecurityLogEntry};
pub(crate) use keys::{AUTHORIZATION_KEY, SECURITY_PROFILE};
pub(crate) use telling::Told;

use crate::time::Instant;
use access::AccessState;
use core::ops::Range;
use event_log::EventLog;

/// What the extension keeps.
pub(crate) struct Security {
    pub(super) events: EventLog,
    pub(super) access: AccessState,
}

impl Security {
    pub(super) const fn new() -> Self {
        Self { events: EventLog::new(), access: AccessState::new() }
    }

    /// The numbers of all entries that the log may have.
    pub(super) fn log_entries(&self) -> Range<u32> {
        self.events.entries()
    }

    /// When there may be something to tell.
    pub(super) fn deadline(&self) -> Instant {
        self.events.deadline()
    }

    /// A transaction message has gone out.
    pub(crate) fn take_turn(&mut self) {
        self.events.telling.is_next = true;
    }
}
