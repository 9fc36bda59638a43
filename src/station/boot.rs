//! BootNotification: nothing else goes out before the central system has accepted (OCPP 1.6 §4.2).

use super::common::Common;
use super::heartbeat::HEARTBEAT_INTERVAL;
use super::{BootReason, RegistrationStatus, Station};
use crate::json::{Field, Json, Kind, Name, Payload, TextTooLong, Writer, name, offset_of_char, read_answer};
use crate::log::info;
use crate::rpc::Outcome;
use crate::time::{Duration, Instant};
use crate::types::Symbol;

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
    reason: BootReason,
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

/// How the central system regards this charge point.
#[derive(Debug)]
pub(crate) struct Registration {
    status: Option<RegistrationStatus>,
    next_attempt: Instant,
    in_flight: bool,
    triggered: bool,
}

/// Between attempts when the central system names no interval, or does not answer.
const OWN_INTERVAL_S: u32 = 60;

impl Registration {
    pub(super) const fn new() -> Self {
        Self { status: None, next_attempt: Instant::ZERO, in_flight: false, triggered: false }
    }

    pub(crate) fn is_accepted(&self) -> bool {
        self.status == Some(RegistrationStatus::Accepted)
    }

    /// Whether anything but BootNotification may be sent: nothing at all before the first answer, and in Pending what was
    /// asked for (BOOT-02, BOOT-08).
    pub(crate) fn may_talk(&self) -> bool {
        matches!(self.status, Some(RegistrationStatus::Accepted | RegistrationStatus::Pending))
    }

    /// Whether the central system is not to be answered.
    pub(crate) fn is_rejected(&self) -> bool {
        self.status == Some(RegistrationStatus::Rejected)
    }

    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.triggered || !self.is_accepted() && now >= self.next_attempt
    }

    #[cfg(feature = "remote-trigger")]
    pub(super) fn trigger(&mut self) {
        self.triggered = true;
    }

    pub(super) fn deadline(&self) -> Instant {
        if self.is_accepted() || self.in_flight { Instant::NEVER } else { self.next_attempt }
    }
}

impl Common<'_> {
    /// Why the charge point has booted, as the firmware said.
    pub(crate) fn boot_reason(&self) -> BootReason {
        self.boot.reason
    }

    pub(crate) fn boot_notification(&mut self) -> super::Boot<'_> {
        self.registration.in_flight = true;
        self.registration.triggered = false;
        self.boot
    }
}

impl Station<'_> {
    pub(crate) fn conclude_boot_notification(&mut self, now: Instant, outcome: Outcome<'_>) {
        self.core.common.registration.in_flight = false;
        let answered = match outcome {
            Outcome::Result(payload) => self.registration_answer(now, payload),
            Outcome::LinkLost => {
                self.core.common.registration.next_attempt = Instant::ZERO;
                return;
            }
            _ => None,
        };
        let Some((status, interval)) = answered else {
            // No usable answer is no acceptance, but none that was given before is lost.
            self.core.common.registration.next_attempt = now + Duration::from_secs(OWN_INTERVAL_S);
            return;
        };
        let newly_accepted = !self.core.common.registration.is_accepted();
        self.core.common.registration.status = Some(status);
        info!("BootNotification: {}", status);
        if status != RegistrationStatus::Accepted {
            let interval = if interval == 0 { OWN_INTERVAL_S } else { interval.unsigned_abs() };
            self.core.common.registration.next_attempt = now + Duration::from_secs(interval);
            return;
        }
        if interval > 0 {
            self.core.common.keys.save_integer(&HEARTBEAT_INTERVAL, interval);
        }
        self.core.common.last_heartbeat = now;
        // OCPP 1.6 errata 3.22: the state of connector 0 and of each connector, as it stands now that the time is known.
        self.core.reports_all |= newly_accepted;
    }

    /// The status of a BootNotification.conf, which alone decides, and its interval: 0 when there is none that makes sense, the
    /// greatest that is held when it is longer. The clock learns the time.
    fn registration_answer(&mut self, now: Instant, payload: Payload<'_>) -> Option<(RegistrationStatus, i32)> {
        const FIELDS: [Field; 3] = [
            Field::optional("status", Kind::Text(20)),
            Field::optional("currentTime", Kind::DATE),
            Field::optional("interval", Kind::Number),
        ];
        let [status, time, interval] = read_answer(payload, &FIELDS, &mut self.core.common.left_out);
        let status = RegistrationStatus::from_json(status.text()?)?;
        self.tell_time(now, time);
        let interval = self.core.common.long_of_answer(interval).unwrap_or(0);
        Some((status, interval.clamp(0, i32::MAX.into()) as i32))
    }
}
