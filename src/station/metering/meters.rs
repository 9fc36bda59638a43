//! What can be measured, and by what.

use super::list::{asks_for, items};
use super::reading::{ENERGY, MeterInput, POWER};
#[cfg(feature = "smart-charging")]
use crate::station::ChargingRateUnit;
#[cfg(feature = "remote-trigger")]
use crate::station::ConnectorId;
use crate::station::connector::{Connector, InputError};
use crate::station::core_profile::Core;
use crate::station::{Measurand, Phase};

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

impl<'a> Core<'a> {
    pub(crate) fn add_meter_input(&mut self, input: MeterInput<'a>) -> Result<(), InputError> {
        if input.connector > self.connector_count() {
            return Err(InputError::UnknownConnector);
        }
        self.meter_inputs.push(input).map_err(|_| InputError::TableFull)
    }

    /// Whether there is a meter at the grid connection.
    pub(crate) fn has_main_meter(&self) -> bool {
        self.meter_inputs.iter().any(|input| input.connector == 0)
    }
}

/// What an item asks for that follows from the limit of a connector, if it has one (SC-42).
#[cfg(feature = "smart-charging")]
pub(super) fn offer(connector: &Connector<'_>, item: (Measurand, Option<Phase>)) -> Option<ChargingRateUnit> {
    match item {
        _ if !connector.equipment.has_limit() => None,
        (Measurand::CurrentOffered, None) => Some(ChargingRateUnit::A),
        (Measurand::PowerOffered, None) => Some(ChargingRateUnit::W),
        _ => None,
    }
}
