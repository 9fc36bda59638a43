//! What is measured.

use crate::json::Decimal;
use crate::station::{ConnectorId, Location, Measurand, Phase, UnitOfMeasure};

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

/// The two meters that every connector has a place for.
pub(crate) const ENERGY: MeterReading =
    MeterReading::new(Measurand::EnergyActiveImportRegister, Some(UnitOfMeasure::Wh));
pub(super) const POWER: MeterReading = MeterReading::new(Measurand::PowerActiveImport, Some(UnitOfMeasure::W));
