//! FirmwareStatusNotification and DiagnosticsStatusNotification: every status is told, in its order (OCPP 1.6 §4.4, §4.5).

use super::common::Common;
use super::transfer::Transfers;
use super::transfer::{Direction, Stage};
use super::{CallName, DiagnosticsStatus, FirmwareStatus};
use crate::json::{Json, Writer, name};
use crate::rpc::Outcome;
use crate::types::Symbol;

/// The statuses that the central system has not been told yet, in their order: one in four bits, the first in the lowest,
/// 0 for none. When more come than fit, the oldest go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reports {
    waiting: u32,
    /// The one that waits for its answer.
    sent: u8,
    triggered: bool,
    /// Nobody has answered: the link seems to be dead.
    is_held_back: bool,
}

impl Reports {
    pub(super) const fn new() -> Self {
        Self { waiting: 0, sent: 0, triggered: false, is_held_back: false }
    }

    /// The link came up or went down.
    pub(super) fn link(&mut self, online: bool) {
        self.is_held_back &= !online;
    }

    #[inline(never)]
    pub(super) fn push(&mut self, status: u8) {
        // One place is kept for the one that is sent.
        while self.waiting >> 24 != 0 {
            self.waiting >>= 4;
        }
        let used = u32::BITS - self.waiting.leading_zeros();
        self.waiting |= u32::from(status + 1).wrapping_shl((used + 3) & !3);
        self.is_held_back = false;
    }

    /// All of them, to be kept in a record.
    pub(super) fn untold(&self) -> u32 {
        if self.sent == 0 { self.waiting } else { self.waiting << 4 | u32::from(self.sent) }
    }

    /// Those of a record, of so many that there are.
    pub(super) fn restore(&mut self, untold: u32, statuses: usize) {
        // Those of a later firmware may be more; a gap between two is none of ours.
        let mut unread = untold;
        while (1..=statuses).contains(&(unread as usize & 0xf)) {
            unread >>= 4;
        }
        if unread == 0 {
            self.waiting = untold;
        }
    }

    /// Whether there is nothing to tell at all.
    fn is_empty(&self) -> bool {
        self.waiting == 0 && !self.triggered
    }

    /// Whether the next to be told is not what a trigger asks for.
    #[cfg(feature = "security")]
    fn waits(&self, is_accepted: bool) -> bool {
        is_accepted && self.waiting != 0 && !self.is_held_back
    }

    /// The next to be told, as its number; `present` is what a trigger asks for.
    fn next(&mut self, is_accepted: bool, present: u8) -> Option<u8> {
        if is_accepted && self.waiting != 0 && !self.is_held_back {
            self.sent = self.waiting as u8 & 0xf;
            self.waiting >>= 4;
            self.triggered &= self.waiting != 0; // the last of them is what the trigger asks for
            return self.sent.checked_sub(1);
        }
        core::mem::take(&mut self.triggered).then_some(present)
    }

    /// Whether the last of those that wait was told.
    fn conclude(&mut self, outcome: Outcome<'_>) -> bool {
        let was_waiting = self.sent != 0;
        if let Outcome::LinkLost | Outcome::TimedOut { peer_alive: false } = outcome {
            self.waiting = self.untold();
            self.is_held_back = was_waiting && outcome != Outcome::LinkLost;
        }
        self.sent = 0;
        was_waiting && self.waiting == 0
    }
}

/// FirmwareStatusNotification.req and DiagnosticsStatusNotification.req (OCPP 1.6 §6.17, §6.19), and with an id those of the
/// security whitepaper.
pub(crate) struct StatusReport {
    quoted: &'static [u8],
    #[cfg(feature = "security")]
    request_id: Option<i32>,
}

impl StatusReport {
    fn new(quoted: &'static [u8]) -> Self {
        Self {
            quoted,
            #[cfg(feature = "security")]
            request_id: None,
        }
    }
}

impl Json for StatusReport {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("status")).raw(self.quoted);
        #[cfg(feature = "security")]
        if let Some(id) = self.request_id {
            members.name(name!("requestId")).whole(id.into());
        }
        members.close();
    }
}

