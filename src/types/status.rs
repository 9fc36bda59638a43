use super::symbols::symbols;

symbols! {
    /// The state of a connector, or of the whole charge point on connector 0 (OCPP 1.6 §7.7).
    ChargePointStatus {
        /// Free for a new user.
        Available = "Available",
        /// A user has shown up, but no transaction runs yet.
        Preparing = "Preparing",
        /// The contactor is closed and the EV may take energy.
        Charging = "Charging",
        /// The charge point offers no energy.
        SuspendedEVSE = "SuspendedEVSE",
        /// The EV takes no energy.
        SuspendedEV = "SuspendedEV",
        /// The transaction is over, but the connector is not free yet.
        Finishing = "Finishing",
        /// Reserved for a user.
        Reserved = "Reserved",
        /// Not available for use.
        Unavailable = "Unavailable",
        /// Faulted.
        Faulted = "Faulted",
    }
}

symbols! {
    /// What is wrong with a connector (OCPP 1.6 §7.6).
    ChargePointErrorCode {
        /// Failure to lock or unlock the connector.
        ConnectorLockFailure = "ConnectorLockFailure",
        /// Communication failure with the vehicle.
        EVCommunicationError = "EVCommunicationError",
        /// Ground fault circuit interrupter has been activated.
        GroundFailure = "GroundFailure",
        /// Temperature inside the charge point is too high.
        HighTemperature = "HighTemperature",
        /// Error in internal hardware or software.
        InternalError = "InternalError",
        /// The answer of the central system contradicts the local list.
        LocalListConflict = "LocalListConflict",
        /// No error.
        NoError = "NoError",
        /// Another error; see the vendor's error code.
        OtherError = "OtherError",
        /// Over current protection has tripped.
        OverCurrentFailure = "OverCurrentFailure",
        /// Voltage has risen above an acceptable level.
        OverVoltage = "OverVoltage",
        /// Failure to read the energy meter.
        PowerMeterFailure = "PowerMeterFailure",
        /// Failure to control the power switch.
        PowerSwitchFailure = "PowerSwitchFailure",
        /// Failure with the card reader.
        ReaderFailure = "ReaderFailure",
        /// Unable to perform a reset.
        ResetFailure = "ResetFailure",
        /// Voltage has dropped below an acceptable level.
        UnderVoltage = "UnderVoltage",
        /// Wireless communication is weak.
        WeakSignal = "WeakSignal",
    }
}

symbols! {
    /// Why a transaction ended: the reasons of OCPP 1.6 (§7.36), and after them those that OCPP 2.0.1 alone has, which OCPP
    /// 1.6 tells as `Other`.
    #[non_exhaustive]
    Reason, 11 in 1.6, else Other {
        /// Emergency stop button was used.
        EmergencyStop = "EmergencyStop",
        /// The EV was disconnected.
        EVDisconnected = "EVDisconnected",
        /// A hard reset was received.
        HardReset = "HardReset",
        /// Stopped by the user at the charge point.
        Local = "Local",
        /// Any other reason.
        Other = "Other",
        /// Complete loss of power.
        PowerLoss = "PowerLoss",
        /// A locally initiated reset or a watchdog.
        Reboot = "Reboot",
        /// Stopped by the central system.
        Remote = "Remote",
        /// A soft reset was received.
        SoftReset = "SoftReset",
        /// An UnlockConnector request was received.
        UnlockCommand = "UnlockCommand",
        /// The central system did not accept the id tag.
        DeAuthorized = "DeAuthorized",
        /// The EV has got the energy that was agreed.
        EnergyLimitReached = "EnergyLimitReached",
        /// A ground fault circuit interrupter has tripped.
        GroundFault = "GroundFault",
        /// An immediate reset was received.
        ImmediateReset = "ImmediateReset",
        /// A local credit is used up.
        LocalOutOfCredit = "LocalOutOfCredit",
        /// A card that ends every transaction was shown.
        MasterPass = "MasterPass",
        /// Over current protection has tripped.
        OvercurrentFault = "OvercurrentFault",
        /// The quality of the supply is too low.
        PowerQuality = "PowerQuality",
        /// The battery is as full as was agreed.
        SOCLimitReached = "SOCLimitReached",
        /// The EV stopped.
        StoppedByEV = "StoppedByEV",
        /// The agreed time is over.
        TimeLimitReached = "TimeLimitReached",
        /// Nobody came in time.
        Timeout = "Timeout",
    }
}

symbols! {
    /// Which kind of reset the central system wants (OCPP 1.6 §7.40).
    ResetKind {
        /// Restart the hardware at once.
        Hard = "Hard",
        /// Stop gracefully and restart the application.
        Soft = "Soft",
    }
}

symbols! {
    /// Whether a connector may be used (OCPP 1.6 §7.5).
    Availability {
        /// In service.
        Operative = "Operative",
        /// Out of service.
        Inoperative = "Inoperative",
    }
}

symbols! {
    /// Why a charge point has booted, in the words of OCPP 2.0.1 (BootReasonEnumType). OCPP 1.6 has no place for it on the wire.
    #[non_exhaustive]
    BootReason {
        /// The application restarted itself, after an error say.
        ApplicationReset = "ApplicationReset",
        /// After an update of the firmware.
        FirmwareUpdate = "FirmwareUpdate",
        /// Somebody restarted it at the charge point.
        LocalReset = "LocalReset",
        /// The power came back.
        PowerUp = "PowerUp",
        /// The central system wanted a reset.
        RemoteReset = "RemoteReset",
        /// A reset that had been put off until the charge point was free.
        ScheduledReset = "ScheduledReset",
        /// The central system asked for the notification.
        Triggered = "Triggered",
        /// The hardware does not tell.
        Unknown = "Unknown",
        /// The watchdog restarted it.
        Watchdog = "Watchdog",
    }
}
