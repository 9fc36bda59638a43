//! All operations: which file reads which request.

use super::answer::{Cause, StatusAnswer};
use super::cache::clear_cache;
use super::charging_profiles::{clear_charging_profile, get_composite_schedule, set_charging_profile};
use super::data_transfer::data_transfer_request;
use super::local_list::{get_local_list_version, send_local_list};
use super::reservation::{cancel_reservation, reserve_now};
use super::{availability, configuration, remote_control, reset, transfers, trigger, unlock};
#[cfg(feature = "security")]
use super::{certificates, log_upload, signed_update};
use crate::json::Payload;
use crate::rpc::{Composer, Reply};
use crate::station::Station;
use crate::station::transfer::Direction;
use crate::store::Scratch;
use crate::time::Instant;
use crate::types::{Action, FeatureProfile};

/// What a block has made of a call.
pub(super) enum Acted {
    /// The whole answer, which leaves when nothing is unsaved any more.
    Status(StatusAnswer),
    /// It has written its answer, which promises nothing, or says when it will.
    Answered(Reply),
}

impl Acted {
    /// No status yet: the firmware or the device is at work.
    fn unless_held(status: Option<StatusAnswer>) -> Self {
        status.map_or(Self::Answered(Reply::Held), Self::Status)
    }
}

/// The profile that an operation belongs to.
fn profile_of(action: Action) -> FeatureProfile {
    match action {
        Action::GetDiagnostics | Action::UpdateFirmware => FeatureProfile::FirmwareManagement,
        Action::GetLocalListVersion | Action::SendLocalList => FeatureProfile::LocalAuthListManagement,
        Action::CancelReservation | Action::ReserveNow => FeatureProfile::Reservation,
        Action::ClearChargingProfile | Action::GetCompositeSchedule | Action::SetChargingProfile => {
            FeatureProfile::SmartCharging
        }
        #[cfg(feature = "security")]
        Action::SignedUpdateFirmware => FeatureProfile::FirmwareManagement,
        Action::TriggerMessage => FeatureProfile::RemoteTrigger,
        _ => FeatureProfile::Core,
    }
}

/// RPC-14: a profile that is not there says so by a status, where there is one (errata 3.39).
fn refuse(action: Action, payload: Payload<'_>, answer: &mut Composer<'_>) -> Result<Acted, Cause> {
    let status = match action {
        Action::GetLocalListVersion => {
            payload.prove()?;
            answer.raw(b"{\"listVersion\":-1}")?;
            return Ok(Acted::Answered(Reply::Now));
        }
        Action::SendLocalList => StatusAnswer::NotSupported,
        Action::CancelReservation | Action::ReserveNow => StatusAnswer::Rejected,
        Action::TriggerMessage => StatusAnswer::NotImplemented,
        _ => return Err(Cause::NotSupported),
    };
    payload.prove()?;
    Ok(Acted::Status(status))
}

/// Does what a call asks for.
pub(super) fn act(
    station: &mut Station<'_>,
    now: Instant,
    action: Action,
    payload: Payload<'_>,
    answer: &mut Composer<'_>,
    record: &mut Scratch<'_>,
) -> Result<Acted, Cause> {
    if !station.core.common.has_profile(profile_of(action)) {
        return refuse(action, payload, answer);
    }
    Ok(Acted::Status(match action {
        Action::ChangeAvailability => availability::change_availability(station, now, payload)?,
        Action::ChangeConfiguration => configuration::change_configuration(station, now, payload)?,
        Action::ClearCache => clear_cache(station, payload)?,
        Action::GetConfiguration => {
            configuration::get_configuration(&station.core, payload, answer)?;
            return Ok(Acted::Answered(Reply::Now));
        }
        Action::DataTransfer => {
            data_transfer_request(station, payload, answer)?;
            return Ok(Acted::Answered(Reply::Now));
        }
        Action::RemoteStartTransaction => remote_control::remote_start_transaction(station, now, payload, record)?,
        Action::RemoteStopTransaction => remote_control::remote_stop_transaction(station, now, payload)?,
        Action::Reset => reset::reset(station, now, payload)?,
        Action::TriggerMessage => trigger::trigger_message(station, now, payload)?,
        Action::UnlockConnector => match unlock::unlock_connector(station, now, payload)? {
            Some(status) => status,
            None => return Ok(Acted::Answered(Reply::Later)),
        },
        Action::GetLocalListVersion => {
            answer.payload(&get_local_list_version(station, payload)?)?;
            return Ok(Acted::Answered(Reply::Now));
        }
        Action::SendLocalList => {
            return Ok(Acted::unless_held(send_local_list(station, payload, record)?));
        }
        Action::ReserveNow => reserve_now(station, now, payload)?,
        Action::CancelReservation => cancel_reservation(station, payload)?,
        Action::SetChargingProfile => set_charging_profile(station, now, payload, record)?,
        Action::ClearChargingProfile => clear_charging_profile(station, payload)?,
        Action::GetCompositeSchedule => {
            get_composite_schedule(station, now, payload, answer)?;
            return Ok(Acted::Answered(Reply::Now));
        }
        Action::UpdateFirmware => {
            return transfers::transfer_request(station, Direction::Download, payload, answer, record)
                .map(Acted::Answered);
        }
        Action::GetDiagnostics => {
            return transfers::transfer_request(station, Direction::Upload, payload, answer, record)
                .map(Acted::Answered);
        }
        #[cfg(feature = "security")]
        Action::InstallCertificate => {
            return Ok(Acted::unless_held(certificates::install_certificate(station, now, payload)?));
        }
        #[cfg(feature = "security")]
        Action::SignedUpdateFirmware => {
            return Ok(Acted::unless_held(signed_update::signed_update_firmware(station, now, payload, record)?));
        }
        #[cfg(feature = "security")]
        Action::CertificateSigned => {
            return Ok(Acted::unless_held(certificates::certificate_signed(station, now, payload)?));
        }
        #[cfg(feature = "security")]
        Action::DeleteCertificate => {
            return Ok(Acted::unless_held(certificates::delete_certificate(station, now, payload)?));
        }
        #[cfg(feature = "security")]
        Action::GetInstalledCertificateIds => {
            certificates::get_installed_certificate_ids(station, payload, answer)?;
            return Ok(Acted::Answered(Reply::Now));
        }
        #[cfg(feature = "security")]
        Action::GetLog => {
            return log_upload::get_log(station, payload, answer, record).map(Acted::Answered);
        }
        #[cfg(feature = "security")]
        Action::ExtendedTriggerMessage => trigger::extended_trigger_message(station, now, payload)?,
        #[allow(unreachable_patterns)]
        _ => return Err(Cause::NotSupported),
    }))
}
