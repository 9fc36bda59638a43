//! Smart charging: charging profiles, the limits that follow from them, and what they will be (OCPP 1.6 §3.13, §5.5, §5.7,
//! §5.16).

mod composite;
mod limit;
mod profile;
mod schedule;
mod supply;

pub(crate) use profile::Draft;
pub(crate) use profile::{ChargingPeriod, ProfileSlot};
pub(crate) use supply::Limits;
pub use supply::{ChargingLimit, Supply};

use super::answer::{Cause, StatusAnswer, accepted_if};
use super::keys::announced;
use super::session::Phase;
use super::shelf::{RecordChange, Shelf};
use super::{ChargingProfilePurpose as Purpose, ChargingRateUnit as Unit, ConnectorId, keys};
use crate::json::{Field, Kind, Payload, Seen, Strictness, Value, Walk};
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::store::{IntegerKey, Keys, RecordKey, Scratch, SetKey, SwitchKey, registry};
use crate::time::{DateTime, Instant};
use composite::Composite;
use profile::{Bound, record_key, symbol};

/// The highest stack level.
pub(super) const CHARGE_PROFILE_MAX_STACK_LEVEL: IntegerKey =
    IntegerKey::new(41, "ChargeProfileMaxStackLevel", 8, 0, i32::MAX).read_only();
/// Places of the units in the key: those in which the firmware takes its limits.
pub(super) const CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT: SetKey =
    SetKey::new(42, "ChargingScheduleAllowedChargingRateUnit", &["Current", "Power"]);
/// The most periods of a schedule.
pub(super) const CHARGING_SCHEDULE_MAX_PERIODS: IntegerKey =
    IntegerKey::new(43, "ChargingScheduleMaxPeriods", 0, 0, i32::MAX).read_only();
const CONNECTOR_SWITCH_NAME: &str = "ConnectorSwitch3to1PhaseSupported";
/// The charge point can charge with one phase where three are connected.
pub(super) const CONNECTOR_SWITCH_3_TO_1_PHASE_SUPPORTED: SwitchKey = SwitchKey::new(44, CONNECTOR_SWITCH_NAME, false);
/// The most profiles.
pub(super) const MAX_CHARGING_PROFILES_INSTALLED: IntegerKey =
    IntegerKey::new(45, "MaxChargingProfilesInstalled", 0, 0, i32::MAX).read_only();

/// How many periods the receive buffer has room for, of a schedule of `most`.
fn periods_max(receive: usize, most: usize) -> i32 {
    const REQUEST: &str = concat!(
        r#"[2,"00000000-0000-0000-0000-000000000000","SetChargingProfile",{"connectorId":63,"csChargingProfiles":"#,
        r#"{"chargingProfileId":2147483647,"transactionId":2147483647,"stackLevel":8,"chargingProfilePurpose":"#,
        r#""ChargePointMaxProfile","chargingProfileKind":"Recurring","recurrencyKind":"Weekly","validFrom":"#,
        r#""2025-12-31T23:59:59.999+00:00","validTo":"2025-12-31T23:59:59.999+00:00","chargingSchedule":{"#,
        r#""duration":2147483647,"startSchedule":"2025-12-31T23:59:59.999+00:00","chargingRateUnit":"W","#,
        r#""minChargingRate":99999.9,"chargingSchedulePeriod":[]}}}]"#
    );
    const PERIOD: &str = r#"{"startPeriod":2678400,"limit":99999.9,"numberPhases":3},"#;
    announced(receive, REQUEST, PERIOD, most)
}

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
    fn periods_max(&self) -> usize {
        self.periods.len().checked_div(self.slots.len()).unwrap_or(0)
    }

    /// How many profiles there may be, and how long their schedules.
    pub(super) fn announce(&self, keys: &mut Keys<'_>, receive: usize) {
        keys.set_integer(&CHARGING_SCHEDULE_MAX_PERIODS, periods_max(receive, self.periods_max()));
        keys.set_integer(&MAX_CHARGING_PROFILES_INSTALLED, self.profiles_max() as i32);
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

    fn load(&mut self, index: usize, key: RecordKey, record: &[u8]) {
        let loaded = ProfileSlot::load(key, record, self.place(index));
        if let (Some(loaded), Some(slot)) = (loaded, self.slots.get_mut(index)) {
            *slot = loaded;
        }
    }

    /// Whether a change is not durable yet.
    fn is_unsaved(&self) -> bool {
        self.slots.iter().any(|slot| slot.is_unsaved)
    }

    /// Removals first: no power cut leaves two profiles that exclude each other.
    fn change(&mut self, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        let unsaved = |is_free: bool| self.slots.iter().position(|slot| slot.is_unsaved && slot.is_free() == is_free);
        let index = unsaved(true).or_else(|| unsaved(false))?;
        let (slot, key) = (self.slots.get(index)?, record_key(index)?);
        let change = match slot.is_free() {
            true => RecordChange::remove(key),
            false => RecordChange::sealed(key, slot.write(key, self.periods_of(index), scratch.blank())?),
        };
        self.storing = Some(index as u8);
        Some(change)
    }

    fn stored(&mut self) {
        let stored = self.storing.take();
        if let Some(slot) = stored.and_then(|index| self.slots.get_mut(usize::from(index))) {
            slot.is_unsaved = false;
        }
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

impl Shelf for Profiles<'_> {
    fn find(&self, _: &Core<'_>, number: u16) -> Option<(u16, RecordKey)> {
        registry::among(&registry::CHARGING_PROFILES, number, self.slots.len())
    }

    fn load(&mut self, _: &mut Core<'_>, number: u16, key: RecordKey, record: &[u8]) {
        Profiles::load(self, number.into(), key, record);
    }

    fn is_promised(&self, _: &Core<'_>) -> bool {
        self.is_unsaved()
    }

    fn change(&mut self, _: &mut Core<'_>, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        Profiles::change(self, scratch)
    }

    fn changed(&mut self, _: &mut Core<'_>, _: RecordKey) {
        self.stored();
    }
}

impl Profiles<'_> {
    pub(crate) fn set_supply(&mut self, core: &mut Core<'_>, supply: Supply) {
        core.supply = supply.sound();
        self.is_active = true;
    }
}

