//! Which block handles which message, and whose turn it is to send.

use super::cache::clear_cache;
use super::charging_profiles::{clear_charging_profile, get_composite_schedule, set_charging_profile};
use super::custom::{conclude_custom_call, custom_call};
use super::data_transfer::data_transfer_request;
use super::local_list::{get_local_list_version, send_local_list};
use super::reservation::{cancel_reservation, reserve_now};
use super::{authorize, remote_control, transfers, trigger};
use super::{
    availability, boot_notification, configuration, heartbeat, meter_values, reset, transaction_messages, unlock,
};
use super::{certificates, security};
#[cfg(feature = "security")]
use super::{log_upload, signed_update};
use crate::json::{BufferFull, JsonStr, Payload, Raw};
use crate::rpc::{Call, CallComposer, CallError, CallErrorCode, Composer, Handler, Outcome, Reply};
use crate::station::answer::{Cause, StatusAnswer};
use crate::station::transfer::Direction;
use crate::station::{CallName, Station};
use crate::store::Scratch;
use crate::time::Instant;
use crate::types::{Action, Symbol};

/// The operations as the handler of an RPC layer: together with the record buffer, in which the transaction message
/// that goes out next may lie.
pub struct Exchange<'x, 'a> {
    pub(crate) operations: &'x mut Station<'a>,
    pub(crate) record: &'x mut Scratch<'a>,
}

const NOTHING: Raw<'static> = Raw(b"{}");

impl Handler for Exchange<'_, '_> {
    type Call = CallName;

    fn handle_call(&mut self, now: Instant, call: &Call<'_>, answer: &mut Composer<'_>) -> Result<Reply, CallError> {
        let operations = &mut *self.operations;
        answer.has_milliseconds = operations.core.common.sends_milliseconds;
        let (position, is_first) = (answer.position(), answer.page() == 0);
        let action = call.action.as_bytes();
        let reply = match operations.custom.request_handler(action) {
            // Only the crate's own answers can be put off.
            Some(handle) => match call.payload.prove() {
                Ok(_) => handle(call, answer).and_then(|reply| match reply {
                    Reply::Later | Reply::Held => Err(CallErrorCode::InternalError.into()),
                    reply => Ok(reply),
                }),
                Err(problem) => Err(problem.into()),
            },
            None => operations.answer(now, call, answer, self.record).map_err(CallError::from),
        };
        if is_first && !matches!(reply, Ok(Reply::Held)) {
            let answered = matches!(reply, Ok(Reply::Now)).then(|| answer.written(position));
            operations.custom.show(action, Some(call.payload), answered);
        }
        reply
    }

    fn late_answer(&mut self, _now: Instant, answer: &mut Composer<'_>) -> bool {
        unlock::unlock_answer(self.operations, answer)
    }

