//! Reset: end what runs, then restart (OCPP 1.6 §5.14).

use super::answer::{Cause, StatusAnswer, accepted_if};
use super::common::Common;
use super::core_profile::Core;
use super::{ChargePointErrorCode, Reason, ResetKind, Station};
use crate::json::{Field, Kind, Payload};
use crate::store::IntegerKey;
use crate::time::{Duration, Instant};
use crate::types::Symbol;

/// How often a reset that does not happen is tried again.
pub(super) const RESET_RETRIES: IntegerKey = IntegerKey::new(23, "ResetRetries", 2, 0, 100);

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
    pub(super) fn is_pending(self) -> bool {
        self != Self::None
    }
}

impl Station<'_> {
    #[inline(never)]
    pub(crate) fn reset(&mut self, now: Instant, payload: Payload<'_>) -> Result<StatusAnswer, Cause> {
        const FIELDS: [Field; 1] = [Field::required("type", Kind::Text(20))];
        let [kind] = payload.read(&FIELDS)?;
        let kind = kind.text().and_then(ResetKind::from_json).ok_or(Cause::Type)?;
        let possible = self.core.common.outputs.reset_execute.is_some();
        let possible = possible && !self.transfers.is_writing_firmware(); // RST-07
        // The firmware can refuse a soft reset, but not a hard one.
        let agreed = self.core.common.outputs.reset_notify.is_none_or(|notify| notify(kind)) || kind == ResetKind::Hard;
        let accepted = possible && agreed;
        if accepted && !self.reset.is_pending() {
            self.reset = Reset::Closing { kind, answered: false, until: now + DELIVERY_WAIT };
            let reason = match kind {
                ResetKind::Hard => Reason::HardReset,
                ResetKind::Soft => Reason::SoftReset,
            };
            for id in self.core.connector_ids() {
                self.core.stop_without_gate(now, id, reason);
            }
        }
        // RST-04: a hard reset makes a soft one that is under way hard.
        if accepted
            && kind == ResetKind::Hard
            && let Reset::Closing { kind, .. } | Reset::Executing { kind, .. } = &mut self.reset
        {
            *kind = ResetKind::Hard;
        }
        Ok(accepted_if(accepted))
    }
}

impl Reset {
    /// Nothing waits to be sent any more, so the answer to a reset has left, and the ends of the transactions follow.
    pub(crate) fn reset_answered(&mut self, common: &mut Common<'_>, now: Instant) {
        if let Reset::Closing { answered: answered @ false, until, .. } = &mut *self {
            *answered = true;
            *until = now + DELIVERY_WAIT;
            common.look_again();
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
                    core.common.wake_at(if now < until { until } else { now + Duration::from_secs(1) });
                }
            }
            Reset::Executing { kind, tries, next } => {
                if now < next {
                    core.common.wake_at(next);
                } else if tries > core.common.keys.unsigned(&RESET_RETRIES) {
                    *self = Reset::None;
                    core.charge_point.status.report_error(
                        now,
                        core.common.journal.next(),
                        ChargePointErrorCode::ResetFailure,
                    ); // RST-06
                    core.common.look_again();
                } else {
                    self.execute_reset(&mut core.common, now, kind, tries);
                }
            }
        }
    }

    fn execute_reset(&mut self, common: &mut Common<'_>, now: Instant, kind: ResetKind, tries: u32) {
        let next = now + RETRY_WAIT;
        *self = Reset::Executing { kind, tries: tries + 1, next };
        common.wake_at(next);
        if let Some(execute) = common.outputs.reset_execute {
            execute(kind);
        }
    }
}
