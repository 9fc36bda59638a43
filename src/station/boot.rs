//! BootNotification: nothing else goes out before the central system has accepted (OCPP 1.6 §4.2).

use super::BootReason;
use crate::json::{Json, Name, TextTooLong, Writer, name, offset_of_char};

/// What a charge point tells about itself when it boots (OCPP 1.6 §6.3).
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Boot<'a> {
    charge_point_model: &'a str,
    charge_point_vendor: &'a str,
    charge_box_serial_number: Option<&'a str>,
    charge_point_serial_number: Option<&'a str>,
    firmware_version: Option<&'a str>,
    iccid: Option<&'a str>,
    imsi: Option<&'a str>,
    meter_serial_number: Option<&'a str>,
    meter_type: Option<&'a str>,
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
    pub(super) const fn version(&self) -> Option<&'a str> {
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
    pub(super) fn serial_number(&self) -> Option<&'a str> {
        self.charge_point_serial_number.or(self.charge_box_serial_number)
    }

    /// Visits every text with its name on the wire and the most characters that it may have.
    fn each_text(&self, visit: &mut dyn FnMut(Name, &str, usize)) {
        visit(name!("chargePointModel"), self.charge_point_model, 20);
        visit(name!("chargePointVendor"), self.charge_point_vendor, 20);
        let mut optional = |name, text: Option<&str>, max| {
            if let Some(text) = text {
                visit(name, text, max);
            }
        };
        optional(name!("chargeBoxSerialNumber"), self.charge_box_serial_number, 25);
        optional(name!("chargePointSerialNumber"), self.charge_point_serial_number, 25);
        optional(name!("firmwareVersion"), self.firmware_version, 50);
        optional(name!("iccid"), self.iccid, 20);
        optional(name!("imsi"), self.imsi, 20);
        optional(name!("meterSerialNumber"), self.meter_serial_number, 25);
        optional(name!("meterType"), self.meter_type, 25);
    }

    /// Whether every text keeps the limit of the standard.
    pub(crate) fn check(&self) -> Result<(), TextTooLong> {
        let mut checked = Ok(());
        self.each_text(&mut |_, text, max| {
            if offset_of_char(text, max).is_some() {
                checked = Err(TextTooLong);
            }
        });
        checked
    }
}

/// BootNotification.req (OCPP 1.6 §6.3).
impl Json for Boot<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        self.each_text(&mut |name, text, _| members.name(name).text(text));
        members.close();
    }
}
