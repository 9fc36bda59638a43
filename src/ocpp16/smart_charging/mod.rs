//! Smart charging: charging profiles, the limits that follow from them, and what they will be (OCPP 1.6 §3.13, §5.5, §5.7,
//! §5.16).

mod profile;

pub use profile::{ChargingPeriod, ProfileSlot};

use super::Operations;
use super::dispatch::{StatusAnswer, accepted_if};
use crate::rpc::{CallError, Composer};
use crate::store::{IntegerKey, RecordKey, SetKey, StorageOp, SwitchKey, registry};
use crate::time::Instant;

/// The highest stack level.
pub(super) const CHARGE_PROFILE_MAX_STACK_LEVEL: IntegerKey =
    IntegerKey::new(41, "ChargeProfileMaxStackLevel", 8, 0, i32::MAX).read_only();
/// Places of the units in the key: those in which the firmware takes its limits.
pub(super) const CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT: SetKey =
    SetKey::new(42, "ChargingScheduleAllowedChargingRateUnit", &["Current", "Power"]);
/// The most periods of a schedule.
pub(super) const CHARGING_SCHEDULE_MAX_PERIODS: IntegerKey =
    IntegerKey::new(43, "ChargingScheduleMaxPeriods", 0, 0, i32::MAX).read_only();
/// The charge point can charge with one phase where three are connected.
pub(super) const CONNECTOR_SWITCH_3_TO_1_PHASE_SUPPORTED: SwitchKey =
    SwitchKey::new(44, "ConnectorSwitch3to1PhaseSupported", false);
/// The most profiles.
pub(super) const MAX_CHARGING_PROFILES_INSTALLED: IntegerKey =
    IntegerKey::new(45, "MaxChargingProfilesInstalled", 0, 0, i32::MAX).read_only();

/// The charging profiles, and the limits that follow from them.
pub(super) struct Profiles<'a> {
    slots: &'a mut [ProfileSlot],
    /// As many in a row for each slot as a schedule can have.
    periods: &'a mut [ChargingPeriod],
}

impl<'a> Profiles<'a> {
    pub(super) fn new(slots: &'a mut [ProfileSlot], periods: &'a mut [ChargingPeriod]) -> Self {
        Self { slots, periods }
    }

    /// The most periods of a schedule.
    pub(super) fn periods_max(&self) -> usize {
        self.periods.len().checked_div(self.slots.len()).unwrap_or(0)
    }

    /// The most profiles.
    pub(super) fn profiles_max(&self) -> usize {
        self.slots.len()
    }

    /// The record of the `index`th profile, to be loaded at boot.
    pub(super) fn record(&self, index: usize) -> Option<RecordKey> {
        if index < self.slots.len() { registry::nth(registry::CHARGING_PROFILES, index) } else { None }
    }

    pub(super) fn load(&mut self, index: usize, record: &[u8]) {
        let _ = (index, record);
    }

    /// Whether a change is not durable yet.
    pub(super) fn is_unsaved(&self) -> bool {
        false
    }

    /// What is to be done on the device.
    pub(super) fn storage_op(&mut self, record: &mut [u8]) -> Option<StorageOp> {
        let _ = record;
        None
    }

    /// The last [`storage_op`](Self::storage_op) is done.
    pub(super) fn stored(&mut self) {}
}

impl Operations<'_> {
    pub(super) fn set_charging_profile(&mut self, now: Instant, payload: &str) -> Result<StatusAnswer, CallError> {
        let _ = (now, payload);
        Ok(accepted_if(false))
    }

    pub(super) fn clear_charging_profile(&mut self, now: Instant, payload: &str) -> Result<StatusAnswer, CallError> {
        let _ = (now, payload);
        Ok(StatusAnswer::new("Unknown"))
    }

    /// Writes GetCompositeSchedule.conf.
    pub(super) fn get_composite_schedule(
        &mut self,
        now: Instant,
        payload: &str,
        answer: &mut Composer<'_>,
    ) -> Result<(), CallError> {
        let _ = (now, payload);
        Ok(answer.payload(&accepted_if(false))?)
    }

    /// Tells the outputs when a limit changes, and wakes when the next one does.
    pub(super) fn advance_limits(&mut self, now: Instant) {
        let _ = now;
    }
}
