use super::Controls;
use crate::station::{ChargingLimit, ConnectorId, Supply};

/// Smart charging. With at least one connector that [can limit](crate::ocpp16::Equipment::with_current_limit) the charge
/// point has the profile SmartCharging; without any, its requests are answered with NotSupported.
///
/// A connector that can limit measures Current.Offered and Power.Offered as well, if a list of measurands asks for them and
/// the firmware has no meter input of its own for them: the limit in force, at most what the [`Supply`] is good for.
impl Controls<'_> {
    /// What the charge point is connected to, [`Supply::DEFAULT`] otherwise. Limits are converted between ampere and watt by
    /// it, and GetCompositeSchedule tells its current where no charging profile sets a limit.
    pub fn set_supply(&mut self, supply: Supply) {
        let station = self.engine.change();
        station.profiles.set_supply(&mut station.core, supply);
    }

    /// What a connector may take now; `None` when no charging profile limits it. While others charge it is what is left for
    /// it of a ChargePointMaxProfile.
    pub fn charging_limit(&self, connector: ConnectorId) -> Option<ChargingLimit> {
        self.engine.station.core.charging_limit(connector)
    }
}
