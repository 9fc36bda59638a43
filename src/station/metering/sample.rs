//! Taking samples: due times, and the encoding of one moment's values.

use super::alignment::METER_VALUES_ALIGNED_DATA;
use super::list::{asks_for, items};
#[cfg(feature = "smart-charging")]
use super::meters::offer;
#[cfg(feature = "smart-charging")]
use super::reading::MeterReading;
use super::reading::{ENERGY, POWER};
use super::sampling::{METER_VALUE_SAMPLE_INTERVAL, METER_VALUES_SAMPLED_DATA};
use super::series::STOP_TXN_SAMPLED_DATA;
use super::values::{MeterValue, write_value};
use crate::json::Decimal;
use crate::station::common::Common;
use crate::station::connector::Connector;
use crate::station::core_profile::Core;
use crate::station::journal::entry::Attached;
use crate::station::journal::entry::{Content, Entry, begin_meter_values};
#[cfg(feature = "signed-meter-values")]
use crate::station::signed_values::START_TXN_SAMPLED_DATA;
use crate::station::signed_values::SigningMoment;
#[cfg(feature = "smart-charging")]
use crate::station::{ChargingRateUnit, UnitOfMeasure};
use crate::station::{ConnectorId, Measurand, Phase, ReadingContext};
use crate::store::Scratch;
use crate::store::record::RecordWriter;
use crate::time::{Duration, Instant};

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
                connector.place.sampling.ask_for_periodic();
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
                self.charge_point.sampling.ask_for_periodic();
            }
        }
        self.common.agenda.wake_at(next);
    }

    /// The next connector without a transaction, or the charge point itself, whose values are to be told.
    pub(crate) fn next_untransacted_sample(&self) -> Option<ConnectorId> {
        if self.charge_point.sampling.is_due() {
            return Some(0);
        }
        let wanted = |connector: &Connector<'_>| connector.place.sampling.is_due() && !connector.session.is_reported();
        self.connectors.iter().zip(1..).find(|(connector, _)| wanted(connector)).map(|(_, id)| id)
    }

    /// Takes the next sample of a connector without a transaction, and leaves it in `record`. `None` when there is none, or
    /// nothing is measured.
    pub(crate) fn take_untransacted_sample(
        &mut self,
        now: Instant,
        id: ConnectorId,
        record: &mut Scratch<'_>,
    ) -> Option<()> {
        let sampling = &mut self.place_mut(id)?.sampling;
        let (context, moment) = sampling.next()?;
        sampling.taken(context);
        let at = self.common.date_of_sample(now, moment);
        let mut writer = begin_meter_values(record.blank(), 0, id, at, 0, context, Attached::NONE);
        if !self.sample(id, self.common.list_of(context), &mut writer) {
            return None;
        }
        let len = writer.finish_entry(0)?;
        record.hold_sample(len);
        Some(())
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

/// The sample that [`take_untransacted_sample`](Core::take_untransacted_sample) has left in `record`.
pub(crate) fn written_sample<'r>(record: &'r Scratch<'_>) -> Option<(ConnectorId, MeterValue<'r>)> {
    let entry = Entry::read(0, record.sample()?)?;
    let Content::MeterValues { context, values, .. } = entry.content else { return None };
    Some((entry.connector, MeterValue { timestamp: entry.at.dated(), context, values }))
}
