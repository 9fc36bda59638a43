//! The limits of the moment: which profile prevails, how several are merged, how the maximum of the charge point is shared
//! among its connectors, and who is told (OCPP 1.6 §3.13).

use super::Profiles;
use super::profile::{Bound, ChargingPeriod, NEVER, ProfileSlot};
use super::schedule::{Moment, SettingThen};
use super::supply::{ChargingLimit, Rate, Supply};
use crate::station::ConnectorId;
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::station::session::Phase;
use crate::time::{DateTime, Instant};
use crate::types::{ChargingProfilePurpose as Purpose, ChargingRateUnit as Unit};

/// A limit, and until when it holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Until {
    pub(super) rate: Rate,
    /// Of a profile for all connectors: what it is counted in.
    pub(super) unit: Unit,
    pub(super) until: u32,
}

impl Profiles<'_> {
    /// What the profiles of this purpose set for a connector.
    #[inline(never)]
    pub(super) fn prevailing(&self, supply: &Supply, purpose: Purpose, id: ConnectorId, moment: &Moment) -> Until {
        let mut top = Until { rate: Rate::NONE, unit: Unit::A, until: NEVER };
        let mut lowest = Rate::NONE;
        let mut level = 0;
        for (index, slot) in self.slots.iter().enumerate() {
            if slot.is_free() || slot.purpose != purpose || self.is_for_others(slot, id) {
                continue;
            }
            let (setting, until) = slot.setting(self.periods_of(index), moment);
            top.until = top.until.min(until);
            let rate = |period: &ChargingPeriod| supply.rate(period.limit(), slot.unit, period.phases());
            match setting {
                // SC-06
                SettingThen::Period(period) if slot.stack_level >= level => {
                    level = slot.stack_level;
                    top.rate = rate(period);
                    top.unit = slot.unit;
                }
                SettingThen::Undated(period) => {
                    lowest = lowest.lower(&rate(period));
                    top.unit = slot.unit;
                }
                _ => {}
            }
        }
        top.rate = top.rate.lower(&lowest);
        top
    }

    /// SC-11: what was accepted before the date was known begins when it is.
    fn date_maximum(&mut self, date: u32) {
        let is_undated = |slot: &&mut ProfileSlot| !slot.is_free() && slot.is_relative_maximum() && slot.start == 0;
        if let Some(slot) = self.slots.iter_mut().find(is_undated) {
            slot.start = date;
            slot.is_unsaved = true;
            self.storing = None;
        }
    }

    /// Whether a profile does not count for a connector.
    fn is_for_others(&self, slot: &ProfileSlot, id: ConnectorId) -> bool {
        if slot.connector == id {
            return false;
        }
        // SC-02: one for the connector takes the place of that for all, on its stack level.
        let hides = |other: &ProfileSlot| {
            !other.is_free()
                && other.purpose == slot.purpose
                && other.connector == id
                && other.stack_level == slot.stack_level
        };
        slot.purpose != Purpose::TxDefaultProfile || slot.connector != 0 || self.slots.iter().any(hides)
    }
}

