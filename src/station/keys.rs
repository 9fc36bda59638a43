//! All configuration keys, in the order in which GetConfiguration lists them. Each is declared in the block that it
//! steers; here stand those of no block.

use super::shelf::{RecordChange, Shelf};
use super::{
    authorization, configuration, delivery, free_vend, heartbeat, metering, phase_rotation, remote_control, reset,
    session, status, tokens, unlock,
};
use crate::station::core_profile::Core;
use crate::store::{Declaration, IntegerKey, KeyId, RecordKey, Scratch, SetKey, StorageOp};

/// OCPP 1.6 §9.1.19
pub(super) const NUMBER_OF_CONNECTORS: IntegerKey = IntegerKey::new(22, "NumberOfConnectors", 1, 0, 63).read_only();
/// Seconds, errata 3.83.
pub(super) const MESSAGE_TIMEOUT: IntegerKey = IntegerKey::new(20, "MessageTimeout", 30, 1, 3600);
/// Seconds, 0 for none. OCPP-J 1.6 §7
pub(super) const WEB_SOCKET_PING_INTERVAL: IntegerKey = IntegerKey::new(36, "WebSocketPingInterval", 60, 0, 86_400);

/// The profiles by their place in this list; which of them there are, features and hardware decide.
pub(super) const SUPPORTED_FEATURE_PROFILES: SetKey = SetKey::new(
    31,
    "SupportedFeatureProfiles",
    &["Core", "FirmwareManagement", "LocalAuthListManagement", "Reservation", "SmartCharging", "RemoteTrigger"],
);

/// Places in [`SUPPORTED_FEATURE_PROFILES`].
pub(super) const CORE: usize = 0;
#[cfg(feature = "firmware-management")]
pub(super) const FIRMWARE_MANAGEMENT: usize = 1;
#[cfg(feature = "local-auth-list")]
pub(super) const LOCAL_AUTH_LIST_MANAGEMENT: usize = 2;
#[cfg(feature = "reservation")]
pub(super) const RESERVATION: usize = 3;
#[cfg(feature = "smart-charging")]
pub(super) const SMART_CHARGING: usize = 4;
#[cfg(feature = "remote-trigger")]
pub(super) const REMOTE_TRIGGER: usize = 5;

/// A capacity is announced as it can be used: as many pieces as the receive buffer has room for in this request, at most
/// `most`. Both are written as long as they may be; what is shorter may be more than was announced.
#[inline(always)] // so that it is a constant
pub(super) const fn announced(receive: usize, request: &str, piece: &str, most: usize) -> i32 {
    let fitting = receive.saturating_sub(request.len()) / piece.len();
    (if fitting < most { fitting } else { most }) as i32
}

/// The longest request that sets a list of measurands or of phase rotations, still without items.
pub(super) const CHANGE_OF_LIST: &str =
    r#"[2,"00000000-0000-0000-0000-000000000000","ChangeConfiguration",{"key":"ConnectorPhaseRotation","value":""}]"#;

pub(super) struct KeyShelf;

impl Shelf for KeyShelf {
    fn find(&self, core: &Core<'_>, index: u16) -> Option<(u16, RecordKey)> {
        let key = core.common.keys.stored_from(index as u8)?;
        Some((key.index().into(), core.common.keys.record(key)?))
    }

    fn load(&mut self, core: &mut Core<'_>, index: u16, _: RecordKey, record: &[u8]) {
        core.common.keys.load(KeyId::at(index as u8), record);
    }

    fn is_promised(&self, core: &Core<'_>) -> bool {
        core.common.keys.is_unsaved()
    }

    fn change(&mut self, core: &mut Core<'_>, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        let key = core.common.keys.next_unsaved()?;
        let StorageOp::Store(record, len) = core.common.keys.store(key, scratch.blank())? else {
            return None;
        };
        Some(RecordChange::sealed(record, len))
    }

    fn changed(&mut self, core: &mut Core<'_>, _: RecordKey) {
        core.common.keys.saved();
    }
}