impl Transfers<'_> {
    #[cfg(feature = "remote-trigger")]
    pub(super) fn trigger_transfer(&mut self, direction: Direction) {
        self.transfer(direction).reports.triggered = true;
    }

    /// The next status to be told.
    pub(crate) fn status_report(&mut self, common: &Common<'_>) -> Option<(CallName, &'static str, StatusReport)> {
        if !self.any_reports(|reports| !reports.is_empty()) {
            return None;
        }
        let is_accepted = common.registration.is_accepted();
        #[cfg(feature = "security")]
        if let Some(report) = self.signed_status_report(is_accepted) {
            return Some((CallName::SignedFirmwareStatusNotification, "SignedFirmwareStatusNotification", report));
        }
        let present = self.firmware_status().code();
        if let Some(status) = self.firmware.transfer.reports.next(is_accepted, present) {
            let quoted = FirmwareStatus::SPELLINGS.quoted(status);
            let name = CallName::FirmwareStatusNotification;
            return Some((name, "FirmwareStatusNotification", StatusReport::new(quoted)));
        }
        #[cfg(feature = "security")]
        if let Some(report) = self.log_status_report(is_accepted) {
            return Some((CallName::LogStatusNotification, "LogStatusNotification", report));
        }
        let present = self.diagnostics_status().code();
        let status = self.diagnostics.transfer.reports.next(is_accepted, present)?;
        let quoted = DiagnosticsStatus::SPELLINGS.quoted(status);
        let name = CallName::DiagnosticsStatusNotification;
        Some((name, "DiagnosticsStatusNotification", StatusReport::new(quoted)))
    }

    /// SignedFirmwareStatusNotification.req (security whitepaper §5.19): what is told of a signed update, and what a trigger of
    /// the security whitepaper asks for.
    #[cfg(feature = "security")]
    fn signed_status_report(&mut self, is_accepted: bool) -> Option<StatusReport> {
        use super::SignedFirmwareStatus;
        let firmware = &mut self.firmware;
        let reports = &mut firmware.transfer.reports;
        let is_signed = match reports.waits(is_accepted) {
            // What only a signed update can have come to is told in its words, whatever has taken its place.
            true => firmware.signed.request_id().is_some() || reports.waiting & 0xf > FirmwareStatus::ALL.len() as u32,
            false => firmware.signed.is_triggered,
        };
        if !is_signed {
            return None;
        }
        let status = reports.next(is_accepted, firmware.signed.present().code())?;
        firmware.signed.told(status);
        let is_idle = status == SignedFirmwareStatus::Idle.code();
        let request_id = firmware.signed.request_id().filter(|_| !is_idle); // L01.FR.21
        Some(StatusReport { quoted: SignedFirmwareStatus::SPELLINGS.quoted(status), request_id })
    }

    /// LogStatusNotification.req (security whitepaper §5.13): with the id of the request, but when there is nothing to do.
    #[cfg(feature = "security")]
    fn log_status_report(&mut self, is_accepted: bool) -> Option<StatusReport> {
        let present = self.log_status().code();
        let log = &mut self.log;
        let status = log.transfer.reports.next(is_accepted, present)?;
        let is_idle = status == super::LogStatus::Idle.code();
        let request_id = Some(log.request_id).filter(|_| !is_idle);
        Some(StatusReport { quoted: super::LogStatus::SPELLINGS.quoted(status), request_id })
    }

    pub(crate) fn conclude_status_report(
        &mut self,
        common: &mut Common<'_>,
        direction: Direction,
        outcome: Outcome<'_>,
    ) {
        let is_last = self.transfer(direction).reports.conclude(outcome);
        self.report_told(common, direction, is_last);
    }

    /// The central system has answered a call: what it left unanswered on this link before has arrived all the same.
    pub(crate) fn reports_arrived(&mut self, common: &mut Common<'_>) {
        if !self.any_reports(|reports| reports.is_held_back) {
            return;
        }
        for direction in Direction::ALL {
            let direction = *direction;
            let reports = &mut self.transfer(direction).reports;
            if core::mem::take(&mut reports.is_held_back) {
                reports.waiting >>= 4;
                let is_last = reports.waiting == 0;
                self.report_told(common, direction, is_last);
            }
        }
    }

    /// Whether any of the reports is like that: asked at each call, and hardly ever so.
    #[inline(always)]
    fn any_reports(&self, is_so: impl Fn(&Reports) -> bool) -> bool {
        #[cfg(feature = "security")]
        if is_so(&self.log.transfer.reports) {
            return true;
        }
        is_so(&self.firmware.transfer.reports) || is_so(&self.diagnostics.transfer.reports)
    }

    fn report_told(&mut self, common: &mut Common<'_>, direction: Direction, is_last: bool) {
        let transfer = self.transfer(direction);
        let is_kept = matches!(transfer.stage, Stage::Idle | Stage::Installing) && direction == Direction::Download;
        if is_last && is_kept {
            // FW-07: what the record says has been told.
            transfer.unsaved = true;
            common.persistence.has_chores = true;
        }
        common.look_again(); // another answer may have told it
    }
}
