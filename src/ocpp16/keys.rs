//! All configuration keys, in the order in which GetConfiguration lists them. Each is declared in the block that it
//! steers; here stand those of no block.

use super::{authorization, configuration, delivery, heartbeat, metering, remote_control, reset, session, status};
use crate::store::{Declaration, IntegerKey};

/// OCPP 1.6 §9.1.19
pub(super) const NUMBER_OF_CONNECTORS: IntegerKey = IntegerKey::new(22, "NumberOfConnectors", 1, 0, 63).read_only();
/// Seconds, errata 3.83.
pub(super) const MESSAGE_TIMEOUT: IntegerKey = IntegerKey::new(20, "MessageTimeout", 30, 1, 3600);
/// Seconds, 0 for none. OCPP-J 1.6 §7
pub(super) const WEB_SOCKET_PING_INTERVAL: IntegerKey = IntegerKey::new(36, "WebSocketPingInterval", 60, 0, 86_400);

pub(super) static TABLE: &[Declaration] = &[
    NUMBER_OF_CONNECTORS.declaration(),
    Declaration::constant(31, "SupportedFeatureProfiles", "Core,RemoteTrigger"),
    MESSAGE_TIMEOUT.declaration(),
    WEB_SOCKET_PING_INTERVAL.declaration(),
    authorization::ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID.declaration(),
    authorization::AUTHORIZATION_TIMEOUT.declaration(),
    remote_control::AUTHORIZE_REMOTE_TX_REQUESTS.declaration(),
    session::CONNECTION_TIME_OUT.declaration(),
    session::STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT.declaration(),
    session::STOP_TRANSACTION_ON_INVALID_ID.declaration(),
    delivery::TRANSACTION_MESSAGE_ATTEMPTS.declaration(),
    delivery::TRANSACTION_MESSAGE_RETRY_INTERVAL.declaration(),
    metering::METER_VALUE_SAMPLE_INTERVAL.declaration(),
    metering::METER_VALUES_SAMPLED_DATA.declaration(),
    status::MINIMUM_STATUS_DURATION.declaration(),
    heartbeat::HEARTBEAT_INTERVAL.declaration(),
    configuration::GET_CONFIGURATION_MAX_KEYS.declaration(),
    reset::RESET_RETRIES.declaration(),
];
