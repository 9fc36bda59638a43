use super::symbols::symbols;

symbols! {
    /// What is measured (OCPP 1.6 §7.31).
    Measurand {
        /// Instantaneous current flow from the EV.
        CurrentExport = "Current.Export",
        /// Instantaneous current flow to the EV.
        CurrentImport = "Current.Import",
        /// Maximum current offered to the EV.
        CurrentOffered = "Current.Offered",
        /// Energy exported by the EV, register value.
        EnergyActiveExportRegister = "Energy.Active.Export.Register",
        /// Energy imported by the EV, register value.
        EnergyActiveImportRegister = "Energy.Active.Import.Register",
        /// Reactive energy exported by the EV, register value.
        EnergyReactiveExportRegister = "Energy.Reactive.Export.Register",
        /// Reactive energy imported by the EV, register value.
        EnergyReactiveImportRegister = "Energy.Reactive.Import.Register",
        /// Energy exported by the EV in the last interval.
        EnergyActiveExportInterval = "Energy.Active.Export.Interval",
        /// Energy imported by the EV in the last interval.
        EnergyActiveImportInterval = "Energy.Active.Import.Interval",
        /// Reactive energy exported by the EV in the last interval.
        EnergyReactiveExportInterval = "Energy.Reactive.Export.Interval",
        /// Reactive energy imported by the EV in the last interval.
        EnergyReactiveImportInterval = "Energy.Reactive.Import.Interval",
        /// Frequency of the power line.
        Frequency = "Frequency",
        /// Active power exported by the EV.
        PowerActiveExport = "Power.Active.Export",
        /// Active power imported by the EV.
        PowerActiveImport = "Power.Active.Import",
        /// Power factor of the total energy flow.
        PowerFactor = "Power.Factor",
        /// Maximum power offered to the EV.
        PowerOffered = "Power.Offered",
        /// Reactive power exported by the EV.
        PowerReactiveExport = "Power.Reactive.Export",
        /// Reactive power imported by the EV.
        PowerReactiveImport = "Power.Reactive.Import",
        /// Fan speed in rotations per minute.
        Rpm = "RPM",
        /// State of charge of the EV in percent.
        SoC = "SoC",
        /// Temperature inside the charge point.
        Temperature = "Temperature",
        /// AC RMS supply voltage.
        Voltage = "Voltage",
    }
}

symbols! {
    /// The conductor that is measured (OCPP 1.6 §7.34).
    Phase {
        /// Line 1.
        L1 = "L1",
        /// Line 2.
        L2 = "L2",
        /// Line 3.
        L3 = "L3",
        /// Neutral.
        N = "N",
        /// Line 1 against neutral.
        L1N = "L1-N",
        /// Line 2 against neutral.
        L2N = "L2-N",
        /// Line 3 against neutral.
        L3N = "L3-N",
        /// Between lines 1 and 2.
        L1L2 = "L1-L2",
        /// Between lines 2 and 3.
        L2L3 = "L2-L3",
        /// Between lines 3 and 1.
        L3L1 = "L3-L1",
    }
}

symbols! {
    /// Where it is measured (OCPP 1.6 §7.30).
    Location {
        /// Inside the charge point.
        Body = "Body",
        /// In the cable.
        Cable = "Cable",
        /// In the vehicle.
        EV = "EV",
        /// At the grid connection.
        Inlet = "Inlet",
        /// At the connector.
        Outlet = "Outlet",
    }
}

symbols! {
    /// What made the charge point measure (OCPP 1.6 §7.35).
    ReadingContext {
        /// Start of an interruption.
        InterruptionBegin = "Interruption.Begin",
        /// End of an interruption.
        InterruptionEnd = "Interruption.End",
        /// Anything else.
        Other = "Other",
        /// At a moment of the clock.
        SampleClock = "Sample.Clock",
        /// Periodically in a transaction.
        SamplePeriodic = "Sample.Periodic",
        /// Start of the transaction.
        TransactionBegin = "Transaction.Begin",
        /// End of the transaction.
        TransactionEnd = "Transaction.End",
        /// Asked for by TriggerMessage.
        Trigger = "Trigger",
    }
}

symbols! {
    /// The unit of a value (OCPP 1.6 §7.45; the spelling of the schema, OCPP-J errata 2.1).
    UnitOfMeasure {
        /// Watt-hours.
        Wh = "Wh",
        /// Kilowatt-hours.
        KWh = "kWh",
        /// Var-hours.
        Varh = "varh",
        /// Kilovar-hours.
        Kvarh = "kvarh",
        /// Watts.
        W = "W",
        /// Kilowatts.
        KW = "kW",
        /// Volt-amperes.
        VA = "VA",
        /// Kilovolt-amperes.
        KVA = "kVA",
        /// Vars.
        Var = "var",
        /// Kilovars.
        Kvar = "kvar",
        /// Amperes.
        A = "A",
        /// Volts.
        V = "V",
        /// Kelvin.
        K = "K",
        /// Degrees Celsius, as the schema spells it.
        Celcius = "Celcius",
        /// Degrees Fahrenheit.
        Fahrenheit = "Fahrenheit",
        /// Percent.
        Percent = "Percent",
    }
}

symbols! {
    /// How the phases of a connector are wired to those of its meter, or of the grid if it has none (OCPP 1.6 §9.1.7).
    PhaseRotation {
        /// There are no three phases.
        NotApplicable = "NotApplicable",
        /// Nobody knows.
        Unknown = "Unknown",
        /// As the reference.
        Rst = "RST",
        /// Reversed.
        Rts = "RTS",
        /// Reversed, turned by 240 degrees.
        Srt = "SRT",
        /// Turned by 120 degrees.
        Str = "STR",
        /// Turned by 240 degrees.
        Trs = "TRS",
        /// Reversed, turned by 120 degrees.
        Tsr = "TSR",
    }
}
