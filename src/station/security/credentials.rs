//! AuthorizationKey and SecurityProfile: what a connection is opened with, and how that changes without a charge point that
//! nobody reaches any more (security whitepaper A00, A01, A05).
//!
//! A new key or profile is durable before it is accepted, and the old one is kept until the new one has worked once.

use super::super::{SecurityEvent, Station};
use super::access::Credentials;
use super::keys::{AUTHORIZATION_KEY, SECURITY_PROFILE};
use crate::json::JsonStr;
use crate::station::common::Common;
use crate::station::security::Security;
use crate::store::{KeyId, Refusal};
use crate::time::Instant;

impl Security {
    /// What the next connection is to be opened with.
    pub(crate) fn credentials(&self) -> Credentials {
        self.access.credentials()
    }

    /// There is another certificate of this charge point: it is used from the next connection on.
    pub(crate) fn certificate_changed(&mut self) {
        self.access.certificate_changed();
    }

    /// The answer to what has changed has left.
    pub(crate) fn access_answered(&mut self) {
        self.access.answered();
    }

    /// Whether the connection is to be given up for another one, once.
    pub(crate) fn wants_reconnect(&mut self) -> bool {
        self.access.wants_reconnect()
    }

    /// Sets a key on behalf of the firmware.
    pub(crate) fn set_key(&mut self, common: &mut Common<'_>, name: &str, value: &str) -> Result<(), Refusal> {
        match self.set_access(common, name, value) {
            Some(set) => set,
            None => common.keys.set(name, value),
        }
    }

    /// Replaces the factory value of a key.
    pub(crate) fn set_factory_key(&mut self, common: &mut Common<'_>, name: &str, value: &str) -> Result<(), Refusal> {
        match self.set_factory_access(common, name, value) {
            Some(set) => set,
            None => common.keys.set_factory(name, value),
        }
    }

    /// Sets one of the two keys locally, if it is one of them: also downwards (A00.FR.004, A00.FR.005).
    fn set_access(&mut self, common: &mut Common<'_>, name: &str, value: &str) -> Option<Result<(), Refusal>> {
        if let Err(refusal) = self.set_factory_access(common, name, value)? {
            return Some(Err(refusal));
        }
        self.access.set();
        common.persistence.has_chores = true;
        Some(Ok(()))
    }

    /// The same for a factory value, before the first poll: what is stored overrides it.
    fn set_factory_access(&mut self, common: &mut Common<'_>, name: &str, value: &str) -> Option<Result<(), Refusal>> {
        let key = common.keys.find(name).and_then(|id| common.keys.setting(id))?;
        let set = self.access.set_factory(key, value)?;
        self.tell_profile(common);
        Some(set)
    }

    /// The record is read at boot.
    pub(super) fn load_access(&mut self, common: &mut Common<'_>, record: &[u8]) {
        self.access.read(record);
        self.tell_profile(common);
    }

    /// The key says which profile is in force.
    pub(super) fn tell_profile(&self, common: &mut Common<'_>) {
        common.keys.set_integer(&SECURITY_PROFILE, self.access.profile());
    }
}

impl Station<'_> {
    /// Changes one of the two keys, if it is one of them, on behalf of the central system: whether it has accepted the value.
    pub(crate) fn change_access(&mut self, now: Instant, key: KeyId, value: JsonStr<'_>) -> Option<bool> {
        let accepted = match self.core.common.keys.setting(key)?.number {
            number if number == AUTHORIZATION_KEY.number => self.security.access.change_password(value),
            number if number == SECURITY_PROFILE.number() => self.raise_profile(value),
            _ => return None,
        };
        if accepted {
            self.security.security_event(
                &mut self.core.common,
                now,
                SecurityEvent::ReconfigurationOfSecurityParameters,
                "",
            );
        }
        Some(accepted)
    }

    /// SEC-11, SEC-12, SEC-56.
    fn raise_profile(&mut self, value: JsonStr<'_>) -> bool {
        let wanted = match value.escaped().as_bytes() {
            [digit @ b'1'..=b'3'] => digit - b'0',
            _ => return false,
        };
        let is_possible = self.security.access.can_raise_to(wanted)
            && (wanted < 2 || self.trust.has_central_system_root())
            && (wanted < 3 || self.trust.has_charge_point_certificate());
        if is_possible {
            self.security.access.raise_to(wanted);
        }
        is_possible
    }
}
