//! TriggerMessage and ExtendedTriggerMessage (OCPP 1.6 §5.17, security whitepaper §5.5).

use super::answer::{Cause, StatusAnswer, accepted_if};
use crate::json::{Field, FieldKind, FieldValue, Payload};
use crate::station::Station;
use crate::station::trigger::Requested;
use crate::time::Instant;
use crate::types::{ConnectorId, FeatureProfile};

/// Which of the two asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Message {
    Trigger,
    #[cfg(feature = "security")]
    ExtendedTrigger,
}

/// TriggerMessage.req and ExtendedTriggerMessage.req (OCPP 1.6 §6.51, security whitepaper §5.5).
const FIELDS: [Field; 2] = [
    Field::required("requestedMessage", FieldKind::Text(u16::MAX)),
    Field::optional("connectorId", FieldKind::Integer),
];

#[inline(never)]
pub(super) fn trigger_message(
    station: &mut Station<'_>,
    now: Instant,
    payload: Payload<'_>,
) -> Result<StatusAnswer, Cause> {
    let [message, connector] = payload.read(&FIELDS)?;
    Ok(trigger(station, now, message, connector, Message::Trigger))
}

/// There a connector is none of 0 (SEC-51).
#[cfg(feature = "security")]
pub(super) fn extended_trigger_message(
    station: &mut Station<'_>,
    now: Instant,
    payload: Payload<'_>,
) -> Result<StatusAnswer, Cause> {
    let [message, connector] = payload.read(&FIELDS)?;
    if connector.integer().is_some_and(|id| id <= 0) {
        return Ok(StatusAnswer::Rejected);
    }
    Ok(trigger(station, now, message, connector, Message::ExtendedTrigger))
}

fn trigger(
    station: &mut Station<'_>,
    now: Instant,
    requested: FieldValue<'_>,
    connector: FieldValue<'_>,
    message: Message,
) -> StatusAnswer {
    let manages_firmware = station.core.common.has_profile(FeatureProfile::FirmwareManagement);
    let requested = match (requested.text().map_or("", |requested| requested.escaped()), message) {
        ("BootNotification", _) => Requested::Boot,
        ("Heartbeat", _) => Requested::Heartbeat,
        ("StatusNotification", _) => Requested::Status,
        ("MeterValues", _) => Requested::MeterValues,
        ("DiagnosticsStatusNotification", Message::Trigger) if manages_firmware => Requested::Diagnostics,
        ("FirmwareStatusNotification", _) if manages_firmware => {
            Requested::Firmware { signed: message != Message::Trigger }
        }
        #[cfg(feature = "security")]
        ("LogStatusNotification", Message::ExtendedTrigger) => Requested::Log,
        #[cfg(feature = "security")]
        ("SignChargePointCertificate", Message::ExtendedTrigger) if station.trust.has_certificates() => {
            Requested::Certificate
        }
        // TRG-02: whatever else it is, or a profile that is not there.
        _ => return StatusAnswer::NotImplemented,
    };
    let of = connector.integer().map(|id| ConnectorId::try_from(id).unwrap_or(ConnectorId::MAX));
    accepted_if(station.trigger(now, requested, of))
}
