//! Smart charging: charging profiles, the limits that follow from them, and what they will be (OCPP 1.6 §3.13, §5.5, §5.7,
//! §5.16).

mod announcing;
mod composite;
mod composite_schedule;
mod limit;
mod profile;
mod records;
mod schedule;
mod setting;
mod supply;

pub(super) use announcing::announce_hardware;
pub(crate) use composite_schedule::{CompositePeriod, CompositeSchedule};
pub(crate) use profile::{ChargingPeriod, Draft, LIMIT_MAX, ProfileSlot};
pub(crate) use setting::WantedProfiles;
pub(crate) use supply::Limits;
pub use supply::{ChargingLimit, Supply};

use super::ConnectorId;
use crate::store::{IntegerKey, SetKey, SwitchKey};
use composite::Composite;
use profile::Bound;

/// The highest stack level.
pub(crate) const CHARGE_PROFILE_MAX_STACK_LEVEL: IntegerKey = IntegerKey::new(41, 8, 0, i32::MAX).read_only();
/// Places of the units in the key: those in which the firmware takes its limits.
pub(crate) const CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT: SetKey = SetKey::new(42, &["Current", "Power"]);
/// The most periods of a schedule.
pub(crate) const CHARGING_SCHEDULE_MAX_PERIODS: IntegerKey = IntegerKey::new(43, 0, 0, i32::MAX).read_only();
/// The charge point can charge with one phase where three are connected.
pub(crate) const CONNECTOR_SWITCH_3_TO_1_PHASE_SUPPORTED: SwitchKey = SwitchKey::new(44, false);
/// The most profiles.
pub(crate) const MAX_CHARGING_PROFILES_INSTALLED: IntegerKey = IntegerKey::new(45, 0, 0, i32::MAX).read_only();

/// The charging profiles, and the limits that follow from them.
pub(crate) struct Profiles<'a> {
    slots: &'a mut [ProfileSlot],
    /// As many in a row for each slot as a schedule can have.
    periods: &'a mut [ChargingPeriod],
    /// There may be a limit, or something about limits to tell.
    is_active: bool,
    /// The place whose record is on its way to the device.
    storing: Option<u8>,
    composite: Composite,
}

impl<'a> Profiles<'a> {
    pub(super) fn new(slots: &'a mut [ProfileSlot], periods: &'a mut [ChargingPeriod]) -> Self {
        let composite = Composite::default();
        Self { slots, periods, is_active: true, storing: None, composite }
    }

    /// The most profiles.
    fn profiles_max(&self) -> usize {
        self.slots.len()
    }

    /// The most periods of a schedule.
    pub(crate) fn periods_max(&self) -> usize {
        self.periods.len().checked_div(self.slots.len()).unwrap_or(0)
    }

    /// The place for the periods of the `index`th profile.
    fn place(&mut self, index: usize) -> &mut [ChargingPeriod] {
        let max = self.periods_max();
        let rest = self.periods.get_mut(index.saturating_mul(max)..).unwrap_or_default();
        rest.get_mut(..max).unwrap_or_default()
    }

    fn periods_of(&self, index: usize) -> &[ChargingPeriod] {
        let count = self.slots.get(index).map_or(0, |slot| slot.count.into());
        let rest = self.periods.get(index.saturating_mul(self.periods_max())..).unwrap_or_default();
        rest.get(..count).unwrap_or_default()
    }

    /// Whether a change is not durable yet.
    fn is_unsaved(&self) -> bool {
        self.slots.iter().any(|slot| slot.is_unsaved)
    }

    /// Where a profile finds room: in the place of one that it replaces (SC-07), or in a free one.
    fn room_for(&self, draft: &Draft) -> Option<usize> {
        let replaced = self.slots.iter().position(|slot| !slot.is_free() && slot.excludes(&draft.profile));
        replaced.or_else(|| self.slots.iter().position(ProfileSlot::is_free))
    }

    /// Installs a profile whose periods lie in `scratch`. The old one holds until then (SC-31). `date` is now, in seconds since
    /// 1970, or 0.
    fn install(&mut self, draft: &Draft, scratch: &[u8], date: u32) -> bool {
        let Some(index) = self.room_for(draft) else { return false };
        let mut is_recorded = self.slots.get(index).is_some_and(|slot| slot.records(&draft.profile, date));
        let periods = scratch.as_chunks().0.iter().take(draft.profile.count.into());
        for (place, period) in self.place(index).iter_mut().zip(periods) {
            let period = ChargingPeriod::from_bytes(*period);
            is_recorded &= *place == period;
            *place = period;
        }
        let is_unsaved = !is_recorded || self.slots.get(index).is_some_and(|slot| slot.is_unsaved);
        for slot in self.slots.iter_mut().filter(|slot| !slot.is_free() && slot.excludes(&draft.profile)) {
            slot.remove();
        }
        if let Some(slot) = self.slots.get_mut(index) {
            *slot = ProfileSlot { is_unsaved, ..draft.profile };
        }
        self.changed();
        true
    }

    /// What follows from the profiles is to be found out anew.
    pub(super) fn changed(&mut self) {
        self.is_active = true;
        self.storing = None; // what is on its way to the device may be what has changed
    }

    /// There is somebody else to be told the limits.
    pub(super) fn outputs_changed(&mut self) {
        self.is_active = true;
    }

    /// Another session begins: what was meant for the one before is not for this.
    pub(super) fn session_begins(&mut self, id: ConnectorId) {
        for slot in self.slots.iter_mut().filter(|slot| slot.bound != Bound::No && slot.connector == id) {
            slot.remove();
        }
        self.changed();
    }
}
