//! The hardware of the connector: what its interrupts leave here, the charge point reads.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use embedded_ocpp::ocpp16::ConnectorHardware;

pub struct Outlet {
    pub is_plugged: AtomicBool,
    pub energy_wh: AtomicU32,
}

impl ConnectorHardware for Outlet {
    fn is_plugged(&self) -> bool {
        self.is_plugged.load(Relaxed)
    }

    fn energy(&self) -> Option<i64> {
        Some(self.energy_wh.load(Relaxed).into())
    }
}
