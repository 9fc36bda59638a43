//! What all blocks of a charge point have in common.

use super::agenda::Agenda;
use super::device::persistence::Persistence;
use super::dialect::Dialect;
use super::journal::dating::Dating;
use super::journal::entry::Stamp;
use super::keys;
use super::outputs::Outputs;
use super::registration::Registration;
use super::registration::boot::Boot;
use crate::store::{Journal, Keys};
use crate::time::{Clock, DateTime, Instant};
use crate::types::{FeatureProfile, Symbol};

/// What every block may look at, and may ask for: the settings, the time, the journal, the device, the link.
pub(crate) struct Common<'a> {
    pub(crate) boot: Boot<'a>,
    pub(crate) keys: Keys<'a>,
    pub(crate) clock: Clock,
    pub(super) dating: Dating,
    pub(crate) journal: Journal,
    pub(super) persistence: Persistence,
    pub(crate) registration: Registration,
    pub(crate) outputs: Outputs<'a>,
    pub(super) online: bool,
    pub(crate) dialect: Dialect,
    /// Profiles of this build that the firmware does without, a bit for each.
    absent_profiles: u8,
    pub(crate) agenda: Agenda,
}

impl<'a> Common<'a> {
    pub(super) fn new(boot: Boot<'a>, keys: Keys<'a>) -> Self {
        Self {
            boot,
            keys,
            clock: Clock::new(),
            dating: Dating::new(),
            journal: Journal::new(),
            persistence: Persistence::new(),
            registration: Registration::new(),
            outputs: Outputs::default(),
            online: false,
            dialect: Dialect::default(),
            absent_profiles: 0,
            agenda: Agenda::new(),
        }
    }

    /// A profile is not to be there, whatever the build and the hardware have.
    pub(crate) fn leave_out(&mut self, profile: FeatureProfile) {
        if profile != FeatureProfile::Core {
            self.absent_profiles |= 1 << (profile as u8);
        }
    }

    /// Whether the firmware does without a profile.
    pub(super) fn is_left_out(&self, profile: FeatureProfile) -> bool {
        self.absent_profiles & 1 << (profile as u8) != 0
    }

    /// What is left out is not announced.
    pub(super) fn withdraw_profiles(&mut self) {
        for profile in FeatureProfile::ALL {
            if self.is_left_out(*profile) {
                self.keys.set_member(&keys::SUPPORTED_FEATURE_PROFILES, *profile as usize, false);
            }
        }
    }

    /// Whether a profile is there: in the build, by the hardware, and not left out.
    pub(crate) fn has_profile(&self, profile: FeatureProfile) -> bool {
        self.keys.has_member(&keys::SUPPORTED_FEATURE_PROFILES, profile as usize)
    }

    /// Whether the central system has accepted this charge point since the boot.
    pub(crate) fn is_accepted(&self) -> bool {
        self.registration.is_accepted()
    }

    /// Whether what the device remembers has been read after the boot.
    pub(crate) fn is_recovered(&self) -> bool {
        self.persistence.is_recovered()
    }

    /// The base of message ids that are not kept over a boot; known after recovery.
    pub(crate) fn call_epoch(&self) -> u32 {
        self.persistence.call_epoch(self.dating.boot)
    }

    /// Seconds that an answer is waited for.
    pub(crate) fn message_timeout_s(&self) -> u32 {
        self.keys.unsigned(&keys::MESSAGE_TIMEOUT)
    }

    /// Seconds between pings, 0 for none.
    pub(crate) fn ping_interval_s(&self) -> u32 {
        self.keys.unsigned(&keys::WEB_SOCKET_PING_INTERVAL)
    }

    /// The last date that the device knows.
    pub(crate) fn last_known_date(&self) -> Option<DateTime> {
        Some(self.dating.known).filter(|known| known.as_unix() != 0)
    }

    /// The stamp of something that happens in this boot.
    pub(super) fn stamp(&self, at: Instant) -> Stamp {
        Stamp::new(&self.clock, self.dating.boot, at)
    }

    /// Whether a held call waits for the device, which is not known to be failing, or could go on.
    pub(crate) fn wants_device(&self) -> bool {
        self.persistence.held_call.waits(self.persistence.is_failing())
    }
}
