//! StatusNotification: the state of each connector, and the report of every change (OCPP 1.6 §4.9).

pub(in crate::station) mod faults;
pub(in crate::station) mod reporting;

use super::connector::place::Place;
use super::connector::{self, Connector, Finishing::EvSideDisconnected};
use super::core_profile::Core;
use super::session::Phase;
use super::status::reporting::{ReportedState, tells_ev_errors};
use super::{ChargePointErrorCode, ChargePointStatus, ConnectorId, ErrorData};
use crate::rpc::Outcome;
use crate::store::IntegerKey;
use crate::time::{DateTime, Duration, Instant};

/// Seconds that a state must last before it is reported.
pub(crate) const MINIMUM_STATUS_DURATION: IntegerKey = IntegerKey::new(21, 0, 0, 86_400);

/// What is told of a connector.
pub(crate) struct StateReport {
    pub(crate) connector_id: ConnectorId,
    pub(crate) error_code: ChargePointErrorCode,
    pub(crate) status: ChargePointStatus,
    pub(crate) timestamp: Option<DateTime>,
    pub(crate) details: Option<ErrorData>,
    pub(crate) ev_side_disconnected: bool,
}

impl Core<'_> {
    /// The connector whose change is to be reported next, or of which a trigger has asked, and whether that precedes the
    /// transaction messages that wait.
    pub(crate) fn next_to_report(&mut self, now: Instant) -> Option<(ConnectorId, bool)> {
        if !self.has_reports {
            return None;
        }
        let accepted = self.common.registration.is_accepted();
        let minimum = Duration::from_secs(self.common.keys.unsigned(&MINIMUM_STATUS_DURATION));
        // ST-09: in the order in which it happened, over all connectors.
        let mut first = None;
        for id in 0..self.connector_ids().end {
            if let Some(at) = self.place_mut(id)?.status.next_at(now, accepted, minimum)
                && first.is_none_or(|(_, earliest)| at < earliest)
            {
                first = Some((id, at));
            }
        }
        let (id, _) = first?;
        let (next_entry, waiting) = (self.common.journal.next(), self.common.journal.numbers());
        Some((id, self.place_mut(id)?.status.precedes(next_entry, waiting)))
    }

    /// What is to be reported of a connector next.
    pub(crate) fn state_to_tell(&mut self, id: ConnectorId) -> Option<StateReport> {
        let accepted = self.common.registration.is_accepted();
        let change = self.place_mut(id)?.status.next_to_tell(accepted)?;
        let error = self.place(id)?.error;
        Some(StateReport {
            connector_id: id,
            error_code: change.state.error,
            status: change.state.status,
            timestamp: self.common.clock.date(change.at),
            details: error.filter(|details| details.code == change.state.error),
            ev_side_disconnected: change.state.ev_side_disconnected,
        })
    }

    /// A report that was lost with the link is made again, as what stands then. One that nobody answered may have gone
    /// into a dead connection: it is made again with the next one. One that the central system refused or ignored is not:
    /// it would come back for ever.
    pub(crate) fn state_told(&mut self, id: ConnectorId, outcome: Outcome<'_>) {
        let next_entry = self.common.journal.next();
        let Some(place) = self.place_mut(id) else { return };
        let reporting = &mut place.status;
        match outcome {
            Outcome::LinkLost => reporting.report_again(next_entry),
            Outcome::TimedOut { peer_alive: false } => reporting.not_heard(),
            _ => {}
        }
        let more = reporting.has_more();
        self.common.agenda.look_again_if(more); // with a deadline of its own
    }

    pub(super) fn update_statuses(&mut self, now: Instant) {
        let minimum = Duration::from_secs(self.common.keys.unsigned(&MINIMUM_STATUS_DURATION));
        let next_entry = self.common.journal.next();
        let reports_all = core::mem::take(&mut self.reports_all);
        let (mut deadline, mut looks_again) = (Instant::NEVER, false);
        for connector in self.connectors.iter_mut() {
            connector.apply_availability();
            let status = status_of(connector);
            if tells_ev_errors(status) != tells_ev_errors(connector.status()) {
                connector.place.read_errors(tells_ev_errors(status));
            }
            let changed = connector.place.status.update(now, next_entry, state_of(connector, status), minimum);
            // What is left only once it was told wants another look; so does a reservation, which ends out of service.
            let service = connector.place.service;
            let is_finishing = connector.visit.finishing != connector::Finishing::No;
            looks_again |= changed && (service.is_closing() || !service.is_on() || is_finishing);
            if reports_all {
                connector.place.status.report_again(next_entry);
            }
            deadline = deadline.min(connector.place.status.deadline(minimum));
        }
        self.apply_availability_of_all();
        self.charge_point.status.update(now, next_entry, state_of_charge_point(&self.charge_point), minimum);
        if reports_all {
            self.charge_point.status.report_again(next_entry);
        }
        deadline = deadline.min(self.charge_point.status.deadline(minimum));
        self.has_reports = deadline != Instant::NEVER;
        if deadline > now {
            self.common.agenda.wake_at(deadline);
        }
        self.common.agenda.look_again_if(looks_again);
    }
}

