super::symbols! {
    /// How a DataTransfer went (OCPP 1.6 §7.21).
    DataTransferStatus {
        /// Understood and done.
        Accepted = "Accepted",
        /// Understood but refused.
        Rejected = "Rejected",
        /// The message id is not known.
        UnknownMessageId = "UnknownMessageId",
        /// The vendor is not known.
        UnknownVendorId = "UnknownVendorId",
    }
}
