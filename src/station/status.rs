//! StatusNotification: the state of each connector, and the report of every change (OCPP 1.6 §4.9).

use super::connector::{self, Connector, Finishing::EvSideDisconnected};
use super::core_profile::Core;
use super::place::Place;
use super::session::Phase;
use super::{ChargePointErrorCode, ChargePointStatus, ConnectorId, ErrorData};
use crate::json::{Json, Writer, clip, name};
use crate::rpc::Outcome;
use crate::store::IntegerKey;
use crate::time::{DateTime, Duration, Instant};
use crate::types::Symbol;
use heapless::Deque;

/// Seconds that a state must last before it is reported.
pub(super) const MINIMUM_STATUS_DURATION: IntegerKey = IntegerKey::new(21, "MinimumStatusDuration", 0, 0, 86_400);

/// The changes of one connector that wait to be reported, in their order. When more come than fit, the oldest go:
/// what stands now is always told.
#[derive(Debug)]
pub(super) struct Reporting {
    /// How the present state began.
    current: Change,
    waiting: Deque<Change, 4>,
    reported: Option<State>,
    triggered: bool,
}

/// What is told of a connector. Four bytes, to be compared as one word.
#[derive(Clone, Copy, Debug, Eq)]
#[repr(align(4))]
struct State {
    status: ChargePointStatus,
    error: ChargePointErrorCode,
    /// Tells two errors of the same code apart.
    error_number: u8,
    /// The cable was unplugged at the EV.
    ev_side_disconnected: bool,
}

impl State {
    fn word(self) -> u32 {
        u32::from_le_bytes([
            self.status as u8,
            self.error as u8,
            self.error_number,
            u8::from(self.ev_side_disconnected),
        ])
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.word() == other.word()
    }
}

#[derive(Clone, Copy, Debug)]
struct Change {
    state: State,
    at: Instant,
    /// The number of the transaction message that was made next, as far as it fits.
    next_entry: u16,
    /// It is told however short it lasts.
    is_urgent: bool,
}

impl Reporting {
    pub(super) const fn new() -> Self {
        Self {
            current: Change {
                state: State {
                    status: ChargePointStatus::Available,
                    error: ChargePointErrorCode::NoError,
                    error_number: 0,
                    ev_side_disconnected: false,
                },
                at: Instant::ZERO,
                next_entry: 0,
                is_urgent: false,
            },
            waiting: Deque::new(),
            reported: None,
            triggered: false,
        }
    }

    pub(super) fn current(&self) -> ChargePointStatus {
        self.current.state.status
    }

    /// Reports what stands, whether or not it is known already, behind the transaction messages that wait.
    pub(super) fn report_again(&mut self, next_entry: u32) {
        self.waiting.clear();
        self.reported = None;
        self.push(Change { next_entry: next_entry as u16, ..self.current });
    }

    /// Reports an error of the moment, with the state as it stands. The same error at another moment is another one.
    pub(super) fn report_error(&mut self, now: Instant, next_entry: u32, error: ChargePointErrorCode) {
        let error_number = self.reported.map_or(0, |reported| reported.error_number).wrapping_add(1);
        let state = State { error, error_number, ..self.current.state };
        self.push(Change { state, at: now, next_entry: next_entry as u16, is_urgent: true });
    }

    #[cfg(feature = "remote-trigger")]
    pub(super) fn trigger(&mut self) {
        self.triggered = true;
    }

    /// Keeps only what stands: a charge point that was offline tells no history (OCPP 1.6 §4.9).
    pub(super) fn forget_history(&mut self, next_entry: u32) {
        if let Some(last) = self.waiting.pop_back() {
            self.waiting.clear();
            self.push(last);
        } else if self.reported.is_none() {
            self.report_again(next_entry);
        }
    }

    /// Takes over what stands now; `false` when it stood before.
    fn update(&mut self, now: Instant, next_entry: u32, state: State, minimum: Duration) -> bool {
        if state == self.current.state {
            return false;
        }
        self.current = Change { state, at: now, next_entry: next_entry as u16, is_urgent: false };
        // ST-03: a state that did not last is left out.
        if self.waiting.back().is_some_and(|last| now < last.at + minimum && !last.is_urgent) {
            self.waiting.pop_back();
        }
        self.push(self.current);
        true
    }

    fn push(&mut self, change: Change) {
        if self.waiting.is_full() {
            self.waiting.pop_front();
        }
        let _ = self.waiting.push_back(change);
    }

    /// Drops changes that are known already.
    fn skip_known(&mut self) {
        while self.waiting.front().is_some_and(|change| self.reported == Some(change.state)) {
            self.waiting.pop_front();
        }
    }

    fn next_to_tell(&mut self, accepted: bool) -> Option<Change> {
        // ST-09: what waits is told first, in its order; the last of it is what the trigger asks for.
        if self.triggered && !(accepted && self.waiting.len() > 1) {
            self.triggered = false;
            self.waiting.clear();
            self.reported = Some(self.current.state);
            return Some(self.current);
        }
        let change = self.waiting.pop_front()?;
        self.reported = Some(change.state);
        Some(change)
    }

    /// When what is to be told next happened; what was never told comes before all.
    fn next_at(&mut self, now: Instant, accepted: bool, minimum: Duration) -> Option<Instant> {
        self.skip_known();
        if self.triggered {
            return Some(Instant::ZERO);
        }
        let at = if self.reported.is_none() { Instant::ZERO } else { self.waiting.front()?.at };
        (accepted && self.is_due(now, minimum)).then_some(at)
    }

