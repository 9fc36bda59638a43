//! MeterValues: what is measured, when, and how it is told (OCPP 1.6 §3.16, §4.7).

mod aligned;
mod list;
mod sample;
mod transaction_data;
mod values;

pub(crate) use aligned::{Alignment, CLOCK_ALIGNED_DATA_INTERVAL, METER_VALUES_ALIGNED_DATA, METER_VALUES_IN_TX_ONLY};
#[cfg(feature = "signed-meter-values")]
pub(crate) use list::MEASURANDS;
pub(crate) use list::{
    METER_VALUES_ALIGNED_DATA_MAX_LENGTH, METER_VALUES_SAMPLED_DATA_MAX_LENGTH, STOP_TXN_ALIGNED_DATA_MAX_LENGTH,
    STOP_TXN_SAMPLED_DATA_MAX_LENGTH, announce,
};
#[cfg(feature = "signed-meter-values")]
pub(crate) use sample::{ENERGY, asks_for_any};
pub(crate) use sample::{Meters, Sampling};
#[cfg(feature = "signed-meter-values")]
pub(crate) use transaction_data::began;
pub(crate) use transaction_data::{
    STOP_TRANSACTION_MAX_METER_VALUES, STOP_TXN_ALIGNED_DATA, STOP_TXN_SAMPLED_DATA, Series, series_record,
    transaction_data,
};
pub(crate) use values::{MeterValue, compose, register_of};
#[cfg(feature = "signed-meter-values")]
pub(crate) use values::{read_value, write_reading, write_value};

use super::{ConnectorId, InputError, Location, Measurand, Phase, UnitOfMeasure};
use crate::json::Decimal;
use crate::station::core_profile::Core;
use crate::store::{IntegerKey, ListKey};

/// Seconds between samples of a running transaction, 0 for none.
pub(super) const METER_VALUE_SAMPLE_INTERVAL: IntegerKey =
    IntegerKey::new(19, "MeterValueSampleInterval", 60, 0, 86_400);
/// What a sample of a running transaction holds.
pub(super) const METER_VALUES_SAMPLED_DATA: ListKey =
    ListKey::new(17, "MeterValuesSampledData", "Energy.Active.Import.Register", 0, &list::MEASURANDS);

/// A meter that the firmware offers beside the energy register and the power of a connector.
#[derive(Clone, Copy)]
pub struct MeterInput<'a> {
    /// The connector that is measured; 0 for the grid connection of the charge point.
    pub connector: ConnectorId,
    /// What is measured.
    pub reading: MeterReading,
    /// The value now; `None` while there is none, which leaves it out of the sample. A register must not fall within a
    /// transaction (OCPP 1.6 §7.31): that of `ConnectorHardware::energy` is seen to, this one is told as it is.
    pub value: &'a dyn Fn() -> Option<Decimal>,
}

/// What a meter value is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MeterReading {
    /// The quantity.
    pub measurand: Measurand,
    /// The conductor; `None` for all together.
    pub phase: Option<Phase>,
    /// Where; `None` for the outlet.
    pub location: Option<Location>,
    /// The unit; `None` where OCPP names none, as for the frequency.
    pub unit: Option<UnitOfMeasure>,
}

impl MeterReading {
    /// A quantity over all phases at the outlet.
    pub const fn new(measurand: Measurand, unit: Option<UnitOfMeasure>) -> Self {
        Self { measurand, phase: None, location: None, unit }
    }

    /// The same quantity on one phase.
    pub const fn phase(mut self, phase: Phase) -> Self {
        self.phase = Some(phase);
        self
    }

    /// The same quantity at another place.
    pub const fn location(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }
}

impl<'a> Core<'a> {
    pub(crate) fn add_meter_input(&mut self, input: MeterInput<'a>) -> Result<(), InputError> {
        if input.connector > self.connector_count() {
            return Err(InputError::UnknownConnector);
        }
        self.meter_inputs.push(input).map_err(|_| InputError::TableFull)
    }
}
