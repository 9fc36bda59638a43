//! What a charge point is connected to, and what may be taken from it, in both units.

use crate::json::Decimal;
use crate::types::ChargingRateUnit as Unit;

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
    pub(super) fn both(&self, one: &Rate, other: &Rate) -> Rate {
        let both = one.lower(other);
        let is_mixed = one.current < other.current && one.power > other.power
            || one.current > other.current && one.power < other.power;
        if !is_mixed {
            return both;
        }
        Rate { power: both.power.min(self.rate(both.current, Unit::A, both.phases).power), ..both }
    }

    /// A limit as the firmware is told it; `None` for none.
    pub(super) fn limit(&self, rate: &Rate) -> Option<ChargingLimit> {
        rate.is_limit().then(|| ChargingLimit {
            power: Decimal::tenths(rate.power.into()),
            current: Decimal::tenths(rate.current.into()),
            phases: self.usable(rate.phases),
        })
    }

    /// The same within what can be sensible at all.
    pub(super) fn sound(self) -> Self {
        Self { voltage: self.voltage.max(1), phases: self.phases.clamp(1, 3), ..self }
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
pub(crate) struct Rate {
    pub(super) current: u32,
    pub(super) power: u32,
    /// 0 when nobody has told them.
    pub(super) phases: u8,
}

impl Rate {
    /// No limit.
    pub(crate) const NONE: Self = Self { current: u32::MAX, power: u32::MAX, phases: 0 };

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
pub(crate) struct Limits {
    /// By the profiles for the connector itself.
    pub(super) own: Rate,
    /// With its share of what all connectors may take. `None` before it was told for the first time.
    pub(super) now: Option<Rate>,
}

impl Limits {
    pub(crate) const fn new() -> Self {
        Self { own: Rate::NONE, now: None }
    }

    /// What a connector offers an EV, in tenths: what it may take, and never more than the hardware is good for (SC-42).
    pub(crate) fn offered(&self, supply: &Supply, unit: Unit) -> u32 {
        let hardware = supply.hardware();
        self.now.map_or(hardware, |limit| limit.lower(&hardware)).in_unit(unit)
    }

    /// Whether nothing may be taken (SC-22).
    pub(crate) fn is_zero(&self) -> bool {
        self.now.is_some_and(|rate| rate.current == 0 || rate.power == 0)
    }
}
