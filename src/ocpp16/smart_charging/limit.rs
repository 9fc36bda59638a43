//! The limits of the moment: which profile prevails, how several are merged, how the maximum of the charge point is shared
//! among its connectors, and who is told (OCPP 1.6 §3.13).

use super::Profiles;
use super::profile::{Bound, ChargingPeriod, NEVER, ProfileSlot};
use super::schedule::{Moment, Setting};
use crate::json::Decimal;
use crate::ocpp16::session::Phase;
use crate::ocpp16::{Connector, ConnectorId, Operations};
use crate::time::{DateTime, Instant};
use crate::types::{ChargingProfilePurpose as Purpose, ChargingRateUnit as Unit};

/// What a connector may take, told to the firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ChargingLimit {
    /// Watt over all phases, in tenths.
    pub power: Decimal,
    /// Ampere per phase, in tenths.
    pub current: Decimal,
    /// On how many phases at most.
    pub phases: u8,
}

/// What the charge point is connected to. Powers and currents are converted by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Supply {
    /// Volt between phase and neutral; the nominal value, not a measured one (OCPP 1.6 §7.12).
    pub voltage: u16,
    /// 1 to 3.
    pub phases: u8,
    /// Ampere per phase that the hardware of each connector is good for; only whole tenths count.
    pub current: Decimal,
}

impl Supply {
    /// 230 V, 3 phases, 32 A.
    pub const DEFAULT: Self = Self { voltage: 230, phases: 3, current: Decimal::whole(32) };

    pub(super) fn hardware(&self) -> Rate {
        let mut tenths = u32::try_from(self.current.mantissa().max(0)).unwrap_or(u32::MAX);
        match self.current.places() {
            0 => tenths = tenths.saturating_mul(10),
            places => (1..places).for_each(|_| tenths /= 10),
        }
        self.rate(tenths, Unit::A, self.phases)
    }

    /// A limit in both units. `phases` is 0 where they are not given.
    pub(super) fn rate(&self, limit: u32, unit: Unit, phases: u8) -> Rate {
        let volts = |phases: u8| u32::from(self.voltage).saturating_mul(phases.into());
        let (current, power) = match unit {
            // SC-19: the same current on the phases that there are.
            Unit::A => (limit, limit.saturating_mul(volts(self.usable(phases)))),
            // SC-18: by the phases of the profile, whatever there are.
            Unit::W => (limit.checked_div(volts(if phases == 0 { 3 } else { phases })).unwrap_or(0), limit),
        };
        Rate { current, power, phases }
    }

    /// What keeps two limits at once. Where each is the lower one in one unit, the power must not bring more current.
    fn both(&self, one: &Rate, other: &Rate) -> Rate {
        let both = one.lower(other);
        let is_mixed = one.current < other.current && one.power > other.power
            || one.current > other.current && one.power < other.power;
        if !is_mixed {
            return both;
        }
        Rate { power: both.power.min(self.rate(both.current, Unit::A, both.phases).power), ..both }
    }

    /// Of the phases that a profile allows, 0 for those that it does not tell.
    fn usable(&self, phases: u8) -> u8 {
        if phases == 0 { self.phases } else { phases.min(self.phases) }
    }
}

impl Default for Supply {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A limit in both units, in tenths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ocpp16) struct Rate {
    pub(super) current: u32,
    pub(super) power: u32,
    /// 0 when nobody has told them.
    pub(super) phases: u8,
}

impl Rate {
    /// No limit.
    pub(super) const NONE: Self = Self { current: u32::MAX, power: u32::MAX, phases: 0 };

    pub(super) const ZERO: Self = Self { current: 0, power: 0, phases: 0 };

    pub(super) fn is_limit(&self) -> bool {
        self.current != u32::MAX
    }

    pub(super) fn in_unit(&self, unit: Unit) -> u32 {
        match unit {
            Unit::A => self.current,
            Unit::W => self.power,
        }
    }

    /// What keeps both limits.
    pub(super) fn lower(&self, other: &Self) -> Self {
        let phases = match (self.phases, other.phases) {
            (0, phases) | (phases, 0) => phases,
            (one, other) => one.min(other),
        };
        Self { current: self.current.min(other.current), power: self.power.min(other.power), phases }
    }

    /// What both take together.
    pub(super) fn plus(&self, other: &Self) -> Self {
        let (current, power) = (self.current.saturating_add(other.current), self.power.saturating_add(other.power));
        Self { current, power, ..self.lower(other) }
    }
}

/// What is kept of a connector's limit.
#[derive(Clone, Copy, Debug)]
pub(in crate::ocpp16) struct Limits {
    /// By the profiles for the connector itself.
    own: Rate,
    /// With its share of what all connectors may take. `None` before it was told for the first time.
    now: Option<Rate>,
}

impl Limits {
    pub(in crate::ocpp16) const fn new() -> Self {
        Self { own: Rate::NONE, now: None }
    }

