//! The hardware of the connector, as the charge point sees it.

use crate::meter::Meter;
use embedded_ocpp::ocpp16::ConnectorHardware;
use esp_hal::gpio::Input;

pub struct Outlet {
    /// Low while a vehicle is plugged in.
    pub plug: Input<'static>,
    pub meter: Meter,
}

impl ConnectorHardware for Outlet {
    fn is_plugged(&self) -> bool {
        self.plug.is_low()
    }

    fn energy(&self) -> Option<i64> {
        Some(self.meter.wh())
    }
}
