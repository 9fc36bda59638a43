//! Taking samples: due times, and the encoding of one moment's values.

use super::aligned::METER_VALUES_ALIGNED_DATA;
use super::list::items;
use super::transaction_data::STOP_TXN_SAMPLED_DATA;
use super::values::write_value;
use super::{METER_VALUE_SAMPLE_INTERVAL, METER_VALUES_SAMPLED_DATA, Measurand, MeterInput, MeterReading, Phase};
use crate::json::Decimal;
#[cfg(feature = "smart-charging")]
use crate::station::ChargingRateUnit;
use crate::station::common::Common;
use crate::station::connector::Connector;
use crate::station::core_profile::Core;
#[cfg(feature = "signed-meter-values")]
use crate::station::signed_values::START_TXN_SAMPLED_DATA;
use crate::station::signed_values::SigningMoment;
use crate::station::{ConnectorId, ReadingContext, UnitOfMeasure};
use crate::store::record::RecordWriter;
use crate::time::{DateTime, Duration, Instant};

/// What is to be sampled on a connector.
#[derive(Debug)]
pub(crate) struct Sampling {
    /// When the running transaction was sampled last, or began.
    last: Instant,
    /// The moment of the clock whose values wait for their record.
    moment: Option<DateTime>,
    /// The contexts of samples that are to be taken, one bit each.
    asked: u8,
    /// One sample in so many is recorded, as a power of two: the journal is full.
    stride: u8,
    /// By kind, how many samples there were since.
    counts: [u16; 2],
}

const TRIGGER: u8 = 1;
const PERIODIC: u8 = 1 << 1;
const CLOCK: u8 = 1 << 2;
#[cfg(feature = "signed-meter-values")]
const BEGIN: u8 = 1 << 3;

impl Sampling {
    pub(crate) const fn new() -> Self {
        Self { last: Instant::ZERO, moment: None, asked: 0, stride: 0, counts: [0; 2] }
    }

    /// The transaction has begun at `at`.
    pub(crate) fn begin(&mut self, at: Instant) {
        self.last = at;
        self.stride = 0;
        self.miss_moment(); // MV-10: that was of nobody's transaction
    }

    /// What is told right after the start is to be read.
    #[cfg(feature = "signed-meter-values")]
    pub(crate) fn ask_for_begin(&mut self) {
        self.asked |= BEGIN;
    }

    /// TriggerMessage asks for values.
    #[cfg(feature = "remote-trigger")]
    pub(crate) fn trigger(&mut self) {
        self.asked |= TRIGGER;
    }

    /// A moment of the clock has come.
    pub(super) fn align(&mut self, moment: DateTime) {
        self.moment = Some(moment);
        self.asked |= CLOCK;
    }

    /// The moment of what is not asked for by TriggerMessage has passed untold.
    pub(crate) fn miss_moment(&mut self) {
        self.asked &= TRIGGER;
    }

    /// Whether a sample is to be taken.
    pub(crate) fn is_due(&self) -> bool {
        self.asked != 0
    }

    /// The context of the next sample, if one is to be taken, and the moment of the clock that it is for.
    pub(crate) fn next(&self) -> Option<(ReadingContext, Option<DateTime>)> {
        Some(match self.asked {
            0 => return None,
            #[cfg(feature = "signed-meter-values")]
            asked if asked & BEGIN != 0 => (ReadingContext::TransactionBegin, None),
            asked if asked & CLOCK != 0 => (ReadingContext::SampleClock, self.moment),
            asked if asked & PERIODIC != 0 => (ReadingContext::SamplePeriodic, None),
            _ => (ReadingContext::Trigger, None),
        })
    }

    /// The samples of the running transaction were thinned: from now on only half as many are recorded.
    pub(crate) fn thin_out(&mut self) {
        self.stride = (self.stride + 1).min(u16::BITS as u8);
        self.counts = [0; 2];
    }

    /// Whether the next sample of this context is one of those that are not recorded.
    pub(crate) fn is_thinned_out(&mut self, context: ReadingContext) -> bool {
        let [periodic, aligned] = &mut self.counts;
        let count = match context {
            ReadingContext::SamplePeriodic => periodic,
            ReadingContext::SampleClock => aligned,
            _ => return false,
        };
        *count = count.wrapping_add(1);
        count.trailing_zeros() < u32::from(self.stride)
    }

