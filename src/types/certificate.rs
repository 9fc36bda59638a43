use super::symbols::symbols;

symbols! {
    /// What a root certificate is there for (security whitepaper §6.4).
    RootCertificate {
        /// To verify the central system, and the certificates that its operator issues.
        CentralSystem = "CentralSystemRootCertificate",
        /// To verify certificates that sign firmware.
        Manufacturer = "ManufacturerRootCertificate",
    }
}
