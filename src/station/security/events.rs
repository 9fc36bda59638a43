//! What the security log takes up, and what is read from it.

use super::super::journal::entry::Stamp;
use super::super::{BootReason, SecurityEvent};
use super::event_log::{EventEntry, SecurityEventError, SecurityLogEntry};
use crate::station::common::Common;
use crate::station::security::Security;
use crate::time::{DateTime, Instant};

/// So many seconds the clock may be set forward or back without a word.
const TIME_ADJUSTMENT_S: u32 = 20;

impl Security {
    /// Something has happened that belongs in the security log.
    pub(in crate::station) fn security_event(
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
    pub(in crate::station) fn security_log_entry<'e>(
        &self,
        common: &Common<'_>,
        number: u32,
        record: &'e [u8],
    ) -> Option<SecurityLogEntry<'e>> {
        let entry = EventEntry::read(number, record).filter(|entry| entry.number == number)?;
        let timestamp = self.date_of_event(common, entry.at);
        Some(SecurityLogEntry { event: entry.name(), timestamp, tech_info: entry.tech_info })
    }

    /// The device has been read: the boot is the first event of this life (SEC-53). The firmware is new if its installation
    /// ended with it.
    pub(in crate::station) fn booted(&mut self, common: &mut Common<'_>, now: Instant, is_new: bool) {
        let event = match common.boot.reason {
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
    pub(in crate::station) fn time_set(&mut self, common: &mut Common<'_>, now: Instant, time: DateTime) {
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

    /// A message came in that is none; once a boot (SEC-27).
    pub(crate) fn message_dropped(&mut self, common: &mut Common<'_>, now: Instant) {
        if self.events.is_new(SecurityEvent::InvalidMessages) {
            self.security_event(common, now, SecurityEvent::InvalidMessages, "");
        }
    }

    /// Takes up an event that the firmware has seen.
    pub(crate) fn raise_security_event(
        &mut self,
        common: &mut Common<'_>,
        now: Instant,
        event: SecurityEvent,
        tech_info: &str,
    ) -> Result<(), SecurityEventError> {
        self.raise_own(common, now, Some(event), "", tech_info)
    }

    /// The same for one that the whitepaper does not name.
    pub(crate) fn raise_other_security_event(
        &mut self,
        common: &mut Common<'_>,
        now: Instant,
        name: &str,
        tech_info: &str,
    ) -> Result<(), SecurityEventError> {
        self.raise_own(common, now, SecurityEvent::from_text(name), name, tech_info)
    }

    fn raise_own(
        &mut self,
        common: &mut Common<'_>,
        now: Instant,
        event: Option<SecurityEvent>,
        name: &str,
        tech_info: &str,
    ) -> Result<(), SecurityEventError> {
        let at = common.stamp(now);
        self.events.raise_own(event, name, at, tech_info)?;
        common.persistence.has_chores = true;
        Ok(())
    }

    /// The date of an entry.
    pub(super) fn date_of_event(&self, common: &Common<'_>, at: Stamp) -> Option<DateTime> {
        match at {
            Stamp::Dated(date) => Some(date),
            Stamp::Undated { boot, uptime_s } if boot == common.dating.boot => {
                common.clock.date(Instant::from_secs(uptime_s.into()))
            }
            Stamp::Undated { boot, uptime_s } => {
                self.events.date(boot, uptime_s).or_else(|| common.clock.date(common.clock.began()))
            }
        }
    }
}