impl Profiles<'_> {
    /// Whether limits of this unit are allowed.
    fn takes(common: &Common<'_>, unit: Unit) -> bool {
        common.keys.has_member(&CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT, unit as usize)
    }

    /// SC-26: whether there is anybody to tell a limit to.
    pub(super) fn can_limit(&self, common: &Common<'_>) -> Result<(), Cause> {
        match Self::takes(common, Unit::A) || Self::takes(common, Unit::W) {
            true => Ok(()),
            false => Err(Cause::NotSupported),
        }
    }

    #[inline(never)]
    pub(crate) fn set_charging_profile(
        &mut self,
        core: &mut Core<'_>,
        now: Instant,
        payload: Payload<'_>,
        scratch: &mut Scratch<'_>,
    ) -> Result<StatusAnswer, Cause> {
        const FIELDS: [Field; 2] =
            [Field::required("connectorId", Kind::Integer), Field::required("csChargingProfiles", Kind::Object)];
        self.can_limit(&core.common)?;
        let scratch = scratch.blank(); // the periods go there first
        let (mut id, mut draft) = (None, None);
        let mut walk = payload.walk();
        let mut seen = Seen::default();
        while let Some((place, value)) = walk.member(&mut seen, &FIELDS)? {
            match place {
                0 => id = value.integer(),
                _ => draft = Some(self.read_draft(&mut walk, scratch)?),
            }
        }
        walk.end()?;
        let id = id.and_then(|id| ConnectorId::try_from(id).ok()).filter(|id| *id <= core.connector_count());
        let (Some(id), Some(mut draft)) = (id, draft) else { return Err(Cause::ConnectorId) };
        let date = core.common.clock.date(now).map_or(0, DateTime::as_unix);
        if draft.profile.is_relative_maximum() {
            draft.profile.start = date;
        }
        let is_installed = self.is_allowed(core, id, &mut draft) && self.install(&draft, scratch, date);
        Self::profiles_changed(&mut core.common);
        Ok(accepted_if(is_installed))
    }

    fn read_draft(&self, walk: &mut Walk<'_>, scratch: &mut [u8]) -> Result<Draft, Cause> {
        Draft::read(walk, scratch, self.periods_max())
    }

    /// Whether the profile may be installed on this connector as things stand; it is made to fit then.
    fn is_allowed(&self, core: &Core<'_>, id: ConnectorId, draft: &mut Draft) -> bool {
        let profile = &mut draft.profile;
        profile.connector = id;
        let is_fit = match profile.purpose {
            Purpose::ChargePointMaxProfile => id == 0,
            Purpose::TxDefaultProfile => true,
            // SC-03
            Purpose::TxProfile => core.connector(id).is_some_and(|connector| {
                let entry = connector.session.entry;
                profile.bound = Bound::Entry(entry);
                connector.session.phase() == Phase::Running
                    && (draft.transaction.is_none() || draft.transaction == connector.confirmed.id_of(entry))
            }),
        };
        is_fit && draft.is_sound && self.is_in_bounds(&core.common, draft)
    }

    /// SC-23
    fn is_in_bounds(&self, common: &Common<'_>, draft: &Draft) -> bool {
        u32::from(draft.profile.stack_level) <= common.keys.unsigned(&CHARGE_PROFILE_MAX_STACK_LEVEL)
            && Self::takes(common, draft.profile.unit)
    }

    fn profiles_changed(common: &mut Common<'_>) {
        common.persistence.has_chores = true;
    }

    /// The profile of a RemoteStartTransaction. `None` when it cannot be taken (RC-08).
    pub(super) fn profile_of_start(
        &self,
        common: &Common<'_>,
        profile: &[u8],
        scratch: &mut [u8],
    ) -> Result<Option<Draft>, Cause> {
        let mut draft = self.read_draft(&mut Walk::of(profile, Strictness::NoOthers), scratch)?;
        draft.profile.bound = Bound::Coming;
        let is_fit = draft.profile.purpose == Purpose::TxProfile && draft.transaction.is_none() && draft.is_sound;
        let has_room = self.room_for(&draft).is_some();
        Ok((is_fit && has_room && self.is_in_bounds(common, &draft)).then_some(draft))
    }

    /// The session that the profile came with has begun (RC-09).
    pub(super) fn session_limited(
        &mut self,
        common: &mut Common<'_>,
        id: ConnectorId,
        mut draft: Draft,
        scratch: &[u8],
    ) {
        draft.profile.connector = id;
        self.install(&draft, scratch, 0);
        Self::profiles_changed(common);
    }

    #[inline(never)]
    pub(crate) fn clear_charging_profile(
        &mut self,
        common: &mut Common<'_>,
        payload: Payload<'_>,
    ) -> Result<StatusAnswer, Cause> {
        const FIELDS: [Field; 4] = [
            Field::optional("id", Kind::Integer),
            Field::optional("connectorId", Kind::Integer),
            Field::optional("chargingProfilePurpose", Kind::Text(30)),
            Field::optional("stackLevel", Kind::Integer),
        ];
        self.can_limit(common)?;
        let [id, connector, purpose, level] = payload.read(&FIELDS)?;
        let purpose: Option<Purpose> = match purpose {
            Value::Absent => None,
            purpose => Some(symbol(purpose, Cause::ChargingProfilePurpose)?),
        };
        let is_it = |wanted: Value<'_>, found: i32| wanted.integer().is_none_or(|wanted| wanted == found);
        let mut found = false;
        for slot in self.slots.iter_mut().filter(|slot| !slot.is_free()) {
            // SC-32, SC-33
            let matches = match id.integer() {
                Some(id) => slot.id == id,
                None => {
                    is_it(connector, slot.connector.into())
                        && purpose.is_none_or(|purpose| purpose == slot.purpose)
                        && is_it(level, slot.stack_level.into())
                }
            };
            if matches {
                slot.remove();
                found = true;
            }
        }
        self.changed();
        Self::profiles_changed(common);
        Ok(if found { StatusAnswer::Accepted } else { StatusAnswer::Unknown }) // SC-34
    }
}

/// What the outputs say about the hardware, once all are set.
pub(super) fn announce_hardware(core: &mut Core<'_>) {
    let has_current = core.connectors.iter().any(|connector| connector.equipment.has_current_limit());
    let has_power = core.connectors.iter().any(|connector| connector.equipment.has_power_limit());
    let keys = &mut core.common.keys;
    keys.set_member(&CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT, 0, has_current);
    keys.set_member(&CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT, 1, has_power);
    keys.set_member(&keys::SUPPORTED_FEATURE_PROFILES, keys::SMART_CHARGING, has_current || has_power);
    let _ = keys.fix(CONNECTOR_SWITCH_NAME); // SC-43
}
