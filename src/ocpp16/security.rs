//! The security extension, but for certificates: what the central system is to hear (security whitepaper A04).

use crate::json::{Json, Writer, name};
use crate::rpc::Outcome;
use crate::station::security::Told;
use crate::station::{SecurityLogEntry, Station};
use crate::store::Scratch;
use crate::time::Instant;

/// The message about the event that lies in `record`, when it is its turn.
pub(super) fn security_event_notification<'s>(
    station: &mut Station<'_>,
    now: Instant,
    record: &'s Scratch<'_>,
) -> Option<SecurityEventNotification<'s>> {
    station.security.event_to_tell(&station.core, now, record).map(SecurityEventNotification)
}

pub(super) fn conclude_security_event(station: &mut Station<'_>, now: Instant, outcome: Outcome<'_>) {
    let told = match outcome {
        Outcome::Result(_) => Told::Heard,
        Outcome::LinkLost => Told::LinkLost,
        Outcome::TimedOut { peer_alive: false } => Told::Unanswered,
        Outcome::Error { code, .. } if code.is("NotImplemented") || code.is("NotSupported") => Told::Unknown,
        Outcome::Error { .. } | Outcome::TimedOut { peer_alive: true } => Told::Failed,
    };
    station.security.event_told(&mut station.core.common, now, &told);
}

/// SecurityEventNotification.req (security whitepaper §5.15).
pub(super) struct SecurityEventNotification<'e>(SecurityLogEntry<'e>);

impl Json for SecurityEventNotification<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("type")).text(self.0.event);
        members.name(name!("timestamp")).date(self.0.timestamp);
        if !self.0.tech_info.is_empty() {
            members.name(name!("techInfo")).text(self.0.tech_info);
        }
        members.close();
    }
}
