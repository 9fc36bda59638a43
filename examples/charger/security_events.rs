//! Security events that the operator raises, one after the other.

use embedded_ocpp::facade::ChargePoint;
use embedded_ocpp::ocpp16::{SecurityEvent, SecurityEventError};
use std::collections::VecDeque;

/// How an event is raised; the name is one of the whitepaper's or the operator's own.
pub(crate) struct Raise {
    pub name: String,
    pub tech_info: String,
}

/// The crate takes another one when the last is durable.
#[derive(Default)]
pub(crate) struct SecurityEvents(VecDeque<Raise>);

impl SecurityEvents {
    pub(crate) fn push(&mut self, raise: Raise) {
        self.0.push_back(raise);
    }

    pub(crate) fn advance(&mut self, ocpp: &mut ChargePoint<'_>) {
        let Some(Raise { name, tech_info }) = self.0.front() else { return };
        let raised = match SecurityEvent::from_text(name) {
            Some(event) => ocpp.raise_security_event(event, tech_info),
            None => ocpp.raise_other_security_event(name, tech_info),
        };
        if raised != Err(SecurityEventError::Busy) {
            self.0.pop_front();
        }
    }
}
