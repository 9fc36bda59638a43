//! Taking samples: due times, and the encoding of one moment's values.

use super::aligned::METER_VALUES_ALIGNED_DATA;
use super::list::items;
use super::transaction_data::STOP_TXN_SAMPLED_DATA;
use super::values::write_value;
use super::{METER_VALUE_SAMPLE_INTERVAL, METER_VALUES_SAMPLED_DATA, Measurand, MeterInput, MeterReading, Phase};
use crate::json::Decimal;
use crate::ocpp16::connector::Connector;
use crate::ocpp16::{ConnectorId, Operations, ReadingContext, UnitOfMeasure};
use crate::store::record::RecordWriter;
use crate::time::{DateTime, Duration, Instant};

/// What is to be sampled on a connector.
#[derive(Debug)]
pub(in crate::ocpp16) struct Sampling {
    /// When the running transaction was sampled last, or began.
    last: Instant,
    /// A periodic sample of the running transaction waits for its record.
    periodic: bool,
    /// A moment of the clock has come whose values wait for their record.
    pub(super) aligned: Option<DateTime>,
    /// TriggerMessage has asked for values.
    pub(in crate::ocpp16) triggered: bool,
}

impl Sampling {
    pub(in crate::ocpp16) const fn new() -> Self {
        Self { last: Instant::ZERO, periodic: false, aligned: None, triggered: false }
    }

    /// The transaction has begun at `at`.
    pub(in crate::ocpp16) fn begin(&mut self, at: Instant) {
        self.last = at;
        self.periodic = false;
    }

    /// The context of the next sample, if one is to be taken.
    pub(in crate::ocpp16) fn next(&self) -> Option<ReadingContext> {
        if self.aligned.is_some() {
            Some(ReadingContext::SampleClock)
        } else if self.periodic {
            Some(ReadingContext::SamplePeriodic)
        } else {
            self.triggered.then_some(ReadingContext::Trigger)
        }
    }

    /// The moment of the clock that the next sample is for.
    pub(in crate::ocpp16) fn moment(&self) -> Option<DateTime> {
        self.aligned
    }

    /// The sample of this context has been taken.
    pub(in crate::ocpp16) fn taken(&mut self, context: ReadingContext) {
        match context {
            ReadingContext::Trigger => self.triggered = false,
            ReadingContext::SampleClock => self.aligned = None,
            _ => self.periodic = false,
        }
    }
}

impl Operations<'_> {
    pub(in crate::ocpp16) fn advance_metering(&mut self, now: Instant, id: ConnectorId) {
        let interval = Duration::from_secs(self.keys.unsigned(&METER_VALUE_SAMPLE_INTERVAL));
        let wanted = !self.keys.list(&METER_VALUES_SAMPLED_DATA).is_empty();
        let wanted_at_stop = !self.keys.list(&STOP_TXN_SAMPLED_DATA).is_empty();
        if interval == Duration::default() || !(wanted || wanted_at_stop) {
            return;
        }
        let Some(connector) = self.connector_mut(id) else { return };
        if !connector.session.is_running() {
            return;
        }
        let mut next = connector.sampling.last + interval;
        if now >= next {
            connector.sampling.periodic = wanted;
            if wanted_at_stop {
                connector.series.ask_for(ReadingContext::SamplePeriodic);
            }
            // Samples keep their rhythm; those that were missed are not made up.
            connector.sampling.last = if now < next + interval { next } else { now };
            next = connector.sampling.last + interval;
            // OCPP 1.6 errata 3.14: the grid connection is read along with the first connector that charges.
            let is_first = self.connectors.iter().zip(1..).find(|(connector, _)| connector.session.is_running());
            let is_first = is_first.is_some_and(|(_, first)| first == id);
            self.main_sampling.periodic |= wanted && is_first && self.is_reachable();
        }
        self.wake_at(next);
    }

    /// The next connector without a transaction, or the charge point itself, whose values are to be told.
    pub(in crate::ocpp16) fn next_untransacted_sample(&self) -> Option<(ConnectorId, ReadingContext)> {
        if let Some(context) = self.main_sampling.next() {
            return Some((0, context));
        }
        let wanted = |(connector, id): (&Connector<'_>, ConnectorId)| {
            Some((id, connector.sampling.next().filter(|_| !connector.session.is_in_transaction())?))
        };
        self.connectors.iter().zip(1..).find_map(wanted)
    }

    pub(in crate::ocpp16) fn sampling(&mut self, id: ConnectorId) -> Option<&mut Sampling> {
        match id {
            0 => Some(&mut self.main_sampling),
            _ => Some(&mut self.connector_mut(id)?.sampling),
        }
    }

    /// The values that belong to a context of MeterValues.
    pub(in crate::ocpp16) fn list_of(&self, context: ReadingContext) -> &[u8] {
        match context {
            ReadingContext::SampleClock => self.keys.list(&METER_VALUES_ALIGNED_DATA),
            _ => self.keys.list(&METER_VALUES_SAMPLED_DATA),
        }
    }

    /// Writes the values of a list as they are now. `false` when there is none.
    pub(in crate::ocpp16) fn sample(&self, id: ConnectorId, list: &[u8], record: &mut RecordWriter<'_>) -> bool {
        self.sample_all(id, list, &[], record)
    }

    /// Writes the values of both lists, what stands in both once.
    pub(super) fn sample_all(&self, id: ConnectorId, list: &[u8], more: &[u8], record: &mut RecordWriter<'_>) -> bool {
        let start = record.position();
        let new = items(more).filter(|item| !items(list).any(|other| other == *item));
        for wanted in items(list).chain(new) {
            if let Some(connector) = self.connector(id) {
                if asks_for(&ENERGY, wanted) && connector.inputs.energy.is_some() {
                    write_value(record, &ENERGY, Decimal::whole(connector.register()));
                }
                if let (true, Some(power)) = (asks_for(&POWER, wanted), connector.inputs.power) {
                    write_value(record, &POWER, Decimal::whole(power().into()));
                }
            }
            for input in self.meter_inputs.iter().filter(|input| input.connector == id) {
                if let (true, Some(value)) = (asks_for(&input.reading, wanted), (input.value)()) {
                    write_value(record, &input.reading, value);
                }
            }
        }
        record.position() > start
    }
}

/// Whether some connector can measure all of this. A list with anything else is refused (OCPP 1.6 §3.16.4).
pub(in crate::ocpp16) fn can_measure(connectors: &[Connector<'_>], meters: &[MeterInput<'_>], list: &[u8]) -> bool {
    items(list).all(|wanted| {
        let built_in = connectors.iter().any(|connector| {
            asks_for(&ENERGY, wanted) && connector.inputs.energy.is_some()
                || asks_for(&POWER, wanted) && connector.inputs.power.is_some()
        });
        built_in || meters.iter().any(|input| asks_for(&input.reading, wanted))
    })
}

/// The two meters that every connector has a place for.
const ENERGY: MeterReading = MeterReading::new(Measurand::EnergyActiveImportRegister, Some(UnitOfMeasure::Wh));
const POWER: MeterReading = MeterReading::new(Measurand::PowerActiveImport, Some(UnitOfMeasure::W));

/// Whether an item of a list asks for this reading: an item without phase asks for all.
fn asks_for(reading: &MeterReading, (measurand, phase): (Measurand, Option<Phase>)) -> bool {
    reading.measurand == measurand && (phase.is_none() || reading.phase == phase)
}
