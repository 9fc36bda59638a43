use super::symbols::symbols;

symbols! {
    /// A profile of OCPP 1.6 (§3.2), by its place in SupportedFeatureProfiles.
    FeatureProfile {
        /// What every charge point has.
        Core = "Core",
        /// Updates of the firmware, and diagnostics.
        FirmwareManagement = "FirmwareManagement",
        /// A list of tags that is kept here.
        LocalAuthListManagement = "LocalAuthListManagement",
        /// Connectors that wait for a tag.
        Reservation = "Reservation",
        /// Charging profiles.
        SmartCharging = "SmartCharging",
        /// Messages that the central system asks for.
        RemoteTrigger = "RemoteTrigger",
    }
}