    /// The sample of this context has been taken.
    pub(crate) fn taken(&mut self, context: ReadingContext) {
        self.asked &= !match context {
            ReadingContext::Trigger => TRIGGER,
            ReadingContext::SampleClock => CLOCK,
            #[cfg(feature = "signed-meter-values")]
            ReadingContext::TransactionBegin => BEGIN,
            _ => PERIODIC,
        };
    }
}

impl Core<'_> {
    pub(crate) fn advance_metering(&mut self, now: Instant, id: ConnectorId) {
        let Some(connector) = self.connectors.get_mut(usize::from(id).wrapping_sub(1)) else { return };
        let interval = Duration::from_secs(self.common.keys.unsigned(&METER_VALUE_SAMPLE_INTERVAL));
        if !connector.session.is_running() || connector.session.is_silent || interval == Duration::default() {
            return;
        }
        let mut next = connector.place.sampling.last + interval;
        if now >= next {
            let wanted = !self.common.keys.list(&METER_VALUES_SAMPLED_DATA).is_empty();
            let wanted_at_stop = !self.common.keys.list(&STOP_TXN_SAMPLED_DATA).is_empty();
            if wanted {
                connector.place.sampling.asked |= PERIODIC;
            }
            if wanted_at_stop {
                connector.series.ask_for(ReadingContext::SamplePeriodic);
            }
            // Samples keep their rhythm; those that were missed are not made up.
            connector.place.sampling.last = if now < next + interval { next } else { now };
            next = connector.place.sampling.last + interval;
            self.sign_sample(now, id, SigningMoment::Sample);
            self.common.persistence.has_chores |= wanted_at_stop;
            // OCPP 1.6 errata 3.14: the grid connection is read along with the first connector that charges.
            let is_first = self.connectors.iter().zip(1..).find(|(connector, _)| connector.session.is_running());
            let is_first = is_first.is_some_and(|(_, first)| first == id);
            let is_dated = self.common.clock.is_set(); // values want a date, and these are not kept until there is one
            if wanted && is_first && is_dated && self.common.is_reachable() && self.has_main_meter() {
                self.charge_point.sampling.asked |= PERIODIC;
            }
        }
        self.common.wake_at(next);
    }

    /// Whether there is a meter at the grid connection.
    pub(crate) fn has_main_meter(&self) -> bool {
        self.meter_inputs.iter().any(|input| input.connector == 0)
    }

    /// The next connector without a transaction, or the charge point itself, whose values are to be told.
    pub(crate) fn next_untransacted_sample(&self) -> Option<ConnectorId> {
        if self.charge_point.sampling.is_due() {
            return Some(0);
        }
        let wanted = |connector: &Connector<'_>| connector.place.sampling.is_due() && !connector.session.is_reported();
        self.connectors.iter().zip(1..).find(|(connector, _)| wanted(connector)).map(|(_, id)| id)
    }

    /// Writes the values of a list as they are now. `false` when there is none.
    pub(crate) fn sample(&self, id: ConnectorId, list: &[u8], record: &mut RecordWriter<'_>) -> bool {
        self.sample_all(id, list, &[], record)
    }

    /// Writes the values of both lists, what stands in both once.
    pub(super) fn sample_all(&self, id: ConnectorId, list: &[u8], more: &[u8], record: &mut RecordWriter<'_>) -> bool {
        let start = record.position();
        for (wanted, known) in [(list, &[][..]), (more, list)] {
            for item in items(wanted) {
                if !items(known).any(|other| other == item) {
                    self.sample_item(id, item, record);
                }
            }
        }
        record.position() > start
    }

    fn sample_item(&self, id: ConnectorId, item: (Measurand, Option<Phase>), record: &mut RecordWriter<'_>) {
        if let Some(connector) = self.connector(id) {
            if asks_for(&ENERGY, item)
                && let Some(register) = connector.register()
            {
                write_value(record, &ENERGY, Decimal::whole(register));
            }
            if asks_for(&POWER, item)
                && let Some(power) = connector.hardware.and_then(|hardware| hardware.power())
            {
                write_value(record, &POWER, Decimal::whole(power.into()));
            }
        }
        let inputs = || self.meter_inputs.iter().filter(|input| input.connector == id);
        #[cfg(feature = "smart-charging")]
        if let Some(connector) = self.connector(id)
            && let Some(unit) = offer(connector, item)
            && inputs().all(|input| input.reading.measurand != item.0)
        {
            let told_in = if unit == ChargingRateUnit::A { UnitOfMeasure::A } else { UnitOfMeasure::W };
            let reading = MeterReading::new(item.0, Some(told_in));
            write_value(record, &reading, Decimal::tenths(connector.limits.offered(&self.supply, unit).into()));
        }
        for input in inputs() {
            if let (true, Some(value)) = (asks_for(&input.reading, item), (input.value)()) {
                write_value(record, &input.reading, value);
            }
        }
    }
}