    fn begin_long(&mut self, action: JsonStr<'_>) -> Option<&'static str> {
        certificates::begin_long(self.operations, action)
    }

    fn take_long(&mut self, piece: &[u8]) {
        certificates::take_long(self.operations, piece);
    }

    fn drop_long(&mut self) {
        certificates::drop_long(self.operations);
    }

    fn too_long(&mut self, action: JsonStr<'_>, answer: &mut Composer<'_>) -> Result<bool, BufferFull> {
        let is_rejected = certificates::rejects_long(self.operations, action);
        if is_rejected {
            answer.payload(&StatusAnswer::Rejected)?;
        }
        Ok(is_rejected)
    }

    fn is_silent(&self) -> bool {
        self.operations.core.common.registration.is_rejected() // BOOT-06
    }

    /// The user at the charge point first, then what the central system waits for, then the past, then small talk.
    fn next_call(&mut self, now: Instant, call: &mut CallComposer<'_>) -> Option<CallName> {
        let operations = &mut *self.operations;
        call.composer.has_milliseconds = operations.core.common.sends_milliseconds;
        operations.reset.reset_answered(&mut operations.core.common, now);
        operations.security.access_answered();
        if !operations.core.common.is_recovered() {
            return None;
        }
        if operations.core.common.registration.is_due(now) {
            call.call("BootNotification", &operations.core.common.boot_notification()).ok()?;
            return Some(CallName::BootNotification);
        }
        if !operations.core.common.registration.may_talk() {
            return None;
        }
        let accepted = operations.core.common.registration.is_accepted();
        if accepted && let Some((id, request)) = operations.core.authorize_request() {
            call.call("Authorize", &request).ok()?;
            return Some(CallName::Authorize(id));
        }
        if accepted && let Some(notification) = security::security_event_notification(operations, now, self.record) {
            call.call("SecurityEventNotification", &notification).ok()?;
            return Some(CallName::SecurityEventNotification);
        }
        // What happens now is told in its order; what waits since an outage is overtaken (MSG-04).
        let status = operations.core.next_to_report(now);
        let precedes = status.is_some_and(|(_, precedes)| precedes);
        if accepted
            && !precedes
            && operations.core.is_live()
            && transaction_messages::write_due(&mut operations.core, now, self.record, call)
        {
            operations.security.take_turn();
            return Some(CallName::TransactionMessage);
        }
        if let Some((id, _)) = status {
            let notification = operations.core.status_notification(id)?;
            call.call("StatusNotification", &notification).ok()?;
            return Some(CallName::StatusNotification(id));
        }
        if let Some((name, action, notification)) = transfers::status_notification(operations) {
            call.call(action, &notification).ok()?;
            return Some(name);
        }
        if accepted && certificates::sign_certificate(operations, now, call) {
            return Some(CallName::SignCertificate);
        }
        if operations.core.common.heartbeat_due(now) {
            operations.core.common.heartbeat_sent(now);
            call.call("Heartbeat", &NOTHING).ok()?;
            return Some(CallName::Heartbeat);
        }
        while let Some(id) = self.operations.core.next_untransacted_sample() {
            if meter_values::untransacted_sample(self.operations, now, id, self.record, call).is_some() {
                return Some(CallName::MeterValues(id));
            }
            // The record buffer was used in vain: what lay in it is loaded again.
            self.operations.core.common.look_again();
        }
        let operations = &mut *self.operations;
        if accepted && transaction_messages::write_due(&mut operations.core, now, self.record, call) {
            operations.security.take_turn();
            return Some(CallName::TransactionMessage);
        }
        (accepted && custom_call(operations, call)).then_some(CallName::Custom)
    }

    fn continue_call(&mut self, _now: Instant, name: CallName, composer: &mut Composer<'_>) {
        composer.has_milliseconds = self.operations.core.common.sends_milliseconds;
        match name {
            CallName::TransactionMessage => {
                transaction_messages::write_on(&mut self.operations.core, self.record, composer)
            }
            CallName::MeterValues(_) => {
                let _ = meter_values::compose_written_sample(self.record, composer);
            }
            CallName::SignCertificate => certificates::continue_sign_certificate(self.operations, composer),
            _ => {}
        }
    }

    fn conclude(&mut self, now: Instant, name: CallName, outcome: Outcome<'_>) {
        let operations = &mut *self.operations;
        match (name, outcome) {
            // What was taken as it was told changes nothing that any block waits for.
            (CallName::StatusNotification(_) | CallName::MeterValues(_), Outcome::Result(_)) => {}
            (CallName::TransactionMessage, Outcome::Result(_)) if operations.core.delivery.is_of_meter_values() => {}
            _ => operations.core.common.look_again(),
        }
        if let Outcome::Result(_) | Outcome::Error { .. } = outcome {
            operations.transfers.reports_arrived(&mut operations.core.common);
        }
        match outcome {
            _ if name == CallName::TransactionMessage => {}
            Outcome::Result(_) | Outcome::Error { .. } => operations.core.peer_answered(),
            Outcome::TimedOut { .. } => operations.core.peer_ignored(),
            Outcome::LinkLost => {}
        }
        match name {
            CallName::BootNotification => boot_notification::conclude(operations, now, outcome),
            CallName::Heartbeat => heartbeat::conclude(operations, now, outcome),
            CallName::StatusNotification(id) => operations.core.conclude_status_notification(id, outcome),
            CallName::Authorize(id) => authorize::conclude(operations, now, id, outcome),
            CallName::TransactionMessage => transaction_messages::conclude(operations, now, outcome),
            CallName::MeterValues(_) => {}
            CallName::FirmwareStatusNotification | CallName::SignedFirmwareStatusNotification => {
                operations.transfers.conclude_status_report(&mut operations.core.common, Direction::Download, outcome)
            }
            CallName::DiagnosticsStatusNotification => {
                operations.transfers.conclude_status_report(&mut operations.core.common, Direction::Upload, outcome)
            }
            #[cfg(feature = "security")]
            CallName::LogStatusNotification => {
                operations.transfers.conclude_status_report(&mut operations.core.common, Direction::Log, outcome)
            }
            #[cfg(not(feature = "security"))]
            CallName::LogStatusNotification => {}
            CallName::SecurityEventNotification => security::conclude_security_event(operations, now, outcome),
            CallName::SignCertificate => certificates::conclude_sign_certificate(operations, outcome),
            CallName::Custom => conclude_custom_call(operations, now, outcome),
        }
    }
}

impl Exchange<'_, '_> {
    /// The epoch of message ids for calls that are not kept over a boot; known when the device has been read.
    pub fn call_epoch(&self) -> u32 {
        self.operations.core.common.call_epoch()
    }
}

/// What a block has made of a call.
enum Acted {
    /// The whole answer, which leaves when nothing is unsaved any more.
    Status(StatusAnswer),
    /// It has written its answer, which promises nothing, or says when it will.
    Answered(Reply),
}

impl Acted {
    /// No status yet: the firmware or the device is at work.
    fn unless_held(status: Option<StatusAnswer>) -> Self {
        status.map_or(Self::Answered(Reply::Held), Self::Status)
    }
}

impl Station<'_> {
    /// Answers a call by the block that it belongs to.
    fn answer(
        &mut self,
        now: Instant,
        call: &Call<'_>,
        answer: &mut Composer<'_>,
        record: &mut Scratch<'_>,
    ) -> Result<Reply, Cause> {
        let action = Action::from_json(call.action).ok_or(Cause::NotImplemented)?;
        if !self.core.common.is_recovered() {
            return Ok(Reply::Held); // what is stored would take the place of what is asked for
        }
        let status = match self.promised.take() {
            Some((promised, status)) if promised == action => status,
            _ => match self.act(now, action, call.payload, answer, record)? {
                Acted::Status(status) => {
                    self.core.common.look_again();
                    status
                }
                Acted::Answered(reply) => return Ok(reply),
            },
        };
        // Whatever it promises is durable first, on any driver and any RPC layer.
        if self.is_storing() {
            self.promised = Some((action, status));
            return Ok(Reply::Held);
        }
        answer.payload(&status)?;
        Ok(Reply::Now)
    }

