//! All configuration keys of all blocks, in the order in which GetConfiguration lists them.

use crate::store::{Declaration, IntegerKey};

/// OCPP 1.6 §9.1.19
pub(super) const NUMBER_OF_CONNECTORS: IntegerKey = IntegerKey::new(22, "NumberOfConnectors", 1, 0, 63).read_only();
/// Seconds, errata 3.83.
pub(super) const MESSAGE_TIMEOUT: IntegerKey = IntegerKey::new(20, "MessageTimeout", 30, 1, 3600);
/// Seconds, 0 for none. OCPP-J 1.6 §7
pub(super) const WEB_SOCKET_PING_INTERVAL: IntegerKey = IntegerKey::new(36, "WebSocketPingInterval", 60, 0, 86_400);

const KEYS: &[Declaration] = &[
    NUMBER_OF_CONNECTORS.declaration(),
    MESSAGE_TIMEOUT.declaration(),
    WEB_SOCKET_PING_INTERVAL.declaration(),
    Declaration::constant(31, "SupportedFeatureProfiles", "Core,RemoteTrigger"),
];

pub(super) static TABLES: &[&[Declaration]] = &[
    KEYS,
    super::authorization::KEYS,
    super::session::KEYS,
    super::delivery::KEYS,
    super::metering::KEYS,
    super::status::KEYS,
    super::heartbeat::KEYS,
    super::remote_control::KEYS,
    super::configuration::KEYS,
    super::reset::KEYS,
];