pub(super) static TABLE: &[Declaration] = &[
    NUMBER_OF_CONNECTORS.declaration(),
    SUPPORTED_FEATURE_PROFILES.declaration(),
    phase_rotation::CONNECTOR_PHASE_ROTATION.declaration(),
    phase_rotation::CONNECTOR_PHASE_ROTATION_MAX_LENGTH.declaration(),
    MESSAGE_TIMEOUT.declaration(),
    WEB_SOCKET_PING_INTERVAL.declaration(),
    authorization::ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID.declaration(),
    authorization::AUTHORIZATION_TIMEOUT.declaration(),
    authorization::LOCAL_AUTHORIZE_OFFLINE.declaration(),
    authorization::LOCAL_PRE_AUTHORIZE.declaration(),
    tokens::AUTHORIZATION_CACHE_ENABLED.declaration(),
    remote_control::AUTHORIZE_REMOTE_TX_REQUESTS.declaration(),
    session::CONNECTION_TIME_OUT.declaration(),
    session::MAX_ENERGY_ON_INVALID_ID.declaration(),
    session::STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT.declaration(),
    session::STOP_TRANSACTION_ON_INVALID_ID.declaration(),
    unlock::UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT.declaration(),
    free_vend::FREE_VEND_ACTIVE.declaration(),
    free_vend::FREE_VEND_ID_TAG.declaration(),
    session::SILENT_OFFLINE_TRANSACTIONS.declaration(),
    delivery::TRANSACTION_MESSAGE_ATTEMPTS.declaration(),
    delivery::TRANSACTION_MESSAGE_RETRY_INTERVAL.declaration(),
    metering::METER_VALUE_SAMPLE_INTERVAL.declaration(),
    metering::METER_VALUES_SAMPLED_DATA.declaration(),
    metering::METER_VALUES_SAMPLED_DATA_MAX_LENGTH.declaration(),
    metering::CLOCK_ALIGNED_DATA_INTERVAL.declaration(),
    metering::METER_VALUES_ALIGNED_DATA.declaration(),
    metering::METER_VALUES_IN_TX_ONLY.declaration(),
    metering::METER_VALUES_ALIGNED_DATA_MAX_LENGTH.declaration(),
    metering::STOP_TXN_SAMPLED_DATA.declaration(),
    metering::STOP_TXN_SAMPLED_DATA_MAX_LENGTH.declaration(),
    metering::STOP_TXN_ALIGNED_DATA.declaration(),
    metering::STOP_TXN_ALIGNED_DATA_MAX_LENGTH.declaration(),
    metering::STOP_TRANSACTION_MAX_METER_VALUES.declaration(),
    #[cfg(feature = "signed-meter-values")]
    super::signed_values::PUBLIC_KEY_WITH_SIGNED_METER_VALUE.declaration(),
    #[cfg(feature = "signed-meter-values")]
    super::signed_values::SAMPLED_DATA_SIGN_READINGS.declaration(),
    #[cfg(feature = "signed-meter-values")]
    super::signed_values::SAMPLED_DATA_SIGN_STARTED_READINGS.declaration(),
    #[cfg(feature = "signed-meter-values")]
    super::signed_values::SAMPLED_DATA_SIGN_UPDATED_READINGS.declaration(),
    #[cfg(feature = "signed-meter-values")]
    super::signed_values::START_TXN_SAMPLED_DATA.declaration(),
    #[cfg(feature = "signed-meter-values")]
    super::signed_values::ALIGNED_DATA_SIGN_READINGS.declaration(),
    #[cfg(feature = "signed-meter-values")]
    super::signed_values::ALIGNED_DATA_SIGN_UPDATED_READINGS.declaration(),
    status::MINIMUM_STATUS_DURATION.declaration(),
    heartbeat::HEARTBEAT_INTERVAL.declaration(),
    configuration::GET_CONFIGURATION_MAX_KEYS.declaration(),
    reset::RESET_RETRIES.declaration(),
    #[cfg(feature = "local-auth-list")]
    super::tokens::LOCAL_AUTH_LIST_ENABLED.declaration(),
    #[cfg(feature = "local-auth-list")]
    super::tokens::LOCAL_AUTH_LIST_MAX_LENGTH.declaration(),
    #[cfg(feature = "local-auth-list")]
    super::tokens::SEND_LOCAL_LIST_MAX_LENGTH.declaration(),
    #[cfg(feature = "reservation")]
    super::reservation::RESERVE_CONNECTOR_ZERO_SUPPORTED.declaration(),
    #[cfg(feature = "smart-charging")]
    super::smart_charging::CHARGE_PROFILE_MAX_STACK_LEVEL.declaration(),
    #[cfg(feature = "smart-charging")]
    super::smart_charging::CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT.declaration(),
    #[cfg(feature = "smart-charging")]
    super::smart_charging::CHARGING_SCHEDULE_MAX_PERIODS.declaration(),
    #[cfg(feature = "smart-charging")]
    super::smart_charging::CONNECTOR_SWITCH_3_TO_1_PHASE_SUPPORTED.declaration(),
    #[cfg(feature = "smart-charging")]
    super::smart_charging::MAX_CHARGING_PROFILES_INSTALLED.declaration(),
    #[cfg(feature = "firmware-management")]
    super::firmware::SUPPORTED_FILE_TRANSFER_PROTOCOLS.declaration(),
    #[cfg(feature = "security")]
    super::certificates::ADDITIONAL_ROOT_CERTIFICATE_CHECK.declaration(),
    #[cfg(feature = "security")]
    super::security::AUTHORIZATION_KEY,
    #[cfg(feature = "security")]
    super::certificates::CERTIFICATE_SIGNED_MAX_CHAIN_SIZE.declaration(),
    #[cfg(feature = "security")]
    super::certificates::CERTIFICATE_STORE_MAX_LENGTH.declaration(),
    #[cfg(feature = "security")]
    super::certificates::CPO_NAME.declaration(),
    #[cfg(feature = "security")]
    super::security::SECURITY_PROFILE.declaration(),
];
