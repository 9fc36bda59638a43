//! BootNotification (OCPP 1.6 §4.2).

use super::heartbeat::tell_time;
use crate::json::{
    Field, FieldKind, Json, Name, Payload, TextTooLong, Writer, long_of_answer, name, offset_of_char, read_answer,
};
use crate::rpc::Outcome;
use crate::station::{Boot, Station};
use crate::time::Instant;
use crate::types::{RegistrationStatus, Symbol};

/// BootNotification.req (OCPP 1.6 §6.3).
impl Json for Boot<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        each_text(self, &mut |name, text, _| members.name(name).text(text));
        members.close();
    }
}

/// Whether every text keeps the limit of the standard.
pub(crate) fn check(boot: &Boot<'_>) -> Result<(), TextTooLong> {
    let mut checked = Ok(());
    each_text(boot, &mut |_, text, max| {
        if offset_of_char(text, max).is_some() {
            checked = Err(TextTooLong);
        }
    });
    checked
}

/// Visits every text with its name on the wire and the most characters that it may have.
fn each_text(boot: &Boot<'_>, visit: &mut dyn FnMut(Name, &str, usize)) {
    visit(name!("chargePointModel"), boot.charge_point_model, 20);
    visit(name!("chargePointVendor"), boot.charge_point_vendor, 20);
    let mut optional = |name, text: Option<&str>, max| {
        if let Some(text) = text {
            visit(name, text, max);
        }
    };
    optional(name!("chargeBoxSerialNumber"), boot.charge_box_serial_number, 25);
    optional(name!("chargePointSerialNumber"), boot.charge_point_serial_number, 25);
    optional(name!("firmwareVersion"), boot.firmware_version, 50);
    optional(name!("iccid"), boot.iccid, 20);
    optional(name!("imsi"), boot.imsi, 20);
    optional(name!("meterSerialNumber"), boot.meter_serial_number, 25);
    optional(name!("meterType"), boot.meter_type, 25);
}

pub(super) fn conclude(station: &mut Station<'_>, now: Instant, outcome: Outcome<'_>) {
    match outcome {
        Outcome::Result(payload) => {
            let answer = read_answer_of(station, now, payload);
            station.core.registered(now, answer);
        }
        Outcome::LinkLost => station.core.common.registration_lost(),
        _ => station.core.registered(now, None),
    }
}

/// The status of a BootNotification.conf, which alone decides, and its interval: 0 when there is none that makes sense, the
/// greatest that is held when it is longer. The clock learns the time.
fn read_answer_of(station: &mut Station<'_>, now: Instant, payload: Payload<'_>) -> Option<(RegistrationStatus, i32)> {
    const FIELDS: [Field; 3] = [
        Field::optional("status", FieldKind::Text(20)),
        Field::optional("currentTime", FieldKind::DATE),
        Field::optional("interval", FieldKind::Number),
    ];
    let [status, time, interval] = read_answer(payload, &FIELDS, &mut station.core.common.dialect.left_out);
    let status = RegistrationStatus::from_json(status.text()?)?;
    tell_time(station, now, time);
    let interval = long_of_answer(interval, &mut station.core.common.dialect.left_out).unwrap_or(0);
    Some((status, interval.clamp(0, i32::MAX.into()) as i32))
}
