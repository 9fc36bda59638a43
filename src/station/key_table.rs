//! All configuration keys, in the order in which GetConfiguration lists them. Each is declared in the block that it
//! steers.

use super::keys::*;
use super::{
    authorization, configuration, delivery, free_vend, heartbeat, metering, phase_rotation, remote_control, reset,
    session, status, tokens, unlock,
};
use crate::store::Declaration;

pub(crate) static KEYS: &[Declaration] = &[
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
    super::transfer::SUPPORTED_FILE_TRANSFER_PROTOCOLS.declaration(),
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