    /// Does what a call asks for.
    fn act(
        &mut self,
        now: Instant,
        action: Action,
        payload: Payload<'_>,
        answer: &mut Composer<'_>,
        record: &mut Scratch<'_>,
    ) -> Result<Acted, Cause> {
        Ok(Acted::Status(match action {
            Action::ChangeAvailability => availability::change_availability(self, now, payload)?,
            Action::ChangeConfiguration => configuration::change_configuration(self, now, payload)?,
            Action::ClearCache => clear_cache(self, payload)?,
            Action::GetConfiguration => {
                configuration::get_configuration(&self.core, payload, answer)?;
                return Ok(Acted::Answered(Reply::Now));
            }
            Action::DataTransfer => {
                data_transfer_request(self, payload, answer)?;
                return Ok(Acted::Answered(Reply::Now));
            }
            Action::RemoteStartTransaction => remote_control::remote_start_transaction(self, now, payload, record)?,
            Action::RemoteStopTransaction => remote_control::remote_stop_transaction(self, now, payload)?,
            Action::Reset => reset::reset(self, now, payload)?,
            Action::TriggerMessage => trigger::trigger_message(self, now, payload)?,
            Action::UnlockConnector => match unlock::unlock_connector(self, now, payload)? {
                Some(status) => status,
                None => return Ok(Acted::Answered(Reply::Later)),
            },
            Action::GetLocalListVersion => {
                answer.payload(&get_local_list_version(self, payload)?)?;
                return Ok(Acted::Answered(Reply::Now));
            }
            Action::SendLocalList => {
                return Ok(Acted::unless_held(send_local_list(self, payload, record)?));
            }
            Action::ReserveNow => reserve_now(self, now, payload)?,
            Action::CancelReservation => cancel_reservation(self, payload)?,
            Action::SetChargingProfile => set_charging_profile(self, now, payload, record)?,
            Action::ClearChargingProfile => clear_charging_profile(self, payload)?,
            Action::GetCompositeSchedule => {
                get_composite_schedule(self, now, payload, answer)?;
                return Ok(Acted::Answered(Reply::Now));
            }
            Action::UpdateFirmware => {
                return transfers::transfer_request(self, Direction::Download, payload, answer, record)
                    .map(Acted::Answered);
            }
            Action::GetDiagnostics => {
                return transfers::transfer_request(self, Direction::Upload, payload, answer, record)
                    .map(Acted::Answered);
            }
            #[cfg(feature = "security")]
            Action::InstallCertificate => {
                return Ok(Acted::unless_held(certificates::install_certificate(self, now, payload)?));
            }
            #[cfg(feature = "security")]
            Action::SignedUpdateFirmware => {
                return Ok(Acted::unless_held(signed_update::signed_update_firmware(self, now, payload, record)?));
            }
            #[cfg(feature = "security")]
            Action::CertificateSigned => {
                return Ok(Acted::unless_held(certificates::certificate_signed(self, now, payload)?));
            }
            #[cfg(feature = "security")]
            Action::DeleteCertificate => {
                return Ok(Acted::unless_held(certificates::delete_certificate(self, now, payload)?));
            }
            #[cfg(feature = "security")]
            Action::GetInstalledCertificateIds => {
                certificates::get_installed_certificate_ids(self, payload, answer)?;
                return Ok(Acted::Answered(Reply::Now));
            }
            #[cfg(feature = "security")]
            Action::GetLog => {
                return log_upload::get_log(self, payload, answer, record).map(Acted::Answered);
            }
            #[cfg(feature = "security")]
            Action::ExtendedTriggerMessage => trigger::extended_trigger_message(self, now, payload)?,
            #[allow(unreachable_patterns)]
            _ => return Err(Cause::NotSupported),
        }))
    }
}