impl Profiles<'_> {
    /// Now, on the scale of dates, or of the monotonic clock while the date is unknown.
    pub(super) fn moment(common: &Common<'_>, now: Instant) -> Moment {
        let date = common.clock.date(now);
        let at = date.map_or(now.as_secs(), DateTime::as_unix);
        Moment { at, is_dated: date.is_some(), origin: at }
    }

    /// When the transaction on a connector began, on the scale of `moment`; without one it would begin then. [`NEVER`] while
    /// that is unknown, after a boot.
    pub(super) fn origin(core: &Core<'_>, now: Instant, id: ConnectorId, moment: &Moment) -> u32 {
        let Some(connector) = core.connector(id) else { return moment.at };
        let session = &connector.session;
        if !session.is_in_transaction() {
            return moment.at;
        }
        if session.is_restored {
            let began = session.began.filter(|_| moment.is_dated).map(DateTime::as_unix);
            return began.map_or(NEVER, |began| began.min(moment.at));
        }
        moment.at.saturating_sub(core.common.clock.seconds_since(session.started, now))
    }

    /// What the profiles set for a connector itself (SC-04, SC-05).
    pub(super) fn own_limit(&self, core: &Core<'_>, id: ConnectorId, moment: &Moment) -> Until {
        let of_transaction = self.prevailing(&core.supply, Purpose::TxProfile, id, moment);
        let default = self.prevailing(&core.supply, Purpose::TxDefaultProfile, id, moment);
        let until = of_transaction.until.min(default.until);
        Until { until, ..if of_transaction.rate.is_limit() { of_transaction } else { default } }
    }

    /// Tells the outputs when a limit changes, and wakes when the next one does.
    pub(crate) fn advance_limits(&mut self, core: &mut Core<'_>, now: Instant) {
        if !self.is_active {
            return;
        }
        self.follow_transactions(core);
        let here = Self::moment(&core.common, now);
        if here.is_dated {
            self.date_maximum(here.at);
        }
        core.common.persistence.has_chores |= self.is_unsaved();
        let max = self.prevailing(&core.supply, Purpose::ChargePointMaxProfile, 0, &here);
        let mut until = max.until;
        for id in core.connector_ids() {
            let own = self.own_limit(core, id, &Moment { origin: Self::origin(core, now, id, &here), ..here });
            until = until.min(own.until);
            if let Some(connector) = core.connector_mut(id) {
                connector.limits.own = own.rate;
            }
        }
        let share = match max.rate.is_limit() {
            true => {
                let level = Self::level(core, max.rate.in_unit(max.unit), max.unit);
                core.supply.rate(level, max.unit, max.rate.phases)
            }
            false => Rate::NONE,
        };
        let supply = core.supply;
        for connector in core.connectors.iter_mut() {
            let all = if connector.session.phase() == Phase::Running { &share } else { &max.rate };
            let rate = supply.both(&connector.limits.own, all);
            if connector.limits.now == Some(rate) {
                continue;
            }
            connector.limits.now = Some(rate);
            if let Some(hardware) = connector.hardware {
                hardware.set_limit(supply.limit(&rate));
            }
        }
        self.is_active = self.slots.iter().any(|slot| !slot.is_free());
        if until != NEVER {
            let wait = until.saturating_sub(here.at).max(1);
            core.common.agenda.wake_at(core.common.clock.after(now, wait));
        }
    }

    /// SC-10: how much each connector with a transaction may take at most, so that all together take no more than `max`:
    /// equal shares, and what one does not need goes to the others.
    fn level(core: &Core<'_>, max: u32, unit: Unit) -> u32 {
        let running = || core.connectors.iter().filter(|connector| connector.session.phase() == Phase::Running);
        let count = running().count() as u32;
        let mut level = max.checked_div(count).unwrap_or(max);
        loop {
            let (mut rest, mut others) = (max, count);
            for connector in running() {
                let needed = connector.limits.own.in_unit(unit);
                if needed <= level {
                    rest = rest.saturating_sub(needed);
                    others = others.saturating_sub(1);
                }
            }
            match rest.checked_div(others) {
                Some(higher) if higher > level => level = higher,
                Some(_) => return level,
                None => return max, // there is enough for all
            }
        }
    }

    /// A TxProfile ends with its transaction (SC-04), and finds it again after a boot (SC-27).
    fn follow_transactions(&mut self, core: &Core<'_>) {
        for slot in self.slots.iter_mut().filter(|slot| slot.bound != Bound::No) {
            let connector = core.connectors.get(usize::from(slot.connector).wrapping_sub(1));
            let Some(session) = connector.map(|connector| &connector.session) else { continue };
            let (phase, entry) = (session.phase(), session.entry);
            let stays = match phase {
                Phase::Idle => false,
                Phase::Authorizing | Phase::Authorized | Phase::Starting => slot.bound == Bound::Coming,
                Phase::Running | Phase::Stopping => {
                    matches!(slot.bound, Bound::Coming) || slot.bound == Bound::Entry(entry)
                }
            };
            if !stays {
                slot.remove();
                self.storing = None;
            } else if phase == Phase::Running && slot.bound == Bound::Coming {
                slot.bound = Bound::Entry(entry);
                slot.is_unsaved = true;
                self.storing = None;
            }
        }
    }
}

impl Core<'_> {
    /// What a connector may take now; `None` when no charging profile limits it.
    pub(crate) fn charging_limit(&self, id: ConnectorId) -> Option<ChargingLimit> {
        self.supply.limit(&self.connector(id)?.limits.now?)
    }
}
