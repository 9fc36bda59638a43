//! Taking samples: due times, and the encoding of one moment's values.

use super::list::items;
use super::values::write_value;
use super::{METER_VALUE_SAMPLE_INTERVAL, METER_VALUES_SAMPLED_DATA, Measurand, MeterInput, MeterReading, Phase};
use crate::json::Decimal;
use crate::ocpp16::connector::Connector;
use crate::ocpp16::session::Phase as SessionPhase;
use crate::ocpp16::{ConnectorId, Operations, ReadingContext, UnitOfMeasure};
use crate::store::record::RecordWriter;
use crate::time::{Duration, Instant};

/// What is to be sampled on a connector.
#[derive(Debug)]
pub(in crate::ocpp16) struct Sampling {
    /// When the running transaction was sampled last, or began.
    last: Instant,
    /// A periodic sample of the running transaction waits for its record.
    pub(in crate::ocpp16) due: bool,
    /// TriggerMessage has asked for values.
    pub(in crate::ocpp16) triggered: bool,
}

impl Sampling {
    pub(in crate::ocpp16) const fn new() -> Self {
        Self { last: Instant::ZERO, due: false, triggered: false }
    }

    /// The transaction has begun at `at`.
    pub(in crate::ocpp16) fn begin(&mut self, at: Instant) {
        self.last = at;
        self.due = false;
    }

    /// The context of the next sample for the journal.
    pub(in crate::ocpp16) fn context(&self) -> ReadingContext {
        if self.due { ReadingContext::SamplePeriodic } else { ReadingContext::Trigger }
    }

    /// The sample of this context has been taken.
    pub(in crate::ocpp16) fn taken(&mut self, context: ReadingContext) {
        match context {
            ReadingContext::Trigger => self.triggered = false,
            _ => self.due = false,
        }
    }
}

impl Operations<'_> {
    pub(in crate::ocpp16) fn advance_metering(&mut self, now: Instant, id: ConnectorId) {
        let interval = Duration::from_secs(self.keys.unsigned(&METER_VALUE_SAMPLE_INTERVAL));
        if interval == Duration::default() || self.keys.list(&METER_VALUES_SAMPLED_DATA).is_empty() {
            return;
        }
        let Some(connector) = self.connector_mut(id) else { return };
        if connector.session.phase != SessionPhase::Running {
            return;
        }
        let mut next = connector.sampling.last + interval;
        if now >= next {
            connector.sampling.due = true;
            // Samples keep their rhythm; those that were missed are not made up.
            connector.sampling.last = if now < next + interval { next } else { now };
            next = connector.sampling.last + interval;
        }
        self.wake_at(next);
    }

    /// A connector without a transaction whose values were asked for.
    pub(in crate::ocpp16) fn next_untransacted_sample(&self) -> Option<ConnectorId> {
        let asked = |connector: &Connector<'_>| connector.sampling.triggered && !connector.session.is_in_transaction();
        self.connectors.iter().zip(1..).find(|(connector, _)| asked(connector)).map(|(_, id)| id)
    }

    /// Writes the values of MeterValuesSampledData as they are now. `false` when there is none.
    pub(in crate::ocpp16) fn sample(&self, id: ConnectorId, record: &mut RecordWriter<'_>) -> bool {
        let start = record.position();
        for wanted in items(self.keys.list(&METER_VALUES_SAMPLED_DATA)) {
            if let Some(connector) = self.connector(id) {
                if let (true, Some(energy)) = (asks_for(&ENERGY, wanted), connector.inputs.energy) {
                    write_value(record, &ENERGY, Decimal::whole(energy()));
                }
                if let (true, Some(power)) = (asks_for(&POWER, wanted), connector.inputs.power) {
                    write_value(record, &POWER, Decimal::whole(power().into()));
                }
            }
            for input in self.meter_inputs_of(id) {
                if let (true, Some(value)) = (asks_for(&input.reading, wanted), (input.value)()) {
                    write_value(record, &input.reading, value);
                }
            }
        }
        record.position() > start
    }

    fn meter_inputs_of(&self, id: ConnectorId) -> impl Iterator<Item = &MeterInput<'_>> {
        self.meter_inputs.iter().filter(move |input| input.connector == id)
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
