use super::Controls;
use crate::ocpp16::Certificates;

/// Certificates: the roots that others are verified by, and the charge point's own (security whitepaper A02, A03, M03 to M05).
impl<'a> Controls<'a> {
    /// Who keeps the certificates and keys. Without it the messages about them are answered with a CALLERROR, and security
    /// profiles 2 and 3 cannot be chosen by the central system. To be set before the first poll.
    pub fn set_certificates(&mut self, certificates: &'a dyn Certificates) {
        let station = self.engine.change();
        station.trust.set_certificates(&mut station.core.common, certificates);
    }
}
