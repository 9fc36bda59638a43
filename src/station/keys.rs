//! The configuration keys of no block.

use crate::store::{IntegerKey, SetKey};

/// OCPP 1.6 §9.1.19
pub(crate) const NUMBER_OF_CONNECTORS: IntegerKey = IntegerKey::new(22, 1, 0, 63).read_only();
/// Seconds, errata 3.83.
pub(crate) const MESSAGE_TIMEOUT: IntegerKey = IntegerKey::new(20, 30, 1, 3600);
/// Seconds, 0 for none. OCPP-J 1.6 §7
pub(crate) const WEB_SOCKET_PING_INTERVAL: IntegerKey = IntegerKey::new(36, 60, 0, 86_400);

/// The names of [`FeatureProfile`](super::FeatureProfile); which of them there are, features, hardware and firmware decide.
pub(crate) const SUPPORTED_FEATURE_PROFILES: SetKey = SetKey::new(
    31,
    &["Core", "FirmwareManagement", "LocalAuthListManagement", "Reservation", "SmartCharging", "RemoteTrigger"],
);
