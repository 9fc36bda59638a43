//! What waits for an answer.

use super::ConnectorId;

/// A call of ours that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CallName {
    /// BootNotification.req
    BootNotification,
    /// Heartbeat.req
    Heartbeat,
    /// StatusNotification.req of a connector
    StatusNotification(ConnectorId),
    /// Authorize.req for a connector
    Authorize(ConnectorId),
    /// The first entry of the journal
    TransactionMessage,
    /// MeterValues.req outside of a transaction
    MeterValues(ConnectorId),
    /// FirmwareStatusNotification.req
    FirmwareStatusNotification,
    /// DiagnosticsStatusNotification.req
    DiagnosticsStatusNotification,
    /// SignedFirmwareStatusNotification.req
    SignedFirmwareStatusNotification,
    /// LogStatusNotification.req
    LogStatusNotification,
    /// SecurityEventNotification.req
    SecurityEventNotification,
    /// SignCertificate.req
    SignCertificate,
    /// What the firmware has sent by itself
    Custom,
}
