//! What comes in, whose turn it is to be sent, and what came of it.

use super::answer::{Cause, StatusAnswer};
use super::custom::{conclude_custom_call, custom_call};
use super::operation::{Acted, act};
use super::{
    authorize, boot_notification, certificates, heartbeat, meter_values, security, transaction_messages, transfers,
    unlock,
};
use crate::json::{BufferFull, JsonStr, Raw};
use crate::rpc::{Call, CallComposer, CallError, CallErrorCode, Composer, Handler, Outcome, Reply};
use crate::station::transfer::Direction;
use crate::station::{CallName, Station};
use crate::store::Scratch;
use crate::time::Instant;
use crate::types::{Action, Symbol};

/// The station as the handler of an RPC layer: together with the record buffer, in which the transaction message
/// that goes out next may lie.
pub struct Exchange<'x, 'a> {
    pub(crate) station: &'x mut Station<'a>,
    pub(crate) promised: &'x mut Promised,
    pub(crate) record: &'x mut Scratch<'a>,
}

/// What a call that is held will be answered with as soon as nothing is unsaved. Gone with the link.
#[derive(Default)]
pub(crate) struct Promised(Option<(Action, StatusAnswer)>);

const NOTHING: Raw<'static> = Raw(b"{}");

impl Handler for Exchange<'_, '_> {
    type Call = CallName;

    fn handle_call(&mut self, now: Instant, call: &Call<'_>, answer: &mut Composer<'_>) -> Result<Reply, CallError> {
        let station = &mut *self.station;
        answer.has_milliseconds = station.core.common.dialect.has_milliseconds;
        let (position, is_first) = (answer.position(), answer.page() == 0);
        let action = call.action.as_bytes();
        let reply = match station.custom.request_handler(action) {
            // Only the crate's own answers can be put off.
            Some(handle) => match call.payload.prove() {
                Ok(_) => handle(call, answer).and_then(|reply| match reply {
                    Reply::Later | Reply::Held => Err(CallErrorCode::InternalError.into()),
                    reply => Ok(reply),
                }),
                Err(problem) => Err(problem.into()),
            },
            None => self.answer(now, call, answer).map_err(CallError::from),
        };
        if is_first && !matches!(reply, Ok(Reply::Held)) {
            let answered = matches!(reply, Ok(Reply::Now)).then(|| answer.written(position));
            self.station.custom.show(action, Some(call.payload), answered);
        }
        reply
    }

    fn late_answer(&mut self, _now: Instant, answer: &mut Composer<'_>) -> bool {
        unlock::unlock_answer(self.station, answer)
    }

