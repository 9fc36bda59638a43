//! The configuration keys of no block, and what all blocks need to announce theirs.

use crate::store::{IntegerKey, SetKey};

/// The longest name of a key (OCPP 1.6 §6.9).
pub(crate) const NAME_LEN_MAX: u16 = 50;

/// OCPP 1.6 §9.1.19
pub(super) const NUMBER_OF_CONNECTORS: IntegerKey = IntegerKey::new(22, "NumberOfConnectors", 1, 0, 63).read_only();
/// Seconds, errata 3.83.
pub(super) const MESSAGE_TIMEOUT: IntegerKey = IntegerKey::new(20, "MessageTimeout", 30, 1, 3600);
/// Seconds, 0 for none. OCPP-J 1.6 §7
pub(super) const WEB_SOCKET_PING_INTERVAL: IntegerKey = IntegerKey::new(36, "WebSocketPingInterval", 60, 0, 86_400);

/// The names of [`FeatureProfile`](super::FeatureProfile); which of them there are, features, hardware and firmware decide.
pub(super) const SUPPORTED_FEATURE_PROFILES: SetKey = SetKey::new(
    31,
    "SupportedFeatureProfiles",
    &["Core", "FirmwareManagement", "LocalAuthListManagement", "Reservation", "SmartCharging", "RemoteTrigger"],
);

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
