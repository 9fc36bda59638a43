use super::symbols::symbols;

symbols! {
    /// What a charging profile is for (OCPP 1.6 §7.10).
    ChargingProfilePurpose {
        /// A limit for all connectors together.
        ChargePointMaxProfile = "ChargePointMaxProfile",
        /// For each transaction that has none of its own.
        TxDefaultProfile = "TxDefaultProfile",
        /// For one transaction.
        TxProfile = "TxProfile",
    }
}

symbols! {
    /// What the periods of a charging schedule count from (OCPP 1.6 §7.9).
    ChargingProfileKind {
        /// A date.
        Absolute = "Absolute",
        /// A date, and then again and again.
        Recurring = "Recurring",
        /// The start of the transaction.
        Relative = "Relative",
    }
}

symbols! {
    /// When a recurring schedule begins again (OCPP 1.6 §7.37, errata 3.79).
    RecurrencyKind {
        /// After 24 hours.
        Daily = "Daily",
        /// After 7 days.
        Weekly = "Weekly",
    }
}

symbols! {
    /// What a limit counts (OCPP 1.6 §7.12).
    ChargingRateUnit {
        /// Ampere per phase.
        A = "A",
        /// Watt over all phases.
        W = "W",
    }
}