    /// Whether nothing may be taken (SC-22).
    pub(in crate::ocpp16) fn is_zero(&self) -> bool {
        self.now.is_some_and(|rate| rate.current == 0 || rate.power == 0)
    }
}

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
    pub(super) fn prevailing(&self, purpose: Purpose, id: ConnectorId, moment: &Moment) -> Until {
        let mut top = Until { rate: Rate::NONE, unit: Unit::A, until: NEVER };
        let mut lowest = Rate::NONE;
        let mut level = 0;
        for (index, slot) in self.slots.iter().enumerate() {
            if slot.is_free() || slot.purpose != purpose || self.is_for_others(slot, id) {
                continue;
            }
            let (setting, until) = slot.setting(self.periods_of(index), moment);
            top.until = top.until.min(until);
            let rate = |period: &ChargingPeriod| self.supply.rate(period.limit(), slot.unit, period.phases());
            match setting {
                // SC-06
                Setting::Period(period) if slot.stack_level >= level => {
                    level = slot.stack_level;
                    top.rate = rate(period);
                    top.unit = slot.unit;
                }
                Setting::Undated(period) => {
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

impl Operations<'_> {
    /// Now, on the scale of dates, or of the monotonic clock while the date is unknown.
    pub(super) fn moment(&self, now: Instant) -> Moment {
        let date = self.clock.date(now);
        let at = date.map_or(now.as_secs(), DateTime::as_unix);
        Moment { at, is_dated: date.is_some(), origin: at }
    }

    /// When the transaction on a connector began, on the scale of `moment`; without one it would begin then. [`NEVER`] while
    /// that is unknown, after a boot.
    pub(super) fn origin(&self, now: Instant, id: ConnectorId, moment: &Moment) -> u32 {
        let Some(connector) = self.connector(id) else { return moment.at };
        let session = &connector.session;
        if !session.is_in_transaction() {
            return moment.at;
        }
        if session.is_restored {
            let began = session.began.filter(|_| moment.is_dated).map(DateTime::as_unix);
            return began.map_or(NEVER, |began| began.min(moment.at));
        }
        moment.at.saturating_sub(self.clock.seconds_since(session.started, now))
    }

    /// What the profiles set for a connector itself (SC-04, SC-05).
    pub(super) fn own_limit(&self, id: ConnectorId, moment: &Moment) -> Until {
        let of_transaction = self.profiles.prevailing(Purpose::TxProfile, id, moment);
        let default = self.profiles.prevailing(Purpose::TxDefaultProfile, id, moment);
        let until = of_transaction.until.min(default.until);
        Until { until, ..if of_transaction.rate.is_limit() { of_transaction } else { default } }
    }

    /// Tells the outputs when a limit changes, and wakes when the next one does.
    pub(in crate::ocpp16) fn advance_limits(&mut self, now: Instant) {
        if !self.profiles.is_active {
            return;
        }
        self.follow_transactions();
        let here = self.moment(now);
        if here.is_dated {
            self.profiles.date_maximum(here.at);
        }
        self.persistence.has_chores |= self.profiles.is_unsaved();
        let max = self.profiles.prevailing(Purpose::ChargePointMaxProfile, 0, &here);
        let mut until = max.until;
        for id in self.connector_ids() {
            let own = self.own_limit(id, &Moment { origin: self.origin(now, id, &here), ..here });
            until = until.min(own.until);
            if let Some(connector) = self.connector_mut(id) {
                connector.limits.own = own.rate;
            }
        }
        let share = match max.rate.is_limit() {
            true => {
                let level = self.level(max.rate.in_unit(max.unit), max.unit);
                self.profiles.supply.rate(level, max.unit, max.rate.phases)
            }
            false => Rate::NONE,
        };
        let supply = self.profiles.supply;
        for connector in self.connectors.iter_mut() {
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
        self.profiles.is_active = self.profiles.slots.iter().any(|slot| !slot.is_free());
        if until != NEVER {
            let wait = until.saturating_sub(here.at).max(1);
            self.wake_at(self.clock.after(now, wait));
        }
    }

    /// SC-10: how much each connector with a transaction may take at most, so that all together take no more than `max`:
    /// equal shares, and what one does not need goes to the others.
    fn level(&self, max: u32, unit: Unit) -> u32 {
        let running = || self.connectors.iter().filter(|connector| connector.session.phase() == Phase::Running);
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
    fn follow_transactions(&mut self) {
        for slot in self.profiles.slots.iter_mut().filter(|slot| slot.bound != Bound::No) {
            let connector = self.connectors.get(usize::from(slot.connector).wrapping_sub(1));
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
                self.profiles.storing = None;
            } else if phase == Phase::Running && slot.bound == Bound::Coming {
                slot.bound = Bound::Entry(entry);
                slot.is_unsaved = true;
                self.profiles.storing = None;
            }
        }
    }

    /// What a connector offers an EV, in tenths: what it may take, and never more than the hardware is good for (SC-42).
    pub(in crate::ocpp16) fn offered(&self, connector: &Connector<'_>, unit: Unit) -> u32 {
        let hardware = self.profiles.supply.hardware();
        connector.limits.now.map_or(hardware, |limit| limit.lower(&hardware)).in_unit(unit)
    }

    /// What a connector may take now; `None` when no charging profile limits it.
    pub fn charging_limit(&self, id: ConnectorId) -> Option<ChargingLimit> {
        self.profiles.supply.limit(&self.connector(id)?.limits.now?)
    }
}

impl Supply {
    fn limit(&self, rate: &Rate) -> Option<ChargingLimit> {
        rate.is_limit().then(|| ChargingLimit {
            power: Decimal::tenths(rate.power.into()),
            current: Decimal::tenths(rate.current.into()),
            phases: self.usable(rate.phases),
        })
    }
}