/// ST-02: the charge point itself, whatever its connectors do.
fn state_of_charge_point(place: &Place<'_>) -> ReportedState {
    let status = match () {
        () if place.is_faulted() => ChargePointStatus::Faulted,
        () if !place.service.is_on() => ChargePointStatus::Unavailable,
        () => ChargePointStatus::Available,
    };
    ReportedState { status, error: place.error_code(), error_number: place.error_number, ev_side_disconnected: false }
}

/// What is to be told of a connector in this state.
fn state_of(connector: &Connector<'_>, status: ChargePointStatus) -> ReportedState {
    use ChargePointStatus::{Finishing, SuspendedEV};
    let error = connector.place.error_code();
    let is_told = error != ChargePointErrorCode::NoError;
    ReportedState {
        status,
        error,
        error_number: if is_told { connector.place.error_number } else { 0 },
        ev_side_disconnected: !is_told
            && match status {
                SuspendedEV if connector.session.is_running() => !connector.switches.plugged(),
                SuspendedEV => connector.place.status.is_ev_side_disconnected(),
                Finishing => connector.visit.finishing == EvSideDisconnected,
                _ => false,
            },
    }
}

/// The state that follows from what is seen and known. Every transition of OCPP 1.6 §4.9 comes from here.
fn status_of(connector: &Connector<'_>) -> ChargePointStatus {
    use ChargePointStatus::{
        Available, Charging, Faulted, Finishing, Preparing, Reserved, SuspendedEV, SuspendedEVSE, Unavailable,
    };
    let switches = &connector.switches;
    if connector.place.is_faulted() {
        return Faulted;
    }
    match connector.session.phase() {
        // Its end is caught: what was told stands until that is durable.
        Phase::Stopping => match connector.status() {
            told @ (Preparing | Charging | SuspendedEV | SuspendedEVSE) => told,
            _ if connector.is_present() => Preparing,
            _ => Available,
        },
        Phase::Running => {
            if !switches.evse_ready() || connector.session.energy.is_denied || connector.is_limited_to_zero() {
                SuspendedEVSE // ST-04: wins when both sides suspend
            } else if !switches.ev_ready() || !switches.plugged() {
                SuspendedEV
            } else {
                Charging
            }
        }
        // ST-A3 to A5, H3 to H5: nobody is asked for anything, so nothing is prepared
        Phase::Authorized | Phase::Starting if connector.session.card.is_free && switches.start_tx_ready() => {
            match connector.status() {
                Faulted => Available,
                Finishing => Preparing, // ST-F2: a new transaction has no other way
                before => before,
            }
        }
        // ST-G2: it is being found out whether the tag is of the group that this is reserved for.
        Phase::Authorizing if connector.is_reserved && connector.session.reservation.is_none() => Reserved,
        Phase::Authorizing | Phase::Authorized | Phase::Starting => Preparing,
        Phase::Idle if !connector.place.service.is_on() => Unavailable,
        Phase::Idle if connector.visit.finishing != connector::Finishing::No => match connector.status() {
            // A transaction so short that nothing of it was told: there is no way from Available to Finishing.
            Available if connector.is_present() || connector.visit.is_held => Preparing,
            Available => Available,
            _ => Finishing,
        },
        Phase::Idle if connector.is_reserved => Reserved, // whoever is there: it waits for its tag
        Phase::Idle if connector.is_present() => Preparing,
        Phase::Idle => Available,
    }
}
