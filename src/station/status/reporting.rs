//! Which states of a connector are still to be told.

use crate::station::{ChargePointErrorCode, ChargePointStatus};
use crate::time::{Duration, Instant};
use heapless::Deque;

/// The changes of one connector that wait to be reported, in their order. When more come than fit, the oldest go:
/// what stands now is always told.
#[derive(Debug)]
pub(in crate::station) struct Reporting {
    /// How the present state began.
    current: Change,
    waiting: Deque<Change, 4>,
    reported: Option<ReportedState>,
    triggered: bool,
}

/// What is told of a connector. Four bytes, to be compared as one word.
#[derive(Clone, Copy, Debug, Eq)]
#[repr(align(4))]
pub(in crate::station) struct ReportedState {
    pub(in crate::station) status: ChargePointStatus,
    pub(in crate::station) error: ChargePointErrorCode,
    /// Tells two errors of the same code apart.
    pub(in crate::station) error_number: u8,
    /// The cable was unplugged at the EV.
    pub(in crate::station) ev_side_disconnected: bool,
}

impl ReportedState {
    fn word(self) -> u32 {
        u32::from_le_bytes([
            self.status as u8,
            self.error as u8,
            self.error_number,
            u8::from(self.ev_side_disconnected),
        ])
    }
}

impl PartialEq for ReportedState {
    fn eq(&self, other: &Self) -> bool {
        self.word() == other.word()
    }
}

#[derive(Clone, Copy, Debug)]
pub(in crate::station) struct Change {
    pub(in crate::station) state: ReportedState,
    pub(in crate::station) at: Instant,
    /// The number of the transaction message that was made next, as far as it fits.
    next_entry: u16,
    /// It is told however short it lasts.
    is_urgent: bool,
}

impl Reporting {
    pub(in crate::station) const fn new() -> Self {
        Self {
            current: Change {
                state: ReportedState {
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

    pub(in crate::station) fn current(&self) -> ChargePointStatus {
        self.current.state.status
    }

    /// Reports what stands, whether or not it is known already, behind the transaction messages that wait.
    pub(in crate::station) fn report_again(&mut self, next_entry: u32) {
        self.waiting.clear();
        self.reported = None;
        self.push(Change { next_entry: next_entry as u16, ..self.current });
    }

    /// Reports an error of the moment, with the state as it stands. The same error at another moment is another one.
    pub(in crate::station) fn report_error(&mut self, now: Instant, next_entry: u32, error: ChargePointErrorCode) {
        let error_number = self.reported.map_or(0, |reported| reported.error_number).wrapping_add(1);
        let state = ReportedState { error, error_number, ..self.current.state };
        self.push(Change { state, at: now, next_entry: next_entry as u16, is_urgent: true });
    }

    #[cfg(feature = "remote-trigger")]
    pub(in crate::station) fn trigger(&mut self) {
        self.triggered = true;
    }

    /// Keeps only what stands: a charge point that was offline tells no history (OCPP 1.6 §4.9).
    pub(in crate::station) fn forget_history(&mut self, next_entry: u32) {
        if let Some(last) = self.waiting.pop_back() {
            self.waiting.clear();
            self.push(last);
        } else if self.reported.is_none() {
            self.report_again(next_entry);
        }
    }

    /// Nobody answered to what was told last: it is told again on the next connection.
    pub(in crate::station) fn not_heard(&mut self) {
        self.reported = None;
    }

    /// Whether more waits to be told.
    pub(in crate::station) fn has_more(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether what stands is told with the cable unplugged at the EV.
    pub(in crate::station) fn is_ev_side_disconnected(&self) -> bool {
        self.current.state.ev_side_disconnected
    }

    /// Takes over what stands now; `false` when it stood before.
    pub(in crate::station) fn update(
        &mut self,
        now: Instant,
        next_entry: u32,
        state: ReportedState,
        minimum: Duration,
    ) -> bool {
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

    pub(in crate::station) fn next_to_tell(&mut self, accepted: bool) -> Option<Change> {
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
    pub(in crate::station) fn next_at(&mut self, now: Instant, accepted: bool, minimum: Duration) -> Option<Instant> {
        self.skip_known();
        if self.triggered {
            return Some(Instant::ZERO);
        }
        let at = if self.reported.is_none() { Instant::ZERO } else { self.waiting.front()?.at };
        (accepted && self.is_due(now, minimum)).then_some(at)
    }

    /// Whether what is to be told next happened before any of the transaction messages that wait was made.
    pub(in crate::station) fn precedes(&self, next_entry: u32, waiting: u32) -> bool {
        let made_since = |change: &Change| (next_entry as u16).wrapping_sub(change.next_entry);
        self.waiting.front().is_some_and(|change| u32::from(made_since(change)) >= waiting)
    }

    /// When there is something to be told, `NEVER` when there is nothing.
    pub(in crate::station) fn deadline(&self, minimum: Duration) -> Instant {
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

/// Whether EVCommunicationError may be told in this state (ST-06).
pub(in crate::station) fn tells_ev_errors(status: ChargePointStatus) -> bool {
    use ChargePointStatus::{Finishing, Preparing, SuspendedEV, SuspendedEVSE};
    matches!(status, Preparing | SuspendedEV | SuspendedEVSE | Finishing)
}
