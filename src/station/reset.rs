//! Reset: end what runs, then restart (OCPP 1.6 §5.14).

use super::common::Common;
use super::core_profile::Core;
use super::{ChargePointErrorCode, ResetKind};
use crate::store::IntegerKey;
use crate::time::{Duration, Instant};

/// How often a reset that does not happen is tried again.
pub(crate) const RESET_RETRIES: IntegerKey = IntegerKey::new(23, 2, 0, 100);

/// How long a soft reset waits for the central system to take the ends of the transactions.
const DELIVERY_WAIT: Duration = Duration::from_secs(10);
/// Between the tries of a reset that does not happen.
const RETRY_WAIT: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reset {
    None,
    /// Transactions end, and their messages go out until `until`. Not before the request was `answered` (RST-01).
    Closing {
        kind: ResetKind,
        answered: bool,
        until: Instant,
    },
    /// The firmware was told `tries` times; it is told again at `next`.
    Executing {
        kind: ResetKind,
        tries: u32,
        next: Instant,
    },
}

impl Reset {
    /// Transactions are to end; `true` when they were not ending yet.
    pub(super) fn begin(&mut self, now: Instant, kind: ResetKind) -> bool {
        let begins = !self.is_pending();
        if begins {
            *self = Self::Closing { kind, answered: false, until: now + DELIVERY_WAIT };
        }
        // RST-04: a hard reset makes a soft one that is under way hard.
        if kind == ResetKind::Hard
            && let Self::Closing { kind, .. } | Self::Executing { kind, .. } = self
        {
            *kind = ResetKind::Hard;
        }
        begins
    }

    pub(super) fn is_pending(self) -> bool {
        self != Self::None
    }
}

impl Reset {
    /// Nothing waits to be sent any more, so the answer to a reset has left, and the ends of the transactions follow.
    pub(crate) fn reset_answered(&mut self, common: &mut Common<'_>, now: Instant) {
        if let Reset::Closing { answered: answered @ false, until, .. } = &mut *self {
            *answered = true;
            *until = now + DELIVERY_WAIT;
            common.agenda.look_again();
        }
    }

    pub(super) fn advance_reset(&mut self, core: &mut Core<'_>, now: Instant) {
        match *self {
            Reset::None => {}
            Reset::Closing { kind, answered, until } => {
                let durable = core.connectors.iter().all(|connector| !connector.session.is_in_transaction());
                let told = answered && (core.common.journal.is_empty() || kind == ResetKind::Hard);
                // What cannot become durable must not keep a hanging charge point from being reset.
                let waits = core.common.online && !answered && kind == ResetKind::Soft;
                if durable && (told || !core.common.online) || now >= until && !waits {
                    self.execute_reset(&mut core.common, now, kind, 0);
                } else {
                    core.common.agenda.wake_at(if now < until { until } else { now + Duration::from_secs(1) });
                }
            }
            Reset::Executing { kind, tries, next } => {
                if now < next {
                    core.common.agenda.wake_at(next);
                } else if tries > core.common.keys.unsigned(&RESET_RETRIES) {
                    *self = Reset::None;
                    core.charge_point.status.report_error(
                        now,
                        core.common.journal.next(),
                        ChargePointErrorCode::ResetFailure,
                    ); // RST-06
                    core.common.agenda.look_again();
                } else {
                    self.execute_reset(&mut core.common, now, kind, tries);
                }
            }
        }
    }

    fn execute_reset(&mut self, common: &mut Common<'_>, now: Instant, kind: ResetKind, tries: u32) {
        let next = now + RETRY_WAIT;
        *self = Reset::Executing { kind, tries: tries + 1, next };
        common.agenda.wake_at(next);
        if let Some(execute) = common.outputs.reset_execute {
            execute(kind);
        }
    }
}
