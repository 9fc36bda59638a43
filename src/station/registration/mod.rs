//! How the central system regards this charge point, and when it has last heard of it.

mod acceptance;
pub(in crate::station) mod boot;
pub(crate) mod heartbeat;

use super::RegistrationStatus;
use crate::time::Instant;

/// How the central system regards this charge point.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(super) status: Option<RegistrationStatus>,
    pub(super) next_attempt: Instant,
    pub(super) in_flight: bool,
    pub(super) triggered: bool,
    pub(super) last_heartbeat: Instant,
    pub(super) heartbeat_triggered: bool,
}

impl Registration {
    pub(super) const fn new() -> Self {
        Self {
            status: None,
            next_attempt: Instant::ZERO,
            in_flight: false,
            triggered: false,
            last_heartbeat: Instant::ZERO,
            heartbeat_triggered: false,
        }
    }

    pub(crate) fn is_accepted(&self) -> bool {
        self.status == Some(RegistrationStatus::Accepted)
    }

    /// Whether anything but BootNotification may be sent: nothing at all before the first answer, and in Pending what was
    /// asked for (BOOT-02, BOOT-08).
    pub(crate) fn may_talk(&self) -> bool {
        matches!(self.status, Some(RegistrationStatus::Accepted | RegistrationStatus::Pending))
    }

    /// Whether the central system is not to be answered.
    pub(crate) fn is_rejected(&self) -> bool {
        self.status == Some(RegistrationStatus::Rejected)
    }

    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.triggered || !self.is_accepted() && now >= self.next_attempt
    }

    #[cfg(feature = "remote-trigger")]
    pub(super) fn trigger(&mut self) {
        self.triggered = true;
    }

    pub(super) fn deadline(&self) -> Instant {
        if self.is_accepted() || self.in_flight { Instant::NEVER } else { self.next_attempt }
    }
}
