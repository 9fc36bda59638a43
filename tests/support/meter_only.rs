use embedded_ocpp::ocpp16::{ConnectorHardware, Equipment};

/// A connector with nothing but a meter, which stands still.
pub(crate) struct MeterOnly;

impl ConnectorHardware for MeterOnly {
    fn is_plugged(&self) -> bool {
        true
    }

    fn energy(&self) -> Option<i64> {
        Some(0)
    }

    fn equipment(&self) -> Equipment {
        Equipment::new().without_plug_sensor()
    }
}
