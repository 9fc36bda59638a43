//! The security extension, "Improved security for OCPP 1.6-J": events and their log, and the credentials of the connection.
//! Whatever holds a secret of its own, or verifies, is the firmware's.

mod credentials;
mod event_log;
mod event_notification;
mod password;

pub use credentials::Credentials;
pub(crate) use credentials::{AUTHORIZATION_KEY, SECURITY_PROFILE};
pub(crate) use event_log::slot;
pub use event_log::{SecurityEventError, SecurityLogEntry};

use super::shelf::{RecordChange, Shelf};
use super::{BootReason, SecurityEvent};
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::store::{RecordKey, Scratch, registry};
use crate::time::{DateTime, Instant};
use crate::transport::ConnectFailure;
use core::ops::Range;
use credentials::Access;
use event_log::{Entry, EventLog};

/// What the extension keeps.
pub(crate) struct Security {
    pub(super) events: EventLog,
    pub(super) access: Access,
}

/// The credentials, then the log.
impl Shelf for Security {
    fn find(&self, _: &Core<'_>, number: u16) -> Option<(u16, RecordKey)> {
        let key = match number {
            0 => registry::CREDENTIALS,
            number => self.events.next_to_read(number == 1)?,
        };
        Some((number, key))
    }

    fn load(&mut self, core: &mut Core<'_>, number: u16, _: RecordKey, record: &[u8]) {
        match number {
            0 => self.load_access(&mut core.common, record),
            number => self.events.read(number == 1, record),
        }
    }

    fn is_promised(&self, _: &Core<'_>) -> bool {
        self.access.is_unsaved()
    }

    fn change(&mut self, _: &mut Core<'_>, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        let Security { access, events, .. } = self;
        access.change(scratch).or_else(|| events.change(scratch))
    }

    fn changed(&mut self, _: &mut Core<'_>, record: RecordKey) {
        match record {
            registry::CREDENTIALS => self.access.stored(),
            _ => self.events.stored(),
        }
    }
}

/// So many seconds the clock may be set forward or back without a word.
const TIME_ADJUSTMENT_S: u32 = 20;

impl Security {
    pub(super) const fn new() -> Self {
        Self { events: EventLog::new(), access: Access::new() }
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
        self.events.is_next = true;
    }
}

impl Security {
    /// Something has happened that belongs in the security log.
    pub(super) fn security_event(
        &mut self,
        common: &mut Common<'_>,
        now: Instant,
        event: SecurityEvent,
        tech_info: &'static str,
    ) {
        let at = common.stamp(now);
        self.events.raise(event, at, tech_info);
        common.persistence.has_chores = true;
    }

    /// Entry `number` of the log, if it lies in this record.
    pub(super) fn security_log_entry<'e>(
        &self,
        common: &Common<'_>,
        number: u32,
        record: &'e [u8],
    ) -> Option<SecurityLogEntry<'e>> {
        let entry = Entry::read(number, record).filter(|entry| entry.number == number)?;
        let timestamp = self.date_of_event(common, entry.at);
        Some(SecurityLogEntry { event: entry.name(), timestamp, tech_info: entry.tech_info })
    }

    /// The device has been read: the boot is the first event of this life (SEC-53). The firmware is new if its installation
    /// ended with it.
    pub(super) fn booted(&mut self, common: &mut Common<'_>, now: Instant, is_new: bool) {
        let event = match common.boot_reason() {
            _ if is_new => SecurityEvent::FirmwareUpdated,
            BootReason::FirmwareUpdate => SecurityEvent::FirmwareUpdated,
            BootReason::ApplicationReset
            | BootReason::LocalReset
            | BootReason::RemoteReset
            | BootReason::ScheduledReset
            | BootReason::Watchdog => SecurityEvent::ResetOrReboot,
            BootReason::PowerUp | BootReason::Triggered | BootReason::Unknown => SecurityEvent::StartupOfTheDevice,
        };
        self.security_event(common, now, event, "");
    }

    /// The clock is about to be set (SEC-54). The first time after a boot it was not wrong, but unset.
    pub(super) fn time_set(&mut self, common: &mut Common<'_>, now: Instant, time: DateTime) {
        if !common.clock.is_set() {
            let zero = time.as_unix().saturating_sub(now.as_secs());
            self.events.clock_set(common.dating.boot, zero);
            common.persistence.has_chores = true;
        }
        let adjusted = common.clock.date(now).map_or(0, |date| date.as_unix().abs_diff(time.as_unix()));
        if adjusted > TIME_ADJUSTMENT_S {
            self.security_event(common, now, SecurityEvent::SettingSystemTime, "");
        }
    }

    /// No connection could be opened. The same cause is told once until there is one (SEC-47).
    pub(crate) fn connect_failed(&mut self, common: &mut Common<'_>, now: Instant, why: ConnectFailure) {
        use SecurityEvent::{
            FailedToAuthenticateAtCentralSystem, InvalidCentralSystemCertificate, InvalidTLSCipherSuite,
            InvalidTLSVersion,
        };
        self.access_failed(common, now, why);
        let (event, tech_info) = match why {
            ConnectFailure::TlsVersion => (InvalidTLSVersion, ""),
            ConnectFailure::TlsCipherSuite => (InvalidTLSCipherSuite, ""),
            ConnectFailure::ServerCertificate => (InvalidCentralSystemCertificate, ""),
            ConnectFailure::ClientCertificate => (FailedToAuthenticateAtCentralSystem, "certificate"),
            ConnectFailure::Status(401) => (FailedToAuthenticateAtCentralSystem, "HTTP 401"),
            ConnectFailure::Status(403) => (FailedToAuthenticateAtCentralSystem, "HTTP 403"),
            _ => return,
        };
        if self.events.is_new(event) {
            self.security_event(common, now, event, tech_info);
        }
    }

    /// A message came in that is none; once a boot (SEC-27).
    pub(crate) fn message_dropped(&mut self, common: &mut Common<'_>, now: Instant) {
        if self.events.is_new(SecurityEvent::InvalidMessages) {
            self.security_event(common, now, SecurityEvent::InvalidMessages, "");
        }
    }

    /// The link came up or went down.
    pub(super) fn security_link(&mut self, common: &mut Common<'_>, online: bool) {
        self.events.link(online);
        if online {
            self.access_granted(common);
        }
    }
}
