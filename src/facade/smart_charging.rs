use super::{Controls, InputError};
use crate::json::Decimal;
use crate::ocpp16::{ChargingLimit, ConnectorId, LimitOutput, Supply};

/// Smart charging. With an output for at least one connector the charge point has the profile SmartCharging; without any,
/// its requests are answered with NotSupported. A connector has one output: the one that was set last. It is told the limit
/// once at first, then whenever it changes, as [`Decimal::tenths`], rounded down; `None` is no limit but that of the hardware.
/// All outputs must be set before the first poll.
///
/// A connector with an output measures Current.Offered and Power.Offered as well, if a list of measurands asks for them and
/// the firmware has no meter input of its own for them: the limit in force, at most what the [`Supply`] is good for.
impl<'a> Controls<'a> {
    /// Is told the limit in ampere per phase. The charge point takes charging profiles in ampere then.
    ///
    /// # Errors
    /// [`InputError::UnknownConnector`]
    pub fn set_smart_charging_current_output(
        &mut self,
        output: &'a dyn Fn(Option<Decimal>),
        connector: ConnectorId,
    ) -> Result<(), InputError> {
        self.engine.operations.set_limit_output(LimitOutput::Current(output), connector)
    }

    /// Is told the limit in watt over all phases. The charge point takes charging profiles in watt then.
    ///
    /// # Errors
    /// [`InputError::UnknownConnector`]
    pub fn set_smart_charging_power_output(
        &mut self,
        output: &'a dyn Fn(Option<Decimal>),
        connector: ConnectorId,
    ) -> Result<(), InputError> {
        self.engine.operations.set_limit_output(LimitOutput::Power(output), connector)
    }

    /// Is told the limit in both units; all that it says holds. The charge point takes charging profiles in both then.
    ///
    /// # Errors
    /// [`InputError::UnknownConnector`]
    pub fn set_smart_charging_output(
        &mut self,
        output: &'a dyn Fn(Option<ChargingLimit>),
        connector: ConnectorId,
    ) -> Result<(), InputError> {
        self.engine.operations.set_limit_output(LimitOutput::Both(output), connector)
    }

    /// What the charge point is connected to, [`Supply::DEFAULT`] otherwise. Limits are converted between ampere and watt by
    /// it, and GetCompositeSchedule tells its current where no charging profile sets a limit.
    pub fn set_supply(&mut self, supply: Supply) {
        self.engine.operations.set_supply(supply);
    }

    /// What a connector may take now; `None` when no charging profile limits it. While others charge it is what is left for
    /// it of a ChargePointMaxProfile.
    pub fn charging_limit(&self, connector: ConnectorId) -> Option<ChargingLimit> {
        self.engine.operations.charging_limit(connector)
    }
}
