//! UpdateFirmware and GetDiagnostics, and what is told of them: FirmwareStatusNotification and DiagnosticsStatusNotification
//! (OCPP 1.6 §4.4, §4.5).

use super::answer::Cause;
use crate::json::{Field, FieldKind, FieldValue, Json, JsonStr, Payload, Writer, name};
use crate::rpc::{Composer, Reply};
use crate::station::transfer::{Direction, StatusReport, TransferRefused, WantedTransfer};
use crate::station::{CallName, Station};
use crate::store::Scratch;
use crate::time::DateTime;
use crate::types::Symbol;

/// UpdateFirmware.req (OCPP 1.6 §6.55).
const UPDATE_FIELDS: [Field; 4] = [
    Field::required("location", FieldKind::Text(u16::MAX)),
    Field::required("retrieveDate", FieldKind::DATE),
    Field::optional("retries", FieldKind::Integer),
    Field::optional("retryInterval", FieldKind::Integer),
];

/// GetDiagnostics.req (OCPP 1.6 §6.25).
const DIAGNOSTICS_FIELDS: [Field; 5] = [
    Field::required("location", FieldKind::Text(u16::MAX)),
    Field::optional("startTime", FieldKind::DATE),
    Field::optional("retries", FieldKind::Integer),
    Field::optional("retryInterval", FieldKind::Integer),
    Field::optional("stopTime", FieldKind::DATE),
];

/// Answers UpdateFirmware or GetDiagnostics when the record of the request is written.
#[inline(never)]
pub(super) fn transfer_request(
    station: &mut Station<'_>,
    direction: Direction,
    payload: Payload<'_>,
    answer: &mut Composer<'_>,
    scratch: &mut Scratch<'_>,
) -> Result<Reply, Cause> {
    let (transfers, common) = (&mut station.transfers, &mut station.core.common);
    let mut file_name = None;
    if transfers.is_requested(direction) {
        let Some(kept) = transfers.request_kept(common, direction) else { return Ok(Reply::Held) };
        kept?;
        if direction == Direction::Upload {
            file_name = Some(transfers.diagnostics.file_name);
        }
    } else {
        transfers.may_request(direction)?;
        let fields: &[Field] = match direction {
            Direction::Download => &UPDATE_FIELDS,
            _ => &DIAGNOSTICS_FIELDS,
        };
        let mut values = [FieldValue::Absent; 5];
        payload.read_into(fields, &mut values)?;
        if transfers.request(common, direction, &wanted(&values)?, scratch)? {
            return Ok(Reply::Held);
        }
    }
    answer.payload(&FileName(file_name))?;
    Ok(Reply::Now)
}

/// What is wanted: where, from when on, how often, how many seconds after each other, and until when.
pub(super) fn wanted<'m>(values: &[FieldValue<'m>; 5]) -> Result<WantedTransfer<'m>, Cause> {
    let [location, from, retries, interval, to] = values;
    Ok(WantedTransfer {
        location: location.text().unwrap_or(JsonStr::EMPTY),
        from: date(*from)?,
        to: date(*to)?,
        retries: retries.integer(),
        interval: interval.integer(),
    })
}

fn date(value: FieldValue<'_>) -> Result<Option<DateTime>, Cause> {
    value.text().map(|text| DateTime::nearest(text.as_bytes())).transpose().map_err(|_| Cause::Date)
}

impl From<TransferRefused> for Cause {
    fn from(refused: TransferRefused) -> Self {
        match refused {
            TransferRefused::NotSupported => Self::NotSupported,
            TransferRefused::Installing => Self::Installing,
            TransferRefused::Location => Self::Location,
            TransferRefused::LocationTooLong => Self::LocationTooLong,
            TransferRefused::DeviceFailed => Self::DeviceFailed,
        }
    }
}

/// GetDiagnostics.conf (OCPP 1.6 §6.26); without a name also UpdateFirmware.conf.
struct FileName<'f>(Option<&'f str>);

impl Json for FileName<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        if let Some(file_name) = self.0 {
            members.name(name!("fileName")).text(file_name);
        }
        members.close();
    }
}

/// The next status to be told, and by which message.
pub(super) fn status_notification(station: &mut Station<'_>) -> Option<(CallName, &'static str, StatusNotification)> {
    Some(match station.transfers.status_report(&station.core.common)? {
        StatusReport::Firmware(status) => (
            CallName::FirmwareStatusNotification,
            "FirmwareStatusNotification",
            StatusNotification::new(status.quoted()),
        ),
        StatusReport::Diagnostics(status) => (
            CallName::DiagnosticsStatusNotification,
            "DiagnosticsStatusNotification",
            StatusNotification::new(status.quoted()),
        ),
        #[cfg(feature = "security")]
        StatusReport::SignedFirmware(status, request_id) => (
            CallName::SignedFirmwareStatusNotification,
            "SignedFirmwareStatusNotification",
            StatusNotification { quoted: status.quoted(), request_id },
        ),
        #[cfg(feature = "security")]
        StatusReport::Log(status, request_id) => (
            CallName::LogStatusNotification,
            "LogStatusNotification",
            StatusNotification { quoted: status.quoted(), request_id },
        ),
    })
}

/// FirmwareStatusNotification.req and DiagnosticsStatusNotification.req (OCPP 1.6 §6.17, §6.19), and with an id those of the
/// security whitepaper (§5.13, §5.19).
pub(super) struct StatusNotification {
    quoted: &'static [u8],
    #[cfg(feature = "security")]
    request_id: Option<i32>,
}

impl StatusNotification {
    fn new(quoted: &'static [u8]) -> Self {
        Self {
            quoted,
            #[cfg(feature = "security")]
            request_id: None,
        }
    }
}

impl Json for StatusNotification {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("status")).raw(self.quoted);
        #[cfg(feature = "security")]
        if let Some(id) = self.request_id {
            members.name(name!("requestId")).whole(id.into());
        }
        members.close();
    }
}
