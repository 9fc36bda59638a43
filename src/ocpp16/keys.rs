//! All configuration keys, in the order in which GetConfiguration lists them. Each is declared in the block that it
//! steers; here stand those of no block.

use super::{
    authorization, cache, configuration, delivery, free_vend, heartbeat, metering, phase_rotation, remote_control,
    reset, session, status, unlock,
};
use crate::store::{Declaration, IntegerKey};

/// OCPP 1.6 §9.1.19
pub(super) const NUMBER_OF_CONNECTORS: IntegerKey = IntegerKey::new(22, "NumberOfConnectors", 1, 0, 63).read_only();
/// Connector 0 counts.
pub(super) const CONNECTOR_PHASE_ROTATION_MAX_LENGTH: IntegerKey =
    IntegerKey::new(8, "ConnectorPhaseRotationMaxLength", 2, 0, 64).read_only();
/// Seconds, errata 3.83.
pub(super) const MESSAGE_TIMEOUT: IntegerKey = IntegerKey::new(20, "MessageTimeout", 30, 1, 3600);
/// Seconds, 0 for none. OCPP-J 1.6 §7
pub(super) const WEB_SOCKET_PING_INTERVAL: IntegerKey = IntegerKey::new(36, "WebSocketPingInterval", 60, 0, 86_400);

pub(super) static TABLE: &[Declaration] = &[
    NUMBER_OF_CONNECTORS.declaration(),
    Declaration::constant(31, "SupportedFeatureProfiles", "Core,RemoteTrigger"),
    phase_rotation::CONNECTOR_PHASE_ROTATION.declaration(),
    CONNECTOR_PHASE_ROTATION_MAX_LENGTH.declaration(),
    MESSAGE_TIMEOUT.declaration(),
    WEB_SOCKET_PING_INTERVAL.declaration(),
    authorization::ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID.declaration(),
    authorization::AUTHORIZATION_TIMEOUT.declaration(),
    authorization::LOCAL_AUTHORIZE_OFFLINE.declaration(),
    authorization::LOCAL_PRE_AUTHORIZE.declaration(),
    cache::AUTHORIZATION_CACHE_ENABLED.declaration(),
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
    Declaration::constant(18, "MeterValuesSampledDataMaxLength", metering::ITEMS_MAX),
    metering::CLOCK_ALIGNED_DATA_INTERVAL.declaration(),
    metering::METER_VALUES_ALIGNED_DATA.declaration(),
    Declaration::constant(16, "MeterValuesAlignedDataMaxLength", metering::ITEMS_MAX),
    metering::STOP_TXN_SAMPLED_DATA.declaration(),
    Declaration::constant(30, "StopTxnSampledDataMaxLength", metering::ITEMS_MAX),
    metering::STOP_TXN_ALIGNED_DATA.declaration(),
    Declaration::constant(28, "StopTxnAlignedDataMaxLength", metering::ITEMS_MAX),
    metering::STOP_TRANSACTION_MAX_METER_VALUES.declaration(),
    status::MINIMUM_STATUS_DURATION.declaration(),
    heartbeat::HEARTBEAT_INTERVAL.declaration(),
    configuration::GET_CONFIGURATION_MAX_KEYS.declaration(),
    reset::RESET_RETRIES.declaration(),
];
