//! What a charge point tells about itself.

use crate::station::BootReason;

/// What a charge point tells about itself when it boots (OCPP 1.6 §6.3).
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Boot<'a> {
    pub(crate) charge_point_model: &'a str,
    pub(crate) charge_point_vendor: &'a str,
    pub(crate) charge_box_serial_number: Option<&'a str>,
    pub(crate) charge_point_serial_number: Option<&'a str>,
    pub(crate) firmware_version: Option<&'a str>,
    pub(crate) iccid: Option<&'a str>,
    pub(crate) imsi: Option<&'a str>,
    pub(crate) meter_serial_number: Option<&'a str>,
    pub(crate) meter_type: Option<&'a str>,
    pub(crate) reason: BootReason,
}

impl<'a> Boot<'a> {
    /// A charge point of this model and vendor, at most 20 characters each.
    pub const fn new(model: &'a str, vendor: &'a str) -> Self {
        Self {
            charge_point_model: model,
            charge_point_vendor: vendor,
            charge_box_serial_number: None,
            charge_point_serial_number: None,
            firmware_version: None,
            iccid: None,
            imsi: None,
            meter_serial_number: None,
            meter_type: None,
            reason: BootReason::Unknown,
        }
    }

    /// The version of the firmware, at most 50 characters.
    pub const fn firmware_version(mut self, version: &'a str) -> Self {
        self.firmware_version = Some(version);
        self
    }

    #[cfg(feature = "firmware-management")]
    pub(in crate::station) const fn version(&self) -> Option<&'a str> {
        self.firmware_version
    }

    /// The serial number of the charge point, at most 25 characters.
    pub const fn charge_point_serial_number(mut self, number: &'a str) -> Self {
        self.charge_point_serial_number = Some(number);
        self
    }

    /// The serial number of the charge box, at most 25 characters. Deprecated by OCPP, yet asked for.
    pub const fn charge_box_serial_number(mut self, number: &'a str) -> Self {
        self.charge_box_serial_number = Some(number);
        self
    }

    /// Type and serial number of the main meter, at most 25 characters each.
    pub const fn meter(mut self, kind: &'a str, serial_number: &'a str) -> Self {
        self.meter_type = Some(kind);
        self.meter_serial_number = Some(serial_number);
        self
    }

    /// ICCID and IMSI of the modem's SIM card, at most 20 characters each.
    pub const fn sim(mut self, iccid: &'a str, imsi: &'a str) -> Self {
        self.iccid = Some(iccid);
        self.imsi = Some(imsi);
        self
    }

    /// Why the charge point has booted, as the chip's reset register or the updater tells; [`BootReason::Unknown`] otherwise.
    /// OCPP 1.6 does not send it.
    pub const fn reason(mut self, reason: BootReason) -> Self {
        self.reason = reason;
        self
    }

    /// What tells this charge point from all others.
    #[cfg(feature = "security")]
    pub(in crate::station) fn serial_number(&self) -> Option<&'a str> {
        self.charge_point_serial_number.or(self.charge_box_serial_number)
    }
}