    /// Whether what is to be told next happened before any of the transaction messages that wait was made.
    fn precedes(&self, next_entry: u32, waiting: u32) -> bool {
        let made_since = |change: &Change| (next_entry as u16).wrapping_sub(change.next_entry);
        self.waiting.front().is_some_and(|change| u32::from(made_since(change)) >= waiting)
    }

    /// When there is something to be told, `NEVER` when there is nothing.
    fn deadline(&self, minimum: Duration) -> Instant {
        if self.triggered {
            return Instant::ZERO;
        }
        self.waiting.front().map_or(
            Instant::NEVER,
            |change| {
                if change.is_urgent { change.at } else { change.at + minimum }
            },
        )
    }

    /// What was never told before is told at once (errata 3.22).
    fn is_due(&self, now: Instant, minimum: Duration) -> bool {
        self.reported.is_none() && !self.waiting.is_empty() || self.waiting.len() > 1 || now >= self.deadline(minimum)
    }
}

/// StatusNotification.req (OCPP 1.6 §6.47).
pub(crate) struct StatusNotification {
    connector_id: ConnectorId,
    error_code: ChargePointErrorCode,
    status: ChargePointStatus,
    timestamp: Option<DateTime>,
    details: Option<ErrorData>,
    ev_side_disconnected: bool,
}

impl Json for StatusNotification {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("connectorId")).whole(self.connector_id.into());
        members.name(name!("errorCode")).raw(self.error_code.quoted());
        members.name(name!("status")).raw(self.status.quoted());
        if self.timestamp.is_some() {
            members.name(name!("timestamp")).date(self.timestamp);
        }
        if let Some(details) = self.details {
            // ST-10
            let texts = [
                (name!("info"), details.info, 50),
                (name!("vendorId"), details.vendor_id, 255),
                (name!("vendorErrorCode"), details.vendor_error_code, 50),
            ];
            for (name, text, max) in texts {
                if let Some(text) = text {
                    members.name(name).text(clip(text, max));
                }
            }
        } else if self.ev_side_disconnected {
            members.name(name!("info")).plain("EV side disconnected");
        }
        members.close();
    }
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
    pub(crate) fn status_notification(&mut self, id: ConnectorId) -> Option<StatusNotification> {
        let accepted = self.common.registration.is_accepted();
        let change = self.place_mut(id)?.status.next_to_tell(accepted)?;
        let error = self.place(id)?.error;
        Some(StatusNotification {
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
    pub(crate) fn conclude_status_notification(&mut self, id: ConnectorId, outcome: Outcome<'_>) {
        let next_entry = self.common.journal.next();
        let Some(place) = self.place_mut(id) else { return };
        let reporting = &mut place.status;
        match outcome {
            Outcome::LinkLost => reporting.report_again(next_entry),
            Outcome::TimedOut { peer_alive: false } => reporting.reported = None,
            _ => {}
        }
        let more = !reporting.waiting.is_empty();
        self.common.look_again_if(more); // with a deadline of its own
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
            let is_finishing = connector.finishing != connector::Finishing::No;
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
            self.common.wake_at(deadline);
        }
        self.common.look_again_if(looks_again);
    }
}

/// Whether EVCommunicationError may be told in this state (ST-06).
pub(super) fn tells_ev_errors(status: ChargePointStatus) -> bool {
    use ChargePointStatus::{Finishing, Preparing, SuspendedEV, SuspendedEVSE};
    matches!(status, Preparing | SuspendedEV | SuspendedEVSE | Finishing)
}

/// ST-02: the charge point itself, whatever its connectors do.
fn state_of_charge_point(place: &Place<'_>) -> State {
    let status = match () {
        () if place.is_faulted() => ChargePointStatus::Faulted,
        () if !place.service.is_on() => ChargePointStatus::Unavailable,
        () => ChargePointStatus::Available,
    };
    State { status, error: place.error_code(), error_number: place.error_number, ev_side_disconnected: false }
}

/// What is to be told of a connector in this state.
fn state_of(connector: &Connector<'_>, status: ChargePointStatus) -> State {
    use ChargePointStatus::{Finishing, SuspendedEV};
    let error = connector.place.error_code();
    let is_told = error != ChargePointErrorCode::NoError;
    State {
        status,
        error,
        error_number: if is_told { connector.place.error_number } else { 0 },
        ev_side_disconnected: !is_told
            && match status {
                SuspendedEV if connector.session.is_running() => !connector.switches.plugged(),
                SuspendedEV => connector.place.status.current.state.ev_side_disconnected,
                Finishing => connector.finishing == EvSideDisconnected,
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
            if !switches.evse_ready() || connector.session.energy_denied || connector.is_limited_to_zero() {
                SuspendedEVSE // ST-04: wins when both sides suspend
            } else if !switches.ev_ready() || !switches.plugged() {
                SuspendedEV
            } else {
                Charging
            }
        }
        // ST-A3 to A5, H3 to H5: nobody is asked for anything, so nothing is prepared
        Phase::Authorized | Phase::Starting if connector.session.is_free && switches.start_tx_ready() => {
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
        Phase::Idle if connector.finishing != connector::Finishing::No => match connector.status() {
            // A transaction so short that nothing of it was told: there is no way from Available to Finishing.
            Available if connector.is_present() || connector.is_held => Preparing,
            Available => Available,
            _ => Finishing,
        },
        Phase::Idle if connector.is_reserved => Reserved, // whoever is there: it waits for its tag
        Phase::Idle if connector.is_present() => Preparing,
        Phase::Idle => Available,
    }
}
