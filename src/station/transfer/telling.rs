//! What is told, and what has been: every status is told, in its order (OCPP 1.6 §4.4, §4.5).

use super::Transfers;
use super::direction::Direction;
use super::progress::TransferStage;
use super::reports::Reports;
use crate::rpc::Outcome;
use crate::station::common::Common;
use crate::types::{DiagnosticsStatus, FirmwareStatus, Symbol};
#[cfg(feature = "security")]
use crate::types::{LogStatus, SignedFirmwareStatus};

/// A status that is to be told, where there is one with the id of the request.
pub(crate) enum StatusReport {
    Firmware(FirmwareStatus),
    Diagnostics(DiagnosticsStatus),
    #[cfg(feature = "security")]
    SignedFirmware(SignedFirmwareStatus, Option<i32>),
    #[cfg(feature = "security")]
    Log(LogStatus, Option<i32>),
}

impl Transfers<'_> {
    /// Whether the update that a trigger asks for is told as a signed one.
    #[cfg(feature = "remote-trigger")]
    pub(crate) fn trigger_signed(&mut self, is_signed: bool) {
        self.firmware.signed.trigger(is_signed);
    }

    #[cfg(feature = "remote-trigger")]
    pub(crate) fn trigger_transfer(&mut self, direction: Direction) {
        self.transfer(direction).reports.trigger();
    }

    /// The next status to be told.
    pub(crate) fn status_report(&mut self, common: &Common<'_>) -> Option<StatusReport> {
        if !self.any_reports(|reports| !reports.is_empty()) {
            return None;
        }
        let is_accepted = common.registration.is_accepted();
        #[cfg(feature = "security")]
        if let Some(report) = self.signed_status_report(is_accepted) {
            return Some(report);
        }
        let present = self.firmware.status().code();
        if let Some(status) = self.firmware.transfer.reports.next(is_accepted, present) {
            return FirmwareStatus::from_code(status).map(StatusReport::Firmware);
        }
        #[cfg(feature = "security")]
        if let Some(report) = self.log_status_report(is_accepted) {
            return Some(report);
        }
        let present = self.diagnostics.status().code();
        let status = self.diagnostics.transfer.reports.next(is_accepted, present)?;
        DiagnosticsStatus::from_code(status).map(StatusReport::Diagnostics)
    }

    /// What is told of a signed update (security whitepaper §5.19), and what a trigger of the security whitepaper asks for.
    #[cfg(feature = "security")]
    fn signed_status_report(&mut self, is_accepted: bool) -> Option<StatusReport> {
        let firmware = &mut self.firmware;
        let reports = &mut firmware.transfer.reports;
        let is_signed = match reports.waits(is_accepted) {
            // What only a signed update can have come to is told in its words, whatever has taken its place.
            true => firmware.signed.request_id().is_some() || reports.is_beyond(FirmwareStatus::ALL.len()),
            false => firmware.signed.is_triggered,
        };
        if !is_signed {
            return None;
        }
        let status = reports.next(is_accepted, firmware.signed.present().code())?;
        let status = SignedFirmwareStatus::from_code(status);
        firmware.signed.told(status);
        let status = status?;
        let is_idle = status == SignedFirmwareStatus::Idle;
        let request_id = firmware.signed.request_id().filter(|_| !is_idle); // L01.FR.21
        Some(StatusReport::SignedFirmware(status, request_id))
    }

    /// What is told of a log (security whitepaper §5.13): with the id of the request, but when there is nothing to do.
    #[cfg(feature = "security")]
    fn log_status_report(&mut self, is_accepted: bool) -> Option<StatusReport> {
        let present = self.log.status().code();
        let log = &mut self.log;
        let status = LogStatus::from_code(log.transfer.reports.next(is_accepted, present)?)?;
        let request_id = Some(log.request_id).filter(|_| status != LogStatus::Idle);
        Some(StatusReport::Log(status, request_id))
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
        if !self.any_reports(|reports| reports.is_held_back()) {
            return;
        }
        for direction in Direction::ALL {
            let direction = *direction;
            if let Some(is_last) = self.transfer(direction).reports.arrived() {
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
        let is_kept = matches!(transfer.stage, TransferStage::Idle | TransferStage::Installing)
            && direction == Direction::Download;
        if is_last && is_kept {
            // FW-07: what the record says has been told.
            transfer.unsaved = true;
            common.persistence.has_chores = true;
        }
        common.agenda.look_again(); // another answer may have told it
    }
}