    fn begin_long(&mut self, action: JsonStr<'_>) -> Option<&'static str> {
        certificates::begin_long(self.station, action)
    }

    fn take_long(&mut self, piece: &[u8]) {
        certificates::take_long(self.station, piece);
    }

    fn drop_long(&mut self) {
        certificates::drop_long(self.station);
    }

    fn too_long(&mut self, action: JsonStr<'_>, answer: &mut Composer<'_>) -> Result<bool, BufferFull> {
        let is_rejected = certificates::rejects_long(self.station, action);
        if is_rejected {
            answer.payload(&StatusAnswer::Rejected)?;
        }
        Ok(is_rejected)
    }

    fn is_silent(&self) -> bool {
        self.station.core.common.registration.is_rejected() // BOOT-06
    }

    /// The user at the charge point first, then what the central system waits for, then the past, then small talk.
    fn next_call(&mut self, now: Instant, call: &mut CallComposer<'_>) -> Option<CallName> {
        let station = &mut *self.station;
        call.composer.has_milliseconds = station.core.common.dialect.has_milliseconds;
        station.reset.reset_answered(&mut station.core.common, now);
        station.security.access_answered();
        if !station.core.common.is_recovered() {
            return None;
        }
        if station.core.common.registration.is_due(now) {
            call.call("BootNotification", &station.core.common.boot_notification()).ok()?;
            return Some(CallName::BootNotification);
        }
        if !station.core.common.registration.may_talk() {
            return None;
        }
        let accepted = station.core.common.registration.is_accepted();
        if accepted && let Some((id, request)) = station.core.authorize_request() {
            call.call("Authorize", &request).ok()?;
            return Some(CallName::Authorize(id));
        }
        if accepted && let Some(notification) = security::security_event_notification(station, now, self.record) {
            call.call("SecurityEventNotification", &notification).ok()?;
            return Some(CallName::SecurityEventNotification);
        }
        // What happens now is told in its order; what waits since an outage is overtaken (MSG-04).
        let status = station.core.next_to_report(now);
        let precedes = status.is_some_and(|(_, precedes)| precedes);
        if accepted
            && !precedes
            && station.core.is_live()
            && transaction_messages::write_due(&mut station.core, now, self.record, call)
        {
            station.security.take_turn();
            return Some(CallName::TransactionMessage);
        }
        if let Some((id, _)) = status {
            let notification = station.core.state_to_tell(id)?;
            call.call("StatusNotification", &notification).ok()?;
            return Some(CallName::StatusNotification(id));
        }
        if let Some((name, action, notification)) = transfers::status_notification(station) {
            call.call(action, &notification).ok()?;
            return Some(name);
        }
        if accepted && certificates::sign_certificate(station, now, call) {
            return Some(CallName::SignCertificate);
        }
        if station.core.common.heartbeat_due(now) {
            station.core.common.heartbeat_sent(now);
            call.call("Heartbeat", &NOTHING).ok()?;
            return Some(CallName::Heartbeat);
        }
        while let Some(id) = self.station.core.next_untransacted_sample() {
            if meter_values::untransacted_sample(self.station, now, id, self.record, call).is_some() {
                return Some(CallName::MeterValues(id));
            }
            // The record buffer was used in vain: what lay in it is loaded again.
            self.station.core.common.agenda.look_again();
        }
        let station = &mut *self.station;
        if accepted && transaction_messages::write_due(&mut station.core, now, self.record, call) {
            station.security.take_turn();
            return Some(CallName::TransactionMessage);
        }
        (accepted && custom_call(station, call)).then_some(CallName::Custom)
    }

    fn continue_call(&mut self, _now: Instant, name: CallName, composer: &mut Composer<'_>) {
        composer.has_milliseconds = self.station.core.common.dialect.has_milliseconds;
        match name {
            CallName::TransactionMessage => {
                transaction_messages::write_on(&mut self.station.core, self.record, composer)
            }
            CallName::MeterValues(_) => {
                let _ = meter_values::compose_written_sample(self.record, composer);
            }
            CallName::SignCertificate => certificates::continue_sign_certificate(self.station, composer),
            _ => {}
        }
    }

    fn conclude(&mut self, now: Instant, name: CallName, outcome: Outcome<'_>) {
        let station = &mut *self.station;
        match (name, outcome) {
            // What was taken as it was told changes nothing that any block waits for.
            (CallName::StatusNotification(_) | CallName::MeterValues(_), Outcome::Result(_)) => {}
            (CallName::TransactionMessage, Outcome::Result(_)) if station.core.delivery.is_of_meter_values() => {}
            _ => station.core.common.agenda.look_again(),
        }
        if let Outcome::Result(_) | Outcome::Error { .. } = outcome {
            station.transfers.reports_arrived(&mut station.core.common);
        }
        match outcome {
            _ if name == CallName::TransactionMessage => {}
            Outcome::Result(_) | Outcome::Error { .. } => station.core.peer_answered(),
            Outcome::TimedOut { .. } => station.core.peer_ignored(),
            Outcome::LinkLost => {}
        }
        match name {
            CallName::BootNotification => boot_notification::conclude(station, now, outcome),
            CallName::Heartbeat => heartbeat::conclude(station, now, outcome),
            CallName::StatusNotification(id) => station.core.state_told(id, outcome),
            CallName::Authorize(id) => authorize::conclude(station, now, id, outcome),
            CallName::TransactionMessage => transaction_messages::conclude(station, now, outcome),
            CallName::MeterValues(_) => {}
            CallName::FirmwareStatusNotification | CallName::SignedFirmwareStatusNotification => {
                station.transfers.conclude_status_report(&mut station.core.common, Direction::Download, outcome)
            }
            CallName::DiagnosticsStatusNotification => {
                station.transfers.conclude_status_report(&mut station.core.common, Direction::Upload, outcome)
            }
            #[cfg(feature = "security")]
            CallName::LogStatusNotification => {
                station.transfers.conclude_status_report(&mut station.core.common, Direction::Log, outcome)
            }
            #[cfg(not(feature = "security"))]
            CallName::LogStatusNotification => {}
            CallName::SecurityEventNotification => security::conclude_security_event(station, now, outcome),
            CallName::SignCertificate => certificates::conclude_sign_certificate(station, outcome),
            CallName::Custom => conclude_custom_call(station, now, outcome),
        }
    }
}

impl Exchange<'_, '_> {
    /// The epoch of message ids for calls that are not kept over a boot; known when the device has been read.
    pub fn call_epoch(&self) -> u32 {
        self.station.core.common.call_epoch()
    }

    /// Answers a call by the block that it belongs to.
    fn answer(&mut self, now: Instant, call: &Call<'_>, answer: &mut Composer<'_>) -> Result<Reply, Cause> {
        let action = Action::from_json(call.action).ok_or(Cause::NotImplemented)?;
        if !self.station.core.common.is_recovered() {
            return Ok(Reply::Held); // what is stored would take the place of what is asked for
        }
        let status = match self.promised.0.take() {
            Some((promised, status)) if promised == action => status,
            _ => match act(self.station, now, action, call.payload, answer, self.record)? {
                Acted::Status(status) => {
                    self.station.core.common.agenda.look_again();
                    status
                }
                Acted::Answered(reply) => return Ok(reply),
            },
        };
        // Whatever it promises is durable first, on any driver and any RPC layer.
        if self.station.is_storing() {
            self.promised.0 = Some((action, status));
            return Ok(Reply::Held);
        }
        answer.payload(&status)?;
        Ok(Reply::Now)
    }
}
