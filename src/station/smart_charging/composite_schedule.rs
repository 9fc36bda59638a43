//! What the limits will be (OCPP 1.6 §3.13.6, §5.7).

use super::Profiles;
use super::composite::Composite;
use super::limit::Until;
use super::schedule::Moment;
use super::supply::Rate;
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::station::{ChargingProfilePurpose as Purpose, ChargingRateUnit as Unit, ConnectorId};
use crate::time::{DateTime, Instant};

/// The most seconds that a schedule is told for: each recurrence is in it once.
const DURATION_MAX: u32 = 7 * 86_400;

/// A composite schedule (OCPP 1.6 §7.14), whose periods are found one after the other.
pub(crate) struct CompositeSchedule {
    pub(crate) connector: ConnectorId,
    /// Seconds.
    pub(crate) duration: u32,
    pub(crate) unit: Unit,
    now: Instant,
    here: Moment,
    /// Where the next period is looked for.
    at: u32,
    /// Nothing changes any more.
    is_over: bool,
    /// The last limit, and its phases.
    last: Option<(u32, u8)>,
}

/// One of its periods.
pub(crate) struct CompositePeriod {
    /// Seconds after its start.
    pub(crate) start: u32,
    /// Tenths of the unit.
    pub(crate) limit: u32,
    /// 0 when nobody has told them.
    pub(crate) phases: u8,
}

impl CompositeSchedule {
    pub(crate) fn start(&self) -> DateTime {
        DateTime::from_unix(self.here.at)
    }

    fn end(&self) -> u32 {
        self.here.at.saturating_add(self.duration)
    }
}

impl Profiles<'_> {
    /// The unit of a schedule that none was asked for.
    pub(crate) fn usual_unit(&self, common: &Common<'_>) -> Unit {
        if Self::takes(common, Unit::A) { Unit::A } else { Unit::W }
    }

    /// A schedule from now on, or the rest of the one that was [interrupted](Self::interrupt_composite) last. `None` when
    /// there is none (SC-37, SC-39).
    pub(crate) fn composite_schedule(
        &mut self,
        core: &Core<'_>,
        now: Instant,
        connector: Option<ConnectorId>,
        duration: Option<u32>,
        unit: Unit,
        is_rest: bool,
    ) -> Option<CompositeSchedule> {
        let here = Self::moment(&core.common, now);
        if !is_rest {
            self.composite = Composite { now, start: here.at, at: here.at };
        }
        let Composite { now, start, at } = self.composite;
        let here = Moment { at: start, origin: start, ..here };
        let connector = connector.filter(|id| *id <= core.connector_count())?;
        let duration = duration?.min(DURATION_MAX);
        let is_known = Self::takes(&core.common, unit) && here.is_dated;
        is_known.then_some(CompositeSchedule { connector, duration, unit, now, here, at, is_over: false, last: None })
    }

    /// The next period, in which something else holds than before.
    pub(crate) fn next_period(&self, core: &Core<'_>, schedule: &mut CompositeSchedule) -> Option<CompositePeriod> {
        let (here, end) = (schedule.here, schedule.end());
        while !schedule.is_over && (schedule.at < end || schedule.at == here.at) {
            let at = schedule.at;
            let Until { rate, until, .. } = self.composite_limit(core, schedule.now, schedule.connector, &here, at);
            schedule.is_over = until <= at;
            schedule.at = if schedule.is_over { end.max(here.at.saturating_add(1)) } else { until };
            let (limit, phases) = (rate.in_unit(schedule.unit), rate.phases);
            if schedule.last != Some((limit, phases)) {
                schedule.last = Some((limit, phases));
                return Some(CompositePeriod { start: at - here.at, limit, phases });
            }
        }
        None
    }

    /// The rest is told later: from this period on, or no period any more.
    pub(crate) fn interrupt_composite(&mut self, schedule: &CompositeSchedule, untold: Option<&CompositePeriod>) {
        self.composite.at = untold.map_or(schedule.at, |period| schedule.here.at.saturating_add(period.start));
    }

    /// What a connector may take at a moment, as seen from `here`, or the charge point as a whole may take from the grid.
    /// The hardware sets the limit where no profile does (SC-40).
    fn composite_limit(&self, core: &Core<'_>, now: Instant, id: ConnectorId, here: &Moment, at: u32) -> Until {
        let hardware = core.supply.hardware();
        let or_hardware = |rate: Rate| if rate.is_limit() { rate } else { hardware };
        let max = self.prevailing(&core.supply, Purpose::ChargePointMaxProfile, 0, &Moment { at, ..*here });
        let own = |id| self.own_limit(core, id, &Moment { at, origin: Self::origin(core, now, id, here), ..*here });
        if id != 0 {
            let own = own(id);
            return Until { rate: or_hardware(own.rate.lower(&max.rate)), until: own.until.min(max.until), ..max };
        }
        // SC-38
        let mut total = Until { rate: Rate::ZERO, ..max };
        for id in core.connector_ids() {
            let own = own(id);
            total.rate = total.rate.plus(&or_hardware(own.rate));
            total.until = total.until.min(own.until);
        }
        Until { rate: total.rate.lower(&max.rate), ..total }
    }
}
