//! How much one request may bring.

/// How many of each fit one request, by the protocol and by the receive buffer: what is announced can be used.
#[cfg_attr(not(all(feature = "local-auth-list", feature = "smart-charging")), allow(dead_code))] // not asked for
pub(crate) struct Room {
    /// Measurands of a list.
    pub(crate) measurands: u16,
    /// Connectors of which the rotation of the phases is told.
    pub(crate) rotations: u16,
    /// Names of keys that are asked for.
    pub(crate) key_names: u16,
    /// Entries of the local list.
    pub(crate) list_entries: u16,
    /// Periods of a charging schedule.
    pub(crate) periods: u16,
}