impl Common<'_> {
    /// The values that belong to a context of MeterValues.
    pub(crate) fn list_of(&self, context: ReadingContext) -> &[u8] {
        match context {
            ReadingContext::SampleClock => self.keys.list(&METER_VALUES_ALIGNED_DATA),
            #[cfg(feature = "signed-meter-values")]
            ReadingContext::TransactionBegin => self.keys.list(&START_TXN_SAMPLED_DATA),
            _ => self.keys.list(&METER_VALUES_SAMPLED_DATA),
        }
    }
}

/// All that can be measured.
#[derive(Clone, Copy)]
pub(crate) struct Meters<'m, 'a> {
    pub(crate) connectors: &'m [Connector<'a>],
    pub(crate) inputs: &'m [MeterInput<'a>],
}

impl Meters<'_, '_> {
    /// Whether all of a list can be measured somewhere. One with anything else is refused (OCPP 1.6 §3.16.4).
    pub(crate) fn can_measure(self, list: &[u8]) -> bool {
        items(list).all(|item| (0..=self.connectors.len()).any(|id| self.measures(id, item)))
    }

    /// Whether a connector measures anything of a list.
    #[cfg(feature = "remote-trigger")]
    pub(crate) fn measures_any(self, id: ConnectorId, list: &[u8]) -> bool {
        items(list).any(|item| self.measures(id.into(), item))
    }

    fn measures(self, id: usize, item: (Measurand, Option<Phase>)) -> bool {
        let built_in = |connector: &Connector<'_>| {
            #[cfg(feature = "smart-charging")]
            if offer(connector, item).is_some() {
                return true;
            }
            asks_for(&ENERGY, item) && connector.equipment.has_energy_meter()
                || asks_for(&POWER, item) && connector.equipment.has_power_meter()
        };
        id.checked_sub(1).and_then(|place| self.connectors.get(place)).is_some_and(built_in)
            || self.inputs.iter().any(|input| usize::from(input.connector) == id && asks_for(&input.reading, item))
    }
}

/// The two meters that every connector has a place for.
pub(crate) const ENERGY: MeterReading =
    MeterReading::new(Measurand::EnergyActiveImportRegister, Some(UnitOfMeasure::Wh));
pub(super) const POWER: MeterReading = MeterReading::new(Measurand::PowerActiveImport, Some(UnitOfMeasure::W));

/// What an item asks for that follows from the limit of a connector, if it has one (SC-42).
#[cfg(feature = "smart-charging")]
fn offer(connector: &Connector<'_>, item: (Measurand, Option<Phase>)) -> Option<ChargingRateUnit> {
    match item {
        _ if !connector.equipment.has_limit() => None,
        (Measurand::CurrentOffered, None) => Some(ChargingRateUnit::A),
        (Measurand::PowerOffered, None) => Some(ChargingRateUnit::W),
        _ => None,
    }
}

/// Whether any item of a list asks for this reading.
#[cfg(feature = "signed-meter-values")]
pub(crate) fn asks_for_any(list: &[u8], reading: &MeterReading) -> bool {
    items(list).any(|item| asks_for(reading, item))
}

/// Whether an item of a list asks for this reading: an item without phase asks for all.
fn asks_for(reading: &MeterReading, (measurand, phase): (Measurand, Option<Phase>)) -> bool {
    reading.measurand == measurand && (phase.is_none() || reading.phase == phase)
}
