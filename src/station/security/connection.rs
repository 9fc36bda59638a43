//! What the opening of a connection says of the credentials, and of the central system.

use super::super::SecurityEvent;
use crate::station::common::Common;
use crate::station::security::Security;
use crate::time::Instant;
use crate::transport::ConnectFailure;

impl Security {
    /// No connection could be opened. The same cause is told once until there is one (SEC-47).
    pub(crate) fn connect_failed(&mut self, common: &mut Common<'_>, now: Instant, why: ConnectFailure) {
        use SecurityEvent::{
            FailedToAuthenticateAtCentralSystem, InvalidCentralSystemCertificate, InvalidTLSCipherSuite,
            InvalidTLSVersion,
        };
        if self.access.failed(why) {
            self.security_event(
                common,
                now,
                SecurityEvent::ReconfigurationOfSecurityParameters,
                "SecurityProfile taken back",
            );
        }
        let (event, tech_info) = match why {
            ConnectFailure::TlsVersion => (InvalidTLSVersion, ""),
            ConnectFailure::TlsCipherSuite => (InvalidTLSCipherSuite, ""),
            ConnectFailure::ServerCertificate => (InvalidCentralSystemCertificate, ""),
            ConnectFailure::ClientCertificate => (FailedToAuthenticateAtCentralSystem, "certificate"),
            ConnectFailure::Status(401) => (FailedToAuthenticateAtCentralSystem, "HTTP 401"),
            ConnectFailure::Status(403) => (FailedToAuthenticateAtCentralSystem, "HTTP 403"),
            _ => return,
        };
        if self.events.is_new(event) {
            self.security_event(common, now, event, tech_info);
        }
    }

    /// The link came up or went down.
    pub(in crate::station) fn security_link(&mut self, common: &mut Common<'_>, online: bool) {
        self.events.link(online);
        if online {
            self.access.granted();
            common.persistence.has_chores |= self.access.is_unsaved();
            self.tell_profile(common);
        }
    }
}
