use super::Controls;
use crate::station::{Credentials, FirmwareVerifier, LogStatus, LogUpload, SecurityEvent, SecurityEventError};

/// The security extension ("Improved security for OCPP 1.6-J", edition 3).
///
/// The crate keeps the security log, tells the central system what it must hear, and decides what a connection is opened
/// with. Boots, updates, failed connections and changed keys get into the log by themselves.
impl<'a> Controls<'a> {
    /// What the next connection is to be opened with: to be asked at each dial, for it changes when the central system sets
    /// AuthorizationKey or SecurityProfile. The connection that stands is given up then, the next one has what is new, and the
    /// crate goes back to what was before if that does not work (whitepaper A01, A05).
    ///
    /// How a connection ends it must hear: from the runner it does, in a superloop from the transport, or by
    /// [`connect_failed`](Self::connect_failed). The first profile and key are factory values
    /// ([`set_factory_configuration`](Self::set_factory_configuration)); a lower profile can only be set here, by
    /// [`set_configuration`](Self::set_configuration).
    pub fn credentials(&self) -> Credentials {
        self.engine.station.security.credentials()
    }

    /// Something has happened that the firmware alone sees, such as
    /// [`TamperDetectionActivated`](SecurityEvent::TamperDetectionActivated). It is stored with the date of now, and told when
    /// the central system must hear of it. More than 255 characters of `tech_info` are cut.
    ///
    /// # Errors
    /// [`SecurityEventError::Busy`]; nothing is stored then.
    pub fn raise_security_event(&mut self, event: SecurityEvent, tech_info: &str) -> Result<(), SecurityEventError> {
        let now = self.engine.now;
        let station = self.engine.change();
        station.security.raise_security_event(&mut station.core.common, now, event, tech_info)
    }

    /// The same for an event that the whitepaper does not name. The central system is always told of it.
    ///
    /// # Errors
    /// [`SecurityEventError`]; nothing is stored then.
    pub fn raise_other_security_event(&mut self, name: &str, tech_info: &str) -> Result<(), SecurityEventError> {
        let now = self.engine.now;
        let station = self.engine.change();
        station.security.raise_other_security_event(&mut station.core.common, now, name, tech_info)
    }

    /// How logs are uploaded; without it GetLog is rejected. To be set before the first poll.
    pub fn set_log_upload(&mut self, upload: &'a dyn LogUpload) {
        self.engine.change().transfers.log.set_upload(upload);
    }

    /// How far an upload of a log is: what a trigger tells.
    pub fn log_status(&self) -> LogStatus {
        self.engine.station.transfers.log.status()
    }

    /// Who verifies updates of the firmware: SignedUpdateFirmware is supported then, and a plain UpdateFirmware is not any
    /// more (whitepaper L01.FR.20). To be set before the first poll.
    pub fn set_firmware_verifier(&mut self, verifier: &'a dyn FirmwareVerifier) {
        self.engine.change().transfers.firmware.signed.set_verifier(verifier);
    }

    /// Whether an update that nobody has signed is taken although there is a [verifier](Self::set_firmware_verifier): a
    /// deviation for central systems that have no signed updates. Off by default.
    pub fn accept_unsigned_updates(&mut self, accepts: bool) {
        self.engine.change().transfers.firmware.signed.accept_unsigned(accepts);
    }
}
